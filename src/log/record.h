/* One record as bytes: a header of 40 bytes, the payload, zeros up to a multiple of 8.
 *
 * The crc covers all that follows it, zeros included, and is salted with the directory's secret, so
 * a payload cannot imitate a record. Each header names the crc of the record before: a record that
 * stands in the wrong place does not fit. It also tells what was on disk when it was written
 * (synced), which is what tells a torn tail from damage: see README.md.
 *
 * Byte order is little-endian. */
#pragma once

#include "base/bytes.h"

enum record_kind {
    RECORD_KIND_START = 200, /* a run begins: epoch and sync mode */
    RECORD_KIND_STOP = 201,  /* a run ended in order; all before it is synced */
};

#define RECORD_MAGIC 0xB5

struct record_header {
    u32 crc;
    u32 size; /* of the payload */
    u64 sequence;
    u64 tick;
    u64 synced;   /* all records up to this sequence were on disk before this one was written */
    u32 previous; /* crc of the record before, or of the log's beginning */
    u8 kind;
    u8 magic;
    u16 zero;
};

_Static_assert(sizeof(struct record_header) == 40, "the format of the log");

/* Bytes of a record with this much payload. */
static inline u64 record_size(u64 payload_size)
{
    return align_up(sizeof(struct record_header) + payload_size, 8);
}

/* Completes a record at data: header fields but crc are set, the payload stands behind the header;
 * writes the padding and the crc. */
void record_seal(void *data, u32 salt);

enum record_result {
    RECORD_WHOLE, /* crc and form are right */
    RECORD_SHORT, /* needs *size_needed bytes to tell */
    RECORD_BAD,   /* not a record */
};

/* Looks at data without trusting anything in it. On RECORD_WHOLE header is filled, the payload
 * stands at data + sizeof(struct record_header), and the record is record_size(header->size) long. */
enum record_result record_parse(const void *data, u64 size, u32 salt, struct record_header *header,
                                u64 *size_needed);
