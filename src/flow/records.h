/* Records that wait between two threads: an edge for bytes, with every stance that streams of events may have.
 *
 * One thread pushes and one pops, in batches; each call is one short stay under the edge's lock, and nothing is
 * copied or freed record by record outside it. Records lie densely in blocks, in the order of their arrival, by class where
 * the stance knows classes. What was popped is lent to the consumer and keeps using its credit until it is settled.
 *
 * Invariants, checked on every change:
 *   free credit + credit in use == granted, in records and bytes (one record larger than all may pass alone);
 *   in == out + conflated + dropped + expired + queued.
 * A record is charged RECORD_CHARGE bytes besides its own, what it costs here; so a flood of empty ones counts. */
#pragma once

#include "base/bytes.h"
#include "flow/rate.h"
#include "flow/stance.h"
#include "os/monitor.h"

#define RECORD_CHARGE 16

/* What a record of so many bytes is charged. */
static inline u64 record_cost(u32 size)
{
    return RECORD_CHARGE + ((u64)size + 7) / 8 * 8;
}

struct record {
    const char *data;
    u32 size;
    u32 class; /* 0 is the highest; only with drop_priority other than 0 */
    i64 pushed_us;
};

/* In records, since the edge was made; all but queued and flight only grow. */
struct records_counts {
    u64 in;
    u64 out;
    u64 conflated;
    u64 dropped;
    u64 expired;
    u64 queued;
    u64 flight;      /* out, and not settled */
    u64 queued_size; /* bytes, with their charge */
    u64 flight_size;
    u64 out_size; /* bytes of records alone */
    u64 waits;    /* pushes that could not take all */
    u64 dropped_of_class[STANCE_CLASS_COUNT_MAX];
    i64 age_us; /* of the oldest that waits; 0 when none does */
};

struct records_block;
struct spool;

/* A place in a spool, between two records. */
struct spool_place {
    u64 segment;
    u64 offset; /* of a frame */
    u32 skip;   /* records of that frame that are behind it */
};

/* Records of one class, oldest first. */
struct records_lane {
    struct records_block *first; /* holds the next to leave */
    struct records_block *last;
    u32 offset; /* of the next to leave, in first */
    u64 count;
    u64 size;
    double owed; /* turns that min_share grants and that were not taken yet */
};

struct records {
    struct monitor monitor;
    struct mem *mem;
    struct stance_options options;
    struct records_lane lanes[STANCE_CLASS_COUNT_MAX];
    struct records_block *left;  /* popped or dropped whole; freed by the next settle */
    struct records_block *spare; /* a few, for the next pushes */
    u32 spare_count;
    u32 block_size;
    struct records_counts counts;
    struct rate rate;
    /* stance spill: all records go through it, so that a kill loses none; NULL otherwise. Lent. */
    struct spool *spool;
    struct spool_place spool_end; /* as the last push left it */
    u64 mark;          /* the producer's, before a push: how far the source was read with it */
    u64 target;        /* the consumer's, before a settle: how much of it is written */
    struct err err;    /* why the spool ended it; "" when it did not */
    u32 thinned;       /* records since the last one that thin kept */
    bool ended;        /* nothing more comes */
    bool broken;       /* nobody takes any more, or the stance ended the stream */
    bool overflowed;   /* the stance did: error or disconnect */
    bool disk_full;    /* at the last push */
    u64 refused_count; /* what the last push that was full could not place: */
    u64 refused_size;  /* room for it is waited for */
    bool producer_waits;
    bool consumer_waits;
};

/* options were checked by stance_check. mem is used under the lock only, and must belong to this edge alone. spool is
 * for stance spill, open, and what waits in it waits on this edge; NULL with the others. */
void records_init(struct records *records, struct mem *mem, const struct stance_options *options,
                  struct spool *spool);
void records_deinit(struct records *records);

enum records_push {
    RECORDS_TAKEN,  /* all of them, dropped ones included */
    RECORDS_FULL,   /* the first *taken of them: wait for room, then push the rest */
    RECORDS_BROKEN, /* the stream has ended: the far side is gone, or the stance says so */
};

/* The producer's thread. Sizes, data and classes are filled in; pushed_us is set here. With a spool it is written to disk,
 * all of the batch or nothing, so it may not be larger than the edge; a full disk counts as a full edge. */
MUST_USE enum records_push records_push(struct records *records, const struct record *batch,
                                        u32 count, u32 *taken, i64 now_us);
/* Waits until the edge is below three quarters of its records and half of its bytes and has room for what was refused, or broken; after a full disk for a
 * moment. */
void records_wait_room(struct records *records);
/* No more comes. */
void records_end(struct records *records);

enum records_pop {
    RECORDS_GOT,   /* *got records, at least one */
    RECORDS_IDLE,  /* none is due before *again_us; INT64_MAX: not before one is pushed */
    RECORDS_ENDED, /* and none will be */
};

/* The consumer's thread: takes up to count; all before were settled. With `drop_priority` the classes mix, each class
 * in order. The data stays until records_settle. */
MUST_USE enum records_pop records_pop(struct records *records, struct record *batch, u32 count,
                                      u32 *got, i64 *again_us, i64 now_us);
/* What was popped is done: its credit returns. With a spool that is on disk. */
void records_settle(struct records *records);
/* Waits for a push or the end, at most until at_us of clock_now. */
void records_wait_item(struct records *records, i64 at_us);
/* The consumer takes no more: pushes are told, what waits is dropped and counted. */
void records_break(struct records *records);

/* Either thread. */
void records_count(struct records *records, struct records_counts *counts, i64 now_us);
/* Did stance error or disconnect end it, rather than the consumer? */
bool records_overflowed(struct records *records);
/* FAIL when the spool did. */
MUST_USE enum status records_status(struct records *records, struct err *err);
