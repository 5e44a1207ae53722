/* What an operator is: a table of functions over its own state.
 *
 * Deltas stream: `push` gives an operator one batch of the tick's change; a stateless one transforms it and
 * pushes on at once, a stateful one takes it into its state and says nothing yet. When all its
 * inputs are whole for the tick, the scheduler gives it its `turn`, in the order of the graph: now it
 * emits its change, a bounded piece at a time. A join reads no batches at all: its inputs are
 * arrangements, and on its turn it walks their dirty slots, probing the others as OLD or NEW.
 *
 * So everything between two arrangements streams, amplification costs time and not memory, and no operator
 * ever sees a state newer than the delta it works on.
 *
 * Rules for push: the batch is borrowed for the call. Within one tick a slot comes at most once on a stream whose batches
 * have rows. */
#pragma once

#include "base/arena.h"
#include "data/batch.h"
#include "data/expr.h"
#include "state/rows.h"

struct op;
struct graph;

enum turn {
    TURN_DONE,
    TURN_MORE /* the piece is done, there is more: come back */
};

struct op_class {
    const char *name; /* in EXPLAIN and weir.operators */
    /* Takes one batch of this tick's delta on the given input. */
    void (*push)(struct op *op, u32 input, const struct batch *batch);
    /* All inputs are whole. Emits at most about rows rows before it returns TURN_MORE. NULL for
     * stateless operators. */
    enum turn (*turn)(struct op *op, u32 rows);
    /* The tick is over: first pass removes dead slots from indexes, second pass frees them. */
    void (*settle)(struct op *op);
    void (*settle_rows)(struct op *op);
    /* Emits the present content to one consumer as rows with their weights, from slot *cursor on, at most rows
     * of them; for filling. Only operators with an arrangement have it. */
    enum turn (*scan)(struct op *op, u32 *cursor, u32 rows, struct op *consumer, u32 input);
    u64 (*size)(const struct op *op);                      /* bytes of state */
    void (*explain)(const struct op *op, struct buf *out); /* details after the name, one line */
    void (*close)(struct op *op);
};

struct op_output {
    struct op *consumer;
    u32 input;
};

/* The head of every operator's struct. */
struct op {
    const struct op_class *class;
    struct graph *graph;
    u32 id;                      /* never used again */
    u32 rank;                    /* place in the order of the graph: inputs before consumers */
    u32 holders;                 /* consumers and views; 0: may be removed */
    bool dirty;                  /* has a turn to come in this tick */
    bool touched;                /* settle must visit it */
    const struct schema *schema; /* of what it emits */
    u32 output_count;
    u32 output_capacity;
    struct op_output *outputs;
    u32 input_count;
    struct op **inputs;
    struct rows *rows; /* its arrangement, if it has one; owned by it or borrowed from its input */
    struct mem mem;    /* its state's account */
    u64 rows_in;       /* counters, rows since it was made */
    u64 rows_out;
    i64 busy_ns;
};

/* Gives a batch to every consumer; a batch of 0 rows is not sent. */
void op_emit(struct op *op, const struct batch *batch);
