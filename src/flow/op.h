/* What an operator is: a table of functions over its own state.
 *
 * Deltas stream: `push` gives an operator one batch of the tick's change; a stateless one transforms
 * it and pushes on at once, a stateful one takes it into its state and says nothing yet. When all its
 * inputs are whole for the tick, the scheduler gives it its `turn`, in the order of the graph: now it
 * emits its change, a bounded piece at a time. A join is pushed no batches at all: its inputs are
 * arrangements, and on its turn it walks their dirty slots, probing the others as OLD or NEW.
 *
 * So everything between two arrangements streams, amplification costs time and not memory, and no
 * operator ever sees a state newer than the delta it works on.
 *
 * Three kinds:
 *   streams        map, concat, flatten: no state between ticks, exactly one consumer
 *   arrangements   table, arrange, aggregate, topk: their rows lie in slots of a pool; any number of
 *                  consumers, views and joins read them in place
 *   joins          join, join_left: no rows of their own, any number of consumers
 *
 * Rules for push: the batch is borrowed for the call. Within one tick a slot comes at most once on a
 * stream whose batches have rows. Weights of a tick's stream may be in any order (+ before -). Columns that no
 * consumer said it reads (needs) may be left out of a batch. */
#pragma once

#include "base/arena.h"
#include "data/batch.h"
#include "data/expr.h"

struct op;
struct graph;
struct rows;  /* state/rows.h */
struct view;  /* view/view.h */
struct index; /* state/index.h */

enum turn {
    TURN_DONE,
    TURN_MORE /* the piece is done, there is more: come back */
};

/* A walk over what an operator holds now, to fill one new consumer; between ticks, but see inside. */
struct op_scan {
    struct op *consumer;
    u32 input;
    u32 cursor; /* everything that comes from origins (slots, see op_emit_from) below it was given */
    bool
        inside; /* it stopped in the middle of origin `cursor`: no tick may come before it goes on */
    void *state; /* of an operator that stopped inside */
};

struct op_class {
    const char *name; /* in EXPLAIN and weir.operators */
    bool reads;       /* it reads its inputs' arrangements on its turn and is pushed nothing */
    /* Takes one batch of this tick's delta on the given input. NULL when it reads. */
    void (*push)(struct op *op, u32 input, const struct batch *batch);
    /* Marks the columns of that input's batches that it reads or passes on to somebody who does
     * (op->needed); may be asked again when that has changed. NULL: all of them. */
    void (*needs)(const struct op *op, u32 input, bool *marks);
    /* All inputs are whole. Emits about rows rows at most before it returns TURN_MORE. NULL for
     * map and concat. */
    enum turn (*turn)(struct op *op, u32 rows);
    /* The tick is over: the first pass removes dead slots from indexes, the second frees them. */
    void (*settle)(struct op *op);
    void (*settle_rows)(struct op *op);

    /* Only operators that read and keep state: takes the inputs' present content from origin
     * scan->cursor on into the state, about rows of it; scan has no consumer. Ticks in between come
     * with op->watermark set. */
    enum turn (*prepare)(struct op *op, struct op_scan *scan, u32 rows);
    /* Gives the present content to scan->consumer from scan->cursor on, about rows rows of it. NULL
     * for streams. scan_close frees scan->state; NULL when it never has one. */
    enum turn (*scan)(struct op *op, struct op_scan *scan, u32 rows);
    void (*scan_close)(struct op *op, struct op_scan *scan);
    /* One past the last origin of a scan as of now. */
    u32 (*scan_end)(const struct op *op);

    /* Arrangements only: slots of the present content in slot order, from *cursor on, at most
     * capacity (up to BATCH_ROW_COUNT_MAX); 0 at the end. Between ticks. */
    u32 (*slots)(struct op *op, u32 *cursor, u32 *slots, u32 capacity);
    /* Arrangements only: the slots that this tick touched, each once; some may have changed by 0.
     * Whole once the operator's turn is over; holds until settle. */
    const u32 *(*dirty)(const struct op *op, u32 *count);

    void (*explain)(const struct op *op, struct buf *out); /* details after the name, one line */
    void (*close)(struct op *op);                          /* state only; the graph frees the op */
};

#define OP_WATERMARK_ALL   UINT32_MAX
#define OP_COLUMN_COMPUTED UINT32_MAX

struct op_output {
    struct op *consumer;
    u32 input;
    bool is_read;  /* the consumer reads: it is told of a change and pushed nothing */
    u32 watermark; /* only what comes from origins below is pushed; OP_WATERMARK_ALL when filled */
};

/* The head of every operator's struct. */
struct op {
    const struct op_class *class;
    struct graph *graph;
    size_t size;       /* of the operator's struct */
    u32 id;            /* never used again */
    u32 rank;          /* place in the order of the graph: inputs before consumers */
    u32 holders;       /* consumers and views; 0: may be removed */
    bool is_dirty;     /* has a turn to come in this tick */
    bool is_touched;   /* settle must visit it */
    bool is_filled;    /* its state holds all of its inputs: it may be scanned, read and linked */
    bool is_suspended; /* takes nothing and gives nothing any more, its state may be gone */
    const struct schema *schema; /* of what it emits */
    u32 output_count;
    u32 output_capacity;
    struct op_output *outputs;
    bool
        *needed; /* by column: some consumer reads it in batches; the others are left out of them */
    u32 input_count;
    struct op **inputs;

    /* Where its rows lie: every batch that it emits has slots of this pool, or rows is NULL. An
     * arrangement owns the pool or shares that of an operator below; a map passes on its input's. */
    struct rows *rows;
    u32 *pool_columns; /* output column c is the pool's column pool_columns[c], or
                          OP_COLUMN_COMPUTED; NULL: they are the pool's columns, in order */
    bool is_whole;     /* all live rows of the pool are rows of this operator (nothing filtered) */
    bool is_set;       /* no slot's weight is ever above 1 */
    bool repeats;      /* equal rows may stand in several slots */
    /* Arrangements by a key: from key to slots, those of OLD and NEW until settle. May be NULL. */
    struct index *index;
    u32 index_key_count;
    u32 *index_key; /* in columns of the schema */

    struct view *published; /* the views that show its rows; the view layer's */
    u32 watermark;          /* while prepare runs: origins from here on do not count yet */
    struct mem mem;
    u64 size_before;    /* mem.used when this tick first touched it */
    struct arena arena; /* what lives as long as the operator */
    u64 rows_in;        /* counters, rows since it was made */
    u64 rows_out;
    i64 busy_ns;
};

static inline u32 op_pool_column(const struct op *op, u32 column)
{
    return op->pool_columns ? op->pool_columns[column] : column;
}

/* Kept by the graph: a consumer was linked, or one was unlinked. */
void op_needs_add(struct op *op, const struct op *consumer, u32 input);
void op_needs_update(struct op *op);

/* Bytes of its state; what it shares counts at its owner. */
static inline u64 op_size(const struct op *op)
{
    return op->size + op->mem.used;
}

/* Does op have slots, and is every column to be found in them? */
bool op_is_slotted(const struct op *op);
/* May op have more than one consumer? Streams may not. */
static inline bool op_is_shareable(const struct op *op)
{
    return op->class->scan != NULL;
}

/* Pushes a batch to every consumer; the origin of a row is its slot. A batch of 0 rows is not sent. */
void op_emit(struct op *op, const struct batch *batch);
/* The same where rows come from somewhere else: origins has one number a row. An operator with scan
 * gives every row an origin (a join the slot of its first input), so that a consumer that is being
 * filled gets only the changes of what it has been given. */
void op_emit_from(struct op *op, const struct batch *batch, const u32 *origins);
/* Pushes a batch to one consumer: what scans do. */
void op_give(struct op *consumer, u32 input, const struct batch *batch);
/* The highest watermark of its consumers: origins from there on interest nobody. 0 without any. */
u32 op_watermark_max(const struct op *op);
