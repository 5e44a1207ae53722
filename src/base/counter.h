/* Counters and histograms: plain fields of the thing they count, shown by the system tables.
 *
 * A histogram has 8 buckets to each power of two, so a percentile read from it is at most 12.5 %
 * above the true one. It needs no memory of its own and never forgets; a window is the difference
 * of two copies.
 *
 * Invariant: count == sum of counts; sum is exact. */
#pragma once

#include "base/base.h"

#define HISTOGRAM_BUCKET_COUNT 496 /* 8 for 0–7, then 8 for each of the 61 further powers of two */

struct histogram {
    u64 count;
    u64 sum;
    u64 max;
    u64 counts[HISTOGRAM_BUCKET_COUNT];
};

static inline u32 histogram_bucket(u64 value)
{
    if (value < 8) return (u32)value;
    u32 power = 63 - (u32)__builtin_clzll(value);
    return (power - 2) * 8 + (u32)((value >> (power - 3)) & 7);
}

/* The largest value that falls into the bucket. */
static inline u64 histogram_bucket_max(u32 bucket)
{
    if (bucket < 8) return bucket;
    u32 shift = bucket / 8 - 1;
    return ((u64)(8 + bucket % 8) << shift) + ((u64)1 << shift) - 1;
}

static inline void histogram_add(struct histogram *histogram, u64 value)
{
    histogram->count++;
    histogram->sum += value;
    if (value > histogram->max) histogram->max = value;
    histogram->counts[histogram_bucket(value)]++;
}

/* The value that share (0–1) of all values do not exceed, rounded up to its bucket's end and never
 * above max; 0 while nothing was counted. */
static inline u64 histogram_percentile(const struct histogram *histogram, double share)
{
    u64 wanted = (u64)(share * (double)histogram->count);
    if (wanted < 1) wanted = 1;
    u64 seen = 0;
    for (u32 bucket = 0; bucket < HISTOGRAM_BUCKET_COUNT; bucket++) {
        seen += histogram->counts[bucket];
        if (seen >= wanted) return MIN(histogram_bucket_max(bucket), histogram->max);
    }
    return histogram->max;
}
