#include "base/assert.h"
#include "data/decimal_internal.h"
#include "data/number.h"

/* A number as it was written; digits are all digits without the point, leading zeros left out. */
struct written {
    bool negative;
    const char *digits; /* the first significant one, in the text */
    u32 digit_count;    /* significant ones, before and after the point */
    i64 scale;          /* value == digits / 10^scale */
    u64 head;           /* value of the first HEAD_COUNT_MAX digits */
};

#define HEAD_COUNT_MAX 18
#define EXPONENT_LIMIT (INT32_MAX / 2)
/* PostgreSQL's numeric ends here; what is shorter is only too long for the type. */
#define WHOLE_DIGITS_MAX 131072

static enum flaw scan(struct slice text, struct written *out);
static bool is_special(struct slice text);
static enum flaw scan_exponent(const char *next, const char *end, i64 *scale);
static u128 read_digits(const struct written *written, u32 count);
static enum flaw parse_rounded(const struct written *written, u32 precision, u32 scale,
                               struct decimal *out);

enum flaw decimal_parse(struct slice text, u32 precision, u32 scale, struct decimal *out)
{
    struct written written;
    text = number_trim(text);
    enum flaw flaw = scan(text, &written);
    if (flaw) return is_special(text) ? FLAW_NUMERIC_SPECIAL : flaw;
    if (precision > 0) return parse_rounded(&written, precision, scale, out);
    if (written.digit_count > DECIMAL_DIGITS_MAX || written.scale > DECIMAL_DIGITS_MAX)
        return FLAW_NUMERIC;
    u128 value = read_digits(&written, written.digit_count);
    if (written.scale >= 0) return decimal_give(value, written.negative, (u32)written.scale, out);
    if (value == 0) return decimal_give(0, false, 0, out);
    if (written.scale < -DECIMAL_DIGITS_MAX || !decimal_shift_up(&value, (u32)-written.scale))
        return FLAW_NUMERIC;
    return decimal_give(value, written.negative, 0, out);
}

static enum flaw scan(struct slice text, struct written *out)
{
    const char *next = text.data, *end = text.data + text.size;
    *out = (struct written){ .negative = next < end && *next == '-' };
    if (next < end && (*next == '-' || *next == '+')) next++;
    bool point = false, any = false;
    for (; next < end; next++) {
        if (*next == '.' && !point) {
            point = true;
            continue;
        }
        u32 digit = (u8)*next - (u32)'0';
        if (digit > 9) break;
        any = true;
        out->scale += point;
        if (out->digit_count == 0 && digit == 0) continue;
        if (out->digit_count == 0) out->digits = next;
        if (out->digit_count < HEAD_COUNT_MAX) out->head = out->head * 10 + digit;
        out->digit_count++;
    }
    if (!any) return FLAW_SYNTAX;
    if (next == end) return FLAW_NONE;
    return (*next | 0x20) == 'e' ? scan_exponent(next + 1, end, &out->scale) : FLAW_SYNTAX;
}

static enum flaw scan_exponent(const char *next, const char *end, i64 *scale)
{
    bool negative = next < end && *next == '-';
    if (next < end && (*next == '-' || *next == '+')) next++;
    if (next == end || (u8)(*next - '0') > 9) return FLAW_SYNTAX;
    i64 exponent = 0;
    for (; next < end && (u8)(*next - '0') <= 9; next++)
        if (exponent < EXPONENT_LIMIT) exponent = exponent * 10 + (*next - '0');
    if (exponent >= EXPONENT_LIMIT) return FLAW_NUMERIC;
    if (next < end) return FLAW_SYNTAX;
    *scale += negative ? exponent : -exponent;
    return FLAW_NONE;
}

static bool is_special(struct slice text)
{
    if (text.size > 0 && (text.data[0] == '-' || text.data[0] == '+')) {
        text = slice_make(text.data + 1, text.size - 1);
        return slice_is_nocase(text, "infinity") || slice_is_nocase(text, "inf");
    }
    return slice_is_nocase(text, "nan") || slice_is_nocase(text, "infinity") ||
           slice_is_nocase(text, "inf");
}

/* The first count significant digits, zeros following when there are fewer; count <= 38. */
static u128 read_digits(const struct written *written, u32 count)
{
    if (written->digit_count <= HEAD_COUNT_MAX && count == written->digit_count)
        return written->head;
    u128 value = 0;
    const char *next = written->digits;
    for (u32 taken = 0; taken < MIN(count, written->digit_count); next++) {
        if (*next == '.') continue;
        value = value * 10 + (u32)(*next - '0');
        taken++;
    }
    if (count > written->digit_count) value *= decimal_powers[count - written->digit_count];
    return value;
}

static bool next_digit_rounds_up(const struct written *written, u32 count)
{
    if (count >= written->digit_count) return false;
    const char *next = written->digits;
    for (u32 taken = 0;; next++) {
        if (*next == '.') continue;
        if (taken++ == count) return *next >= '5';
    }
}

/* Keeps as many digits as stand before the last place of the type; the next one decides. */
static enum flaw parse_rounded(const struct written *written, u32 precision, u32 scale,
                               struct decimal *out)
{
    i64 kept = (i64)written->digit_count - written->scale + scale;
    if (written->digit_count == 0 || kept < 0) return decimal_give(0, false, scale, out);
    if (kept > WHOLE_DIGITS_MAX) return FLAW_NUMERIC;
    if (kept > precision) return FLAW_NUMERIC_FIELD;
    u128 value = read_digits(written, (u32)kept) + next_digit_rounds_up(written, (u32)kept);
    if (value >= decimal_powers[precision]) return FLAW_NUMERIC_FIELD;
    return decimal_give(value, written->negative, scale, out);
}

static u32 print_digits(u128 value, u32 count, char *out);
static u32 print_magnitude(u128 magnitude, bool negative, u32 scale, char *out);

u32 decimal_print(const struct decimal *a, char *out)
{
    return print_magnitude(decimal_magnitude(a), a->high < 0, a->scale, out);
}

u32 decimal_print_scaled(i64 value, u32 scale, char *out)
{
    u64 magnitude = value < 0 ? -(u64)value : (u64)value;
    return print_magnitude(magnitude, value < 0, scale, out);
}

static u32 print_magnitude(u128 magnitude, bool negative, u32 scale, char *out)
{
    char *next = out;
    if (negative) *next++ = '-';
    u128 whole = magnitude, rest = 0;
    if (scale > 0 && !(magnitude >> 64) && scale < 20) {
        u64 power = (u64)decimal_powers[scale];
        whole = (u64)magnitude / power;
        rest = (u64)magnitude % power;
    } else if (scale > 0) {
        whole = magnitude / decimal_powers[scale];
        rest = magnitude % decimal_powers[scale];
    }
    next += print_digits(whole, MAX(decimal_digit_count(whole), 1u), next);
    if (scale == 0) return (u32)(next - out);
    *next++ = '.';
    next += print_digits(rest, scale, next);
    return (u32)(next - out);
}

/* Exactly count digits. */
static u32 print_digits(u128 value, u32 count, char *out)
{
    if (count > 19) {
        number_print_digits((u64)(value / decimal_powers[19]), count - 19, out);
        number_print_digits((u64)(value % decimal_powers[19]), 19, out + count - 19);
    } else {
        number_print_digits((u64)value, count, out);
    }
    return count;
}
