#include "engine/query.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/sites.h"
#include "engine/sys_views.h"

#define FILL_ROWS 4096

struct query {
    struct engine *engine;
    struct arena arena;
    struct select_plan *plan; /* NULL: of rows that are stored */
    u32 *use_ids; /* of the relations below its own dataflow: they may go before it is made */
    u32 use_count;
    struct build *build; /* of its own dataflow, or NULL */
    struct sites_border border;
    struct reader *reader;
    struct reader *counter; /* until all were counted, at the tick of the reader */
    bool counts;
    u64 count;
    u64 tick;
    bool pinned;
};

static enum status check_uses(const struct query *query, struct err *err);
static enum status open_reader(struct query *query, const struct relation *relation,
                               struct reader_options *options, struct err *err);
static enum reader_result count_on(struct query *query, struct err *err);
static enum reader_result pin(struct query *query, enum reader_result result);

static struct query *query_make(struct engine *engine)
{
    struct query *query = mem_zalloc(&engine->mem, sizeof *query);
    query->engine = engine;
    query->count = UINT64_MAX;
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

/* What the plan reads of rows: those of its relation, or those that its dataflow left in op. */
static enum status open_planned(struct query *query, struct op *op, struct err *err)
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
    const struct relation *relation = plan->relation ? relation_of(plan->relation) : NULL;
    return open_reader(query, relation, &options, err);
}

static enum status plan_bound(struct query *query, const struct bind_query *bound,
                              struct slice text, struct err *err)
{
    const struct delta_statistics *statistics = build_statistics(query->engine->registry);
    if (relation_check_uses(&bound->uses, err)) return FAIL;
    query->border = sites_border(&bound->uses, &query->arena);
    if (select_plan(&query->arena, bound, statistics, text, &query->plan, err)) return FAIL;
    query->use_count = bound->uses.count;
    query->use_ids = arena_array(&query->arena, u32, bound->uses.count);
    for (u32 index = 0; index < bound->uses.count; index++)
        query->use_ids[index] = bound->uses.items[index]->id;
    return query->plan->relation ? open_planned(query, NULL, err) : OK;
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

enum status query_open_bound(struct engine *engine, const struct bind_query *bound, bool counts,
                             struct query **out, struct err *err)
{
    struct query *query = query_make(engine);
    query->counts = counts;
    if (plan_bound(query, bound, SLICE(""), err)) {
        query_close(query);
        return FAIL;
    }
    *out = query;
    return OK;
}

enum status query_open_stored(struct engine *engine, const struct relation *relation,
                              const struct reader_options *options, bool counts, struct query **out,
                              struct err *err)
{
    struct query *query = query_make(engine);
    struct reader_options reading = *options;
    query->counts = counts;
    if (open_reader(query, relation, &reading, err)) {
        query_close(query);
        return FAIL;
    }
    *out = query;
    return OK;
}

void query_close(struct query *query)
{
    struct engine *engine = query->engine;
    if (query->counter) reader_close(query->counter);
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

bool query_is_begun(const struct query *query)
{
    return query->pinned;
}

u64 query_tick(const struct query *query)
{
    return query->tick;
}

u64 query_count(const struct query *query)
{
    return query->count;
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
    if (!query->build) {
        if (check_uses(query, err)) return READER_FAIL;
        query->build = build_open(engine->registry, query->plan->dataflow, true);
    }
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
    if (!query->reader) {
        enum reader_result filled = fill(query, err);
        if (filled != READER_ROWS) return filled;
        if (open_planned(query, build_root(query->build), err)) return READER_FAIL;
    }
    enum reader_result counted = query->counter ? count_on(query, err) : READER_END;
    return pin(query, counted == READER_END ? reader_next(query->reader, out, err) : counted);
}

/* A piece of the counting; READER_END: all were counted. */
static enum reader_result count_on(struct query *query, struct err *err)
{
    const struct batch *none;
    enum reader_result result = reader_next(query->counter, &none, err);
    if (result != READER_END) return result;
    query->count = reader_count(query->counter);
    reader_close(query->counter);
    query->counter = NULL;
    return READER_END;
}

/* Whoever reads is left: from here on ticks may come. */
static enum reader_result pin(struct query *query, enum reader_result result)
{
    if (query->pinned || result == READER_FAIL) return result;
    query->tick = query->engine->tick;
    reader_pin(query->reader);
    if (query->counter) reader_pin(query->counter);
    query->pinned = true;
    return result;
}

/* While it waited for the end of a tick or of a DDL, what it reads may have been dropped or suspended. */
static enum status check_uses(const struct query *query, struct err *err)
{
    for (u32 index = 0; index < query->use_count; index++) {
        struct catalog_relation *used =
            catalog_find_id(&query->engine->catalog, query->use_ids[index]);
        struct catalog_relation *items[] = { used };
        if (!used) return err_set(err, "42P01", "a relation was dropped before it was read");
        if (relation_check_uses(&(struct catalog_relations){ .items = items, .count = 1 }, err))
            return FAIL;
    }
    return OK;
}

/* The rows of the relation, if there is one, and a second reader for their number, if that is asked for. */
static enum status open_reader(struct query *query, const struct relation *relation,
                               struct reader_options *options, struct err *err)
{
    if (relation && relation->view) {
        options->view = relation->view;
        options->op = relation->view->root;
    } else if (relation && sys_views_rows(query->engine, relation->catalog, &query->arena,
                                          &options->batches, &options->batch_count, err)) {
        return FAIL;
    }
    query->reader = reader_open(query->engine, options);
    if (!query->counts) return OK;
    options->exprs = NULL;
    options->order_count = 0;
    options->limit = options->offset = 0;
    options->counts = true;
    query->counter = reader_open(query->engine, options);
    return OK;
}
