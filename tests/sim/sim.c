#include "tests/sim/sim.h"

#include <stdio.h>

#include "base/hash.h"
#include "engine/budget.h"
#include "os/clock.h"
#include "os/entropy.h"
#include "os/fault.h"
#include "tests/test.h"

static void ignore_wake(void *context)
{
    (void)context;
}

static void on_publish(void *context, u64 tick)
{
    struct sim *sim = context;
    if (sim->is_burying) return;
    assert_true(tick == sim->tick + 1 && tick < SIM_TICK_MAX);
    sim->tick = tick;
    sim->history[tick] = sim->model;
    sim->is_known[tick] = true;
    sim->digest = hash_mix(sim->digest, tick);
}

static void set_faults(u64 fail_in)
{
    fault_set(&(struct fault_plan){ .discard_unsynced = true,
                                    .fail_from = fail_in,
                                    .fail_count = fail_in ? 1 : 0,
                                    .fail_errno = fail_in % 2 ? 28 : 0, /* ENOSPC, or EIO */
                                    .calls = 1u << FAULT_WRITE | 1u << FAULT_SYNC });
}

static void open_engine(struct sim *sim)
{
    struct err err;
    assert_ok(engine_open(&sim->engine, &sim->options, &err), &err);
    engine_on_publish(sim->engine, on_publish, sim);
    static const char *const names[] = { "one", "two", "three" };
    for (u32 index = 0; index < countof(names); index++)
        sim->producers[index] = producer_get(sim->engine, slice_of(names[index]));
}

/* --- transactions --- */

static void on_columns(void *context, const struct schema *schema)
{
    (void)context, (void)schema;
}

static void on_rows(void *context, const struct batch *batch)
{
    (void)context, (void)batch;
}

static bool is_of_disk(const struct err *err)
{
    return strncmp(err->sqlstate, "58", 2) == 0 || strncmp(err->sqlstate, "53100", 5) == 0;
}

static void on_txn_end(void *context, const struct err *err)
{
    struct sim_txn *txn = context;
    struct sim *sim = txn->sim;
    if (sim->is_burying) return;
    sim->digest = hash_mix(sim->digest, err ? hash_bytes_of(err->sqlstate, 5, 1) : 2);
    if (!err) {
        if (!model_apply(&sim->model, &txn->change)) fail_msg("a duplicate was accepted");
        txn->is_used = false;
        return;
    }
    if (is_of_disk(err)) {
        /* A full disk took nothing of it; of another failure only a restart tells. */
        txn->is_unsure = txn->is_used =
            sim->engine->log_failed || strcmp(err->sqlstate, "53100") != 0;
        sim->must_crash |= txn->is_unsure;
        return;
    }
    txn->is_used = false;
    bool is_duplicate = strcmp(err->sqlstate, "23505") == 0 && txn->change.kind == MODEL_INSERT;
    if (!is_duplicate && strcmp(err->sqlstate, "53200") != 0)
        fail_msg("a transaction failed: %s %s", err->sqlstate, err->message);
}

static void run_sql(struct sim *sim, struct slice sql, void (*on_end)(void *, const struct err *),
                    void *context)
{
    const struct exec_callbacks callbacks = {
        .on_columns = on_columns, .on_rows = on_rows, .on_end = on_end, .context = context
    };
    struct exec *exec;
    exec_open(sim->engine, sim->producers[rand_below(&sim->rand, 3)], sql, EXEC_SCRIPT, &callbacks,
              &exec);
}

static void step_push(struct sim *sim)
{
    u32 index = 0;
    while (index < SIM_TXN_MAX && sim->txns[index].is_used)
        index++;
    if (index == SIM_TXN_MAX) return;
    struct sim_txn *txn = &sim->txns[index];
    *txn = (struct sim_txn){ .sim = sim, .is_used = true, .change = model_draw(&sim->rand) };
    struct buf sql;
    buf_init(&sql, &sim->mem);
    model_sql(&txn->change, &sql);
    run_sql(sim, buf_slice(&sql), on_txn_end, txn);
    buf_deinit(&sql);
}

/* --- the engine's own steps --- */

static void step_engine(struct sim *sim)
{
    engine_step(sim->engine);
}

static void step_settle(struct sim *sim)
{
    for (u32 count = 0;
         count < 200 && (engine_step(sim->engine) || sim->engine->phase != PHASE_IDLE); count++)
        sim_check(sim);
}

/* --- DDL --- */

static void on_ddl_end(void *context, const struct err *err)
{
    struct sim *sim = context;
    u32 relation = sim->ddl_relation;
    if (sim->is_burying) return;
    sim->ddl_runs = false;
    if (sim->tells && err) fprintf(stderr, "  %s %s\n", err->sqlstate, err->message);
    sim->may_return[relation] |= err && sim->ddl_creates;
    if (!err) sim->may_return[relation] = false;
    if (err && is_of_disk(err)) {
        sim->must_crash |= strcmp(err->sqlstate, "53100") != 0 || sim->engine->log_failed;
        if (sim->must_crash) sim->presence[relation] = SIM_UNKNOWN;
    } else if (!err) {
        sim->presence[relation] = sim->ddl_creates ? SIM_THERE : SIM_GONE;
    }
    for (u32 other = 0; !sim->ddl_creates && other < MODEL_RELATION_COUNT; other++) {
        const char *uses = model_relations[other].uses;
        if (uses && strcmp(uses, model_relations[relation].name) == 0)
            sim->presence[other] = sim->presence[relation] == SIM_THERE ? sim->presence[other]
                                                                        : sim->presence[relation];
    }
}

/* One that is being filled for nobody may yet be given up. */
static enum sim_presence look_for(const struct sim *sim, u32 relation)
{
    const struct catalog_relation *catalog =
        catalog_find(&sim->engine->catalog, "public", model_relations[relation].name);
    if (!catalog) return SIM_GONE;
    return relation_of(catalog)->state == RELATION_FILLING ? SIM_UNKNOWN : SIM_THERE;
}

static void step_ddl(struct sim *sim)
{
    char sql[512];
    if (sim->ddl_runs) return;
    u32 relation = 2 + (u32)rand_below(&sim->rand, MODEL_RELATION_COUNT - 2);
    if (sim->presence[relation] == SIM_UNKNOWN) sim->presence[relation] = look_for(sim, relation);
    if (sim->presence[relation] == SIM_UNKNOWN) return;
    const struct model_relation *view = &model_relations[relation];
    sim->ddl_runs = true;
    sim->ddl_relation = relation;
    sim->ddl_creates = sim->presence[relation] != SIM_THERE;
    if (sim->ddl_creates)
        snprintf(sql, sizeof sql, "%s", view->definition);
    else
        snprintf(sql, sizeof sql, "DROP MATERIALIZED VIEW %s CASCADE", view->name);
    if (sim->tells) fprintf(stderr, "  %s\n", sql);
    run_sql(sim, slice_of(sql), on_ddl_end, sim);
}

static void on_index_end(void *context, const struct err *err)
{
    struct sim *sim = context;
    if (sim->is_burying) return;
    sim->index_runs = false;
    if (err && is_of_disk(err)) sim->must_crash |= strcmp(err->sqlstate, "53100") != 0;
}

/* An order over a table, that reads may use; whether it is there makes no difference to what they find. */
static void step_index(struct sim *sim)
{
    if (sim->index_runs) return;
    sim->index_runs = true;
    run_sql(sim,
            rand_chance(&sim->rand, 2, 3) ? SLICE("CREATE INDEX by_value ON item (v)")
                                          : SLICE("DROP INDEX by_value"),
            on_index_end, sim);
}

/* --- readers --- */

static void end_read(struct sim_read *read)
{
    read_close(read->read);
    buf_deinit(&read->text);
    read->read = NULL;
}

static void step_read(struct sim *sim)
{
    struct sim_read *read = &sim->reads[rand_below(&sim->rand, SIM_READER_MAX)];
    struct err err;
    const struct batch *batch;
    if (!read->read) {
        read->relation = (u32)rand_below(&sim->rand, MODEL_RELATION_COUNT);
        const struct read_order order = { .column = SLICE("v"), .descending = sim->life % 2 };
        const struct read_options options = {
            .relation = slice_of(model_relations[read->relation].name),
            .order = &order,
            .order_count = read->relation == 0 && rand_chance(&sim->rand, 1, 2),
            .limit = UINT64_MAX,
        };
        if (read_open(sim->engine, &options, &read->read, &err)) read->read = NULL;
        if (!read->read) return;
        buf_init(&read->text, &sim->mem);
    }
    switch (read_next(read->read, &batch, &err)) {
    case READ_ROWS: sim_append_rows(read_schema(read->read), batch, &read->text); return;
    case READ_MORE: return;
    case READ_END:
        sim_check_rows(sim, read->relation, read_tick(read->read), buf_slice(&read->text),
                       "a read");
        break;
    case READ_FAIL: assert_true(strcmp(err.sqlstate, "53200") == 0); break;
    }
    end_read(read);
}

static void on_query_columns(void *context, const struct schema *schema)
{
    struct sim_query *query = context;
    for (u32 column = 0; column < schema->column_count; column++) {
        snprintf(query->name_texts[column], 32, "%s", schema->columns[column].name);
        query->names[column] = query->name_texts[column];
    }
}

static void on_query_rows(void *context, const struct batch *batch)
{
    struct sim_query *query = context;
    codec_ndjson.write_rows(&query->text, query->names, batch->columns, batch->column_count, NULL,
                            batch->row_count, false);
}

static void on_query_complete(void *context, const char *tag, u64 tick)
{
    struct sim_query *query = context;
    (void)tag;
    sim_check_rows(query->sim, query->relation, tick, buf_slice(&query->text), "a query");
    const struct model *then = &query->sim->history[tick];
    if (!query->sim->is_known[tick] ||
        strcmp(model_relations[query->relation].name, "quotient") != 0)
        return;
    for (u32 id = 0; id < MODEL_ITEM_COUNT; id++)
        assert_false(then->items[id].is_there && then->items[id].value == 0);
}

static void on_query_end(void *context, const struct err *err)
{
    static const char *const expected[] = { "22012", "42P01", "53200", "55000", "40001" };
    struct sim_query *query = context;
    bool is_expected = !err;
    if (query->sim->is_burying) return;
    for (u32 index = 0; err && index < countof(expected); index++)
        is_expected |= strcmp(err->sqlstate, expected[index]) == 0;
    if (!is_expected) fail_msg("a query failed: %s %s", err->sqlstate, err->message);
    query->is_used = false;
    buf_deinit(&query->text);
}

/* A query of its own, which may find a view's operators running. */
static void step_query(struct sim *sim)
{
    struct sim_query *query = &sim->query;
    if (query->is_used) return;
    *query = (struct sim_query){ .sim = sim,
                                 .is_used = true,
                                 .relation = (u32)rand_below(&sim->rand, MODEL_RELATION_COUNT) };
    buf_init(&query->text, &sim->mem);
    const struct exec_callbacks callbacks = { .on_columns = on_query_columns,
                                              .on_rows = on_query_rows,
                                              .on_complete = on_query_complete,
                                              .on_end = on_query_end,
                                              .context = query };
    struct exec *exec;
    exec_open(sim->engine, sim->producers[0], slice_of(model_relations[query->relation].query),
              EXEC_SCRIPT, &callbacks, &exec);
}

/* --- subscribers --- */

static void on_ready(void *context)
{
    (void)context; /* they are asked when their turn is drawn */
}

static void forget_replica(struct sim_subscriber *who)
{
    if (who->has_replica) replica_deinit(&who->replica);
    who->has_replica = false;
}

static void leave(struct sim_subscriber *who)
{
    if (who->subscriber) subscribe_close(who->subscriber);
    who->subscriber = NULL;
    if (who->has_replica && who->replica.is_staged) forget_replica(who); /* half a state is none */
}

static void come(struct sim *sim, struct sim_subscriber *who)
{
    struct err err;
    bool resumes = who->has_replica && who->replica.has_begun && rand_chance(&sim->rand, 3, 4);
    if (!resumes) {
        forget_replica(who);
        who->relation = (u32)rand_below(&sim->rand, MODEL_RELATION_COUNT);
    }
    const struct subscribe_options options = {
        .relation = slice_of(model_relations[who->relation].name),
        .resume = resumes,
        .since = { .epoch = who->epoch, .tick = who->tick },
        .producer = SLICE("sim"),
        .on_ready = on_ready,
    };
    if (sim->tells)
        fprintf(stderr, "  %s %u: comes %s %llu\n", model_relations[who->relation].name,
                (u32)(who - sim->subscribers), resumes ? "back from" : "new",
                (unsigned long long)who->tick);
    if (subscribe_open(sim->engine, &options, &who->subscriber, &err)) {
        who->subscriber = NULL;
        forget_replica(who);
        return;
    }
    who->needs_reset = resumes && who->epoch != engine_epoch(sim->engine);
    if (who->needs_reset) forget_replica(who);
    if (!who->has_replica) {
        bool is_bag = who->subscriber->inner.view->schema->key_count == 0;
        replica_init(&who->replica, &sim->mem, is_bag);
        who->has_replica = true;
    }
    who->epoch = engine_epoch(sim->engine);
}

static void check_replica(struct sim *sim, struct sim_subscriber *who)
{
    struct buf expected;
    u64 tick = who->replica.tick;
    who->tick = tick;
    if (who->needs_reset) assert_true(who->replica.was_reset);
    who->needs_reset = false;
    if (tick >= SIM_TICK_MAX || !sim->is_known[tick]) return;
    buf_init(&expected, &sim->mem);
    model_relations[who->relation].rows(&sim->history[tick], &expected);
    /* A bag's rows are followed by their number. */
    for (size_t at = 0; who->replica.is_bag && at < expected.size; at++)
        if (expected.data[at] == '}') expected.data[at] = ',';
    if (who->replica.sum != model_sum(buf_slice(&expected)))
        fail_msg("a subscriber of %s is wrong at tick %llu, where it should hold\n%.*s",
                 model_relations[who->relation].name, (unsigned long long)tick, (int)expected.size,
                 expected.data);
    sim->digest = hash_mix(sim->digest, who->replica.sum + tick);
    buf_deinit(&expected);
}

static void step_subscriber(struct sim *sim)
{
    struct sim_subscriber *who = &sim->subscribers[rand_below(&sim->rand, SIM_SUBSCRIBER_MAX)];
    if (!who->subscriber) {
        come(sim, who);
        return;
    }
    if (rand_chance(&sim->rand, 1, 30) || subscribe_ended(who->subscriber)) {
        leave(who);
        return;
    }
    struct frame *frame = subscribe_pull(who->subscriber);
    if (!frame) return;
    struct subscribe_frame given = subscribe_frame(frame);
    if (sim->tells)
        fprintf(stderr, "  %s %u: %.*s\n", model_relations[who->relation].name,
                (u32)(who - sim->subscribers), (int)given.bytes.size, given.bytes.data);
    replica_apply(&who->replica, given.bytes, given.is_init, given.more);
    if (!given.more) check_replica(sim, who);
    subscribe_release(frame);
}

/* --- trouble --- */

static void step_fault(struct sim *sim)
{
    set_faults(1 + rand_below(&sim->rand, 12));
}

/* Memory gets short, or is there again. */
static void step_squeeze(struct sim *sim)
{
    struct engine *engine = sim->engine;
    bool is_squeezed = engine->mem.max != sim->options.memory_max;
    u64 percent = 80 + rand_below(&sim->rand, 30);
    engine->mem.max =
        is_squeezed ? sim->options.memory_max : engine->mem.used / percent * 100 + KIB(64);
}

static void let_go_of_engine(struct sim *sim)
{
    for (u32 index = 0; index < SIM_SUBSCRIBER_MAX; index++) {
        struct sim_subscriber *who = &sim->subscribers[index];
        leave(who);
    }
    for (u32 index = 0; index < SIM_READER_MAX; index++)
        if (sim->reads[index].read) end_read(&sim->reads[index]);
}

static void expect_views(struct sim *sim)
{
    for (u32 relation = 2; relation < MODEL_RELATION_COUNT; relation++) {
        const char *name = model_relations[relation].name;
        enum sim_presence found = look_for(sim, relation);
        bool is_there = found != SIM_GONE;
        bool may_differ = (sim->may_return[relation] && is_there) ||
                          sim->presence[relation] == SIM_UNKNOWN ||
                          sim->options.sync != ENGINE_SYNC_ALWAYS;
        if (!may_differ && is_there != (sim->presence[relation] == SIM_THERE))
            fail_msg("after the restart %s is %s", name, is_there ? "there" : "not there");
        sim->presence[relation] = found;
    }
}

/* Frees an engine whose files fail: what it still says and does is of no account. */
static void bury(struct sim *sim, struct engine *engine)
{
    sim->is_burying = true;
    engine->log_failed = engine->draining = true;
    engine->producers.is_full = true; /* so that those who wait for memory are told */
    while (!list_empty(&engine->execs)) {
        /* The link is its first member. */
        struct exec *exec = (struct exec *)(void *)engine->execs.next;
        exec_cancel(exec);
    }
    while (engine_step(engine) || engine->phase != PHASE_IDLE || !engine_drain(engine))
        ;
    for (u32 index = 0; index < countof(sim->producers); index++)
        producer_release(sim->producers[index]);
    engine_close(engine);
    sim->is_burying = false;
}

static void step_crash(struct sim *sim)
{
    let_go_of_engine(sim);
    if (sim->ddl_runs) sim->presence[sim->ddl_relation] = SIM_UNKNOWN;
    for (u32 other = 0; sim->ddl_runs && other < MODEL_RELATION_COUNT; other++)
        if (model_relations[other].uses) sim->presence[other] = SIM_UNKNOWN;
    sim->ddl_runs = sim->index_runs = false;
    if (sim->query.is_used) buf_deinit(&sim->query.text);
    sim->query.is_used = false;
    /* Nothing that this life does to its files counts any more. */
    fault_set(&(struct fault_plan){ .discard_unsynced = true, .fail_from = 1 });
    bury(sim, sim->engine);
    fault_lose_unsynced((u32)rand_below(&sim->rand, 101), rand_next(&sim->rand));
    set_faults(0);
    sim->life++;
    sim->must_crash = false;
    open_engine(sim);
    sim_check_recovered(sim);
    expect_views(sim);
    memset(sim->txns, 0, sizeof sim->txns);
}

static bool is_waited_for(const struct sim *sim)
{
    bool waits = sim->ddl_runs || sim->index_runs || sim->query.is_used;
    for (u32 index = 0; index < SIM_TXN_MAX; index++)
        waits |= sim->txns[index].is_used;
    return waits || !list_empty(&sim->engine->fills);
}

static void step_restart(struct sim *sim)
{
    let_go_of_engine(sim);
    set_faults(0);
    sim->engine->mem.max = sim->options.memory_max;
    for (u32 count = 0; is_waited_for(sim) && count < 10000 && !sim->must_crash; count++)
        engine_step(sim->engine);
    while (!sim->must_crash && !engine_drain(sim->engine))
        engine_step(sim->engine);
    if (sim->engine->log_failed || sim->must_crash || sim->ddl_runs) {
        step_crash(sim);
        return;
    }
    for (u32 index = 0; index < SIM_TXN_MAX; index++)
        assert_false(sim->txns[index].is_used);
    for (u32 index = 0; index < countof(sim->producers); index++)
        producer_release(sim->producers[index]);
    engine_close(sim->engine);
    u64 tick = sim->tick;
    open_engine(sim);
    assert_true(engine_tick(sim->engine) == tick);
    sim_check_recovered(sim);
    expect_views(sim);
}

static void step_time(struct sim *sim)
{
    clock_shift((i64)rand_below(&sim->rand, 3 * CLOCK_SECOND));
}

/* --- the run --- */

static const struct step {
    const char *name;
    u32 weight;
    void (*run)(struct sim *sim);
} steps[] = {
    { "engine", 400, step_engine }, { "push", 160, step_push },
    { "settle", 60, step_settle },  { "subscriber", 200, step_subscriber },
    { "read", 80, step_read },      { "query", 30, step_query },
    { "ddl", 20, step_ddl },        { "index", 8, step_index },
    { "time", 20, step_time },      { "squeeze", 12, step_squeeze },
    { "fault", 4, step_fault },     { "crash", 4, step_crash },
    { "restart", 2, step_restart },
};

static const struct step *draw_step(struct sim *sim)
{
    u32 total = 0, at = 0;
    for (u32 index = 0; index < countof(steps); index++)
        total += steps[index].weight;
    u32 drawn = (u32)rand_below(&sim->rand, total);
    while (drawn >= steps[at].weight)
        drawn -= steps[at++].weight;
    return &steps[at];
}

static enum engine_sync draw_sync(struct sim *sim)
{
    if (rand_chance(&sim->rand, 3, 4)) return ENGINE_SYNC_ALWAYS;
    return rand_chance(&sim->rand, 1, 2) ? ENGINE_SYNC_INTERVAL : ENGINE_SYNC_NEVER;
}

static void sim_open(struct sim *sim, u64 seed)
{
    *sim = (struct sim){ .rand = { .state = seed } };
    mem_init(&sim->mem, "simulation", NULL, 0);
    scratch_make(sim->dir);
    clock_simulate(CLOCK_SECOND * 1000000000, 1 + (i64)rand_below(&sim->rand, 300));
    entropy_simulate(seed);
    set_faults(0);
    sim->options = (struct engine_options){
        .data_dir = sim->dir,
        .sync = draw_sync(sim),
        .sync_interval_us = 20 * CLOCK_MS,
        .memory_max = GIB(1),
        .no_log_thread = true,
        .on_wake = ignore_wake,
    };
    open_engine(sim);
    sim->is_known[0] = true;
}

static void declare_tables(struct sim *sim)
{
    static const char *const tables[] = {
        "CREATE TABLE item (id bigint PRIMARY KEY, g integer, v bigint)",
        "CREATE TABLE price (g integer PRIMARY KEY, p bigint)",
    };
    for (u32 index = 0; index < countof(tables); index++) {
        sim->ddl_runs = true;
        sim->ddl_creates = true;
        sim->ddl_relation = index;
        run_sql(sim, slice_of(tables[index]), on_ddl_end, sim);
        while (sim->ddl_runs)
            engine_step(sim->engine);
    }
}

static void sim_close(struct sim *sim)
{
    step_restart(sim);
    let_go_of_engine(sim);
    for (u32 index = 0; index < SIM_SUBSCRIBER_MAX; index++)
        forget_replica(&sim->subscribers[index]);
    for (u32 index = 0; index < countof(sim->producers); index++)
        producer_release(sim->producers[index]);
    engine_close(sim->engine);
    fault_clear();
    scratch_remove(sim->dir);
    mem_deinit(&sim->mem);
}

u64 sim_run(u64 seed, u32 step_count)
{
    static struct sim sim; /* large */
    const struct step *step = NULL;
    sim_open(&sim, seed);
    declare_tables(&sim);
    step_restart(&sim); /* they are on disk */
    sim.tells = getenv("WEIR_SIM_TRACE") != NULL;
    for (u32 at = 0; at < step_count && sim.tick < SIM_TICK_MAX - 16; at++) {
        step = sim.must_crash ? &(const struct step){ "crash", 0, step_crash } : draw_step(&sim);
        if (sim.tells)
            fprintf(stderr, "%llu:%u %s tick %llu\n", (unsigned long long)seed, at, step->name,
                    (unsigned long long)sim.tick);
        step->run(&sim);
        sim_check(&sim);
    }
    u64 digest = sim.digest;
    sim_close(&sim);
    return digest;
}
