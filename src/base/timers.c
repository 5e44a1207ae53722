#include "base/timers.h"

#include "base/assert.h"

static void place(struct timers *timers, struct timer *timer, u32 slot);
static void rise(struct timers *timers, struct timer *timer, u32 slot);
static void sink(struct timers *timers, struct timer *timer, u32 slot);

void timers_init(struct timers *timers, struct mem *mem)
{
    *timers = (struct timers){ .mem = mem };
}

void timers_deinit(struct timers *timers)
{
    mem_free(timers->mem, timers->heap, timers->capacity * sizeof *timers->heap);
    *timers = (struct timers){ .mem = NULL };
}

/* Slot s (from 1) has the children 4s-2 .. 4s+1; heap[s-1] is its timer. */

void timers_set(struct timers *timers, struct timer *timer, i64 at_us)
{
    if (timer->slot == 0) {
        if (timers->count == timers->capacity) {
            u32 capacity = MAX(timers->capacity * 2, 16u);
            timers->heap =
                mem_realloc(timers->mem, timers->heap, timers->capacity * sizeof(struct timer *),
                            capacity * sizeof(struct timer *));
            timers->capacity = capacity;
        }
        timer->at_us = at_us;
        rise(timers, timer, ++timers->count);
        return;
    }
    assert(timers->heap[timer->slot - 1] == timer);
    bool earlier = at_us < timer->at_us;
    timer->at_us = at_us;
    if (earlier)
        rise(timers, timer, timer->slot);
    else
        sink(timers, timer, timer->slot);
}

void timers_cancel(struct timers *timers, struct timer *timer)
{
    if (timer->slot == 0) return;
    u32 slot = timer->slot;
    assert(slot <= timers->count && timers->heap[slot - 1] == timer);
    timer->slot = 0;
    struct timer *moved = timers->heap[--timers->count];
    if (moved == timer) return;
    if (moved->at_us < timer->at_us)
        rise(timers, moved, slot);
    else
        sink(timers, moved, slot);
}

static void place(struct timers *timers, struct timer *timer, u32 slot)
{
    timers->heap[slot - 1] = timer;
    timer->slot = slot;
}

static void rise(struct timers *timers, struct timer *timer, u32 slot)
{
    while (slot > 1) {
        u32 above = (slot + 2) / 4;
        struct timer *parent = timers->heap[above - 1];
        if (parent->at_us <= timer->at_us) break;
        place(timers, parent, slot);
        slot = above;
    }
    place(timers, timer, slot);
}

static void sink(struct timers *timers, struct timer *timer, u32 slot)
{
    for (;;) {
        u32 first = 4 * slot - 2;
        u32 end = MIN(first + 4, timers->count + 1);
        u32 least = slot;
        i64 at_us = timer->at_us;
        for (u32 child = first; child < end; child++) {
            if (timers->heap[child - 1]->at_us >= at_us) continue;
            least = child;
            at_us = timers->heap[child - 1]->at_us;
        }
        if (least == slot) break;
        place(timers, timers->heap[least - 1], slot);
        slot = least;
    }
    place(timers, timer, slot);
}

struct timer *timers_take_due(struct timers *timers, i64 now_us)
{
    struct timer *first = timers_first(timers);
    if (!first || first->at_us > now_us) return NULL;
    timers_cancel(timers, first);
    return first;
}
