/* What the files of delta share: a plan on its way, and streams of rows.
 *
 * A stream is a node and where the columns of the relational tree are in its rows. Columns that nobody
 * needs are nowhere: that is how columns are pruned. */
#pragma once

#include "base/assert.h"
#include "plan/columns.h"
#include "plan/delta.h"
#include "plan/grow.h"

struct stream {
    struct delta *node;
    u32 *map; /* column of the tree to column of node, LOGICAL_NO_COLUMN where not needed */
};

/* The body of a LOGICAL_SHARED, made once. */
struct delta_body {
    const struct logical_shared *shared;
    bool *needed; /* by any who name it */
    struct stream stream;
    bool is_made;
};

/* A fan-out that was found already. */
struct delta_measure {
    const struct catalog_relation *relation;
    u32 *columns;
    u32 column_count;
    double rows_per_key;
    bool is_measured;
};

struct lower {
    struct arena *arena;
    const struct delta_statistics *statistics; /* may be NULL */
    struct slice text;
    struct err *err;
    bool for_view;
    struct delta **nodes;
    u32 node_count;
    u32 cross_count;
    struct delta_body *bodies;
    u32 body_count;
    struct delta_measure *measures;
    u32 measure_count;
};

/* ---- delta.c ---- */

/* The rows of node, with at least the needed columns. A stream without a node is a failure. */
struct stream lower_node(struct lower *l, const struct logical *node, const bool *needed);
/* expr of the tree over the columns of a stream. */
struct expr *lower_expr(struct lower *l, const struct stream *stream, struct expr *expr);
bool *lower_needed(struct lower *l, u32 count);
/* For what copies rows: without the columns that nobody reads. Rows in slots stay there. */
struct stream lower_lean(struct lower *l, struct stream stream, u32 width);

/* ---- delta_node.c: each gives the one node of this content ---- */

struct delta *delta_source(struct lower *l, const struct catalog_relation *relation);
struct delta *delta_constant(struct lower *l, const struct logical *constant);
/* names may be NULL when exprs is. */
struct delta *delta_map(struct lower *l, struct delta *input, struct expr *filter,
                        struct expr **exprs, const char *const *names, u32 count);
/* Only these columns, in this order; input itself when they are all. */
struct delta *delta_narrow(struct lower *l, struct delta *input, const u32 *columns, u32 count);
struct delta *delta_arrange(struct lower *l, struct delta *input, const u32 *key, u32 key_count,
                            bool is_own);
struct delta *delta_concat(struct lower *l, struct delta **inputs, u32 count);
struct delta *delta_flatten(struct lower *l, struct delta *input, enum flatten_kind kind,
                            struct expr **args, u32 arg_count, const struct schema_column *column);
struct delta *delta_aggregate(struct lower *l, struct delta *input, const u32 *groups,
                              u32 group_count, const struct agg_call *calls, u32 call_count,
                              const char *const *call_names);
struct delta *delta_topk(struct lower *l, struct delta *input, const struct topk_options *options,
                         const char *rank_name);
struct delta *delta_join_left(struct lower *l, struct delta *left, struct delta *right,
                              struct expr *residual);
/* node is filled in but for name, digest, index and schema's owner; its content decides. */
struct delta *delta_intern(struct lower *l, struct delta *node, const struct buf *name);
void delta_name_expr(struct buf *name, const struct expr *expr);
struct delta *delta_new(struct lower *l, enum delta_kind kind, struct delta *const *inputs,
                        u32 input_count, u32 column_count);

/* ---- delta_keys.c ---- */

/* Do equal values of both types have the same bytes, so that one finds the other in an index? */
bool delta_is_comparable(struct type a, struct type b);
/* The join whose key conditions are between columns; map says where the old columns are in it. */
struct logical *delta_extend_keys(struct lower *l, const struct logical *join, u32 **map);

/* ---- delta_join.c ---- */

struct stream lower_join(struct lower *l, const struct logical *node, const bool *needed);
struct stream lower_join_left(struct lower *l, const struct logical *node, const bool *needed);

/* ---- delta_estimate.c ---- */

/* Rows of an input of a join for each value of these columns (of the tree). */
double estimate_fan_out(struct lower *l, const struct logical *node, const u32 *columns, u32 count,
                        bool *is_measured);
