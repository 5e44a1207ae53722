#include "engine/restart.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/ddl.h"
#include "engine/tick.h"

static enum status find_window(struct engine *engine, const struct log_options *options,
                               u64 *window_tick, struct err *err);
static enum status replay(struct engine *engine, u64 window_tick, struct err *err);
static enum status replay_record(struct engine *engine, const struct log_record *record,
                                 struct err *err);
static void open_feeds(struct engine *engine);
static void note_cut(struct engine *engine);

static struct log_options log_options_of(const struct engine *engine)
{
    static const enum log_sync modes[] = { [ENGINE_SYNC_ALWAYS] = LOG_SYNC_ALWAYS,
                                           [ENGINE_SYNC_INTERVAL] = LOG_SYNC_INTERVAL,
                                           [ENGINE_SYNC_NEVER] = LOG_SYNC_NEVER };
    const struct engine_options *options = &engine->options;
    return (struct log_options){ .dir = options->data_dir,
                                 .sync = modes[options->sync],
                                 .no_thread = options->no_log_thread,
                                 .interval_us = options->sync_interval_us,
                                 .mem = (struct mem *)(uintptr_t)&engine->mem,
                                 .on_durable = options->on_wake,
                                 .context = options->context };
}

enum status restart_open(struct engine *engine, struct err *err)
{
    const struct log_options options = log_options_of(engine);
    u64 window_tick = 0;
    if (options.dir && find_window(engine, &options, &window_tick, err)) return FAIL;
    if (log_open(&engine->log, &options, err)) return FAIL;
    engine->log_open = true;
    engine_start_graph(engine, engine->log.hash_seed);
    engine->replaying = true;
    if (replay(engine, window_tick, err)) return FAIL;
    engine->replaying = false;
    note_cut(engine);
    return log_start(&engine->log, err);
}

/* A first look through the log, at times alone: which tick was the resume window before the last. Changes
 * from there on are kept for subscribers who come back. */
static enum status find_window(struct engine *engine, const struct log_options *options,
                               u64 *window_tick, struct err *err)
{
    struct log log;
    struct log_record record;
    enum log_read read;
    struct log_options look = *options;
    look.on_durable = NULL;
    if (log_open(&log, &look, err)) return FAIL;
    while ((read = log_read_next(&log, &record, err)) == LOG_READ_RECORD) {
        if (record.kind != RECORD_TICK || record.payload.size < 8) continue;
        engine->tick = record.tick;
        memcpy(&engine->tick_time, record.payload.data, 8);
        const struct tick_sample *newest =
            &engine->samples[(engine->sample_next + TICK_SAMPLE_COUNT_MAX - 1) %
                             TICK_SAMPLE_COUNT_MAX];
        i64 apart = engine->options.resume_window_us / (TICK_SAMPLE_COUNT_MAX / 2);
        if (engine->sample_count > 0 && engine->tick_time - newest->at_us < apart) continue;
        engine->samples[engine->sample_next] =
            (struct tick_sample){ .at_us = engine->tick_time, .tick = engine->tick };
        engine->sample_next = (engine->sample_next + 1) % TICK_SAMPLE_COUNT_MAX;
        engine->sample_count = MIN(engine->sample_count + 1, TICK_SAMPLE_COUNT_MAX);
    }
    if (read == LOG_READ_FAILED) {
        log_close(&log, NULL);
        return FAIL;
    }
    *window_tick = engine_resume_tick(engine);
    engine->tick = 0;
    engine->tick_time = 0;
    return log_close(&log, err);
}

static enum status replay(struct engine *engine, u64 window_tick, struct err *err)
{
    struct log_record record;
    enum log_read read;
    bool feeds = false;
    while ((read = log_read_next(&engine->log, &record, err)) == LOG_READ_RECORD) {
        if (!feeds && record.kind == RECORD_TICK && record.tick > window_tick) {
            open_feeds(engine);
            feeds = true;
        }
        if (replay_record(engine, &record, err)) return FAIL;
        if (budget_check_replay(engine, err)) return FAIL;
        engine->sequence = record.sequence;
    }
    return read == LOG_READ_END ? OK : FAIL;
}

static enum status replay_record(struct engine *engine, const struct log_record *record,
                                 struct err *err)
{
    switch ((enum engine_record)record->kind) {
    case RECORD_TICK:
        if (record->tick != engine->tick + 1)
            return err_set(err, "XX001", "tick %llu follows tick %llu in the log",
                           (unsigned long long)record->tick, (unsigned long long)engine->tick);
        return tick_replay(engine, record->tick, record->payload, err);
    case RECORD_DDL: return ddl_replay(engine, record->tick, record->payload, err);
    case RECORD_FILL: return relation_replay_fill(engine, record->payload, err);
    }
    return err_set(err, "0A000", "the log holds a record of kind %u, which this version lacks",
                   record->kind);
}

static void open_feeds(struct engine *engine)
{
    catalog_each(&engine->catalog, catalog)
    {
        struct relation *relation = catalog->live;
        if (relation && relation->view) view_feed(relation->view, NULL, 0, engine->tick);
    }
}

static void note_cut(struct engine *engine)
{
    const struct log_cut *cut = &engine->log.cut;
    if (!cut->happened) return;
    engine_note(engine,
                "the log ended in the middle of a record, as after a power loss: %llu bytes at "
                "offset %llu of %s are cut; they were never acknowledged",
                (unsigned long long)cut->size, (unsigned long long)cut->offset, cut->file);
}
