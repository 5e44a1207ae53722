#include "engine/query.h"

#include "base/assert.h"
#include "engine/sys_views.h"

#define FILL_ROWS 4096

struct query {
    struct engine *engine;
    struct arena arena;
    struct select_plan *plan;
    struct build *build; /* of its own dataflow, or NULL */
    struct reader *reader;
    u64 tick;
    bool pinned;
};

static enum status check_readable(const struct bind_query *bound, struct err *err);
static enum status open_reader(struct query *query, struct op *op, struct err *err);

enum status query_open(struct engine *engine, const struct syntax_select *select, struct slice text,
                       struct query **out, struct err *err)
{
    struct query *query = mem_zalloc(&engine->mem, sizeof *query);
    query->engine = engine;
    arena_init(&query->arena, &engine->mem);
    const struct bind_options options = { .catalog = &engine->catalog,
                                          .text = text,
                                          .arena = &query->arena,
                                          .has_now = true,
                                          .now = engine_now(engine) };
    struct bind_query bound;
    enum status status = bind_select(&options, select, &bound, err);
    if (!status) status = check_readable(&bound, err);
    if (!status)
        status = select_plan(&query->arena, &bound, build_statistics(engine->registry), text,
                             &query->plan, err);
    if (!status && query->plan->relation) {
        const struct relation *relation = relation_of(query->plan->relation);
        status = open_reader(query, relation->view ? relation->view->root : NULL, err);
    }
    if (status) {
        query_close(query);
        return FAIL;
    }
    *out = query;
    return OK;
}

void query_close(struct query *query)
{
    struct engine *engine = query->engine;
    if (query->reader) reader_close(query->reader);
    if (query->build) build_close(query->build);
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

enum reader_result query_next(struct query *query, const struct batch **out, struct err *err)
{
    struct engine *engine = query->engine;
    if (!query->reader) {
        if (engine->phase != PHASE_IDLE) return READER_MORE;
        if (!query->build) query->build = build_open(engine->registry, query->plan->dataflow);
        if (build_step(query->build, FILL_ROWS) == TURN_MORE) return READER_MORE;
        if (open_reader(query, build_root(query->build), err)) return READER_FAIL;
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

static enum status open_reader(struct query *query, struct op *op, struct err *err)
{
    const struct select_plan *plan = query->plan;
    struct reader_options options = { .op = op,
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
