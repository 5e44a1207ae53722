#include "engine/relation.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/ddl.h"
#include "engine/dml_rows.h"
#include "engine/engine_internal.h"
#include "engine/reader.h"
#include "engine/side_log.h"
#include "engine/tick.h"
#include "plan/bind.h"
#include "plan/hint.h"
#include "plan/rewrite.h"

/* Rows that a filling moves at once in a replay, before memory is looked at. */
#define REPLAY_ROWS 4096

static void take_down(struct relation *relation);
static enum status open_table(struct relation *relation, struct err *err);
static enum status open_view(struct relation *relation, struct err *err);
static enum status open_index(struct relation *relation, struct err *err);
static void add_key(struct relation *relation, const struct bind_index *bound);
static void drop_key(struct relation *relation);
static struct relation *make(struct engine *engine, struct catalog_relation *catalog);
static void filled(struct relation *relation);

enum status relation_open(struct engine *engine, struct catalog_relation *catalog, struct err *err)
{
    struct relation *relation = make(engine, catalog);
    enum status status = OK;
    if (catalog->kind == CATALOG_TABLE || catalog->kind == CATALOG_SOURCE)
        status = open_table(relation, err);
    else if (catalog->kind == CATALOG_MATERIALIZED_VIEW)
        status = open_view(relation, err);
    else if (catalog->kind == CATALOG_INDEX)
        status = open_index(relation, err);
    else
        relation->state = RELATION_READY;
    if (status) relation_close(relation);
    return status;
}

struct relation *relation_open_hidden(struct engine *engine, struct catalog_relation *catalog)
{
    struct relation *relation = make(engine, catalog);
    relation->state = RELATION_FILLING;
    return relation;
}

static struct relation *make(struct engine *engine, struct catalog_relation *catalog)
{
    struct relation *relation = mem_zalloc(&engine->mem, sizeof *relation);
    relation->engine = engine;
    relation->catalog = catalog;
    relation->name = strcmp(catalog->schema, "public") == 0
                         ? catalog->name
                         : arena_format(&catalog->arena, "%s.%s", catalog->schema, catalog->name);
    relation->created_tick = engine->tick;
    list_init(&relation->filling);
    catalog->live = relation;
    return relation;
}

void relation_close(struct relation *relation)
{
    struct engine *engine = relation->engine;
    list_remove(&relation->filling);
    if (relation->keyed) drop_key(relation);
    take_down(relation);
    if (relation->table) graph_release(&engine->graph, relation->table);
    relation->catalog->live = NULL;
    mem_free(&engine->mem, relation, sizeof *relation);
}

/* The indexes over a view go with it; what stands in the catalog stays. */
static void forget_indexes(struct relation *relation)
{
    const struct catalog_relations *users = &relation->catalog->used_by;
    for (u32 index = 0; index < users->count; index++) {
        struct relation *user = users->items[index]->live;
        if (user && user->index) {
            list_remove(&user->filling);
            user->index = NULL;
        }
    }
}

static void take_down(struct relation *relation)
{
    if (relation->index) view_index_close(relation->index);
    relation->index = NULL;
    if (relation->view) {
        subscription_end_all(relation->view);
        forget_indexes(relation);
        view_close(relation->view);
        relation->view = NULL;
    }
    if (relation->build) {
        if (relation->engine->half_done == relation->build) relation->engine->half_done = NULL;
        build_close(relation->build);
    }
    relation->build = NULL;
}

void relation_suspend(struct relation *relation)
{
    list_remove(&relation->filling);
    if (relation->view) readers_end(relation->engine, relation->view->root);
    take_down(relation);
    relation->state = RELATION_SUSPENDED;
    if (!relation->on_filled) return;
    struct err err;
    err_set(&err, "53200", "\"%s\" does not fit into the memory budget", relation->name);
    void (*on_filled)(void *, const struct err *) = relation->on_filled;
    relation->on_filled = NULL;
    on_filled(relation->on_filled_context, &err);
}

/* --- tables --- */

static struct relation_default find_default(const struct expr *expr, bool uses_now,
                                            struct arena *arena)
{
    struct relation_default found = { .kind = RELATION_DEFAULT_VALUE };
    struct err err;
    if (uses_now)
        found.kind = RELATION_DEFAULT_NOW;
    else if (dml_is_uuid_call(expr))
        found.kind = RELATION_DEFAULT_UUID;
    else if (expr_constant_value(expr, arena, &found.value, &err))
        found.value = (struct value){ .type = expr->type, .null = true };
    return found;
}

static enum status bind_all_defaults(struct relation *relation, struct err *err)
{
    struct catalog_relation *catalog = relation->catalog;
    relation->defaults =
        arena_array(&catalog->arena, struct relation_default, catalog->row->column_count);
    for (u32 column = 0; column < catalog->row->column_count; column++) {
        const struct bind_options options = { .catalog = &relation->engine->catalog,
                                              .text = slice_of(catalog->definition),
                                              .arena = &catalog->arena,
                                              .has_now = true };
        struct expr *expr;
        bool uses_now = false;
        if (bind_default(&options, catalog, column, &expr, &uses_now, err)) return FAIL;
        relation->defaults[column] = find_default(expr, uses_now, &catalog->arena);
    }
    return OK;
}

static enum status open_table(struct relation *relation, struct err *err)
{
    struct catalog_relation *catalog = relation->catalog;
    if (bind_all_defaults(relation, err)) return FAIL;
    struct table_key *keys = arena_array(&catalog->arena, struct table_key, catalog->key_count);
    for (u32 index = 0; index < catalog->key_count; index++)
        keys[index] = dml_table_key(&catalog->keys[index]);
    struct graph *graph = &relation->engine->graph;
    relation->table = op_table_make(
        graph, &(struct table_options){ .name = catalog->name,
                                        .schema = catalog->row,
                                        .keys = keys,
                                        .key_count = catalog->key_count,
                                        .is_append_only = catalog->is_append_only ||
                                                          catalog->kind == CATALOG_SOURCE });
    graph_hold(relation->table);
    relation_publish(relation, relation->table, relation->engine->tick);
    return OK;
}

/* --- views --- */

/* Where memory is shorter than it was, a replay meets views over what it had to suspend. */
bool relation_uses_suspended(const struct catalog_relation *catalog)
{
    for (u32 index = 0; index < catalog->uses.count; index++) {
        const struct relation *used = catalog->uses.items[index]->live;
        if (used && used->state == RELATION_SUSPENDED) return true;
    }
    return false;
}

static enum status open_view(struct relation *relation, struct err *err)
{
    struct engine *engine = relation->engine;
    struct catalog_relation *catalog = relation->catalog;
    if (relation_uses_suspended(catalog)) {
        relation->state = RELATION_SUSPENDED;
        return OK;
    }
    struct arena arena;
    arena_init(&arena, &engine->mem);
    struct bind_query query;
    struct delta_plan *plan;
    struct slice text = slice_of(catalog->definition);
    const struct bind_options options = { .catalog = &engine->catalog,
                                          .text = text,
                                          .arena = &arena };
    enum status status = bind_view(&options, catalog->statement->create_view, &query, err);
    if (!status) {
        struct logical *root = rewrite(&arena, query.root, NULL);
        status =
            delta_plan(&arena, root, true, build_statistics(engine->registry), text, &plan, err);
    }
    if (!status) {
        relation->build = build_open(engine->registry, plan, false);
        relation->state = RELATION_FILLING;
        list_append(&engine->fills, &relation->filling);
    }
    arena_deinit(&arena);
    return status;
}

static enum status open_index(struct relation *relation, struct err *err)
{
    struct engine *engine = relation->engine;
    struct catalog_relation *catalog = relation->catalog;
    struct bind_index bound;
    const struct bind_options options = { .catalog = &engine->catalog,
                                          .text = slice_of(catalog->definition),
                                          .arena = &catalog->arena };
    if (bind_index(&options, catalog->statement->create_index, &bound, err)) return FAIL;
    struct tree_order *order = arena_array(&catalog->arena, struct tree_order, bound.order_count);
    for (u32 index = 0; index < bound.order_count; index++)
        order[index] = (struct tree_order){ .column = bound.orders[index].column,
                                            .descending = bound.orders[index].descending,
                                            .nulls_first = bound.orders[index].nulls_first };
    struct relation *target = relation_of(bound.relation);
    if (target->state == RELATION_SUSPENDED) {
        relation->state = RELATION_SUSPENDED;
        return OK;
    }
    if (catalog->is_unique) add_key(relation, &bound);
    relation->index = view_index_open(target->view, order, bound.order_count);
    relation->state = RELATION_FILLING;
    list_append(&engine->fills, &relation->filling);
    return OK;
}

/* Of a unique index: the table holds it from now on. That its rows can was checked. */
static void add_key(struct relation *relation, const struct bind_index *bound)
{
    struct catalog_relation *table = relation->catalog->uses.items[0];
    struct catalog_key key;
    relation_index_key(relation->catalog->name, relation->catalog->statement->create_index, bound,
                       &relation->catalog->arena, &key);
    const struct table_key own = dml_table_key(&key);
    table_add_key(relation_of(table)->table, &own);
    catalog_key_add(&relation->engine->catalog, table, &key);
    relation->keyed = relation_of(table)->table;
}

static void drop_key(struct relation *relation)
{
    struct catalog_relation *table = relation->catalog->uses.items[0];
    table_drop_key(relation->keyed, relation->catalog->name);
    catalog_key_remove(&relation->engine->catalog, table, relation->catalog->name);
    relation->keyed = NULL;
}

void relation_index_key(const char *name, const struct syntax_create_index *create,
                        const struct bind_index *bound, struct arena *arena,
                        struct catalog_key *key)
{
    *key = (struct catalog_key){ .name = name,
                                 .columns = arena_array(arena, u32, bound->order_count),
                                 .column_count = bound->order_count,
                                 .is_nulls_not_distinct = create->is_nulls_not_distinct };
    for (u32 index = 0; index < bound->order_count; index++)
        key->columns[index] = bound->orders[index].column;
}

void relation_publish(struct relation *relation, struct op *root, u64 tick)
{
    struct engine *engine = relation->engine;
    relation->view = view_open(&engine->mem, engine->pools, relation->name, root,
                               relation->catalog->row, engine->graph.seed, tick);
    relation->view->owner = relation;
    relation->state = RELATION_READY;
    relation->ready_tick = engine->tick;
}

static void filled(struct relation *relation)
{
    list_remove(&relation->filling);
    if (relation->index)
        relation->state = RELATION_READY;
    else
        relation_publish(relation, build_root(relation->build), relation->engine->tick);
    if (!relation->on_filled) return;
    void (*on_filled)(void *, const struct err *) = relation->on_filled;
    relation->on_filled = NULL;
    on_filled(relation->on_filled_context, NULL);
}

/* Nothing can become ready any more; whether what was begun is there, a restart tells. */
static void fail_fills(struct engine *engine)
{
    struct err err;
    err_set(&err, "58030", "the log has failed: nothing is taken until a restart");
    list_each(&engine->fills, link)
    {
        struct relation *relation = container_of(link, struct relation, filling);
        void (*on_filled)(void *, const struct err *) = relation->on_filled;
        relation->on_filled = NULL;
        if (on_filled) on_filled(relation->on_filled_context, &err);
    }
}

/* An index that was there before a restart comes back with the next one; what is new is not made. */
static void give_up(struct relation *relation)
{
    if (relation->index && !relation->on_filled)
        relation_suspend(relation);
    else
        ddl_drop(relation);
}

bool relation_fill_step(struct engine *engine, u32 rows)
{
    if (engine->log_failed) fail_fills(engine);
    if (list_empty(&engine->fills) || engine->log_failed) return false;
    struct relation *relation = container_of(engine->fills.next, struct relation, filling);
    if (engine->half_done && engine->half_done != relation->build) return false;
    if (budget_is_full(engine)) {
        give_up(relation);
        return true;
    }
    if (relation->index) {
        if (view_index_fill(relation->index, rows)) return true;
        filled(relation);
        return true;
    }
    enum turn turn = build_step(relation->build, rows);
    engine->half_done = build_is_at_rest(relation->build) ? NULL : relation->build;
    if (build_is_suspended(relation->build) || budget_is_short(engine)) {
        give_up(relation);
        return true;
    }
    if (turn == TURN_MORE) return true;
    struct err err;
    /* The log must know where it became ready before anything is derived from it. */
    if (relation_log_fills(engine, &err)) {
        tick_retry(engine);
        return false;
    }
    filled(relation);
    return true;
}

/* --- the log's record of filling: id u32, is ready u32, progress u64 --- */

struct fill_record {
    u32 id;
    u32 is_ready;
    u64 progress;
};

enum status relation_log_fills(struct engine *engine, struct err *err)
{
    list_each(&engine->fills, link)
    {
        struct relation *relation = container_of(link, struct relation, filling);
        if (relation->index) continue; /* it changes no rows: a replay fills it as it likes */
        struct fill_record record = { .id = relation->catalog->id,
                                      .is_ready = build_is_done(relation->build),
                                      .progress = build_quanta(relation->build) };
        if (!record.is_ready && record.progress == relation->fill_logged) continue;
        struct slice payload = slice_make((const char *)&record, sizeof record);
        if (side_log_append(engine, RECORD_FILL, payload, err)) return FAIL;
        relation->fill_logged = record.progress;
    }
    return OK;
}

enum status relation_replay_fill(struct engine *engine, struct slice payload, struct err *err)
{
    struct fill_record record;
    if (payload.size != sizeof record)
        return err_set(err, "XX001", "a record of filling has a wrong size");
    memcpy(&record, payload.data, sizeof record);
    struct catalog_relation *catalog = catalog_find_id(&engine->catalog, record.id);
    struct relation *relation = catalog ? relation_of(catalog) : NULL;
    if (relation && relation->state == RELATION_SUSPENDED) return OK; /* memory is short here */
    if (!relation || relation->state != RELATION_FILLING)
        return err_set(err, "XX001", "a record of filling names a view that is not being filled");
    u64 progress = record.is_ready ? UINT64_MAX : record.progress;
    enum turn turn = TURN_MORE;
    while (turn == TURN_MORE) {
        turn = build_advance(relation->build, progress, REPLAY_ROWS);
        if (!budget_is_short(engine) && !build_is_suspended(relation->build)) continue;
        engine_note(engine, "\"%s\" is suspended: its state does not fit into the memory budget",
                    relation->name);
        relation_suspend(relation);
        return OK;
    }
    relation->fill_logged = record.progress;
    if (!record.is_ready) return OK;
    turn = build_step(relation->build, 1);
    assert(turn == TURN_DONE);
    filled(relation);
    return OK;
}

/* --- names --- */

struct relation *relation_of_op(const struct op *op)
{
    for (const struct view *view = op->published; view; view = view->next_of_root) {
        struct relation *relation = view->owner;
        if (relation->table == op) return relation;
    }
    unreachable();
}

static struct catalog_relation *find_named(struct engine *engine, struct slice name)
{
    char copy[256];
    if (name.size >= sizeof copy) return NULL;
    memcpy(copy, name.data, name.size);
    copy[name.size] = '\0';
    char *dot = strchr(copy, '.');
    if (!dot) return catalog_find(&engine->catalog, "public", copy);
    *dot = '\0';
    return catalog_find(&engine->catalog, copy, dot + 1);
}

static enum status unknown(struct engine *engine, struct slice name, struct err *err)
{
    err_set(err, "42P01", "relation \"%.*s\" does not exist", (int)MIN(name.size, 200u), name.data);
    hint_add(&engine->catalog, SLICE(""), err);
    return FAIL;
}

enum status relation_find(struct engine *engine, struct slice name, struct relation **out,
                          struct err *err)
{
    struct catalog_relation *catalog = find_named(engine, name);
    if (!catalog || !catalog->live || catalog->kind == CATALOG_INDEX)
        return unknown(engine, name, err);
    struct relation *relation = catalog->live;
    *out = relation;
    if (catalog->kind == CATALOG_VIEW) return OK;
    if (relation->state == RELATION_FILLING) {
        u64 done = 0, total = 0;
        build_progress(relation->build, &done, &total);
        return err_set(err, "55000", "\"%s\" is being filled: %llu of about %llu rows",
                       relation->name, (unsigned long long)done, (unsigned long long)total);
    }
    if (relation->state == RELATION_SUSPENDED)
        return err_set(err, "53200", "\"%s\" is suspended: memory", relation->name);
    return OK;
}

enum status relation_check_uses(const struct catalog_relations *uses, struct err *err)
{
    for (u32 index = 0; index < uses->count; index++) {
        const struct relation *relation = uses->items[index]->live;
        if (!relation) continue;
        if (relation->state == RELATION_FILLING)
            return err_set(err, "55000", "\"%s\" is being filled", relation->name);
        if (relation->state == RELATION_SUSPENDED)
            return err_set(err, "53200", "\"%s\" is suspended: memory", relation->name);
    }
    return OK;
}

enum status relation_find_table(struct engine *engine, struct slice name, struct relation **out,
                                struct err *err)
{
    struct catalog_relation *catalog = find_named(engine, name);
    if (!catalog || !catalog->live) return unknown(engine, name, err);
    if (catalog->kind != CATALOG_TABLE)
        return err_set(err, "42809", "\"%.*s\" is not a table", (int)name.size, name.data);
    *out = catalog->live;
    return OK;
}
