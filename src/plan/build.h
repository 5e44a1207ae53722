/* A plan to operators in the live graph, shared with what runs already.
 *
 * Operators that keep their rows are registered by the name of their plan node and counted: a view
 * that needs the same arrangement holds it instead of making another. Making a view is stepwise: its
 * new operators are made unlinked, filled from the rows that are there between ticks, and linked
 * when they are whole, while ticks go on.
 *
 * Invariant: an entry of the registry has as many holders as live dataflows name it, and goes with
 * the last of them. */
#pragma once

#include "flow/graph.h"
#include "plan/delta_print.h"

/* The operators of a process that may be shared, by name. */
struct build_registry;

/* Where a relation's rows come from: its table operator, or the root of its view. */
struct build_sources {
    void *context;
    struct op *(*op)(void *context, const struct catalog_relation *relation);
};

struct build_registry *build_registry_open(struct mem *mem, struct graph *graph,
                                           const struct build_sources *sources);
/* All dataflows must have been dropped. */
void build_registry_close(struct build_registry *registry);
/* For delta_plan: what the live operators know. Borrowed, lives as long as the registry. */
const struct delta_statistics *build_statistics(struct build_registry *registry);

/* The operator that runs already and computes the same, or NULL. */
const struct op *build_find(const struct build_registry *registry, const struct delta *node);

/* The operators of one view or one temporary query. */
struct build;

/* Makes the operators that are missing; they are neither filled nor linked yet. The plan may go
 * afterwards. A passing dataflow is one that the log does not know (a query, a subscription); it uses what
 * runs, but no view of the log's ever depends on what only passing ones hold: a replay makes the
 * same operators. */
struct build *build_open(struct build_registry *registry, const struct delta_plan *plan,
                         bool is_passing);
/* Moves about rows rows into the new operators. TURN_DONE: it is whole, linked, and part of every
 * tick from the next one on. To be called between ticks only. */
enum turn build_step(struct build *build, u32 rows);
bool build_is_done(const struct build *build);
/* May a tick come, or another filling have its turn? Not while a piece that explodes stands half done. */
bool build_is_at_rest(const struct build *build);
/* Was one of its operators suspended? Then its rows are not whole, and never will be. */
bool build_is_suspended(const struct build *build);
/* A number that grows with each quantum of the filling, and stands in the log: a replay advances to the same number between
 * the same ticks, and so gets the same slots (flow/fill.h). */
u64 build_quanta(const struct build *build);
enum turn build_advance(struct build *build, u64 quanta, u32 rows);
/* Rows scanned so far, and about how many there are to scan. */
void build_progress(const struct build *build, u64 *done, u64 *total);
/* The arrangement that readers see: build_root(b)->rows, op_arrange_index(build_root(b)). */
struct op *build_root(const struct build *build);
/* Was op made for this dataflow, and not found running? */
bool build_owns(const struct build *build, const struct op *op);
/* Takes the dataflow down, also a half-filled one. Nothing may read it any more. */
void build_close(struct build *build);

/* The operators of the dataflow, also those that it shares, but not the tables and views it reads. */
u32 build_op_count(const struct build *build);
struct op *build_op(const struct build *build, u32 index);
/* How many dataflows and arrangements over its pool hold it, this one included. */
u32 build_op_holders(const struct build *build, u32 index);
/* Its plan as a tree, and the operator of a line: NULL for a stream below one that ran already when the dataflow was
 * made. */
const struct delta_outline *build_outline(const struct build *build);
const struct op *build_line_op(const struct build *build, const struct delta_line *line);
