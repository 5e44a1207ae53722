/* A sum of floats that is exact inside and rounded once, when it is read.
 *
 * Numbers are kept as an expansion: parts of growing magnitude whose bits do not overlap and whose sum is
 * the exact sum (Shewchuk, 1997). What was added can be taken away again without a trace, so a sum
 * depends only on what is in it now. NaN and infinities are counted apart. Numbers from 2^900 on are
 * summed in an expansion of their own, scaled down, so that nothing overflows on the way.
 *
 * Two parts are inline; most sums never need more. A zeroed fsum is the sum of nothing. */
#pragma once

#include "base/mem.h"
#include "data/flaw.h"

struct fsum_special;

struct fsum {
    u32 count;
    u32 capacity; /* 0: the parts are inline */
    union {
        f64 inline_parts[2];
        f64 *parts;
    };
    struct fsum_special *special; /* NULL: never an infinity, a NaN or a number from 2^900 on */
};

/* Adds value weight times. */
void fsum_add(struct fsum *sum, struct mem *mem, f64 value, i32 weight);
/* The sum, rounded to the nearest double, or to a single (in a double). FLAW_FLOAT_OVERFLOW. */
MUST_USE enum flaw fsum_value(const struct fsum *sum, bool is_single, f64 *out);
void fsum_clear(struct fsum *sum, struct mem *mem);
