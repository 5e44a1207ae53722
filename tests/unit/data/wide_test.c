#include "data/wide.h"

#include <string.h>

#include "base/rand.h"
#include "tests/test.h"

#define WORDS 12

static void random_words(struct rand *rand, u64 *words, u32 count)
{
    for (u32 index = 0; index < count; index++) {
        u64 kind = rand_below(rand, 4);
        words[index] = kind == 0 ? 0 : kind == 1 ? UINT64_MAX : rand_next(rand);
    }
}

/* quotient * divisor + remainder is the dividend, and the remainder is below the divisor. */
TEST(wide_division_is_undone_by_multiplication)
{
    struct rand rand = { test_seed(1) };
    for (u32 round = 0; round < test_rounds(100000); round++) {
        u32 a_count = 1 + (u32)rand_below(&rand, WORDS),
            b_count = 1 + (u32)rand_below(&rand, WORDS);
        u64 a[WORDS] = { 0 }, b[WORDS] = { 0 }, rest[WORDS], quotient[WORDS] = { 0 };
        u64 product[2 * WORDS];
        random_words(&rand, a, a_count);
        random_words(&rand, b, b_count);
        if (wide_size(b, b_count) == 0) b[0] = 1;
        memcpy(rest, a, sizeof rest);
        wide_divide(rest, a_count, b, b_count, quotient);
        assert_true(wide_compare(rest, b, WORDS) < 0);
        wide_multiply(quotient, WORDS, b, WORDS, product);
        assert_int_equal(wide_size(product + WORDS, WORDS), 0);
        assert_int_equal(wide_add(product, rest, WORDS), 0);
        assert_memory_equal(product, a, sizeof a);
    }
}

TEST(wide_shifts_move_over_words)
{
    u64 a[3] = { 0x8000000000000001, 0, 1 };
    wide_shift_left(a, 3, 65);
    assert_true(a[0] == 0 && a[1] == 2 && a[2] == 1);
    wide_shift_right(a, 3, 65);
    assert_true(a[0] == 0x8000000000000001 && a[1] == 0 && a[2] == 0);
}
