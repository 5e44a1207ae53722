/* What the files of decimals share: magnitudes, and the one way back to a decimal. */
#pragma once

#include "data/decimal.h"

static inline u128 decimal_magnitude(const struct decimal *a)
{
    i128 value = decimal_get(a);
    return value < 0 ? -(u128)value : (u128)value;
}

/* The only way out of arithmetic: the invariant is checked here. */
static inline enum flaw decimal_give(u128 magnitude, bool negative, u32 scale, struct decimal *out)
{
    if (magnitude >= decimal_powers[DECIMAL_DIGITS_MAX] || scale > DECIMAL_DIGITS_MAX)
        return FLAW_NUMERIC;
    i128 value = (i128)magnitude;
    *out = decimal_make(negative ? -value : value, scale);
    return FLAW_NONE;
}

/* 0 for 0. */
static inline u32 decimal_digit_count(u128 value)
{
    u64 high = (u64)(value >> 64), low = (u64)value;
    if (value == 0) return 0;
    u32 bits = high ? 128 - (u32)__builtin_clzll(high) : 64 - (u32)__builtin_clzll(low);
    u32 guess = (bits * 1233) >> 12; /* log10(2) closely enough for 128 bits */
    return guess + (guess > DECIMAL_DIGITS_MAX ? 0 : value >= decimal_powers[guess]);
}

/* value * 10^digits; false, with value as it was, when that is not below 2^128. */
static inline bool decimal_shift_up(u128 *value, u32 digits)
{
    u128 product;
    if (*value == 0) return true;
    if (digits > DECIMAL_DIGITS_MAX ||
        __builtin_mul_overflow(*value, decimal_powers[digits], &product))
        return false;
    *value = product;
    return true;
}

/* value / 10^digits, half away from zero. */
static inline u128 decimal_shift_down(u128 value, u32 digits)
{
    if (digits > DECIMAL_DIGITS_MAX) return 0; /* value < 10^38 is less than half of 10^39 */
    u128 power = decimal_powers[digits];
    u128 quotient = value / power;
    return quotient + (value - quotient * power >= power - power / 2 && power > 1);
}
