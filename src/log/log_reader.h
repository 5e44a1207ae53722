/* Reads the records of a directory from front to back, and judges how the log ends.
 *
 * Where a record is expected and none can be read, either the tail is torn (what was there never
 * reached the disk whole) or the log is damaged. The reader looks at all that follows: a whole
 * record that was written when the expected one was already synced proves damage; without such a
 * proof what follows was never promised to anyone, and is cut. */
#pragma once

#include "log/log.h"
#include "log/record.h"
#include "log/segment.h"

struct log_reader {
    struct mem *mem;
    const char *dir;    /* borrowed */
    struct arena arena; /* bases */
    u64 *bases;
    u32 segment_count;
    u32 segment_index; /* the one that is open */
    struct segment segment;
    u32 salt;
    u64 tick_from;

    u64 offset;   /* where the next record is expected: the tail, at the end */
    u64 sequence; /* the one that is expected */
    u32 previous; /* crc of the record before */
    u64 tick_last;
    u8 kind_last;       /* 0 before the first record */
    u32 epoch;          /* as the newest header or START says */
    enum log_sync sync; /* likewise */
    u64 record_count;

    u8 *buffer; /* of the open file, from buffer_offset */
    u64 buffer_offset;
    u64 buffer_size;
    u64 buffer_capacity;

    bool ended;
    struct log_cut cut;
    u64 size_done;
    u64 size_total;
};

/* Opens the segment that tick_from needs first. There is at least one. */
MUST_USE enum status log_reader_open(struct log_reader *reader, const char *dir, u64 tick_from,
                                     struct mem *mem, struct err *err);
/* Takes a zeroed one. */
void log_reader_close(struct log_reader *reader);

/* The next record, the log's own kinds too. payload is borrowed until the next call. */
MUST_USE enum log_read log_reader_next(struct log_reader *reader, struct record_header *header,
                                       struct slice *payload, struct err *err);
