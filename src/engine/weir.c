/* include/weir.h over the engine: what takes turns inside is one blocking call outside. */
#include "weir.h"

#include "base/assert.h"
#include "data/value.h"
#include "engine/engine_internal.h"
#include "engine/exec.h"
#include "engine/read.h"
#include "engine/subscribe.h"
#include "os/process.h"

#define READ_PIECE_SIZE KIB(64)

struct weir {
    struct engine *engine;
    struct producer *producer;
    struct link subscriptions;
};

struct weir_subscription {
    struct link link;
    struct weir *weir;
    struct subscriber *inner;
    struct weir_subscriber callbacks;
    uint64_t demand;
    bool is_giving;
    bool is_cancelled;
};

static enum weir_result report(struct weir_error *error, const struct err *err)
{
    if (!error) return WEIR_FAILED;
    *error = (struct weir_error){ .position = err->position, .row = err->row, .byte = err->byte };
    memcpy(error->sqlstate, err->sqlstate, sizeof err->sqlstate);
    memcpy(error->message, err->message, sizeof err->message);
    memcpy(error->detail, err->detail, sizeof err->detail);
    memcpy(error->hint, err->hint, sizeof err->hint);
    return WEIR_FAILED;
}

const char *weir_version(void)
{
    return WEIR_VERSION;
}

static void ignore_wake(void *context)
{
    (void)context; /* whoever waits, waits for the log itself */
}

enum weir_result weir_open(struct weir **out, const struct weir_options *options,
                           struct weir_error *error)
{
    static const enum engine_sync modes[] = { [WEIR_SYNC_ALWAYS] = ENGINE_SYNC_ALWAYS,
                                              [WEIR_SYNC_INTERVAL] = ENGINE_SYNC_INTERVAL,
                                              [WEIR_SYNC_NEVER] = ENGINE_SYNC_NEVER };
    u64 memory_max = options->memory_max ? options->memory_max : process_memory_machine() / 2;
    const struct engine_options inner = { .data_dir = options->data_dir,
                                          .sync = modes[options->sync],
                                          .memory_max = memory_max,
                                          .refuses_when_full = true,
                                          .on_wake = ignore_wake };
    struct engine *engine;
    struct err err;
    *out = NULL;
    if (engine_open(&engine, &inner, &err)) return report(error, &err);
    struct weir *weir = mem_zalloc(engine_mem(engine), sizeof *weir);
    weir->engine = engine;
    weir->producer = producer_get(engine, SLICE("weir.h"));
    list_init(&weir->subscriptions);
    *out = weir;
    return WEIR_OK;
}

/* Moves on what waits; where nothing can move, waits for the disk. */
static void move(struct weir *weir)
{
    if (engine_step(weir->engine)) return;
    struct err err; /* a failure of the log is seen by the next step */
    if (weir->engine->phase == PHASE_LOGGED &&
        log_wait(&weir->engine->log, weir->engine->sequence, &err))
        return;
}

void weir_close(struct weir *weir)
{
    struct engine *engine = weir->engine;
    while (!list_empty(&weir->subscriptions))
        weir_cancel(container_of(weir->subscriptions.next, struct weir_subscription, link));
    while (!engine_drain(engine))
        move(weir);
    producer_release(weir->producer);
    mem_free(engine_mem(engine), weir, sizeof *weir);
    engine_close(engine);
}

/* --- weir_exec --- */

struct run {
    weir_row_fn on_row;
    void *context;
    struct arena arena;
    const char **names;
    u32 column_count;
    bool ended;
    enum weir_result result;
    struct weir_error *error;
};

static void on_columns(void *context, const struct schema *schema)
{
    struct run *run = context;
    arena_reset(&run->arena);
    run->column_count = schema->column_count;
    run->names = arena_array(&run->arena, const char *, schema->column_count);
    for (u32 column = 0; column < schema->column_count; column++) {
        const char *name = schema->columns[column].name;
        run->names[column] = arena_string(&run->arena, name, strlen(name));
    }
}

static const char *cell_text(struct arena *arena, const struct column *column, u32 row)
{
    if (column_is_null(column, row)) return NULL;
    struct buf text;
    buf_init(&text, arena->mem);
    struct value value = value_get(column, row);
    value_print(&value, &text);
    const char *copy = arena_string(arena, text.data, text.size);
    buf_deinit(&text);
    return copy;
}

static void on_rows(void *context, const struct batch *batch)
{
    struct run *run = context;
    if (!run->on_row) return;
    for (u32 row = 0; row < batch->row_count; row++) {
        struct arena_mark mark = arena_mark(&run->arena);
        const char **values = arena_array(&run->arena, const char *, run->column_count);
        for (u32 column = 0; column < run->column_count; column++)
            values[column] = cell_text(&run->arena, &batch->columns[column], row);
        run->on_row(run->context, run->column_count, run->names, values);
        arena_rewind(&run->arena, mark);
    }
}

static void on_end(void *context, const struct err *err)
{
    struct run *run = context;
    run->ended = true;
    run->result = err ? report(run->error, err) : WEIR_OK;
}

enum weir_result weir_exec(struct weir *weir, const char *sql, weir_row_fn on_row, void *context,
                           struct weir_error *error)
{
    struct run run = { .on_row = on_row, .context = context, .error = error };
    const struct exec_callbacks callbacks = {
        .on_columns = on_columns, .on_rows = on_rows, .on_end = on_end, .context = &run
    };
    struct exec *exec;
    arena_init(&run.arena, engine_mem(weir->engine));
    exec_open(weir->engine, weir->producer, slice_of(sql), EXEC_SCRIPT, &callbacks, &exec);
    while (!run.ended)
        move(weir);
    arena_deinit(&run.arena);
    weir_step(weir);
    return run.result;
}

/* --- weir_push --- */

struct push {
    bool done;
    struct ingest_result result;
};

static void on_done(void *context, const struct ingest_result *result)
{
    struct push *push = context;
    push->done = true;
    push->result = *result;
}

static enum status decode_all(struct ingest *ingest, struct decoder *decoder, struct slice bytes,
                              struct err *err)
{
    decoder->codec->feed(decoder, bytes, true);
    for (;;) {
        struct batch *batch;
        switch (
            decoder->codec->next(decoder, ingest_arena(ingest), BATCH_ROW_COUNT_MAX, &batch, err)) {
        case DECODE_ROWS: ingest_add_decoded(ingest, batch, decoder); break;
        case DECODE_MORE: break;
        case DECODE_END: return OK;
        case DECODE_BAD: return FAIL;
        }
    }
}

enum weir_result weir_push(struct weir *weir, const char *table, const char *format,
                           const void *bytes, size_t size, uint64_t *row_count, uint64_t *tick,
                           struct weir_error *error)
{
    struct push push = { .done = false };
    struct err err;
    struct ingest *ingest;
    const struct codec *codec = codec_find_name(slice_of(format));
    const struct ingest_options options = {
        .kind = INGEST_INSERT, .deadline_us = INT64_MAX, .on_done = on_done, .context = &push
    };
    if (!codec) {
        err_set(&err, "22023", "unknown format \"%s\"", format);
        return report(error, &err);
    }
    if (ingest_open(weir->engine, weir->producer, slice_of(table), &options, &ingest, &err))
        return report(error, &err);
    struct decoder *decoder = codec->decoder_open(&(struct decode_options){
        .schema = ingest_schema(ingest),
        .mem = engine_mem(weir->engine),
        .record_size_max = (u32)MIB(16),
        .body_size_max = MIB(256),
        .relation = table,
    });
    enum status status = decode_all(ingest, decoder, slice_make(bytes, size), &err);
    codec->decoder_close(decoder);
    if (status) {
        ingest_cancel(ingest);
        return report(error, &err);
    }
    while (ingest_push(ingest) == INGEST_FULL)
        move(weir);
    while (!push.done)
        move(weir);
    if (push.result.status) return report(error, &push.result.err);
    if (row_count) *row_count = push.result.row_count;
    if (tick) *tick = push.result.tick;
    weir_step(weir);
    return WEIR_OK;
}

/* --- weir_read --- */

static enum status write_all(struct weir *weir, struct read *read, const struct codec *codec,
                             weir_bytes_fn on_bytes, void *context, struct err *err)
{
    const struct schema *schema = read_schema(read);
    const char *names[SCHEMA_COLUMN_COUNT_MAX];
    for (u32 column = 0; column < schema->column_count; column++)
        names[column] = schema->columns[column].name;
    struct buf out;
    buf_init(&out, engine_mem(weir->engine));
    codec->write_begin(&out, names, schema->column_count);
    bool first = true;
    enum read_result result = READ_MORE;
    while (result == READ_MORE || result == READ_ROWS) {
        const struct batch *batch;
        result = read_next(read, &batch, err);
        if (result == READ_MORE) move(weir); /* a dataflow of its own goes on between ticks */
        if (result != READ_ROWS) continue;
        codec->write_rows(&out, names, batch->columns, schema->column_count, NULL, batch->row_count,
                          first);
        first = false;
        if (out.size < READ_PIECE_SIZE) continue;
        on_bytes(context, out.data, out.size);
        buf_clear(&out);
    }
    if (result == READ_END) {
        codec->write_end(&out);
        if (out.size > 0) on_bytes(context, out.data, out.size);
    }
    buf_deinit(&out);
    return result == READ_END ? OK : FAIL;
}

enum weir_result weir_read(struct weir *weir, const char *relation, const char *format,
                           weir_bytes_fn on_bytes, void *context, uint64_t *tick,
                           struct weir_error *error)
{
    struct err err;
    struct read *read;
    const struct codec *codec = codec_find_name(slice_of(format));
    if (!codec) {
        err_set(&err, "22023", "unknown format \"%s\"", format);
        return report(error, &err);
    }
    const struct read_options options = { .relation = slice_of(relation), .limit = UINT64_MAX };
    if (read_open(weir->engine, &options, &read, &err)) return report(error, &err);
    enum status status = write_all(weir, read, codec, on_bytes, context, &err);
    if (tick) *tick = read_tick(read);
    read_close(read);
    return status ? report(error, &err) : WEIR_OK;
}

/* --- subscriptions --- */

static void on_ready(void *context)
{
    (void)context; /* weir_step asks everyone with demand */
}

static enum weir_result subscribe(struct weir *weir, const struct subscribe_options *options,
                                  const struct weir_subscriber *subscriber,
                                  struct weir_subscription **out, struct weir_error *error)
{
    struct err err;
    struct subscriber *inner;
    if (subscribe_open(weir->engine, options, &inner, &err)) return report(error, &err);
    struct weir_subscription *subscription =
        mem_zalloc(engine_mem(weir->engine), sizeof *subscription);
    subscription->weir = weir;
    subscription->inner = inner;
    subscription->callbacks = *subscriber;
    list_append(&weir->subscriptions, &subscription->link);
    *out = subscription;
    return WEIR_OK;
}

enum weir_result weir_subscribe(struct weir *weir, const char *relation,
                                const struct weir_subscriber *subscriber,
                                struct weir_subscription **out, struct weir_error *error)
{
    const struct subscribe_options options = { .relation = slice_of(relation),
                                               .producer = SLICE("weir.h"),
                                               .on_ready = on_ready };
    return subscribe(weir, &options, subscriber, out, error);
}

enum weir_result weir_subscribe_query(struct weir *weir, const char *select,
                                      const struct weir_subscriber *subscriber,
                                      struct weir_subscription **out, struct weir_error *error)
{
    const struct subscribe_options options = { .query = slice_of(select),
                                               .producer = SLICE("weir.h"),
                                               .on_ready = on_ready };
    return subscribe(weir, &options, subscriber, out, error);
}

void weir_request(struct weir_subscription *subscription, uint64_t count)
{
    uint64_t left = UINT64_MAX - subscription->demand;
    subscription->demand += MIN(count, left);
}

static void subscription_free(struct weir_subscription *subscription)
{
    struct engine *engine = subscription->weir->engine;
    subscribe_close(subscription->inner);
    list_remove(&subscription->link);
    mem_free(engine_mem(engine), subscription, sizeof *subscription);
}

void weir_cancel(struct weir_subscription *subscription)
{
    if (subscription->is_giving)
        subscription->is_cancelled = true; /* freed when its callback returns */
    else
        subscription_free(subscription);
}

/* False: there is nothing to give now. */
static bool give_one(struct weir_subscription *subscription)
{
    struct frame *frame = subscribe_pull(subscription->inner);
    if (!frame) return false;
    struct subscribe_frame shown = subscribe_frame(frame);
    subscription->demand--;
    subscription->callbacks.on_frame(subscription->callbacks.context, shown.is_init, shown.tick,
                                     shown.bytes.data, shown.bytes.size);
    subscribe_release(frame);
    return true;
}

static u32 give(struct weir_subscription *subscription)
{
    u32 count = 0;
    subscription->is_giving = true;
    while (!subscription->is_cancelled && subscription->demand > 0 && give_one(subscription))
        count++;
    if (!subscription->is_cancelled && subscribe_ended(subscription->inner)) {
        if (subscription->callbacks.on_end)
            subscription->callbacks.on_end(subscription->callbacks.context);
        subscription->is_cancelled = true;
    }
    subscription->is_giving = false;
    if (subscription->is_cancelled) subscription_free(subscription);
    return count;
}

uint32_t weir_step(struct weir *weir)
{
    u32 count = 0;
    engine_step(weir->engine);
    list_each_safe(&weir->subscriptions, link, following) count +=
        give(container_of(link, struct weir_subscription, link));
    return count;
}
