#include "os/clock.h"

#include <stdatomic.h>
#include <time.h>

#include "base/assert.h"

/* Stands for the machine's clock, which tests may move; 0 in the program. */
static _Atomic(i64) shift_us;

static i64 clock_read(clockid_t id)
{
    struct timespec now;
    int failed = clock_gettime(id, &now);
    assert(!failed);
    return (i64)now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

i64 clock_now(void)
{
    return clock_read(CLOCK_MONOTONIC) + atomic_load_explicit(&shift_us, memory_order_relaxed);
}

i64 clock_wall(void)
{
    return clock_read(CLOCK_REALTIME) + atomic_load_explicit(&shift_us, memory_order_relaxed);
}

i64 clock_cpu_thread(void)
{
    return clock_read(CLOCK_THREAD_CPUTIME_ID);
}

i64 clock_cpu_process(void)
{
    return clock_read(CLOCK_PROCESS_CPUTIME_ID);
}

void clock_shift(i64 duration_us)
{
    assert(duration_us >= 0);
    atomic_fetch_add_explicit(&shift_us, duration_us, memory_order_relaxed);
}
