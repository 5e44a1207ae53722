/* A subscription by name, around the cursor that does the work. Private to the engine. */
#pragma once

#include "base/list.h"
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
    char producer[128];           /* who it is */
};

/* Between ticks, from the view that it waited for: the first frame is there. */
void subscriber_begin(struct subscriber *subscriber);
/* What it followed or waited for is gone. */
void subscriber_end(struct subscriber *subscriber);
