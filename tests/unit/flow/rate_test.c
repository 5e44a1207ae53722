#include "flow/rate.h"

#include "base/rand.h"
#include "tests/test.h"

TEST(rate_of_nothing_lets_all_pass)
{
    struct rate rate;
    rate_init(&rate, 0);
    assert_int_equal(rate_allows(&rate, 1000, 5), 1000);
}

TEST(rate_below_a_hundred_a_second_passes_one_by_one)
{
    struct rate rate;
    rate_init(&rate, 50);
    assert_int_equal(rate_allows(&rate, 1000, 1000000), 1);
    rate_take(&rate, 1, 1000000);
    assert_int_equal(rate_allows(&rate, 1000, 1019998), 0);
    assert_true(rate_next(&rate) >= 1020000 && rate_next(&rate) <= 1020001);
    assert_int_equal(rate_allows(&rate, 1000, rate_next(&rate)), 1);
}

TEST(rate_passes_its_items_over_any_span_and_never_more_than_a_burst_above)
{
    struct rand rand = { 0 };
    rand.state = test_seed(7);
    for (u32 round = 0; round < 50; round++) {
        double per_second = (double)(1 + rand_below(&rand, 200000));
        struct rate rate;
        rate_init(&rate, per_second);
        i64 now = 1000000, start = now;
        u64 passed = 0;
        for (u32 step = 0; step < 2000; step++) {
            now += rand_below(&rand, 4) ? (i64)rand_below(&rand, 20000) : 0;
            u32 allowed = rate_allows(&rate, (u32)rand_below(&rand, 5000), now);
            rate_take(&rate, allowed, now);
            passed += allowed;
            double most = per_second * (double)(now - start) / 1e6 + per_second / 100 + 1.001;
            assert_true((double)passed <= most);
        }
    }
    /* Whoever always asks gets all of it. */
    struct rate rate;
    rate_init(&rate, 1234);
    u64 passed = 0;
    for (i64 now = 0; now < 100 * 1000000ll; now += 777) {
        u32 allowed = rate_allows(&rate, 100, now);
        rate_take(&rate, allowed, now);
        passed += allowed;
    }
    assert_true(passed >= 123400 - 2 && passed <= 123400 + 15);
}
