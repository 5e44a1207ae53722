/* A relation that lives: what catalog_relation.live points to.
 *
 * Private to the engine. A table has its operator from CREATE to DROP; a materialized view has a build, which fills
 * first; both are published as a struct view once they can be read. */
#pragma once

#include "ops/table.h"
#include "plan/bind.h"
#include "plan/build.h"
#include "plan/catalog.h"
#include "view/subscription.h"
#include "view/view_index.h"

enum relation_state {
    RELATION_FILLING,
    RELATION_READY,
    RELATION_SUSPENDED, /* its state was given up: memory */
};

/* How a column that an INSERT leaves out gets its value. */
struct relation_default {
    enum { RELATION_DEFAULT_VALUE, RELATION_DEFAULT_NOW, RELATION_DEFAULT_UUID } kind;
    struct value value; /* of RELATION_DEFAULT_VALUE */
};

struct relation {
    struct engine *engine;
    struct catalog_relation *catalog;
    const char *name; /* "weir.views", or without the schema public */
    enum relation_state state;
    struct op *table;         /* of a table or source, or NULL */
    struct build *build;      /* of a materialized view, or NULL */
    struct view *view;        /* NULL until it can be read */
    struct view_index *index; /* of an index; NULL when its view was suspended */
    struct op *keyed;         /* of a unique index: the table that holds it; else NULL */
    struct relation_default
        *defaults;       /* one a column of a table; in the catalog relation's arena */
    struct link filling; /* in engine.fills while RELATION_FILLING */
    u64 fill_logged;     /* progress that the log knows */
    u64 created_tick;
    u64 ready_tick;
    void (*on_filled)(void *context, const struct err *err); /* who waits for it, or NULL */
    void *on_filled_context;
};

static inline struct relation *relation_of(const struct catalog_relation *relation)
{
    return relation->live;
}

/* Makes the live part of a table or view that is in the catalog. A view starts to fill. */
enum status relation_open(struct engine *engine, struct catalog_relation *catalog, struct err *err);
/* The live part of a view that is in no catalog (engine/hidden.h): whoever makes it gives it its build, fills and
 * publishes it. */
struct relation *relation_open_hidden(struct engine *engine, struct catalog_relation *catalog);
/* From now on it can be read. tick: the last that changed its rows. */
void relation_publish(struct relation *relation, struct op *root, u64 tick);
/* Ends its subscriptions and takes its dataflow down. The catalog entry stays the caller's. */
void relation_close(struct relation *relation);

/* The relation of a table's operator. */
struct relation *relation_of_op(const struct op *op);

/* Gives up a view's state: memory. Its subscriptions end, its readers are refused. Between ticks, dependents first. */
void relation_suspend(struct relation *relation);

/* Is something suspended that it is made of? */
bool relation_uses_suspended(const struct catalog_relation *catalog);
/* The key of CREATE UNIQUE INDEX, in arena. */
void relation_index_key(const char *name, const struct syntax_create_index *create,
                        const struct bind_index *bound, struct arena *arena,
                        struct catalog_key *key);

/* By its name as in URLs: "product", "weir.views". 42P01; 55000 while it is being filled, 53200
 * when it is suspended. */
enum status relation_find(struct engine *engine, struct slice name, struct relation **out,
                          struct err *err);
/* The same for a writer: 42809 when it is not a table. */
enum status relation_find_table(struct engine *engine, struct slice name, struct relation **out,
                                struct err *err);

/* May a query over these be read or kept now? 55000 while one is being filled, 53200 when one is suspended. */
enum status relation_check_uses(const struct catalog_relations *uses, struct err *err);

/* Between ticks: moves views that are being filled on, about rows rows. True: there is more to do. */
bool relation_fill_step(struct engine *engine, u32 rows);
/* For the log: progress that it does not know yet goes in. */
enum status relation_log_fills(struct engine *engine, struct err *err);
/* At replay: what such a record says happens again. */
enum status relation_replay_fill(struct engine *engine, struct slice payload, struct err *err);
