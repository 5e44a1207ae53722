#include "data/timestamp.h"

#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "data/time_text.h"
#include "tests/test.h"

TEST(timestamp_prints_and_parses_every_kind_of_moment)
{
    struct rand rand = { test_seed(1) };
    for (u32 round = 0; round < test_rounds(200000); round++) {
        u64 span = (u64)TIMESTAMP_END - (u64)TIMESTAMP_MIN;
        i64 timestamp = (i64)((u64)TIMESTAMP_MIN + rand_below(&rand, span)), back;
        if (round % 2) timestamp = (i64)rand_below(&rand, 1u << 30) * 1000003;
        char text[TIMESTAMP_TEXT_MAX];
        u32 size = timestamp_print_zoned(timestamp, text);
        assert_true(size <= TIMESTAMP_TEXT_MAX);
        assert_int_equal(timestamp_parse_zoned(slice_make(text, size), &back), FLAW_NONE);
        assert_int_equal(back, timestamp);
    }
}

/* The fast way for the usual form and the general way must read the same. */
TEST(time_text_reads_the_usual_form_as_the_general_way_does)
{
    struct rand rand = { test_seed(2) };
    for (u32 round = 0; round < test_rounds(100000); round++) {
        char text[64];
        i32 size = snprintf(text, sizeof text, "%04u-%02u-%02u%c%02u:%02u:%02u",
                            (u32)rand_below(&rand, 10000), (u32)rand_below(&rand, 14),
                            (u32)rand_below(&rand, 33), " T"[round % 2], (u32)rand_below(&rand, 26),
                            (u32)rand_below(&rand, 62), (u32)rand_below(&rand, 62));
        if (round % 3) size += snprintf(text + size, 16, ".%u", (u32)rand_below(&rand, 10000000));
        if (round % 5) size += snprintf(text + size, 16, "%+03d", (i32)rand_below(&rand, 34) - 17);
        struct time_text fast, general;
        enum flaw flaw = time_text_parse(slice_make(text, (size_t)size), &fast);
        memmove(text + 1, text, (size_t)size);
        text[0] = ' '; /* a blank in front leads to the general way */
        assert_int_equal(time_text_parse(slice_make(text, (size_t)size + 1), &general), flaw);
        if (flaw) continue;
        assert_memory_equal(&fast.day, &general.day, sizeof fast.day);
        assert_int_equal(fast.micros, general.micros);
        assert_int_equal(fast.zoned, general.zoned);
        assert_int_equal(fast.zone_micros, general.zone_micros);
    }
}

TEST(timestamp_refuses_what_depends_on_when_it_is_read)
{
    i64 out;
    assert_int_equal(timestamp_parse(SLICE("now"), &out), FLAW_NOW);
    assert_int_equal(date_parse(SLICE("tomorrow"), &out), FLAW_NOW);
    assert_int_equal(timestamp_parse_zoned(SLICE("2020-01-01 10:00 America/New_York"), &out),
                     FLAW_ZONE);
}

TEST(timestamp_month_arithmetic_ends_on_the_last_day)
{
    i64 start, end, wanted;
    struct interval month = { .months = 1 };
    assert_int_equal(timestamp_parse(SLICE("2024-01-31 10:00:00"), &start), FLAW_NONE);
    assert_int_equal(timestamp_parse(SLICE("2024-02-29 10:00:00"), &wanted), FLAW_NONE);
    assert_int_equal(timestamp_add(start, &month, &end), FLAW_NONE);
    assert_int_equal(end, wanted);
}

TEST(calendar_days_follow_each_other_without_a_gap)
{
    struct calendar_day before = calendar_from_julian(0);
    assert_int_equal(before.year, -4713);
    for (i32 julian = 1; julian < 4000000; julian++) {
        struct calendar_day day = calendar_from_julian(julian);
        bool next_day = day.day == before.day + 1 && day.month == before.month;
        bool next_month =
            day.day == 1 && before.day == calendar_days_in_month(before.year, before.month);
        assert_true(next_day || next_month);
        assert_int_equal(calendar_julian(day.year, day.month, day.day), julian);
        before = day;
    }
    assert_int_equal(calendar_julian(5874897, 12, 31), 2147483493);
}

TEST(interval_equal_lengths_are_equal_however_they_are_said)
{
    struct interval month, days, hours;
    assert_int_equal(interval_parse(SLICE("1 month"), &month), FLAW_NONE);
    assert_int_equal(interval_parse(SLICE("30 days"), &days), FLAW_NONE);
    assert_int_equal(interval_parse(SLICE("PT720H"), &hours), FLAW_NONE);
    assert_int_equal(interval_compare(&month, &days), 0);
    assert_int_equal(interval_compare(&days, &hours), 0);
    assert_true(interval_span(&month) == interval_span(&hours));
}
