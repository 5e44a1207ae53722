/* The operators: one file each, and here how each is made.
 *
 * Constructors copy what they are given (programs and schemas into the operator's own arena) and hold
 * their inputs. A new operator is not linked: flow/fill.h fills it with what its inputs hold and
 * links it. Streams (map, concat, flatten) have exactly one consumer, so a plan makes one for each
 * use and shares what lies below; everything else may be shared (op_is_shareable). */
#pragma once

#include "data/agg.h"
#include "flow/graph.h"
#include "state/index.h"
#include "state/tree.h"

/* A stream: rows for which filter (may be NULL) is true, as the expressions give them (NULL: the
 * columns as they are). Plain columns stay known in their slots. Rows that cannot be computed go to
 * the graph's errors. */
struct op *op_map_make(struct graph *graph, struct op *input, struct expr *filter,
                       struct expr *const *exprs, u32 expr_count, const struct schema *schema);

/* A stream: all inputs' rows together, UNION ALL. */
struct op *op_concat_make(struct graph *graph, struct op *const *inputs, u32 input_count,
                          const struct schema *schema);

enum flatten_kind { FLATTEN_GENERATE_SERIES, FLATTEN_REGEXP_SPLIT_TO_TABLE };
/* A stream: each input row once for each row of a set-returning function of its columns (args); the
 * schema is the input's columns and the function's. */
struct op *op_flatten_make(struct graph *graph, struct op *input, enum flatten_kind kind,
                           struct expr *const *args, u32 arg_count, const struct schema *schema);

/* An arrangement: the input's rows by key columns (none: all rows under one key). Where op_is_slotted
 * says that the input's rows lie whole in a pool (a table, an aggregate, another arrangement, those
 * filtered or with columns left out), it is only an index over that pool; else it keeps equal rows in
 * a pool of its own, as one slot with a weight. When the input has this very index already, the
 * input itself comes back.
 * Arrangements of one relation by several keys must share one pool: make the others over the first. */
struct op *op_arrange_make(struct graph *graph, struct op *input, const u32 *key, u32 key_count);
/* The same, always in a pool of its own: for the rows that readers of a view see, where the pool below
 * also has rows that are not the view's, or the same row in several slots. */
struct op *op_arrange_own_make(struct graph *graph, struct op *input, const u32 *key,
                               u32 key_count);
/* op->index: keys to slots of op->rows. */
struct index *op_arrange_index(struct op *op);

/* Inner join of several arrangements, a delta join: the change of input i probes the inputs before it
 * as NEW and those behind it as OLD. */
struct join_step {
    u32 input;          /* which input is bound by this step */
    struct op *arrange; /* of that input, by the key below; its pool is that of inputs[input] */
    u32 key_count;      /* 0: every row of the input */
    u32 *key_inputs; /* the key's values: column key_columns[k] of the bound input key_inputs[k] */
    u32 *key_columns;
    struct expr *residual; /* NULL, or a condition over the concatenated columns of all inputs;
                              only those of bound inputs are read */
};
struct join_path {
    u32 step_count; /* input_count - 1 */
    struct join_step *steps;
    struct expr *residual; /* on the driving row alone (concatenated columns), or NULL */
};
struct join_options {
    u32 input_count;         /* 1..JOIN_INPUT_COUNT_MAX */
    struct op **inputs;      /* one arrangement of each input: where its dirty slots are read */
    struct join_path *paths; /* one an input */
    u32 output_count;
    u32 *output_inputs; /* output column c is column output_columns[c] of input output_inputs[c] */
    u32 *output_columns;
};
#define JOIN_INPUT_COUNT_MAX 16
struct op *op_join_make(struct graph *graph, const struct join_options *options,
                        const struct schema *schema);

/* Left outer join of two arrangements by equal keys (those of the arrangements, in order) and a
 * residual condition (over left's and right's columns; NULL: none). The schema is left's columns and
 * right's, these nullable. A pair whose condition cannot be computed does not match. */
struct op *op_join_left_make(struct graph *graph, struct op *left, struct op *right,
                             struct expr *residual, const struct schema *schema);

#define AGG_NO_COLUMN UINT32_MAX
struct agg_call {
    enum agg_kind kind;
    u32 column;        /* of the input, or AGG_NO_COLUMN for AGG_COUNT_ROWS */
    u32 filter_column; /* boolean, or AGG_NO_COLUMN */
    bool distinct;
    struct type type; /* of the result */
};
/* An arrangement: one row a group: group columns (of the input), then the aggregates. Without group
 * columns there is always one row. Without aggregates it is DISTINCT. append_only lets min and max
 * keep one value. A group whose result overflows is an entry of the errors instead of a row. */
struct op *op_aggregate_make(struct graph *graph, struct op *input, const u32 *group,
                             u32 group_count, const struct agg_call *calls, u32 call_count,
                             bool append_only, const struct schema *schema);

/* An arrangement: the rows offset..offset+limit of each partition in an order; ties end in the slot.
 * with_rank adds a column row_number() bigint at the end, from offset + 1 on. */
struct topk_options {
    u32 partition_count;
    u32 *partition;
    u32 order_count;
    struct tree_order *order;
    u64 limit; /* UINT64_MAX: none */
    u64 offset;
    bool with_rank;
};
struct op *op_topk_make(struct graph *graph, struct op *input, const struct topk_options *options,
                        const struct schema *schema);

/* Rows that never change: VALUES, SELECT without FROM. Gives them when its consumer is filled. */
struct op *op_constant_make(struct graph *graph, const struct batch *const *batches,
                            u32 batch_count, const struct schema *schema);
