/* The log: records of bytes, in order, durable in groups.
 *
 * One engine thread appends and reads; a log thread writes what has gathered as one group, syncs
 * it as the mode says, and wakes the engine. Life: log_open, log_read_next until the end, log_start,
 * then log_append and log_flush; log_close. README.md has the format and what a crash can leave.
 *
 * Invariants: sequences are 1, 2, 3, ..., a few of them the log's own records; what log_durable has
 * covered is read again after the process died, in mode always also after a power loss; what is
 * read is a prefix of what was appended; ticks never go down. */
#pragma once

#include "base/bytes.h"
#include "base/counter.h"
#include "base/status.h"
#include "os/file.h"
#include "os/monitor.h"
#include "os/thread.h"

/* When a record counts as durable, and when the disk is told to keep it. */
enum log_sync {
    LOG_SYNC_ALWAYS,   /* after fdatasync: survives a power loss */
    LOG_SYNC_INTERVAL, /* after it is written; synced every interval_us */
    LOG_SYNC_NEVER,    /* after it is written; synced only at a clean close */
};

struct log_options {
    const char *dir; /* made when missing; NULL keeps nothing: each append is durable */
    enum log_sync sync;
    i64 interval_us;  /* for LOG_SYNC_INTERVAL; 0: 100 ms */
    u64 segment_size; /* bytes of a file; 0: 64 MiB */
    u64 group_size;   /* bytes of each of the two group buffers; 0: 4 MiB */
    u64 tick_from;    /* read only records of this tick or later (what a checkpoint lacks) */
    bool no_thread;   /* log_flush writes and syncs itself */
    struct mem *mem;  /* used in the engine thread only */
    /* Called in the log thread after each group, good or bad; may only wake the engine (poll_wake).
     * NULL: nobody is told. */
    void (*on_durable)(void *context);
    void *context;
};

/* Kinds 1 to LOG_KIND_MAX are the caller's. */
#define LOG_KIND_MAX 199

/* The longest payload. */
#define LOG_RECORD_SIZE_MAX MIB(256)

struct log_record {
    u8 kind;
    u64 tick;
    u64 sequence;
    struct slice payload; /* until the next log_read_next; aligned to 8 bytes */
};

/* How the last run ended; known after log_read_next has come to the end. */
struct log_cut {
    bool happened; /* a torn tail was found and will be cut by log_start */
    u64 offset;    /* of the first byte that is cut */
    u64 size;      /* bytes that were not zero there, up to the last one of them */
    char file[64]; /* its name in dir */
};

struct log_stats {
    u64 record_count; /* appended and durable since the start */
    u64 size;         /* their bytes in the files */
    u64 sync_count;
    i64 sync_us_last;
    u64 group_count;
    u32 segment_count;
    u64 sequence_appended;
    u64 sequence_durable;
    u64 sequence_synced;
    struct histogram sync_us;    /* fdatasync alone */
    struct histogram group_size; /* bytes */
    struct histogram group_records;
};

struct log_writer;
struct log_reader;

struct log {
    struct log_options options;
    struct mem *mem;
    struct file lock;
    char dir[FILE_PATH_SIZE_MAX];
    u32 epoch;      /* final after log_start */
    u64 hash_seed;  /* of this data directory, for all its life */
    i64 created_us; /* wall time when the directory was made */
    bool started;
    bool clean; /* the last run stopped in order; final at the end of reading */
    struct log_cut cut;
    u64 tick_last; /* of the newest record read or appended */
    u64 sequence_next;
    struct log_reader *reader;
    struct log_writer *writer;
};

/* Takes the directory for this process, checks what is there, makes a new log if there is none.
 * Afterwards hash_seed is known. Refuses a directory of another format version (0A000), one that is
 * in use (55006), one whose older part is missing (58P01), and damage (XX001). */
MUST_USE enum status log_open(struct log *log, const struct log_options *options, struct err *err);

enum log_read { LOG_READ_RECORD, LOG_READ_END, LOG_READ_FAILED };

/* The next record, in order. At the end log->clean and log->cut are known. Damage before the tail
 * fails with XX001 (data_corrupted) naming file and offset; nothing is changed on disk by reading. */
MUST_USE enum log_read log_read_next(struct log *log, struct log_record *record, struct err *err);
/* Bytes read so far and bytes there are, for progress. */
void log_read_progress(const struct log *log, u64 *done, u64 *total);

/* After LOG_READ_END: cuts a torn tail, draws a new epoch where ticks may be lost, starts the log
 * thread. Blocks for a sync. */
MUST_USE enum status log_start(struct log *log, struct err *err);

/* Room for one more record with this much payload. A record larger than a group buffer has room
 * when nothing else waits. When there is none: wait for on_durable. */
bool log_has_room(struct log *log, u64 payload_size);

/* Copies the slices as one record into the group that gathers; never blocks on the disk. The caller
 * has asked log_has_room; tick is not less than the last one. Fails while log_status fails. */
MUST_USE enum status log_append(struct log *log, u8 kind, u64 tick, const struct slice *slices,
                                u32 count, u64 *sequence, struct err *err);

/* Gives what has gathered to the log thread. Cheap when it is busy: it takes it when it is done. In mode never what is
 * small (32 KiB) is written here and now, without waking it: then nobody is told, log_durable knows. */
void log_flush(struct log *log);

/* The highest sequence that is durable as the mode says. */
u64 log_durable(const struct log *log);

/* FAIL when a group could not be made durable. Then all records after log_durable are lost to the
 * log, the engine takes their ticks back and may call log_retry. */
MUST_USE enum status log_status(struct log *log, struct err *err);

/* After the disk was full (53100): goes back to the last good offset and the sequence after
 * log_durable, and takes records again. After any other failure, above all of a sync, the log
 * refuses for good and returns that failure again: the engine stops. tick is the last tick kept. */
MUST_USE enum status log_retry(struct log *log, u64 tick, struct err *err);

/* Flushes and blocks until sequence is durable or the log has failed. */
MUST_USE enum status log_wait(struct log *log, u64 sequence, struct err *err);

/* Removes whole segments in which every record has a tick below tick_before: a checkpoint has them.
 * Removal is on disk on return. The segment that is written to stays. */
MUST_USE enum status log_trim(struct log *log, u64 tick_before, struct err *err);

void log_stats(struct log *log, struct log_stats *stats);

/* Makes all that was appended durable and synced, writes the record of a clean stop, releases the
 * directory. Takes a zeroed or half-opened log. When the log has failed, or was not started, it only
 * releases; the status says whether the stop is clean. */
enum status log_close(struct log *log, struct err *err);
