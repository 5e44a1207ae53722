/* A state or a change that is too large for one frame, held still at its tick and given frame by frame.
 *
 * Its rows stay in the pool and are read through a pin as its readers come by; a few encoded frames stay for
 * the other readers. What went is encoded at once, as kept rows may be freed. Whoever comes while it is
 * being read reads it too, and catches up afterwards.
 *
 * A view has at most FREEZE_COUNT_MAX, and their pins together hold no more than one copy of its rows. When that is
 * passed the oldest is revoked: its readers begin again with a newer state. */
#pragma once

#include "view/encode.h"
#include "view/feed_list.h"

#define FREEZE_COUNT_MAX   4
#define FREEZE_CACHE_COUNT 4 /* frames that stay encoded, while there are several readers */
#define FREEZE_STATE       UINT64_MAX /* as from: the whole state */

struct freeze_options {
    struct view *view;
    struct feed_list *list;
    const struct shown *shown;     /* borrowed for the freeze's life */
    const struct channel *channel; /* whose readers share it */
    u64 from;                      /* changes after this tick, or FREEZE_STATE */
    u64 tick;                      /* the present one */
    bool is_exact;                 /* conflated was counted */
    u64 conflated;
};

struct freeze {
    struct freeze_options options;
    struct link link; /* in the view, oldest first; to itself once it was revoked */
    u32 holders;
    u64 change;           /* of the list, at its tick */
    struct rows_pin *pin; /* NULL: revoked */
    bool is_scan;         /* the whole pool in slot order; else the slots below */
    u32 *slots;
    u32 slot_count;
    struct buf gone; /* the rows that went, in pieces */
    u32 piece_count;
    size_t *pieces;  /* where each piece ends */
    u32 frame_count; /* frames whose beginning is known */
    u32 place_capacity;
    struct freeze_place *places; /* where each frame begins */
    struct frame *cache[FREEZE_CACHE_COUNT];
    u32 cache_index[FREEZE_CACHE_COUNT];
    struct frame *first_reset; /* the first one, for those who knew another state */
};

/* With one holder. */
struct freeze *freeze_open(const struct freeze_options *options);
struct freeze *freeze_hold(struct freeze *freeze);
void freeze_release(struct freeze *freeze);
/* Of the view's, one that a reader in this channel at from may read, newest first; or NULL. Not held. */
struct freeze *freeze_find(const struct view *view, const struct channel *channel, u64 from,
                           bool is_exact);
/* Frame number index, 0 first, at most one behind those given so far; for the caller to release. NULL when it
 * was revoked. */
struct frame *freeze_frame(struct freeze *freeze, u32 index, bool reset);
/* After a tick settled: keeps to the bounds. */
void freeze_bound(struct view *view);
