#include "os/mailbox.h"

#include <stdatomic.h>

#include "base/assert.h"

void mailbox_init(struct mailbox *mailbox, struct mem *mem, u32 count_max, struct poll_waker *waker)
{
    assert(count_max > 0 && count_max <= 1u << 30);
    u32 capacity = 1;
    while (capacity < count_max)
        capacity *= 2;
    *mailbox = (struct mailbox){ .mem = mem, .capacity = capacity, .waker = waker };
    mailbox->slots = mem_zalloc(mem, capacity * sizeof(void *));
}

void mailbox_deinit(struct mailbox *mailbox)
{
    assert(mailbox_count(mailbox) == 0);
    mem_free(mailbox->mem, mailbox->slots, mailbox->capacity * sizeof(void *));
    mailbox->slots = NULL;
}

bool mailbox_push(struct mailbox *mailbox, void *message)
{
    assert(message);
    u64 pushed = atomic_load_explicit(&mailbox->pushed, memory_order_relaxed);
    u64 popped = atomic_load_explicit(&mailbox->popped, memory_order_acquire);
    assert(pushed - popped <= mailbox->capacity);
    if (pushed - popped == mailbox->capacity) return false;
    mailbox->slots[pushed & (mailbox->capacity - 1)] = message;
    atomic_store_explicit(&mailbox->pushed, pushed + 1, memory_order_release);
    if (mailbox->waker) poll_wake(mailbox->waker);
    return true;
}

void *mailbox_pop(struct mailbox *mailbox)
{
    u64 popped = atomic_load_explicit(&mailbox->popped, memory_order_relaxed);
    u64 pushed = atomic_load_explicit(&mailbox->pushed, memory_order_acquire);
    if (popped == pushed) return NULL;
    void *message = mailbox->slots[popped & (mailbox->capacity - 1)];
    atomic_store_explicit(&mailbox->popped, popped + 1, memory_order_release);
    return message;
}

u32 mailbox_count(const struct mailbox *mailbox)
{
    u64 popped = atomic_load_explicit(&mailbox->popped, memory_order_acquire);
    u64 pushed = atomic_load_explicit(&mailbox->pushed, memory_order_acquire);
    return (u32)(pushed - popped);
}
