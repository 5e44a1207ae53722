#include "data/calendar.h"

#include "base/assert.h"

/* PostgreSQL compares the first ten letters of a unit's name. */
#define FIELD_NAME_SIZE 10

static const struct {
    char name[FIELD_NAME_SIZE + 1];
    u8 field;
} fields[] = {
    { "us", CALENDAR_MICROSECONDS },
    { "usec", CALENDAR_MICROSECONDS },
    { "usecs", CALENDAR_MICROSECONDS },
    { "usecond", CALENDAR_MICROSECONDS },
    { "useconds", CALENDAR_MICROSECONDS },
    { "microsecon", CALENDAR_MICROSECONDS },
    { "ms", CALENDAR_MILLISECONDS },
    { "msec", CALENDAR_MILLISECONDS },
    { "msecs", CALENDAR_MILLISECONDS },
    { "msecond", CALENDAR_MILLISECONDS },
    { "mseconds", CALENDAR_MILLISECONDS },
    { "millisecon", CALENDAR_MILLISECONDS },
    { "s", CALENDAR_SECOND },
    { "sec", CALENDAR_SECOND },
    { "secs", CALENDAR_SECOND },
    { "second", CALENDAR_SECOND },
    { "seconds", CALENDAR_SECOND },
    { "m", CALENDAR_MINUTE },
    { "min", CALENDAR_MINUTE },
    { "mins", CALENDAR_MINUTE },
    { "minute", CALENDAR_MINUTE },
    { "minutes", CALENDAR_MINUTE },
    { "h", CALENDAR_HOUR },
    { "hr", CALENDAR_HOUR },
    { "hrs", CALENDAR_HOUR },
    { "hour", CALENDAR_HOUR },
    { "hours", CALENDAR_HOUR },
    { "d", CALENDAR_DAY },
    { "day", CALENDAR_DAY },
    { "days", CALENDAR_DAY },
    { "w", CALENDAR_WEEK },
    { "week", CALENDAR_WEEK },
    { "weeks", CALENDAR_WEEK },
    { "mon", CALENDAR_MONTH },
    { "mons", CALENDAR_MONTH },
    { "month", CALENDAR_MONTH },
    { "months", CALENDAR_MONTH },
    { "qtr", CALENDAR_QUARTER },
    { "quarter", CALENDAR_QUARTER },
    { "y", CALENDAR_YEAR },
    { "yr", CALENDAR_YEAR },
    { "yrs", CALENDAR_YEAR },
    { "year", CALENDAR_YEAR },
    { "years", CALENDAR_YEAR },
    { "dec", CALENDAR_DECADE },
    { "decs", CALENDAR_DECADE },
    { "decade", CALENDAR_DECADE },
    { "decades", CALENDAR_DECADE },
    { "c", CALENDAR_CENTURY },
    { "cent", CALENDAR_CENTURY },
    { "century", CALENDAR_CENTURY },
    { "centuries", CALENDAR_CENTURY },
    { "mil", CALENDAR_MILLENNIUM },
    { "mils", CALENDAR_MILLENNIUM },
    { "millennia", CALENDAR_MILLENNIUM },
    { "millennium", CALENDAR_MILLENNIUM },
    { "dow", CALENDAR_DOW },
    { "isodow", CALENDAR_ISODOW },
    { "doy", CALENDAR_DOY },
    { "isoyear", CALENDAR_ISOYEAR },
    { "j", CALENDAR_JULIAN },
    { "jd", CALENDAR_JULIAN },
    { "julian", CALENDAR_JULIAN },
    { "epoch", CALENDAR_EPOCH },
    { "timezone", CALENDAR_TIMEZONE },
    { "timezone_h", CALENDAR_TIMEZONE_HOUR },
    { "timezone_m", CALENDAR_TIMEZONE_MINUTE },
};

bool calendar_field_find(struct slice name, enum calendar_field *out)
{
    name.size = MIN(name.size, (size_t)FIELD_NAME_SIZE);
    for (u32 index = 0; index < countof(fields); index++) {
        if (!slice_is_nocase(name, fields[index].name)) continue;
        *out = (enum calendar_field)fields[index].field;
        return true;
    }
    return false;
}

static i32 days_since_monday(i32 julian)
{
    return (calendar_weekday(julian) + 6) % 7;
}

bool calendar_field_repeats(enum calendar_field field)
{
    switch (field) {
    case CALENDAR_YEAR:
    case CALENDAR_DECADE:
    case CALENDAR_CENTURY:
    case CALENDAR_MILLENNIUM:
    case CALENDAR_ISOYEAR:
    case CALENDAR_JULIAN:
    case CALENDAR_EPOCH: return false;
    case CALENDAR_MICROSECONDS:
    case CALENDAR_MILLISECONDS:
    case CALENDAR_SECOND:
    case CALENDAR_MINUTE:
    case CALENDAR_HOUR:
    case CALENDAR_DAY:
    case CALENDAR_WEEK:
    case CALENDAR_MONTH:
    case CALENDAR_QUARTER:
    case CALENDAR_DOW:
    case CALENDAR_ISODOW:
    case CALENDAR_DOY:
    case CALENDAR_TIMEZONE:
    case CALENDAR_TIMEZONE_HOUR:
    case CALENDAR_TIMEZONE_MINUTE: return true;
    }
    unreachable();
}

static i64 floor_divide(i64 value, i64 divisor)
{
    return value / divisor - (value % divisor < 0);
}

/* Counted from 1 and, before the year 1, from -1 down. */
static i64 span_of_year(i32 year, i32 span)
{
    i64 number = floor_divide((i64)year - 1, span);
    return number >= 0 ? number + 1 : number;
}

i64 calendar_field_of_day(enum calendar_field field, struct calendar_day day)
{
    i32 julian = calendar_julian(day.year, day.month, day.day);
    i32 iso_year, iso_week;
    switch (field) {
    case CALENDAR_DAY: return day.day;
    case CALENDAR_MONTH: return day.month;
    case CALENDAR_QUARTER: return (day.month - 1) / 3 + 1;
    case CALENDAR_YEAR: return span_of_year(day.year, 1);
    case CALENDAR_DECADE: return floor_divide(day.year, 10);
    case CALENDAR_CENTURY: return span_of_year(day.year, 100);
    case CALENDAR_MILLENNIUM: return span_of_year(day.year, 1000);
    case CALENDAR_WEEK: calendar_iso_week(day, &iso_year, &iso_week); return iso_week;
    case CALENDAR_ISOYEAR:
        calendar_iso_week(day, &iso_year, &iso_week);
        return span_of_year(iso_year, 1);
    case CALENDAR_DOW: return calendar_weekday(julian);
    case CALENDAR_ISODOW: return days_since_monday(julian) + 1;
    case CALENDAR_DOY: return julian - calendar_julian(day.year, 1, 1) + 1;
    case CALENDAR_MICROSECONDS:
    case CALENDAR_MILLISECONDS:
    case CALENDAR_SECOND:
    case CALENDAR_MINUTE:
    case CALENDAR_HOUR:
    case CALENDAR_JULIAN:
    case CALENDAR_EPOCH:
    case CALENDAR_TIMEZONE:
    case CALENDAR_TIMEZONE_HOUR:
    case CALENDAR_TIMEZONE_MINUTE: break;
    }
    unreachable();
}

bool calendar_is_leap(i32 year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

i32 calendar_days_in_month(i32 year, i32 month)
{
    static const u8 days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    assert(month >= 1 && month <= 12);
    return days[month - 1] + (month == 2 && calendar_is_leap(year));
}

/* A year that starts in March has its leap day last, and 400 of them are one cycle (H. Hinnant,
 * "chrono-compatible low-level date algorithms"). */
#define DAYS_PER_CYCLE 146097
/* Twelve cycles before the year 0: the first March before Julian day 0. */
#define YEARS_BEFORE         4800
#define DAYS_BEFORE_JULIAN   (12 * DAYS_PER_CYCLE - JULIAN_OF_CYCLE_ZERO)
#define JULIAN_OF_CYCLE_ZERO 1721120 /* 0000-03-01 */

i32 calendar_julian(i32 year, i32 month, i32 day)
{
    i64 months = (i64)year * 12 + month - 3; /* since 0000-03 */
    i64 from_march = ((months % 12) + 12) % 12;
    i64 march_year = (months - from_march) / 12;
    i64 of_cycle = ((march_year % 400) + 400) % 400;
    i64 cycle = (march_year - of_cycle) / 400;
    i64 of_year = (153 * from_march + 2) / 5 + day - 1;
    i64 days = of_cycle * 365 + of_cycle / 4 - of_cycle / 100 + of_year;
    return (i32)(cycle * DAYS_PER_CYCLE + days + JULIAN_OF_CYCLE_ZERO);
}

/* Divisions by constants that become multiplications and shifts: a year from March on is
 * (4n + 3) / 1461 through a 32-bit fraction, a month (2141n + 197913) / 2^16 (C. Neri and L. Schneider,
 * "Euclidean affine functions and their application to calendar algorithms", 2022). */
struct calendar_day calendar_from_julian(i32 julian)
{
    assert(julian >= 0);
    u64 quarters = 4 * ((u64)julian + DAYS_BEFORE_JULIAN) + 3;
    u32 century = (u32)(quarters / DAYS_PER_CYCLE);
    u32 of_century = (u32)(quarters % DAYS_PER_CYCLE) | 3;
    u64 years = (u64)2939745 * of_century;
    u32 of_year = (u32)years / 2939745 / 4;
    u32 months = 2141 * of_year + 197913;
    bool after_december = of_year >= 306;
    return (struct calendar_day){
        .year = (i32)(100 * century + (u32)(years >> 32) + after_december) - YEARS_BEFORE,
        .month = (i32)(months >> 16) - (after_december ? 12 : 0),
        .day = (i32)((months & 0xFFFF) / 2141) + 1,
    };
}

i32 calendar_weekday(i32 julian)
{
    i64 day = ((i64)julian + 1) % 7; /* Julian day 0 was a Monday */
    return (i32)(day < 0 ? day + 7 : day);
}

/* A week belongs to the year of its Thursday. */
void calendar_iso_week(struct calendar_day day, i32 *year, i32 *week)
{
    i32 julian = calendar_julian(day.year, day.month, day.day);
    i32 thursday = julian - days_since_monday(julian) + 3;
    *year = calendar_from_julian(thursday).year;
    *week = (thursday - calendar_julian(*year, 1, 1)) / 7 + 1;
}

i32 calendar_iso_week_start(i32 iso_year, i32 week)
{
    i32 fourth = calendar_julian(iso_year, 1, 4); /* always in week 1 */
    return fourth - days_since_monday(fourth) + (week - 1) * 7;
}

struct calendar_clock calendar_clock_of(i64 micros)
{
    assert(micros >= 0 && micros < MICROS_PER_DAY);
    i32 seconds = (i32)(micros / MICROS_PER_SECOND);
    return (struct calendar_clock){
        .hour = seconds / 3600,
        .minute = seconds / 60 % 60,
        .second = seconds % 60,
        .micros = (i32)(micros % MICROS_PER_SECOND),
    };
}
