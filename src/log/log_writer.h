/* Writes groups of records: two buffers, one that fills and one that is being written.
 *
 * The engine thread copies records into the filling buffer. The log thread takes it when it was
 * flushed, completes the headers (only now is known what is synced), writes it with one call, syncs as
 * the mode says, publishes the sequence and tells the engine. Everything shared is under the
 * monitor; what belongs to one thread says so.
 *
 * In mode never the log thread would only copy into the system's cache. A small group is written by the engine
 * thread itself then, which is sooner done than the other thread is woken; a large one, or one that opens a new file,
 * is not.
 *
 * Invariant: what the files hold is always the records up to `durable`, and perhaps, while a group is
 * being written, a part of that group behind them. */
#pragma once

#include "log/log.h"
#include "log/segment.h"

struct log_group {
    u8 *data;
    u64 size;
    u64 capacity;
    u32 record_count;
    u64 sequence_last;
};

enum writer_state {
    WRITER_OPEN,
    WRITER_FULL,   /* the disk was full; nothing of the group is in the files; retry may go on */
    WRITER_BROKEN, /* what is on disk is not known; never again */
};

/* Where the files end: the place for the next record. */
struct log_tail {
    u64 base; /* of the segment */
    u64 offset;
    u64 sequence; /* the last one in the files */
    u64 tick;     /* of that record */
    u32 previous; /* crc of that record */
    u64 synced;   /* the last sequence that is on disk for certain */
};

struct log_writer {
    /* Fixed from the start. */
    struct mem *mem;
    const char *dir;
    enum log_sync sync;
    i64 interval_us;
    u64 segment_size;
    u64 group_size;
    void (*on_durable)(void *context);
    void *context;
    u64 hash_seed;
    i64 created_us;
    u32 epoch;
    u32 salt;
    bool threaded;

    struct thread thread;
    struct monitor monitor;

    /* Under the monitor. */
    struct log_group groups[2];
    u32 filling;
    bool flush_wanted;
    bool is_writing; /* the other group, by either thread */
    bool stopping;
    struct err err;
    struct log_stats stats;

    /* Written under the monitor, read anywhere. */
    _Atomic(enum writer_state) state;
    _Atomic(u64) durable;

    /* Of the thread that writes: whoever set is_writing; the engine's before the other starts and after it ended. */
    struct segment segment;
    struct log_tail tail;
    i64 synced_us;     /* when the files were last synced */
    u64 unsynced_base; /* the oldest segment with bytes that may not be on disk; 0: none */
};

/* Goes on at tail, whose segment exists and ends at tail->offset. */
MUST_USE enum status log_writer_open(struct log_writer *writer, const struct log *log,
                                     const struct log_tail *tail, struct err *err);
/* Ends the thread, writes nothing more. Takes a zeroed one. */
void log_writer_close(struct log_writer *writer);

MUST_USE enum status log_writer_start(struct log_writer *writer, struct err *err);
/* Waits until the thread has ended; afterwards log_writer_flush writes by itself. */
void log_writer_stop(struct log_writer *writer);

/* Engine thread. */
bool log_writer_has_room(struct log_writer *writer, u64 payload_size);
void log_writer_append(struct log_writer *writer, const struct log_record *record,
                       const struct slice *slices, u32 count);
void log_writer_flush(struct log_writer *writer);
/* Until sequence is durable or the writer has failed. */
void log_writer_wait(struct log_writer *writer, u64 sequence);
/* From WRITER_FULL: drops what was not written. */
void log_writer_retry(struct log_writer *writer);
/* Puts everything on disk that was written; without a thread. */
MUST_USE enum status log_writer_sync(struct log_writer *writer, struct err *err);
