/* Who follows a relation: a cursor, and the frame it is being given.
 *
 * A subscription that has all there is waits, idle, and is woken once when its list changes. One that does not pull is never
 * visited: its cursor stays, and when it comes back it gets the net change since then, in one step. So a
 * slow reader skips states, never ends wrong, and costs the same as a fast one.
 *
 * Subscriptions of the same list and columns form a channel: frames are encoded once for all who stand at the same
 * tick. */
#pragma once

#include "view/freeze.h"

struct channel;

struct subscription {
    struct link link; /* in its channel: idle or busy */
    struct view *view;
    struct channel *channel;
    struct feed_cursor cursor;
    bool idle;
    bool wants_state; /* begins, or begins again, with the whole state */
    bool has_begun;   /* a client knows something: the next state says "reset" */
    bool ended;       /* the relation is gone: nothing more comes */
    struct freeze *freeze;
    u32 frame_index;
    void (*on_ready)(void *context);
    void *context;
    u64 frames_sent; /* counters */
    u64 bytes_sent;
    u64 resets;
    u64 conflated; /* ticks that were not seen one by one */
};

struct subscription_options {
    const u32 *filter; /* columns of the view's schema, ascending, that must equal values */
    u32 filter_count;
    const struct column *values; /* one a filter column, row 0 */
    /* What is shown: columns of the schema and their names; the key's columns are added when they are missing. */
    const u32 *columns;
    const char *const *names; /* NULL: their own */
    u32 column_count;         /* 0: all */
    bool resume;              /* the client knows the state at since, of this epoch */
    u64 since;
    u64 tick; /* the last published */
    /* Called once, after a pull that gave nothing, when there is something again. */
    void (*on_ready)(void *context);
    void *context;
};

/* 54000: too many different filters are in use. The subscription is the caller's memory. */
enum status subscription_open(struct subscription *subscription, struct view *view,
                              const struct subscription_options *options, struct err *err);
void subscription_close(struct subscription *subscription);

/* The next frame, for the caller to release, or NULL: nothing now. tick is the last published. */
struct frame *subscription_pull(struct subscription *subscription, u64 tick);

/* After a tick in which the list changed has settled: wakes the idle. */
void subscription_wake(struct feed_list *list);
/* The relation goes: all its subscriptions end; they still have to be closed, but view may be closed now. */
void subscription_end_all(struct view *view);
/* Ticks between the oldest cursor of the view and the present; 0 without any that lags. */
u64 subscription_lag(const struct subscription *subscription, u64 tick);
