#include "tests/unit/engine/fixture.h"

#include "data/value.h"
#include "engine/engine_internal.h"

static void ignore_wake(void *context)
{
    (void)context;
}

static void open_engine(struct fixture *fixture)
{
    assert_ok(engine_open(&fixture->engine, &fixture->options, &fixture->err), &fixture->err);
    fixture->producer = producer_get(fixture->engine, SLICE("test"));
}

static void open_in(struct fixture *fixture, const char *dir)
{
    fixture->options =
        (struct engine_options){ .data_dir = dir, .memory_max = GIB(1), .on_wake = ignore_wake };
    mem_init(&fixture->mem, "fixture", NULL, 0);
    buf_init(&fixture->out, &fixture->mem);
    open_engine(fixture);
}

void fixture_open(struct fixture *fixture)
{
    *fixture = (struct fixture){ 0 };
    open_in(fixture, NULL);
}

void fixture_open_kept(struct fixture *fixture)
{
    *fixture = (struct fixture){ 0 };
    scratch_make(fixture->scratch);
    open_in(fixture, fixture->scratch);
}

static void close_engine(struct fixture *fixture)
{
    fixture_settle(fixture);
    while (!engine_drain(fixture->engine))
        fixture_settle(fixture);
    producer_release(fixture->producer);
    engine_close(fixture->engine);
}

void fixture_close(struct fixture *fixture)
{
    close_engine(fixture);
    buf_deinit(&fixture->out);
    mem_deinit(&fixture->mem);
    if (fixture->scratch[0]) scratch_remove(fixture->scratch);
}

void fixture_restart(struct fixture *fixture)
{
    close_engine(fixture);
    open_engine(fixture);
}

void fixture_settle(struct fixture *fixture)
{
    struct engine *engine = fixture->engine;
    struct err err;
    do {
        if (engine->phase == PHASE_LOGGED && log_wait(&engine->log, engine->sequence, &err)) break;
    } while (engine_step(engine) || engine->phase != PHASE_IDLE);
    engine_step(engine);
}

static void print_batch(struct fixture *fixture, const struct batch *batch)
{
    for (u32 row = 0; row < batch->row_count; row++) {
        for (u32 column = 0; column < batch->column_count; column++) {
            if (column > 0) buf_putc(&fixture->out, '|');
            if (column_is_null(&batch->columns[column], row)) continue;
            struct value value = value_get(&batch->columns[column], row);
            value_print(&value, &fixture->out);
        }
        buf_putc(&fixture->out, '\n');
    }
}

static void on_columns(void *context, const struct schema *schema)
{
    (void)context, (void)schema;
}

static void on_rows(void *context, const struct batch *batch)
{
    print_batch(context, batch);
}

static void on_complete(void *context, const char *tag, u64 tick)
{
    struct fixture *fixture = context;
    (void)tick;
    buf_format(&fixture->out, "%s\n", tag);
}

static void on_end(void *context, const struct err *err)
{
    struct fixture *fixture = context;
    fixture->ended = true;
    fixture->failed = err != NULL;
    if (!err) return;
    fixture->err = *err;
    buf_format(&fixture->out, "ERROR %s %s\n", err->sqlstate, err->message);
}

static const char *text_of(struct fixture *fixture)
{
    buf_putc(&fixture->out, '\0');
    return fixture->out.data;
}

const char *fixture_run(struct fixture *fixture, const char *sql)
{
    const struct exec_callbacks callbacks = { .on_columns = on_columns,
                                              .on_rows = on_rows,
                                              .on_complete = on_complete,
                                              .on_end = on_end,
                                              .context = fixture };
    struct exec *exec;
    buf_clear(&fixture->out);
    fixture->ended = false;
    exec_open(fixture->engine, fixture->producer, slice_of(sql), EXEC_SCRIPT, &callbacks, &exec);
    for (u32 count = 0; !fixture->ended && count < 1000000; count++)
        fixture_settle(fixture);
    assert_true(fixture->ended);
    return text_of(fixture);
}

const char *fixture_read(struct fixture *fixture, const char *relation)
{
    struct read *read;
    const struct batch *batch;
    const struct read_options options = { .relation = slice_of(relation), .limit = UINT64_MAX };
    buf_clear(&fixture->out);
    if (read_open(fixture->engine, &options, &read, &fixture->err)) {
        buf_format(&fixture->out, "ERROR %s %s\n", fixture->err.sqlstate, fixture->err.message);
        return text_of(fixture);
    }
    const char *names[64];
    for (u32 column = 0; column < read_schema(read)->column_count; column++)
        names[column] = read_schema(read)->columns[column].name;
    enum read_result result;
    while ((result = read_next(read, &batch, &fixture->err)) == READ_ROWS || result == READ_MORE)
        if (result == READ_ROWS)
            codec_ndjson.write_rows(&fixture->out, names, batch->columns, batch->column_count, NULL,
                                    batch->row_count, false);
    assert_int_equal(result, READ_END);
    read_close(read);
    return text_of(fixture);
}

static void on_done(void *context, const struct ingest_result *result)
{
    struct fixture *fixture = context;
    fixture->ended = true;
    if (result->status)
        buf_format(&fixture->out, "ERROR %s %s row %d\n", result->err.sqlstate, result->err.message,
                   (int)result->err.row);
    else
        buf_format(&fixture->out, "%d rows\n", (int)result->row_count);
}

const char *fixture_push(struct fixture *fixture, const char *table, const char *lines,
                         enum ingest_kind kind)
{
    struct ingest *ingest;
    const struct ingest_options options = {
        .kind = kind, .deadline_us = INT64_MAX, .on_done = on_done, .context = fixture
    };
    buf_clear(&fixture->out);
    fixture->ended = false;
    assert_ok(ingest_open(fixture->engine, fixture->producer, slice_of(table), &options, &ingest,
                          &fixture->err),
              &fixture->err);
    struct decoder *decoder =
        codec_ndjson.decoder_open(&(struct decode_options){ .schema = ingest_schema(ingest),
                                                            .mem = &fixture->mem,
                                                            .record_size_max = (u32)MIB(1),
                                                            .relation = table });
    codec_ndjson.feed(decoder, slice_of(lines), true);
    struct batch *batch;
    while (codec_ndjson.next(decoder, ingest_arena(ingest), BATCH_ROW_COUNT_MAX, &batch,
                             &fixture->err) == DECODE_ROWS)
        ingest_add(ingest, batch);
    codec_ndjson.decoder_close(decoder);
    assert_int_equal(ingest_push(ingest), INGEST_TAKEN);
    for (u32 count = 0; !fixture->ended && count < 1000000; count++)
        fixture_settle(fixture);
    assert_true(fixture->ended);
    return text_of(fixture);
}
