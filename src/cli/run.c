/* weir run: no server. The declared sources are read to their end, then the views are printed. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "codec/codec.h"
#include "connectors/connector.h"
#include "engine/exec.h"
#include "engine/read.h"
#include "engine/source.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"

#define READ_SIZE       KIB(256)
#define TXN_ROW_COUNT   4096
#define PROGRESS_US     (100 * CLOCK_MS)
#define FILE_SIZE_MAX   MIB(16)
#define RECORD_SIZE_MAX MIB(16)

struct run {
    struct engine *engine;
    struct producer *producer;
    const struct codec *codec; /* of what is printed */
    struct file out;
    u64 rows;
    u64 bytes;
    u64 bytes_total; /* 0: not known */
    u32 waiting;     /* transactions on their way */
    bool failed;
    struct err err; /* of the first transaction that was rejected */
    bool shows_progress;
    i64 progress_us;
};

static enum status run_file(struct run *run, const char *path, struct err *err);
static enum status read_sources(struct run *run, struct err *err);
static enum status print_views(struct run *run, struct err *err);

static void usage(void)
{
    puts("Usage: weir run FILE.sql [--format csv|ndjson|json]\n"
         "\n"
         "Declares what FILE.sql says, reads its sources (connector 'stdin' or 'file') to their "
         "end,\n"
         "and prints every materialized view. Nothing is kept. Progress goes to a terminal's "
         "standard error.");
}

static void ignore_wake(void *context)
{
    (void)context;
}

static int run_command(int argc, char **argv)
{
    const char *path = NULL, *format = "csv";
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--help") == 0) {
            usage();
            return 0;
        }
        if (strcmp(argv[index], "--format") == 0 && index + 1 < argc)
            format = argv[++index];
        else if (argv[index][0] != '-' && !path)
            path = argv[index];
        else {
            fprintf(stderr, "weir: run: unknown argument %s; see weir run --help\n", argv[index]);
            return 2;
        }
    }
    struct run run = { .codec = codec_find_name(slice_of(format)),
                       .shows_progress = process_is_terminal(2) };
    struct err err;
    if (!path || !run.codec) {
        fprintf(stderr, path ? "weir: run: the format is csv, ndjson or json\n"
                             : "weir: run: which file? see weir run --help\n");
        return 2;
    }
    const struct engine_options options = { .memory_max = process_memory_machine() / 2,
                                            .takes_sources = true,
                                            .refuses_when_full = true,
                                            .on_wake = ignore_wake };
    if (engine_open(&run.engine, &options, &err)) return command_fail(1, &err);
    run.producer = producer_get(run.engine, SLICE("sources"));
    file_wrap(&run.out, 1, "standard output");
    int exit_status = 0;
    if (run_file(&run, path, &err))
        exit_status = command_fail(2, &err);
    else if (read_sources(&run, &err) || print_views(&run, &err))
        exit_status = command_fail(1, &err);
    producer_release(run.producer);
    while (!engine_drain(run.engine))
        engine_step(run.engine);
    engine_close(run.engine);
    return exit_status;
}

const struct command cmd_run = {
    .name = "run",
    .summary = "no server: read the declared sources to their end, print the views",
    .run = run_command,
};

static enum status run_file(struct run *run, const char *path, struct err *err)
{
    struct file file = FILE_CLOSED;
    struct buf text;
    u64 size;
    size_t got = 0;
    buf_init(&text, engine_mem(run->engine));
    enum status status = file_open(&file, path, FILE_READ, err);
    if (!status) status = file_size(&file, &size, err);
    if (!status && size > FILE_SIZE_MAX)
        status = err_set(err, "54000", "%s is larger than 16 MiB", path);
    if (!status) status = file_pread(&file, buf_reserve(&text, size), size, 0, &got, err);
    text.size = got;
    if (!status) status = exec_file(run->engine, buf_slice(&text), path, err);
    file_close(&file);
    buf_deinit(&text);
    return status;
}

/* --- reading --- */

static void show_progress(struct run *run, bool last)
{
    i64 now = clock_now();
    if (!run->shows_progress || (!last && now - run->progress_us < PROGRESS_US)) return;
    run->progress_us = now;
    if (run->bytes_total > 0)
        fprintf(stderr, "\rweir: %llu rows, %llu %%", (unsigned long long)run->rows,
                (unsigned long long)(run->bytes * 100 / run->bytes_total));
    else
        fprintf(stderr, "\rweir: %llu rows, %llu MiB", (unsigned long long)run->rows,
                (unsigned long long)(run->bytes >> 20));
    if (last) fputc('\n', stderr);
}

static void on_done(void *context, const struct ingest_result *result)
{
    struct run *run = context;
    run->waiting--;
    if (!result->status || run->failed) return;
    run->failed = true;
    run->err = result->err;
}

/* Rows that the decoder has, as transactions. */
static enum status push_rows(struct run *run, const struct source *source, struct decoder *decoder,
                             bool *more, struct err *err)
{
    const struct ingest_options options = { .deadline_us = INT64_MAX,
                                            .on_done = on_done,
                                            .context = run };
    struct ingest *ingest;
    struct batch *batch;
    if (ingest_open_source(run->engine, run->producer, slice_of(source->name), &options, &ingest,
                           err))
        return FAIL;
    enum decode_result result = DECODE_ROWS;
    while (ingest_row_count(ingest) < TXN_ROW_COUNT) {
        result =
            decoder->codec->next(decoder, ingest_arena(ingest), BATCH_ROW_COUNT_MAX, &batch, err);
        if (result != DECODE_ROWS) break;
        ingest_add_decoded(ingest, batch, decoder);
    }
    *more = result == DECODE_ROWS;
    run->rows += ingest_row_count(ingest);
    if (ingest_row_count(ingest) == 0) {
        ingest_cancel(ingest);
        return result == DECODE_BAD ? FAIL : OK;
    }
    run->waiting++;
    while (ingest_push(ingest) == INGEST_FULL)
        engine_step(run->engine);
    return result == DECODE_BAD ? FAIL : OK;
}

static enum status read_bytes(struct run *run, const struct source *source,
                              struct connection *connection, struct decoder *decoder,
                              struct err *err)
{
    struct buf piece;
    buf_init(&piece, engine_mem(run->engine));
    size_t size = 1;
    enum status status = OK;
    while (!status && size > 0) {
        status = connector_read(connection, buf_reserve(&piece, READ_SIZE), READ_SIZE, &size, err);
        if (status) break;
        run->bytes += size;
        decoder->codec->feed(decoder, slice_make(piece.data, size), size == 0);
        for (bool more = true; !status && more;)
            status = push_rows(run, source, decoder, &more, err);
        engine_step(run->engine);
        show_progress(run, false);
    }
    buf_deinit(&piece);
    return status;
}

static enum status read_source(struct run *run, const struct source *source, struct err *err)
{
    struct connection connection;
    const struct connector *connector = connector_find(source->connector);
    if (connector->open(source, &connection, err)) return FAIL;
    run->bytes = 0;
    run->bytes_total = connection.size;
    struct decoder *decoder =
        source->codec->decoder_open(&(struct decode_options){ .schema = source->schema,
                                                              .mem = engine_mem(run->engine),
                                                              .record_size_max = RECORD_SIZE_MAX,
                                                              .relation = source->name });
    enum status status = read_bytes(run, source, &connection, decoder, err);
    decoder->codec->decoder_close(decoder);
    connector_close(&connection);
    while (run->waiting > 0)
        engine_step(run->engine);
    show_progress(run, true);
    if (status && err->row > 0)
        err_detail(err, "%s: row %lld, byte %lld", source->name, (long long)err->row,
                   (long long)err->byte);
    if (!status && run->failed) {
        *err = run->err;
        if (err->row > 0)
            err_detail(err, "%s: byte %lld: %.300s", source->name, (long long)err->byte,
                       run->err.detail);
        return FAIL;
    }
    return status;
}

static enum status read_sources(struct run *run, struct err *err)
{
    struct source source;
    for (u32 index = 0; source_at(run->engine, index, &source); index++)
        if (read_source(run, &source, err)) return FAIL;
    while (engine_step(run->engine))
        ;
    return OK;
}

/* --- printing --- */

static enum status print_rows(struct run *run, struct read *read, struct err *err)
{
    const struct schema *schema = read_schema(read);
    const char *names[SCHEMA_COLUMN_COUNT_MAX];
    for (u32 column = 0; column < schema->column_count; column++)
        names[column] = schema->columns[column].name;
    struct buf out;
    buf_init(&out, engine_mem(run->engine));
    run->codec->write_begin(&out, names, schema->column_count);
    bool first = true;
    enum status status = OK;
    enum read_result result;
    do {
        const struct batch *batch;
        result = read_next(read, &batch, err);
        if (result == READ_FAIL) status = FAIL;
        if (result == READ_ROWS) {
            run->codec->write_rows(&out, names, batch->columns, schema->column_count, NULL,
                                   batch->row_count, first);
            first = false;
        }
        if (result == READ_END) run->codec->write_end(&out);
        if (!status) status = file_append(&run->out, out.data, out.size, err);
        buf_clear(&out);
    } while (!status && result != READ_END);
    buf_deinit(&out);
    return status;
}

/* Views one after the other; where there are several, each under its name. */
static enum status print_views(struct run *run, struct err *err)
{
    bool several = source_view_at(run->engine, 1) != NULL;
    const char *name;
    for (u32 index = 0; (name = source_view_at(run->engine, index)); index++) {
        struct read *read;
        const struct read_options options = { .relation = slice_of(name), .limit = UINT64_MAX };
        char title[512];
        int size = snprintf(title, sizeof title, "%s-- %s\n", index > 0 ? "\n" : "", name);
        if (several && file_append(&run->out, title, (size_t)size, err)) return FAIL;
        if (read_open(run->engine, &options, &read, err)) return FAIL;
        enum status status = print_rows(run, read, err);
        read_close(read);
        if (status) return FAIL;
        if (run->codec == &codec_json && file_append(&run->out, "\n", 1, err)) return FAIL;
    }
    return OK;
}
