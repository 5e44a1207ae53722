#include "base/text.h"

#include "base/counter.h"
#include "base/rand.h"
#include "tests/test.h"

TEST(text_reads_sizes_in_powers_of_1024)
{
    static const struct {
        const char *text;
        u64 size;
    } cases[] = {
        { "64MB", MIB(64) },
        { "1.5 kB", 1536 },
        { "0", 0 },
        { "100", 100 },
        { "2 GiB", GIB(2) },
        { " 7b ", 7 },
        { "1tb", GIB(1024) },
        { "3 bytes", 3 },
        { "0.5MB", KIB(512) },
        { "8191TB", GIB(1024) * 8191 },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        struct err err;
        u64 size;
        assert_ok(text_parse_size(slice_of(cases[index].text), "memory", &size, &err), &err);
        assert_int_equal(size, cases[index].size);
    }
    const char *bad[] = {
        "",   "MB", "-1MB", "1XB", "1.MB", ".5MB", "1 M B", "99999999999TB", "18446744073709551616",
        "1e3"
    };
    for (size_t index = 0; index < countof(bad); index++) {
        struct err err;
        u64 size;
        assert_int_equal(text_parse_size(slice_of(bad[index]), "memory", &size, &err), FAIL);
        assert_string_equal(err.sqlstate, "22023");
    }
}

TEST(text_reads_durations_and_wants_a_unit)
{
    static const struct {
        const char *text;
        i64 duration_us;
    } cases[] = {
        { "60s", 60000000 }, { "1 hour", 3600000000 }, { "100ms", 100000 },
        { "5m", 300000000 }, { "5 min", 300000000 },   { "0", 0 },
        { "1.5s", 1500000 }, { "250 us", 250 },        { "2 days", 172800000000 },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        struct err err;
        i64 duration_us;
        assert_ok(text_parse_duration(slice_of(cases[index].text), "wait", &duration_us, &err),
                  &err);
        assert_int_equal(duration_us, cases[index].duration_us);
    }
    const char *bad[] = { "", "60", "s", "-1s", "1 fortnight", "1s 2ms", "300000000000 h" };
    for (size_t index = 0; index < countof(bad); index++) {
        i64 duration_us;
        assert_int_equal(text_parse_duration(slice_of(bad[index]), "wait", &duration_us, NULL),
                         FAIL);
    }
}

TEST(text_reads_counts_of_digits_only)
{
    u64 count;
    struct err err;
    assert_ok(text_parse_count(SLICE("65535"), "port", 65535, &count, &err), &err);
    assert_int_equal(count, 65535);
    const char *bad[] = { "", "65536", "-1", "1.0", "1 ", " 1 x", "0x10", "1k" };
    for (size_t index = 0; index < countof(bad); index++)
        assert_int_equal(text_parse_count(slice_of(bad[index]), "port", 65535, &count, NULL), FAIL);
}

TEST(text_writes_what_it_reads)
{
    struct rand rand = { .state = test_seed(5) };
    for (u32 round = 0; round < 1000; round++) {
        u64 value = rand_next(&rand) >> (1 + rand_below(&rand, 63));
        char text[TEXT_UNIT_SIZE_MAX];
        u64 size;
        text_write_size(text, value);
        assert_int_equal(text_parse_size(slice_of(text), "size", &size, NULL), OK);
        assert_int_equal(size, value);
        i64 duration_us;
        text_write_duration(text, (i64)value);
        assert_int_equal(text_parse_duration(slice_of(text), "wait", &duration_us, NULL), OK);
        assert_int_equal(duration_us, value);
    }
    char text[TEXT_UNIT_SIZE_MAX];
    text_write_size(text, MIB(64));
    assert_string_equal(text, "64MB");
    text_write_duration(text, 90000000);
    assert_string_equal(text, "90s");
    text_write_size(text, 0);
    assert_string_equal(text, "0B");
}

TEST(text_writes_numbers_without_leading_zeros)
{
    static const struct {
        u64 number;
        u32 base;
        const char *text;
    } cases[] = { { 0, 10, "0" },
                  { 0, 16, "0" },
                  { 1234567890, 10, "1234567890" },
                  { 0xdeadbeef, 16, "deadbeef" },
                  { UINT64_MAX, 10, "18446744073709551615" },
                  { UINT64_MAX, 16, "ffffffffffffffff" } };
    for (size_t index = 0; index < countof(cases); index++) {
        char text[TEXT_NUMBER_SIZE_MAX + 1];
        text[text_write_number(text, cases[index].number, cases[index].base)] = '\0';
        assert_string_equal(text, cases[index].text);
    }
}

TEST(histogram_percentiles_are_at_most_an_eighth_above)
{
    static struct histogram histogram;
    assert_int_equal(histogram_percentile(&histogram, 0.5), 0);
    for (u64 value = 1; value <= 10000; value++)
        histogram_add(&histogram, value);
    u64 p50 = histogram_percentile(&histogram, 0.5);
    assert_true(p50 >= 5000 && p50 <= 5625);
    assert_int_equal(histogram_percentile(&histogram, 1), 10000);
    histogram_add(&histogram, UINT64_MAX);
    assert_true(histogram_percentile(&histogram, 1) == UINT64_MAX);
    for (u32 bucket = 0; bucket + 1 < HISTOGRAM_BUCKET_COUNT; bucket++) {
        assert_int_equal(histogram_bucket(histogram_bucket_max(bucket)), bucket);
        assert_int_equal(histogram_bucket(histogram_bucket_max(bucket) + 1), bucket + 1);
    }
}

TEST(text_rates_are_a_number_and_a_time)
{
    static const struct {
        const char *text;
        double per_second;
    } cases[] = { { "1000/s", 1000 },         { "5/min", 5.0 / 60 }, { "0.5/s", 0.5 },
                  { "1.5k/s", 1500 },         { "20", 20 },          { "2M", 2e6 },
                  { "3 / hour", 3.0 / 3600 }, { "1/ms", 1000 } };
    double rate;
    struct err err;
    for (u32 i = 0; i < countof(cases); i++) {
        assert_ok(text_parse_rate(slice_of(cases[i].text), "rate", &rate, &err), &err);
        assert_true(rate == cases[i].per_second);
    }
    static const char *const bad[] = { "",     "0",   "0/s", "/s",    "5/",  "5/x",
                                       "-1/s", "1/2", "x",   "5k5/s", "1//s" };
    for (u32 i = 0; i < countof(bad); i++) {
        assert_int_equal(text_parse_rate(slice_of(bad[i]), "rate", &rate, &err), FAIL);
        assert_string_equal(err.sqlstate, "22023");
    }
}

TEST(text_shares_lie_above_0_and_up_to_1)
{
    double share;
    struct err err;
    assert_ok(text_parse_share(SLICE("0.25"), "keep", &share, &err), &err);
    assert_true(share == 0.25);
    assert_ok(text_parse_share(SLICE("1/8"), "keep", &share, &err), &err);
    assert_true(share == 0.125);
    assert_ok(text_parse_share(SLICE("50 %"), "keep", &share, &err), &err);
    assert_true(share == 0.5);
    static const char *const bad[] = { "", "0", "1.5", "2/1", "101%", "1/", "x", "1/0", "0%" };
    for (u32 i = 0; i < countof(bad); i++)
        assert_int_equal(text_parse_share(slice_of(bad[i]), "keep", &share, &err), FAIL);
}
