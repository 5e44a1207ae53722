/* A naive model of the operators: a tree of nodes, each with the operator that it stands for, and what it must hold, computed from
 * nothing over rows as values. Slow, plain, and written without looking at the operators. */
#pragma once

#include "tests/graph_fixture.h"

#define MODEL_INPUT_COUNT_MAX  4
#define MODEL_COLUMN_COUNT_MAX 24

struct model_relation {
    u32 column_count;
    u32 row_count;
    u32 row_capacity;
    struct value **rows;
    i64 *weights;
};

enum model_kind {
    MODEL_SOURCE,
    MODEL_MAP,
    MODEL_CONCAT,
    MODEL_ARRANGE, /* the rows of its input */
    MODEL_JOIN,
    MODEL_LEFT,
    MODEL_AGGREGATE,
    MODEL_TOPK,
    MODEL_SERIES, /* each row once for each of 1..column */
};

struct model_equality {
    u32 a_input, a_column, b_input, b_column;
};

struct model_node {
    enum model_kind kind;
    struct op *op;
    struct schema *schema;
    u32 input_count;
    struct model_node *inputs[MODEL_INPUT_COUNT_MAX];
    struct expr *filter;
    struct expr **exprs;
    u32 equality_count;
    struct model_equality equalities[8];
    u32 condition_count; /* over concatenated columns; all must be true */
    struct expr *conditions[4];
    u32 group_count;
    u32 groups[8];
    u32 call_count;
    struct agg_call calls[8];
    struct topk_options topk;
    u32 column; /* of SERIES */
    /* Of this tick: */
    u64 tick;
    u64 checked;
    struct model_relation relation;
    i64 error_count;
    u32 work; /* rows and pairs that were looked at, with those below */
};

/* The node's rows as of now. memory lasts as long as arena. */
const struct model_relation *model_eval(struct model_node *node, u64 tick, struct fixture *fixture,
                                        struct arena *arena);
/* As fixture_content, numerics without trailing zeros. */
const char *model_text(struct fixture *fixture, const struct model_relation *relation);
/* The rows of an operator in the same form. */
const char *model_op_text(struct fixture *fixture, struct op *op);
