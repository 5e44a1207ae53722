#include "engine/query.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/sites.h"
#include "engine/sys_views.h"

#define FILL_ROWS 4096

struct query {
    struct engine *engine;
    struct arena arena;
    struct select_plan *plan;
    struct build *build; /* of its own dataflow, or NULL */
    struct sites_border border;
    struct reader *reader;
    u64 tick;
    bool pinned;
};

static enum status check_readable(const struct bind_query *bound, struct err *err);
static enum status open_reader(struct query *query, struct op *op, const struct view *view,
                               struct err *err);

static struct query *query_make(struct engine *engine)
{
    struct query *query = mem_zalloc(&engine->mem, sizeof *query);
    query->engine = engine;
    arena_init(&query->arena, &engine->mem);
    return query;
}

static struct bind_options options_of(struct query *query, struct slice text)
{
    return (struct bind_options){ .catalog = &query->engine->catalog,
                                  .text = text,
                                  .arena = &query->arena,
                                  .has_now = true,
                                  .now = engine_now(query->engine) };
}

static enum status plan_bound(struct query *query, const struct bind_query *bound,
                              struct slice text, struct err *err)
{
    const struct delta_statistics *statistics = build_statistics(query->engine->registry);
    if (check_readable(bound, err)) return FAIL;
    query->border = sites_border(&bound->uses, &query->arena);
    if (select_plan(&query->arena, bound, statistics, text, &query->plan, err)) return FAIL;
    if (!query->plan->relation) return OK;
    const struct relation *relation = relation_of(query->plan->relation);
    return open_reader(query, relation->view ? relation->view->root : NULL, relation->view, err);
}

enum status query_open(struct engine *engine, const struct syntax_select *select, struct slice text,
                       struct query **out, struct err *err)
{
    struct query *query = query_make(engine);
    const struct bind_options options = options_of(query, text);
    struct bind_query bound;
    if (bind_select(&options, select, &bound, err) || plan_bound(query, &bound, text, err)) {
        query_close(query);
        return FAIL;
    }
    *out = query;
    return OK;
}

enum status query_open_insert(struct engine *engine, const struct syntax_statement *statement,
                              struct query **out, struct err *err)
{
    struct query *query = query_make(engine);
    const struct bind_options options = options_of(query, statement->text);
    struct bind_insert insert;
    *out = NULL;
    enum status status = bind_insert(&options, statement->insert, &insert, err);
    if (!status && insert.query) {
        status = plan_bound(query, insert.query, statement->text, err);
        if (!status) *out = query;
    }
    if (!*out) query_close(query);
    return status;
}

void query_close(struct query *query)
{
    struct engine *engine = query->engine;
    if (query->reader) reader_close(query->reader);
    if (query->build) {
        if (engine->half_done == query->build) engine->half_done = NULL;
        build_close(query->build);
    }
    arena_deinit(&query->arena);
    mem_free(&engine->mem, query, sizeof *query);
}

const struct schema *query_schema(const struct query *query)
{
    return query->plan->schema;
}

u64 query_tick(const struct query *query)
{
    return query->tick;
}

static u64 build_size(const struct build *build)
{
    u64 size = 0;
    for (u32 index = 0; index < build_op_count(build); index++)
        if (build_owns(build, build_op(build, index))) size += op_size(build_op(build, index));
    return size;
}

/* One piece of the filling. READER_ROWS: it is whole. */
static enum reader_result fill(struct query *query, struct err *err)
{
    struct engine *engine = query->engine;
    if (engine->phase != PHASE_IDLE) return READER_MORE;
    if (engine->half_done && engine->half_done != query->build) return READER_MORE;
    if (!query->build) query->build = build_open(engine->registry, query->plan->dataflow);
    enum turn turn = build_step(query->build, FILL_ROWS);
    engine->half_done = build_is_at_rest(query->build) ? NULL : query->build;
    if (build_is_suspended(query->build)) {
        err_set(err, "53200", "the query was given up: memory is short");
        return READER_FAIL;
    }
    if (budget_check_read(engine, build_size(query->build), err)) return READER_FAIL;
    if (turn == TURN_MORE) return READER_MORE;
    /* A view goes on without a row that it cannot compute; a query fails with it, as PostgreSQL's does. */
    if (sites_check(&engine->errors, build_root(query->build), &query->border, err))
        return READER_FAIL;
    return READER_ROWS;
}

enum reader_result query_next(struct query *query, const struct batch **out, struct err *err)
{
    struct engine *engine = query->engine;
    if (!query->reader) {
        enum reader_result filled = fill(query, err);
        if (filled != READER_ROWS) return filled;
        if (open_reader(query, build_root(query->build), NULL, err)) return READER_FAIL;
    }
    enum reader_result result = reader_next(query->reader, out, err);
    if (!query->pinned && result != READER_FAIL) {
        query->tick = engine->tick;
        reader_pin(query->reader);
        query->pinned = true;
    }
    return result;
}

static enum status check_readable(const struct bind_query *bound, struct err *err)
{
    for (u32 index = 0; index < bound->uses.count; index++) {
        const struct relation *relation = bound->uses.items[index]->live;
        if (!relation) continue;
        if (relation->state == RELATION_FILLING)
            return err_set(err, "55000", "\"%s\" is being filled", relation->name);
        if (relation->state == RELATION_SUSPENDED)
            return err_set(err, "53200", "\"%s\" is suspended: memory", relation->name);
    }
    return OK;
}

static enum status open_reader(struct query *query, struct op *op, const struct view *view,
                               struct err *err)
{
    const struct select_plan *plan = query->plan;
    struct reader_options options = { .op = op,
                                      .view = view,
                                      .filter = plan->filter,
                                      .exprs = plan->exprs,
                                      .expr_count = plan->expr_count,
                                      .column_count = plan->column_count,
                                      .orders = plan->orders,
                                      .order_count = plan->order_count,
                                      .limit = plan->limit,
                                      .offset = plan->offset };
    if (!op && sys_views_rows(query->engine, plan->relation, &query->arena, &options.batches,
                              &options.batch_count, err))
        return FAIL;
    query->reader = reader_open(query->engine, &options);
    return OK;
}
