#include "os/poll.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "os/clock.h"

static u32 events_of(u32 interest);
static u32 wait_ready(struct poll_loop *loop, i64 timeout_us);
static u32 dispatch_ready(struct poll_loop *loop, u32 count);
static u32 dispatch_wakes(struct poll_loop *loop);
static u32 dispatch_timers(struct poll_loop *loop);

enum status poll_open(struct poll_loop *loop, struct mem *mem, struct err *err)
{
    *loop = (struct poll_loop){ .mem = mem, .epoll_fd = -1, .wake_fd = -1 };
    timers_init(&loop->timers, mem);
    loop->ready = mem_zalloc(mem, POLL_READY_COUNT_MAX * sizeof(struct epoll_event));
    loop->now_us = clock_now();
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd >= 0) loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL }; /* NULL is the wake */
    if (loop->wake_fd < 0 || epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->wake_fd, &event) < 0) {
        err_set(err, "53000", "could not create an event loop: %s", strerrordesc_np(errno));
        poll_close(loop);
        return FAIL;
    }
    return OK;
}

void poll_close(struct poll_loop *loop)
{
    if (!loop->mem) return;
    if (loop->wake_fd >= 0) close(loop->wake_fd);
    if (loop->epoll_fd >= 0) close(loop->epoll_fd);
    mem_free(loop->mem, loop->ready, POLL_READY_COUNT_MAX * sizeof(struct epoll_event));
    timers_deinit(&loop->timers);
    *loop = (struct poll_loop){ .epoll_fd = -1, .wake_fd = -1 };
}

u32 poll_wait(struct poll_loop *loop, i64 timeout_us)
{
    assert(loop->ready_count == 0); /* not from inside a callback */
    const struct timer *first = timers_first(&loop->timers);
    if (first) {
        i64 left_us = MAX(first->at_us - clock_now(), 0);
        if (timeout_us < 0 || left_us < timeout_us) timeout_us = left_us;
    }
    u32 count = wait_ready(loop, timeout_us);
    loop->now_us = clock_now();
    return dispatch_ready(loop, count) + dispatch_wakes(loop) + dispatch_timers(loop);
}

static u32 wait_ready(struct poll_loop *loop, i64 timeout_us)
{
    struct timespec timeout = { .tv_sec = timeout_us / CLOCK_SECOND,
                                .tv_nsec = timeout_us % CLOCK_SECOND * 1000 };
    int count = epoll_pwait2(loop->epoll_fd, loop->ready, POLL_READY_COUNT_MAX,
                             timeout_us < 0 ? NULL : &timeout, NULL);
    if (count < 0 && errno == ENOSYS) { /* kernels before 5.11 wait in whole milliseconds */
        i64 timeout_ms = timeout_us < 0 ? -1 : MIN((timeout_us + 999) / 1000, (i64)INT32_MAX);
        count = epoll_wait(loop->epoll_fd, loop->ready, POLL_READY_COUNT_MAX, (int)timeout_ms);
    }
    assert(count >= 0 || errno == EINTR);
    return (u32)MAX(count, 0);
}

static u32 dispatch_ready(struct poll_loop *loop, u32 count)
{
    struct epoll_event *events = loop->ready;
    u32 called = 0;
    loop->ready_count = count;
    for (loop->ready_index = 0; loop->ready_index < loop->ready_count; loop->ready_index++) {
        struct epoll_event *event = &events[loop->ready_index];
        struct poll_source *source = event->data.ptr;
        if (!source) continue; /* the wake descriptor, or removed since */
        u32 ready = 0;
        if (event->events & (EPOLLIN | EPOLLRDHUP)) ready |= POLL_READ;
        if (event->events & EPOLLOUT) ready |= POLL_WRITE;
        if (event->events & (EPOLLHUP | EPOLLERR)) ready |= POLL_HANGUP;
        source->on_ready(source, ready);
        called++;
    }
    loop->ready_count = 0;
    return called;
}

enum status poll_add(struct poll_loop *loop, struct poll_source *source, u32 interest,
                     struct err *err)
{
    assert(source->on_ready && source->fd >= 0);
    struct epoll_event event = { .events = events_of(interest), .data.ptr = source };
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) < 0)
        return err_set(err, "53000", "could not watch a descriptor: %s", strerrordesc_np(errno));
    source->interest = interest;
    loop->source_count++;
    return OK;
}

static u32 events_of(u32 interest)
{
    return (interest & POLL_READ ? (u32)EPOLLIN : 0) | (interest & POLL_WRITE ? (u32)EPOLLOUT : 0);
}

void poll_change(struct poll_loop *loop, struct poll_source *source, u32 interest)
{
    assert(source->fd >= 0);
    if (source->interest == interest) return;
    struct epoll_event event = { .events = events_of(interest), .data.ptr = source };
    int failed = epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
    assert(!failed); /* it was added, and changing needs no new memory */
    source->interest = interest;
}

void poll_remove(struct poll_loop *loop, struct poll_source *source)
{
    if (source->fd < 0) return;
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL) < 0) {
        assert(errno == ENOENT); /* never added */
        return;
    }
    source->interest = POLL_NONE;
    assert(loop->source_count > 0);
    loop->source_count--;
    struct epoll_event *events = loop->ready;
    for (u32 index = loop->ready_index; index < loop->ready_count; index++)
        if (events[index].data.ptr == source) events[index].data.ptr = NULL;
}

void poll_waker_add(struct poll_loop *loop, struct poll_waker *waker, poll_wake_fn *on_wake)
{
    *waker = (struct poll_waker){ .on_wake = on_wake, .loop = loop, .next = loop->wakers };
    loop->wakers = waker;
}

void poll_waker_remove(struct poll_loop *loop, struct poll_waker *waker)
{
    if (!waker->loop) return;
    if (loop->waker_at == waker) loop->waker_at = waker->next;
    for (struct poll_waker **at = &loop->wakers; *at; at = &(*at)->next) {
        if (*at != waker) continue;
        *at = waker->next;
        break;
    }
    waker->loop = NULL;
}

/* Two flags, each cleared before what it stands for is looked at: whoever sets one later causes
 * another round, so no wake is lost; and a thousand wakes cost one write. */
void poll_wake(struct poll_waker *waker)
{
    struct poll_loop *loop = waker->loop;
    atomic_store(&waker->pending, true);
    if (atomic_exchange(&loop->woken, true)) return;
    u64 one = 1;
    ssize_t written = write(loop->wake_fd, &one, sizeof one);
    assert(written == (ssize_t)sizeof one);
}

static u32 dispatch_wakes(struct poll_loop *loop)
{
    if (!atomic_load(&loop->woken)) return 0;
    /* Emptied before the flag falls: a write after that is seen by the next wait. The flag may rise
     * a moment before its write; then that write causes one more round, which finds nothing. */
    u64 count;
    ssize_t got = read(loop->wake_fd, &count, sizeof count);
    assert(got == (ssize_t)sizeof count || errno == EAGAIN);
    if (got > 0) atomic_store(&loop->woken, false);
    u32 called = 0;
    for (struct poll_waker *waker = loop->wakers; waker; waker = loop->waker_at) {
        loop->waker_at = waker->next;
        if (!atomic_exchange(&waker->pending, false)) continue;
        waker->on_wake(waker);
        called++;
    }
    loop->waker_at = NULL;
    return called;
}

void poll_timer_set(struct poll_loop *loop, struct poll_timer *timer, i64 at_us)
{
    assert(timer->on_timer);
    timers_set(&loop->timers, &timer->timer, at_us);
}

void poll_timer_cancel(struct poll_loop *loop, struct poll_timer *timer)
{
    timers_cancel(&loop->timers, &timer->timer);
}

static u32 dispatch_timers(struct poll_loop *loop)
{
    /* No more than there were at first: callbacks that set due timers anew cannot keep the sockets
     * from their turn. */
    u32 called = 0;
    u32 called_max = loop->timers.count;
    for (; called < called_max; called++) {
        struct timer *due = timers_take_due(&loop->timers, loop->now_us);
        if (!due) break;
        struct poll_timer *timer = container_of(due, struct poll_timer, timer);
        timer->on_timer(timer, loop->now_us);
    }
    return called;
}
