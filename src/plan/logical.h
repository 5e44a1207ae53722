/* The relational tree: what a query means, with all names and types resolved.
 *
 * A node gives rows of its schema; its expressions read the columns of its input, or of all its
 * inputs one behind the other. bind makes the tree, rewrite changes it into one that means the
 * same, delta turns it into operators. A node has one holder, but for LOGICAL_SHARED, whose body
 * is held by all who name it (a WITH query that is used twice).
 *
 * Invariant: schema says names, types, NOT NULL and key of what comes out; a key means that no two
 * rows agree in its columns, NULL being equal to NULL. */
#pragma once

#include "data/agg.h"
#include "plan/catalog.h"

enum logical_kind {
    LOGICAL_SCAN,     /* a table, or a view that is kept */
    LOGICAL_CONSTANT, /* rows written in the query; SELECT without FROM reads one */
    LOGICAL_FILTER,   /* the rows for which all conditions are true */
    LOGICAL_PROJECT,  /* one row for each, computed */
    LOGICAL_JOIN,     /* inner, of any number of inputs; without conditions the cross product */
    LOGICAL_JOIN_LEFT,
    LOGICAL_AGGREGATE, /* also DISTINCT: no calls */
    LOGICAL_UNION,     /* UNION ALL */
    LOGICAL_FLATTEN,   /* each row once for each row of a function of it */
    LOGICAL_TOPK,      /* the first rows of each partition, in an order */
    LOGICAL_SHARED,    /* the rows of shared->body */
};

struct logical_order {
    u32 column;
    bool descending;
    bool nulls_first;
};

/* An aggregate over columns of the input. */
struct logical_call {
    enum agg_kind kind;
    u32 column; /* LOGICAL_NO_COLUMN for AGG_COUNT_ROWS */
    u32 filter; /* a boolean column, or LOGICAL_NO_COLUMN */
    bool distinct;
    struct type type; /* of the result */
};
#define LOGICAL_NO_COLUMN UINT32_MAX

enum logical_function { LOGICAL_GENERATE_SERIES, LOGICAL_REGEXP_SPLIT_TO_TABLE };

/* The body of a WITH query, or of whatever else is used in several places. */
struct logical_shared {
    const char *name;
    struct logical *body;
    u32 id;        /* from 0 within the query, inner ones first */
    u32 use_count; /* of nodes that name it */
};

struct logical {
    enum logical_kind kind;
    struct schema *schema;
    bool is_single; /* never more than one row: its key is no column at all */
    u32 input_count;
    struct logical **inputs;
    union {
        struct {
            const struct catalog_relation *relation;
        } scan;
        struct {
            u32 row_count;
            struct value **rows; /* rows[r][c], of the column's type */
        } constant;
        struct { /* of FILTER, JOIN, JOIN_LEFT */
            struct expr **items;
            u32 count;
        } conditions;
        struct {
            struct expr **exprs; /* as many as the schema has columns */
        } project;
        struct { /* columns out: the groups, then the calls */
            u32 *groups;
            u32 group_count;
            u32 key_count; /* the first groups, on which the others depend */
            struct logical_call *calls;
            u32 call_count;
        } aggregate;
        struct { /* columns out: the input's, then the function's value */
            enum logical_function function;
            struct expr **args;
            u32 arg_count;
        } flatten;
        struct { /* columns out: the input's, then with_rank row_number() */
            u32 *partition;
            u32 partition_count;
            struct logical_order *orders;
            u32 order_count;
            u64 limit; /* UINT64_MAX: none */
            u64 offset;
            bool with_rank;
            i32 offset_in_text; /* of the window function, for refusals; -1 */
        } topk;
        struct logical_shared *shared;
    };
};

/* Nodes in the arena, with their schema. Arrays and names are borrowed, inputs are held. */
struct logical *logical_scan(struct arena *arena, const struct catalog_relation *relation);
struct logical *logical_constant(struct arena *arena, struct value **rows, u32 row_count,
                                 const struct schema_column *columns, u32 column_count);
/* The one row of SELECT without FROM; it has one column, which nobody reads. */
struct logical *logical_unit(struct arena *arena);
struct logical *logical_filter(struct arena *arena, struct logical *input, struct expr **items,
                               u32 count);
struct logical *logical_project(struct arena *arena, struct logical *input, struct expr **exprs,
                                const char *const *names, u32 count);
struct logical *logical_join(struct arena *arena, struct logical **inputs, u32 input_count,
                             struct expr **items, u32 count);
struct logical *logical_join_left(struct arena *arena, struct logical *left, struct logical *right,
                                  struct expr **items, u32 count);
/* call_names has one name a call. */
struct logical *logical_aggregate(struct arena *arena, struct logical *input, u32 *groups,
                                  u32 group_count, u32 key_count, struct logical_call *calls,
                                  const char *const *call_names, u32 call_count);
struct logical *logical_union(struct arena *arena, struct logical **inputs, u32 input_count);
struct logical *logical_flatten(struct arena *arena, struct logical *input,
                                enum logical_function function, struct expr **args, u32 arg_count,
                                const char *name, struct type type);
/* A TOPK without a partition, a limit or an order yet; the caller fills those in. */
struct logical *logical_topk(struct arena *arena, struct logical *input, bool with_rank,
                             const char *rank_name);
struct logical *logical_shared(struct arena *arena, struct logical_shared *shared);

/* Makes schema and is_single again, for a node whose inputs changed: names and types stay as they
 * are where the node decides them, NOT NULL and the key follow from the inputs. */
void logical_derive(struct arena *arena, struct logical *node);
/* The same for a whole tree, inputs first; bodies of shared ones once each. */
void logical_derive_all(struct arena *arena, struct logical *root);

/* False only if the expression is never NULL over rows of this schema. */
bool logical_is_nullable(const struct expr *expr, const struct schema *schema);
/* For each column of node the first column that is always equal to it (NULL equal to NULL), itself
 * if there is none before it. */
u32 *logical_equals(struct arena *arena, const struct logical *node);
/* A condition that says column = column: their indexes. */
bool logical_is_equality(const struct expr *expr, u32 *left, u32 *right);

/* Names of all columns that the node's expressions read; "id#3" where several are called id. */
const char **logical_names(const struct logical *node, struct arena *arena);
/* The tree as lines of text, two spaces a level, each ended by a newline. */
void logical_print(const struct logical *node, u32 indent, struct buf *out);
