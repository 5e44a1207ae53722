#include "engine/hidden.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "os/clock.h"
#include "plan/rewrite.h"

static enum status make_room(struct engine *engine, struct err *err);
static enum status make(struct engine *engine, struct relation *relation,
                        const struct subscribe_options *options, struct hidden **out,
                        struct err *err);
static void fill(struct hidden *hidden, u32 rows);
static void suspend(struct hidden *hidden);
static void end_subscribers(struct hidden *hidden);
static void drop(struct hidden *hidden);

static struct hidden *find(const struct engine *engine, const char *definition)
{
    list_each(&engine->hidden, link)
    {
        struct hidden *hidden = hidden_of(link);
        if (!hidden->is_retired && strcmp(hidden->catalog->definition, definition) == 0)
            return hidden;
    }
    return NULL;
}

enum status hidden_get(struct engine *engine, struct relation *relation,
                       const struct subscribe_options *options, const struct subscribe_ask *ask,
                       struct hidden **out, struct err *err)
{
    *out = find(engine, ask->definition);
    if (*out && (*out)->relation->state == RELATION_SUSPENDED)
        return err_set(err, "53200", "\"%s\" is suspended: memory", (*out)->catalog->name);
    if (*out) return OK;
    if (relation_check_uses(&ask->uses, err) || budget_check(engine, err)) return FAIL;
    if (make_room(engine, err)) return FAIL;
    return make(engine, relation, options, out, err);
}

void hidden_join(struct hidden *hidden, struct subscriber *subscriber)
{
    subscriber->hidden = hidden;
    list_append(&hidden->subscribers, &subscriber->follows);
}

void hidden_leave(struct subscriber *subscriber)
{
    struct hidden *hidden = subscriber->hidden;
    if (!hidden) return;
    list_remove(&subscriber->follows);
    subscriber->hidden = NULL;
    hidden->left_us = clock_now();
}

/* --- making --- */

static enum status make_room(struct engine *engine, struct err *err)
{
    struct hidden *idle = NULL;
    u32 count = 0;
    list_each(&engine->hidden, link)
    {
        struct hidden *hidden = hidden_of(link);
        count += !hidden->is_retired;
        bool is_idle = !hidden->is_retired && list_empty(&hidden->subscribers);
        if (is_idle && (!idle || hidden->left_us < idle->left_us)) idle = hidden;
    }
    if (count < engine->options.hidden_count_max) return OK;
    if (idle) {
        idle->is_retired = true;
        return OK;
    }
    err_set(err, "53400",
            "too many different subscriptions: %u with views of their own are followed", count);
    return err_hint(err, "Declare a view that clients filter by equalities, or start with a larger "
                         "--hidden-views.");
}

static enum status plan_rows(struct hidden *hidden, const struct subscribe_ask *ask,
                             struct err *err)
{
    struct engine *engine = hidden->engine;
    struct logical *root = rewrite(&hidden->arena, ask->root, NULL);
    return delta_plan(&hidden->arena, root, true, build_statistics(engine->registry), SLICE(""),
                      &hidden->plan, err);
}

/* As a statement would have put it into the catalog, with neither statement nor place there. */
static void describe(struct hidden *hidden, const struct subscribe_ask *ask)
{
    struct engine *engine = hidden->engine;
    struct catalog_relation *made =
        catalog_relation_new(&engine->catalog, CATALOG_MATERIALIZED_VIEW, NULL, ask->name);
    made->definition = arena_string(&made->arena, ask->definition, strlen(ask->definition));
    made->row = schema_copy(ask->row, &made->arena);
    for (u32 index = 0; index < ask->uses.count; index++) {
        const struct relation *used = ask->uses.items[index]->live;
        catalog_use(made, ask->uses.items[index]);
        hidden->created_tick = MAX(hidden->created_tick, used->created_tick);
    }
    hidden->catalog = made;
    hidden->relation = relation_open_hidden(engine, made);
}

/* What was bound lies in the arena of one subscriber, and the view outlives him: it is bound again. */
static enum status make(struct engine *engine, struct relation *relation,
                        const struct subscribe_options *options, struct hidden **out,
                        struct err *err)
{
    struct hidden *hidden = mem_zalloc(&engine->mem, sizeof *hidden);
    struct subscribe_ask ask;
    hidden->engine = engine;
    arena_init(&hidden->arena, &engine->mem);
    if (subscribe_ask_bind(engine, relation, options, &hidden->arena, &ask, err) ||
        plan_rows(hidden, &ask, err)) {
        arena_deinit(&hidden->arena);
        mem_free(&engine->mem, hidden, sizeof *hidden);
        return FAIL;
    }
    list_init(&hidden->subscribers);
    hidden->left_us = clock_now();
    describe(hidden, &ask);
    list_append(&engine->hidden, &hidden->link);
    list_append(&engine->hidden_fills, &hidden->relation->filling);
    *out = hidden;
    return OK;
}

/* --- filling --- */

static struct relation *first_fill(const struct engine *engine)
{
    return container_of(engine->hidden_fills.next, struct relation, filling);
}

static struct hidden *hidden_of_relation(const struct relation *relation)
{
    list_each(&relation->engine->hidden,
              link) if (hidden_of(link)->relation == relation) return hidden_of(link);
    unreachable();
}

/* The last tick that changed what it reads: its rows have been the same since. */
static void publish(struct hidden *hidden)
{
    struct relation *relation = hidden->relation;
    const struct catalog_relations *uses = &hidden->catalog->uses;
    list_remove(&relation->filling);
    for (u32 index = 0; index < uses->count; index++) {
        const struct relation *used = uses->items[index]->live;
        if (used->view) hidden->changed_tick = MAX(hidden->changed_tick, used->view->tick);
    }
    relation_publish(relation, build_root(relation->build), hidden->changed_tick);
    list_each_safe(&hidden->subscribers, link, following)
        subscriber_begin(container_of(link, struct subscriber, follows));
}

/* False: what it was planned over was suspended meanwhile. */
static bool begin(struct hidden *hidden)
{
    if (relation_check_uses(&hidden->catalog->uses, NULL)) return false;
    hidden->relation->build = build_open(hidden->engine->registry, hidden->plan, true);
    hidden->plan = NULL;
    arena_deinit(&hidden->arena);
    return true;
}

static void free_retired(struct engine *engine)
{
    list_each_safe(&engine->hidden, link, following)
    {
        if (hidden_of(link)->is_retired) drop(hidden_of(link));
    }
}

bool hidden_step(struct engine *engine, u32 rows)
{
    assert(engine->phase == PHASE_IDLE);
    if (list_empty(&engine->hidden_fills)) return false;
    struct relation *relation = first_fill(engine);
    if (engine->half_done && engine->half_done != relation->build) return false;
    if (!engine->half_done) free_retired(engine);
    if (list_empty(&engine->hidden_fills)) return false;
    fill(hidden_of_relation(first_fill(engine)), rows);
    return true;
}

/* A piece of the filling, and what follows from it. */
static void fill(struct hidden *hidden, u32 rows)
{
    struct engine *engine = hidden->engine;
    struct relation *relation = hidden->relation;
    if (budget_is_full(engine) || (hidden->plan && !begin(hidden))) {
        suspend(hidden);
        return;
    }
    enum turn turn = build_step(relation->build, rows);
    engine->half_done = build_is_at_rest(relation->build) ? NULL : relation->build;
    if (build_is_suspended(relation->build)) {
        suspend(hidden);
    } else if (turn == TURN_DONE) {
        publish(hidden);
    } else if (!engine->half_done) {
        /* A small one need not wait for a large one. */
        list_remove(&relation->filling);
        list_append(&engine->hidden_fills, &relation->filling);
    }
}

bool hidden_is_filling(const struct engine *engine)
{
    return !list_empty(&engine->hidden_fills);
}

/* --- going --- */

/* It stays as long as the resume window, so that nobody fills it again at once. */
static void suspend(struct hidden *hidden)
{
    relation_suspend(hidden->relation);
    hidden->left_us = clock_now();
    end_subscribers(hidden);
}

static void end_subscribers(struct hidden *hidden)
{
    while (!list_empty(&hidden->subscribers)) {
        struct subscriber *subscriber =
            container_of(hidden->subscribers.next, struct subscriber, follows);
        hidden_leave(subscriber);
        subscriber_end(subscriber);
    }
}

static void drop(struct hidden *hidden)
{
    struct engine *engine = hidden->engine;
    relation_close(hidden->relation);
    end_subscribers(hidden);
    catalog_relation_free(&engine->catalog, hidden->catalog);
    list_remove(&hidden->link);
    if (hidden->plan) arena_deinit(&hidden->arena);
    mem_free(&engine->mem, hidden, sizeof *hidden);
}

void hidden_sweep(struct engine *engine, u64 resume_tick)
{
    i64 limit = clock_now() - engine->options.resume_window_us;
    bool is_full = budget_is_full(engine);
    list_each_safe(&engine->hidden, link, following)
    {
        struct hidden *hidden = hidden_of(link);
        struct view *view = hidden->relation->view;
        bool is_over = list_empty(&hidden->subscribers) && (is_full || hidden->left_us <= limit);
        if (!engine->half_done && (hidden->is_retired || is_over))
            drop(hidden);
        else if (view)
            view_sweep(view, resume_tick, engine->tick);
    }
}

static bool reads(const struct hidden *hidden, const struct catalog_relation *relation)
{
    const struct catalog_relations *uses = &hidden->catalog->uses;
    for (u32 index = 0; index < uses->count; index++)
        if (uses->items[index] == relation) return true;
    return false;
}

void hidden_drop_users(struct engine *engine, const struct catalog_relation *relation)
{
    list_each_safe(&engine->hidden, link, following)
    {
        if (reads(hidden_of(link), relation)) drop(hidden_of(link));
    }
}

void hidden_suspend(struct engine *engine)
{
    list_each(&engine->hidden, link)
    {
        struct hidden *hidden = hidden_of(link);
        struct build *build = hidden->relation->build;
        if (!build || !build_is_suspended(build)) continue;
        engine_note(engine, "\"%s\" is suspended: its state does not fit into the memory budget",
                    hidden->catalog->name);
        suspend(hidden);
    }
}

void hidden_close_all(struct engine *engine)
{
    while (!list_empty(&engine->hidden))
        drop(hidden_of(engine->hidden.next));
}
