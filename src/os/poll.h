/* One thread's loop: sockets that are ready, timers that are due, wakes from other threads.
 *
 * The caller embeds a poll_source, poll_timer or poll_waker in what it waits for and finds it again
 * with container_of. Readiness is level-triggered. Everything may be added, changed and removed
 * inside any callback, also the one that is running, and after removal no callback comes. An idle
 * loop uses no processor time.
 *
 * All functions belong to the loop's thread but poll_wake, which any thread may call. */
#pragma once

#include "base/status.h"
#include "base/timers.h"

enum poll_interest {
    POLL_NONE = 0,
    POLL_READ = 1,
    POLL_WRITE = 2,
    /* Never asked for, only told, again and again: both sides are shut, or an error waits. The
     * source must be removed. */
    POLL_HANGUP = 4,
};

struct poll_source;
typedef void poll_ready_fn(struct poll_source *source, u32 ready);

struct poll_source {
    poll_ready_fn *on_ready;
    int fd;
    u32 interest; /* as the system was told */
};

struct poll_timer;
typedef void poll_timer_fn(struct poll_timer *timer, i64 now_us);

struct poll_timer {
    poll_timer_fn *on_timer;
    struct timer timer;
};

struct poll_waker;
struct poll_loop;
typedef void poll_wake_fn(struct poll_waker *waker);

struct poll_waker {
    poll_wake_fn *on_wake;
    struct poll_loop *loop;
    struct poll_waker *next;
    _Atomic(bool) pending;
};

#define POLL_READY_COUNT_MAX 256

struct poll_loop {
    struct mem *mem;
    int epoll_fd;
    int wake_fd;
    _Atomic(bool) woken; /* the wake descriptor has been written and not read yet */
    struct poll_waker *wakers;
    struct poll_waker *waker_at; /* the next one to look at, while wakes are dispatched */
    struct timers timers;
    u32 source_count;
    i64 now_us;
    void *ready; /* the events being dispatched */
    u32 ready_count;
    u32 ready_index;
};

MUST_USE enum status poll_open(struct poll_loop *loop, struct mem *mem, struct err *err);
/* Takes a zeroed loop too. What was added is forgotten, not closed. */
void poll_close(struct poll_loop *loop);

/* Waits until something happens, at most timeout_us (-1: for ever, 0: not at all), and calls what is
 * ready: sockets, then wakes, then timers. Returns the number of callbacks called. */
u32 poll_wait(struct poll_loop *loop, i64 timeout_us);

/* The time as of the last wait; saves asking the clock. */
static inline i64 poll_now(const struct poll_loop *loop)
{
    return loop->now_us;
}

/* source->fd and on_ready are set by the caller before. */
MUST_USE enum status poll_add(struct poll_loop *loop, struct poll_source *source, u32 interest,
                              struct err *err);
/* No system call when nothing changes. */
void poll_change(struct poll_loop *loop, struct poll_source *source, u32 interest);
/* Before the descriptor is closed. Takes a source that is not added (interest 0 and fd -1). */
void poll_remove(struct poll_loop *loop, struct poll_source *source);

/* Sets or moves the timer; it fires once, in the first wait at or after at_us. */
void poll_timer_set(struct poll_loop *loop, struct poll_timer *timer, i64 at_us);
/* Takes a timer that is not set. */
void poll_timer_cancel(struct poll_loop *loop, struct poll_timer *timer);
static inline bool poll_timer_is_set(const struct poll_timer *timer)
{
    return timer_is_set(&timer->timer);
}

void poll_waker_add(struct poll_loop *loop, struct poll_waker *waker, poll_wake_fn *on_wake);
/* When no other thread can call poll_wake with it any more. */
void poll_waker_remove(struct poll_loop *loop, struct poll_waker *waker);
/* From any thread: on_wake is called once in the loop's thread, soon; wakes before that are one.
 * What the caller wrote before is visible to on_wake. */
void poll_wake(struct poll_waker *waker);
