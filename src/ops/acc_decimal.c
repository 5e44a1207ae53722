#include "ops/acc_decimal.h"

#include <string.h>

#include "base/assert.h"
#include "data/wide.h"

/* 192 bits of a sum times a power of ten below 2^127, and room to add some of them. */
#define TOTAL_WORDS 6

static const struct acc_decimal_part *parts_of(const struct acc_decimal *acc)
{
    return acc->capacity ? acc->parts : &acc->part;
}

static struct acc_decimal_part *part_get(struct acc_decimal *acc, struct mem *mem, u32 scale)
{
    struct acc_decimal_part *parts = acc->capacity ? acc->parts : &acc->part;
    for (u32 i = 0; i < acc->count; i++)
        if (parts[i].scale == scale) return &parts[i];
    if (acc->count >= MAX(acc->capacity, 1)) {
        u32 capacity = MAX(2, acc->capacity * 2);
        struct acc_decimal_part *block = mem_alloc(mem, sizeof(*block) * capacity);
        memcpy(block, parts, sizeof(*block) * acc->count);
        if (acc->capacity) mem_free(mem, acc->parts, sizeof(*block) * acc->capacity);
        acc->parts = parts = block;
        acc->capacity = capacity;
    }
    parts[acc->count] = (struct acc_decimal_part){ .scale = scale };
    return &parts[acc->count++];
}

static void wide_negate(u64 *words, u32 count)
{
    u64 carry = 1;
    for (u32 i = 0; i < count; i++) {
        words[i] = ~words[i] + carry;
        carry = carry && words[i] == 0;
    }
}

/* By far most often: a row that comes or goes once. */
static void part_add_once(struct acc_decimal_part *part, i128 value)
{
    u128 low = (u128)part->words[1] << 64 | part->words[0];
    u128 sum = low + (u128)value;
    part->words[2] += (value < 0 ? UINT64_MAX : 0) + (sum < low);
    part->words[0] = (u64)sum;
    part->words[1] = (u64)(sum >> 64);
}

/* |value| < 2^127 and |weight| <= 2^31, so 192 bits hold 2^33 such products. */
static void part_add(struct acc_decimal_part *part, i128 value, i32 weight)
{
    if (likely(weight == 1 || weight == -1)) {
        part_add_once(part, weight == 1 ? value : -value);
        part->count += weight;
        return;
    }
    bool negative = (value < 0) != (weight < 0);
    u128 magnitude = value < 0 ? -(u128)value : (u128)value;
    u64 factor = weight < 0 ? -(u64)(i64)weight : (u64)weight;
    u64 words[3] = { (u64)magnitude, (u64)(magnitude >> 64), 0 };
    if (factor != 1) wide_multiply_word(words, 3, factor);
    if (negative)
        wide_subtract(part->words, words, 3);
    else
        wide_add(part->words, words, 3);
    part->count += weight;
}

void acc_decimal_add(struct acc_decimal *acc, struct mem *mem, const struct decimal *value,
                     i32 weight)
{
    struct acc_decimal_part *part = part_get(acc, mem, value->scale);
    part_add(part, decimal_get(value), weight);
    if (part->count != 0 || (part->words[0] | part->words[1] | part->words[2]) != 0) return;
    struct acc_decimal_part *parts = acc->capacity ? acc->parts : &acc->part;
    *part = parts[--acc->count];
}

i64 acc_decimal_count(const struct acc_decimal *acc)
{
    i64 count = 0;
    for (u32 i = 0; i < acc->count; i++)
        count += parts_of(acc)[i].count;
    return count;
}

u32 acc_decimal_scale(const struct acc_decimal *acc)
{
    u32 scale = 0;
    for (u32 i = 0; i < acc->count; i++)
        if (parts_of(acc)[i].count > 0) scale = MAX(scale, parts_of(acc)[i].scale);
    return scale;
}

/* total += part * 10^(scale - part's scale). */
static void add_scaled(u64 *total, const struct acc_decimal_part *part, u32 scale)
{
    u64 words[3], factor[2], product[TOTAL_WORDS] = { 0 };
    memcpy(words, part->words, sizeof words);
    bool negative = (i64)words[2] < 0;
    if (negative) wide_negate(words, 3);
    wide_set(factor, decimal_powers[scale - part->scale]);
    wide_multiply(words, 3, factor, 2, product);
    if (negative)
        wide_subtract(total, product, TOTAL_WORDS);
    else
        wide_add(total, product, TOTAL_WORDS);
}

/* One scale, and 127 bits are enough. */
static bool sum_is_plain(const struct acc_decimal *acc, u32 scale, struct decimal *out)
{
    const struct acc_decimal_part *part = parts_of(acc);
    if (acc->count != 1 || part->scale != scale) return false;
    i128 sum = (i128)((u128)part->words[1] << 64 | part->words[0]);
    if (part->words[2] != (sum < 0 ? UINT64_MAX : 0) || !decimal_fits(sum)) return false;
    *out = decimal_make(sum, scale);
    return true;
}

enum flaw acc_decimal_sum(const struct acc_decimal *acc, u32 scale_min, struct decimal *out)
{
    u32 scale = MAX(acc_decimal_scale(acc), scale_min);
    if (sum_is_plain(acc, scale, out)) return FLAW_NONE;
    u64 total[TOTAL_WORDS] = { 0 };
    for (u32 i = 0; i < acc->count; i++)
        add_scaled(total, &parts_of(acc)[i], scale);
    bool negative = (i64)total[TOTAL_WORDS - 1] < 0;
    if (negative) wide_negate(total, TOTAL_WORDS);
    if (wide_size(total, TOTAL_WORDS) > 2) return FLAW_NUMERIC;
    u128 magnitude = wide_get(total);
    if (magnitude >= decimal_powers[DECIMAL_DIGITS_MAX]) return FLAW_NUMERIC;
    *out = decimal_make(negative ? -(i128)magnitude : (i128)magnitude, scale);
    return FLAW_NONE;
}

void acc_decimal_clear(struct acc_decimal *acc, struct mem *mem)
{
    if (acc->capacity) mem_free(mem, acc->parts, sizeof(*acc->parts) * acc->capacity);
    *acc = (struct acc_decimal){ 0 };
}
