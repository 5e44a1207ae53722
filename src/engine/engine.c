#include "engine/engine_internal.h"

#include "engine/budget.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "engine/exec.h"
#include "engine/hidden.h"
#include "engine/restart.h"
#include "engine/side_log.h"
#include "engine/subscribe_pace.h"
#include "engine/sys_views.h"
#include "engine/tick.h"
#include "os/clock.h"
#include "os/thread.h"

/* 2000-01-01 in microseconds of 1970-01-01. */
#define EPOCH_2000_US ((i64)946684800 * 1000000)
/* Rows that one call of engine_step moves before it looks at the clock. */
#define STEP_ROWS      4096
#define STEP_US        1000
#define SWEEP_EVERY_US CLOCK_SECOND

static void run_on_large_stack(void *context, void (*body)(void *), void *arg);
static struct op *op_of_relation(void *context, const struct catalog_relation *relation);
static i64 now_ns(void *context);
static void on_suspend(void *context, struct op *op, const char *reason);
static void sweep(struct engine *engine);

static void default_options(struct engine_options *options)
{
    if (!options->tick_size_max) options->tick_size_max = MIB(2);
    if (!options->tick_cost_us) options->tick_cost_us = 2000;
    if (!options->producer_size_max) options->producer_size_max = MIB(4);
    if (!options->producer_row_count_max) options->producer_row_count_max = 65536;
    if (!options->producer_count_max) options->producer_count_max = 10000;
    if (!options->hidden_count_max) options->hidden_count_max = 1000;
    if (!options->resume_window_us) options->resume_window_us = 60 * CLOCK_SECOND;
}

enum status engine_open(struct engine **out, const struct engine_options *options, struct err *err)
{
    static struct mem root;
    static bool root_made;
    if (!root_made) mem_init(&root, "process", NULL, 0);
    root_made = true;
    struct engine *engine = mem_zalloc(&root, sizeof *engine);
    engine->options = *options;
    default_options(&engine->options);
    mem_init(&engine->mem, "engine", &root, options->memory_max);
    list_init(&engine->taken);
    list_init(&engine->fills);
    list_init(&engine->hidden);
    list_init(&engine->hidden_fills);
    list_init(&engine->execs);
    list_init(&engine->readers);
    list_init(&engine->side_records);
    list_init(&engine->subscriptions);
    timers_init(&engine->paces, &engine->mem);
    arena_init(&engine->resolve, &engine->mem);
    engine->runner = (struct parse_runner){ .run = run_on_large_stack };
    catalog_init(&engine->catalog, &engine->mem);
    errors_init(&engine->errors, &engine->mem);
    producers_init(&engine->producers, engine);
    engine->pools = view_pools_open(&engine->mem);
    *out = engine;
    sys_views_register(engine);
    if (restart_open(engine, err) == OK) return OK;
    engine_close(engine);
    *out = NULL;
    return FAIL;
}

void engine_start_graph(struct engine *engine, u64 seed)
{
    graph_init(&engine->graph, &engine->mem, seed);
    engine->graph.errors = errors_hooks(&engine->errors);
    engine->graph.now_ns = now_ns;
    engine->graph.on_suspend = on_suspend;
    engine->graph.suspend_context = engine;
    budget_limit(engine);
    const struct build_sources sources = { .context = engine, .op = op_of_relation };
    engine->registry = build_registry_open(&engine->mem, &engine->graph, &sources);
}

void engine_close(struct engine *engine)
{
    assert(list_empty(&engine->taken));
    hidden_close_all(engine);
    struct catalog_relation *last;
    while ((last = catalog_last(&engine->catalog))) {
        if (last->live) relation_close(last->live);
        catalog_remove(&engine->catalog, last);
        catalog_relation_free(&engine->catalog, last);
    }
    if (engine->registry) {
        build_registry_close(engine->registry);
        graph_deinit(&engine->graph);
    }
    view_pools_close(engine->pools);
    producers_deinit(&engine->producers);
    errors_deinit(&engine->errors);
    catalog_deinit(&engine->catalog);
    arena_deinit(&engine->resolve);
    side_log_deinit(engine);
    timers_deinit(&engine->paces);
    mem_free(&engine->mem, engine->tables, engine->table_capacity * sizeof *engine->tables);
    struct err err;
    if (engine->log_open && log_close(&engine->log, &err)) engine_note(engine, "%s", err.message);
    struct mem *root = engine->mem.parent;
    mem_deinit(&engine->mem);
    mem_free(root, engine, sizeof *engine);
}

bool engine_step(struct engine *engine)
{
    i64 end = clock_now() + STEP_US;
    budget_limit(engine);
    bool busy = true;
    while (busy && clock_now() < end) {
        switch (engine->phase) {
        case PHASE_IDLE:
            busy = tick_begin(engine);
            if (engine->phase == PHASE_IDLE) busy |= relation_fill_step(engine, STEP_ROWS);
            if (engine->phase == PHASE_IDLE) busy |= hidden_step(engine, STEP_ROWS);
            busy |= exec_step(engine);
            break;
        case PHASE_LOGGED: busy = tick_logged(engine); break;
        case PHASE_STEPPING: tick_step(engine, STEP_ROWS); break;
        }
    }
    if (engine->phase == PHASE_IDLE) subscribe_pace_step(engine);
    if (engine->phase == PHASE_IDLE && clock_now() - engine->swept_us >= SWEEP_EVERY_US)
        sweep(engine);
    return busy;
}

i64 engine_deadline(const struct engine *engine)
{
    if (engine->phase == PHASE_IDLE && hidden_is_filling(engine)) return 0;
    bool sweeps = engine->sample_count > 0 || !list_empty(&engine->hidden);
    i64 sweep_us = sweeps ? engine->swept_us + SWEEP_EVERY_US : INT64_MAX;
    return MIN(sweep_us, subscribe_pace_deadline(engine));
}

bool engine_drain(struct engine *engine)
{
    engine->draining = true;
    return engine->phase == PHASE_IDLE && producers_idle(&engine->producers);
}

bool engine_is_full(const struct engine *engine)
{
    return budget_is_full(engine);
}

bool engine_is_short(const struct engine *engine)
{
    return budget_is_last(engine);
}

u64 engine_tick(const struct engine *engine)
{
    return engine->tick;
}

u32 engine_epoch(const struct engine *engine)
{
    return engine->log.epoch;
}

struct mem *engine_mem(struct engine *engine)
{
    return &engine->mem;
}

void engine_on_publish(struct engine *engine, void (*on_publish)(void *context, u64 tick),
                       void *context)
{
    engine->on_publish = on_publish;
    engine->on_publish_context = context;
}

i64 engine_now(const struct engine *engine)
{
    return MAX(clock_wall() - EPOCH_2000_US, engine->tick_time);
}

void engine_note(struct engine *engine, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (engine->options.on_note) engine->options.on_note(engine->options.context, line);
}

/* --- the resume window --- */

u64 engine_resume_tick(const struct engine *engine)
{
    i64 limit = engine_now(engine) - engine->options.resume_window_us;
    u64 tick = 0;
    for (u32 index = 0; index < engine->sample_count; index++) {
        const struct tick_sample *sample = &engine->samples[index];
        if (sample->at_us <= limit && sample->tick > tick) tick = sample->tick;
    }
    return tick;
}

void engine_sample(struct engine *engine)
{
    engine->samples[engine->sample_next] =
        (struct tick_sample){ .at_us = engine_now(engine), .tick = engine->tick };
    engine->sample_next = (engine->sample_next + 1) % TICK_SAMPLE_COUNT_MAX;
    engine->sample_count = MIN(engine->sample_count + 1, TICK_SAMPLE_COUNT_MAX);
}

/* Once a second while ticks come or hidden views are there: what nobody can resume from any more is forgotten. */
static void sweep(struct engine *engine)
{
    u32 newest = (engine->sample_next + TICK_SAMPLE_COUNT_MAX - 1) % TICK_SAMPLE_COUNT_MAX;
    bool same = engine->sample_count > 0 && engine->samples[newest].tick == engine->tick;
    engine->swept_us = clock_now();
    if (!same) engine_sample(engine);
    u64 resume_tick = engine->resume_tick = engine_resume_tick(engine);
    catalog_each(&engine->catalog, catalog)
    {
        struct relation *relation = catalog->live;
        if (relation && relation->view) view_sweep(relation->view, resume_tick, engine->tick);
    }
    hidden_sweep(engine, resume_tick);
    if (same && resume_tick == engine->tick) engine->sample_count = 0; /* nothing left to do */
}

/* --- what the parts need --- */

struct errand {
    void (*body)(void *);
    void *arg;
};

static void run_errand(void *context)
{
    struct errand *errand = context;
    errand->body(errand->arg);
}

static void run_on_large_stack(void *context, void (*body)(void *), void *arg)
{
    (void)context;
    struct errand errand = { .body = body, .arg = arg };
    struct thread thread = { .started = false };
    struct err err;
    const struct thread_options options = {
        .name = "parser", .stack_size = PARSE_STACK_SIZE, .body = run_errand, .context = &errand
    };
    enum status status = thread_start(&thread, &options, &err);
    assert(status == OK);
    thread_join(&thread);
}

static struct op *op_of_relation(void *context, const struct catalog_relation *catalog)
{
    (void)context;
    const struct relation *relation = relation_of(catalog);
    return relation->table ? relation->table : build_root(relation->build);
}

static void on_suspend(void *context, struct op *op, const char *reason)
{
    struct engine *engine = context;
    (void)op, (void)reason;
    engine->suspends = true;
}

static i64 now_ns(void *context)
{
    (void)context;
    return clock_now() * 1000;
}
