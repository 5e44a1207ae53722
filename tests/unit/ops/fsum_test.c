#include "ops/fsum.h"

#include <math.h>
#include <string.h>

#include "base/rand.h"
#include "tests/test.h"

/* The oracle: a fixed-point number of 2304 bits, the lowest worth 2^-1100. */
#define WORDS  36
#define LOWEST (-1100)

static void oracle_add(u64 *words, f64 value, i64 weight)
{
    int exponent;
    i64 mantissa = (i64)(frexp(fabs(value), &exponent) * 0x1p53);
    int shift = exponent - 53 - LOWEST;
    bool negative = (value < 0) != (weight < 0);
    for (i64 i = 0; i < (weight < 0 ? -weight : weight); i++) {
        u128 part = (u128)mantissa << (shift % 64);
        u64 carry = 0;
        for (u32 w = (u32)shift / 64, at = 0; w < WORDS; w++, at++) {
            u64 add = at == 0 ? (u64)part : at == 1 ? (u64)(part >> 64) : 0;
            u128 sum = negative ? (u128)words[w] - add - carry : (u128)words[w] + add + carry;
            words[w] = (u64)sum;
            carry = (u64)(sum >> 64) & 1;
        }
    }
}

/* To the nearest double, ties to even. */
static f64 oracle_value(const u64 *source)
{
    u64 words[WORDS];
    memcpy(words, source, sizeof words);
    bool negative = words[WORDS - 1] >> 63;
    u64 carry = 1;
    for (u32 w = 0; negative && w < WORDS; w++) {
        words[w] = ~words[w] + carry;
        carry = carry && words[w] == 0;
    }
    i32 top = WORDS * 64 - 1;
    while (top >= 0 && !(words[top / 64] >> (top % 64) & 1))
        top--;
    if (top < 0) return 0;
    i32 low = top - 52;
    if (low < -1074 - LOWEST) low = -1074 - LOWEST; /* a subnormal has fewer bits */
    u64 mantissa = 0;
    for (i32 bit = top; bit >= low; bit--)
        mantissa = mantissa << 1 | (words[bit / 64] >> (bit % 64) & 1);
    bool half = words[(low - 1) / 64] >> ((low - 1) % 64) & 1, rest = false;
    for (i32 bit = 0; bit < low - 1; bit++)
        rest |= words[bit / 64] >> (bit % 64) & 1;
    mantissa += half && (rest || mantissa % 2);
    f64 value = ldexp((f64)mantissa, low + LOWEST);
    return negative ? -value : value;
}

static f64 value_of(const struct fsum *sum)
{
    f64 value;
    assert_int_equal(fsum_value(sum, false, &value), FLAW_NONE);
    return value;
}

static f64 random_float(struct rand *rand, i32 exponent_min, i32 exponent_span)
{
    i64 mantissa = (i64)(rand_next(rand) >> 11);
    i32 exponent = exponent_min + (i32)rand_below(rand, (u64)exponent_span);
    f64 value = ldexp((f64)mantissa, exponent - 53);
    return rand_chance(rand, 1, 2) ? value : -value;
}

TEST(fsum_is_the_exact_sum_rounded_once_under_any_retraction)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct rand rand = { .state = test_seed(1) };
    for (u32 round = 0; round < test_rounds(200); round++) {
        enum { COUNT = 60 };
        f64 values[COUNT];
        i32 weights[COUNT];
        u64 oracle[WORDS] = { 0 };
        struct fsum sum = { 0 };
        i32 span = round % 3 == 0 ? 20 : round % 3 == 1 ? 300 : 1900;
        i32 low = round % 3 == 2 ? -1020 : -span / 2;
        for (u32 i = 0; i < COUNT; i++) {
            values[i] = random_float(&rand, low, span);
            weights[i] = rand_chance(&rand, 1, 4) ? (i32)rand_below(&rand, 9) + 1 : 1;
            fsum_add(&sum, &mem, values[i], weights[i]);
            oracle_add(oracle, values[i], weights[i]);
            assert_true(value_of(&sum) == oracle_value(oracle));
        }
        for (u32 i = 0; i < COUNT; i++) {
            u32 at = (i * 7 + round) % COUNT;
            fsum_add(&sum, &mem, values[at], -weights[at]);
            oracle_add(oracle, values[at], -weights[at]);
            assert_true(value_of(&sum) == oracle_value(oracle));
        }
        assert_true(value_of(&sum) == 0);
        fsum_clear(&sum, &mem);
    }
    mem_deinit(&mem);
}

TEST(fsum_of_numbers_that_cancel_beyond_the_largest_double_is_exact)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct fsum sum = { 0 };
    f64 value;
    fsum_add(&sum, &mem, 1.7e308, 1);
    fsum_add(&sum, &mem, 1.7e308, 1);
    assert_int_equal(fsum_value(&sum, false, &value), FLAW_FLOAT_OVERFLOW);
    fsum_add(&sum, &mem, 0.125, 1);
    fsum_add(&sum, &mem, 1.7e308, -1);
    fsum_add(&sum, &mem, -1.7e308, 1);
    assert_true(value_of(&sum) == 0.125);
    fsum_clear(&sum, &mem);
    mem_deinit(&mem);
}

TEST(fsum_forgets_nan_and_infinities_that_left)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct fsum sum = { 0 };
    fsum_add(&sum, &mem, 2.5, 1);
    fsum_add(&sum, &mem, INFINITY, 1);
    assert_true(value_of(&sum) == INFINITY);
    fsum_add(&sum, &mem, -INFINITY, 1);
    assert_true(isnan(value_of(&sum)));
    fsum_add(&sum, &mem, INFINITY, -1);
    assert_true(value_of(&sum) == -INFINITY);
    fsum_add(&sum, &mem, NAN, 1);
    fsum_add(&sum, &mem, -INFINITY, -1);
    assert_true(isnan(value_of(&sum)));
    fsum_add(&sum, &mem, NAN, -1);
    assert_true(value_of(&sum) == 2.5);
    fsum_clear(&sum, &mem);
    mem_deinit(&mem);
}

TEST(fsum_to_a_single_does_not_round_twice)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct fsum sum = { 0 };
    f64 value;
    /* Just above the middle of two singles, by less than a double can say beside 1. */
    fsum_add(&sum, &mem, 1, 1);
    fsum_add(&sum, &mem, 0x1p-24, 1);
    fsum_add(&sum, &mem, 0x1p-80, 1);
    assert_int_equal(fsum_value(&sum, true, &value), FLAW_NONE);
    assert_true(value == 1 + 0x1p-23);
    fsum_clear(&sum, &mem);
    mem_deinit(&mem);
}
