/* Paces: when a reader of changes is to be given the next ones, though it could take them now.
 *
 * They only put off; what waits meanwhile is conflated as ever, so a pace never loses the last state. All times are
 * microseconds of one monotonic clock. Names as in RxJS and Reactor where these agree. */
#pragma once

#include "base/base.h"

enum pace_kind {
    PACE_NONE,
    PACE_AUDIT, /* duration after the first change that waits; for screens, 16 to 100 ms */
    PACE_SAMPLE, /* at the next multiple of duration on the shared clock: all readers of one pace together */
    PACE_DEBOUNCE, /* after duration without a change, at the latest wait_us_max after the first that waits */
};

struct pace {
    enum pace_kind kind;
    i64 duration_us;
    i64 wait_us_max; /* debounce */
};

#define PACE_DURATION_US_MIN 1000ll
#define PACE_DURATION_US_MAX 86400000000ll

/* When to give what waits, whose first change was at first_us and whose last one so far at last_us. */
static inline i64 pace_due(const struct pace *pace, i64 first_us, i64 last_us)
{
    switch (pace->kind) {
    case PACE_NONE: break;
    case PACE_AUDIT: return first_us + pace->duration_us;
    case PACE_SAMPLE: return (first_us / pace->duration_us + 1) * pace->duration_us;
    case PACE_DEBOUNCE: return MIN(last_us + pace->duration_us, first_us + pace->wait_us_max);
    }
    return first_us;
}
