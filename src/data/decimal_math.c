#include "data/decimal_math.h"

#include <math.h>

#include "base/assert.h"
#include "data/decimal_internal.h"
#include "data/wide.h"

/* A number in fixed point: 192 bits before the point, 448 after it. A result of 38 digits needs 127
 * of the latter; a power multiplies the error of a logarithm by up to 2^127 and its own result has
 * up to 127 bits before the point, which still leaves 60 to round right. */
#define FRACTION_WORDS 7
#define WORDS          10
#define FRACTION_BITS  (64 * FRACTION_WORDS)

struct real {
    bool negative;
    u64 words[WORDS];
};

/* Beyond these a result has more than 38 digits or places: 10^38 = e^87.5. */
#define EXP_MAX 90

static const struct real ln_2 = {
    .words = { 0xED2EAE35C1382144, 0x559552FB4AFA1B10, 0xE7B876206DEBAC98, 0x8A0D175B8BAAFA2B,
               0x40F343267298B62D, 0xC9E3B39803F2F6AF, 0xB17217F7D1CF79AB }
};
static const struct real ln_10 = {
    .words = { 0xB1889061042F8B6C, 0x31C32F00B17C35A0, 0x58BC0B5EC6A04173, 0x0F187A0807C0B5CA,
               0x8A3FB3E76977E43A, 0xA95B58AE0B4C28A3, 0x4D763776AAA2B05B, 2 }
};
/* The fraction of the square root of 2, its upper 64 bits. */
#define SQRT_2_FRACTION 0x6A09E667F3BCC908u

/* --- Fixed point --- */

static struct real real_add(const struct real *a, const struct real *b)
{
    struct real sum = *a;
    if (a->negative == b->negative) {
        u64 carry = wide_add(sum.words, b->words, WORDS);
        assert(!carry);
        return sum;
    }
    if (wide_compare(a->words, b->words, WORDS) >= 0) {
        wide_subtract(sum.words, b->words, WORDS);
        return sum;
    }
    sum = *b;
    wide_subtract(sum.words, a->words, WORDS);
    return sum;
}

static struct real real_subtract(const struct real *a, const struct real *b)
{
    struct real negative = *b;
    negative.negative = !b->negative;
    return real_add(a, &negative);
}

static struct real real_multiply(const struct real *a, const struct real *b)
{
    u64 product[2 * WORDS];
    struct real result = { .negative = a->negative != b->negative };
    wide_multiply(a->words, WORDS, b->words, WORDS, product);
    assert(wide_size(product, 2 * WORDS) <= WORDS + FRACTION_WORDS);
    for (u32 index = 0; index < WORDS; index++)
        result.words[index] = product[index + FRACTION_WORDS];
    return result;
}

static struct real real_divide(const struct real *a, const struct real *b)
{
    u64 dividend[WORDS + FRACTION_WORDS] = { 0 }, quotient[WORDS + FRACTION_WORDS];
    struct real result = { .negative = a->negative != b->negative };
    for (u32 index = 0; index < WORDS; index++)
        dividend[index + FRACTION_WORDS] = a->words[index];
    wide_divide(dividend, WORDS + FRACTION_WORDS, b->words, WORDS, quotient);
    assert(wide_size(quotient, WORDS + FRACTION_WORDS) <= WORDS);
    for (u32 index = 0; index < WORDS; index++)
        result.words[index] = quotient[index];
    return result;
}

static struct real real_times(const struct real *a, u64 factor)
{
    struct real product = *a;
    u64 carry = wide_multiply_word(product.words, WORDS, factor);
    assert(!carry);
    return product;
}

static struct real real_from_decimal(const struct decimal *a)
{
    struct real real = { .negative = a->high < 0 };
    u64 dividend[WORDS] = { 0 }, power[2];
    wide_set(dividend + FRACTION_WORDS, decimal_magnitude(a));
    wide_set(power, decimal_powers[a->scale]);
    wide_divide(dividend, WORDS, power, 2, real.words);
    return real;
}

static bool real_is_zero(const struct real *a)
{
    return wide_size(a->words, WORDS) == 0;
}

/* Rounded to scale, half away from zero. */
static enum flaw real_round(const struct real *a, i32 scale, struct decimal *out)
{
    if (scale > DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    u64 power[2], product[WORDS + 2], half[WORDS + 2] = { 0 };
    wide_set(power, decimal_powers[scale]);
    wide_multiply(a->words, WORDS, power, 2, product);
    half[FRACTION_WORDS - 1] = UINT64_C(1) << 63;
    wide_add(product, half, WORDS + 2);
    if (wide_size(product, WORDS + 2) > FRACTION_WORDS + 2) return FLAW_NUMERIC;
    u128 magnitude = wide_get(product + FRACTION_WORDS);
    if (magnitude >= decimal_powers[DECIMAL_DIGITS_MAX]) return FLAW_NUMERIC;
    *out = decimal_make(a->negative ? -(i128)magnitude : (i128)magnitude, (u32)scale);
    return FLAW_NONE;
}

static f64 real_to_f64(const struct real *a)
{
    f64 value = 0;
    for (u32 index = WORDS; index-- > 0;)
        value += ldexp((f64)a->words[index], ((i32)index - FRACTION_WORDS) * 64);
    return a->negative ? -value : value;
}

/* ln(m) for 1 <= m < 2: 2 * artanh((m - 1) / (m + 1)), with m halved above the square root of 2 so
 * that a term of the series gives five bits. */
static struct real real_ln_mantissa(const struct real *m)
{
    struct real one = { .words = { [FRACTION_WORDS] = 1 } };
    struct real above = real_subtract(m, &one), below = real_add(m, &one);
    bool halved = m->words[FRACTION_WORDS - 1] > SQRT_2_FRACTION;
    if (halved) { /* (m/2 - 1) / (m/2 + 1) = (m - 2) / (m + 2) */
        above = real_subtract(&above, &one);
        below = real_add(&below, &one);
    }
    struct real y = real_divide(&above, &below);
    struct real square = real_multiply(&y, &y), power = y, sum = y;
    for (u64 n = 3; !real_is_zero(&power); n += 2) {
        power = real_multiply(&power, &square);
        struct real term = power;
        wide_divide_word(term.words, WORDS, n);
        sum = real_add(&sum, &term);
    }
    sum = real_times(&sum, 2);
    return halved ? real_add(&sum, &ln_2) : sum;
}

/* a > 0. ln(digits * 10^-scale) = ln(mantissa) + bits * ln 2 - scale * ln 10. */
static struct real real_ln(const struct decimal *a)
{
    u128 digits = decimal_magnitude(a);
    assert(digits > 0);
    u64 high = (u64)(digits >> 64);
    u32 bits = high ? 127 - (u32)__builtin_clzll(high) : 63 - (u32)__builtin_clzll((u64)digits);
    struct real mantissa = { 0 };
    wide_set(mantissa.words, digits);
    wide_shift_left(mantissa.words, WORDS, FRACTION_BITS - bits);
    struct real ln = real_ln_mantissa(&mantissa);
    struct real twos = real_times(&ln_2, bits), tens = real_times(&ln_10, a->scale);
    ln = real_add(&ln, &twos);
    return real_subtract(&ln, &tens);
}

#define EXP_HALVINGS 8

/* |a| <= EXP_MAX. e^a = 2^k * (e^(rest / 256))^256 with rest = a - k * ln 2 between 0 and ln 2. */
static struct real real_exp(const struct real *a)
{
    struct real quotient = real_divide(a, &ln_2);
    i32 k = (i32)quotient.words[FRACTION_WORDS];
    if (a->negative) k = -k - 1;
    struct real whole = real_times(&ln_2, (u64)(k < 0 ? -k : k));
    whole.negative = k < 0;
    struct real rest = real_subtract(a, &whole);
    assert(!rest.negative || real_is_zero(&rest));
    wide_shift_right(rest.words, WORDS, EXP_HALVINGS);
    struct real sum = { .words = { [FRACTION_WORDS] = 1 } }, term = sum;
    for (u64 n = 1; !real_is_zero(&term); n++) {
        term = real_multiply(&term, &rest);
        wide_divide_word(term.words, WORDS, n);
        sum = real_add(&sum, &term);
    }
    for (u32 index = 0; index < EXP_HALVINGS; index++)
        sum = real_multiply(&sum, &sum);
    if (k >= 0)
        wide_shift_left(sum.words, WORDS, (u32)k);
    else
        wide_shift_right(sum.words, WORDS, (u32)-k);
    return sum;
}

/* --- PostgreSQL's choice of scales ---
 * Its numerics are digits of base 10000; estimates are made from the place (weight) of the first
 * one and from its first one or two digits. */

#define SIGNIFICANT_MIN 16

static i32 weight_of(const struct decimal *a)
{
    i32 power = (i32)decimal_digit_count(decimal_magnitude(a)) - 1 -
                (i32)a->scale; /* of ten, of the first digit */
    return power >= 0 ? power / 4 : -((3 - power) / 4);
}

/* The digits of base 10000 from the first down to place; a is not 0. */
static u64 lead_of(const struct decimal *a, i32 place)
{
    i32 dropped = (i32)a->scale + 4 * place;
    u128 magnitude = decimal_magnitude(a);
    return (u64)(dropped >= 0 ? magnitude / decimal_powers[dropped]
                              : magnitude * decimal_powers[-dropped]);
}

static i32 scale_at_least(i32 scale, const struct decimal *a)
{
    return MAX(scale, (i32)a->scale);
}

/* About log10 |ln(a)|, towards zero. Near 1, ln(1 + x) is about x. */
static i32 estimate_ln_power(const struct decimal *a)
{
    const struct decimal one = decimal_make(1, 0);
    const struct decimal low = decimal_make(9, 1), high = decimal_make(11, 1);
    if (decimal_compare(a, &low) >= 0 && decimal_compare(a, &high) <= 0) {
        struct decimal x;
        enum flaw flaw = decimal_subtract(a, &one, &x);
        assert(!flaw);
        if (decimal_sign(&x) == 0) return 0;
        i32 weight = weight_of(&x);
        return weight * 4 + (i32)log10((f64)lead_of(&x, weight));
    }
    i32 weight = weight_of(a);
    struct decimal trimmed = decimal_trim(a);
    i32 dropped = (i32)trimmed.scale + 4 * weight;
    bool single = dropped >= 0 ? decimal_magnitude(&trimmed) % decimal_powers[dropped] == 0 : true;
    i32 place = single ? weight : weight - 1;
    f64 ln = log((f64)lead_of(a, place)) + place * 4 * 2.302585092994046;
    return (i32)log10(fabs(ln));
}

/* 0.434294481903252 is log10(e): the power of ten of e^value, towards zero. */
static i32 power_of_exp(f64 value)
{
    return (i32)(value * 0.434294481903252);
}

/* --- Functions --- */

static u128 square_root(const u64 *square, u32 *round_up);

enum flaw decimal_sqrt(const struct decimal *a, struct decimal *out)
{
    if (a->high < 0) return FLAW_SQRT_NEGATIVE;
    i32 weight = decimal_sign(a) == 0 ? 0 : weight_of(a);
    i32 root_power = (weight + 1) * 2 - 1;
    i32 scale = scale_at_least(MAX(SIGNIFICANT_MIN - root_power, 0), a);
    if (scale > DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    u128 magnitude = decimal_magnitude(a);
    i32 shift = 2 * scale - (i32)a->scale;
    /* The root has to stay below 10^38. */
    if ((i32)decimal_digit_count(magnitude) + shift > 2 * DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    u64 value[2], power[2], product[4], square[6];
    wide_set(value, magnitude);
    wide_set(power, decimal_powers[MIN(shift, DECIMAL_DIGITS_MAX)]);
    wide_multiply(value, 2, power, 2, product);
    wide_set(power, decimal_powers[shift - MIN(shift, DECIMAL_DIGITS_MAX)]);
    wide_multiply(product, 4, power, 2, square);
    u32 round_up;
    u128 root = square_root(square, &round_up) + round_up;
    if (root >= decimal_powers[DECIMAL_DIGITS_MAX]) return FLAW_NUMERIC;
    *out = decimal_make((i128)root, (u32)scale);
    return FLAW_NONE;
}

/* square - root^2 > root: then root + 1/2 is below the true root. */
static bool is_above_half(const u64 *square, u128 root)
{
    u64 words[2], rest[4], product[4], wide[4] = { 0 };
    memcpy(rest, square, sizeof rest);
    wide_set(words, root);
    wide_multiply(words, 2, words, 2, product);
    u64 borrow = wide_subtract(rest, product, 4);
    assert(!borrow);
    wide_set(wide, root);
    return wide_compare(rest, wide, 4) > 0;
}

/* Newton's way down from above: the first step that does not fall is the floor. */
static u128 square_root(const u64 *square, u32 *round_up)
{
    assert(wide_size(square, 6) <= 4);
    u32 words = wide_size(square, 4);
    *round_up = 0;
    if (words == 0) return 0;
    u32 bits = words * 64 - (u32)__builtin_clzll(square[words - 1]);
    u128 root = (u128)1 << ((bits + 1) / 2); /* above the root */
    if ((bits + 1) / 2 == 128) root = ~(u128)0;
    for (;;) {
        u64 dividend[4], divisor[2], quotient[4];
        memcpy(dividend, square, sizeof dividend);
        wide_set(divisor, root);
        wide_divide(dividend, 4, divisor, 2, quotient);
        u128 other = wide_get(quotient);
        if (wide_size(quotient, 4) > 2 || other >= root) break;
        root = other + (root - other) / 2;
    }
    *round_up = is_above_half(square, root);
    return root;
}

enum flaw decimal_exp(const struct decimal *a, struct decimal *out)
{
    f64 value = decimal_to_f64(a);
    if (value > EXP_MAX || value < -EXP_MAX) return FLAW_NUMERIC;
    i32 scale = scale_at_least(MAX(SIGNIFICANT_MIN - power_of_exp(value), 0), a);
    struct real real = real_from_decimal(a);
    real = real_exp(&real);
    return real_round(&real, scale, out);
}

static enum flaw check_ln(const struct decimal *a)
{
    int sign = decimal_sign(a);
    return sign < 0 ? FLAW_LOG_NEGATIVE : sign == 0 ? FLAW_LOG_ZERO : FLAW_NONE;
}

enum flaw decimal_ln(const struct decimal *a, struct decimal *out)
{
    enum flaw flaw = check_ln(a);
    if (flaw) return flaw;
    i32 scale = scale_at_least(MAX(SIGNIFICANT_MIN - estimate_ln_power(a), 0), a);
    if (scale > DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    struct real ln = real_ln(a);
    return real_round(&ln, scale, out);
}

enum flaw decimal_log(const struct decimal *base, const struct decimal *a, struct decimal *out)
{
    enum flaw flaw = check_ln(base);
    if (!flaw) flaw = check_ln(a);
    if (flaw) return flaw;
    i32 power = estimate_ln_power(a) - estimate_ln_power(base);
    i32 scale = MAX(SIGNIFICANT_MIN - power, 0);
    scale = scale_at_least(scale_at_least(scale, base), a);
    const struct decimal one = decimal_make(1, 0);
    if (decimal_compare(base, &one) == 0) return FLAW_DIVISION_BY_ZERO;
    struct real ln_base = real_ln(base), ln = real_ln(a);
    if (scale > DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    ln = real_divide(&ln, &ln_base);
    return real_round(&ln, scale, out);
}

/* --- Powers --- */

static enum flaw power_whole(const struct decimal *base, i32 exponent, struct decimal *out);
static enum flaw power_any(const struct decimal *base, const struct decimal *exponent,
                           bool negative, struct decimal *out);

enum flaw decimal_power(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal exponent = decimal_trim(b);
    bool whole = exponent.scale == 0;
    i128 value = decimal_get(&exponent);
    int sign = decimal_sign(a);
    if (sign == 0 && decimal_sign(b) < 0) return FLAW_POWER_ZERO;
    if (sign < 0 && !whole) return FLAW_POWER_COMPLEX;
    if (whole && value >= INT32_MIN && value <= INT32_MAX) return power_whole(a, (i32)value, out);
    if (sign == 0) {
        *out = decimal_make(0, SIGNIFICANT_MIN);
        return FLAW_NONE;
    }
    struct decimal base = decimal_abs(a);
    return power_any(&base, b, sign < 0 && value % 2 != 0, out);
}

/* e^(ln base * exponent), rounded to scale. negative is the sign of the result. */
static enum flaw power_by_logarithm(const struct decimal *base, const struct decimal *exponent,
                                    i32 scale, bool negative, struct decimal *out)
{
    struct real ln = real_ln(base);
    u64 factor[2], product[WORDS + 2], power[2], quotient[WORDS + 2];
    wide_set(factor, decimal_magnitude(exponent));
    wide_multiply(ln.words, WORDS, factor, 2, product);
    wide_set(power, decimal_powers[exponent->scale]);
    wide_divide(product, WORDS + 2, power, 2, quotient);
    ln.negative = ln.negative != (exponent->high < 0);
    memcpy(ln.words, quotient, sizeof ln.words);
    bool far =
        wide_size(quotient, WORDS + 2) > FRACTION_WORDS + 1 || quotient[FRACTION_WORDS] >= EXP_MAX;
    if (far && !ln.negative) return FLAW_NUMERIC;
    struct real result = { 0 };
    if (!far) result = real_exp(&ln);
    result.negative = negative;
    return real_round(&result, scale, out);
}

/* The scale comes from an estimate with a logarithm of about eight digits, rounded on the way. */
static enum flaw power_any(const struct decimal *base, const struct decimal *exponent,
                           bool negative, struct decimal *out)
{
    i32 places = MAX(8 - estimate_ln_power(base), 0);
    struct real ln = real_ln(base);
    f64 unit = pow(10, places);
    f64 value = round(round(real_to_f64(&ln) * unit) * decimal_to_f64(exponent)) / unit;
    if (value > EXP_MAX || value < -EXP_MAX) return FLAW_NUMERIC;
    i32 scale = MAX(SIGNIFICANT_MIN - power_of_exp(value), 0);
    scale = scale_at_least(scale_at_least(scale, base), exponent);
    if (scale > DECIMAL_DIGITS_MAX) return FLAW_NUMERIC;
    return power_by_logarithm(base, exponent, scale, negative, out);
}

/* Digits of base^exponent as a whole number of 256 bits; false when there are more. */
static bool power_exact(u128 base, u32 exponent, u64 *out)
{
    u64 factor[2], product[6];
    memset(out, 0, 4 * sizeof *out);
    out[0] = 1;
    wide_set(factor, base);
    for (; exponent > 0; exponent--) {
        wide_multiply(out, 4, factor, 2, product);
        if (wide_size(product, 6) > 4) return false;
        memcpy(out, product, 4 * sizeof *out);
    }
    return true;
}

/* dividend * 10^up / (divisor * 10^down), half away from zero: all of it in WIDE_WORD_COUNT_MAX words
 * by the bounds of power_whole. */
static enum flaw divide_round(const u64 *dividend, u32 up, const u64 *divisor, u32 down, u128 *out)
{
    u64 a[12] = { 0 }, b[12] = { 0 }, quotient[12];
    memcpy(a, dividend, 4 * sizeof *a);
    memcpy(b, divisor, 4 * sizeof *b);
    for (; up > 0; up--)
        if (wide_multiply_word(a, 12, 10)) return FLAW_NUMERIC;
    for (; down > 0; down--)
        if (wide_multiply_word(b, 12, 10)) return FLAW_NUMERIC;
    wide_divide(a, 12, b, 12, quotient);
    if (wide_size(quotient, 12) > 2) return FLAW_NUMERIC;
    wide_shift_left(a, 12, 1); /* the remainder is far below the top */
    *out = wide_get(quotient) + (wide_compare(a, b, 12) >= 0);
    return *out < decimal_powers[DECIMAL_DIGITS_MAX] ? FLAW_NONE : FLAW_NUMERIC;
}

/* Small powers exactly, so that a half is seen as one; the others cannot be halves. */
static enum flaw power_whole(const struct decimal *base, i32 exponent, struct decimal *out)
{
    i32 scale = scale_at_least(SIGNIFICANT_MIN, base);
    u32 count = exponent < 0 ? -(u32)exponent : (u32)exponent;
    bool negative = base->high < 0 && count % 2 != 0;
    struct decimal trimmed = decimal_trim(base);
    trimmed = decimal_abs(&trimmed);
    if (decimal_sign(base) == 0 || (decimal_get(&trimmed) == 1 && trimmed.scale == 0)) {
        u128 result = decimal_sign(base) == 0 && count > 0 ? 0 : decimal_powers[scale];
        if (result >= decimal_powers[DECIMAL_DIGITS_MAX]) return FLAW_NUMERIC;
        *out = decimal_make(negative ? -(i128)result : (i128)result, (u32)scale);
        return FLAW_NONE;
    }
    u64 digits[4], one[4] = { 1 };
    u128 result;
    u64 places = (u64)trimmed.scale * count;
    if (places > 150 || !power_exact(decimal_magnitude(&trimmed), count, digits)) {
        struct decimal power = decimal_make(exponent, 0);
        return power_by_logarithm(&trimmed, &power, scale, negative, out);
    }
    enum flaw flaw = exponent >= 0
                         ? divide_round(digits, (u32)scale, one, (u32)places, &result)
                         : divide_round(one, (u32)places + (u32)scale, digits, 0, &result);
    if (flaw) return flaw;
    *out = decimal_make(negative ? -(i128)result : (i128)result, (u32)scale);
    return FLAW_NONE;
}
