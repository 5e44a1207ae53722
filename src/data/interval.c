#include "data/interval.h"

#include <math.h>

#include "base/assert.h"
#include "data/number.h"

#define MONTHS_PER_YEAR 12
#define DAYS_PER_MONTH  30
#define SECONDS_PER_DAY 86400

/* months and micros split as EXTRACT and text output see them; all parts have the sign of their whole. */
struct parts {
    i32 years, months, days;
    i64 hours;
    i32 minutes, seconds, micros;
};

static struct parts parts_of(const struct interval *a)
{
    return (struct parts){
        .years = a->months / MONTHS_PER_YEAR,
        .months = a->months % MONTHS_PER_YEAR,
        .days = a->days,
        .hours = a->micros / MICROS_PER_HOUR,
        .minutes = (i32)(a->micros / MICROS_PER_MINUTE % 60),
        .seconds = (i32)(a->micros / MICROS_PER_SECOND % 60),
        .micros = (i32)(a->micros % MICROS_PER_SECOND),
    };
}

/* --- Text out --- */

static char *print_part(char *next, const char *start, i64 value, const char *unit, bool *negative);
static char *print_time(char *next, const char *start, i64 micros, bool after_negative);

u32 interval_print(const struct interval *a, char *out)
{
    struct parts parts = parts_of(a);
    bool negative = false;
    char *next = print_part(out, out, parts.years, "year", &negative);
    next = print_part(next, out, parts.months, "mon", &negative);
    next = print_part(next, out, parts.days, "day", &negative);
    if (a->micros != 0 || next == out) next = print_time(next, out, a->micros, negative);
    assert(next - out <= INTERVAL_TEXT_MAX);
    return (u32)(next - out);
}

/* A positive part after a negative one says so, for readers who would carry the sign over. */
static char *print_part(char *next, const char *start, i64 value, const char *unit, bool *negative)
{
    if (value == 0) return next;
    if (next > start) *next++ = ' ';
    if (value > 0 && *negative) *next++ = '+';
    next += number_print_i64(value, next);
    *next++ = ' ';
    size_t size = strlen(unit);
    memcpy(next, unit, size);
    next += size;
    if (value != 1) *next++ = 's';
    *negative = value < 0;
    return next;
}

static char *print_time(char *next, const char *start, i64 micros, bool after_negative)
{
    if (next > start) *next++ = ' ';
    u64 left = micros < 0 ? -(u64)micros : (u64)micros;
    if (micros < 0)
        *next++ = '-';
    else if (after_negative)
        *next++ = '+';
    u64 hours = left / MICROS_PER_HOUR;
    if (hours < 10) *next++ = '0';
    next += number_print_u64(hours, next);
    *next++ = ':';
    number_print_digits(left / MICROS_PER_MINUTE % 60, 2, next);
    next[2] = ':';
    number_print_digits(left / MICROS_PER_SECOND % 60, 2, next + 3);
    next += 5;
    u64 fraction = left % MICROS_PER_SECOND;
    if (fraction == 0) return next;
    *next++ = '.';
    number_print_digits(fraction, 6, next);
    next += 6;
    while (next[-1] == '0')
        next--;
    return next;
}

/* --- Arithmetic --- */

enum flaw interval_add(const struct interval *a, const struct interval *b, struct interval *out)
{
    struct interval sum;
    if (__builtin_add_overflow(a->months, b->months, &sum.months) ||
        __builtin_add_overflow(a->days, b->days, &sum.days) ||
        __builtin_add_overflow(a->micros, b->micros, &sum.micros))
        return FLAW_INTERVAL;
    *out = sum;
    return FLAW_NONE;
}

enum flaw interval_subtract(const struct interval *a, const struct interval *b,
                            struct interval *out)
{
    struct interval difference;
    if (__builtin_sub_overflow(a->months, b->months, &difference.months) ||
        __builtin_sub_overflow(a->days, b->days, &difference.days) ||
        __builtin_sub_overflow(a->micros, b->micros, &difference.micros))
        return FLAW_INTERVAL;
    *out = difference;
    return FLAW_NONE;
}

enum flaw interval_negate(const struct interval *a, struct interval *out)
{
    const struct interval zero = { 0 };
    return interval_subtract(&zero, a, out);
}

static bool fits_i32(f64 value)
{
    return value >= (f64)INT32_MIN && value <= (f64)INT32_MAX;
}

static bool fits_i64(f64 value)
{
    return value >= -0x1p63 && value < 0x1p63;
}

/* To the microsecond, in seconds or days: what is below is noise of the division. */
static f64 round_to_micros(f64 value)
{
    return rint(value * 1e6) / 1e6;
}

/* Puts together what remains of scaled months, days and micros after their whole parts were taken. */
static enum flaw cascade(f64 months, f64 days, f64 micros, struct interval *out)
{
    if (!fits_i32(months) || !fits_i32(days)) return FLAW_INTERVAL;
    struct interval result = { .months = (i32)months, .days = (i32)days };
    f64 more_days = round_to_micros((months - result.months) * DAYS_PER_MONTH);
    f64 seconds = (days - result.days + more_days - (i32)more_days) * SECONDS_PER_DAY;
    seconds = round_to_micros(seconds);
    if (fabs(seconds) >= SECONDS_PER_DAY) {
        i32 whole = (i32)(seconds / SECONDS_PER_DAY);
        if (__builtin_add_overflow(result.days, whole, &result.days)) return FLAW_INTERVAL;
        seconds -= (f64)whole * SECONDS_PER_DAY;
    }
    if (__builtin_add_overflow(result.days, (i32)more_days, &result.days)) return FLAW_INTERVAL;
    f64 total = rint(micros + seconds * 1e6);
    if (!fits_i64(total)) return FLAW_INTERVAL;
    result.micros = (i64)total;
    *out = result;
    return FLAW_NONE;
}

enum flaw interval_multiply(const struct interval *a, f64 factor, struct interval *out)
{
    return cascade(a->months * factor, a->days * factor, (f64)a->micros * factor, out);
}

enum flaw interval_divide(const struct interval *a, f64 divisor, struct interval *out)
{
    if (divisor == 0) return FLAW_DIVISION_BY_ZERO;
    return cascade(a->months / divisor, a->days / divisor, (f64)a->micros / divisor, out);
}

/* Moves whole units of the lower part into the upper. */
static bool carry_micros(struct interval *a)
{
    i32 days = (i32)(a->micros / MICROS_PER_DAY);
    a->micros %= MICROS_PER_DAY;
    return !__builtin_add_overflow(a->days, days, &a->days);
}

static bool carry_days(struct interval *a)
{
    i32 months = a->days / DAYS_PER_MONTH;
    a->days %= DAYS_PER_MONTH;
    return !__builtin_add_overflow(a->months, months, &a->months);
}

/* Gives both parts one sign. */
static void level_micros(struct interval *a)
{
    if (a->days > 0 && a->micros < 0) {
        a->micros += MICROS_PER_DAY;
        a->days--;
    } else if (a->days < 0 && a->micros > 0) {
        a->micros -= MICROS_PER_DAY;
        a->days++;
    }
}

enum flaw interval_justify_hours(const struct interval *a, struct interval *out)
{
    struct interval result = *a;
    if (!carry_micros(&result)) return FLAW_INTERVAL;
    level_micros(&result);
    *out = result;
    return FLAW_NONE;
}

enum flaw interval_justify_days(const struct interval *a, struct interval *out)
{
    struct interval result = *a;
    if (!carry_days(&result)) return FLAW_INTERVAL;
    if (result.months > 0 && result.days < 0) {
        result.days += DAYS_PER_MONTH;
        result.months--;
    } else if (result.months < 0 && result.days > 0) {
        result.days -= DAYS_PER_MONTH;
        result.months++;
    }
    *out = result;
    return FLAW_NONE;
}

enum flaw interval_justify(const struct interval *a, struct interval *out)
{
    struct interval result = *a;
    /* Days first where time would add to them, so that they do not overflow on the way. */
    bool same_sign = (a->days > 0 && a->micros > 0) || (a->days < 0 && a->micros < 0);
    if (same_sign && !carry_days(&result)) return FLAW_INTERVAL;
    if (!carry_micros(&result) || !carry_days(&result)) return FLAW_INTERVAL;
    bool below_zero = result.days < 0 || (result.days == 0 && result.micros < 0);
    bool above_zero = result.days > 0 || (result.days == 0 && result.micros > 0);
    if (result.months > 0 && below_zero) {
        result.days += DAYS_PER_MONTH;
        result.months--;
    } else if (result.months < 0 && above_zero) {
        result.days -= DAYS_PER_MONTH;
        result.months++;
    }
    level_micros(&result);
    *out = result;
    return FLAW_NONE;
}

/* --- Fields --- */

/* The seconds of years of 365.25 days, months of 30, and days. */
static i64 calendar_seconds(const struct interval *a)
{
    i64 quarter_days = (i64)1461 * (a->months / MONTHS_PER_YEAR) +
                       (i64)4 * DAYS_PER_MONTH * (a->months % MONTHS_PER_YEAR) + (i64)4 * a->days;
    return quarter_days * (SECONDS_PER_DAY / 4);
}

enum flaw interval_extract(enum calendar_field field, const struct interval *a, struct decimal *out)
{
    struct parts parts = parts_of(a);
    i64 micros = parts.seconds * MICROS_PER_SECOND + parts.micros;
    switch (field) {
    case CALENDAR_MICROSECONDS: *out = decimal_make(micros, 0); break;
    case CALENDAR_MILLISECONDS: *out = decimal_make(micros, 3); break;
    case CALENDAR_SECOND: *out = decimal_make(micros, 6); break;
    case CALENDAR_MINUTE: *out = decimal_make(parts.minutes, 0); break;
    case CALENDAR_HOUR: *out = decimal_make(parts.hours, 0); break;
    case CALENDAR_DAY: *out = decimal_make(parts.days, 0); break;
    case CALENDAR_MONTH: *out = decimal_make(parts.months, 0); break;
    case CALENDAR_QUARTER: *out = decimal_make(parts.months / 3 + 1, 0); break;
    case CALENDAR_YEAR: *out = decimal_make(parts.years, 0); break;
    case CALENDAR_DECADE: *out = decimal_make(parts.years / 10, 0); break;
    case CALENDAR_CENTURY: *out = decimal_make(parts.years / 100, 0); break;
    case CALENDAR_MILLENNIUM: *out = decimal_make(parts.years / 1000, 0); break;
    case CALENDAR_EPOCH:
        *out = decimal_make((i128)calendar_seconds(a) * MICROS_PER_SECOND + a->micros, 6);
        break;
    case CALENDAR_WEEK:
    case CALENDAR_DOW:
    case CALENDAR_ISODOW:
    case CALENDAR_DOY:
    case CALENDAR_ISOYEAR:
    case CALENDAR_JULIAN:
    case CALENDAR_TIMEZONE:
    case CALENDAR_TIMEZONE_HOUR:
    case CALENDAR_TIMEZONE_MINUTE: return FLAW_FIELD_UNSUPPORTED;
    }
    return FLAW_NONE;
}

/* Floats are added up in PostgreSQL's order, so that the last digit agrees too. */
enum flaw interval_part(enum calendar_field field, const struct interval *a, f64 *out)
{
    struct parts parts = parts_of(a);
    struct decimal exact;
    enum flaw flaw = interval_extract(field, a, &exact);
    if (flaw) return flaw;
    if (field == CALENDAR_MILLISECONDS)
        *out = parts.seconds * 1000.0 + parts.micros / 1000.0;
    else if (field == CALENDAR_SECOND)
        *out = parts.seconds + parts.micros / 1e6;
    else if (field == CALENDAR_EPOCH)
        *out = (f64)a->micros / 1e6 + 365.25 * SECONDS_PER_DAY * (a->months / MONTHS_PER_YEAR) +
               (f64)DAYS_PER_MONTH * SECONDS_PER_DAY * (a->months % MONTHS_PER_YEAR) +
               (f64)SECONDS_PER_DAY * a->days;
    else
        *out = decimal_to_f64(&exact);
    return FLAW_NONE;
}

/* Towards zero, as the parts are. */
static struct interval truncate_months(const struct interval *a, i32 unit)
{
    return (struct interval){ .months = a->months / unit * unit };
}

static struct interval truncate_micros(const struct interval *a, i64 unit)
{
    return (
        struct interval){ .months = a->months, .days = a->days, .micros = a->micros / unit * unit };
}

enum flaw interval_trunc(enum calendar_field field, const struct interval *a, struct interval *out)
{
    switch (field) {
    case CALENDAR_MILLENNIUM: *out = truncate_months(a, 1000 * MONTHS_PER_YEAR); break;
    case CALENDAR_CENTURY: *out = truncate_months(a, 100 * MONTHS_PER_YEAR); break;
    case CALENDAR_DECADE: *out = truncate_months(a, 10 * MONTHS_PER_YEAR); break;
    case CALENDAR_YEAR: *out = truncate_months(a, MONTHS_PER_YEAR); break;
    case CALENDAR_QUARTER: *out = truncate_months(a, 3); break;
    case CALENDAR_MONTH: *out = truncate_months(a, 1); break;
    case CALENDAR_DAY: *out = (struct interval){ .months = a->months, .days = a->days }; break;
    case CALENDAR_HOUR: *out = truncate_micros(a, MICROS_PER_HOUR); break;
    case CALENDAR_MINUTE: *out = truncate_micros(a, MICROS_PER_MINUTE); break;
    case CALENDAR_SECOND: *out = truncate_micros(a, MICROS_PER_SECOND); break;
    case CALENDAR_MILLISECONDS: *out = truncate_micros(a, 1000); break;
    case CALENDAR_MICROSECONDS: *out = *a; break;
    case CALENDAR_WEEK:
    case CALENDAR_DOW:
    case CALENDAR_ISODOW:
    case CALENDAR_DOY:
    case CALENDAR_ISOYEAR:
    case CALENDAR_JULIAN:
    case CALENDAR_EPOCH:
    case CALENDAR_TIMEZONE:
    case CALENDAR_TIMEZONE_HOUR:
    case CALENDAR_TIMEZONE_MINUTE: return FLAW_FIELD_UNSUPPORTED;
    }
    return FLAW_NONE;
}

enum flaw interval_make(i64 years, i64 months, i64 weeks, i64 days, i64 hours, i64 minutes,
                        f64 seconds, struct interval *out)
{
    i64 all_months = years * MONTHS_PER_YEAR + months; /* arguments are integers: no overflow */
    i64 all_days = weeks * 7 + days;
    f64 micros = rint(seconds * 1e6);
    if (all_months != (i32)all_months || all_days != (i32)all_days || !fits_i64(micros))
        return FLAW_INTERVAL;
    i64 total = hours * MICROS_PER_HOUR; /* below 2^31 * 3.6 * 10^9 < 2^63 */
    if (__builtin_add_overflow(total, minutes * MICROS_PER_MINUTE, &total) ||
        __builtin_add_overflow(total, (i64)micros, &total))
        return FLAW_INTERVAL;
    *out = (struct interval){ .months = (i32)all_months, .days = (i32)all_days, .micros = total };
    return FLAW_NONE;
}
