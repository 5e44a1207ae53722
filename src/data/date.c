#include "data/date.h"

#include "base/assert.h"
#include "data/number.h"
#include "data/time_text.h"
#include "data/timestamp.h"

enum flaw date_parse(struct slice text, i64 *out)
{
    struct time_text read;
    enum flaw flaw = time_text_parse(text, &read);
    if (flaw) return flaw;
    switch (read.kind) {
    case TIME_TEXT_INFINITY: *out = DATE_INFINITY; return FLAW_NONE;
    case TIME_TEXT_MINUS_INFINITY: *out = DATE_MINUS_INFINITY; return FLAW_NONE;
    case TIME_TEXT_EPOCH: *out = CALENDAR_JULIAN_1970 - CALENDAR_JULIAN_2000; return FLAW_NONE;
    case TIME_TEXT_MOMENT: break;
    }
    return date_from_day(read.day, out) ? FLAW_NONE : FLAW_DATE;
}

/* The years are looked at first, so that a Julian day cannot overflow. */
bool date_from_day(struct calendar_day day, i64 *out)
{
    if (day.year < CALENDAR_YEAR_MIN || day.year > CALENDAR_YEAR_MAX) return false;
    *out = (i64)calendar_julian(day.year, day.month, day.day) - CALENDAR_JULIAN_2000;
    return date_is_valid(*out);
}

u32 date_print(i64 date, char *out)
{
    if (!date_is_finite(date)) {
        const char *name = date == DATE_INFINITY ? "infinity" : "-infinity";
        memcpy(out, name, strlen(name));
        return (u32)strlen(name);
    }
    struct calendar_day day = calendar_from_julian((i32)(date + CALENDAR_JULIAN_2000));
    u32 size = date_print_day(day, out);
    if (day.year > 0) return size;
    memcpy(out + size, " BC", 3);
    return size + 3;
}

u32 date_print_day(struct calendar_day day, char *out)
{
    u32 year = (u32)(day.year > 0 ? day.year : 1 - day.year);
    u32 size = 4;
    if (likely(year < 10000)) {
        number_print_pair(year / 100, out);
        number_print_pair(year % 100, out + 2);
    } else {
        size = number_print_u64(year, out);
    }
    out[size] = '-';
    number_print_pair((u32)day.month, out + size + 1);
    out[size + 3] = '-';
    number_print_pair((u32)day.day, out + size + 4);
    return size + 6;
}

enum flaw date_make(i64 year, i64 month, i64 day, i64 *out)
{
    if (year == 0 || year < -INT32_MAX || year > INT32_MAX) return FLAW_DATE_FIELD;
    if (year < 0) year++; /* there is no year 0: 1 BC is the year before 1 */
    if (month < 1 || month > 12 || day < 1 || day > calendar_days_in_month((i32)year, (i32)month))
        return FLAW_DATE_FIELD;
    struct calendar_day made = { .year = (i32)year, .month = (i32)month, .day = (i32)day };
    return date_from_day(made, out) ? FLAW_NONE : FLAW_DATE;
}

enum flaw date_add_days(i64 date, i64 days, i64 *out)
{
    i64 sum = date;
    if (date_is_finite(date) && (__builtin_add_overflow(date, days, &sum) || !date_is_valid(sum)))
        return FLAW_DATE;
    *out = sum;
    return FLAW_NONE;
}

enum flaw date_subtract(i64 a, i64 b, i64 *out)
{
    if (!date_is_finite(a) || !date_is_finite(b)) return FLAW_DATE_INFINITE;
    *out = a - b;
    return FLAW_NONE;
}

enum flaw date_to_timestamp(i64 date, i64 *out)
{
    i64 result;
    if (date == DATE_INFINITY)
        result = TIMESTAMP_INFINITY;
    else if (date == DATE_MINUS_INFINITY)
        result = TIMESTAMP_MINUS_INFINITY;
    else if (date >= TIMESTAMP_END / MICROS_PER_DAY)
        return FLAW_DATE_TIMESTAMP;
    else
        result = date * MICROS_PER_DAY;
    *out = result;
    return FLAW_NONE;
}

enum flaw date_extract(enum calendar_field field, i64 date, struct decimal *out, bool *null)
{
    switch (field) {
    case CALENDAR_MICROSECONDS:
    case CALENDAR_MILLISECONDS:
    case CALENDAR_SECOND:
    case CALENDAR_MINUTE:
    case CALENDAR_HOUR:
    case CALENDAR_TIMEZONE:
    case CALENDAR_TIMEZONE_HOUR:
    case CALENDAR_TIMEZONE_MINUTE: return FLAW_FIELD_UNSUPPORTED;
    case CALENDAR_JULIAN:
    case CALENDAR_EPOCH:
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
    case CALENDAR_ISOYEAR: break;
    }
    *null = false;
    if (!date_is_finite(date)) {
        *null = calendar_field_repeats(field);
        return *null ? FLAW_NONE : FLAW_NUMERIC_SPECIAL;
    }
    i32 julian = (i32)(date + CALENDAR_JULIAN_2000);
    i64 value = julian;
    if (field == CALENDAR_EPOCH)
        value = ((i64)julian - CALENDAR_JULIAN_1970) * (MICROS_PER_DAY / MICROS_PER_SECOND);
    else if (field != CALENDAR_JULIAN)
        value = calendar_field_of_day(field, calendar_from_julian(julian));
    *out = decimal_from_i64(value);
    return FLAW_NONE;
}
