#include "log/log.h"

#include <stdatomic.h>
#include <stdio.h>

#include "base/assert.h"
#include "log/log_reader.h"
#include "log/log_writer.h"
#include "os/clock.h"
#include "os/entropy.h"

#define INTERVAL_US_DEFAULT  (100 * CLOCK_MS)
#define SEGMENT_SIZE_DEFAULT MIB(64)
#define GROUP_SIZE_DEFAULT   MIB(4)
#define SEGMENT_SIZE_MIN     KIB(4)

static enum status dir_prepare(struct log *log, struct err *err);
static void log_release(struct log *log);

static struct log_options with_defaults(const struct log_options *options)
{
    struct log_options result = *options;
    if (result.interval_us == 0) result.interval_us = INTERVAL_US_DEFAULT;
    if (result.segment_size == 0) result.segment_size = SEGMENT_SIZE_DEFAULT;
    if (result.group_size == 0) result.group_size = GROUP_SIZE_DEFAULT;
    result.segment_size = align_up(MAX(result.segment_size, SEGMENT_SIZE_MIN), SEGMENT_SIZE_MIN);
    result.group_size = align_up(result.group_size, 8);
    return result;
}

enum status log_open(struct log *log, const struct log_options *options, struct err *err)
{
    *log = (struct log){ .options = with_defaults(options),
                         .mem = options->mem,
                         .lock = FILE_CLOSED,
                         .sequence_next = 1 };
    assert(options->sync <= LOG_SYNC_NEVER && options->interval_us >= 0);
    if (!options->dir) {
        log->epoch = entropy_u32();
        log->hash_seed = entropy_u64();
        log->created_us = clock_wall();
        log->clean = true;
        return OK;
    }
    if (dir_prepare(log, err)) goto fail;

    log->reader = mem_zalloc(log->mem, sizeof *log->reader);
    if (log_reader_open(log->reader, log->dir, options->tick_from, log->mem, err)) goto fail;
    const struct segment_header *header = &log->reader->segment.header;
    log->hash_seed = header->hash_seed;
    log->created_us = header->created_us;
    log->epoch = header->epoch;
    return OK;

fail:
    log_release(log);
    return FAIL;
}

/* The first segment of a new directory; there is a log from the moment it has its name. */
static enum status first_segment_create(struct log *log, struct err *err)
{
    struct segment_header header = { .hash_seed = entropy_u64(),
                                     .created_us = clock_wall(),
                                     .base = 1,
                                     .epoch = entropy_u32(),
                                     .sync = (u8)log->options.sync };
    header.previous = record_salt(header.hash_seed);
    struct segment segment;
    if (segment_create(&segment, log->dir, &header, log->options.segment_size, err)) return FAIL;
    segment_close(&segment);
    return OK;
}

static enum status dir_prepare(struct log *log, struct err *err)
{
    const char *dir = log->options.dir;
    if (strlen(dir) + SEGMENT_NAME_SIZE + 1 > sizeof log->dir)
        return err_set(err, "54000", "path of the data directory is too long: \"%.200s\"", dir);
    strcpy(log->dir, dir);
    if (file_dir_create(dir, err)) return FAIL;
    if (file_lock_dir(&log->lock, dir, err)) return FAIL;

    struct arena arena;
    arena_init(&arena, log->mem);
    u64 *bases;
    u32 count;
    enum status status = segment_tidy(dir, &arena, err);
    if (!status) status = segment_list(dir, &arena, &bases, &count, err);
    if (!status && count == 0) status = first_segment_create(log, err);
    arena_deinit(&arena);
    return status;
}

static void log_release(struct log *log)
{
    if (log->writer) {
        log_writer_close(log->writer);
        mem_free(log->mem, log->writer, sizeof *log->writer);
    }
    if (log->reader) {
        log_reader_close(log->reader);
        mem_free(log->mem, log->reader, sizeof *log->reader);
    }
    if (log->mem) file_close(&log->lock);
    *log = (struct log){ .lock = FILE_CLOSED };
}

enum log_read log_read_next(struct log *log, struct log_record *record, struct err *err)
{
    assert(!log->started);
    if (!log->reader) return LOG_READ_END;
    for (;;) {
        struct record_header header;
        struct slice payload;
        enum log_read result = log_reader_next(log->reader, &header, &payload, err);
        log->tick_last = log->reader->tick_last;
        log->sequence_next = log->reader->sequence;
        if (result == LOG_READ_END) {
            log->clean = log->reader->kind_last == RECORD_KIND_STOP || log->reader->sequence == 1;
            log->cut = log->reader->cut;
        }
        if (result != LOG_READ_RECORD) return result;
        if (header.kind > LOG_KIND_MAX || header.tick < log->options.tick_from) continue;
        *record = (struct log_record){ .kind = header.kind,
                                       .tick = header.tick,
                                       .sequence = header.sequence,
                                       .payload = payload };
        return LOG_READ_RECORD;
    }
}

void log_read_progress(const struct log *log, u64 *done, u64 *total)
{
    *done = *total = 0;
    if (!log->reader) return;
    *total = log->reader->size_total;
    *done = log->reader->ended ? *total : log->reader->size_done + log->reader->offset;
}

static enum status tail_repair(struct log *log, struct err *err);
static enum status run_begin(struct log *log, struct err *err);

enum status log_start(struct log *log, struct err *err)
{
    assert(!log->started);
    if (!log->reader) {
        log->started = true;
        return OK;
    }
    struct log_reader *reader = log->reader;
    assert(reader->ended);
    if (tail_repair(log, err)) return FAIL;

    /* Where ticks may be lost, what readers knew of them must not be believed. */
    log->epoch = reader->epoch;
    if (!log->clean && reader->sync != LOG_SYNC_ALWAYS)
        while (log->epoch == reader->epoch)
            log->epoch = entropy_u32();
    struct log_tail tail = { .base = reader->bases[reader->segment_index],
                             .offset = reader->offset,
                             .sequence = reader->sequence - 1,
                             .tick = reader->tick_last,
                             .previous = reader->previous,
                             .synced = reader->sequence - 1 };
    log->writer = mem_zalloc(log->mem, sizeof *log->writer);
    if (log_writer_open(log->writer, log, &tail, err)) return FAIL;
    log->writer->stats.segment_count = reader->segment_index + 1;
    if (run_begin(log, err)) return FAIL;
    log_reader_close(reader);
    mem_free(log->mem, reader, sizeof *reader);
    log->reader = NULL;
    if (!log->options.no_thread && log_writer_start(log->writer, err)) return FAIL;
    log->started = true;
    return OK;
}

/* All that was read is on disk afterwards, and nothing stands behind it. */
static enum status tail_repair(struct log *log, struct err *err)
{
    struct log_reader *reader = log->reader;
    u32 kept_count = reader->segment_index + 1;
    for (u32 index = reader->segment_count; index > kept_count; index--)
        if (segment_remove(log->dir, reader->bases[index - 1], err)) return FAIL;
    if (reader->segment_count > kept_count && file_dir_sync(log->dir, err)) return FAIL;
    reader->segment_count = kept_count;

    /* Under always and interval a sealed segment is synced before the next one begins. */
    bool all = !log->clean && reader->sync == LOG_SYNC_NEVER;
    for (u32 index = all ? 0 : reader->segment_index; index < reader->segment_count; index++) {
        struct segment segment;
        if (segment_open(&segment, log->dir, reader->bases[index], FILE_WRITE, err)) return FAIL;
        enum status status = OK;
        if (index == reader->segment_index && log->cut.happened)
            status = file_truncate(&segment.file, reader->offset, err);
        if (!status) status = file_sync(&segment.file, err);
        segment_close(&segment);
        if (status) return FAIL;
    }
    return OK;
}

/* Appends one of the log's own records and puts it on disk, whatever the mode. Without a thread. */
static enum status append_own(struct log *log, enum record_kind kind, struct slice payload,
                              struct err *err)
{
    struct log_record record = { .kind = (u8)kind,
                                 .tick = log->tick_last,
                                 .sequence = log->sequence_next };
    log_writer_append(log->writer, &record, &payload, 1);
    log_writer_flush(log->writer);
    if (log_status(log, err)) return FAIL;
    log->sequence_next++;
    return log_writer_sync(log->writer, err);
}

/* Synced under every mode: it changes what the mode before promised. */
static enum status run_begin(struct log *log, struct err *err)
{
    struct record_start start = { .epoch = log->epoch,
                                  .sync = (u8)log->options.sync,
                                  .started_us = clock_wall() };
    return append_own(log, RECORD_KIND_START, slice_make((char *)&start, sizeof start), err);
}

bool log_has_room(struct log *log, u64 payload_size)
{
    if (payload_size > LOG_RECORD_SIZE_MAX) return false;
    return !log->writer || log_writer_has_room(log->writer, payload_size);
}

enum status log_append(struct log *log, u8 kind, u64 tick, const struct slice *slices, u32 count,
                       u64 *sequence, struct err *err)
{
    assert(log->started && kind > 0 && kind <= LOG_KIND_MAX);
    assert(tick >= log->tick_last);
    *sequence = 0;
    if (log->writer) {
        if (log_status(log, err)) return FAIL;
        struct log_record record = { .kind = kind, .tick = tick, .sequence = log->sequence_next };
        log_writer_append(log->writer, &record, slices, count);
    }
    *sequence = log->sequence_next++;
    log->tick_last = tick;
    return OK;
}

void log_flush(struct log *log)
{
    assert(log->started);
    if (log->writer) log_writer_flush(log->writer);
}

u64 log_durable(const struct log *log)
{
    return log->writer ? atomic_load(&log->writer->durable) : log->sequence_next - 1;
}

enum status log_status(struct log *log, struct err *err)
{
    struct log_writer *writer = log->writer;
    if (!writer || atomic_load(&writer->state) == WRITER_OPEN) return OK;
    monitor_enter(&writer->monitor);
    if (err) *err = writer->err;
    monitor_leave(&writer->monitor);
    return FAIL;
}

enum status log_retry(struct log *log, u64 tick, struct err *err)
{
    assert(log->started);
    if (!log->writer || !log_status(log, err)) return OK;
    if (atomic_load(&log->writer->state) == WRITER_BROKEN) return FAIL;
    assert(tick >= log->writer->tail.tick && tick <= log->tick_last);
    log_writer_retry(log->writer);
    log->sequence_next = log_durable(log) + 1;
    log->tick_last = tick;
    return OK;
}

enum status log_wait(struct log *log, u64 sequence, struct err *err)
{
    assert(log->started && sequence < log->sequence_next);
    if (!log->writer) return OK;
    log_writer_wait(log->writer, sequence);
    if (log_durable(log) >= sequence) return OK;
    return log_status(log, err);
}

/* The bases of segments all of whose records are older than tick_before: they come first. */
static enum status trim_count(struct log *log, const u64 *bases, u32 count, u64 tick_before,
                              u32 *removed_count, struct err *err)
{
    *removed_count = 0;
    while (*removed_count + 1 < count) {
        struct segment next;
        if (segment_open(&next, log->dir, bases[*removed_count + 1], FILE_READ, err)) return FAIL;
        bool older = next.header.tick_before < tick_before;
        segment_close(&next);
        if (!older) break;
        ++*removed_count;
    }
    return OK;
}

enum status log_trim(struct log *log, u64 tick_before, struct err *err)
{
    assert(log->started);
    if (!log->writer) return OK;
    struct arena arena;
    arena_init(&arena, log->mem);
    u64 *bases;
    u32 count, removed_count = 0;
    enum status status = segment_list(log->dir, &arena, &bases, &count, err);
    if (!status) status = trim_count(log, bases, count, tick_before, &removed_count, err);
    for (u32 index = 0; index < removed_count && !status; index++)
        status = segment_remove(log->dir, bases[index], err);
    if (!status && removed_count > 0) status = file_dir_sync(log->dir, err);
    arena_deinit(&arena);
    if (status) return FAIL;
    monitor_enter(&log->writer->monitor);
    log->writer->stats.segment_count -= removed_count;
    monitor_leave(&log->writer->monitor);
    return OK;
}

void log_stats(struct log *log, struct log_stats *stats)
{
    *stats = (struct log_stats){ .sequence_appended = log->sequence_next - 1 };
    if (log->writer) {
        monitor_enter(&log->writer->monitor);
        *stats = log->writer->stats;
        monitor_leave(&log->writer->monitor);
    }
    stats->sequence_durable = log_durable(log);
}

static enum status stop_cleanly(struct log *log, struct err *err)
{
    if (log->sequence_next > 1 && log_wait(log, log->sequence_next - 1, err)) return FAIL;
    log_writer_stop(log->writer);
    if (log_status(log, err)) return FAIL;
    /* Twice: STOP may only be written when all before it is on disk. */
    if (log_writer_sync(log->writer, err)) return FAIL;
    return append_own(log, RECORD_KIND_STOP, SLICE(""), err);
}

enum status log_close(struct log *log, struct err *err)
{
    if (!log->mem) return OK;
    enum status status = OK;
    if (log->started && log->writer) status = stop_cleanly(log, err);
    log_release(log);
    return status;
}
