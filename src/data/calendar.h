/* The proleptic Gregorian calendar: day numbers, weeks, and the named fields of a moment.
 *
 * Years are astronomical: 0 is 1 BC. A Julian day number counts from 4714-11-24 BC. Each function is
 * exact for all dates of PostgreSQL, 4713 BC to 5874897 AD. */
#pragma once

#include "base/bytes.h"

#define CALENDAR_JULIAN_2000 2451545 /* 2000-01-01, where dates and timestamps count from */
#define CALENDAR_JULIAN_1970 2440588

#define CALENDAR_YEAR_MIN (-4713)
#define CALENDAR_YEAR_MAX 5874897

#define MICROS_PER_SECOND INT64_C(1000000)
#define MICROS_PER_MINUTE (60 * MICROS_PER_SECOND)
#define MICROS_PER_HOUR   (60 * MICROS_PER_MINUTE)
#define MICROS_PER_DAY    (24 * MICROS_PER_HOUR)

struct calendar_day {
    i32 year;
    i32 month; /* 1..12 */
    i32 day;   /* 1..31 */
};

struct calendar_clock {
    i32 hour, minute, second;
    i32 micros; /* of the second */
};

/* What EXTRACT, date_part and date_trunc can be asked for. */
enum calendar_field {
    CALENDAR_MICROSECONDS,
    CALENDAR_MILLISECONDS,
    CALENDAR_SECOND,
    CALENDAR_MINUTE,
    CALENDAR_HOUR,
    CALENDAR_DAY,
    CALENDAR_WEEK,
    CALENDAR_MONTH,
    CALENDAR_QUARTER,
    CALENDAR_YEAR,
    CALENDAR_DECADE,
    CALENDAR_CENTURY,
    CALENDAR_MILLENNIUM,
    CALENDAR_DOW,
    CALENDAR_ISODOW,
    CALENDAR_DOY,
    CALENDAR_ISOYEAR,
    CALENDAR_JULIAN,
    CALENDAR_EPOCH,
    CALENDAR_TIMEZONE,
    CALENDAR_TIMEZONE_HOUR,
    CALENDAR_TIMEZONE_MINUTE
};

/* The field of a name, without regard to case, with PostgreSQL's other spellings ("mon", "usec",
 * "msecs", "c", ...). False when there is none: 22023, unit "x" not recognized for type y. */
bool calendar_field_find(struct slice name, enum calendar_field *out);

/* True for fields that come again and again (hour, month, day of week), false for those that only grow
 * (year, epoch): of an infinite date the former are unknown, the latter infinite. */
bool calendar_field_repeats(enum calendar_field field);
/* A field that a day has by itself, CALENDAR_DAY .. CALENDAR_ISOYEAR, as EXTRACT counts it: no year 0,
 * the first century begins with the year 1. */
i64 calendar_field_of_day(enum calendar_field field, struct calendar_day day);

bool calendar_is_leap(i32 year);
i32 calendar_days_in_month(i32 year, i32 month);
/* month outside 1..12 and day outside the month are carried over. */
i32 calendar_julian(i32 year, i32 month, i32 day);
/* julian >= 0. */
struct calendar_day calendar_from_julian(i32 julian);
/* 0 is Sunday. */
i32 calendar_weekday(i32 julian);
/* ISO 8601 week 1..53 and the year that it belongs to. */
void calendar_iso_week(struct calendar_day day, i32 *year, i32 *week);
/* The Julian day of the Monday of that ISO week. */
i32 calendar_iso_week_start(i32 iso_year, i32 week);
/* 0 <= micros < MICROS_PER_DAY. */
struct calendar_clock calendar_clock_of(i64 micros);
