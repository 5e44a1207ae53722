/* Timestamps: microseconds since 2000-01-01 00:00 in an i64, its ends for the two infinities.
 *
 * timestamp and timestamptz lie alike; the zone of the session is always UTC, so the second differs
 * only in text: an offset in its input is taken into account, and +00 is written. Range: 4713 BC to
 * 294276 AD; what leaves it is FLAW_TIMESTAMP. Infinite timestamps stay infinite. */
#pragma once

#include "data/calendar.h"
#include "data/date.h"
#include "data/decimal.h"
#include "data/flaw.h"
#include "data/interval.h"

#define TIMESTAMP_INFINITY       INT64_MAX
#define TIMESTAMP_MINUS_INFINITY INT64_MIN
#define TIMESTAMP_MIN            INT64_C(-211813488000000000) /* 4714-11-24 BC, Julian day 0 */
#define TIMESTAMP_END            INT64_C(9223371331200000000) /* 294277-01-01, the first one outside */
/* "294276-12-31 23:59:59.999999+00", "4713-01-01 00:00:00.000001+00 BC". */
#define TIMESTAMP_TEXT_MAX 36

static inline bool timestamp_is_finite(i64 timestamp)
{
    return timestamp != TIMESTAMP_INFINITY && timestamp != TIMESTAMP_MINUS_INFINITY;
}
static inline bool timestamp_is_valid(i64 timestamp)
{
    return timestamp >= TIMESTAMP_MIN && timestamp < TIMESTAMP_END;
}

/* See data/time_text.h for the forms. An offset in the text of a timestamp is read and ignored.
 * Also FLAW_TIMESTAMP. */
MUST_USE enum flaw timestamp_parse(struct slice text, i64 *out);
MUST_USE enum flaw timestamp_parse_zoned(struct slice text, i64 *out);
/* ISO style: '2000-01-01 00:00:00.5', with '+00' when zoned. Returns the number of bytes. */
u32 timestamp_print(i64 timestamp, char *out);
u32 timestamp_print_zoned(i64 timestamp, char *out);

/* The day that holds it. */
MUST_USE enum flaw timestamp_to_date(i64 timestamp, i64 *out);
/* To digits (0..6) after the second, half away from zero. */
i64 timestamp_round(i64 timestamp, u32 digits);

/* Months first, clipped to the month's last day, then days, then time. */
MUST_USE enum flaw timestamp_add(i64 timestamp, const struct interval *interval, i64 *out);
MUST_USE enum flaw timestamp_subtract_interval(i64 timestamp, const struct interval *interval,
                                               i64 *out);
/* a - b in days and time; FLAW_TIMESTAMP_INFINITE. */
MUST_USE enum flaw timestamp_subtract(i64 a, i64 b, struct interval *out);
/* age(a, b): in years, months, days and time. */
MUST_USE enum flaw timestamp_age(i64 a, i64 b, struct interval *out);

/* EXTRACT(field FROM timestamp) as numeric. An infinite timestamp has no value for fields that
 * repeat (*null), and FLAW_NUMERIC_SPECIAL for those that grow. zoned: the timezone fields exist and
 * are 0. FLAW_FIELD_UNSUPPORTED. */
MUST_USE enum flaw timestamp_extract(enum calendar_field field, i64 timestamp, bool zoned,
                                     struct decimal *out, bool *null);
/* date_part: the same as double precision, where infinities are values. */
MUST_USE enum flaw timestamp_part(enum calendar_field field, i64 timestamp, bool zoned, f64 *out,
                                  bool *null);
/* date_trunc; FLAW_FIELD_UNSUPPORTED for fields that are not periods. */
MUST_USE enum flaw timestamp_trunc(enum calendar_field field, i64 timestamp, i64 *out);
/* date_bin; FLAW_BIN_STRIDE, FLAW_BIN_MONTHS. */
MUST_USE enum flaw timestamp_bin(const struct interval *stride, i64 timestamp, i64 origin,
                                 i64 *out);
/* make_timestamp; FLAW_DATE_FIELD, FLAW_TIME_FIELD. */
MUST_USE enum flaw timestamp_make(i64 year, i64 month, i64 day, i64 hour, i64 minute, f64 seconds,
                                  i64 *out);
/* to_timestamp(seconds since 1970). */
MUST_USE enum flaw timestamp_from_epoch(f64 seconds, i64 *out);
/* AT TIME ZONE: what the zone's text says to be east of UTC: 'UTC', 'GMT', 'Z', 'PST', and offsets in
 * POSIX notation, which count to the west ('+3' is 3 hours behind). Zones with rules: FLAW_ZONE. */
MUST_USE enum flaw timestamp_zone_offset(struct slice zone, i64 *micros);
