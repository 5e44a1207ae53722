#include "os/clock.h"

#include <stdatomic.h>
#include <time.h>

#include "base/assert.h"

/* Stands for the machine's clock, which tests may move; 0 in the program. */
static _Atomic(i64) shift_us;
/* What both clocks show in a simulation. */
static _Atomic(i64) simulated_us;
static _Atomic(i64) simulated_step_us;
static _Atomic(bool) is_simulated;

static i64 clock_read(clockid_t id)
{
    if (unlikely(atomic_load_explicit(&is_simulated, memory_order_relaxed)))
        return atomic_fetch_add(&simulated_us, atomic_load(&simulated_step_us));
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

void clock_simulate(i64 now_us, i64 step_us)
{
    assert(step_us >= 0);
    atomic_store(&shift_us, 0);
    atomic_store(&simulated_us, now_us);
    atomic_store(&simulated_step_us, step_us);
    atomic_store(&is_simulated, true);
}
