/* PostgREST's query parameters (version 12) as a small tree of slices; no types yet.
 *
 *     ?price=gt.100&or=(category.eq.toys,category.is.null)&order=price.desc.nullslast&limit=10
 *
 * Filters at the top are joined by AND. Names and values are decoded and unquoted; whether a column
 * exists and a value fits its type is for whoever holds the schema. What is left out of PostgREST is
 * refused, never ignored: embedding, json paths, aggregates, full-text search, arrays and ranges
 * with 0A000; what has no meaning with PGRST100 and PostgREST's words. err->position is the
 * character, from 1, in the decoded value of the parameter (or in its key).
 *
 * Reserved words go before columns, as in PostgREST: a column called `order` is reached as
 * `and=(order.eq.1)`, or quoted: `"order"=eq.1`. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

#define QUERY_FILTER_COUNT_MAX 64   /* conditions in the whole tree */
#define QUERY_DEPTH_MAX        16   /* and/or inside each other */
#define QUERY_IN_COUNT_MAX     4096 /* values of one list */
#define QUERY_COLUMN_COUNT_MAX 256  /* of select, columns, on_conflict */
#define QUERY_ORDER_COUNT_MAX  16

enum query_kind { QUERY_AND, QUERY_OR, QUERY_FILTER };

enum query_op {
    QUERY_EQ,
    QUERY_NEQ,
    QUERY_GT,
    QUERY_GTE,
    QUERY_LT,
    QUERY_LTE,
    QUERY_LIKE,  /* value has '%' where '*' was written */
    QUERY_ILIKE, /* likewise */
    QUERY_MATCH, /* a regular expression */
    QUERY_IMATCH,
    QUERY_ISDISTINCT,
    QUERY_IN,
    QUERY_IS,
};

enum query_is {
    QUERY_IS_NULL,
    QUERY_IS_NOT_NULL,
    QUERY_IS_TRUE,
    QUERY_IS_FALSE,
    QUERY_IS_UNKNOWN,
};

struct query_node {
    enum query_kind kind;
    bool negated;            /* NOT around this node */
    struct query_node *next; /* the sibling; NULL after the last */

    struct query_node *child; /* QUERY_AND, QUERY_OR: the first; never NULL */

    /* QUERY_FILTER */
    struct slice column;
    enum query_op op;
    enum query_is is;           /* QUERY_IS */
    struct slice value;         /* all but QUERY_IN and QUERY_IS */
    const struct slice *values; /* QUERY_IN */
    u32 value_count;            /* QUERY_IN; 0 for "in.()", which no row satisfies */
};

struct query_select {
    struct slice column; /* "*" stands for all columns; then name and cast are not there */
    struct slice name;   /* the alias; data is NULL without one */
    struct slice cast;   /* the type's name; data is NULL without one */
    bool star;
};

enum query_nulls { QUERY_NULLS_DEFAULT, QUERY_NULLS_FIRST, QUERY_NULLS_LAST };

struct query_order {
    struct slice column;
    bool descending;
    enum query_nulls nulls; /* DEFAULT is PostgreSQL's: last ascending, first descending */
};

struct query {
    struct query_node *filter; /* siblings, joined by AND; NULL without filters */
    u32 filter_count;          /* conditions in the whole tree */

    const struct query_select *select;
    u32 select_count; /* 0: all columns */
    const struct query_order *order;
    u32 order_count;

    bool has_limit;
    u64 limit;
    u64 offset; /* 0 when not given */

    const struct slice *columns; /* columns=: those of the body that count */
    u32 column_count;            /* 0: not given */
    const struct slice *on_conflict;
    u32 on_conflict_count; /* 0: not given */

    /* Weir's own, for subscriptions; as written. data is NULL when not given. */
    struct slice stance, audit, sample, debounce, max_wait;
};

/* text is the query string, still encoded (data may be NULL). The tree lives in arena and in text. */
MUST_USE enum status query_parse(struct slice text, struct arena *arena, struct query *query,
                                 struct err *err);

/* "eq", for messages and EXPLAIN. */
const char *query_op_name(enum query_op op);
/* "not_null". */
const char *query_is_name(enum query_is is);
