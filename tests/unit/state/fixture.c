#include "tests/unit/state/fixture.h"

#include <string.h>

const struct type fixture_types[FIXTURE_TYPE_COUNT] = {
    { .id = TYPE_BOOL },        { .id = TYPE_INT2 },
    { .id = TYPE_TEXT },        { .id = TYPE_INT4 },
    { .id = TYPE_INT8 },        { .id = TYPE_FLOAT4 },
    { .id = TYPE_FLOAT8 },      { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 },
    { .id = TYPE_NUMERIC },     { .id = TYPE_DATE },
    { .id = TYPE_TIMESTAMPTZ }, { .id = TYPE_INTERVAL },
    { .id = TYPE_UUID },        { .id = TYPE_BYTEA },
};

static struct str make_str(struct arena *arena, struct rand *rand)
{
    u32 size = (u32)rand_below(rand, 24);
    if (rand_chance(rand, 1, 8)) size = (u32)rand_below(rand, 600);
    if (rand_chance(rand, 1, 200)) size = (u32)rand_below(rand, 20000);
    char *data = arena_alloc(arena, size);
    for (u32 i = 0; i < size; i++)
        data[i] = (char)('a' + rand_below(rand, 26));
    return str_make(data, size);
}

static void put(struct column *column, u32 row, struct arena *arena, struct rand *rand)
{
    u64 word = rand_next(rand);
    switch (type_phys(column->type)) {
    case PHYS_BOOL: ((u8 *)column->data)[row] = word & 1; return;
    case PHYS_I64:
        if (column->type.id == TYPE_INT2)
            word = (u64)(i16)word;
        else if (column->type.id == TYPE_INT4 || column->type.id == TYPE_DATE)
            word = (u64)(i32)word;
        ((i64 *)column->data)[row] = (i64)word;
        return;
    case PHYS_F64: ((f64 *)column->data)[row] = (f64)(f32)((f64)(i64)word / 65536.0); return;
    case PHYS_DECIMAL:
        ((struct decimal *)column->data)[row] =
            decimal_make((i128)(i64)word * 1000003, (u32)rand_below(rand, 39));
        return;
    case PHYS_STR: ((struct str *)column->data)[row] = make_str(arena, rand); return;
    case PHYS_INTERVAL:
        ((struct interval *)column->data)[row] =
            (struct interval){ .micros = (i64)word, .days = (i32)rand_next(rand), .months = 3 };
        return;
    case PHYS_UUID:
        memcpy((struct uuid *)column->data + row, &word, 8);
        memcpy((u8 *)((struct uuid *)column->data + row) + 8, &word, 8);
        return;
    }
}

struct batch *fixture_batch(struct arena *arena, const struct type *types, u32 column_count,
                            const u64 *ids, u32 count)
{
    struct batch *batch = batch_make(arena, types, column_count, MAX(count, 1u));
    batch->row_count = count;
    for (u32 row = 0; row < count; row++) {
        struct rand rand = { .state = ids[row] };
        batch->weights[row] = 1;
        for (u32 index = 0; index < column_count; index++) {
            struct column *column = &batch->columns[index];
            u32 width = type_width(column->type);
            memset((u8 *)column->data + (size_t)row * width, 0, width);
            if (!rand_chance(&rand, 1, 10)) {
                put(column, row, arena, &rand);
                continue;
            }
            column_need_nulls(column, arena, count);
            column->nulls[row] = 1;
        }
    }
    return batch;
}

bool fixture_is(const struct column *columns, u32 row, const struct type *types, u32 column_count,
                u64 id)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "expected", NULL, 0);
    arena_init(&arena, &mem);
    struct batch *expected = fixture_batch(&arena, types, column_count, &id, 1);
    bool same = true;
    for (u32 column = 0; column < column_count; column++)
        same = same && column_identical(&columns[column], row, &expected->columns[column], 0);
    arena_deinit(&arena);
    mem_deinit(&mem);
    return same;
}

struct batch *fixture_int8(struct arena *arena, const i64 *values, u32 count)
{
    struct type type = TYPE(INT8);
    struct batch *batch = batch_make(arena, &type, 1, MAX(count, 1u));
    batch->row_count = count;
    for (u32 row = 0; row < count; row++) {
        bool null = values[row] == INT64_MIN;
        batch->weights[row] = 1;
        ((i64 *)batch->columns[0].data)[row] = null ? 0 : values[row];
        if (null) column_need_nulls(&batch->columns[0], arena, count);
        if (null) batch->columns[0].nulls[row] = 1;
    }
    return batch;
}
