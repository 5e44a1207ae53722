/* A rate: how many items may pass now (the generic cell rate algorithm, ITU-T I.371, as a virtual schedule).
 *
 * due_us is when the next item may pass if all before had come exactly on time. A burst of at most a hundredth of a
 * second's items, and at least one, passes at once; over any longer span no more than rate × span + burst pass. */
#pragma once

#include "base/base.h"

struct rate {
    double interval_us; /* between two items; 0: no limit */
    double slack_us;    /* how far the schedule may run ahead: the burst */
    double due_us;
};

static inline void rate_init(struct rate *rate, double per_second)
{
    *rate = (struct rate){ .interval_us = per_second > 0 ? 1e6 / per_second : 0 };
    rate->slack_us = rate->interval_us < 10000 ? 10000 - rate->interval_us : 0;
}

/* How many of count may pass at now_us. */
static inline u32 rate_allows(const struct rate *rate, u32 count, i64 now_us)
{
    if (rate->interval_us == 0) return count;
    double ahead = (double)now_us + rate->slack_us - MAX(rate->due_us, (double)now_us);
    if (ahead < 0) return 0;
    double allowed = ahead / rate->interval_us + 1;
    return allowed < (double)count ? (u32)allowed : count;
}

/* count of them have passed. */
static inline void rate_take(struct rate *rate, u32 count, i64 now_us)
{
    rate->due_us = MAX(rate->due_us, (double)now_us) + rate->interval_us * (double)count;
}

/* When the next may pass; in the past when one may now. */
static inline i64 rate_next(const struct rate *rate)
{
    return (i64)(rate->due_us - rate->slack_us) + 1;
}
