/* A bounded queue between two rhythms, with credit in rows and bytes.
 *
 * A push uses credit; what was popped keeps using it until it is settled, so what is being worked on counts
 * too. A push without credit is refused (stance block): its caller keeps the item and waits until there is
 * room, which is told once the rows are below 75 % and the bytes below 50 % of what was granted, so
 * that a full edge does not wake its upstream for each item. Each item is charged EDGE_ITEM_CHARGE
 * bytes besides its own, so that a flood of empty ones counts. An empty edge takes one item of any
 * size: nothing is too large to ever pass.
 *
 * Invariants: granted == free + in use (rows and bytes), where in use may pass granted by one item;
 * rows in == rows out + dropped + expired + conflated + queued. */
#pragma once

#include "base/list.h"
#include "base/mem.h"

#define EDGE_ITEM_CHARGE 1024

struct edge_item {
    struct link link;
    u64 row_count;
    u64 size; /* bytes */
    i64 pushed_us;
};

struct edge_waiter {
    struct link link;
    void (*on_room)(void *context);
    void *context;
};

struct edge_options {
    const char *name; /* borrowed for the edge's life */
    u64 row_count_max;
    u64 size_max;
};

struct edge {
    struct edge_options options;
    struct link items;   /* waiting, oldest first */
    struct link waiters; /* told once when there is room */
    u64 queued_items;
    u64 queued_rows;
    u64 queued_size;
    u64 flight_rows; /* popped, not settled */
    u64 flight_size;
    /* counters since it was made, in rows */
    u64 rows_in;
    u64 rows_out;
    u64 rows_dropped;
    u64 rows_expired;
    u64 rows_conflated;
    u64 refused; /* pushes without credit */
};

enum edge_result { EDGE_TAKEN, EDGE_FULL };

void edge_init(struct edge *edge, const struct edge_options *options);
/* Nothing may wait in it. */
void edge_deinit(struct edge *edge);

/* Would a push of this much be taken now? */
bool edge_has_room(const struct edge *edge, u64 row_count, u64 size);
/* Gives the item (row_count and size filled in) to the edge. On EDGE_FULL the caller keeps it. */
enum edge_result edge_push(struct edge *edge, struct edge_item *item, i64 now_us);
/* The oldest item, borrowed, or NULL. */
struct edge_item *edge_peek(const struct edge *edge);
/* Takes the oldest; its credit stays in use until edge_settle. */
struct edge_item *edge_pop(struct edge *edge);
/* An item that was popped is done: its credit returns, and waiters may be told. */
void edge_settle(struct edge *edge, u64 row_count, u64 size);
/* Takes out a waiting item that nobody wants any more, and counts it as expired. */
void edge_expire(struct edge *edge, struct edge_item *item);

/* Once: when there is room. The waiter is taken off before it is called. */
void edge_wait(struct edge *edge, struct edge_waiter *waiter);
void edge_forget(struct edge_waiter *waiter);
/* Tells those who wait if there is room: for an owner who had refused for a reason of its own. */
void edge_tell(struct edge *edge);
/* A waiting item goes before all others. */
void edge_promote(struct edge *edge, struct edge_item *item);

/* What may still be pushed; 0 when full. */
u64 edge_free_rows(const struct edge *edge);
u64 edge_free_size(const struct edge *edge);
