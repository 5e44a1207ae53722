/* The operators and who feeds whom, and the steps of a tick over them.
 *
 * A graph is changed between ticks only. Its order is topological and deterministic. */
#pragma once

#include "flow/op.h"

/* Rows that could not be computed: kept as data with their own weights, shown in weir.errors. */
struct graph_errors {
    void *context;
    void (*add)(void *context, const struct op *op, const struct batch *batch,
                const struct row_error *error, i32 weight);
};

struct graph {
    struct mem *mem;
    struct arena tick; /* rewound at the end of each step of an operator and at settle */
    u64 seed;          /* of all hashes */
    u64 tick_number;   /* the one being made */
    i64 tick_time;     /* its time, microseconds since 2000-01-01 UTC, from the log */
    struct graph_errors errors;
    u32 op_count;
    u32 op_capacity;
    struct op **ops; /* by rank */
    u32 op_id_next;
    u64 *dirty_bits; /* by rank */
    bool filling;    /* a fill step runs: emit reaches only who is being filled */
};

void graph_init(struct graph *graph, struct mem *mem, u64 seed);
void graph_deinit(struct graph *graph);

/* For constructors in ops: a zeroed op of size bytes of the class, with its inputs and schema (copied), not
 * yet fed by them (graph_link does that, after it has been filled). */
struct op *graph_add(struct graph *graph, const struct op_class *class, size_t size,
                     struct op *const *inputs, u32 input_count, const struct schema *schema);
/* From now on the input pushes its deltas to op. */
void graph_link(struct graph *graph, struct op *input, struct op *op, u32 input_index);
/* Drops one hold; with none left the op is closed and unlinked, and so on upwards. */
void graph_release(struct graph *graph, struct op *op);

void graph_mark_dirty(struct graph *graph, struct op *op);
/* Runs turns in order until about rows rows were moved or all are done. */
enum turn graph_step(struct graph *graph, u32 rows);
/* Ends the tick everywhere it was felt. */
void graph_settle(struct graph *graph);
