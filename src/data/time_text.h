/* Dates and timestamps as text, in the forms that PostgreSQL reads with DateStyle ISO, MDY.
 *
 *   1999-01-08  1999/1/8  1/8/1999 (month first)  19990108  990108  1999.008  J2451187
 *   January 8, 1999   8 Jan 99   08-Jan-1999   Mon Jan 8 1999   99 BC  ...
 *   04:05[:06[.789]]  040506 after T  04:05 PM  allballs
 *   Z  UTC  GMT  -8  +05:30  -0800  PST and some other fixed abbreviations
 *   infinity  -infinity  epoch
 *
 * A time may follow or precede the day; the day has to be there. now, today, tomorrow and yesterday
 * are FLAW_NOW: a value must not depend on when it is read. Zones with rules are FLAW_ZONE. */
#pragma once

#include "data/calendar.h"
#include "data/flaw.h"

enum time_text_kind {
    TIME_TEXT_MOMENT,
    TIME_TEXT_INFINITY,
    TIME_TEXT_MINUS_INFINITY,
    TIME_TEXT_EPOCH /* 1970-01-01 00:00 UTC */
};

struct time_text {
    enum time_text_kind kind;
    struct calendar_day day; /* a day of the calendar */
    i64 micros;              /* since midnight; up to 24 hours and a leap second */
    bool zoned;
    i64 zone_micros; /* what was said to be east of UTC */
};

/* FLAW_SYNTAX, FLAW_RANGE, FLAW_RANGE_ORDER, FLAW_NOW, FLAW_ZONE, FLAW_ZONE_OFFSET. */
MUST_USE enum flaw time_text_parse(struct slice text, struct time_text *out);
/* "+5", "-08:00", "+0530" as microseconds. FLAW_SYNTAX, FLAW_RANGE, FLAW_ZONE_OFFSET. */
MUST_USE enum flaw time_text_parse_offset(const char *text, i64 *micros);
/* A name or abbreviation with a fixed offset, without regard to case. */
bool time_text_find_zone(struct slice name, i64 *micros);
