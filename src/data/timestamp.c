#include "data/timestamp.h"

#include <math.h>

#include "base/assert.h"
#include "data/number.h"
#include "data/time_text.h"

#define MICROS_1970 (((i64)CALENDAR_JULIAN_1970 - CALENDAR_JULIAN_2000) * MICROS_PER_DAY)

/* A timestamp taken apart. */
struct moment {
    i64 date;   /* days since 2000-01-01 */
    i64 micros; /* of the day */
    struct calendar_day day;
};

static i64 floor_divide(i64 value, i64 divisor)
{
    return value / divisor - (value % divisor < 0);
}

static struct moment moment_of(i64 timestamp)
{
    i64 date = floor_divide(timestamp, MICROS_PER_DAY);
    return (struct moment){
        .date = date,
        .micros = timestamp - date * MICROS_PER_DAY,
        .day = calendar_from_julian((i32)(date + CALENDAR_JULIAN_2000)),
    };
}

/* micros may be any that the clock or a zone makes. */
static bool compose(struct calendar_day day, i64 micros, i64 *out)
{
    i64 date, result;
    if (!date_from_day(day, &date) || __builtin_mul_overflow(date, MICROS_PER_DAY, &result) ||
        __builtin_add_overflow(result, micros, &result) || !timestamp_is_valid(result))
        return false;
    *out = result;
    return true;
}

/* --- Text --- */

static enum flaw parse(struct slice text, bool zoned, i64 *out)
{
    struct time_text read;
    enum flaw flaw = time_text_parse(text, &read);
    if (flaw) return flaw;
    switch (read.kind) {
    case TIME_TEXT_INFINITY: *out = TIMESTAMP_INFINITY; return FLAW_NONE;
    case TIME_TEXT_MINUS_INFINITY: *out = TIMESTAMP_MINUS_INFINITY; return FLAW_NONE;
    case TIME_TEXT_EPOCH: *out = MICROS_1970; return FLAW_NONE;
    case TIME_TEXT_MOMENT: break;
    }
    i64 micros = read.micros - (zoned && read.zoned ? read.zone_micros : 0);
    return compose(read.day, micros, out) ? FLAW_NONE : FLAW_TIMESTAMP;
}

enum flaw timestamp_parse(struct slice text, i64 *out)
{
    return parse(text, false, out);
}

enum flaw timestamp_parse_zoned(struct slice text, i64 *out)
{
    return parse(text, true, out);
}

static char *print_clock(i64 micros, char *next)
{
    struct calendar_clock clock = calendar_clock_of(micros);
    number_print_pair((u32)clock.hour, next);
    next[2] = ':';
    number_print_pair((u32)clock.minute, next + 3);
    next[5] = ':';
    number_print_pair((u32)clock.second, next + 6);
    next += 8;
    if (clock.micros == 0) return next;
    *next = '.';
    number_print_digits((u64)clock.micros, 6, next + 1);
    next += 7;
    while (next[-1] == '0')
        next--;
    return next;
}

static u32 print(i64 timestamp, bool zoned, char *out)
{
    if (!timestamp_is_finite(timestamp))
        return date_print(timestamp > 0 ? DATE_INFINITY : DATE_MINUS_INFINITY, out);
    struct moment moment = moment_of(timestamp);
    char *next = out + date_print_day(moment.day, out);
    *next++ = ' ';
    next = print_clock(moment.micros, next);
    if (zoned) {
        memcpy(next, "+00", 3);
        next += 3;
    }
    if (moment.day.year <= 0) {
        memcpy(next, " BC", 3);
        next += 3;
    }
    return (u32)(next - out);
}

u32 timestamp_print(i64 timestamp, char *out)
{
    return print(timestamp, false, out);
}

u32 timestamp_print_zoned(i64 timestamp, char *out)
{
    return print(timestamp, true, out);
}

/* --- Arithmetic --- */

enum flaw timestamp_to_date(i64 timestamp, i64 *out)
{
    if (timestamp == TIMESTAMP_INFINITY)
        *out = DATE_INFINITY;
    else if (timestamp == TIMESTAMP_MINUS_INFINITY)
        *out = DATE_MINUS_INFINITY;
    else
        *out = floor_divide(timestamp, MICROS_PER_DAY);
    return FLAW_NONE;
}

i64 timestamp_round(i64 timestamp, u32 digits)
{
    assert(digits <= 6);
    if (!timestamp_is_finite(timestamp)) return timestamp;
    i64 unit = 1;
    for (; digits < 6; digits++)
        unit *= 10;
    i64 half = timestamp < 0 ? -(unit / 2) : unit / 2;
    return (timestamp + half) / unit * unit;
}

/* The same day of another month, or that month's last. */
static bool add_months(i64 timestamp, i32 months, i64 *out)
{
    struct moment moment = moment_of(timestamp);
    i64 month = (i64)moment.day.year * 12 + moment.day.month - 1 + months;
    i64 year = floor_divide(month, 12);
    if (year != (i32)year) return false;
    struct calendar_day day = { .year = (i32)year, .month = (i32)(month - year * 12) + 1 };
    day.day = MIN(moment.day.day, calendar_days_in_month(day.year, day.month));
    return compose(day, moment.micros, out);
}

static bool add_micros(i64 timestamp, i64 micros, i64 *out)
{
    return !__builtin_add_overflow(timestamp, micros, out) && timestamp_is_valid(*out);
}

enum flaw timestamp_add(i64 timestamp, const struct interval *interval, i64 *out)
{
    if (timestamp_is_finite(timestamp)) {
        i64 days;
        if (interval->months != 0 && !add_months(timestamp, interval->months, &timestamp))
            return FLAW_TIMESTAMP;
        if (__builtin_mul_overflow((i64)interval->days, MICROS_PER_DAY, &days) ||
            !add_micros(timestamp, days, &timestamp) ||
            !add_micros(timestamp, interval->micros, &timestamp))
            return FLAW_TIMESTAMP;
    }
    *out = timestamp;
    return FLAW_NONE;
}

enum flaw timestamp_subtract_interval(i64 timestamp, const struct interval *interval, i64 *out)
{
    struct interval negative = { 0 };
    if (timestamp_is_finite(timestamp) && interval_negate(interval, &negative))
        return FLAW_TIMESTAMP;
    return timestamp_add(timestamp, &negative, out);
}

enum flaw timestamp_subtract(i64 a, i64 b, struct interval *out)
{
    if (!timestamp_is_finite(a) || !timestamp_is_finite(b)) return FLAW_TIMESTAMP_INFINITE;
    struct interval difference = { 0 };
    if (__builtin_sub_overflow(a, b, &difference.micros)) return FLAW_INTERVAL;
    return interval_justify_hours(&difference, out);
}

/* Whole months from the earlier to the later one, then what is left in days and time. A month that
 * has to be opened for days is that of the earlier date, as in PostgreSQL. */
enum flaw timestamp_age(i64 a, i64 b, struct interval *out)
{
    if (!timestamp_is_finite(a) || !timestamp_is_finite(b)) return FLAW_TIMESTAMP;
    bool negative = a < b;
    struct moment late = moment_of(negative ? b : a), early = moment_of(negative ? a : b);
    i32 months = (late.day.year - early.day.year) * 12 + late.day.month - early.day.month;
    i32 days = late.day.day - early.day.day;
    i64 micros = late.micros - early.micros;
    if (micros < 0) {
        micros += MICROS_PER_DAY;
        days--;
    }
    if (days < 0) {
        days += calendar_days_in_month(early.day.year, early.day.month);
        months--;
    }
    struct interval age = { .months = months, .days = days, .micros = micros };
    if (!negative) {
        *out = age;
        return FLAW_NONE;
    }
    return interval_negate(&age, out);
}

/* --- Fields --- */

static i64 micros_of_minute(const struct moment *moment)
{
    return moment->micros % MICROS_PER_MINUTE;
}

/* The days and the time's part of one, with the scale of PostgreSQL's division. */
static struct decimal julian_of(const struct moment *moment)
{
    struct decimal julian = decimal_from_i64(moment->date + CALENDAR_JULIAN_2000);
    struct decimal micros = decimal_from_i64(moment->micros);
    struct decimal of_day = decimal_from_i64(MICROS_PER_DAY);
    enum flaw flaw = decimal_divide(&micros, &of_day, &micros);
    if (!flaw) flaw = decimal_add(&julian, &micros, &julian);
    assert(!flaw);
    return julian;
}

/* In the last 30 years of all PostgreSQL divides, which rounds to what it takes for enough digits. */
static struct decimal epoch_of(i64 timestamp)
{
    struct decimal micros = decimal_make((i128)timestamp - MICROS_1970, 0);
    struct decimal of_second = decimal_from_i64(MICROS_PER_SECOND);
    if (timestamp < INT64_MAX + MICROS_1970) return decimal_make(decimal_get(&micros), 6);
    enum flaw flaw = decimal_divide(&micros, &of_second, &micros);
    if (!flaw) flaw = decimal_round(&micros, 6, &micros);
    assert(!flaw);
    return micros;
}

enum flaw timestamp_extract(enum calendar_field field, i64 timestamp, bool zoned,
                            struct decimal *out, bool *null)
{
    bool is_zone = field == CALENDAR_TIMEZONE || field == CALENDAR_TIMEZONE_HOUR ||
                   field == CALENDAR_TIMEZONE_MINUTE;
    if (is_zone && !zoned) return FLAW_FIELD_UNSUPPORTED;
    *null = false;
    if (!timestamp_is_finite(timestamp)) {
        *null = calendar_field_repeats(field);
        return *null ? FLAW_NONE : FLAW_NUMERIC_SPECIAL;
    }
    struct moment moment = moment_of(timestamp);
    switch (field) {
    case CALENDAR_MICROSECONDS: *out = decimal_make(micros_of_minute(&moment), 0); break;
    case CALENDAR_MILLISECONDS: *out = decimal_make(micros_of_minute(&moment), 3); break;
    case CALENDAR_SECOND: *out = decimal_make(micros_of_minute(&moment), 6); break;
    case CALENDAR_MINUTE: *out = decimal_make(moment.micros / MICROS_PER_MINUTE % 60, 0); break;
    case CALENDAR_HOUR: *out = decimal_make(moment.micros / MICROS_PER_HOUR, 0); break;
    case CALENDAR_JULIAN: *out = julian_of(&moment); break;
    case CALENDAR_EPOCH: *out = epoch_of(timestamp); break;
    case CALENDAR_TIMEZONE:
    case CALENDAR_TIMEZONE_HOUR:
    case CALENDAR_TIMEZONE_MINUTE: *out = decimal_make(0, 0); break;
    case CALENDAR_DAY:
    case CALENDAR_WEEK:
    case CALENDAR_MONTH:
    case CALENDAR_QUARTER:
    case CALENDAR_YEAR:
    case CALENDAR_DECADE:
    case CALENDAR_CENTURY:
    case CALENDAR_MILLENNIUM:
    case CALENDAR_DOW:
    case CALENDAR_ISODOW:
    case CALENDAR_DOY:
    case CALENDAR_ISOYEAR: *out = decimal_from_i64(calendar_field_of_day(field, moment.day)); break;
    }
    return FLAW_NONE;
}

/* Floats are put together in PostgreSQL's order, so that the last digit agrees too. */
enum flaw timestamp_part(enum calendar_field field, i64 timestamp, bool zoned, f64 *out, bool *null)
{
    struct decimal exact;
    enum flaw flaw = timestamp_extract(field, timestamp, zoned, &exact, null);
    if (flaw == FLAW_NUMERIC_SPECIAL) {
        *out = timestamp > 0 ? __builtin_inf() : -__builtin_inf();
        return FLAW_NONE;
    }
    if (flaw || *null) return flaw;
    struct moment moment = moment_of(timestamp);
    f64 micros = (f64)(moment.micros % MICROS_PER_SECOND);
    i64 seconds = moment.micros / MICROS_PER_SECOND;
    if (field == CALENDAR_MILLISECONDS)
        *out = (f64)(seconds % 60) * 1000.0 + micros / 1000.0;
    else if (field == CALENDAR_SECOND)
        *out = (f64)(seconds % 60) + micros / 1e6;
    else if (field == CALENDAR_JULIAN)
        *out = (f64)(moment.date + CALENDAR_JULIAN_2000) + ((f64)seconds + micros / 1e6) / 86400.0;
    else if (field == CALENDAR_EPOCH && timestamp < INT64_MAX + MICROS_1970)
        *out = (f64)(timestamp - MICROS_1970) / 1e6;
    else if (field == CALENDAR_EPOCH)
        *out = ((f64)timestamp - (f64)MICROS_1970) / 1e6;
    else
        *out = decimal_to_f64(&exact);
    return FLAW_NONE;
}

/* The first year of a span of years; spans of a hundred and more begin with a year that ends in 1. */
static i32 first_year(i32 year, i32 span)
{
    if (span == 10) return (i32)floor_divide(year, 10) * 10;
    return (i32)floor_divide(year - 1, span) * span + 1;
}

static enum flaw trunc_day(enum calendar_field field, struct calendar_day day, i64 *out)
{
    struct calendar_day first = { .year = day.year, .month = 1, .day = 1 };
    switch (field) {
    case CALENDAR_MILLENNIUM: first.year = first_year(day.year, 1000); break;
    case CALENDAR_CENTURY: first.year = first_year(day.year, 100); break;
    case CALENDAR_DECADE: first.year = first_year(day.year, 10); break;
    case CALENDAR_YEAR: break;
    case CALENDAR_QUARTER: first.month = (day.month - 1) / 3 * 3 + 1; break;
    case CALENDAR_MONTH: first.month = day.month; break;
    case CALENDAR_WEEK: {
        i32 year, week;
        calendar_iso_week(day, &year, &week);
        first = calendar_from_julian(calendar_iso_week_start(year, week));
        break;
    }
    case CALENDAR_MICROSECONDS:
    case CALENDAR_MILLISECONDS:
    case CALENDAR_SECOND:
    case CALENDAR_MINUTE:
    case CALENDAR_HOUR:
    case CALENDAR_DAY:
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
    return compose(first, 0, out) ? FLAW_NONE : FLAW_TIMESTAMP;
}

static i64 micros_of_unit(enum calendar_field field)
{
    if (field == CALENDAR_MICROSECONDS) return 1;
    if (field == CALENDAR_MILLISECONDS) return 1000;
    if (field == CALENDAR_SECOND) return MICROS_PER_SECOND;
    if (field == CALENDAR_MINUTE) return MICROS_PER_MINUTE;
    if (field == CALENDAR_HOUR) return MICROS_PER_HOUR;
    return field == CALENDAR_DAY ? MICROS_PER_DAY : 0;
}

/* Up to a day it is a division; above, the calendar is asked. */
enum flaw timestamp_trunc(enum calendar_field field, i64 timestamp, i64 *out)
{
    i64 unit = micros_of_unit(field);
    if (!timestamp_is_finite(timestamp)) {
        i64 ignored;
        *out = timestamp;
        return unit ? FLAW_NONE : trunc_day(field, (struct calendar_day){ 2000, 1, 1 }, &ignored);
    }
    if (unit == 0) return trunc_day(field, moment_of(timestamp).day, out);
    *out = floor_divide(timestamp, unit) * unit;
    return FLAW_NONE;
}

enum flaw timestamp_bin(const struct interval *stride, i64 timestamp, i64 origin, i64 *out)
{
    *out = timestamp;
    if (!timestamp_is_finite(timestamp)) return FLAW_NONE;
    if (!timestamp_is_finite(origin)) return FLAW_BIN_ORIGIN;
    if (stride->months != 0) return FLAW_BIN_MONTHS;
    i64 unit, distance;
    if (__builtin_mul_overflow((i64)stride->days, MICROS_PER_DAY, &unit) ||
        __builtin_add_overflow(unit, stride->micros, &unit))
        return FLAW_INTERVAL;
    if (unit <= 0) return FLAW_BIN_STRIDE;
    if (__builtin_sub_overflow(timestamp, origin, &distance)) return FLAW_INTERVAL;
    if (!add_micros(origin, distance - distance % unit, out)) return FLAW_TIMESTAMP;
    if (distance % unit < 0 && !add_micros(*out, -unit, out)) return FLAW_TIMESTAMP;
    return FLAW_NONE;
}

enum flaw timestamp_make(i64 year, i64 month, i64 day, i64 hour, i64 minute, f64 seconds, i64 *out)
{
    i64 date;
    enum flaw flaw = date_make(year, month, day, &date);
    if (flaw) return flaw;
    f64 micros = rint(seconds * 1e6);
    if (hour < 0 || hour > 24 || minute < 0 || minute > 59 || !(micros >= 0 && micros <= 60e6))
        return FLAW_TIME_FIELD;
    i64 total = (hour * 60 + minute) * MICROS_PER_MINUTE + (i64)micros;
    if (total > MICROS_PER_DAY) return FLAW_TIME_FIELD;
    i64 start;
    if (date_to_timestamp(date, &start) || !add_micros(start, total, out)) return FLAW_TIMESTAMP;
    return FLAW_NONE;
}

enum flaw timestamp_from_epoch(f64 seconds, i64 *out)
{
    if (seconds != seconds) return FLAW_TIMESTAMP_NAN;
    if (__builtin_isinf(seconds)) {
        *out = seconds > 0 ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
        return FLAW_NONE;
    }
    f64 micros = rint((seconds + (f64)(MICROS_1970 / MICROS_PER_SECOND)) * 1e6);
    if (!(micros >= (f64)TIMESTAMP_MIN && micros < (f64)TIMESTAMP_END)) return FLAW_TIMESTAMP;
    *out = (i64)micros;
    return FLAW_NONE;
}

/* An offset in POSIX notation counts to the west. */
enum flaw timestamp_zone_offset(struct slice zone, i64 *micros)
{
    zone = number_trim(zone);
    if (time_text_find_zone(zone, micros)) return FLAW_NONE;
    char text[16];
    if (zone.size == 0 || zone.size >= sizeof text - 1) return FLAW_ZONE;
    bool sign = zone.data[0] == '+' || zone.data[0] == '-';
    text[0] = '+';
    memcpy(text + !sign, zone.data, zone.size);
    text[zone.size + !sign] = '\0';
    if (time_text_parse_offset(text, micros)) return FLAW_ZONE;
    *micros = -*micros;
    return FLAW_NONE;
}
