/* From the relational tree to incremental operators: which arrangements, which joins, in which
 * order. What comes out is a description; build makes the operators.
 *
 * A node has a name that says all of what it computes, down to the relations it reads; equal names
 * mean equal rows, so a node is made once for all its uses, in this plan and, when it keeps its rows,
 * in all views that run. Names hold the digests of their inputs' names, so they stay short.
 *
 * Joins are delta joins: for the change of each input a path through the others, next always the one
 * with the fewest rows per key. That number comes from the rows that are there now when there are
 * any, else from what keys promise; it never comes from a clock or a chance. */
#pragma once

#include "flow/op.h"
#include "ops/ops.h"
#include "plan/logical.h"

enum delta_kind {
    DELTA_SOURCE, /* the rows of a table or of a view that is kept */
    DELTA_CONSTANT,
    DELTA_MAP,
    DELTA_ARRANGE,
    DELTA_JOIN,
    DELTA_JOIN_LEFT,
    DELTA_AGGREGATE,
    DELTA_CONCAT,
    DELTA_FLATTEN,
    DELTA_TOPK,
};

struct delta_step {
    u32 input;
    struct delta *arrange;
    u32 key_count; /* 0: every row of input, a cross product */
    u32 *key_inputs;
    u32 *key_columns;
    struct expr *residual; /* over the columns of all inputs, or NULL */
    double fan_out;        /* rows expected for each row that comes */
    bool is_measured;      /* from rows that are there */
};

struct delta_path {
    u32 step_count;
    struct delta_step *steps;
    struct expr *residual;
};

struct delta {
    enum delta_kind kind;
    const char *name; /* "arrange (0) of #3f…": the same for all that compute the same */
    u64 digest[2];    /* of name */
    u32 index;        /* place in the plan's nodes: inputs first */
    u32 use_count;    /* of nodes of this plan that read it */
    struct schema *schema;
    bool is_slotted; /* its rows stand in slots of a pool: an arrangement of it copies nothing */
    bool is_whole;   /* and all rows of that pool are its rows */
    bool is_append_only; /* it never takes rows back */
    u32 input_count;
    struct delta **inputs;
    union {
        const struct catalog_relation *relation;
        struct {
            struct value **rows;
            u32 row_count;
        } constant;
        struct {
            struct expr *filter; /* or NULL */
            struct expr **exprs; /* or NULL: the columns as they are */
        } map;
        struct {
            u32 *columns;
            u32 count;
            bool is_own; /* in a pool of its own, also when the rows stand in another */
        } key;
        struct { /* inputs[0..count) are those of the join; behind them stand more arrangements */
            u32 count;
            struct delta_path *paths; /* one an input */
            u32 *output_inputs;
            u32 *output_columns;
        } join;
        struct {
            struct expr *residual;
        } join_left;
        struct {
            u32 *groups;
            u32 group_count;
            struct agg_call *calls;
            u32 call_count;
        } aggregate;
        struct {
            enum flatten_kind kind;
            struct expr **args;
            u32 arg_count;
        } flatten;
        struct topk_options topk;
    };
};

struct delta_plan {
    struct delta **nodes; /* inputs before those who read them */
    u32 node_count;
    struct delta *root; /* the arrangement that readers see */
    u32 cross_count;    /* steps without a key, which EXPLAIN explains */
};

/* Rows that are there, for the order of joins. Either function may be NULL: nothing is known. */
struct delta_statistics {
    void *context;
    /* The arrangement of a relation's rows, or NULL. */
    struct op *(*op)(void *context, const struct catalog_relation *relation);
    /* Whether an operator of this name runs already, so that it costs nothing more. */
    bool (*runs)(void *context, const struct delta *node);
};

/* The plan of a rewritten tree; key is that of the tree's schema. Refuses with 0A000 what no operator
 * computes: a row_number() that nothing bounds, a read of a system table when for_view. */
MUST_USE enum status delta_plan(struct arena *arena, const struct logical *root, bool for_view,
                                const struct delta_statistics *statistics, struct slice text,
                                struct delta_plan **out, struct err *err);
