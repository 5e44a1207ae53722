/* The operators and who feeds whom, and the steps of a tick over them.
 *
 * The order of the graph is the order of making: an operator is made after its inputs and never gets
 * others, so the order is topological and the same in every replay. A tick visits only what it
 * touches: dirty operators stand in a bitmap by rank, touched ones in a list for settle.
 *
 * A graph is changed between ticks only. */
#pragma once

#include "flow/op.h"

/* Rows that could not be computed: kept as data with their own weights, shown in weir.errors.
 * The same row comes back with the same error and the opposite weight when its cause leaves. */
struct graph_errors {
    void *context;
    void (*add)(void *context, const struct op *op, const struct batch *batch,
                const struct row_error *error, i32 weight);
    /* The operator goes, and all its errors with it. */
    void (*forget)(void *context, const struct op *op);
};

struct graph {
    struct mem *mem;
    struct arena tick; /* of batches on their way; empty again when an operator's turn is done */
    u64 seed;          /* of all hashes */
    u64 tick_number;   /* the one being made */
    i64 tick_time;     /* its time, microseconds since 2000-01-01 UTC, from the log */
    struct graph_errors errors;
    i64 (*now_ns)(void *context); /* for busy_ns only; NULL: not measured */
    void *now_context;
    void (*on_suspend)(void *context, struct op *op, const char *reason); /* may be NULL */
    void *suspend_context;

    u32 op_count; /* places in ops; some may be empty */
    u32 op_capacity;
    u32 op_live_count;
    struct op **ops; /* by rank */
    u32 op_id_next;
    u64 *dirty_bits;  /* by rank */
    u64 *dirty_words; /* a bit for each word of dirty_bits that is not 0 */
    u32 touched_count;
    u32 touched_capacity;
    bool has_orphans; /* held by nobody, to be removed at settle */
    struct op **touched;
    u64 size_max;   /* of mem: past it whoever is pushed more is suspended at once; 0: none */
    u64 rows_moved; /* rows pushed, since ever: the measure of a step */
};

void graph_init(struct graph *graph, struct mem *mem, u64 seed);
/* All operators must have been released. */
void graph_deinit(struct graph *graph);

/* --- Making and removing, between ticks --- */

/* For constructors in ops: a zeroed op of size bytes of the class, which holds its inputs, with a copy of
 * the schema. No input feeds it yet: flow/fill.h links it when it has taken what is there. */
struct op *graph_add(struct graph *graph, const struct op_class *class, size_t size,
                     struct op *const *inputs, u32 input_count, const struct schema *schema);
/* From now on the input feeds op: pushes its deltas, or tells it when op reads. watermark as in
 * struct op_output. A stream has one consumer. */
void graph_link(struct graph *graph, struct op *input, struct op *op, u32 input_index,
                u32 watermark);
void graph_hold(struct op *op);
/* Drops one hold; with none left the op is unlinked and closed, and so on upwards: at once, or when the
 * tick that is under way has settled. */
void graph_release(struct graph *graph, struct op *op);
/* Removes whatever nobody holds: the remains of a plan that failed. */
void graph_sweep(struct graph *graph);

/* --- A tick --- */

/* op has something to do on its turn. */
void graph_mark_dirty(struct graph *graph, struct op *op);
/* op's rows change in this tick: settle will visit it, and those who read it get a turn. */
void graph_touch(struct graph *graph, struct op *op);
/* Runs turns in order until about rows rows were moved (TURN_MORE) or all are done. */
enum turn graph_step(struct graph *graph, u32 rows);
/* The operator whose turn is not finished, or NULL. */
struct op *graph_current(const struct graph *graph);
/* Ends the tick everywhere it was felt. */
void graph_settle(struct graph *graph);

/* Takes a tick back of which nothing was stepped yet: nobody is dirty or touched any more. The tables were undone. */
void graph_undo(struct graph *graph);

/* Takes op and all that depend on it out of the flow, also in the middle of a tick: they get no more
 * pushes and turns, and wait for their holders to release them. */
void graph_suspend(struct graph *graph, struct op *op, const char *reason);
