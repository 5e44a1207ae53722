/* The exact sum of decimals, taken apart by scale, so that rows that leave take their digits with them.
 *
 * A group whose decimals all have one scale has one part, inline. */
#pragma once

#include "base/mem.h"
#include "data/decimal.h"

struct acc_decimal_part {
    u32 scale;
    i64 count;
    u64 words[3]; /* the sum of the values times 10^scale, two's complement of 192 bits */
};

/* Parts have a count other than 0, or a sum other than 0 while a tick is being made. */
struct acc_decimal {
    u32 count;
    u32 capacity; /* 0: the only part is inline */
    union {
        struct acc_decimal_part part;
        struct acc_decimal_part *parts;
    };
};

void acc_decimal_add(struct acc_decimal *acc, struct mem *mem, const struct decimal *value,
                     i32 weight);
i64 acc_decimal_count(const struct acc_decimal *acc);
/* The largest scale of a value that is in it. */
u32 acc_decimal_scale(const struct acc_decimal *acc);
/* The sum with the scale of acc_decimal_scale, or scale_min if that is larger. */
MUST_USE enum flaw acc_decimal_sum(const struct acc_decimal *acc, u32 scale_min,
                                   struct decimal *out);
void acc_decimal_clear(struct acc_decimal *acc, struct mem *mem);
