/* Who follows a relation: a cursor, and the frames it is being given.
 *
 * A subscription that has all there is waits, idle, and is woken once when its list changes. One that does not
 * pull is never visited: its cursor stays, and when it comes back it gets the net change since then, in one
 * step. So a slow reader skips states, never ends wrong, and costs the same as a fast one.
 *
 * Invariant: applying the frames in order, each whole state or change at its last frame, gives the relation
 * (or the part that the filter names) as it was at the tick that the frame says. */
#pragma once

#include "view/channel.h"

struct subscription {
    struct link link; /* in its channel: idle or busy */
    struct view *view;
    struct channel *channel; /* NULL: closed */
    struct feed_cursor cursor;
    u64 change;      /* the list's change count at the cursor's tick */
    bool is_counted; /* change is known; not of a cursor that came back */
    bool idle;
    bool wants_state;      /* begins, or begins again, with the whole state */
    bool has_begun;        /* a client knows something: the next state says "reset" */
    bool ended;            /* the relation is gone: nothing more comes */
    struct freeze *freeze; /* the frames behind the first, or NULL */
    u32 frame_index;
    void (*on_ready)(void *context);
    void *context;
    u64 frames_sent; /* counters */
    u64 bytes_sent;
    u64 resets;    /* states that replaced what it had been told */
    u64 conflated; /* ticks that were not seen one by one */
};

struct subscription_options {
    const u32 *filter; /* columns of the view's schema, ascending, that must equal values */
    u32 filter_count;
    const struct column *values; /* one a filter column, row 0, of the column's type */
    /* What is shown: columns of the schema and their names; the key's columns are added when they are missing. */
    const u32 *columns;
    const char *const *names; /* NULL: their own */
    u32 column_count;         /* 0: all */
    bool resume;              /* the client knows the state at since, of this epoch */
    u64 since;
    u64 tick; /* the last published */
    /* Called once, after a pull that gave nothing, when there is something again. It only makes a note of it: it
     * must not pull, open or close subscriptions. */
    void (*on_ready)(void *context);
    void *context;
};

/* The subscription is the caller's memory; it stays where it is. Errors: 54000, too many different filters
 * are in use; 0A000, equal rows cannot be counted; those of shown_init. Then there is nothing to close. */
MUST_USE enum status subscription_open(struct subscription *subscription, struct view *view,
                                       const struct subscription_options *options, struct err *err);
/* tick: the present one. Also of one that has ended. */
void subscription_close(struct subscription *subscription, u64 tick);

/* The next frame, for the caller to release, or NULL: nothing now. tick is the last published. Not between
 * publish and settle. */
struct frame *subscription_pull(struct subscription *subscription, u64 tick);

/* After a tick has settled: wakes the idle of all lists that it changed, and sweeps what is due. resume_tick:
 * where the resume window begins. now_us is of the monotonic clock. */
void subscription_wake(struct view_pools *pools, u64 resume_tick, u64 tick, i64 now_us);
/* The relation goes: its subscriptions end and are told so; each still has to be closed, but the view may be
 * closed now. */
void subscription_end_all(struct view *view);
/* Ticks between the cursor and the present; 0 when it lacks nothing. */
u64 subscription_lag(const struct subscription *subscription, u64 tick);
/* When what it follows changed last, as subscription_wake was told. Not of one that has ended. */
i64 subscription_changed_us(const struct subscription *subscription);
