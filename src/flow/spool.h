/* A backlog on disk: records in order, in segments, with the place up to which they were taken.
 *
 * One thread appends and one reads; what they share is the caller's to guard: spool_read is asked for no more records than
 * spool_append has returned for. Everything is written when the call returns, so kill -9 loses none of it; nothing is synced,
 * so a power loss may lose what the system had not written yet, and then what is left is still a prefix.
 *
 * In the directory: `lock`; `owner` (whose spool it is); `position` (two slots, the newer good one counts); and segments
 * named by their number, `0000000000000001.spool`, each removed when it was taken whole. A segment is frames:
 *
 *   u32 crc32c of all that follows, u32 size, u32 count, u32 zero, u64 first record, u64 mark, then count × (u32 size, bytes)
 *
 * A torn frame at the end of the last segment is cut when the spool is opened; one in the middle is damage and refused. */
#pragma once

#include "base/status.h"
#include "flow/records.h"
#include "os/file.h"

#define SPOOL_SEGMENT_SIZE MIB(16)
#define SPOOL_FRAME_MAX    MIB(32) /* longest payload of a frame */

struct spool_options {
    const char *dir;   /* made when missing */
    const char *owner; /* of whom it is; another one's is refused */
    u64 segment_size;  /* bytes; 0: SPOOL_SEGMENT_SIZE */
    struct mem *mem;   /* of the side that reads; appending allocates nothing of it */
    struct mem *append_mem;
};

struct spool {
    struct spool_options options;
    struct file lock;
    /* the side that appends */
    struct file tail;
    u64 tail_segment;
    u64 tail_offset;
    u64 appended; /* records, since the spool was made */
    u64 mark;     /* the last one appended: how far the source was read */
    struct buf frame;
    /* the side that reads */
    struct file head;
    struct file position;
    u64 position_serial;
    struct spool_place taken; /* settled */
    struct spool_place place; /* of the next record */
    u64 passed;               /* records before place */
    u64 passed_mark;          /* of the last frame before place */
    struct buf read;          /* the frame at place, whole */
    const char *next;         /* in read, the next record */
    u32 next_count;           /* records of that frame from next on */
    u64 target;               /* what settle was told last */
    /* found when it was opened */
    bool is_new;      /* nothing was settled yet: the owner settles its target before it appends */
    u64 waiting;      /* records */
    u64 waiting_size; /* bytes, as an edge charges them */
};

/* Takes the directory, cuts a torn end, and knows what waits in it. 55006 in use, 55000 another owner's, XX001 damage. */
MUST_USE enum status spool_open(struct spool *spool, const struct spool_options *options,
                                struct err *err);
/* Takes a zeroed or half-opened spool. What waits stays. */
void spool_close(struct spool *spool);
/* Nothing waits any more and nothing will come: removes what is in the directory. Before spool_close. */
MUST_USE enum status spool_clear(struct spool *spool, struct err *err);

/* Where the segments end, for the side that reads. */
struct spool_place spool_end(const struct spool *spool);

/* Appends count records as one frame; mark says how far the source was read with them. On 53100 (no space) and any other
 * failure nothing is appended, and it may be tried again. After 53100 the segments have a new end, behind which those that
 * were taken can be removed. */
MUST_USE enum status spool_append(struct spool *spool, const struct record *batch, u32 count,
                                  u64 mark, struct err *err);

/* The next records, at most count and at least one; there must be one. They are lent until the next call. pushed_us is 0. */
MUST_USE enum status spool_read(struct spool *spool, struct record *batch, u32 count, u32 *got,
                                struct err *err);
/* What was read is done: after a restart it does not come again, and segments before it are removed. target is kept with it
 * (the size of what it was written to). end is a spool_end, not older than what was read. */
MUST_USE enum status spool_settle(struct spool *spool, u64 target, struct spool_place end,
                                  struct err *err);
