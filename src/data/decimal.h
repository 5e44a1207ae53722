/* Exact decimal arithmetic with PostgreSQL's numeric results, up to 38 digits.
 *
 * A decimal is value / 10^scale; the scale is PostgreSQL's display scale, so 1.50 and 1.5 are equal
 * but not identical. Each operation gives digit for digit what PostgreSQL gives, scale included, or
 * FLAW_NUMERIC when that has more than 38 digits, before and after the point together, or a scale
 * above 38: nothing is ever lost silently. There is no NaN and no infinity.
 *
 * Invariant: |value| < 10^38 and scale <= 38.
 *
 * numeric(p,s) with p <= 18 lies in vectors as an i64, value * 10^s: decimal_make(i, s) widens it and
 * decimal_to_scaled narrows. out may be one of the arguments everywhere. */
#pragma once

#include "data/flaw.h"
#include "data/type.h"

#define DECIMAL_DIGITS_MAX 38
/* Sign, zero before the point, point, digits. */
#define DECIMAL_TEXT_MAX (DECIMAL_DIGITS_MAX + 3)

/* 10^0 .. 10^38. */
extern const u128 decimal_powers[DECIMAL_DIGITS_MAX + 1];

/* --- Text ---
 * PostgreSQL's input: blanks around, sign, digits, point, exponent. With precision > 0 the value is
 * rounded to scale as numeric(precision,scale) does (FLAW_NUMERIC_FIELD when it does not fit), however
 * many digits were given; with precision 0 all digits are kept. Else FLAW_SYNTAX, FLAW_NUMERIC,
 * FLAW_NUMERIC_SPECIAL. */
MUST_USE enum flaw decimal_parse(struct slice text, u32 precision, u32 scale, struct decimal *out);
/* At most DECIMAL_TEXT_MAX bytes, no NUL; returns how many. */
u32 decimal_print(const struct decimal *a, char *out);
/* The same for a value of numeric(p,s) with p <= 18. */
u32 decimal_print_scaled(i64 value, u32 scale, char *out);

/* --- Order --- */
int decimal_compare_slow(const struct decimal *a, const struct decimal *b);
/* < 0, 0, > 0 by value: 1.5 and 1.50 are equal. */
static inline int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    if (unlikely(a->scale != b->scale)) return decimal_compare_slow(a, b);
    i128 x = decimal_get(a), y = decimal_get(b);
    return (x > y) - (x < y);
}
static inline int decimal_sign(const struct decimal *a)
{
    return a->high < 0 ? -1 : (a->low | (u64)a->high) != 0;
}
/* The smallest scale that holds the value: one form for all equal values (trim_scale). */
struct decimal decimal_trim(const struct decimal *a);
/* Mixes the value into hash; equal values hash alike. */
u64 decimal_hash(const struct decimal *a, u64 hash);

/* --- Arithmetic: FLAW_NUMERIC when the result does not fit --- */
static inline bool decimal_fits(i128 value)
{
    u128 magnitude = value < 0 ? -(u128)value : (u128)value;
    return magnitude < decimal_powers[DECIMAL_DIGITS_MAX];
}
MUST_USE enum flaw decimal_add_slow(const struct decimal *a, const struct decimal *b,
                                    struct decimal *out);
MUST_USE enum flaw decimal_multiply_slow(const struct decimal *a, const struct decimal *b,
                                         struct decimal *out);
static inline struct decimal decimal_negate(const struct decimal *a)
{
    return decimal_make(-decimal_get(a), a->scale);
}
static inline struct decimal decimal_abs(const struct decimal *a)
{
    return a->high < 0 ? decimal_negate(a) : *a;
}
/* Scale: the larger of the two. */
MUST_USE static inline enum flaw decimal_add(const struct decimal *a, const struct decimal *b,
                                             struct decimal *out)
{
    if (unlikely(a->scale != b->scale)) return decimal_add_slow(a, b, out);
    /* A sum of up to 2 * 10^38 may wrap round 2^127, to a negative number that is far outside too. */
    i128 sum = (i128)((u128)decimal_get(a) + (u128)decimal_get(b));
    decimal_put(out, sum, a->scale);
    return decimal_fits(sum) ? FLAW_NONE : FLAW_NUMERIC;
}
MUST_USE static inline enum flaw decimal_subtract(const struct decimal *a, const struct decimal *b,
                                                  struct decimal *out)
{
    struct decimal negative = decimal_negate(b);
    return decimal_add(a, &negative, out);
}
/* Scale: the sum of the two. */
MUST_USE static inline enum flaw decimal_multiply(const struct decimal *a, const struct decimal *b,
                                                  struct decimal *out)
{
    i64 x = (i64)a->low, y = (i64)b->low;
    u32 scale = a->scale + b->scale;
    if (unlikely(a->high != x >> 63 || b->high != y >> 63 || scale > DECIMAL_DIGITS_MAX))
        return decimal_multiply_slow(a, b, out);
    decimal_put(out, (i128)x * y, scale); /* at most 2^126 < 10^38 */
    return FLAW_NONE;
}
/* Scale: PostgreSQL's choice, at least 16 significant digits and neither argument's scale lost.
 * Also FLAW_DIVISION_BY_ZERO, as the next two. */
MUST_USE enum flaw decimal_divide(const struct decimal *a, const struct decimal *b,
                                  struct decimal *out);
/* a % b: sign of a, the larger scale. */
MUST_USE enum flaw decimal_modulo(const struct decimal *a, const struct decimal *b,
                                  struct decimal *out);
/* div(a, b): towards zero, scale 0. */
MUST_USE enum flaw decimal_quotient(const struct decimal *a, const struct decimal *b,
                                    struct decimal *out);

/* --- Rounding ---
 * digits after the point, negative for places before it; the result has the scale max(digits, 0), so
 * round(1.5, 3) is 1.500. Half goes away from zero. */
MUST_USE enum flaw decimal_round(const struct decimal *a, i32 digits, struct decimal *out);
MUST_USE enum flaw decimal_trunc(const struct decimal *a, i32 digits, struct decimal *out);
MUST_USE enum flaw decimal_ceil(const struct decimal *a, struct decimal *out);
MUST_USE enum flaw decimal_floor(const struct decimal *a, struct decimal *out);
/* To numeric(precision,scale), precision 1..38: rounded, or FLAW_NUMERIC_FIELD. */
MUST_USE enum flaw decimal_fit(const struct decimal *a, u32 precision, u32 scale,
                               struct decimal *out);
/* The same with the result as an i64 (precision <= 18). */
MUST_USE enum flaw decimal_to_scaled(const struct decimal *a, u32 precision, u32 scale, i64 *out);
/* numeric(p,s) to numeric(precision,scale), both in i64. */
MUST_USE enum flaw decimal_rescale_scaled(i64 value, u32 scale_old, u32 precision, u32 scale,
                                          i64 *out);
/* "numeric field overflow" with PostgreSQL's detail. Returns FAIL. */
enum status decimal_fit_error(u32 precision, u32 scale, struct err *err);

/* --- Other numbers --- */
static inline struct decimal decimal_from_i64(i64 value)
{
    return decimal_make(value, 0);
}
/* Rounded to a whole number, half away from zero; FLAW_INT8. */
MUST_USE enum flaw decimal_to_i64(const struct decimal *a, i64 *out);
/* As PostgreSQL's casts: 15 significant digits of a double precision, 6 of a real.
 * FLAW_NUMERIC_SPECIAL for NaN and infinities. */
MUST_USE enum flaw decimal_from_f64(f64 value, struct decimal *out);
MUST_USE enum flaw decimal_from_f32(f32 value, struct decimal *out);
/* The nearest one. */
f64 decimal_to_f64(const struct decimal *a);
f32 decimal_to_f32(const struct decimal *a);
