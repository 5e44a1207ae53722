/* One record as bytes: a header of 40 bytes, the payload, zeros up to a multiple of 8.
 *
 * The crc covers all that follows it, zeros included; check covers the header alone, so that its size
 * can be believed before the payload is there. Both are salted with the directory's secret, so a
 * payload cannot imitate a record. Each header names the crc of the record before: a record that
 * stands in the wrong place does not fit. It also tells what was on disk when it was written
 * (synced), which is what tells a torn tail from damage: see README.md.
 *
 * Byte order is little-endian. */
#pragma once

#include "base/bytes.h"

enum record_kind {
    RECORD_KIND_START = 200, /* a run begins: struct record_start */
    RECORD_KIND_STOP = 201,  /* a run ended in order; all before it is synced */
};

#define RECORD_MAGIC 0xB5

struct record_header {
    u32 crc;
    u32 size; /* of the payload */
    u64 sequence;
    u64 tick;
    u64 synced;   /* all records up to this sequence were on disk before this one was written */
    u32 previous; /* crc of the record before; the salt before the first */
    u8 kind;
    u8 magic;
    u16 check;
};

_Static_assert(sizeof(struct record_header) == 40, "the format of the log");

/* The payload of a START. */
struct record_start {
    u32 epoch;
    u8 sync; /* enum log_sync */
    u8 zero[3];
    i64 started_us; /* wall time, for people */
};

_Static_assert(sizeof(struct record_start) == 16, "the format of the log");

/* Bytes of a record with this much payload. */
static inline u64 record_size(u64 payload_size)
{
    return align_up(sizeof(struct record_header) + payload_size, 8);
}

/* The salt of a directory. */
u32 record_salt(u64 hash_seed);

/* Completes the record at data, where size, sequence, tick, synced, previous and kind are set and the
 * payload and its padding stand behind them. Returns the crc. */
u32 record_seal(void *data, u32 salt);

enum record_result {
    RECORD_WHOLE, /* its crc and form are right */
    RECORD_SHORT, /* its header is right; *size_needed bytes are needed to tell */
    RECORD_BAD,   /* not a record */
};

/* Looks at data without trusting anything in it. Header is filled unless the result is BAD; on WHOLE
 * the payload stands at data + sizeof(struct record_header), the record is
 * record_size(header->size) long. size is at least sizeof(struct record_header), else it is SHORT
 * with that. */
enum record_result record_parse(const void *data, u64 size, u32 salt, struct record_header *header,
                                u64 *size_needed);
