/* Filling: new operators take the rows that are there already, while ticks go on.
 *
 * The new operators are made whole one after the other, in the order of the graph. One that absorbs
 * batches scans each complete operator that feeds it, from origin 0 up, a bounded quantum at a time.
 * The scan's place is the watermark of the link: a tick between two quanta pushes over the link only
 * the changes of what was scanned, so after every tick the new operator holds exactly its input as
 * of that tick, below the watermark. A quantum is a small tick of its own for the new operators alone.
 *
 * The same quanta between the same ticks give the same slots, so progress is a number that the log
 * can hold: a replay steps until it has the same one. */
#pragma once

#include "flow/graph.h"

/* Origins scanned in a quantum: 4096 rows are well below a millisecond for most plans. */
#define FILL_QUANTUM 4096

struct fill;

/* For all operators with an id from id_first on that are not filled yet. Their inputs outside of that
 * are filled. Those who are not held by anyone are filled too. */
struct fill *fill_open(struct graph *graph, u32 id_first);
/* Unlinked operators stay as they are: whoever cancels releases them. When a quantum stands half done, all operators of
 * the filling are suspended. */
void fill_close(struct fill *fill);

/* Origins a quantum, before the first step; a replay needs the same. */
void fill_set_quantum(struct fill *fill, u32 origins);

/* Moves about rows rows, whole quanta but where one explodes. TURN_DONE: all is filled and linked. */
enum turn fill_step(struct fill *fill, u32 rows);
/* May a tick come now? Not while an exploding quantum stands half done. */
bool fill_is_at_rest(const struct fill *fill);
/* For a replay: about rows rows on to the progress which the log says. TURN_DONE: it is there, and at rest. */
enum turn fill_advance(struct fill *fill, u64 progress, u32 rows);

/* Quanta done. */
u64 fill_progress(const struct fill *fill);
/* Origins scanned and, as of now, to scan, for people. */
void fill_origins(const struct fill *fill, u64 *done, u64 *total);

/* Fills everything from id_first on at once: for tests, small plans, empty tables. */
void fill_all(struct graph *graph, u32 id_first);
