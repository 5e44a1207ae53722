#include "tests/unit/data/random_batch.h"

#include "data/date.h"
#include "data/decimal.h"
#include "data/timestamp.h"
#include "data/value.h"

#define NUMERIC(p, s) ((struct type){ .id = TYPE_NUMERIC, .precision = (p), .scale = (s) })

struct type random_type(u32 index)
{
    const struct type types[RANDOM_TYPE_COUNT] = {
        TYPE(BOOL),
        TYPE(INT2),
        TYPE(INT4),
        TYPE(INT8),
        TYPE(FLOAT4),
        TYPE(FLOAT8),
        TYPE(NUMERIC),
        NUMERIC(10, 2),
        NUMERIC(18, 18),
        NUMERIC(38, 10),
        TYPE(TEXT),
        { .id = TYPE_VARCHAR, .length = 20 },
        { .id = TYPE_BPCHAR, .length = 5 },
        TYPE(BYTEA),
        TYPE(DATE),
        TYPE(TIMESTAMP),
        TYPE(TIMESTAMPTZ),
        TYPE(INTERVAL),
        TYPE(UUID),
        TYPE(INT4),
    };
    return types[index % RANDOM_TYPE_COUNT];
}

static i64 random_i64(struct rand *rand, i64 min, i64 max)
{
    switch (rand_below(rand, 8)) {
    case 0: return min;
    case 1: return max;
    case 2: return (i64)rand_below(rand, 3) - (min < 0);
    default: break;
    }
    u64 span = (u64)max - (u64)min;
    u64 any = rand_next(rand) >> rand_below(rand, 64);
    return (i64)((u64)min + (span == UINT64_MAX ? any : any % (span + 1)));
}

static f64 random_f64(struct rand *rand)
{
    const f64 odd[] = { 0.0, -0.0, 0.1, __builtin_nan(""), __builtin_inf(), -__builtin_inf() };
    if (rand_chance(rand, 1, 3)) return odd[rand_below(rand, 6)];
    u64 bits = rand_next(rand);
    f64 value;
    memcpy(&value, &bits, sizeof value);
    return rand_chance(rand, 1, 2) ? value : (f64)(i64)(bits >> 40) / 8;
}

static struct decimal random_decimal(struct rand *rand, u32 precision, u32 scale)
{
    u32 digits = (u32)rand_below(rand, precision + 1);
    u128 magnitude = ((u128)rand_next(rand) << 64 | rand_next(rand)) % decimal_powers[digits];
    if (rand_chance(rand, 1, 4)) magnitude = magnitude / 1000 * 1000;
    i128 value = (i128)magnitude;
    return decimal_make(rand_chance(rand, 1, 2) ? -value : value, scale);
}

static struct str random_str(struct rand *rand, struct type type, struct arena *arena)
{
    const u32 sizes[] = { 0, 1, 4, 11, 12, 13, 20, 100 };
    u32 size = sizes[rand_below(rand, countof(sizes))];
    if (type.length > 0) size = MIN(size, (u32)type.length);
    char *data = arena_alloc(arena, size + 4);
    const char *const pieces[] = { "a", "b", "\xC3\xA9", "\xF0\x9F\x98\x80", "\x01", "z" };
    u32 used = 0;
    if (type.id == TYPE_BYTEA) {
        for (; used < size; used++)
            data[used] = (char)(rand_chance(rand, 1, 2) ? rand_below(rand, 3) : rand_next(rand));
        return str_make(data, used);
    }
    u32 kinds = rand_chance(rand, 1, 2) ? 2 : countof(pieces);
    while (used < size) {
        const char *piece = pieces[rand_below(rand, kinds)];
        if (used + strlen(piece) > size) piece = "a";
        memcpy(data + used, piece, strlen(piece));
        used += (u32)strlen(piece);
    }
    return str_make(data, used);
}

struct value random_value(struct rand *rand, struct type type, struct arena *arena)
{
    struct value value = { .type = type };
    switch ((enum type_id)type.id) {
    case TYPE_BOOL: value.boolean = (u8)rand_below(rand, 2); break;
    case TYPE_INT2: value.i = random_i64(rand, INT16_MIN, INT16_MAX); break;
    case TYPE_INT4: value.i = random_i64(rand, INT32_MIN, INT32_MAX); break;
    case TYPE_INT8: value.i = random_i64(rand, INT64_MIN, INT64_MAX); break;
    case TYPE_FLOAT4: value.f = (f64)(f32)random_f64(rand); break;
    case TYPE_FLOAT8: value.f = random_f64(rand); break;
    case TYPE_NUMERIC:
        if (type.precision == 0)
            value.decimal = random_decimal(rand, 38, (u32)rand_below(rand, 39));
        else if (type_phys(type) == PHYS_I64)
            value.i = (i64)random_decimal(rand, type.precision, 0).low;
        else
            value.decimal = random_decimal(rand, type.precision, type.scale);
        break;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_BYTEA:
    case TYPE_UNKNOWN: value.str = random_str(rand, type, arena); break;
    case TYPE_DATE:
        value.i = random_i64(rand, DATE_MIN, DATE_MAX);
        if (rand_chance(rand, 1, 16)) value.i = DATE_INFINITY;
        break;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        value.i = random_i64(rand, TIMESTAMP_MIN, TIMESTAMP_END - 1);
        if (rand_chance(rand, 1, 16)) value.i = TIMESTAMP_MINUS_INFINITY;
        break;
    case TYPE_INTERVAL:
        value.interval.months = (i32)random_i64(rand, INT32_MIN, INT32_MAX);
        value.interval.days = (i32)random_i64(rand, INT32_MIN, INT32_MAX);
        value.interval.micros =
            random_i64(rand, -INT64_MAX, INT64_MAX); /* no text says the least */
        break;
    case TYPE_UUID:
        for (u32 index = 0; index < 16; index++)
            value.uuid.bytes[index] = (u8)(rand_next(rand) >> rand_below(rand, 64));
        break;
    case TYPE_COUNT: break;
    }
    return value;
}

struct batch *random_batch(struct rand *rand, struct arena *arena, const struct type *types,
                           u32 column_count, u32 row_count)
{
    u32 capacity = MAX(row_count, 1u);
    struct batch *batch = batch_make(arena, types, column_count, capacity);
    batch->row_count = row_count;
    bool weighted = rand_chance(rand, 1, 2);
    for (u32 row = 0; row < row_count; row++)
        batch->weights[row] = weighted ? (i32)rand_below(rand, 5) - 2 : 1;
    for (u32 column = 0; column < column_count; column++) {
        for (u32 row = 0; row < row_count; row++) {
            struct value value = random_value(rand, types[column], arena);
            value.null = column % 2 && rand_chance(rand, 1, 8);
            value_put(&value, &batch->columns[column], row, arena, capacity);
        }
    }
    return batch;
}
