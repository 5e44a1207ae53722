/* Messages from one thread to one other, bounded, without a lock.
 *
 * Invariant: a message is owned by the sender until push says true, then by the mailbox, then by
 * who popped it; in order, none lost, none twice. */
#pragma once

#include "base/mem.h"
#include "os/poll.h"

struct mailbox {
    struct mem *mem;
    void **slots;
    u32 capacity;             /* a power of two */
    struct poll_waker *waker; /* borrowed; NULL: the receiver looks by itself */
    alignas(64) _Atomic(u64) pushed;
    alignas(64) _Atomic(u64) popped;
};

/* count_max is rounded up to a power of two. mem is used here and in deinit only. */
void mailbox_init(struct mailbox *mailbox, struct mem *mem, u32 count_max,
                  struct poll_waker *waker);
/* Must be empty: what is in it has an owner to be. */
void mailbox_deinit(struct mailbox *mailbox);

/* The sender's thread: false when it is full, and message stays the caller's. Wakes the receiver's
 * loop. message is not NULL. */
MUST_USE bool mailbox_push(struct mailbox *mailbox, void *message);
/* The receiver's thread: NULL when it is empty. */
void *mailbox_pop(struct mailbox *mailbox);
/* Either thread; the other may change it at once. */
u32 mailbox_count(const struct mailbox *mailbox);
