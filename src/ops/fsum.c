#include "ops/fsum.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"

/* 2^-1074 to 2^1024 has room for 40 parts of 53 bits; compressed parts leave no gap. */
#define PART_COUNT_MAX 64
/* Numbers from here on go to the large expansion, times 2^-200: the small one then holds 2^63
 * numbers without an overflow, and so does the large one. */
#define LARGE       0x1p900
#define SCALE_DOWN  0x1p-200
#define SCALE_UP    0x1p200
#define LARGE_TOTAL 0x1p1020 /* below it large and small fit into one expansion */

struct fsum_special {
    i64 nan_count;
    i64 positive_count;
    i64 negative_count;
    struct fsum large;
};

static void add_number(struct fsum *sum, struct mem *mem, f64 value, i32 weight);
static void grow(struct fsum *sum, struct mem *mem, f64 value);

static const f64 *parts_of(const struct fsum *sum)
{
    return sum->capacity ? sum->parts : sum->inline_parts;
}

static struct fsum_special *special_get(struct fsum *sum, struct mem *mem)
{
    if (!sum->special) sum->special = mem_zalloc(mem, sizeof(*sum->special));
    return sum->special;
}

void fsum_add(struct fsum *sum, struct mem *mem, f64 value, i32 weight)
{
    if (likely(fabs(value) < LARGE)) {
        add_number(sum, mem, value, weight);
        return;
    }
    struct fsum_special *special = special_get(sum, mem);
    if (isnan(value))
        special->nan_count += weight;
    else if (isinf(value))
        *(value > 0 ? &special->positive_count : &special->negative_count) += weight;
    else
        add_number(&special->large, mem, value * SCALE_DOWN, weight);
}

static void add_number(struct fsum *sum, struct mem *mem, f64 value, i32 weight)
{
    if (likely(weight == 1 || weight == -1)) {
        grow(sum, mem, weight == 1 ? value : -value);
        return;
    }
    f64 product = value * weight;
    f64 rest =
        fma(value, weight, -product); /* exact: both are multiples of the last bit of value */
    grow(sum, mem, product);
    grow(sum, mem, rest);
}

/* The exact sum of two numbers, as the rounded one and the rest. */
static inline f64 two_sum(f64 a, f64 b, f64 *rest)
{
    f64 sum = a + b;
    f64 b_part = sum - a;
    *rest = (a - (sum - b_part)) + (b - b_part);
    return sum;
}

/* For |a| >= |b|. */
static inline f64 fast_two_sum(f64 a, f64 b, f64 *rest)
{
    f64 sum = a + b;
    *rest = b - (sum - a);
    return sum;
}

/* The same sum in as few parts as possible (Shewchuk's COMPRESS). Returns how many. */
static u32 compress(f64 *parts, u32 count)
{
    u32 bottom = count - 1, top = 0;
    f64 rest, value = parts[bottom];
    for (u32 i = count - 1; i-- > 0;) {
        value = fast_two_sum(value, parts[i], &rest);
        if (rest == 0) continue;
        parts[bottom--] = value;
        value = rest;
    }
    for (u32 i = bottom + 1; i < count; i++) {
        value = fast_two_sum(parts[i], value, &rest);
        if (rest != 0) parts[top++] = rest;
    }
    parts[top++] = value;
    return top;
}

static void grow(struct fsum *sum, struct mem *mem, f64 value)
{
    const f64 *old = parts_of(sum);
    f64 parts[PART_COUNT_MAX + 1];
    u32 count = 0;
    for (u32 i = 0; i < sum->count; i++) {
        f64 rest;
        value = two_sum(old[i], value, &rest);
        parts[count] = rest;
        count += rest != 0;
    }
    parts[count] = value;
    count += value != 0;
    u32 capacity = sum->capacity ? sum->capacity : countof(sum->inline_parts);
    if (count > capacity) count = compress(parts, count);
    assert(count <= PART_COUNT_MAX);
    if (count > capacity) {
        f64 *block = mem_alloc(mem, sizeof(f64) * capacity * 2);
        if (sum->capacity) mem_free(mem, sum->parts, sizeof(f64) * sum->capacity);
        sum->parts = block;
        sum->capacity = capacity * 2;
    }
    memcpy(sum->capacity ? sum->parts : sum->inline_parts, parts, sizeof(f64) * count);
    sum->count = count;
}

/* Adds from the top until something is left over: *rest has the sign of all that is below. */
static f64 round_parts(const f64 *parts, u32 count, f64 *rest)
{
    *rest = 0;
    if (count == 0) return 0;
    f64 high = parts[--count], low = 0;
    while (count > 0 && low == 0)
        high = two_sum(high, parts[--count], &low);
    /* A tie that round-to-even decided is no tie when something lies below it. */
    if (count > 0 && low != 0 && (low < 0) == (parts[count - 1] < 0)) {
        f64 twice = low * 2, up = high + twice;
        if (twice == up - high) {
            *rest = -low;
            return up;
        }
    }
    *rest = low;
    return high;
}

/* To the nearest single, without rounding twice: the double before it is made odd when it is inexact. */
static f64 to_single(f64 value, f64 rest)
{
    u64 bits;
    memcpy(&bits, &value, sizeof bits);
    if (rest != 0 && bits % 2 == 0) value = nextafter(value, rest > 0 ? INFINITY : -INFINITY);
    return (f32)value;
}

/* All parts in one expansion, times 2^-200 if the sum would not fit else. Returns that factor. */
static f64 collect(const struct fsum *sum, struct fsum *all, struct mem *mem)
{
    const struct fsum *large = &sum->special->large;
    f64 rest, top = round_parts(parts_of(large), large->count, &rest);
    bool is_huge = fabs(top) >= LARGE_TOTAL * SCALE_DOWN;
    for (u32 i = 0; i < sum->count; i++) {
        f64 part = parts_of(sum)[i];
        f64 scaled = part * SCALE_DOWN;
        /* What vanishes is far below the last bit of the sum: only its sign can matter. */
        if (is_huge && scaled == 0) scaled = part > 0 ? 0x1p-1074 : -0x1p-1074;
        grow(all, mem, is_huge ? scaled : part);
    }
    for (u32 i = 0; i < large->count; i++)
        grow(all, mem, is_huge ? parts_of(large)[i] : parts_of(large)[i] * SCALE_UP);
    return is_huge ? SCALE_UP : 1;
}

enum flaw fsum_value(const struct fsum *sum, bool is_single, f64 *out)
{
    const struct fsum_special *special = sum->special;
    if (special && (special->nan_count || special->positive_count || special->negative_count)) {
        bool is_nan = special->nan_count || (special->positive_count && special->negative_count);
        *out = is_nan ? NAN : special->positive_count ? INFINITY : -INFINITY;
        return FLAW_NONE;
    }
    f64 rest, value, factor = 1;
    if (special && special->large.count > 0) {
        struct mem mem;
        mem_init(&mem, "sum", NULL, 0);
        struct fsum all = { 0 };
        factor = collect(sum, &all, &mem);
        value = round_parts(parts_of(&all), all.count, &rest);
        fsum_clear(&all, &mem);
    } else {
        value = round_parts(parts_of(sum), sum->count, &rest);
    }
    if (is_single && factor == 1) value = to_single(value, rest);
    *out = value * factor;
    if (is_single && fabs(*out) > 0x1.fffffep127) return FLAW_FLOAT_OVERFLOW;
    return isinf(*out) ? FLAW_FLOAT_OVERFLOW : FLAW_NONE;
}

void fsum_clear(struct fsum *sum, struct mem *mem)
{
    if (sum->capacity) mem_free(mem, sum->parts, sizeof(f64) * sum->capacity);
    if (sum->special) {
        fsum_clear(&sum->special->large, mem);
        mem_free(mem, sum->special, sizeof(*sum->special));
    }
    *sum = (struct fsum){ 0 };
}
