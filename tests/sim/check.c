#include "base/hash.h"
#include "codec/codec.h"
#include "tests/sim/sim.h"
#include "tests/test.h"

void sim_append_rows(const struct schema *schema, const struct batch *batch, struct buf *out)
{
    const char *names[8];
    assert_true(schema->column_count <= countof(names));
    for (u32 column = 0; column < schema->column_count; column++)
        names[column] = schema->columns[column].name;
    codec_ndjson.write_rows(out, names, batch->columns, schema->column_count, NULL,
                            batch->row_count, false);
}

void sim_check_rows(struct sim *sim, u32 relation, u64 tick, struct slice lines, const char *who)
{
    struct buf expected;
    if (tick >= SIM_TICK_MAX || !sim->is_known[tick]) return;
    buf_init(&expected, &sim->mem);
    model_relations[relation].rows(&sim->history[tick], &expected);
    u64 sum = model_sum(lines);
    sim->digest = hash_mix(sim->digest, sum);
    if (sum != model_sum(buf_slice(&expected)))
        fail_msg("%s of %s at tick %llu has\n%.*sinstead of\n%.*s", who,
                 model_relations[relation].name, (unsigned long long)tick, (int)lines.size,
                 lines.data, (int)expected.size, expected.data);
    buf_deinit(&expected);
}

bool sim_content(struct sim *sim, u32 relation, struct buf *out, u64 *tick)
{
    struct read *read;
    struct err err;
    const struct batch *batch;
    const struct read_options options = { .relation = slice_of(model_relations[relation].name),
                                          .limit = UINT64_MAX };
    buf_clear(out);
    if (read_open(sim->engine, &options, &read, &err)) return false;
    *tick = read_tick(read);
    enum read_result result;
    while ((result = read_next(read, &batch, &err)) == READ_ROWS || result == READ_MORE)
        if (result == READ_ROWS) sim_append_rows(read_schema(read), batch, out);
    assert_int_equal(result, READ_END);
    read_close(read);
    return true;
}

static void check_views(struct sim *sim)
{
    struct buf text;
    buf_init(&text, &sim->mem);
    for (u32 relation = 0; relation < MODEL_RELATION_COUNT; relation++) {
        u64 tick;
        if (sim_content(sim, relation, &text, &tick))
            sim_check_rows(sim, relation, tick, buf_slice(&text), "the content");
    }
    buf_deinit(&text);
}

static void check_edges(struct sim *sim)
{
    u64 queued = 0;
    list_each(&sim->engine->producers.all, link)
    {
        const struct edge *edge = &container_of(link, struct producer, link)->edge;
        assert_true(edge->rows_in == edge->rows_out + edge->rows_conflated + edge->rows_dropped +
                                         edge->rows_expired + edge->queued_rows);
        assert_true(edge->flight_rows <= edge->rows_out);
        queued += edge->queued_items;
    }
    assert_true(producers_idle(&sim->engine->producers) == (queued == 0));
}

/* What a view could not compute is counted exactly. */
static void check_errors(struct sim *sim)
{
    const struct catalog_relation *catalog =
        catalog_find(&sim->engine->catalog, "public", "quotient");
    const struct relation *view = catalog ? catalog->live : NULL;
    if (!view || view->state != RELATION_READY || sim->engine->phase != PHASE_IDLE) return;
    i64 zeros = 0, counted = 0;
    for (u32 id = 0; id < MODEL_ITEM_COUNT; id++)
        zeros += sim->model.items[id].is_there && sim->model.items[id].value == 0;
    const struct op *root = build_root(view->build);
    for (const struct error_site *site = sim->engine->errors.sites; site; site = site->next)
        for (u32 index = 0; index < build_op_count(view->build); index++)
            if (build_op(view->build, index) == site->op && site->op->rank <= root->rank)
                counted += site->weight;
    assert_int_equal(zeros, counted);
}

void sim_check(struct sim *sim)
{
    struct engine *engine = sim->engine;
    check_edges(sim);
    if (engine->tick == sim->checked_tick && engine->phase == sim->checked_phase) return;
    sim->checked_tick = engine->tick;
    sim->checked_phase = engine->phase;
    check_views(sim);
    check_errors(sim);
}

/* --- after a crash --- */

static bool is_recovered(struct sim *sim, const struct model *model, const struct slice found[2])
{
    bool same = true;
    struct buf text;
    buf_init(&text, &sim->mem);
    for (u32 table = 0; table < 2; table++) {
        buf_clear(&text);
        model_relations[table].rows(model, &text);
        same &= model_sum(buf_slice(&text)) == model_sum(found[table]);
    }
    buf_deinit(&text);
    return same;
}

/* Some of those that were on their way, in some order, each whole. */
static bool find_order(struct sim *sim, const struct model *model, u32 used,
                       const struct slice found[2])
{
    if (is_recovered(sim, model, found)) {
        sim->model = *model;
        return true;
    }
    for (u32 index = 0; index < SIM_TXN_MAX; index++) {
        if (!sim->txns[index].is_used || used & 1u << index) continue;
        struct model next = *model;
        if (!model_apply(&next, &sim->txns[index].change)) continue;
        if (find_order(sim, &next, used | 1u << index, found)) return true;
    }
    return false;
}

static bool find_past(struct sim *sim, u64 tick, const struct slice found[2])
{
    if (sim->options.sync == ENGINE_SYNC_ALWAYS || tick > sim->tick) return false;
    if (!sim->is_known[tick] || !is_recovered(sim, &sim->history[tick], found)) return false;
    sim->model = sim->history[tick];
    for (u64 lost = tick + 1; lost <= sim->tick; lost++)
        sim->is_known[lost] = false;
    return true;
}

void sim_check_recovered(struct sim *sim)
{
    struct buf texts[2];
    struct slice found[2];
    u64 tick = 0;
    for (u32 table = 0; table < 2; table++) {
        buf_init(&texts[table], &sim->mem);
        assert_true(sim_content(sim, table, &texts[table], &tick));
        found[table] = buf_slice(&texts[table]);
    }
    if (sim->options.sync == ENGINE_SYNC_ALWAYS) assert_true(tick >= sim->tick);
    struct model before = sim->model;
    if (!find_past(sim, tick, found) && !find_order(sim, &before, 0, found))
        fail_msg("after the crash the tables at tick %llu are what no transactions made:\n%.*s",
                 (unsigned long long)tick, (int)found[0].size, found[0].data);
    sim->tick = tick;
    sim->history[tick] = sim->model;
    sim->is_known[tick] = true;
    for (u32 table = 0; table < 2; table++)
        buf_deinit(&texts[table]);
}
