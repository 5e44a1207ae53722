/* A pool of rows: one copy of each row of a relation, in numbered slots, with its weight before and after
 * the current tick.
 *
 * A slot's header is {w_new, w_old, dirty}: OLD is w_old and NEW is w_new, and outside a tick both are
 * the same. So the relation can be read as it was before the tick and as it is after it, in place. The first
 * change of a slot in a tick puts it on the dirty list; settle walks that list, makes OLD what NEW is and
 * frees what became 0. Until then such a slot stays readable. Freed slots are used again, last freed
 * first, and no reader has a say in it: the same history of changes gives the same slots.
 *
 * Rows are stored in rows (not columns): integers in SQL's width, strings to 12 bytes inside, longer ones in
 * the pool's heap (state/heap.h); there is no pointer in a row, so that its page can be written as it is. Nothing is
 * allocated for a single row, and an empty pool takes less than 1 KiB.
 *
 * Invariant: dirty holds every slot changed in this tick, once; for all others w_new == w_old. */
#pragma once

#include "data/batch.h"

struct rows;

#define SLOT_NONE      UINT32_MAX
#define SLOT_COUNT_MAX 0x7FFFFFFFu /* slots are below it: an index uses the highest bit itself */

/* Which side of the tick a reader sees. */
enum side { SIDE_OLD, SIDE_NEW };

struct rows *rows_open(struct mem *mem, const struct type *types, u32 column_count);
/* No pin may be open. */
void rows_close(struct rows *rows);

u32 rows_column_count(const struct rows *rows);
const struct type *rows_types(const struct rows *rows);
/* Bytes of a slot: header, NULL bits and columns; strings longer than 12 bytes lie outside. */
u32 rows_width(const struct rows *rows);
/* Live rows (weight not 0 at NEW), distinct slots. */
u64 rows_count(const struct rows *rows);
/* One past the highest slot ever used: the bound of a scan in slot order. */
u32 rows_slot_end(const struct rows *rows);
/* Bytes of pages, heap and lists. */
u64 rows_size(const struct rows *rows);

/* --- Changes within a tick --- */

/* Stores a row of the batch with OLD 0 and NEW weight. */
u32 rows_add(struct rows *rows, const struct batch *batch, u32 row, i32 weight);
/* The same for all rows of the batch with its weights; slots gets batch->row_count numbers. */
void rows_add_batch(struct rows *rows, const struct batch *batch, u32 *slots);
/* Adds to NEW. The slot stays readable until settle even at weight 0. */
void rows_change(struct rows *rows, u32 slot, i32 delta);

/* --- Reading --- */

i32 rows_weight(const struct rows *rows, u32 slot, enum side side);
void rows_weights(const struct rows *rows, const u32 *slots, u32 count, enum side side,
                  i32 *weights);
/* NEW - OLD: what the tick did to each slot. */
void rows_deltas(const struct rows *rows, const u32 *slots, u32 count, i32 *deltas);
/* Slots touched in this tick, in the order of their first touch. Valid until the next change. */
const u32 *rows_dirty(const struct rows *rows, u32 *count);
/* From *cursor on (0 at first), in slot order: the slots whose weight on that side is not 0, and these weights.
 * At most capacity of them; moves *cursor; 0 when there are no more. Looks at no slot from slot_end on. */
u32 rows_scan(const struct rows *rows, u32 *cursor, u32 slot_end, enum side side, u32 capacity,
              u32 *slots, i32 *weights);

/* Columns columns[0..column_count) of the given slots into out (made in the arena). Long strings are
 * borrowed from the heap and hold until settle. columns NULL means all. */
void rows_gather(const struct rows *rows, const u32 *slots, u32 count, const u32 *columns,
                 u32 column_count, struct arena *arena, struct column *out);
/* Asks the processor for the slots' memory ahead of a gather. */
void rows_prefetch(const struct rows *rows, u32 slot);

/* Is the stored row the same, byte for byte, as this row of the batch? */
bool rows_identical(const struct rows *rows, u32 slot, const struct batch *batch, u32 row);
/* Are the key columns equal (NULL equal to NULL, 1.0 equal to 1.00) to row of keys? */
bool rows_equal_key(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count,
                    const struct column *keys, u32 row);
/* Is one of these columns NULL? */
bool rows_has_null(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count);
/* The hash of the slot's columns (NULL: all): the same as batch_hash of the same values. */
u64 rows_hash(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count, u64 seed);
void rows_hash_batch(const struct rows *rows, const u32 *slots, u32 count, const u32 *columns,
                     u32 column_count, u64 seed, struct arena *arena, u64 *hashes);

/* --- The end of a tick --- */

/* Ends the tick: frees what is 0, forgets OLD. Indexes over the pool must have removed those slots
 * before (arrange does, in its settle). A pool left without rows gives all its memory back. */
void rows_settle(struct rows *rows);
/* Takes the tick back instead: every dirty slot gets its OLD weight, new slots are freed, as if it had
 * never been. Indexes must have removed the new slots before. */
void rows_undo(struct rows *rows);

/* --- A part of a tick: one transaction --- */

/* From here on rows_rollback can come back to this moment. One at a time. */
void rows_savepoint(struct rows *rows);
/* The changes since the savepoint stay. */
void rows_release(struct rows *rows);
/* The changes since the savepoint never were. Before that, indexes must have removed the slots that
 * rows_dirty lists from position rows_savepoint_dirty on and whose OLD weight is 0: the new ones. */
void rows_rollback(struct rows *rows);
u32 rows_savepoint_dirty(const struct rows *rows);

/* Brings the tick to the form that follows from its net sum alone, so that whoever applies the sum gets the
 * same slots: slots that came and went inside the tick are given back, the last new slots moving into
 * the holes; slots whose sum is 0 leave dirty; dirty has the old slots first, then the new ones.
 * gone is called for a slot that goes (its row is still there, indexes must not hold it afterwards), moved
 * when a row lies in both slots and indexes must change from one to the other. When something is left, nothing may
 * be changed until the tick ends; when not, it is as if it had not begun. */
struct rows_compact_hooks {
    void *context;
    void (*gone)(void *context, u32 slot);
    void (*moved)(void *context, u32 from, u32 to);
};
void rows_compact(struct rows *rows, const struct rows_compact_hooks *hooks);
/* After rows_compact: the slots up to here in rows_dirty are changes of old rows, those from here on are new rows. */
u32 rows_dirty_old_count(const struct rows *rows);

/* --- Rows that outlive their slot --- */

/* Asked at settle for each slot that became 0: true keeps its row, now under a number of its own (kept), until
 * rows_kept_free. One keeper a pool: the version list of a view's subscribers. */
typedef bool (*rows_keep_fn)(void *context, u32 slot, u32 kept);
void rows_set_keeper(struct rows *rows, rows_keep_fn keep, void *context);
void rows_kept_gather(const struct rows *rows, const u32 *kept, u32 count, const u32 *columns,
                      u32 column_count, struct arena *arena, struct column *out);
void rows_kept_free(struct rows *rows, u32 kept);

/* A reader that outlasts a tick: it sees the rows as they were (at OLD, while a tick is being made) when it was
 * opened. It costs an entry for each slot changed since and a copy of each row gone since; past
 * entry_count_max the pin is revoked and says so. Open it outside a tick, or before that tick settles. */
struct rows_pin;
struct rows_pin *rows_pin_open(struct rows *rows, u32 entry_count_max);
void rows_pin_close(struct rows_pin *pin);
/* Once true it stays true, and nothing else may be asked. */
bool rows_pin_revoked(const struct rows_pin *pin);
/* The slots that changed since: what it costs. */
u32 rows_pin_count(const struct rows_pin *pin);
i32 rows_pin_weight(const struct rows_pin *pin, u32 slot);
/* As rows_scan, over what the pin sees. */
u32 rows_pin_scan(const struct rows_pin *pin, u32 *cursor, u32 capacity, u32 *slots, i32 *weights);
/* As rows_gather, of slots that the pin sees (weight not 0). */
void rows_pin_gather(const struct rows_pin *pin, const u32 *slots, u32 count, const u32 *columns,
                     u32 column_count, struct arena *arena, struct column *out);
