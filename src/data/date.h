/* Dates: days since 2000-01-01 in an i64, the ends of i32 for the two infinities.
 *
 * A date is from 4713-01-01 BC to 5874897-12-31, as in PostgreSQL; what leaves that range is
 * FLAW_DATE. Infinite dates stay infinite. */
#pragma once

#include "data/calendar.h"
#include "data/decimal.h"
#include "data/flaw.h"

#define DATE_INFINITY       ((i64)INT32_MAX)
#define DATE_MINUS_INFINITY ((i64)INT32_MIN)
#define DATE_MIN            (-(i64)CALENDAR_JULIAN_2000)
#define DATE_MAX            ((i64)2147483493 - CALENDAR_JULIAN_2000) /* 5874897-12-31 */
/* "5874897-12-31", "4713-01-01 BC", "-infinity". */
#define DATE_TEXT_MAX 16

/* See data/time_text.h for the forms. Also FLAW_DATE. */
MUST_USE enum flaw date_parse(struct slice text, i64 *out);
/* ISO form; returns the number of bytes. */
u32 date_print(i64 date, char *out);

/* "1999-01-08" without the era. */
u32 date_print_day(struct calendar_day day, char *out);
/* False when the day lies outside the range of dates. */
bool date_from_day(struct calendar_day day, i64 *out);

static inline bool date_is_finite(i64 date)
{
    return date != DATE_INFINITY && date != DATE_MINUS_INFINITY;
}
static inline bool date_is_valid(i64 date)
{
    return date >= DATE_MIN && date <= DATE_MAX;
}
/* make_date: a negative year is BC; FLAW_DATE_FIELD. */
MUST_USE enum flaw date_make(i64 year, i64 month, i64 day, i64 *out);
MUST_USE enum flaw date_add_days(i64 date, i64 days, i64 *out);
/* a - b in days; FLAW_DATE_INFINITE. */
MUST_USE enum flaw date_subtract(i64 a, i64 b, i64 *out);
/* Midnight; FLAW_DATE_TIMESTAMP. To timestamptz it is the same (UTC). */
MUST_USE enum flaw date_to_timestamp(i64 date, i64 *out);
/* EXTRACT(field FROM date); see timestamp_extract. FLAW_FIELD_UNSUPPORTED for the parts of a day. */
MUST_USE enum flaw date_extract(enum calendar_field field, i64 date, struct decimal *out,
                                bool *null);
