/* A state or a change of a relation, held still at one tick and given in frames.
 *
 * What fits in one frame is encoded at once and shared by all who ask for the same. What does not is read through a pin on the
 * pool, a frame at a time, as its readers come by; a few encoded frames stay for the others. A pin that
 * lags too far is revoked: its readers begin again with a newer state. */
#pragma once

#include "view/frame.h"
#include "view/view.h"

#define FREEZE_FRAME_SIZE  KIB(256)   /* a frame ends behind the row that passes it */
#define FREEZE_CACHE_COUNT 8          /* frames that stay encoded, of one that has several */
#define FREEZE_STATE       UINT64_MAX /* as from: the whole state */

/* Which columns a frame shows, under which names: the key's are always among them. */
struct freeze_columns {
    u32 count;
    u32 *pool_columns;
    const char **names;
    u32 key_count; /* 0: a bag; rows carry "_count" */
    u32 *key_pool_columns;
    const char **key_names;
};

struct freeze_options {
    struct mem *mem;
    struct view *view;
    struct feed_list *list;
    const struct freeze_columns *columns; /* borrowed for the freeze's life */
    u64 from;                             /* changes after this tick, or FREEZE_STATE */
    u64 tick;                             /* the present one */
    bool reset;    /* a state that replaces what a client knew: "reset":true */
    u64 conflated; /* ticks that the change stands for; shown when above 1 */
};

struct freeze;
struct freeze *freeze_open(const struct freeze_options *options);
struct freeze *freeze_hold(struct freeze *freeze);
void freeze_release(struct freeze *freeze);
/* Is it what a reader at from needs, who is (reset) or is not told to forget what it knew? Not when it was revoked. */
bool freeze_serves(const struct freeze *freeze, u64 from, bool reset);
/* It has several frames, and the pool holds still for it. */
bool freeze_is_pinned(const struct freeze *freeze);
/* Gives the pin up: who has not read all of it gets NULL. */
void freeze_revoke(struct freeze *freeze);
u64 freeze_tick(const struct freeze *freeze);
/* Frame number index, 0 first, for the caller to release; NULL when it was revoked. */
struct frame *freeze_frame(struct freeze *freeze, u32 index);
