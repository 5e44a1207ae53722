/* The syntax tree, part one: names, types and expressions as they were written, nothing resolved.
 *
 * A tree lives in one arena and is not changed once parse has made it. Names are what PostgreSQL's
 * grammar makes of them: folded to lower case unless quoted, ended by NUL. An offset is in bytes
 * from the start of the statement's text, -1 where the grammar keeps none; syntax_position turns it
 * into the characters from 1 of an error.
 *
 * Invariant: no path from the root is longer than SYNTAX_DEPTH_MAX nodes, so passes may recurse. */
#pragma once

#include "base/base.h"

#define SYNTAX_DEPTH_MAX 2500

struct syntax_expr;
struct syntax_select;

struct syntax_names {
    const char **items;
    u32 count;
};

struct syntax_exprs {
    struct syntax_expr **items;
    u32 count;
};

/* Of a relation: schema is NULL unless written. */
struct syntax_relation {
    const char *schema;
    const char *name;
    i32 offset;
};

/* Which fields an interval type names, as in `interval '1-2' year to month`. */
enum {
    SYNTAX_INTERVAL_YEAR = 1,
    SYNTAX_INTERVAL_MONTH = 2,
    SYNTAX_INTERVAL_DAY = 4,
    SYNTAX_INTERVAL_HOUR = 8,
    SYNTAX_INTERVAL_MINUTE = 16,
    SYNTAX_INTERVAL_SECOND = 32,
};

/* The grammar's own words arrive as catalogue names: integer is pg_catalog.int4, char(3) is
 * pg_catalog.bpchar with typmod 3, float8 stays as written without a schema. */
struct syntax_type {
    const char *schema; /* "pg_catalog" where the grammar says so, NULL when not written */
    const char *name;
    i32 typmods[4]; /* as written: precision, scale, length */
    u32 typmod_count;
    u32 interval_fields; /* SYNTAX_INTERVAL_*; 0: all */
    u32 array_depth;     /* the number of [] */
    bool is_setof;
    i32 offset;
};

enum syntax_const_kind {
    SYNTAX_CONST_NULL,
    SYNTAX_CONST_BOOL,    /* boolean */
    SYNTAX_CONST_INTEGER, /* integer; int4 when it fits, else int8 */
    SYNTAX_CONST_DECIMAL, /* text: a number with a point or exponent, or beyond int8 */
    SYNTAX_CONST_STRING,  /* text; its type is unknown until its use decides */
    SYNTAX_CONST_BITS,    /* text: b or x, then the digits */
};

enum syntax_expr_kind {
    SYNTAX_COLUMN,            /* column */
    SYNTAX_CONST,             /* constant */
    SYNTAX_PARAM,             /* param: $n */
    SYNTAX_OP,                /* op: a + b, - a */
    SYNTAX_OP_ANY,            /* op: a = ANY (array) */
    SYNTAX_OP_ALL,            /* op: a < ALL (array) */
    SYNTAX_AND,               /* args, two or more: nested ANDs are joined */
    SYNTAX_OR,                /* args, two or more: nested ORs are joined */
    SYNTAX_NOT,               /* args, one */
    SYNTAX_IS_DISTINCT,       /* test: a IS [NOT] DISTINCT FROM b */
    SYNTAX_IS_NULL,           /* test */
    SYNTAX_IS_TRUE,           /* test */
    SYNTAX_IS_FALSE,          /* test */
    SYNTAX_IS_UNKNOWN,        /* test */
    SYNTAX_IN,                /* test: arg IN (others) */
    SYNTAX_BETWEEN,           /* test: others are low, high */
    SYNTAX_BETWEEN_SYMMETRIC, /* test: others are two bounds in any order */
    SYNTAX_LIKE,              /* test: others are the pattern and, if written, ESCAPE's string */
    SYNTAX_ILIKE,             /* test: as LIKE */
    SYNTAX_SIMILAR,           /* test: as LIKE */
    SYNTAX_COALESCE,          /* args */
    SYNTAX_NULLIF,            /* args, two */
    SYNTAX_GREATEST,          /* args */
    SYNTAX_LEAST,             /* args */
    SYNTAX_CASE,              /* choice */
    SYNTAX_CAST,              /* cast: x::t, CAST (x AS t), and typed literals such as date '…' */
    SYNTAX_COLLATE,           /* collate */
    SYNTAX_FUNCTION,          /* function, also aggregates and window functions */
    SYNTAX_VALUE_FUNCTION,    /* value_function: current_date, localtimestamp(3), … */
    SYNTAX_GROUPING,          /* args: GROUPING (a, b) */
    SYNTAX_NAMED_ARG,         /* named_arg: name => x, only among a function's args */
    SYNTAX_SUBQUERY,          /* subquery */
    SYNTAX_ARRAY,             /* args: ARRAY[…] */
    SYNTAX_ROW,               /* args: ROW (…) or (a, b) */
    SYNTAX_INDIRECTION,       /* indirection: x[1], x[1:2], (x).field, (x).* */
    SYNTAX_DEFAULT,           /* nothing: DEFAULT as a value of INSERT and UPDATE */
};

enum syntax_direction { SYNTAX_ORDER_DEFAULT, SYNTAX_ORDER_ASC, SYNTAX_ORDER_DESC };
enum syntax_nulls { SYNTAX_NULLS_DEFAULT, SYNTAX_NULLS_FIRST, SYNTAX_NULLS_LAST };

struct syntax_order {
    struct syntax_expr *expr;
    enum syntax_direction direction;
    enum syntax_nulls nulls;
    i32 offset;
};

struct syntax_orders {
    struct syntax_order *items;
    u32 count;
};

enum syntax_frame_mode { SYNTAX_FRAME_RANGE, SYNTAX_FRAME_ROWS, SYNTAX_FRAME_GROUPS };
enum syntax_bound {
    SYNTAX_BOUND_UNBOUNDED_PRECEDING,
    SYNTAX_BOUND_PRECEDING, /* with an offset expression */
    SYNTAX_BOUND_CURRENT_ROW,
    SYNTAX_BOUND_FOLLOWING, /* with an offset expression */
    SYNTAX_BOUND_UNBOUNDED_FOLLOWING,
};
enum syntax_exclude {
    SYNTAX_EXCLUDE_NONE,
    SYNTAX_EXCLUDE_CURRENT_ROW,
    SYNTAX_EXCLUDE_GROUP,
    SYNTAX_EXCLUDE_TIES,
};

/* An entry of WINDOW, or what stands after OVER. The frame is filled in also where none is written:
 * RANGE from UNBOUNDED PRECEDING to CURRENT ROW. */
struct syntax_window {
    const char *name; /* of the WINDOW entry; after OVER: the entry that is meant, if no brackets */
    const char *base; /* the entry that this one starts from, or NULL */
    struct syntax_exprs partition;
    struct syntax_orders order;
    bool has_frame; /* written */
    enum syntax_frame_mode mode;
    enum syntax_bound start, end;
    struct syntax_expr *start_offset, *end_offset;
    enum syntax_exclude exclude;
    i32 offset;
};

struct syntax_function {
    struct syntax_names name; /* schema first; what the grammar rewrites (EXTRACT, POSITION, TRIM,
                                 SUBSTRING, OVERLAY, AT TIME ZONE) is pg_catalog.name */
    struct syntax_exprs args; /* empty with is_star; with is_within_group without its order */
    struct syntax_orders order;
    struct syntax_expr *filter;
    struct syntax_window *over;
    bool is_star;
    bool is_distinct;
    bool is_variadic; /* the last argument is an array of the rest */
    bool is_within_group;
    bool is_sql_syntax; /* written as words, not as a call */
};

struct syntax_when {
    i32 offset;
    struct syntax_expr *condition;
    struct syntax_expr *result;
};

enum syntax_subquery_kind {
    SYNTAX_SUBQUERY_SCALAR,
    SYNTAX_SUBQUERY_EXISTS,
    SYNTAX_SUBQUERY_IN,  /* left IN (select): op is NULL */
    SYNTAX_SUBQUERY_ANY, /* left op ANY (select) */
    SYNTAX_SUBQUERY_ALL, /* left op ALL (select) */
    SYNTAX_SUBQUERY_ARRAY,
};

/* One step of x[…] and (x).f: a field, or .*, or a subscript. */
struct syntax_step {
    const char *field; /* else NULL */
    bool is_star;
    bool is_slice;
    struct syntax_expr *low, *high; /* of a slice, each may be NULL; a plain subscript is in high */
};

enum syntax_value_function {
    SYNTAX_CURRENT_DATE,
    SYNTAX_CURRENT_TIME,
    SYNTAX_CURRENT_TIMESTAMP,
    SYNTAX_LOCALTIME,
    SYNTAX_LOCALTIMESTAMP,
    SYNTAX_CURRENT_ROLE,
    SYNTAX_CURRENT_USER,
    SYNTAX_USER,
    SYNTAX_SESSION_USER,
    SYNTAX_CURRENT_CATALOG,
    SYNTAX_CURRENT_SCHEMA,
};

struct syntax_expr {
    enum syntax_expr_kind kind;
    i32 offset;
    union {
        struct {
            struct syntax_names names; /* a, t.a, s.t.a; with is_star what stands before .* */
            bool is_star;
        } column;
        struct {
            enum syntax_const_kind kind;
            bool boolean;
            i64 integer;
            const char *text;
        } constant;
        i32 param;
        struct {
            const char *name;
            struct syntax_expr *left; /* NULL: prefix */
            struct syntax_expr *right;
        } op;
        struct syntax_exprs args;
        struct {
            struct syntax_expr *arg;
            struct syntax_exprs others;
            bool is_negated; /* NOT IN, IS NOT NULL, … */
        } test;
        struct {
            struct syntax_expr *arg; /* NULL: CASE WHEN condition */
            struct syntax_when *whens;
            u32 when_count;
            struct syntax_expr *otherwise; /* NULL: no ELSE */
        } choice;
        struct {
            struct syntax_expr *arg;
            struct syntax_type *type;
        } cast;
        struct {
            struct syntax_expr *arg;
            struct syntax_names name;
        } collate;
        struct syntax_function *function;
        struct {
            enum syntax_value_function function;
            i32 precision; /* -1: not written */
        } value_function;
        struct {
            const char *name;
            struct syntax_expr *arg;
        } named_arg;
        struct {
            enum syntax_subquery_kind kind;
            const char *op;
            struct syntax_expr *left;
            struct syntax_select *select;
        } subquery;
        struct {
            struct syntax_expr *arg;
            struct syntax_step *steps;
            u32 step_count;
        } indirection;
    };
};
