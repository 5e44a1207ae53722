/* Frames that were encoded once and may be asked for again: the last few of a view.
 *
 * A frame is right for whoever stands at the same tick, in the same channel, while its list has not changed
 * since. There are SHARE_COUNT at most, so memory does not grow with the number of readers. */
#pragma once

#include "view/frame.h"

#define SHARE_COUNT 16

struct channel;

/* Which frame: of which channel, after how many changes of its list, for whom. */
struct share_key {
    const struct channel *channel;
    u64 change;
    u64 from;
    bool reset;    /* a state for somebody who knew another */
    bool is_exact; /* of a change: how many ticks it stands for was counted */
};

struct share_entry {
    struct share_key key;
    struct frame *frame; /* NULL: free */
    bool is_old;         /* nobody asked since the last share_age */
};

struct share {
    struct share_entry entries[SHARE_COUNT];
    u32 next; /* to be replaced */
};

/* Held for the caller, or NULL. A frame that is more exact than asked for serves too. */
struct frame *share_find(struct share *share, const struct share_key *key);
void share_put(struct share *share, const struct share_key *key, struct frame *frame);
/* The channel goes. */
void share_drop(struct share *share, const struct channel *channel);
/* Forgets what nobody asked for since the last call. */
void share_age(struct share *share);
void share_clear(struct share *share);
