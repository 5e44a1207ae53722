#include "os/monitor.h"

#include <errno.h>
#include <time.h>

#include "base/assert.h"
#include "os/clock.h"

void monitor_init(struct monitor *monitor)
{
    int failed = pthread_mutex_init(&monitor->mutex, NULL);
    assert(!failed);
    failed = pthread_cond_init(&monitor->changed, NULL);
    assert(!failed);
}

void monitor_deinit(struct monitor *monitor)
{
    int failed = pthread_cond_destroy(&monitor->changed);
    assert(!failed);
    failed = pthread_mutex_destroy(&monitor->mutex);
    assert(!failed);
}

void monitor_enter(struct monitor *monitor)
{
    int failed = pthread_mutex_lock(&monitor->mutex);
    assert(!failed);
}

void monitor_leave(struct monitor *monitor)
{
    int failed = pthread_mutex_unlock(&monitor->mutex);
    assert(!failed);
}

void monitor_wait(struct monitor *monitor)
{
    int failed = pthread_cond_wait(&monitor->changed, &monitor->mutex);
    assert(!failed);
}

bool monitor_wait_until(struct monitor *monitor, i64 at_us)
{
    i64 left_us = at_us - clock_now();
    if (left_us <= 0) return false;

    /* The system's own clock, since clock_now may have been shifted. */
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    i64 nanoseconds = until.tv_nsec + left_us % CLOCK_SECOND * 1000;
    until.tv_sec += left_us / CLOCK_SECOND + nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    int failed =
        pthread_cond_clockwait(&monitor->changed, &monitor->mutex, CLOCK_MONOTONIC, &until);
    assert(!failed || failed == ETIMEDOUT);
    return !failed;
}

void monitor_notify(struct monitor *monitor)
{
    int failed = pthread_cond_broadcast(&monitor->changed);
    assert(!failed);
}
