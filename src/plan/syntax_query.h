/* The syntax tree, part two: SELECT with all that stands in it, and INSERT, UPDATE, DELETE. */
#pragma once

#include "plan/syntax_expr.h"

struct syntax_statement;

/* An entry of a select list or of RETURNING. */
struct syntax_target {
    struct syntax_expr *expr;
    const char *alias; /* NULL: none written */
    i32 offset;
};

struct syntax_targets {
    struct syntax_target *items;
    u32 count;
};

struct syntax_cte {
    const char *name;
    struct syntax_names columns;
    struct syntax_statement *query; /* a SELECT, or INSERT, UPDATE, DELETE */
    bool is_materialized;           /* AS MATERIALIZED */
    bool is_not_materialized;       /* AS NOT MATERIALIZED */
    i32 offset;
};

struct syntax_with {
    struct syntax_cte *items;
    u32 count;
    bool is_recursive;
    i32 offset;
};

enum syntax_from_kind {
    SYNTAX_FROM_TABLE,
    SYNTAX_FROM_SUBQUERY,
    SYNTAX_FROM_FUNCTION,
    SYNTAX_FROM_JOIN,
};

enum syntax_join_kind {
    SYNTAX_JOIN_INNER, /* CROSS JOIN is an inner join without a condition */
    SYNTAX_JOIN_LEFT,
    SYNTAX_JOIN_RIGHT,
    SYNTAX_JOIN_FULL,
};

struct syntax_column_type {
    const char *name;
    struct syntax_type *type;
};

/* A function of FROM; ROWS FROM (f(…), g(…)) has several. */
struct syntax_from_function {
    struct syntax_expr *call; /* SYNTAX_FUNCTION, or what the grammar also calls a function */
    struct syntax_column_type *columns; /* AS (name type, …), else none */
    u32 column_count;
};

struct syntax_from {
    enum syntax_from_kind kind;
    i32 offset; /* -1 for joins and subqueries, which the grammar gives none */
    bool is_lateral;
    const char *alias;           /* NULL: none */
    struct syntax_names columns; /* of the alias */
    union {
        struct {
            struct syntax_relation relation;
            bool is_only;       /* ONLY t */
            const char *sample; /* TABLESAMPLE's method or NULL */
            struct syntax_exprs sample_args;
            struct syntax_expr *sample_seed; /* REPEATABLE, or NULL */
        } table;
        struct syntax_select *subquery;
        struct {
            struct syntax_from_function *items;
            u32 count;
            bool is_rows_from;
            bool has_ordinality;
        } functions;
        struct {
            enum syntax_join_kind kind;
            bool is_natural;
            struct syntax_from *left, *right;
            struct syntax_names using_columns;
            const char *using_alias; /* JOIN … USING (…) AS alias, or NULL */
            struct syntax_expr *on;  /* NULL: CROSS, USING, NATURAL */
        } join;
    };
};

struct syntax_froms {
    struct syntax_from **items;
    u32 count;
};

enum syntax_group_kind {
    SYNTAX_GROUP_EXPR,   /* expr */
    SYNTAX_GROUP_EMPTY,  /* () */
    SYNTAX_GROUP_ROLLUP, /* items */
    SYNTAX_GROUP_CUBE,   /* items */
    SYNTAX_GROUP_SETS,   /* items: GROUPING SETS (…) */
};

struct syntax_group {
    enum syntax_group_kind kind;
    i32 offset;
    struct syntax_expr *expr;
    struct syntax_group *items;
    u32 count;
};

enum syntax_lock {
    SYNTAX_LOCK_KEY_SHARE,
    SYNTAX_LOCK_SHARE,
    SYNTAX_LOCK_NO_KEY_UPDATE,
    SYNTAX_LOCK_UPDATE
};

/* FOR UPDATE and its kin. */
struct syntax_locking {
    enum syntax_lock strength;
    bool is_nowait;
    bool is_skip_locked;
    struct syntax_relation *relations; /* OF t, …; none: all */
    u32 relation_count;
};

enum syntax_select_kind { SYNTAX_SELECT_PLAIN, SYNTAX_SELECT_VALUES, SYNTAX_SELECT_SET };
enum syntax_set_kind { SYNTAX_SET_UNION, SYNTAX_SET_INTERSECT, SYNTAX_SET_EXCEPT };

struct syntax_select {
    enum syntax_select_kind kind;
    struct syntax_with *with; /* NULL: none; so on every kind */
    union {
        struct {
            bool is_distinct;
            struct syntax_exprs distinct_on; /* DISTINCT ON (…); none for plain DISTINCT */
            struct syntax_targets targets;
            struct syntax_froms from;
            struct syntax_expr *where;
            struct syntax_group *groups; /* GROUP BY */
            u32 group_count;
            bool is_group_distinct; /* GROUP BY DISTINCT */
            struct syntax_expr *having;
            struct syntax_window *windows; /* WINDOW name AS (…) */
            u32 window_count;
        } plain;
        struct {
            struct syntax_exprs
                *rows; /* each as long as the first: PostgreSQL's check, made here */
            u32 row_count;
        } values;
        struct {
            enum syntax_set_kind kind;
            bool is_all;
            struct syntax_select *left, *right;
        } set;
    };
    struct syntax_orders order;
    struct syntax_expr *limit, *offset; /* NULL: none; LIMIT ALL is none */
    bool has_ties;                      /* FETCH FIRST … WITH TIES */
    struct syntax_locking *lockings;
    u32 locking_count;
};

/* SET (a, b) = value has two columns: value is a SYNTAX_ROW of as many, or a subquery. */
struct syntax_assignment {
    struct syntax_target_column {
        const char *name;
        struct syntax_step *steps; /* a[1] = …, a.f = … */
        u32 step_count;
        i32 offset;
    } * columns;
    u32 column_count;
    struct syntax_expr *value;
};

struct syntax_assignments {
    struct syntax_assignment *items;
    u32 count;
};

enum syntax_conflict_kind { SYNTAX_CONFLICT_NOTHING, SYNTAX_CONFLICT_UPDATE };

struct syntax_conflict {
    enum syntax_conflict_kind kind;
    struct syntax_index_column *columns; /* ON CONFLICT (a, b): see syntax.h; none: any */
    u32 column_count;
    struct syntax_expr *index_where;
    const char *constraint; /* ON CONSTRAINT name, or NULL */
    struct syntax_assignments assignments;
    struct syntax_expr *where;
    i32 offset;
};

struct syntax_insert {
    struct syntax_with *with;
    struct syntax_relation relation;
    const char *alias;
    struct syntax_target_column *columns; /* none: all in order */
    u32 column_count;
    struct syntax_select *select; /* also VALUES; NULL: DEFAULT VALUES */
    struct syntax_conflict *conflict;
    struct syntax_targets returning;
};

struct syntax_update {
    struct syntax_with *with;
    struct syntax_relation relation;
    const char *alias;
    struct syntax_assignments assignments;
    struct syntax_froms from;
    struct syntax_expr *where;
    struct syntax_targets returning;
};

struct syntax_delete {
    struct syntax_with *with;
    struct syntax_relation relation;
    const char *alias;
    struct syntax_froms from; /* USING */
    struct syntax_expr *where;
    struct syntax_targets returning;
};
