#include "log/log_writer.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "log/record.h"
#include "os/clock.h"

/* What the engine thread writes itself, in mode never: about what the other thread costs to be woken. */
#define DIRECT_SIZE_MAX KIB(32)

static void writer_run(void *context);
static void write_group(struct log_writer *writer, struct log_group *group);
static enum status sync_if_due(struct log_writer *writer);
static void fail(struct log_writer *writer, enum writer_state state, const struct err *err);
static bool is_direct(const struct log_writer *writer, const struct log_group *group);
static u64 part_size(const struct log_writer *writer, const struct log_group *group, u64 from);

enum status log_writer_open(struct log_writer *writer, const struct log *log,
                            const struct log_tail *tail, struct err *err)
{
    const struct log_options *options = &log->options;
    *writer = (struct log_writer){ .mem = log->mem,
                                   .dir = log->dir,
                                   .sync = options->sync,
                                   .interval_us = options->interval_us,
                                   .segment_size = options->segment_size,
                                   .group_size = options->group_size,
                                   .on_durable = options->on_durable,
                                   .context = options->context,
                                   .hash_seed = log->hash_seed,
                                   .created_us = log->created_us,
                                   .epoch = log->epoch,
                                   .salt = record_salt(log->hash_seed),
                                   .segment = SEGMENT_CLOSED,
                                   .tail = *tail,
                                   .synced_us = clock_now(),
                                   .durable = tail->sequence };
    monitor_init(&writer->monitor);
    for (u32 index = 0; index < 2; index++)
        writer->groups[index] =
            (struct log_group){ .data = mem_alloc(writer->mem, writer->group_size),
                                .capacity = writer->group_size };
    if (segment_open(&writer->segment, writer->dir, tail->base, FILE_WRITE, err)) {
        log_writer_close(writer);
        return FAIL;
    }
    return OK;
}

void log_writer_close(struct log_writer *writer)
{
    if (!writer->mem) return;
    log_writer_stop(writer);
    segment_close(&writer->segment);
    for (u32 index = 0; index < 2; index++)
        mem_free(writer->mem, writer->groups[index].data, writer->groups[index].capacity);
    monitor_deinit(&writer->monitor);
    writer->mem = NULL;
}

enum status log_writer_start(struct log_writer *writer, struct err *err)
{
    writer->threaded = true;
    struct thread_options options = { .name = "weir-log", .body = writer_run, .context = writer };
    enum status status = thread_start(&writer->thread, &options, err);
    if (status) writer->threaded = false;
    return status;
}

void log_writer_stop(struct log_writer *writer)
{
    if (!writer->threaded) return;
    monitor_enter(&writer->monitor);
    writer->stopping = true;
    monitor_notify(&writer->monitor);
    monitor_leave(&writer->monitor);
    thread_join(&writer->thread);
    writer->threaded = false;
}

/* Engine thread. */

bool log_writer_has_room(struct log_writer *writer, u64 payload_size)
{
    monitor_enter(&writer->monitor);
    u64 size = writer->groups[writer->filling].size;
    monitor_leave(&writer->monitor);
    return size == 0 || size + record_size(payload_size) <= writer->group_size;
}

/* An empty buffer grows for a large record, and goes back to its size for the next one. */
static void group_fit(struct log_writer *writer, struct log_group *group, u64 size)
{
    u64 wanted = MAX(size, writer->group_size);
    if (group->size > 0 || group->capacity == wanted) return;
    mem_free(writer->mem, group->data, group->capacity);
    group->data = mem_alloc(writer->mem, wanted);
    group->capacity = wanted;
}

void log_writer_append(struct log_writer *writer, const struct log_record *record,
                       const struct slice *slices, u32 count)
{
    u64 payload_size = 0;
    for (u32 index = 0; index < count; index++)
        payload_size += slices[index].size;
    u64 size = record_size(payload_size);
    struct record_header header = { .size = (u32)payload_size,
                                    .sequence = record->sequence,
                                    .tick = record->tick,
                                    .kind = record->kind };

    monitor_enter(&writer->monitor);
    struct log_group *group = &writer->groups[writer->filling];
    group_fit(writer, group, size);
    assert(group->size + size <= group->capacity);
    u8 *next = group->data + group->size;
    memcpy(next, &header, sizeof header);
    next += sizeof header;
    for (u32 index = 0; index < count; index++) {
        if (slices[index].size > 0) memcpy(next, slices[index].data, slices[index].size);
        next += slices[index].size;
    }
    u64 padding = size - sizeof header - payload_size;
    memset(next, 0, (size_t)padding);
    group->size += size;
    group->record_count++;
    group->sequence_last = record->sequence;
    writer->stats.sequence_appended = record->sequence;
    monitor_leave(&writer->monitor);
}

void log_writer_flush(struct log_writer *writer)
{
    if (!writer->threaded) {
        struct log_group *all = &writer->groups[writer->filling];
        if (all->size == 0 || writer->state != WRITER_OPEN) return;
        write_group(writer, all);
        (void)!sync_if_due(writer); /* log_status tells */
        return;
    }
    monitor_enter(&writer->monitor);
    struct log_group *group = &writer->groups[writer->filling];
    bool direct = is_direct(writer, group);
    if (direct) {
        writer->filling ^= 1;
        writer->is_writing = true;
    } else if (group->size > 0 && !writer->flush_wanted) {
        writer->flush_wanted = true;
        monitor_notify(&writer->monitor);
    }
    monitor_leave(&writer->monitor);
    if (direct) write_group(writer, group);
}

/* Inside the monitor. */
static bool is_direct(const struct log_writer *writer, const struct log_group *group)
{
    return writer->sync == LOG_SYNC_NEVER && writer->state == WRITER_OPEN && !writer->is_writing &&
           !writer->flush_wanted && group->size > 0 && group->size <= DIRECT_SIZE_MAX &&
           part_size(writer, group, 0) == group->size;
}

void log_writer_wait(struct log_writer *writer, u64 sequence)
{
    log_writer_flush(writer);
    monitor_enter(&writer->monitor);
    while (writer->durable < sequence && writer->state == WRITER_OPEN) {
        assert(writer->threaded);
        monitor_wait(&writer->monitor);
    }
    monitor_leave(&writer->monitor);
}

void log_writer_retry(struct log_writer *writer)
{
    monitor_enter(&writer->monitor);
    assert(writer->state == WRITER_FULL && writer->tail.sequence == writer->durable);
    for (u32 index = 0; index < 2; index++)
        writer->groups[index].size = writer->groups[index].record_count = 0;
    writer->flush_wanted = writer->is_writing = false;
    writer->state = WRITER_OPEN;
    writer->stats.sequence_appended = writer->durable;
    monitor_leave(&writer->monitor);
}

/* Log thread. */

static enum status sync_segment(struct log_writer *writer, struct err *err);
static void tell_engine(struct log_writer *writer);
static bool wait_for_work(struct log_writer *writer);

static void writer_run(void *context)
{
    struct log_writer *writer = context;
    monitor_enter(&writer->monitor);
    while (wait_for_work(writer)) {
        struct log_group *group = &writer->groups[writer->filling];
        bool taken = writer->flush_wanted && writer->state == WRITER_OPEN;
        if (taken) {
            writer->filling ^= 1;
            writer->flush_wanted = false;
            writer->is_writing = true;
            assert(writer->groups[writer->filling].size == 0);
        }
        monitor_leave(&writer->monitor);
        if (taken) {
            write_group(writer, group);
            tell_engine(writer);
        }
        if (sync_if_due(writer)) tell_engine(writer);
        monitor_enter(&writer->monitor);
        if (taken) monitor_notify(&writer->monitor); /* log_writer_wait */
    }
    monitor_leave(&writer->monitor);
}

/* Inside the monitor. False when the thread is to end, which it does with nothing left to write. */
static bool wait_for_work(struct log_writer *writer)
{
    for (;;) {
        bool open = writer->state == WRITER_OPEN;
        if (open && writer->flush_wanted) return true;
        if (writer->stopping) return false;
        bool unsynced = writer->sync == LOG_SYNC_INTERVAL && open &&
                        writer->tail.synced < writer->tail.sequence;
        if (!unsynced)
            monitor_wait(&writer->monitor);
        else if (!monitor_wait_until(&writer->monitor, writer->synced_us + writer->interval_us))
            return true;
    }
}

static void tell_engine(struct log_writer *writer)
{
    if (writer->on_durable) writer->on_durable(writer->context);
}

/* FAIL: the writer is broken. */
static enum status sync_if_due(struct log_writer *writer)
{
    if (writer->sync != LOG_SYNC_INTERVAL || writer->state != WRITER_OPEN) return OK;
    if (writer->tail.synced == writer->tail.sequence) return OK;
    if (clock_now() < writer->synced_us + writer->interval_us) return OK;
    struct err err;
    if (!sync_segment(writer, &err)) return OK;
    fail(writer, WRITER_BROKEN, &err);
    return FAIL;
}

/* What the files hold of the open segment is on disk afterwards. */
static enum status sync_segment(struct log_writer *writer, struct err *err)
{
    i64 start_us = clock_now();
    if (file_sync(&writer->segment.file, err)) return FAIL;
    writer->synced_us = clock_now();
    i64 duration_us = writer->synced_us - start_us;
    writer->tail.synced = writer->tail.sequence;
    if (writer->unsynced_base == writer->segment.header.base) writer->unsynced_base = 0;
    monitor_enter(&writer->monitor);
    struct log_stats *stats = &writer->stats;
    stats->sync_count++;
    stats->sync_us_last = duration_us;
    stats->sequence_synced = writer->tail.synced;
    histogram_add(&stats->sync_us, (u64)MAX(duration_us, 0));
    monitor_leave(&writer->monitor);
    return OK;
}

static void fail(struct log_writer *writer, enum writer_state state, const struct err *err)
{
    monitor_enter(&writer->monitor);
    writer->err = *err;
    writer->state = state;
    monitor_notify(&writer->monitor);
    monitor_leave(&writer->monitor);
}

static enum status write_part(struct log_writer *writer, u8 *data, u64 size, struct err *err);
static enum status roll(struct log_writer *writer, u64 size, struct err *err);
static void publish(struct log_writer *writer, u64 size);

/* A disk that was full may have room later; anything else leaves no way to know what is there. */
static void write_failed(struct log_writer *writer, struct err *err)
{
    bool full = strcmp(err->sqlstate, "53100") == 0;
    struct err again;
    /* What may have been written of the group must not come back at a restart. */
    if (full && file_truncate(&writer->segment.file, writer->tail.offset, &again)) full = false;
    if (full && file_sync(&writer->segment.file, &again)) full = false;
    fail(writer, full ? WRITER_FULL : WRITER_BROKEN, err);
}

/* Outside the monitor; the group is this thread's until it is emptied. */
static void write_group(struct log_writer *writer, struct log_group *group)
{
    struct err err;
    for (u64 at = 0; at < group->size;) {
        u64 size = part_size(writer, group, at);
        if (size == 0) {
            struct record_header header;
            memcpy(&header, group->data + at, sizeof header);
            if (roll(writer, record_size(header.size), &err)) {
                write_failed(writer, &err);
                return;
            }
            continue;
        }
        if (write_part(writer, group->data + at, size, &err)) {
            write_failed(writer, &err);
            return;
        }
        if (writer->sync == LOG_SYNC_ALWAYS && sync_segment(writer, &err)) {
            fail(writer, WRITER_BROKEN, &err);
            return;
        }
        publish(writer, size);
        at += size;
    }
    monitor_enter(&writer->monitor);
    struct log_stats *stats = &writer->stats;
    stats->group_count++;
    histogram_add(&stats->group_size, group->size);
    histogram_add(&stats->group_records, group->record_count);
    stats->record_count += group->record_count;
    group->size = group->record_count = 0;
    writer->is_writing = false;
    monitor_leave(&writer->monitor);
}

/* Bytes of whole records from `from` on that fit into the open segment; 0 when not one does. */
static u64 part_size(const struct log_writer *writer, const struct log_group *group, u64 from)
{
    bool empty = writer->tail.offset == sizeof(struct segment_header);
    u64 size = 0;
    while (from + size < group->size) {
        struct record_header header;
        memcpy(&header, group->data + from + size, sizeof header);
        u64 more = record_size(header.size);
        bool fits = writer->tail.offset + size + more <= writer->segment_size;
        if (!fits && !(empty && size == 0)) break;
        size += more;
    }
    return size;
}

/* Completes the records' headers and writes them; the tail moves when they are written. */
static enum status write_part(struct log_writer *writer, u8 *data, u64 size, struct err *err)
{
    struct log_tail tail = writer->tail;
    for (u64 at = 0; at < size;) {
        struct record_header header;
        memcpy(&header, data + at, sizeof header);
        assert(header.sequence == tail.sequence + 1 && header.tick >= tail.tick);
        header.synced = tail.synced;
        header.previous = tail.previous;
        memcpy(data + at, &header, sizeof header);
        tail.previous = record_seal(data + at, writer->salt);
        tail.sequence = header.sequence;
        tail.tick = header.tick;
        at += record_size(header.size);
    }
    if (file_pwrite(&writer->segment.file, data, (size_t)size, tail.offset, err)) return FAIL;
    tail.offset += size;
    writer->tail = tail;
    if (writer->unsynced_base == 0) writer->unsynced_base = tail.base;
    return OK;
}

/* Seals the open segment and goes on in a new one with room for a record of size bytes. */
static enum status roll(struct log_writer *writer, u64 size, struct err *err)
{
    /* Gives back what was taken in advance; if not, zeros stay, which mean the same. */
    struct err ignored;
    if (file_truncate(&writer->segment.file, writer->tail.offset, &ignored)) {
    }
    if (writer->sync != LOG_SYNC_NEVER && writer->tail.synced < writer->tail.sequence) {
        if (sync_segment(writer, err)) {
            strcpy(err->sqlstate, "58030"); /* a failed sync is for good, whatever its reason */
            return FAIL;
        }
    }
    struct segment_header header = { .hash_seed = writer->hash_seed,
                                     .created_us = writer->created_us,
                                     .base = writer->tail.sequence + 1,
                                     .tick_before = writer->tail.tick,
                                     .previous = writer->tail.previous,
                                     .epoch = writer->epoch,
                                     .sync = (u8)writer->sync };
    struct segment next;
    u64 size_wanted = MAX(writer->segment_size, sizeof header + size);
    if (segment_create(&next, writer->dir, &header, size_wanted, err)) return FAIL;
    segment_close(&writer->segment);
    writer->segment = next;
    writer->tail.base = header.base;
    writer->tail.offset = sizeof header;
    monitor_enter(&writer->monitor);
    writer->stats.segment_count++;
    monitor_leave(&writer->monitor);
    return OK;
}

static void publish(struct log_writer *writer, u64 size)
{
    monitor_enter(&writer->monitor);
    writer->stats.size += size;
    atomic_store(&writer->durable, writer->tail.sequence);
    monitor_leave(&writer->monitor);
}

static enum status sync_sealed(struct log_writer *writer, struct err *err);

enum status log_writer_sync(struct log_writer *writer, struct err *err)
{
    assert(!writer->threaded && writer->state == WRITER_OPEN);
    if (writer->unsynced_base == 0) return OK;
    struct err reason;
    if (sync_sealed(writer, &reason) || sync_segment(writer, &reason)) {
        fail(writer, WRITER_BROKEN, &reason);
        if (err) *err = reason;
        return FAIL;
    }
    writer->unsynced_base = 0;
    return OK;
}

/* Segments that were sealed without a sync, as under never. */
static enum status sync_sealed(struct log_writer *writer, struct err *err)
{
    struct arena arena;
    arena_init(&arena, writer->mem);
    u64 *bases;
    u32 count;
    enum status status = segment_list(writer->dir, &arena, &bases, &count, err);
    for (u32 index = 0; index < count && !status; index++) {
        if (bases[index] < writer->unsynced_base || bases[index] >= writer->tail.base) continue;
        struct segment segment;
        status = segment_open(&segment, writer->dir, bases[index], FILE_WRITE, err);
        if (!status) status = file_sync(&segment.file, err);
        segment_close(&segment);
    }
    arena_deinit(&arena);
    return status;
}
