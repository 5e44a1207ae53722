/* What the files of bind share: the state of one binding, what names mean where, and how an
 * expression of the syntax tree becomes one with types.
 *
 * Functions that make something return NULL when they failed; the binder's err is filled then. A
 * literal whose type is not decided yet has TYPE_UNKNOWN and lies as a string in its constant. */
#pragma once

#include "base/assert.h"
#include "plan/bind.h"

/* WITH queries and the tables of FROM are counted so that no text makes us recurse without end. */
#define BIND_VIEW_DEPTH_MAX 64
#define BIND_LIST_MAX       4096 /* aggregates, hidden columns of one SELECT */

/* An entry of FROM as qualified names see it. Columns are those of the row that FROM makes. */
struct from_item {
    const char *name;     /* the alias, or the relation's name; NULL for an unnamed one */
    const char *relation; /* the relation's name when an alias hides it, for hints */
    const char **names;
    u32 *columns;
    u32 count;
    bool is_hidden;                       /* an alias of a join stands before it */
    const struct catalog_relation *table; /* whose primary key decides its other columns, or NULL */
};

/* A name that needs no qualification, in the order of `*`. */
struct from_name {
    const char *name;
    u32 column;
    u32 item; /* whose it is, for messages */
};

struct from {
    struct logical *node; /* NULL: nothing yet */
    struct from_item *items;
    u32 item_count, item_capacity;
    struct from_name *names;
    u32 name_count, name_capacity;
};

/* A WITH query that is visible, innermost first. */
struct with_entry {
    const char *name;
    struct logical_shared *shared;
    const char **names; /* of its columns */
    struct with_entry *outer;
};

struct binder {
    const struct bind_options *options;
    struct arena *arena;
    struct err *err;
    struct slice text; /* positions count in it; empty inside a view */
    bool is_view;      /* what is bound is kept up to date */
    bool uses_now;
    u32 view_depth;
    u32 shared_count;
    struct with_entry *with;
    struct catalog_relations uses;
};

enum clause {
    CLAUSE_SELECT,
    CLAUSE_WHERE,
    CLAUSE_ON,
    CLAUSE_GROUP,
    CLAUSE_HAVING,
    CLAUSE_ORDER,
    CLAUSE_DISTINCT_ON,
    CLAUSE_FILTER,
    CLAUSE_LIMIT,
    CLAUSE_OFFSET,
    CLAUSE_VALUES,
    CLAUSE_FUNCTION, /* of FROM */
    CLAUSE_DEFAULT,
    CLAUSE_SET,
    CLAUSE_RETURNING,
    CLAUSE_CONFLICT,
    CLAUSE_WINDOW,
};

/* An aggregate of a SELECT, over the rows of FROM and WHERE. */
struct agg_use {
    enum agg_kind kind;
    const char *name;
    struct expr *arg;    /* NULL: count(*) */
    struct expr *filter; /* or NULL */
    bool distinct;
    struct type type;
};

/* row_number() OVER (…). */
struct window_use {
    struct expr **partition;
    u32 partition_count;
    struct expr **order;
    struct logical_order *orders; /* column is not used */
    u32 order_count;
    i32 offset;
};

/* A set-returning function in the select list. */
struct series_use {
    enum logical_function function;
    struct expr **args;
    u32 arg_count;
    struct type type;
    i32 offset;
};

/* What expressions of one SELECT collect. In an expression they stand as columns from these numbers
 * on, until the nodes that compute them are made. */
struct collect {
    struct agg_use *aggs;
    u32 agg_count;
    struct window_use *windows;
    u32 window_count;
    struct series_use *series;
    u32 series_count;
    const struct syntax_window *named; /* WINDOW name AS (…) */
    u32 named_count;
};
#define COLUMN_AGG    0x40000000u
#define COLUMN_WINDOW 0x50000000u
#define COLUMN_SERIES 0x60000000u

/* Where an expression stands: which names it sees and what it may hold. */
struct scope {
    struct binder *binder;
    const struct from *from; /* NULL: no names */
    u32 item_first;          /* ON sees only the items and names of its join */
    u32 name_first;
    enum clause clause;
    struct collect *collect;   /* NULL: no aggregates, windows, sets here */
    bool in_aggregate;         /* among the arguments of one */
    const struct scope *outer; /* the query around, whose names may not be used yet */
};

/* bind.c */
enum status bind_fail(struct binder *b, i32 offset, const char *sqlstate, const char *format, ...)
    PRINTF(4, 5);
/* Gives an error that is filled already its position; returns FAIL. */
enum status bind_at(struct binder *b, i32 offset);
/* 0A000 with a whole sentence. */
enum status bind_refuse(struct binder *b, i32 offset, const char *format, ...) PRINTF(3, 4);
void bind_use(struct binder *b, struct catalog_relation *relation);
struct binder bind_begin(const struct bind_options *options, struct err *err);
/* The DEFAULT of a column, cast to its type; a NULL without one. */
struct expr *bind_default_expr(struct binder *b, const struct catalog_relation *table, u32 column);
/* gen_random_uuid() may only be a whole value. */
enum status bind_check_volatile(struct binder *b, const struct expr *expr);

/* bind_expr.c */
struct expr *bind_expr(struct scope *scope, const struct syntax_expr *syntax);
/* A condition of a clause: unknown becomes boolean, else 42804 "argument of WHERE must be type …". */
struct expr *bind_boolean(struct scope *scope, const struct syntax_expr *syntax, const char *what);
struct expr *bind_to_boolean(struct binder *b, struct expr *expr, const char *what);
/* Appends the conditions that AND joins, flat. */
void bind_split_and(struct binder *b, struct expr *expr, struct expr ***items, u32 *count);

/* bind_call.c */
struct expr *bind_function(struct scope *scope, const struct syntax_expr *syntax);
struct expr *bind_value_function(struct scope *scope, const struct syntax_expr *syntax);
/* A function, operator or cast of the table by name, arguments cast as it asks. */
struct expr *bind_call(struct binder *b, const char *name, enum func_kind kind, struct expr **args,
                       u32 arg_count, i32 offset);
/* The set-returning function that a call names, or false. */
bool bind_series_find(const struct syntax_function *function, enum logical_function *out);
/* Its arguments and the type of its rows. */
enum status bind_series(struct scope *scope, const struct syntax_expr *syntax,
                        enum logical_function function, struct series_use *out);

/* bind_cast.c */
struct expr *bind_new(struct binder *b, enum expr_kind kind, struct type type, i32 position,
                      u32 arg_count);
struct expr *bind_column_ref(struct binder *b, u32 column, struct type type, i32 position);
struct expr *bind_const_bool(struct binder *b, bool value, i32 position);
struct expr *bind_const_null(struct binder *b, struct type type, i32 position);
struct expr *bind_const_int(struct binder *b, struct type type, i64 value, i32 position);
struct expr *bind_cast(struct binder *b, struct expr *arg, struct type to,
                       enum cast_context context, i32 offset);
/* Casts to a column's type, or PostgreSQL's 42804 that names the column. */
struct expr *bind_assign(struct binder *b, struct expr *arg, const struct schema_column *column);
/* Brings all to their common type; 42804 with the position of the one that does not fit. */
enum status bind_common(struct binder *b, struct expr **args, u32 count, const char *what,
                        struct type *type);
/* An unknown literal at the end of binding is text. */
struct expr *bind_settle_unknown(struct binder *b, struct expr *expr);
enum status bind_type(struct binder *b, const struct syntax_type *syntax, struct type *type);
/* The value of an expression that reads no column. */
enum status bind_constant(struct binder *b, const struct expr *expr, struct value *value);

/* bind_from.c */
/* Adds an entry of FROM to what stands to its left. */
enum status bind_from(struct scope *around, const struct syntax_from *syntax, struct from *from);
/* A whole FROM clause; without entries the unit row. */
enum status bind_froms(struct scope *around, const struct syntax_froms *syntax, struct from *from);
/* One relation as the only entry, for INSERT, UPDATE, DELETE, DEFAULT. Its columns begin at first. */
void bind_from_table(struct binder *b, struct from *from, const struct catalog_relation *table,
                     const char *name, u32 first);

/* bind_name.c */
struct expr *bind_name(struct scope *scope, const struct syntax_expr *syntax);
/* The column of a name without qualification: 1 found, 0 not, -1 ambiguous. */
int bind_name_find(const struct scope *scope, const char *name, u32 *column);
/* The entry that a qualification names; NULL with err filled. */
const struct from_item *bind_name_item(struct scope *scope, const struct syntax_names *names,
                                       u32 name_count, i32 offset);
/* "t.a" as messages name a column of FROM's row. */
const char *bind_name_of(const struct binder *b, const struct from *from, u32 column);
/* The name that a column of the result gets when none is written. */
const char *bind_name_for(const struct syntax_expr *syntax);

/* bind_query.c */
enum limits { LIMITS_INSIDE, LIMITS_LEFT };
/* A SELECT of any form. With LIMITS_LEFT its last order and limit go to query, else into the tree.
 * Columns that are unknown literals stay so with keep_unknown; then root may be a PROJECT of them. */
enum status bind_query_any(struct scope *around, const struct syntax_select *select,
                           enum limits limits, bool keep_unknown, struct bind_query *query);
/* Makes the queries of a WITH visible; the caller restores b->with. */
enum status bind_with(struct scope *around, const struct syntax_with *with);
/* The rows of a relation that is named at offset: those of a plain view are its query's. */
struct logical *bind_relation_node(struct scope *around, struct catalog_relation *relation,
                                   i32 offset);
/* ORDER BY's directions with PostgreSQL's defaults. */
struct logical_order bind_order_of(const struct syntax_order *order, u32 column);
/* Where an expression begins, as PostgreSQL tells it; its own offset may be that of an operator. */
i32 bind_leftmost(const struct syntax_expr *syntax);
/* Casts the columns of a query's tree to the given types. */
enum status bind_cast_columns(struct binder *b, struct logical **node, const struct type *types,
                              u32 count);
/* An integer in ORDER BY, GROUP BY or DISTINCT ON: 1 a position among count, 0 not a constant, -1 err. */
int bind_position(struct binder *b, const struct syntax_expr *syntax, const char *what, u32 count,
                  u32 *index);

/* bind_select.c */
enum status bind_plain(struct scope *around, const struct syntax_select *select, bool keep_unknown,
                       struct bind_query *query);
/* The row of node and behind it exprs over it; *first is the first new column. Columns that stand in the
 * row already are not added: places[i] says where exprs[i] is. */
struct logical *bind_extend(struct binder *b, struct logical *node, struct expr **exprs, u32 count,
                            u32 *places);

/* bind_group.c */
/* Puts the aggregation under the expressions of a SELECT: *node becomes the aggregate, and what the
 * slots point to reads its columns. */
struct group_clause {
    struct expr **groups;
    u32 group_count;
    bool is_written; /* GROUP BY or HAVING stands there */
};
enum status bind_group(struct scope *scope, const struct group_clause *clause,
                       struct logical **node, struct expr ***slots, u32 slot_count);
/* A copy of expr that reads column to where it read column from. */
struct expr *bind_replace_column(struct binder *b, struct expr *expr, u32 from, u32 to);

/* bind_subquery.c */
struct expr *bind_subquery(struct scope *scope, const struct syntax_expr *syntax);
