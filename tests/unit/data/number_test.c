#include "data/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "tests/test.h"

static void assert_f64(f64 value, const char *text)
{
    char out[NUMBER_TEXT_MAX + 1];
    out[number_print_f64(value, out)] = '\0';
    assert_string_equal(out, text);
}

TEST(number_f64_prints_the_fewest_digits_that_read_back)
{
    assert_f64(0.1, "0.1");
    assert_f64(-0.0, "-0");
    assert_f64(100, "100");
    assert_f64(123456789012345, "123456789012345");
    assert_f64(1e15, "1e+15");
    assert_f64(0.0001, "0.0001");
    assert_f64(0.00001, "1e-05");
    assert_f64(5e-324, "5e-324");
    assert_f64(1.7976931348623157e308, "1.7976931348623157e+308");
    assert_f64(1e23,
               "9.999999999999999e+22"); /* 1e23 lies in the middle of two, PostgreSQL avoids it */
    assert_f64(-__builtin_inf(), "-Infinity");
}

TEST(number_f32_prints_with_its_own_precision)
{
    char out[NUMBER_TEXT_MAX + 1];
    out[number_print_f32(0.1f, out)] = '\0';
    assert_string_equal(out, "0.1");
    out[number_print_f32(1234567.0f, out)] = '\0';
    assert_string_equal(out, "1.234567e+06");
}

TEST(number_floats_of_any_bits_read_back_as_they_were)
{
    struct rand rand = { test_seed(1) };
    for (u32 round = 0; round < test_rounds(300000); round++) {
        u64 bits = rand_next(&rand);
        f64 value, back;
        memcpy(&value, &bits, sizeof value);
        if (value - value != 0) continue;
        char out[NUMBER_TEXT_MAX];
        u32 size = number_print_f64(value, out);
        assert_true(size <= 24);
        assert_int_equal(number_parse_f64(slice_make(out, size), &back), FLAW_NONE);
        assert_memory_equal(&value, &back, sizeof value);

        u32 narrow_bits = (u32)bits;
        f32 narrow, narrow_back;
        memcpy(&narrow, &narrow_bits, sizeof narrow);
        if (narrow - narrow != 0) continue;
        size = number_print_f32(narrow, out);
        assert_true(size <= 15);
        assert_int_equal(number_parse_f32(slice_make(out, size), &narrow_back), FLAW_NONE);
        assert_memory_equal(&narrow, &narrow_back, sizeof narrow);
    }
}

/* strtod is exact; our own way must agree where it answers by itself. */
TEST(number_f64_parses_like_the_library)
{
    struct rand rand = { test_seed(2) };
    for (u32 round = 0; round < test_rounds(300000); round++) {
        char text[64];
        u64 digits = rand_next(&rand) >> rand_below(&rand, 64);
        i32 exponent = (i32)rand_below(&rand, 700) - 360;
        i32 size = snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits, exponent);
        f64 library = strtod(text, NULL), ours = 0;
        enum flaw flaw = number_parse_f64(slice_make(text, (size_t)size), &ours);
        bool outside = __builtin_isinf(library) || (library == 0 && digits > 0);
        assert_int_equal(flaw, outside ? FLAW_RANGE : FLAW_NONE);
        if (!outside) assert_memory_equal(&library, &ours, sizeof ours);
    }
}

TEST(number_f64_parses_more_digits_than_any_buffer)
{
    char text[4000];
    memset(text, '0', sizeof text);
    text[0] = '9';
    memcpy(text + sizeof text - 6, "e-3990", 6);
    f64 value;
    assert_int_equal(number_parse_f64(slice_make(text, sizeof text), &value), FLAW_NONE);
    assert_true(value == 9e3); /* 9 and 3993 zeros, times 10^-3990 */
    memset(text, '0', sizeof text);
    memcpy(text, "1.0000000000000002220446049250313080847263336181640625", 53);
    text[sizeof text - 1] =
        '1'; /* just above the middle of 1 and the next: only the last digit tells */
    text[17] = '1';
    memcpy(text, "1.00000000000000011102230246251565404236316680908203125", 55);
    assert_int_equal(number_parse_f64(slice_make(text, sizeof text), &value), FLAW_NONE);
    assert_true(value == 1.0000000000000002);
    text[sizeof text - 1] = '0';
    assert_int_equal(number_parse_f64(slice_make(text, sizeof text), &value), FLAW_NONE);
    assert_true(value == 1.0);
}

TEST(number_integers_print_as_the_library_does)
{
    struct rand rand = { test_seed(3) };
    for (u32 round = 0; round < 100000; round++) {
        i64 value = (i64)rand_next(&rand) >> rand_below(&rand, 64);
        char ours[NUMBER_TEXT_MAX], theirs[NUMBER_TEXT_MAX];
        i32 size = snprintf(theirs, sizeof theirs, "%lld", (long long)value);
        assert_int_equal(number_print_i64(value, ours), size);
        assert_memory_equal(ours, theirs, (size_t)size);
    }
    char out[NUMBER_TEXT_MAX];
    assert_int_equal(number_print_i64(INT64_MIN, out), 20);
    assert_memory_equal(out, "-9223372036854775808", 20);
}
