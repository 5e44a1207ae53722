/* The subscriptions that follow one list and are shown the same columns: a frame is encoded once for all of
 * them who stand at the same tick.
 *
 * Those that have all there is are idle, the others busy. A busy one that does not pull is never visited. */
#pragma once

#include "view/freeze.h"

struct channel {
    struct channel *next; /* of the same list */
    struct view *view;
    struct feed_list *list;
    struct shown shown;
    struct link idle;
    struct link busy;
    u32 holders;
};

/* The channel of the list for these columns, made when it is new, with one holder more. Errors: shown_init's. */
MUST_USE enum status channel_get(struct view *view, struct feed_list *list,
                                 const struct shown_asked *asked, struct channel **out,
                                 struct err *err);
void channel_release(struct channel *channel);

/* What a reader lacks. */
struct channel_ask {
    u64 from;        /* the tick at which it stands, or FREEZE_STATE */
    bool reset;      /* a state for somebody who knew another */
    bool is_counted; /* change_from is known */
    u64 change_from; /* the list's change count at its tick */
    u64 tick;        /* the present one */
};

struct channel_answer {
    struct frame *frame; /* the first; for the caller to release */
    struct freeze
        *freeze; /* where the others come from, for the caller to release; NULL: there are none */
    u64 tick;    /* where the reader stands after the last */
    u64 change;  /* the list's change count then */
};

void channel_pull(struct channel *channel, const struct channel_ask *ask,
                  struct channel_answer *answer);
