/* A published relation: a table or the root of a view, as readers and subscribers see it.
 *
 * Its rows are those of an arrangement that owns its pool whole; its columns are mapped onto the pool's. It has
 * a feed for each set of columns that subscribers filter by, from the first of them until all have been away
 * for the resume window.
 *
 * Several views may lie over one pool. What they share is in struct view_pools, one an engine: whose
 * tombstones the pool has to keep, and which views the last tick changed. */
#pragma once

#include "base/list.h"
#include "flow/op.h"
#include "state/rows.h"
#include "view/feed.h"
#include "view/share.h"

#define VIEW_FEED_COUNT_MAX 16 /* different sets of columns to filter by */

struct view_pools;
struct view_pools *view_pools_open(struct mem *mem);
void view_pools_close(struct view_pools *pools); /* without views */

/* A feed, and the columns of the view's schema that it filters by, ascending. */
struct view_feed {
    struct feed *feed;
    u32 filter_count;
    u32 filter[FEED_FILTER_COUNT_MAX];
};

struct view {
    struct mem mem;
    const char *name; /* borrowed */
    struct op *root;
    struct rows *rows;
    const struct schema *schema; /* borrowed; with the key that names a row (none: a bag) */
    u32 *pool_columns;           /* of each column of the schema */
    u32 *key;                    /* the key's columns in the pool */
    bool shows_all;              /* no column of the pool is hidden */
    bool is_countable;           /* rows have a key, or one slot has all copies of a row */
    u64 seed;
    u64 tick;                   /* the last that changed it */
    u64 since;                  /* the tick at which it became readable */
    u64 version;                /* grows with each change */
    struct view_index *indexes; /* view/view_index.h */
    u32 feed_count;
    struct view_feed *feeds; /* VIEW_FEED_COUNT_MAX, once there is one */
    struct view_pools *pools;
    struct view_pool *pool; /* the views over the same rows */
    struct view *next_in_pool;
    struct view *next_of_root; /* another view that shows the same operator's rows */
    struct link changed;       /* in pools: its feeds have lists whose readers must hear of it */
    struct link freezes;       /* freeze.h, oldest first */
    u32 freeze_count;
    struct share share;
    struct arena scratch;
    void *owner; /* the caller's */
    u32 subscription_count;
    u64 left_tick; /* when the last subscription left */
};

/* tick: the present content is that of this tick. */
struct view *view_open(struct mem *mem, struct view_pools *pools, const char *name, struct op *root,
                       const struct schema *schema, u64 seed, u64 tick);
/* Nobody subscribes any more. */
void view_close(struct view *view);
u64 view_size(const struct view *view);
/* The rows that are kept for subscribers who have not heard of their end. */
u64 view_tombstone_count(const struct view *view);

/* The feed for these columns of the schema (ascending, at most FEED_FILTER_COUNT_MAX), made when it is new;
 * NULL when there are VIEW_FEED_COUNT_MAX others. Between ticks. tick: the present one. */
struct feed *view_feed(struct view *view, const u32 *filter, u32 filter_count, u64 tick);

/* Between the last turn of a tick and its settle. Returns whether the view changed. */
bool view_publish(struct view *view, u64 tick);
/* After settle: the views that the ticks since the last call changed, one after the other; NULL: no more. */
struct view *view_take_changed(struct view_pools *pools);
bool view_sweep_is_due(const struct view *view);
/* After settle, when it is due and from time to time: forgets what nobody can ask for any more. resume_tick:
 * where the resume window begins. */
void view_sweep(struct view *view, u64 resume_tick, u64 tick);
