/* A subscription by name, around the cursor that does the work. Private to the engine. */
#pragma once

#include "base/list.h"
#include "base/timers.h"
#include "flow/pace.h"
#include "view/subscription.h"

struct hidden;
struct subscriber_wish;

struct subscriber {
    struct link link; /* in engine.subscriptions */
    struct engine *engine;
    struct subscription inner;    /* opened once what it follows can be read */
    struct subscriber_wish *wish; /* until then: what it will be opened with */
    struct hidden *hidden;        /* the view that was made for it and its like, or NULL */
    struct link follows;          /* in hidden.subscribers */
    struct pace pace;
    struct timer timer; /* in engine.paces: until then it is given nothing */
    i64 first_us;       /* when the first of what waits came */
    bool is_due;        /* it may take what there is */
    void (*on_ready)(void *context);
    void *context;
    char producer[128]; /* who it is */
};

/* Between ticks, from the view that it waited for: the first frame is there. */
void subscriber_begin(struct subscriber *subscriber);
/* What it followed or waited for is gone. */
void subscriber_end(struct subscriber *subscriber);
