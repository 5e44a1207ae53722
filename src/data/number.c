#include "data/number.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "data/decimal.h"

const char number_pairs[200] = "0001020304050607080910111213141516171819"
                               "2021222324252627282930313233343536373839"
                               "4041424344454647484950515253545556575859"
                               "6061626364656667686970717273747576777879"
                               "8081828384858687888990919293949596979899";

struct slice number_trim(struct slice text)
{
    while (text.size > 0 && number_is_blank(text.data[0]))
        text = slice_make(text.data + 1, text.size - 1);
    while (text.size > 0 && number_is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

enum flaw number_parse_i64(struct slice text, i64 min, i64 max, i64 *out)
{
    text = number_trim(text);
    const char *next = text.data, *end = text.data + text.size;
    bool negative = next < end && *next == '-';
    if (next < end && (*next == '-' || *next == '+')) next++;
    if (next == end) return FLAW_SYNTAX;
    u64 limit = (u64)max + 1; /* == -min; found exceeded at the digit, as PostgreSQL does */
    assert(limit == -(u64)min);
    u64 value = 0;
    for (; next < end; next++) {
        u32 digit = (u8)*next - (u32)'0';
        if (digit > 9) return FLAW_SYNTAX;
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, digit, &value) || value > limit)
            return FLAW_RANGE;
    }
    if (!negative && value == limit) return FLAW_RANGE;
    *out = negative ? (i64)-value : (i64)value;
    return FLAW_NONE;
}

u32 number_digit_count(u64 value)
{
    /* 1233/4096 is log10(2) closely enough for 64 bits. */
    u32 guess = ((64 - (u32)__builtin_clzll(value | 1)) * 1233) >> 12;
    return guess + (value >= (u64)decimal_powers[guess] || guess == 0);
}

void number_print_digits(u64 value, u32 count, char *out)
{
    char *next = out + count;
    while (next - out >= 2) {
        next -= 2;
        memcpy(next, number_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (next > out) *out = (char)('0' + value % 10);
}

u32 number_print_u64(u64 value, char *out)
{
    u32 count = number_digit_count(value);
    number_print_digits(value, count, out);
    return count;
}

u32 number_print_i64(i64 value, char *out)
{
    if (value >= 0) return number_print_u64((u64)value, out);
    *out = '-';
    return 1 + number_print_u64(-(u64)value, out + 1);
}

/* --- Floats from text --- */

/* How a binary float is made up. */
struct form {
    i32 mantissa_bits; /* with the hidden one */
    i32 bias;
    i32 exponent_max; /* biased, of infinity */
};

static const struct form form_f64 = { .mantissa_bits = 53, .bias = 1023, .exponent_max = 2047 };
static const struct form form_f32 = { .mantissa_bits = 24, .bias = 127, .exponent_max = 255 };

/* A decimal number as it was written: digits * 10^exponent. */
struct written {
    bool negative;
    u64 digits;
    i32 exponent;
    bool whole; /* all digits are in digits */
};

static const struct ten_power {
    u64 high;
    u64 low;
} ten_powers[] = {
#include "data/number_powers.inc"
};

#define TEN_POWER_FIRST  (-342)
#define TEN_POWER_LAST   324
#define TEN_EXACT_LAST   55     /* 10^55 has 128 significant bits */
#define EXPONENT_FAR     100000 /* beyond every float, however many digits stand before it */
#define DIGIT_COUNT_FAST 19     /* any so many digits fit a u64 */

static_assert(countof(ten_powers) == TEN_POWER_LAST - TEN_POWER_FIRST + 1, "the table is whole");

static bool scan_decimal(struct slice text, struct written *out);
static bool find_special(struct slice text, f64 *out);
static bool find_nearest(const struct written *written, const struct form *form, u64 *bits);
static const char *scan_exponent(const char *next, const char *end, i32 *exponent);
static u64 round_mantissa(u128 high, u64 low, i32 mantissa_bits);
static enum flaw parse_by_library(struct slice text, bool narrow, f64 *out);

static i32 floor_log2_of_ten_power(i32 exponent)
{
    return (exponent * 1741647) >> 19; /* log2(10) for |exponent| <= 1233 */
}

enum flaw number_parse_f64(struct slice text, f64 *out)
{
    struct written written;
    text = number_trim(text);
    u64 bits;
    if (scan_decimal(text, &written) && find_nearest(&written, &form_f64, &bits)) {
        bits |= (u64)written.negative << 63;
        memcpy(out, &bits, sizeof *out);
        return FLAW_NONE;
    }
    if (find_special(text, out)) return FLAW_NONE;
    return parse_by_library(text, false, out);
}

enum flaw number_parse_f32(struct slice text, f32 *out)
{
    struct written written;
    text = number_trim(text);
    u64 bits;
    if (scan_decimal(text, &written) && find_nearest(&written, &form_f32, &bits)) {
        u32 narrow = (u32)bits | (u32)written.negative << 31;
        memcpy(out, &narrow, sizeof *out);
        return FLAW_NONE;
    }
    f64 wide;
    enum flaw flaw = FLAW_NONE;
    if (!find_special(text, &wide)) flaw = parse_by_library(text, true, &wide);
    *out = flaw ? 0 : (f32)wide;
    return flaw;
}

/* False when text is not a plain decimal number. */
static bool scan_decimal(struct slice text, struct written *out)
{
    const char *next = text.data, *end = text.data + text.size;
    bool negative = next < end && *next == '-';
    if (next < end && (*next == '-' || *next == '+')) next++;
    u64 digits = 0;
    u32 count = 0, any = 0;
    i32 exponent = 0;
    bool point = false, whole = true;
    for (; next < end; next++) {
        if (*next == '.' && !point) {
            point = true;
            continue;
        }
        u32 digit = (u8)*next - (u32)'0';
        if (digit > 9) break;
        any = 1;
        if (count < DIGIT_COUNT_FAST) {
            digits = digits * 10 + digit;
            count += digits > 0;
            exponent -= point;
        } else {
            whole = false; /* exponent no longer matters */
        }
    }
    if (!any) return false;
    if (next < end && (*next | 0x20) == 'e') next = scan_exponent(next + 1, end, &exponent);
    *out = (struct written){
        .negative = negative, .digits = digits, .exponent = exponent, .whole = whole
    };
    return next == end;
}

/* Adds what is written to exponent. Returns NULL when there is no number. */
static const char *scan_exponent(const char *next, const char *end, i32 *exponent)
{
    bool negative = next < end && *next == '-';
    if (next < end && (*next == '-' || *next == '+')) next++;
    if (next == end || (u8)(*next - '0') > 9) return NULL;
    i32 value = 0;
    for (; next < end && (u8)(*next - '0') <= 9; next++)
        if (value < EXPONENT_FAR) value = value * 10 + (*next - '0');
    *exponent += negative ? -value : value;
    return next;
}

static bool find_special(struct slice text, f64 *out)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    bool sign = negative || (text.size > 0 && text.data[0] == '+');
    struct slice name = slice_make(text.data + sign, text.size - sign);
    if (slice_is_nocase(name, "nan"))
        *out = __builtin_nan("");
    else if (slice_is_nocase(name, "infinity") || slice_is_nocase(name, "inf"))
        *out = negative ? -__builtin_inf() : __builtin_inf();
    else
        return false;
    return true;
}

/* digits * 10^exponent lies between (digits * power - digits) and digits * power, because the table is
 * rounded up by less than one. Where both ends round to the same float, that is the nearest; else,
 * and near the ends of the exponents, false: the library decides (one in some thousands). */
static bool find_nearest(const struct written *written, const struct form *form, u64 *bits)
{
    if (!written->whole) return false;
    if (written->digits == 0) {
        *bits = 0;
        return true;
    }
    if (written->exponent < TEN_POWER_FIRST || written->exponent > TEN_POWER_LAST) return false;
    struct ten_power power = ten_powers[written->exponent - TEN_POWER_FIRST];
    i32 shift = __builtin_clzll(written->digits);
    u64 digits = written->digits << shift;

    u128 low_product = (u128)digits * power.low;
    u128 high = (u128)digits * power.high + (u64)(low_product >> 64);
    u64 low = (u64)low_product;
    bool exact = written->exponent >= 0 && written->exponent <= TEN_EXACT_LAST;
    u64 error = exact ? 0 : digits;
    u128 high_least = high - (low < error);
    u64 low_least = low - error;

    i32 exponent = floor_log2_of_ten_power(written->exponent) - 127 - shift;
    if (!(high >> 127)) {
        high = high << 1 | low >> 63;
        low <<= 1;
        high_least = high_least << 1 | low_least >> 63;
        low_least <<= 1;
        exponent--;
    }
    u64 mantissa = round_mantissa(high, low, form->mantissa_bits);
    if (round_mantissa(high_least, low_least, form->mantissa_bits) != mantissa) return false;
    u64 hidden = UINT64_C(1) << (form->mantissa_bits - 1);
    i32 biased = exponent + 191 + form->bias;
    if (biased <= 0) return false;
    u64 packed = ((u64)biased << (form->mantissa_bits - 1)) + (mantissa - hidden);
    if (packed >> (form->mantissa_bits - 1) >= (u64)form->exponent_max) return false;
    *bits = packed; /* a mantissa that was rounded up to the next power of two carried over */
    return true;
}

/* The upper mantissa_bits of 192 bits, half to even. */
static u64 round_mantissa(u128 high, u64 low, i32 mantissa_bits)
{
    i32 dropped = 128 - mantissa_bits;
    u64 mantissa = (u64)(high >> dropped);
    u128 rest = high & (((u128)1 << dropped) - 1);
    u128 half = (u128)1 << (dropped - 1);
    bool above = rest > half || (rest == half && low > 0);
    bool tie = rest == half && low == 0;
    return mantissa + (above || (tie && (mantissa & 1)));
}

#define LIBRARY_TEXT_MAX 1100
/* More digits than this cannot move a double past the middle of two others by themselves: 767 decide;
 * what follows only counts as "more than that". */
#define LIBRARY_DIGITS_MAX 800

static bool copy_for_library(struct slice text, char *out);

/* Everything rare: very long, subnormal, hexadecimal, or nearly between two floats. */
static enum flaw parse_by_library(struct slice text, bool narrow, f64 *out)
{
    char copy[LIBRARY_TEXT_MAX];
    if (text.size == 0 || !copy_for_library(text, copy)) return FLAW_SYNTAX;
    char *end;
    errno = 0;
    f64 value = narrow ? (f64)strtof(copy, &end) : strtod(copy, &end);
    if (end == copy || *end) return FLAW_SYNTAX;
    if (errno == ERANGE && (value == 0 || __builtin_isinf(value))) return FLAW_RANGE;
    *out = value;
    return FLAW_NONE;
}

/* As it is if it is short, else its first digits, a one for all others, and the exponent. */
static bool copy_for_library(struct slice text, char *out)
{
    if (text.size < LIBRARY_TEXT_MAX) {
        memcpy(out, text.data, text.size);
        out[text.size] = '\0';
        return !memchr(text.data, '\0', text.size);
    }
    struct written written;
    if (!scan_decimal(text, &written)) return false;
    char *to = out;
    if (written.negative) *to++ = '-';
    u32 count = 0;
    i32 exponent = 0;
    bool point = false, more = false;
    const char *next = text.data + (*text.data == '-' || *text.data == '+');
    const char *end = text.data + text.size;
    for (; next < end && (*next | 0x20) != 'e'; next++) {
        if (*next == '.') {
            point = true;
            continue;
        }
        if (count == 0 && *next == '0') {
            exponent -= point;
        } else if (count < LIBRARY_DIGITS_MAX) {
            *to++ = *next;
            count++;
            exponent -= point;
        } else {
            more = more || *next != '0';
            exponent += !point;
        }
    }
    *to++ = more ? '1' : '0';
    exponent--;
    if (next < end && !scan_exponent(next + 1, end, &exponent)) return false;
    snprintf(to, 24, "e%d", exponent);
    return true;
}

/* --- Floats to text: the Schubfach way (R. Giulietti, 2020) --- */

struct shortest {
    u64 digits;
    i32 exponent;
};

static struct shortest find_shortest(u64 mantissa, i32 exponent, bool lower_is_closer);
static u32 print_float(bool negative, struct shortest shortest, i32 fixed_max, char *out);
static u32 print_special(bool negative, bool nan, char *out);

/* log10(2^exponent), or of 3/4 of it. */
static i32 floor_log10_of_two_power(i32 exponent, bool three_quarters)
{
    return (exponent * 1262611 - (three_quarters ? 524031 : 0)) >> 22;
}

bool number_digits_f64(f64 value, u64 *digits, i32 *exponent)
{
    u64 bits;
    memcpy(&bits, &value, sizeof bits);
    i32 biased = bits >> 52 & 2047;
    u64 fraction = bits & ((UINT64_C(1) << 52) - 1);
    if (biased == 2047) return false;
    struct shortest shortest = { 0 };
    if (biased > 0)
        shortest =
            find_shortest(fraction | UINT64_C(1) << 52, biased - 1075, fraction == 0 && biased > 1);
    else if (fraction > 0)
        shortest = find_shortest(fraction, -1074, false);
    *digits = shortest.digits;
    *exponent = shortest.exponent;
    return true;
}

bool number_digits_f32(f32 value, u64 *digits, i32 *exponent)
{
    u32 bits;
    memcpy(&bits, &value, sizeof bits);
    i32 biased = bits >> 23 & 255;
    u32 fraction = bits & ((UINT32_C(1) << 23) - 1);
    if (biased == 255) return false;
    struct shortest shortest = { 0 };
    if (biased > 0)
        shortest =
            find_shortest(fraction | UINT32_C(1) << 23, biased - 150, fraction == 0 && biased > 1);
    else if (fraction > 0)
        shortest = find_shortest(fraction, -149, false);
    *digits = shortest.digits;
    *exponent = shortest.exponent;
    return true;
}

u32 number_print_f64(f64 value, char *out)
{
    struct shortest shortest;
    bool negative = __builtin_signbit(value);
    if (!number_digits_f64(value, &shortest.digits, &shortest.exponent))
        return print_special(negative, value != value, out);
    return print_float(negative, shortest, 15, out);
}

u32 number_print_f32(f32 value, char *out)
{
    struct shortest shortest;
    bool negative = __builtin_signbit(value);
    if (!number_digits_f32(value, &shortest.digits, &shortest.exponent))
        return print_special(negative, value != value, out);
    return print_float(negative, shortest, 6, out);
}

/* The upper 64 bits of a product, the last of them odd if anything follows. */
static u64 multiply_to_odd(struct ten_power power, u64 factor)
{
    u64 low = (u64)(((u128)power.low * factor) >> 64);
    u128 product = (u128)power.high * factor + low;
    return (u64)(product >> 64) | ((u64)product > 1);
}

/* The shortest decimal strictly between the middles to the neighbours of mantissa * 2^exponent, and of
 * those the nearest to it. The middles themselves are left out, though they too would read back
 * (half to even), because PostgreSQL does so. All is computed in quarters of the last digit. */
static struct shortest find_shortest(u64 mantissa, i32 exponent, bool lower_is_closer)
{
    i32 k = floor_log10_of_two_power(exponent, lower_is_closer);
    i32 shift = exponent + floor_log2_of_ten_power(-k) + 1;
    struct ten_power power = ten_powers[-k - TEN_POWER_FIRST];
    u64 four = 4 * mantissa;
    u64 lower = multiply_to_odd(power, (four - 2 + lower_is_closer) << shift) + 1;
    u64 value = multiply_to_odd(power, four << shift);
    u64 upper = multiply_to_odd(power, (four + 2) << shift) - 1;

    u64 whole = value / 4;
    u64 tens = whole / 10;
    if (whole >= 10) {
        bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up) return (struct shortest){ .digits = tens + up, .exponent = k + 1 };
    }
    bool down = lower <= 4 * whole, up = 4 * whole + 4 <= upper;
    if (down != up) return (struct shortest){ .digits = whole + up, .exponent = k };
    u64 middle = 4 * whole + 2;
    bool round_up = value > middle || (value == middle && (whole & 1));
    return (struct shortest){ .digits = whole + round_up, .exponent = k };
}

static u32 print_special(bool negative, bool nan, char *out)
{
    const char *text = nan ? "NaN" : negative ? "-Infinity" : "Infinity";
    u32 size = (u32)strlen(text);
    memcpy(out, text, size);
    return size;
}

static char *print_fixed(const char *digits, i32 count, i32 exponent, char *out);
static char *print_scientific(const char *digits, i32 count, i32 power, char *out);

/* With an exponent from fixed_max on, and below 0.0001, like printf's %g. */
static u32 print_float(bool negative, struct shortest shortest, i32 fixed_max, char *out)
{
    char *next = out;
    if (negative) *next++ = '-';
    if (shortest.digits == 0) {
        *next++ = '0';
        return (u32)(next - out);
    }
    while (shortest.digits % 10 == 0) {
        shortest.digits /= 10;
        shortest.exponent++;
    }
    char digits[20];
    i32 count = (i32)number_print_u64(shortest.digits, digits);
    i32 power = count - 1 + shortest.exponent;
    next = power >= -4 && power < fixed_max ? print_fixed(digits, count, shortest.exponent, next)
                                            : print_scientific(digits, count, power, next);
    return (u32)(next - out);
}

static char *print_fixed(const char *digits, i32 count, i32 exponent, char *out)
{
    i32 before = count + exponent; /* digits before the point; not above 15 */
    if (exponent >= 0) {
        memcpy(out, digits, (size_t)count);
        memset(out + count, '0', (size_t)exponent);
        return out + before;
    }
    if (before > 0) {
        memcpy(out, digits, (size_t)before);
        out[before] = '.';
        memcpy(out + before + 1, digits + before, (size_t)(count - before));
        return out + count + 1;
    }
    memcpy(out, "0.000", 5);
    memcpy(out + 2 - before, digits, (size_t)count);
    return out + 2 - before + count;
}

static char *print_scientific(const char *digits, i32 count, i32 power, char *out)
{
    *out++ = digits[0];
    if (count > 1) {
        *out++ = '.';
        memcpy(out, digits + 1, (size_t)(count - 1));
        out += count - 1;
    }
    *out++ = 'e';
    *out++ = power < 0 ? '-' : '+';
    u64 magnitude = (u64)(power < 0 ? -power : power);
    u32 size = magnitude < 100 ? 2 : 3;
    number_print_digits(magnitude, size, out);
    return out + size;
}
