/* Names and types: from the syntax tree to relational trees and typed expressions.
 *
 * Rules, sentences and SQLSTATEs are PostgreSQL's, and so is the position of an error: characters
 * from 1 in the statement's text. What Weir does not carry is refused with 0A000 and the reason.
 * What is made lives in the arena and borrows from the syntax tree and the catalog.
 *
 * A view's query is read again whenever something is planned over it, so a plain view is never more
 * than its text. */
#pragma once

#include "plan/logical.h"

struct bind_options {
    const struct catalog *catalog;
    struct slice text; /* of the statement: positions count in it */
    struct arena *arena;
    bool
        has_now; /* one-shot statements: now() is the constant below. Without it, now() is refused */
    i64 now;     /* microseconds since 2000-01-01 UTC */
};

/* A bound SELECT. The rows are those of root, and of them the columns before column_count; columns
 * behind that are only there to order by. */
struct bind_query {
    struct logical *root;
    u32 column_count;
    struct logical_order *orders; /* what is left to do when the rows are read */
    u32 order_count;
    u64 limit; /* UINT64_MAX: none */
    u64 offset;
    struct catalog_relations uses; /* relations that are named, also inside plain views */
};

/* A query that is read once: its last ORDER BY, LIMIT and OFFSET are the reader's. */
MUST_USE enum status bind_select(const struct bind_options *options,
                                 const struct syntax_select *select, struct bind_query *query,
                                 struct err *err);
/* A query that is kept up to date: ORDER BY with LIMIT is part of the tree, ORDER BY alone means
 * nothing, now() is refused. names may be empty; else the view's own names of its first columns. */
MUST_USE enum status bind_view(const struct bind_options *options,
                               const struct syntax_create_view *view, struct bind_query *query,
                               struct err *err);

/* SELECT * FROM relation, for what a URL asks for: once, or kept up to date. */
MUST_USE enum status bind_relation(const struct bind_options *options,
                                   struct catalog_relation *relation, bool is_kept,
                                   struct bind_query *query, struct err *err);

/* The expression of a column's DEFAULT, cast to the column's type. NULL is a NULL of that type. With
 * a default of gen_random_uuid() the root of *expr is that call, and whoever inserts computes it.
 * *uses_now says that it depends on options->now. */
MUST_USE enum status bind_default(const struct bind_options *options,
                                  const struct catalog_relation *table, u32 column,
                                  struct expr **expr, bool *uses_now, struct err *err);
/* Checks all defaults of a table that is being made; text is that of its own statement. */
MUST_USE enum status bind_defaults_check(const struct bind_options *options,
                                         const struct catalog_relation *table, struct err *err);

/* What a statement that changes a table gives back: expressions over the row of the table. */
struct bind_returning {
    struct expr **exprs; /* NULL: no RETURNING */
    struct schema *schema;
};

/* SET of UPDATE and of DO UPDATE: columns[i] gets exprs[i], cast to its type. */
struct bind_set {
    u32 *columns;
    struct expr **exprs;
    u32 count;
};

struct bind_insert {
    struct catalog_relation *table;
    /* The columns that are given values; the others get their defaults. */
    u32 *columns;
    u32 column_count;
    /* Either VALUES: rows[r][i] is for columns[i], NULL stands for DEFAULT. It reads no column; all
     * but calls of gen_random_uuid() are constants already. */
    struct expr ***rows;
    u32 row_count;
    /* or a query, whose first column_count columns are cast to the types of columns. */
    struct bind_query *query;
    enum bind_conflict {
        BIND_CONFLICT_ERROR,
        BIND_CONFLICT_NOTHING,
        BIND_CONFLICT_UPDATE
    } conflict;
    const struct catalog_key *conflict_key; /* NULL: any (only with NOTHING) */
    /* Over the columns of the row that is there, then those of excluded. */
    struct bind_set set;
    struct expr *where; /* NULL: always */
    struct bind_returning returning;
};

struct bind_update {
    struct catalog_relation *table;
    struct expr *where; /* over the table's row; NULL: all rows */
    struct bind_set set;
    struct bind_returning returning;
};

struct bind_delete {
    struct catalog_relation *table;
    struct expr *where;
    struct bind_returning returning;
};

MUST_USE enum status bind_insert(const struct bind_options *options,
                                 const struct syntax_insert *insert, struct bind_insert *out,
                                 struct err *err);
MUST_USE enum status bind_update(const struct bind_options *options,
                                 const struct syntax_update *update, struct bind_update *out,
                                 struct err *err);
MUST_USE enum status bind_delete(const struct bind_options *options,
                                 const struct syntax_delete *delete, struct bind_delete *out,
                                 struct err *err);

/* CREATE INDEX over a table or a view that is kept: the indexed columns in order. Expressions, WHERE,
 * INCLUDE and methods other than btree and hash are refused. */
struct bind_index {
    struct catalog_relation *relation;
    struct logical_order *orders;
    u32 order_count;
};
MUST_USE enum status bind_index(const struct bind_options *options,
                                const struct syntax_create_index *index, struct bind_index *out,
                                struct err *err);

/* Conditions that come as texts and not as SQL (URLs): column op value, the value read as the
 * column's type. op is eq neq gt gte lt lte like ilike match imatch in is isdistinct; is takes null,
 * not_null, true, false, unknown. 42703, 22P02, 42883 as PostgreSQL, 22023 for an unknown op. */
MUST_USE enum status bind_condition(struct arena *arena, const struct schema *schema,
                                    struct slice column, struct slice op,
                                    const struct slice *values, u32 value_count, struct expr **out,
                                    struct err *err);
/* AND, OR or NOT of conditions. */
struct expr *bind_condition_join(struct arena *arena, enum expr_kind kind, struct expr *const *args,
                                 u32 arg_count);
/* A column, cast to a type that is given by name if cast is not empty. */
MUST_USE enum status bind_column(struct arena *arena, const struct schema *schema,
                                 struct slice column, struct slice cast, struct expr **out,
                                 struct err *err);
