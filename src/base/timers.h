/* A heap of points in time: the earliest is found at once, any can be moved or taken out.
 *
 * The caller embeds a timer in what is due then. Invariants: no timer is later than its children in the heap (4 a node), and
 * every timer knows its own slot. */
#pragma once

#include "base/mem.h"

struct timer {
    i64 at_us;
    u32 slot; /* place in the heap, from 1; 0: not set */
};

struct timers {
    struct mem *mem;
    struct timer **heap;
    u32 count;
    u32 capacity;
};

void timers_init(struct timers *timers, struct mem *mem);
/* What is set is forgotten. */
void timers_deinit(struct timers *timers);

/* Sets or moves it. */
void timers_set(struct timers *timers, struct timer *timer, i64 at_us);
/* Takes one that is not set, too. */
void timers_cancel(struct timers *timers, struct timer *timer);
/* The earliest, or NULL. */
static inline struct timer *timers_first(const struct timers *timers)
{
    return timers->count > 0 ? timers->heap[0] : NULL;
}
/* The earliest if it is due at now_us, taken out; else NULL. */
struct timer *timers_take_due(struct timers *timers, i64 now_us);
static inline bool timer_is_set(const struct timer *timer)
{
    return timer->slot != 0;
}
