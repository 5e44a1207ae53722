/* How the files of parse share one conversion, from the grammar's tree to ours.
 *
 * The first failure is kept in err and has_failed stays set; after it every function returns NULL or
 * zeros at once, so callers need no checks between, and may not follow what they got. */
#pragma once

#include <pg_query/pg_query.pb-c.h>

#include "base/arena.h"
#include "plan/lex.h"
#include "plan/parse.h"

struct parse {
    struct slice text; /* the statement's, in the result's arena */
    struct arena *arena;
    struct arena *scratch; /* holds the grammar's tree */
    struct err *err;
    bool has_failed;
    u32 depth;       /* of our tree, here */
    u32 param_count; /* the highest $n so far */

    /* What the grammar was given: prefix_size bytes of ours, then text from offset source on. */
    u32 prefix_size;
    u64 source;
};

typedef PgQuery__Node pg_node;

/* parse.c */
/* The byte offset in text of a location that the grammar gave; -1 for none. */
i32 parse_offset(const struct parse *parse, i32 location);
/* Keeps the error if it is the first, and says whether; offset as in the tree. */
bool parse_fail(struct parse *parse, const char *sqlstate, i32 offset, const char *format, ...)
    PRINTF(4, 5);
/* 0A000: "… is not supported". */
void parse_refuse(struct parse *parse, i32 offset, const char *what);
/* Around what may nest; false when it must not go deeper, and after a failure. */
bool parse_enter(struct parse *parse, i32 offset);
void parse_leave(struct parse *parse);
/* Reads prefix and then the bytes of text from source to end by PostgreSQL's grammar. NULL after a
 * failure. There is exactly one statement in the result. */
pg_node *parse_grammar(struct parse *parse, const char *prefix, u64 source, u64 end);

/* parse_expr.c */
/* NULL for an empty string, which stands for none. */
const char *parse_name(struct parse *parse, const char *name);
/* Of a list of string nodes. */
struct syntax_names parse_names(struct parse *parse, pg_node **items, size_t count);
bool parse_is_none(const pg_node *node);
/* NULL for none. */
struct syntax_expr *parse_expr(struct parse *parse, const pg_node *node);
struct syntax_exprs parse_exprs(struct parse *parse, pg_node **items, size_t count);
struct syntax_orders parse_orders(struct parse *parse, pg_node **items, size_t count);
enum syntax_direction parse_direction(PgQuery__SortByDir direction);
enum syntax_nulls parse_nulls(PgQuery__SortByNulls nulls);
struct syntax_step *parse_steps(struct parse *parse, pg_node **items, size_t count);
/* 0A000 naming the kind of node. */
void parse_refuse_node(struct parse *parse, const pg_node *node, i32 offset);

/* parse_type.c */
struct syntax_type *parse_type(struct parse *parse, const PgQuery__TypeName *name);
struct syntax_window parse_window(struct parse *parse, const PgQuery__WindowDef *window);

/* parse_query.c */
struct syntax_relation parse_relation(struct parse *parse, const PgQuery__RangeVar *range);
struct syntax_select *parse_select(struct parse *parse, const PgQuery__SelectStmt *select);
/* node must be a SELECT. */
struct syntax_select *parse_select_node(struct parse *parse, const pg_node *node);
struct syntax_targets parse_targets(struct parse *parse, pg_node **items, size_t count);
struct syntax_froms parse_froms(struct parse *parse, pg_node **items, size_t count);
struct syntax_with *parse_with(struct parse *parse, const PgQuery__WithClause *with);

/* parse_change.c */
struct syntax_insert *parse_insert(struct parse *parse, const PgQuery__InsertStmt *insert);
struct syntax_update *parse_update(struct parse *parse, const PgQuery__UpdateStmt *update);
struct syntax_delete *parse_delete(struct parse *parse, const PgQuery__DeleteStmt *delete);
struct syntax_index_column *parse_index_columns(struct parse *parse, pg_node **items, size_t count);

/* parse_ddl.c */
struct syntax_options parse_options(struct parse *parse, pg_node **items, size_t count);
struct syntax_create_table *parse_create_table(struct parse *parse,
                                               const PgQuery__CreateStmt *create);
struct syntax_create_view *parse_view(struct parse *parse, const PgQuery__ViewStmt *view);
struct syntax_create_view *parse_materialized_view(struct parse *parse,
                                                   const PgQuery__CreateTableAsStmt *create);
struct syntax_create_index *parse_index(struct parse *parse, const PgQuery__IndexStmt *index);

/* parse_utility.c */
/* A whole statement, also one inside another: EXPLAIN, WITH. */
struct syntax_statement *parse_node(struct parse *parse, const pg_node *node);
/* What explain->options say, into its other fields. */
void parse_explain_options(struct parse *parse, struct syntax_explain *explain);

/* parse_weir.c */
/* What PostgreSQL's grammar does not have, known by its first words. False when it is none of them:
 * nothing was done. */
bool parse_weir(struct parse *parse, struct syntax_statement **statement);
