/* What changed since when: the rows of a relation in the order of their last change.
 *
 * Subscribers have no queues. A feed keeps one entry a row that changed since the feed began: the tick
 * of its last change (ver) and the tick at which its key came into being (birth), linked in the order of ver. A
 * subscriber is a cursor, a tick; what it lacks is the tail of the list, newer than its cursor:
 *
 *     changed row        entry moves to the tail, ver = now
 *     new key            birth = now; over a tombstone of the same key: its birth
 *     removed key        a tombstone at the tail; the pool keeps its row under another number
 *     pull(cursor)       walk from the tail while ver > cursor: a live row is an upsert, a tombstone a
 *                        delete if birth <= cursor, and nothing otherwise
 *
 * So a pull costs what changed, an idle subscriber costs nothing, and the memory is bounded by the relation: a tombstone
 * is kept only while some cursor c has birth <= c < ver, or while it is younger than what clients that went away
 * may still come back with; and when there are more tombstones than live rows, the most lagging cursors
 * are told to begin again.
 *
 * With filter columns, a feed is many lists, one for each value of those columns (`?user=eq.7` of many
 * users): a row that changes its value is removed from one list and new in another.
 *
 * Entries lie beside the pool: 24 bytes a row, in pages that come with the first change in them. An entry is named by a ref:
 * the slot of a live row, or the number of a kept row (state/rows.h) with the highest bit set.
 *
 * Invariant: tombstones are in a list and in the table of tombstones, live entries in a list alone. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "state/rows.h"

struct feed;
struct feed_list;

/* A subscriber's place. */
struct feed_cursor {
    struct link link; /* in its list */
    struct feed_list *list;
    u64 tick;        /* it knows everything up to here */
    u64 change;      /* the list's change count at tick: for counting what was conflated */
    bool must_reset; /* it lagged too far: it has to begin with a snapshot */
};

struct feed_options {
    struct rows *rows;
    const u32 *key; /* columns of the pool that name a row; key_count 0: a bag, all columns do */
    u32 key_count;
    const u32 *filter; /* columns whose values choose the list; filter_count 0: one list */
    u32 filter_count;
    u64 seed;
    u64 tick; /* the relation's content before the feed began is that of this tick */
};

struct feed *feed_open(struct mem *mem, const struct feed_options *options);
void feed_close(struct feed *feed); /* without cursors */
u64 feed_size(const struct feed *feed);
u64 feed_tombstone_count(const struct feed *feed);

struct feed_callbacks {
    /* A list changed in this tick. */
    void (*changed)(void *changed_context, struct feed_list *list);
    void *changed_context;
    /* The feed gave up a kept row: it may be freed if no other feed holds it. */
    void (*freed)(void *freed_context, u32 kept);
    void *freed_context;
};

/* The tick's changes are in the pool and not settled: takes the dirty slots into the lists. */
void feed_publish(struct feed *feed, u64 tick, const struct feed_callbacks *callbacks);
/* For the pool's keeper, at settle: if the slot that became 0 is a tombstone, it is one under the number kept from now
 * on, and true comes back. */
bool feed_keep(struct feed *feed, u32 slot, u32 kept);
bool feed_holds(const struct feed *feed, u32 kept);
/* The number of tombstones doubled since the last sweep, or passed that of the live rows. */
bool feed_needs_sweep(const struct feed *feed);
/* After settle: frees what no cursor needs and nobody who was there at resume_tick or later; forgets lists that were left
 * before it. While there are more tombstones than live rows, the most lagging quarter of the cursors must_reset. tick is the
 * current one. */
void feed_sweep(struct feed *feed, u64 resume_tick, u64 tick,
                const struct feed_callbacks *callbacks);

/* The list for a value of the filter columns (values has filter_count columns; ignored without a filter), made when it is new. It stays until a sweep after its last cursor left. since of a new list is tick. */
struct feed_list *feed_list_get(struct feed *feed, const struct column *values, u32 row, u64 tick);
/* The oldest cursor that this list can serve by changes. */
u64 feed_list_since(const struct feed_list *list);
void feed_cursor_add(struct feed_list *list, struct feed_cursor *cursor, u64 tick);
void feed_cursor_remove(struct feed_cursor *cursor);
u64 feed_list_change(const struct feed_list *list); /* how often the list changed */
u64 feed_list_tick(const struct feed_list *list);   /* the last tick that changed it */
void *feed_list_owner(const struct feed_list *list);
void feed_list_set_owner(struct feed_list *list, void *owner);
/* The live rows of a list of a feed with a filter, as of the last publish. */
u32 *feed_list_slots(const struct feed_list *list, struct arena *arena, u32 *count);
/* All lists, one after the other: NULL gives the first, the last gives NULL. */
struct feed_list *feed_list_next(const struct feed *feed, const struct feed_list *list);
bool feed_list_filtered(const struct feed_list *list);
struct feed *feed_list_feed(const struct feed_list *list);

/* Walks what changed after the cursor's tick, newest first. */
struct feed_walk {
    const struct feed *feed;
    u64 cursor;
    u32 next;
};
struct feed_change {
    u32 slot;     /* of the pool, or the number of a kept row */
    bool removed; /* a tombstone: slot is the number of a kept row, of which only the key matters */
};
void feed_walk_init(struct feed_walk *walk, const struct feed_list *list, u64 cursor);
bool feed_walk_next(struct feed_walk *walk, struct feed_change *change);
