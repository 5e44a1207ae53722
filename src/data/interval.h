/* Intervals: months, days and microseconds, which only a calendar can add up.
 *
 * For comparing, hashing and equality a month is 30 days and a day 24 hours: '1 month' = '30 days',
 * though they print and add differently. FLAW_INTERVAL when a part leaves its type's range. */
#pragma once

#include "data/calendar.h"
#include "data/decimal.h"
#include "data/flaw.h"

/* "-178956970 years -8 mons -2147483648 days -2562047788:00:54.775808" */
#define INTERVAL_TEXT_MAX 80

/* Verbose ('1 year 2 mons 3 days 04:05:06', any units, fractions, 'ago'), ISO 8601 ('P1Y2M3DT4H',
 * 'P0001-02-03T04:05:06') and SQL ('1-2 3 4:05:06') forms. FLAW_SYNTAX, FLAW_RANGE. */
MUST_USE enum flaw interval_parse(struct slice text, struct interval *out);
/* IntervalStyle postgres; returns the number of bytes. */
u32 interval_print(const struct interval *a, char *out);

/* The length in microseconds by the rule above: compare and hash this. */
static inline i128 interval_span(const struct interval *a)
{
    return (i128)a->months * (30 * MICROS_PER_DAY) + (i128)a->days * MICROS_PER_DAY + a->micros;
}
static inline int interval_compare(const struct interval *a, const struct interval *b)
{
    i128 x = interval_span(a), y = interval_span(b);
    return (x > y) - (x < y);
}

MUST_USE enum flaw interval_add(const struct interval *a, const struct interval *b,
                                struct interval *out);
MUST_USE enum flaw interval_subtract(const struct interval *a, const struct interval *b,
                                     struct interval *out);
MUST_USE enum flaw interval_negate(const struct interval *a, struct interval *out);
/* Fractions of months go to days, fractions of days to time, as in PostgreSQL. */
MUST_USE enum flaw interval_multiply(const struct interval *a, f64 factor, struct interval *out);
/* Also FLAW_DIVISION_BY_ZERO. */
MUST_USE enum flaw interval_divide(const struct interval *a, f64 divisor, struct interval *out);

/* 24 hours become a day, 30 days a month, both. */
MUST_USE enum flaw interval_justify_hours(const struct interval *a, struct interval *out);
MUST_USE enum flaw interval_justify_days(const struct interval *a, struct interval *out);
MUST_USE enum flaw interval_justify(const struct interval *a, struct interval *out);

/* EXTRACT(field FROM a) and date_part; FLAW_FIELD_UNSUPPORTED. */
MUST_USE enum flaw interval_extract(enum calendar_field field, const struct interval *a,
                                    struct decimal *out);
MUST_USE enum flaw interval_part(enum calendar_field field, const struct interval *a, f64 *out);
/* date_trunc. */
MUST_USE enum flaw interval_trunc(enum calendar_field field, const struct interval *a,
                                  struct interval *out);
/* make_interval. */
MUST_USE enum flaw interval_make(i64 years, i64 months, i64 weeks, i64 days, i64 hours, i64 minutes,
                                 f64 seconds, struct interval *out);
