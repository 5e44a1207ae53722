/* A published relation: a table or the root of a view, as readers and subscribers see it.
 *
 * Its rows are those of an arrangement that owns its pool whole; its columns are mapped onto the pool's. It has a feed
 * for each set of columns that subscribers filter by, from the first of them until all have been away
 * for the resume window. */
#pragma once

#include "flow/op.h"
#include "state/rows.h"
#include "view/feed.h"

#define VIEW_FEED_COUNT_MAX 16 /* different sets of columns to filter by */

/* What all views over one pool share: whose tombstones must stay. */
struct view_pools;
struct view_pools *view_pools_open(struct mem *mem);
void view_pools_close(struct view_pools *pools);

struct view {
    struct mem mem;
    const char *name; /* borrowed */
    struct op *root;
    struct rows *rows;
    const struct schema *schema; /* the root's; with the key that names a row (none: a bag) */
    u32 *pool_columns;           /* of each column of the schema */
    u32 *key;                    /* the key's columns in the pool */
    u64 seed;
    u64 tick;                   /* the last that changed it */
    u64 since;                  /* the tick at which it became readable */
    u64 version;                /* grows with each change */
    struct view_index *indexes; /* view/view_index.h */
    u32 feed_count;
    struct feed *feeds[VIEW_FEED_COUNT_MAX];
    u32 filter_counts[VIEW_FEED_COUNT_MAX];
    u32 *filters[VIEW_FEED_COUNT_MAX]; /* columns of the schema, ascending */
    struct view_pools *pools;
    struct view *next_in_pool;
    struct view *next_of_root; /* another view that shows the same operator's rows */
    void *owner;               /* the caller's */
    i64 left_us;               /* when it had a subscription last; the caller's clock */
    u32 subscription_count;
};

/* tick: the present content is that of this tick. */
struct view *view_open(struct mem *mem, struct view_pools *pools, const char *name, struct op *root,
                       const struct schema *schema, u64 seed, u64 tick);
/* Nobody subscribes any more. */
void view_close(struct view *view);
u64 view_size(const struct view *view);

/* The feed for these columns of the schema (ascending), made when it is new, NULL when there are
 * VIEW_FEED_COUNT_MAX others. */
/* Forgets all that was kept for subscribers; there are none. */
void view_close_feeds(struct view *view);
struct feed *view_feed(struct view *view, const u32 *filter, u32 filter_count, u64 tick);

/* Between the last turn of a tick and its settle. Returns whether the view changed. changed is called for each list. */
bool view_publish(struct view *view, u64 tick,
                  void (*changed)(void *context, struct feed_list *list), void *context);
/* Between ticks. */
void view_sweep(struct view *view, u64 resume_tick, u64 tick);
bool view_needs_sweep(const struct view *view);
