/* A feed's list: all rows of the relation, or those with one value of the filter columns; and its readers.
 *
 * A list is made when somebody asks for its value and forgotten by a sweep, after its last reader has been
 * away for the resume window. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "view/feed.h"

/* A reader's place. */
struct feed_cursor {
    struct link link; /* in its list */
    struct feed_list *list;
    u64 tick;        /* it knows everything up to here, or is being told */
    bool must_reset; /* it lagged too far: it has to begin with a state */
};

/* The list for the value in row of values (filter_count columns of the pool's types; not looked at without
 * a filter), made when it is new. tick: the relation's last change. */
struct feed_list *feed_list_get(struct feed *feed, const struct column *values, u32 row, u64 tick);
/* All lists, one after the other: NULL gives the first, the last gives NULL. */
struct feed_list *feed_list_next(const struct feed *feed, const struct feed_list *list);
/* Whether it holds only rows with one value of the filter columns. */
bool feed_list_is_filtered(const struct feed_list *list);
/* Of a filtered list: the slots of its rows, as of the last publish. */
u32 *feed_list_slots(const struct feed_list *list, struct arena *arena, u32 *count);

/* The oldest tick from which its changes are known. */
u64 feed_list_since(const struct feed_list *list);
u64 feed_list_tick(const struct feed_list *list);   /* the last that changed it */
u64 feed_list_change(const struct feed_list *list); /* how many ticks changed it */
/* When its readers were told of that tick, on the monotonic clock; 0 before the first time. */
i64 feed_list_changed_us(const struct feed_list *list);
void feed_list_set_changed(struct feed_list *list, i64 now_us);
/* How many of the ticks after this one are the last change of something; others may have been before. */
u64 feed_list_change_since(const struct feed_list *list, u64 tick);

void feed_list_join(struct feed_list *list, struct feed_cursor *cursor, u64 tick);
/* tick: the present one. */
void feed_list_leave(struct feed_cursor *cursor, u64 tick);

/* A pointer for whoever serves its readers. A list with an owner is not forgotten. */
void *feed_list_owner(const struct feed_list *list);
void feed_list_set_owner(struct feed_list *list, void *owner);
