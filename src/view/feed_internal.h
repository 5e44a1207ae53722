/* What the files of the feed share. */
#pragma once

#include "state/index.h"
#include "view/feed_list.h"
#include "view/tombstones.h"

struct feed_list {
    struct feed *feed;
    struct feed_list *chain; /* of its hash bucket */
    u64 hash;
    u32 value;       /* its row in feed.values; SLOT_NONE without a filter */
    bool is_changed; /* and in feed.changed */
    struct feed_list *changed_next;
    struct entry_list live;
    struct entry_list gone;
    struct link cursors;
    void *owner;
    u64 change;
    u64 tick;
    u64 since;
    i64 changed_us; /* when its readers were told of tick */
    u64 tick_left;  /* when a cursor left it last, or it was made */
};

/* A row that went in the tick that was published and is not settled yet. */
struct feed_pending {
    u32 slot;
    bool is_taken; /* its key came again, in the same list */
    u64 hash;      /* of the key */
    u64 birth;
    struct feed_list *list; /* NULL: nobody asks for it */
};

struct feed {
    struct mem mem;
    struct feed_options options; /* its columns are those below */
    u32 *key;                    /* key_count columns, or all */
    u32 key_count;
    u32 *shown;
    u32 *filter;
    struct entries live; /* by slot */
    u64 live_count;      /* in lists */
    struct tombstones gone;
    u64 gone_count_swept; /* what the last sweep left */
    u64 since;
    struct arena arena; /* scratch of a publish; its pending rows until settle */
    struct feed_pending *pending;
    u32 pending_count;
    u32 pending_next; /* the first that settle has not asked for */
    u64 pending_tick;
    struct feed_list *changed;
    struct index *by_filter;    /* live slots by the filter columns; NULL without a filter */
    struct rows *values;        /* of the lists; NULL without a filter */
    struct feed_list **buckets; /* a power of two; one without a filter */
    u32 bucket_count;
    u32 list_count;
};

/* feed_list.c: the lists of the rows whose filter columns are values (a column each), with their hashes; NULL
 * where nobody asked. */
void feed_list_find(const struct feed *feed, const struct column *values, const u64 *hashes,
                    u32 count, struct feed_list **lists);
void feed_list_close(struct feed_list *list);
/* Without cursors, entries and an owner, and left before tick. */
void feed_list_forget(struct feed *feed, u64 tick);
