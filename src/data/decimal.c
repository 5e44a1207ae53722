#include "data/decimal.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/hash.h"
#include "data/decimal_internal.h"
#include "data/number.h"
#include "data/wide.h"

#define E19 ((u128)10000000000000000000u)

const u128 decimal_powers[DECIMAL_DIGITS_MAX + 1] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    E19,
    E19 * 10u,
    E19 * 100u,
    E19 * 1000u,
    E19 * 10000u,
    E19 * 100000u,
    E19 * 1000000u,
    E19 * 10000000u,
    E19 * 100000000u,
    E19 * 1000000000u,
    E19 * 10000000000u,
    E19 * 100000000000u,
    E19 * 1000000000000u,
    E19 * 10000000000000u,
    E19 * 100000000000000u,
    E19 * 1000000000000000u,
    E19 * 10000000000000000u,
    E19 * 100000000000000000u,
    E19 * 1000000000000000000u,
    E19 *E19,
};

/* --- Order --- */

int decimal_compare_slow(const struct decimal *a, const struct decimal *b)
{
    int a_sign = decimal_sign(a), b_sign = decimal_sign(b);
    if (a_sign != b_sign) return a_sign < b_sign ? -1 : 1;
    u128 x = decimal_magnitude(a), y = decimal_magnitude(b);
    /* What does not fit after aligning is above all that does: the other is below 10^38. */
    if (a->scale < b->scale && !decimal_shift_up(&x, b->scale - a->scale)) return a_sign;
    if (b->scale < a->scale && !decimal_shift_up(&y, a->scale - b->scale)) return -a_sign;
    return ((x > y) - (x < y)) * a_sign;
}

/* Zeros go by halves: 16, 8, 4, 2, 1. */
struct decimal decimal_trim(const struct decimal *a)
{
    i128 value = decimal_get(a);
    u32 scale = a->scale;
    for (u32 step = 16; step > 0; step /= 2) {
        for (; scale >= step; scale -= step) {
            i64 narrow = (i64)value;
            i64 power = (i64)decimal_powers[step];
            if (narrow == value) {
                if (narrow % power != 0) break;
                value = narrow / power;
            } else {
                if (value % power != 0) break;
                value /= power;
            }
        }
    }
    return decimal_make(value, scale);
}

u64 decimal_hash(const struct decimal *a, u64 hash)
{
    struct decimal trimmed = decimal_trim(a);
    hash = hash_mix(hash, trimmed.low);
    return hash_mix(hash, (u64)trimmed.high << 6 ^ trimmed.scale);
}

/* --- Arithmetic --- */

/* An aligned value may pass 2^127 and the sum still fit, so magnitudes are added. One that passes
 * 2^128 is too large whatever the other is. */
enum flaw decimal_add_slow(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    u32 scale = MAX(a->scale, b->scale);
    u128 x = decimal_magnitude(a), y = decimal_magnitude(b), sum;
    bool a_negative = a->high < 0, b_negative = b->high < 0;
    if (!decimal_shift_up(&x, scale - a->scale) || !decimal_shift_up(&y, scale - b->scale))
        return FLAW_NUMERIC;
    if (a_negative != b_negative)
        return x >= y ? decimal_give(x - y, a_negative, scale, out)
                      : decimal_give(y - x, b_negative, scale, out);
    if (__builtin_add_overflow(x, y, &sum)) return FLAW_NUMERIC;
    return decimal_give(sum, a_negative, scale, out);
}

enum flaw decimal_multiply_slow(const struct decimal *a, const struct decimal *b,
                                struct decimal *out)
{
    u128 product;
    if (__builtin_mul_overflow(decimal_magnitude(a), decimal_magnitude(b), &product))
        return FLAW_NUMERIC;
    return decimal_give(product, (a->high < 0) != (b->high < 0), a->scale + b->scale, out);
}

static u32 choose_scale(const struct decimal *a, const struct decimal *b);
static enum flaw divide_wide(u128 dividend, u32 shift, u128 divisor, u128 *quotient, u128 *rest);

enum flaw decimal_divide(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    u128 dividend = decimal_magnitude(a), divisor = decimal_magnitude(b);
    if (divisor == 0) return FLAW_DIVISION_BY_ZERO;
    u32 scale = choose_scale(a, b);
    if (scale > DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    assert(scale >= a->scale && scale >= b->scale);
    u32 shift = scale + b->scale - a->scale;
    u128 quotient, rest;
    if (likely(decimal_shift_up(&dividend, shift))) {
        quotient = dividend / divisor;
        rest = dividend - quotient * divisor;
    } else if (divide_wide(dividend, shift, divisor, &quotient, &rest)) {
        return FLAW_NUMERIC;
    }
    quotient += rest >= divisor - rest; /* half goes away from zero */
    return decimal_give(quotient, (a->high < 0) != (b->high < 0), scale, out);
}

/* The place of a number's first digit of four, counted from the point, and that digit: PostgreSQL
 * keeps numerics in base 10000 and estimates from these. */
struct lead {
    i32 weight;
    u32 digit;
};

static struct lead lead_of(const struct decimal *a)
{
    u128 magnitude = decimal_magnitude(a);
    if (magnitude == 0) return (struct lead){ 0 };
    i32 power =
        (i32)decimal_digit_count(magnitude) - 1 - (i32)a->scale; /* of ten, of the first digit */
    i32 weight = power >= 0 ? power / 4 : -((3 - power) / 4);
    i32 dropped = (i32)a->scale + 4 * weight;
    u128 digit =
        dropped >= 0 ? magnitude / decimal_powers[dropped] : magnitude * decimal_powers[-dropped];
    assert(digit >= 1 && digit <= 9999);
    return (struct lead){ .weight = weight, .digit = (u32)digit };
}

/* At least 16 significant digits by an estimate of the quotient's first place, and at least the
 * arguments' own scales. */
static u32 choose_scale(const struct decimal *a, const struct decimal *b)
{
    struct lead x = lead_of(a), y = lead_of(b);
    i32 weight = x.weight - y.weight - (x.digit <= y.digit);
    i32 scale = 16 - 4 * weight;
    return (u32)MAX(scale, (i32)MAX(a->scale, b->scale));
}

/* dividend * 10^shift / divisor through 256 bits. shift <= 76. FLAW_NUMERIC when the quotient has more
 * than 38 digits. */
static enum flaw divide_wide(u128 dividend, u32 shift, u128 divisor, u128 *quotient, u128 *rest)
{
    assert(shift <= 2 * DECIMAL_DIGITS_MAX);
    /* divisor < 10^38, so from 10^76 on the quotient is too large; below, 256 bits are enough. */
    if (decimal_digit_count(dividend) + shift > 2 * DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    u64 a[2], b[2], product[4], wide[6], result[4];
    wide_set(a, dividend);
    wide_set(b, decimal_powers[MIN(shift, (u32)DECIMAL_DIGITS_MAX)]);
    wide_multiply(a, 2, b, 2, product);
    wide_set(b, decimal_powers[shift - MIN(shift, (u32)DECIMAL_DIGITS_MAX)]);
    wide_multiply(product, 4, b, 2, wide);
    assert(wide_size(wide, 6) <= 4);
    wide_set(b, divisor);
    wide_divide(wide, 4, b, 2, result);
    if (wide_size(result, 4) > 2) return FLAW_NUMERIC;
    *quotient = wide_get(result);
    *rest = wide_get(wide);
    return FLAW_NONE;
}

enum flaw decimal_modulo(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    u128 dividend = decimal_magnitude(a), divisor = decimal_magnitude(b);
    if (divisor == 0) return FLAW_DIVISION_BY_ZERO;
    u32 scale = MAX(a->scale, b->scale);
    bool negative = a->high < 0;
    if (!decimal_shift_up(&divisor, scale - b->scale)) /* above any dividend: scale is a's own */
        return decimal_give(dividend, negative, scale, out);
    u32 shift = scale - a->scale;
    if (decimal_shift_up(&dividend, shift))
        return decimal_give(dividend % divisor, negative, scale, out);
    u64 x[2], y[2], wide[4], quotient[4];
    assert(shift <= DECIMAL_DIGITS_MAX);
    wide_set(x, dividend % divisor);
    wide_set(y, decimal_powers[shift]);
    wide_multiply(x, 2, y, 2, wide);
    wide_set(y, divisor);
    wide_divide(wide, 4, y, 2, quotient);
    return decimal_give(wide_get(wide), negative, scale, out);
}

enum flaw decimal_quotient(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    u128 dividend = decimal_magnitude(a), divisor = decimal_magnitude(b);
    if (divisor == 0) return FLAW_DIVISION_BY_ZERO;
    bool negative = (a->high < 0) != (b->high < 0);
    u128 quotient, rest;
    if (a->scale >= b->scale) {
        /* An aligned divisor of 2^128 or more is above the dividend. */
        if (!decimal_shift_up(&divisor, a->scale - b->scale)) return decimal_give(0, false, 0, out);
        return decimal_give(dividend / divisor, negative, 0, out);
    }
    u32 shift = b->scale - a->scale;
    if (decimal_shift_up(&dividend, shift))
        quotient = dividend / divisor;
    else if (divide_wide(dividend, shift, divisor, &quotient, &rest))
        return FLAW_NUMERIC;
    return decimal_give(quotient, negative, 0, out);
}

/* --- Rounding --- */

enum flaw decimal_round(const struct decimal *a, i32 digits, struct decimal *out)
{
    u128 magnitude = decimal_magnitude(a);
    bool negative = a->high < 0;
    if (digits >= (i32)a->scale) {
        if (digits > DECIMAL_DIGITS_MAX || !decimal_shift_up(&magnitude, (u32)digits - a->scale))
            return FLAW_NUMERIC;
        return decimal_give(magnitude, negative, (u32)digits, out);
    }
    u32 scale = digits > 0 ? (u32)digits : 0;
    digits = MAX(digits, -(DECIMAL_DIGITS_MAX + 1));
    magnitude = decimal_shift_down(magnitude, (u32)((i32)a->scale - digits));
    if (digits < 0 && !decimal_shift_up(&magnitude, (u32)-digits)) return FLAW_NUMERIC;
    return decimal_give(magnitude, negative, scale, out);
}

enum flaw decimal_trunc(const struct decimal *a, i32 digits, struct decimal *out)
{
    if (digits >= (i32)a->scale) return decimal_round(a, digits, out);
    u32 scale = digits > 0 ? (u32)digits : 0;
    digits = MAX(digits, -DECIMAL_DIGITS_MAX);
    u32 dropped = (u32)((i32)a->scale - digits);
    u128 magnitude = decimal_magnitude(a);
    magnitude = dropped > DECIMAL_DIGITS_MAX ? 0 : magnitude / decimal_powers[dropped];
    if (digits < 0) magnitude *= decimal_powers[-digits]; /* at most what it was */
    return decimal_give(magnitude, a->high < 0, scale, out);
}

enum flaw decimal_ceil(const struct decimal *a, struct decimal *out)
{
    i128 value = decimal_get(a), power = (i128)decimal_powers[a->scale];
    i128 whole = value / power;
    *out = decimal_make(whole + (value > whole * power), 0);
    return decimal_fits(decimal_get(out)) ? FLAW_NONE : FLAW_NUMERIC;
}

enum flaw decimal_floor(const struct decimal *a, struct decimal *out)
{
    i128 value = decimal_get(a), power = (i128)decimal_powers[a->scale];
    i128 whole = value / power;
    *out = decimal_make(whole - (value < whole * power), 0);
    return decimal_fits(decimal_get(out)) ? FLAW_NONE : FLAW_NUMERIC;
}

enum flaw decimal_fit(const struct decimal *a, u32 precision, u32 scale, struct decimal *out)
{
    assert(precision >= 1 && precision <= DECIMAL_DIGITS_MAX && scale <= precision);
    struct decimal rounded;
    if (decimal_round(a, (i32)scale, &rounded)) return FLAW_NUMERIC_FIELD;
    if (decimal_magnitude(&rounded) >= decimal_powers[precision]) return FLAW_NUMERIC_FIELD;
    *out = rounded;
    return FLAW_NONE;
}

enum flaw decimal_to_scaled(const struct decimal *a, u32 precision, u32 scale, i64 *out)
{
    assert(precision <= 18);
    struct decimal fitted;
    enum flaw flaw = decimal_fit(a, precision, scale, &fitted);
    if (flaw) return flaw;
    *out = (i64)fitted.low;
    return FLAW_NONE;
}

enum flaw decimal_rescale_scaled(i64 value, u32 scale_old, u32 precision, u32 scale, i64 *out)
{
    assert(precision <= 18);
    i64 result;
    if (scale >= scale_old) {
        if (__builtin_mul_overflow(value, (i64)decimal_powers[scale - scale_old], &result))
            return FLAW_NUMERIC_FIELD;
    } else {
        i64 power = (i64)decimal_powers[scale_old - scale];
        i64 rest = value % power;
        result = value / power + (rest >= power / 2) - (rest <= -(power / 2));
    }
    i64 limit = (i64)decimal_powers[precision];
    if (result >= limit || result <= -limit) return FLAW_NUMERIC_FIELD;
    *out = result;
    return FLAW_NONE;
}

enum status decimal_fit_error(u32 precision, u32 scale, struct err *err)
{
    flaw_error(FLAW_NUMERIC_FIELD, err);
    u32 whole = precision - scale;
    return err_detail(err,
                      "A field with precision %u, scale %u must round to an absolute value less "
                      "than %s%u.",
                      precision, scale, whole ? "10^" : "", whole ? whole : 1);
}

/* --- Other numbers --- */

enum flaw decimal_to_i64(const struct decimal *a, i64 *out)
{
    u128 magnitude = decimal_shift_down(decimal_magnitude(a), a->scale);
    u128 limit = (u128)1 << 63;
    bool negative = a->high < 0;
    if (negative ? magnitude > limit : magnitude >= limit) return FLAW_INT8;
    *out = negative ? (i64) - (u64)magnitude : (i64)magnitude;
    return FLAW_NONE;
}

static bool round_digits(u64 *digits, i32 *exponent, u32 count);
static enum flaw make_from_digits(u64 digits, i32 exponent, bool negative, struct decimal *out);

enum flaw decimal_from_f64(f64 value, struct decimal *out)
{
    u64 digits;
    i32 exponent;
    if (!number_digits_f64(value, &digits, &exponent)) return FLAW_NUMERIC_SPECIAL;
    if (round_digits(&digits, &exponent, 15))
        return make_from_digits(digits, exponent, value < 0, out);
    char text[NUMBER_TEXT_MAX];
    i32 size = snprintf(text, sizeof text, "%.15g", value);
    return decimal_parse(slice_make(text, (size_t)size), 0, 0, out);
}

enum flaw decimal_from_f32(f32 value, struct decimal *out)
{
    u64 digits;
    i32 exponent;
    if (!number_digits_f32(value, &digits, &exponent)) return FLAW_NUMERIC_SPECIAL;
    if (round_digits(&digits, &exponent, 6))
        return make_from_digits(digits, exponent, value < 0, out);
    char text[NUMBER_TEXT_MAX];
    i32 size = snprintf(text, sizeof text, "%.6g", (f64)value);
    return decimal_parse(slice_make(text, (size_t)size), 0, 0, out);
}

/* The shortest digits lie on the same side of a half as the value itself, unless they are that half:
 * then false. */
static bool round_digits(u64 *digits, i32 *exponent, u32 count)
{
    u32 more = number_digit_count(*digits);
    if (more <= count) return true;
    more -= count;
    u64 power = (u64)decimal_powers[more];
    u64 rest = *digits % power;
    if (rest == power / 2) return false;
    *digits = *digits / power + (rest > power / 2);
    *exponent += (i32)more;
    return true;
}

static enum flaw make_from_digits(u64 digits, i32 exponent, bool negative, struct decimal *out)
{
    while (digits > 0 && exponent < 0 && digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    if (digits == 0) exponent = 0;
    u128 magnitude = digits;
    if (exponent < 0) return decimal_give(magnitude, negative, (u32)-exponent, out);
    if (!decimal_shift_up(&magnitude, (u32)exponent)) return FLAW_NUMERIC;
    return decimal_give(magnitude, negative, 0, out);
}

/* 10^22 is the last power of ten that a double holds exactly, 10^10 the last of a float. */
static const f64 exact_powers_f64[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                        1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                        1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };

f64 decimal_to_f64(const struct decimal *a)
{
    u128 magnitude = decimal_magnitude(a);
    if (magnitude <= (u64)1 << 53 && a->scale < countof(exact_powers_f64)) {
        f64 quotient = (f64)(u64)magnitude / exact_powers_f64[a->scale];
        return a->high < 0 ? -quotient : quotient;
    }
    char text[DECIMAL_TEXT_MAX];
    u32 size = decimal_print(a, text);
    f64 value = 0;
    enum flaw flaw = number_parse_f64(slice_make(text, size), &value);
    assert(!flaw);
    return value;
}

f32 decimal_to_f32(const struct decimal *a)
{
    u128 magnitude = decimal_magnitude(a);
    if (magnitude <= (u64)1 << 24 && a->scale <= 10) {
        f32 quotient = (f32)(u64)magnitude / (f32)exact_powers_f64[a->scale];
        return a->high < 0 ? -quotient : quotient;
    }
    char text[DECIMAL_TEXT_MAX];
    u32 size = decimal_print(a, text);
    f32 value = 0;
    enum flaw flaw = number_parse_f32(slice_make(text, size), &value);
    assert(!flaw);
    return value;
}
