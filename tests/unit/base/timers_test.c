#include "base/timers.h"

#include "base/rand.h"
#include "tests/test.h"

TEST(timers_give_the_earliest_first_whatever_was_moved_or_cancelled)
{
    enum { COUNT = 200 };
    struct rand rand = { .state = test_seed(4) };
    struct mem mem;
    struct timers timers;
    struct timer all[COUNT] = { 0 };
    mem_init(&mem, "timers", NULL, 0);
    timers_init(&timers, &mem);
    for (u32 step = 0; step < 20000; step++) {
        struct timer *timer = &all[rand_below(&rand, COUNT)];
        if (rand_below(&rand, 3) > 0)
            timers_set(&timers, timer, (i64)rand_below(&rand, 1000));
        else
            timers_cancel(&timers, timer);
        i64 earliest = INT64_MAX;
        u32 set = 0;
        for (u32 i = 0; i < COUNT; i++) {
            if (!timer_is_set(&all[i])) continue;
            earliest = MIN(earliest, all[i].at_us);
            set++;
        }
        assert_int_equal(timers.count, set);
        const struct timer *first = timers_first(&timers);
        assert_true(first ? first->at_us == earliest : set == 0);
    }
    i64 last = INT64_MIN;
    for (struct timer *due; (due = timers_take_due(&timers, 500)); last = due->at_us)
        assert_true(due->at_us >= last && due->at_us <= 500 && !timer_is_set(due));
    for (u32 i = 0; i < COUNT; i++)
        assert_true(!timer_is_set(&all[i]) || all[i].at_us > 500);
    timers_deinit(&timers);
    mem_deinit(&mem);
}
