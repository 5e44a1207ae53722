/* The syntax tree, part three: statements. Including this gives the whole tree.
 *
 * It is PostgreSQL's grammar without what Weir refuses, and with what Weir adds: CREATE SOURCE,
 * CREATE SINK, SUBSCRIBE, EXPLAIN PRESSURE. A new construct is a new kind here and in parse. */
#pragma once

#include "base/bytes.h"
#include "plan/syntax_query.h"

/* name = value in WITH (…), EXPLAIN (…), BEGIN …; the name is folded to lower case. */
struct syntax_option {
    const char *name;
    enum syntax_option_kind {
        SYNTAX_OPTION_NONE,    /* a bare name */
        SYNTAX_OPTION_WORD,    /* text: an unquoted name; true, on and key words come as strings */
        SYNTAX_OPTION_STRING,  /* text */
        SYNTAX_OPTION_INTEGER, /* integer, and text */
        SYNTAX_OPTION_DECIMAL, /* text */
    } kind;
    const char *text; /* "" for a bare name */
    i64 integer;
    i32 offset;
};

struct syntax_options {
    struct syntax_option *items;
    u32 count;
};

enum syntax_constraint_kind {
    SYNTAX_NULL,
    SYNTAX_NOT_NULL,
    SYNTAX_DEFAULT_VALUE, /* expr */
    SYNTAX_CHECK,         /* expr */
    SYNTAX_PRIMARY_KEY,   /* columns; none when it stands at its column */
    SYNTAX_UNIQUE,        /* columns; none when it stands at its column */
    SYNTAX_REFERENCES,    /* columns, relation, relation_columns */
    SYNTAX_GENERATED,     /* expr: GENERATED ALWAYS AS (…) STORED */
};

struct syntax_constraint {
    enum syntax_constraint_kind kind;
    const char *name; /* CONSTRAINT name, or NULL */
    struct syntax_expr *expr;
    struct syntax_names columns;
    struct syntax_relation relation;
    struct syntax_names relation_columns;
    bool is_nulls_not_distinct;
    i32 offset;
};

struct syntax_column_def {
    const char *name;
    struct syntax_type *type;
    struct syntax_names collation;
    struct syntax_constraint *constraints;
    u32 constraint_count;
    i32 offset;
};

/* CREATE TABLE, and CREATE SOURCE with is_source. */
struct syntax_create_table {
    struct syntax_relation relation;
    bool is_source;
    bool is_if_not_exists;
    struct syntax_column_def *columns;
    u32 column_count;
    struct syntax_constraint *constraints; /* of the table */
    u32 constraint_count;
    struct syntax_options options;
};

struct syntax_create_view {
    struct syntax_relation relation;
    bool is_materialized;
    bool is_replace;
    bool is_if_not_exists;
    struct syntax_names columns;
    struct syntax_select *query;
    struct slice query_text; /* part of the statement's text: from the query's first word on */
    struct syntax_options options;
};

/* CREATE SINK name FROM relation WITH (…). */
struct syntax_create_sink {
    struct syntax_relation relation;
    bool is_if_not_exists;
    struct syntax_relation from;
    struct syntax_options options;
};

struct syntax_index_column {
    const char *name; /* or expr */
    struct syntax_expr *expr;
    struct syntax_names collation;
    const char *op_class;
    enum syntax_direction direction;
    enum syntax_nulls nulls;
};

struct syntax_create_index {
    const char *name; /* NULL: to be chosen */
    struct syntax_relation relation;
    const char *method; /* "btree" unless written */
    bool is_unique;
    bool is_if_not_exists;
    bool is_nulls_not_distinct;
    struct syntax_index_column *columns;
    u32 column_count;
    struct syntax_names include;
    struct syntax_expr *where;
    struct syntax_options options;
};

enum syntax_object_kind {
    SYNTAX_OBJECT_TABLE,
    SYNTAX_OBJECT_VIEW,
    SYNTAX_OBJECT_MATERIALIZED_VIEW,
    SYNTAX_OBJECT_INDEX,
    SYNTAX_OBJECT_SOURCE,
    SYNTAX_OBJECT_SINK,
    SYNTAX_OBJECT_COLUMN, /* of COMMENT: schema.name, then column */
};

struct syntax_drop {
    enum syntax_object_kind kind;
    struct syntax_relation *relations;
    u32 relation_count;
    bool is_if_exists;
    bool is_cascade;
};

struct syntax_truncate {
    struct syntax_relation *relations;
    u32 relation_count;
    bool is_cascade;
};

struct syntax_comment {
    enum syntax_object_kind kind;
    struct syntax_relation relation;
    const char *column; /* of SYNTAX_OBJECT_COLUMN */
    const char *text;   /* NULL: the comment goes */
};

struct syntax_explain {
    struct syntax_options options; /* analyze, verbose, format … as written */
    bool is_analyze;
    bool is_verbose;
    bool is_json;
    struct syntax_statement *statement; /* NULL for EXPLAIN [ANALYZE] [MATERIALIZED] VIEW name */
    struct syntax_relation relation;    /* of the view that runs */
};

/* EXPLAIN PRESSURE [FOR] name: name is NULL for the whole graph. */
struct syntax_pressure {
    struct syntax_relation relation;
};

/* SET name = values, RESET name, SHOW name. A name in several parts holds its dots. SET TRANSACTION
 * and SET SESSION CHARACTERISTICS have these capitals as name, and values with names of their own. */
struct syntax_set {
    const char *name; /* NULL: ALL */
    struct syntax_option *values;
    u32 value_count; /* 0: DEFAULT */
    bool is_local;
    i32 offset;
};

enum syntax_transaction_kind {
    SYNTAX_BEGIN,
    SYNTAX_COMMIT,
    SYNTAX_ROLLBACK,
    SYNTAX_SAVEPOINT,   /* name */
    SYNTAX_RELEASE,     /* name */
    SYNTAX_ROLLBACK_TO, /* name */
};

struct syntax_transaction {
    enum syntax_transaction_kind kind;
    const char *name;
    bool is_chain;                 /* AND CHAIN */
    struct syntax_options options; /* transaction_isolation, transaction_read_only, … */
};

/* SUBSCRIBE [TO] name, or SUBSCRIBE [TO] (select); then WITH (…). */
struct syntax_subscribe {
    struct syntax_relation relation; /* name NULL with a query */
    struct syntax_select *query;
    struct syntax_options options;
};

enum syntax_statement_kind {
    SYNTAX_SELECT,
    SYNTAX_INSERT,
    SYNTAX_UPDATE,
    SYNTAX_DELETE,
    SYNTAX_TRUNCATE,
    SYNTAX_CREATE_TABLE, /* and CREATE SOURCE */
    SYNTAX_CREATE_VIEW,
    SYNTAX_CREATE_SINK,
    SYNTAX_CREATE_INDEX,
    SYNTAX_DROP,
    SYNTAX_COMMENT,
    SYNTAX_EXPLAIN,
    SYNTAX_PRESSURE,
    SYNTAX_SHOW, /* set: name only */
    SYNTAX_SET,
    SYNTAX_RESET, /* set: name only */
    SYNTAX_TRANSACTION,
    SYNTAX_SUBSCRIBE,
};

struct syntax_statement {
    enum syntax_statement_kind kind;
    struct slice text; /* the statement without the comments and space around it and without `;` */
    u32 param_count;   /* the highest $n */
    union {
        struct syntax_select *select;
        struct syntax_insert *insert;
        struct syntax_update *update;
        struct syntax_delete *delete;
        struct syntax_truncate *truncate;
        struct syntax_create_table *create_table;
        struct syntax_create_view *create_view;
        struct syntax_create_sink *create_sink;
        struct syntax_create_index *create_index;
        struct syntax_drop *drop;
        struct syntax_comment *comment;
        struct syntax_explain *explain;
        struct syntax_pressure *pressure;
        struct syntax_set *set;
        struct syntax_transaction *transaction;
        struct syntax_subscribe *subscribe;
    };
};

/* The command's words as its tag names them: "SELECT", "CREATE MATERIALIZED VIEW". */
const char *syntax_tag(const struct syntax_statement *statement);

/* Characters from 1, as errors count them, of a byte offset into text; 0 for -1. */
i32 syntax_position(struct slice text, i32 offset);
