#include "engine/subscribe_pace.h"

#include "engine/engine_internal.h"
#include "os/clock.h"

static void put_off(struct subscriber *subscriber, i64 now_us)
{
    subscriber->first_us = now_us;
    timers_set(&subscriber->engine->paces, &subscriber->timer,
               pace_due(&subscriber->pace, now_us, now_us));
}

void subscribe_pace_wake(struct subscriber *subscriber)
{
    if (subscriber->pace.kind == PACE_NONE || subscriber->inner.ended)
        subscriber->on_ready(subscriber->context);
    else
        put_off(subscriber, clock_now());
}

bool subscribe_pace_allows(struct subscriber *subscriber)
{
    const struct subscription *inner = &subscriber->inner;
    if (subscriber->pace.kind == PACE_NONE || subscriber->is_due) return true;
    if (inner->ended || inner->freeze || inner->wants_state) return true;
    if (timer_is_set(&subscriber->timer)) return false;
    if (subscription_lag(inner, subscriber->engine->tick) == 0) return true; /* to become idle */
    put_off(subscriber, clock_now());
    return false;
}

void subscribe_pace_pulled(struct subscriber *subscriber, bool got, bool more)
{
    if (!got || !more) subscriber->is_due = false;
}

/* Quiet is known only now: what changed since puts a debounce off again. */
static bool is_quiet(struct subscriber *subscriber, i64 now_us)
{
    if (subscriber->pace.kind != PACE_DEBOUNCE || subscriber->inner.ended) return true;
    i64 last_us = MAX(subscription_changed_us(&subscriber->inner), subscriber->first_us);
    i64 due_us = pace_due(&subscriber->pace, subscriber->first_us, last_us);
    if (due_us <= now_us) return true;
    timers_set(&subscriber->engine->paces, &subscriber->timer, due_us);
    return false;
}

void subscribe_pace_step(struct engine *engine)
{
    struct timer *timer;
    i64 now_us = clock_now();
    while ((timer = timers_take_due(&engine->paces, now_us))) {
        struct subscriber *subscriber = container_of(timer, struct subscriber, timer);
        if (!is_quiet(subscriber, now_us)) continue;
        subscriber->is_due = true;
        subscriber->on_ready(subscriber->context);
    }
}

i64 subscribe_pace_deadline(const struct engine *engine)
{
    const struct timer *first = timers_first(&engine->paces);
    return first ? first->at_us : INT64_MAX;
}
