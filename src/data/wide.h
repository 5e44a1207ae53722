/* Whole numbers of more than 128 bits, as words from the lowest up: what decimals need on the way to
 * a result that fits. Sizes are those of the caller; nothing is allocated. */
#pragma once

#include "base/base.h"

#define WIDE_WORD_COUNT_MAX 24

/* Words without the zeros on top. */
u32 wide_size(const u64 *a, u32 count);
/* < 0, 0, > 0; both of count words. */
int wide_compare(const u64 *a, const u64 *b, u32 count);
/* a += b, a -= b; both of count words; the carry or borrow comes back. */
u64 wide_add(u64 *a, const u64 *b, u32 count);
u64 wide_subtract(u64 *a, const u64 *b, u32 count);
/* a *= factor; what does not fit comes back. */
u64 wide_multiply_word(u64 *a, u32 count, u64 factor);
/* a /= divisor (not 0); the remainder comes back. */
u64 wide_divide_word(u64 *a, u32 count, u64 divisor);
/* out (a_count + b_count words, not one of the factors) = a * b. */
void wide_multiply(const u64 *a, u32 a_count, const u64 *b, u32 b_count, u64 *out);
/* quotient (a_count words) = a / b, and a becomes the remainder. b is not 0. */
void wide_divide(u64 *a, u32 a_count, const u64 *b, u32 b_count, u64 *quotient);
/* By less than 64 bits times whole words; what is shifted out is lost. */
void wide_shift_left(u64 *a, u32 count, u32 bits);
void wide_shift_right(u64 *a, u32 count, u32 bits);

static inline void wide_set(u64 out[2], u128 value)
{
    out[0] = (u64)value;
    out[1] = (u64)(value >> 64);
}
static inline u128 wide_get(const u64 a[2])
{
    return (u128)a[1] << 64 | a[0];
}
