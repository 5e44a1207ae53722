#include "ops/acc.h"

#include <string.h>

#include "base/assert.h"
#include "data/decimal.h"
#include "data/interval.h"
#include "ops/acc_decimal.h"
#include "ops/fsum.h"

struct acc_count {
    i64 count;
};
struct acc_integer {
    i64 count;
    u64 low; /* of an i128, which needs no alignment this way */
    u64 high;
};
struct acc_float {
    i64 count;
    struct fsum sum;
};
struct acc_interval {
    i64 count;
    i64 months;
    i64 days;
    u64 low; /* microseconds */
    u64 high;
};
struct acc_bool {
    i64 count;
    i64 true_count;
};
struct acc_best {
    u64 has;
    u64 words[3]; /* a value; a long string's bytes are owned */
};

u32 acc_size(const struct acc *acc)
{
    switch (acc->kind) {
    case ACC_COUNT: return sizeof(struct acc_count);
    case ACC_INTEGER: return sizeof(struct acc_integer);
    case ACC_DECIMAL: return sizeof(struct acc_decimal);
    case ACC_FLOAT: return sizeof(struct acc_float);
    case ACC_INTERVAL: return sizeof(struct acc_interval);
    case ACC_BOOL: return sizeof(struct acc_bool);
    case ACC_BEST: return sizeof(struct acc_best);
    case ACC_VALUES: return 0;
    }
    unreachable();
}

static i128 wide_sum(u64 low, u64 high)
{
    return (i128)((u128)high << 64 | low);
}

static void add_integer(struct acc_integer *to, i64 value, i32 weight)
{
    i128 sum = wide_sum(to->low, to->high) + (i128)value * weight;
    to->low = (u64)sum;
    to->high = (u64)(sum >> 64);
    to->count += weight;
}

static void add_interval(struct acc_interval *to, const struct interval *value, i32 weight)
{
    i128 micros = wide_sum(to->low, to->high) + (i128)value->micros * weight;
    to->low = (u64)micros;
    to->high = (u64)(micros >> 64);
    to->days += (i64)value->days * weight;
    to->months += (i64)value->months * weight;
    to->count += weight;
}

static void add_best(const struct acc *acc, struct mem *mem, struct acc_best *best,
                     const struct column *column, u32 row);

void acc_add(const struct acc *acc, struct mem *mem, u8 *const *records,
             const struct column *column, const i32 *weights, u32 count)
{
    u32 offset = acc->offset;
    switch (acc->kind) {
    case ACC_COUNT:
        for (u32 r = 0; r < count; r++)
            ((struct acc_count *)(records[r] + offset))->count += weights[r];
        return;
    case ACC_INTEGER:
        for (u32 r = 0; r < count; r++)
            add_integer((struct acc_integer *)(records[r] + offset), ((const i64 *)column->data)[r],
                        weights[r]);
        return;
    case ACC_DECIMAL:
        for (u32 r = 0; r < count; r++)
            if (weights[r])
                acc_decimal_add((struct acc_decimal *)(records[r] + offset), mem,
                                (const struct decimal *)column->data + r, weights[r]);
        return;
    case ACC_FLOAT:
        for (u32 r = 0; r < count; r++) {
            struct acc_float *to = (struct acc_float *)(records[r] + offset);
            if (weights[r]) fsum_add(&to->sum, mem, ((const f64 *)column->data)[r], weights[r]);
            to->count += weights[r];
        }
        return;
    case ACC_INTERVAL:
        for (u32 r = 0; r < count; r++)
            add_interval((struct acc_interval *)(records[r] + offset),
                         (const struct interval *)column->data + r, weights[r]);
        return;
    case ACC_BOOL:
        for (u32 r = 0; r < count; r++) {
            struct acc_bool *to = (struct acc_bool *)(records[r] + offset);
            to->count += weights[r];
            to->true_count += ((const u8 *)column->data)[r] ? weights[r] : 0;
        }
        return;
    case ACC_BEST:
        for (u32 r = 0; r < count; r++) {
            assert(weights[r] >= 0);
            if (weights[r]) add_best(acc, mem, (struct acc_best *)(records[r] + offset), column, r);
        }
        return;
    case ACC_VALUES: break;
    }
    unreachable();
}

static void best_clear(const struct acc *acc, struct mem *mem, struct acc_best *best)
{
    struct str str;
    memcpy(&str, best->words, sizeof str);
    if (best->has && type_phys(acc->type) == PHYS_STR && str.size > STR_INLINE_MAX) {
        struct column column = { .data = best->words };
        mem_free(mem, (void *)(uintptr_t)((struct str *)column.data)->data, str.size);
    }
    *best = (struct acc_best){ 0 };
}

static void add_best(const struct acc *acc, struct mem *mem, struct acc_best *best,
                     const struct column *column, u32 row)
{
    struct column held = { .type = acc->type, .data = best->words };
    if (best->has) {
        int order = column_compare(column, row, &held, 0);
        if (acc->is_largest ? order <= 0 : order >= 0) return;
    }
    best_clear(acc, mem, best);
    size_t width = type_width(acc->type);
    memcpy(best->words, (const u8 *)column->data + row * width, width);
    best->has = 1;
    if (type_phys(acc->type) != PHYS_STR) return;
    struct str str;
    memcpy(&str, best->words, sizeof str);
    if (str.size <= STR_INLINE_MAX) return;
    char *bytes = mem_alloc(mem, str.size);
    memcpy(bytes, str.data, str.size);
    str.data = bytes;
    memcpy(best->words, &str, sizeof str);
}

void acc_clear(const struct acc *acc, struct mem *mem, u8 *record)
{
    void *at = record + acc->offset;
    if (acc->kind == ACC_DECIMAL) acc_decimal_clear(at, mem);
    if (acc->kind == ACC_FLOAT) fsum_clear(&((struct acc_float *)at)->sum, mem);
    if (acc->kind == ACC_BEST) best_clear(acc, mem, at);
    memset(at, 0, acc_size(acc));
}

/* --- Results --- */

/* One result: value is written to out[row], or a flaw comes back; *null when there is nothing. */
struct result {
    const struct acc *acc;
    const struct acc *scales;
    enum agg_kind kind;
    struct column *out;
    u32 row;
    bool null;
};

static i64 count_of(const struct acc *acc, const u8 *at)
{
    switch (acc->kind) {
    case ACC_COUNT:
    case ACC_INTEGER:
    case ACC_FLOAT:
    case ACC_INTERVAL:
    case ACC_BOOL: return ((const struct acc_count *)(const void *)at)->count; /* their first */
    case ACC_DECIMAL: return acc_decimal_count((const struct acc_decimal *)(const void *)at);
    case ACC_BEST:
    case ACC_VALUES: break;
    }
    unreachable();
}

static enum flaw put_decimal(struct result *result, const struct decimal *sum, i64 count)
{
    struct decimal value = *sum;
    if (result->kind == AGG_AVG) {
        struct decimal divisor = decimal_from_i64(count);
        enum flaw flaw = decimal_divide(sum, &divisor, &value);
        if (flaw) return flaw;
    }
    ((struct decimal *)result->out->data)[result->row] = value;
    return FLAW_NONE;
}

static enum flaw integer_result(struct result *result, const struct acc_integer *acc)
{
    i128 sum = wide_sum(acc->low, acc->high);
    if (type_phys(result->out->type) == PHYS_I64) {
        ((i64 *)result->out->data)[result->row] = (i64)sum;
        return (i64)sum == sum ? FLAW_NONE : FLAW_INT8;
    }
    if (!decimal_fits(sum)) return FLAW_NUMERIC;
    u32 scale = result->acc->type.id == TYPE_NUMERIC ? result->acc->type.scale : 0;
    struct decimal decimal = decimal_make(sum, scale);
    return put_decimal(result, &decimal, acc->count);
}

static enum flaw decimal_result(struct result *result, const struct acc_decimal *acc,
                                const u8 *record)
{
    u32 scale = 0;
    if (result->scales)
        scale = acc_decimal_scale(
            (const struct acc_decimal *)(const void *)(record + result->scales->offset));
    struct decimal sum;
    enum flaw flaw = acc_decimal_sum(acc, scale, &sum);
    return flaw ? flaw : put_decimal(result, &sum, acc_decimal_count(acc));
}

static enum flaw float_result(struct result *result, const struct acc_float *acc)
{
    f64 *out = (f64 *)result->out->data + result->row;
    bool is_single = result->out->type.id == TYPE_FLOAT4;
    enum flaw flaw = fsum_value(&acc->sum, is_single, out);
    if (!flaw && result->kind == AGG_AVG) *out /= (f64)acc->count;
    return flaw;
}

static enum flaw interval_result(struct result *result, const struct acc_interval *acc)
{
    i128 micros = wide_sum(acc->low, acc->high);
    struct interval *out = (struct interval *)result->out->data + result->row;
    *out = (struct interval){ .micros = (i64)micros,
                              .days = (i32)acc->days,
                              .months = (i32)acc->months };
    if (out->micros != micros || out->days != acc->days || out->months != acc->months)
        return FLAW_INTERVAL;
    return result->kind == AGG_AVG ? interval_divide(out, (f64)acc->count, out) : FLAW_NONE;
}

static enum flaw result_of(struct result *result, const u8 *record)
{
    const struct acc *acc = result->acc;
    const void *at = record + acc->offset;
    if (acc->kind == ACC_BEST) {
        const struct acc_best *best = at;
        size_t width = type_width(result->out->type);
        result->null = !best->has;
        memcpy((u8 *)result->out->data + result->row * width, best->words, width);
        return FLAW_NONE;
    }
    i64 count = count_of(acc, at);
    assert(count >= 0);
    if (result->kind == AGG_COUNT || result->kind == AGG_COUNT_ROWS) {
        ((i64 *)result->out->data)[result->row] = count;
        return FLAW_NONE;
    }
    result->null = count == 0;
    if (count == 0) return FLAW_NONE;
    if (acc->kind == ACC_INTEGER) return integer_result(result, at);
    if (acc->kind == ACC_DECIMAL) return decimal_result(result, at, record);
    if (acc->kind == ACC_FLOAT) return float_result(result, at);
    if (acc->kind == ACC_INTERVAL) return interval_result(result, at);
    assert(acc->kind == ACC_BOOL);
    const struct acc_bool *boolean = at;
    ((u8 *)result->out->data)[result->row] = result->kind == AGG_BOOL_AND
                                                 ? boolean->true_count == boolean->count
                                                 : boolean->true_count > 0;
    return FLAW_NONE;
}

struct column acc_result(const struct acc *acc, const struct acc *scales, enum agg_kind kind,
                         struct type type, u8 *const *records, u32 count, struct arena *arena,
                         u8 *flaws)
{
    struct column out = column_make(arena, type, MAX(count, 1));
    memset(out.data, 0, (size_t)type_width(type) * count);
    struct result result = { .acc = acc, .scales = scales, .kind = kind, .out = &out };
    for (u32 i = 0; i < count; i++) {
        result.row = i;
        result.null = false;
        enum flaw flaw = result_of(&result, records[i]);
        if (!result.null && !flaw) continue;
        column_need_nulls(&out, arena, count);
        out.nulls[i] = 1;
        memset((u8 *)out.data + i * (size_t)type_width(type), 0, type_width(type));
        if (flaw && !flaws[i]) flaws[i] = (u8)flaw;
    }
    return out;
}
