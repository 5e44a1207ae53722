#include "os/clock.h"

#include "tests/test.h"

TEST(clock_never_goes_back_and_shifts_for_tests)
{
    i64 before = clock_now();
    i64 wall = clock_wall();
    clock_shift(5 * CLOCK_SECOND);
    i64 after = clock_now();
    assert_true(after - before >= 5 * CLOCK_SECOND);
    assert_true(clock_wall() - wall >= 5 * CLOCK_SECOND);
    assert_true(after - before < 60 * CLOCK_SECOND);
}

TEST(clock_counts_processor_time_of_the_thread_within_the_process)
{
    i64 thread = clock_cpu_thread();
    volatile u64 spin[1] = { 0 };
    while (clock_cpu_thread() - thread < 2000)
        spin[0]++;
    thread = clock_cpu_thread();
    assert_true(clock_cpu_process() >= thread);
}
