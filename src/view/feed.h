/* What changed since when: the rows of a relation in the order of their last change.
 *
 * Subscribers have no queues. A feed keeps one entry a row that changed since the feed began: the tick of
 * its last change (ver) and the tick at which its key came into being (birth), in the order of ver. A
 * subscriber is a cursor, a tick; what it lacks is the end of the lists, newer than its cursor:
 *
 *     changed row      its entry moves to the end, ver = now
 *     new key          birth = now; where its tombstone stands, that one's birth
 *     removed key      a tombstone, ver = now; the pool keeps its row under another number
 *     pull(cursor)     from the end while ver > cursor: a live row is an upsert; a tombstone is a delete if
 *                      birth <= cursor, else the reader never knew the key
 *
 * So a pull costs what changed, an idle subscriber costs nothing, and memory is bounded by the relation: a
 * tombstone stays only while some cursor c has birth <= c < ver, or while it is younger than what clients
 * that went away may come back with; and when there are more tombstones than live rows, the most lagging
 * cursors are told to begin again (feed_sweep.h).
 *
 * With filter columns a feed is many lists, one for each value of those columns that somebody asked for
 * (`?user=eq.7` of many users): a row that changes its value is removed from one list and new in another.
 *
 * A change that a reader cannot see (of a column that the relation does not show) moves nothing.
 *
 * Invariant: a live row's entry is in the live list of its feed_list or is all zeros; every tombstone is in a
 * list of what went. Between publish and settle, rows that go are in neither: they are pending. */
#pragma once

#include "state/rows.h"

#define FEED_FILTER_COUNT_MAX 8 /* columns to filter by */

struct feed;
struct feed_list;

struct feed_options {
    struct rows *rows;
    const u32
        *key; /* columns of the pool that name a row; key_count 0: a bag, the whole row does */
    u32 key_count;
    const u32 *shown; /* columns of the pool that readers see; shown_count 0: all */
    u32 shown_count;
    const u32 *filter; /* columns whose values choose the list; filter_count 0: one list */
    u32 filter_count;
    u64 seed;
    u64 tick; /* the last change before the feed began was in this tick */
    /* The feed gives a kept row up: it may be freed if no other feed holds it. */
    void (*on_free)(void *context, u32 kept);
    void *context;
};

/* Copies the options' columns. A feed with a filter indexes the relation's rows: it opens between ticks. */
struct feed *feed_open(struct mem *mem, const struct feed_options *options);
void feed_close(struct feed *feed); /* without cursors */
u64 feed_size(const struct feed *feed);
u64 feed_tombstone_count(const struct feed *feed);
u64 feed_entry_count(const struct feed *feed); /* tombstones, and live rows that are in a list */

/* The tick's changes are in the pool and not settled: takes the dirty slots into the lists. */
void feed_publish(struct feed *feed, u64 tick);
/* For the pool's keeper, at settle, for each slot that became 0 in the order of rows_dirty: true when the feed
 * wants the row, as number kept from now on. */
bool feed_keep(struct feed *feed, u32 slot, u32 kept);
bool feed_holds(const struct feed *feed, u32 kept);
/* The next list that a publish changed since it was asked last; NULL when there is no other. */
struct feed_list *feed_take_changed(struct feed *feed);

/* Walks what changed after a tick, newest first: the live rows' slots, or the kept numbers of what went. */
struct feed_walk {
    const struct feed *feed;
    u64 cursor;
    u32 next;
};
void feed_walk_live(struct feed_walk *walk, const struct feed_list *list, u64 cursor);
/* SLOT_NONE at the end. */
u32 feed_walk_live_next(struct feed_walk *walk);
void feed_walk_gone(struct feed_walk *walk, const struct feed_list *list, u64 cursor);
u32 feed_walk_gone_next(struct feed_walk *walk);
