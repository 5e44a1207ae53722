#include "flow/forecast.h"

#include "base/rand.h"
#include "tests/test.h"

static struct forecast make(struct forecast_input input)
{
    struct err err;
    struct forecast forecast;
    assert_ok(forecast_make(&input, &forecast, &err), &err);
    return forecast;
}

TEST(forecast_of_a_hundred_against_ninety_five_is_two_hundred_seconds)
{
    struct forecast forecast =
        make((struct forecast_input){ .in = 100, .out = 95, .items_max = 1000 });
    assert_true(forecast.overflows);
    assert_true(forecast.overflow_after_s == 200);
    assert_true(forecast.latency_s == 1000.0 / 95);
}

TEST(forecast_takes_the_tighter_bound)
{
    struct forecast_input input = {
        .in = 2, .out = 1, .items_max = 1000, .size_max = 5000, .item_size = 10
    };
    assert_true(make(input).capacity == 500);
    input.size_max = 50000;
    assert_true(make(input).capacity == 1000);
}

TEST(forecast_advises_by_what_may_wait_and_what_may_be_lost)
{
    static const struct {
        double in, out, burst;
        enum forecast_answer controllable, loss;
        enum stance stance;
    } cases[] = {
        { 1, 2, 0, FORECAST_UNKNOWN, FORECAST_UNKNOWN, STANCE_BLOCK },
        { 2, 1, 0, FORECAST_UNKNOWN, FORECAST_UNKNOWN, STANCE_BLOCK },
        { 2, 1, 0, FORECAST_YES, FORECAST_YES, STANCE_BLOCK },
        { 2, 1, 0, FORECAST_NO, FORECAST_YES, STANCE_DROP_OLDEST },
        { 2, 1, 0, FORECAST_NO, FORECAST_NO, STANCE_SPILL },
        { 1, 2, 5000, FORECAST_NO, FORECAST_YES, STANCE_DROP_OLDEST },
        { 1, 2, 5000, FORECAST_NO, FORECAST_NO, STANCE_BLOCK },
    };
    for (u32 i = 0; i < countof(cases); i++) {
        struct forecast forecast =
            make((struct forecast_input){ .in = cases[i].in,
                                          .out = cases[i].out,
                                          .burst = cases[i].burst,
                                          .items_max = 1000,
                                          .controllable = cases[i].controllable,
                                          .loss = cases[i].loss });
        assert_int_equal(forecast.advised, cases[i].stance);
        assert_non_null(forecast.reason);
    }
    /* Bursts alone: a bound that holds one is enough. */
    struct forecast_input input = {
        .in = 1, .out = 2, .burst = 5000, .items_max = 1000, .loss = FORECAST_NO
    };
    assert_true(make(input).items_max_advised == 5000);
}

TEST(forecast_without_good_rates_or_with_bytes_of_unknown_items_is_refused)
{
    struct err err;
    struct forecast forecast;
    static const struct forecast_input inputs[] = { { .in = 0, .out = 1 },
                                                    { .in = 1, .out = 0 },
                                                    { .in = 1, .out = 1, .size_max = 100 } };
    for (u32 i = 0; i < countof(inputs); i++) {
        assert_int_equal(forecast_make(&inputs[i], &forecast, &err), FAIL);
        assert_string_equal(err.sqlstate, "22023");
    }
}

/* A queue stepped item by item overflows when the forecast says, and loses and holds what it says. */
TEST(forecast_agrees_with_a_queue_that_is_stepped_through)
{
    struct rand rand = { .state = test_seed(11) };
    for (u32 round = 0; round < test_rounds(50); round++) {
        double in = 1 + (double)rand_below(&rand, 100), out = 1 + (double)rand_below(&rand, 100);
        double capacity = 10 + (double)rand_below(&rand, 500);
        struct forecast forecast =
            make((struct forecast_input){ .in = in, .out = out, .items_max = capacity });
        assert_int_equal(forecast.overflows, in > out);
        if (!forecast.overflows) continue;
        double queue = 0, at = 0, step = 0.001;
        for (; queue < capacity; at += step)
            queue = MAX(queue + (in - out) * step, 0);
        assert_true(at >= forecast.overflow_after_s - 0.01 &&
                    at <= forecast.overflow_after_s + 0.01);
        for (u32 i = 0; i < forecast.stance_count; i++) {
            const struct forecast_stance *line = &forecast.stances[i];
            double kept =
                line->stance == STANCE_SPILL || line->stance == STANCE_CONFLATE || line->ends;
            assert_true(kept || line->passed + line->lost + line->held == in);
        }
    }
}
