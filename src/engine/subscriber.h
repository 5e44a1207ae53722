/* A subscription by name, around the cursor that does the work. Private to the engine. */
#pragma once

#include "base/list.h"
#include "view/subscription.h"

struct subscriber {
    struct link link; /* in engine.subscriptions */
    struct engine *engine;
    struct subscription inner;
    u32 relation_id;
    char producer[128]; /* who it is */
};
