/* What exists by name: tables, sources, views, sinks and indexes, and who depends on whom.
 *
 * A relation is described here and lives elsewhere: live points to its dataflow. It owns an arena,
 * in which its description lies, with the statement that made it; so a definition is text that can
 * be read again, at a restart too. Relations stand in an order in which all of them can be made again:
 * that of their creation, but that what is replaced moves behind what it newly uses. There are two
 * schemas: public, where names without a schema are, and weir,
 * which holds what the system shows of itself. Errors are PostgreSQL's.
 *
 * Invariant: a relation stands after everything that it uses, and is in used_by of each. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "base/status.h"
#include "data/schema.h"
#include "plan/syntax.h"

#define CATALOG_RELATION_COUNT_MAX 100000

enum catalog_kind {
    CATALOG_TABLE,
    CATALOG_SOURCE, /* an append-only table with a connector */
    CATALOG_VIEW,   /* only a name for its query */
    CATALOG_MATERIALIZED_VIEW,
    CATALOG_SINK,
    CATALOG_INDEX,
    CATALOG_SYSTEM_TABLE, /* of schema weir; read, never written */
};

/* PRIMARY KEY or UNIQUE of a table; a row has at most one partner in each. */
struct catalog_key {
    const char *name; /* product_pkey */
    u32 *columns;
    u32 column_count;
    bool is_primary;
    bool is_nulls_not_distinct;
};

struct catalog_relations {
    struct catalog_relation **items;
    u32 count;
    u32 capacity;
};

struct catalog_relation {
    struct link link; /* in the order above */
    u64 place;        /* grows along that order */
    u32 id;           /* from 1, never given twice; kept by CREATE OR REPLACE */
    enum catalog_kind kind;
    const char *schema; /* "public" or "weir" */
    const char *name;
    struct arena arena;

    struct schema *row; /* columns and key; of an index: the indexed columns; of a sink: NULL */
    struct syntax_expr **defaults; /* one a column, NULL: none; NULL at all: no column has one */
    struct catalog_key *keys;      /* the primary one first */
    u32 key_count;
    bool is_append_only;
    bool is_unique; /* of an index */
    i64 retain_us;  /* rows are deleted when they are older; 0: never */

    const struct syntax_statement *statement; /* in arena; NULL for a system table */
    const char *definition;                   /* the statement's text */
    const char *canonical;                    /* parse_canonical of it: to compare */
    const char *comment;                      /* COMMENT ON, or NULL */
    const char **column_comments; /* one a column, NULL: none; NULL at all: no column has one */

    struct catalog_relations uses;    /* in arena, each once: by catalog_use */
    struct catalog_relations used_by; /* kept by the catalog */
    void *live;                       /* the caller's: the dataflow */

    struct catalog_relation *next_of_name; /* in its slot */
    struct catalog_relation *next_of_id;
    bool is_marked; /* while a drop is planned */
};

struct catalog {
    struct mem *mem;
    struct link relations;
    u32 relation_count;
    u32 id_next;
    u64 place_next;
    u64 version; /* grows with every change: what was planned under another one is planned again */
    struct catalog_relation **slots;    /* by schema and name */
    struct catalog_relation **id_slots; /* by id */
    u32 slot_count;
};

void catalog_init(struct catalog *catalog, struct mem *mem);
/* Frees the relations; the caller has taken down what is live. */
void catalog_deinit(struct catalog *catalog);

/* A relation that is not in the catalog yet: the caller fills it, in its arena, and gives it to
 * catalog_add, or frees it. schema NULL is public. */
struct catalog_relation *catalog_relation_new(struct catalog *catalog, enum catalog_kind kind,
                                              const char *schema, const char *name);
void catalog_relation_free(struct catalog *catalog, struct catalog_relation *relation);
/* Says, before relation is added, that it depends on used; twice is once. */
void catalog_use(struct catalog_relation *relation, struct catalog_relation *used);

/* Takes relation, with its uses. 42P07 when the name is taken, 3F000 for an unknown
 * schema, 54000 over the count's bound; on FAIL the caller still owns it. */
MUST_USE enum status catalog_add(struct catalog *catalog, struct catalog_relation *relation,
                                 struct err *err);
/* CREATE OR REPLACE: relation takes the id and dependents of old, whose ownership goes to the caller;
 * the dependents, which live points into the old, are the caller's to make again. 42P16 as PostgreSQL when a column would go or change (of a materialized view that is not
 * used, columns may); 42809 for another kind; 42P17
 * when relation uses, over others, what it replaces. */
MUST_USE enum status catalog_replace(struct catalog *catalog, struct catalog_relation *old,
                                     struct catalog_relation *relation, struct err *err);
/* What catalog_replace would say. */
MUST_USE enum status catalog_check_replace(const struct catalog *catalog,
                                           struct catalog_relation *old,
                                           const struct catalog_relation *relation,
                                           struct err *err);
/* Takes out one that nothing depends on; the caller owns it then. */
void catalog_remove(struct catalog *catalog, struct catalog_relation *relation);

/* A key that CREATE UNIQUE INDEX gives a table, behind its others; and its end. key is copied. */
void catalog_key_add(struct catalog *catalog, struct catalog_relation *table,
                     const struct catalog_key *key);
void catalog_key_remove(struct catalog *catalog, struct catalog_relation *table, const char *name);
const struct catalog_key *catalog_key_find(const struct catalog_relation *table, const char *name);

/* schema NULL: public, then weir. */
struct catalog_relation *catalog_find(const struct catalog *catalog, const char *schema,
                                      const char *name);
struct catalog_relation *catalog_find_id(const struct catalog *catalog, u32 id);
/* As written in a statement: 42P01 with its position in text. */
MUST_USE enum status catalog_get(const struct catalog *catalog,
                                 const struct syntax_relation *written, struct slice text,
                                 struct catalog_relation **relation, struct err *err);

/* What goes when relations go, in an order in which it can: dependents first. Without is_cascade
 * 2BP01 when something would be left that uses them; indexes go with their table. */
MUST_USE enum status catalog_plan_drop(const struct catalog *catalog,
                                       const struct catalog_relations *relations, bool is_cascade,
                                       struct arena *arena, struct catalog_relations *victims,
                                       struct err *err);
/* The same for a statement: finds the names, of the right kind (42809 with PostgreSQL's hint). With
 * IF EXISTS the missing ones are left out. */
MUST_USE enum status catalog_plan_drop_statement(const struct catalog *catalog,
                                                 const struct syntax_drop *drop,
                                                 struct arena *arena,
                                                 struct catalog_relations *victims,
                                                 struct err *err);

/* COMMENT ON finds its relation: 42P01 or 42704 for none, 42809 of another kind, 42703 for an unknown column, whose place
 * is *column, else -1. */
MUST_USE enum status catalog_find_commented(const struct catalog *catalog,
                                            const struct syntax_comment *comment,
                                            struct catalog_relation **relation, i32 *column,
                                            struct err *err);
/* text NULL: none any more. Copied. */
void catalog_comment(struct catalog_relation *relation, i32 column, const char *text);

/* "table", "materialized view", …: the word of messages. */
const char *catalog_kind_name(enum catalog_kind kind);
/* The name as messages show it: with its schema unless that is public. */
const char *catalog_shown_name(const struct catalog_relation *relation, struct arena *arena);
/* A name as PostgreSQL makes them: table_columns_suffixnumber, cut to 63 bytes; without columns and
 * number where there are none. */
const char *catalog_make_name(const char *table, const struct syntax_names *columns,
                              const char *suffix, u32 number, struct arena *arena);
/* The first such name that is free: product_name_idx, product_name_idx1, … */
const char *catalog_choose_name(const struct catalog *catalog, const char *table,
                                const struct syntax_names *columns, const char *suffix,
                                struct arena *arena);

/* The relations in their order. The one at hand must not be removed. */
#define catalog_each(catalog, relation)                                                            \
    for (struct catalog_relation *relation = catalog_first(catalog); relation;                     \
         relation = catalog_next(catalog, relation))

static inline struct catalog_relation *catalog_next(const struct catalog *catalog,
                                                    const struct catalog_relation *relation)
{
    struct link *next = relation->link.next;
    if (next == &catalog->relations) return NULL;
    return container_of(next, struct catalog_relation, link);
}

static inline struct catalog_relation *catalog_last(const struct catalog *catalog)
{
    if (list_empty(&catalog->relations)) return NULL;
    return container_of(catalog->relations.previous, struct catalog_relation, link);
}

static inline struct catalog_relation *catalog_previous(const struct catalog *catalog,
                                                        const struct catalog_relation *relation)
{
    struct link *previous = relation->link.previous;
    if (previous == &catalog->relations) return NULL;
    return container_of(previous, struct catalog_relation, link);
}

static inline struct catalog_relation *catalog_first(const struct catalog *catalog)
{
    if (list_empty(&catalog->relations)) return NULL;
    return container_of(catalog->relations.next, struct catalog_relation, link);
}
