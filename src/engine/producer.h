/* Producers: who writes, each with a bounded queue of its own.
 *
 * They are served round robin by bytes (deficit round robin, Shreedhar and Varghese 1995), so a full queue
 * of one never becomes the latency of another. A producer that waits for nothing and is held by nobody is
 * forgotten after a while, and its name may come again. */
#pragma once

#include "engine/ingest.h"
#include "flow/edge.h"

struct txn;

struct producer {
    struct link link;   /* in producers.all */
    struct link active; /* in producers.active while it has something queued */
    struct engine *engine;
    char name[128];
    u32 holders;
    struct edge edge;
    u64 deficit;  /* bytes it may still take in its turn */
    u64 accepted; /* transactions */
    u64 rejected;
    u32 passing; /* queued transactions that need not wait for memory */
    i64 used_us; /* when it was held last */
};

struct producers {
    struct engine *engine;
    struct link all;
    struct link active;
    u32 count;
    bool is_full; /* the memory budget was, when it was looked at last: pushes wait */
    i64 delay_us; /* how long transactions waited lately (moving average) */
};

void producers_init(struct producers *producers, struct engine *engine);
/* All queues are empty. */
void producers_deinit(struct producers *producers);
/* While the memory budget is full only what gives memory back, and CREATE, is taken, if need be on an edge of its
 * own, so that no INSERT stands in its way. */
enum edge_result producer_push(struct producer *producer, struct txn *txn);
/* The transaction whose turn it is, or NULL; it stays queued until producers_take. While the memory budget is
 * full only those that pass have a turn, before others of their producer; when the engine drains, all. */
struct txn *producers_peek(struct producers *producers);
struct txn *producers_take(struct producers *producers);
bool producers_idle(const struct producers *producers);
