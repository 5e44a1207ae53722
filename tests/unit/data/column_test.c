#include "data/column.h"

#include "data/batch.h"
#include "data/decimal.h"
#include "data/value.h"
#include "tests/test.h"
#include "tests/unit/data/random_batch.h"

TEST(column_equal_values_hash_alike_and_order_is_total)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    struct rand rand = { test_seed(1) };
    for (u32 index = 0; index < RANDOM_TYPE_COUNT; index++) {
        struct type type = random_type(index);
        struct batch *batch = random_batch(&rand, &arena, &type, 1, 200);
        const struct column *column = &batch->columns[0];
        u64 hashes[200];
        batch_hash(batch, NULL, 0, 7, hashes);
        for (u32 a = 0; a < 200; a++) {
            for (u32 b = 0; b < 200; b++) {
                int order = column_compare(column, a, column, b);
                assert_int_equal(order<0, column_compare(column, b, column, a)> 0);
                assert_int_equal(order == 0, column_equal_key(column, a, column, b));
                if (order == 0) assert_true(hashes[a] == hashes[b]);
                if (column_identical(column, a, column, b)) assert_int_equal(order, 0);
                if (order != 0) assert_true(hashes[a] != hashes[b]);
            }
        }
    }
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(column_zeros_of_both_signs_and_scales_are_equal_but_not_identical)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    f64 floats[] = { 0.0, -0.0 };
    struct decimal decimals[] = { decimal_make(10, 1), decimal_make(100, 2) };
    struct column columns[] = { { .type = TYPE(FLOAT8), .data = floats },
                                { .type = TYPE(NUMERIC), .data = decimals } };
    for (u32 index = 0; index < 2; index++) {
        u64 hashes[2] = { 1, 1 };
        column_hash(&columns[index], 2, hashes);
        assert_true(hashes[0] == hashes[1]);
        assert_int_equal(column_compare(&columns[index], 0, &columns[index], 1), 0);
        assert_false(column_identical(&columns[index], 0, &columns[index], 1));
    }
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(column_null_is_equal_to_null_only)
{
    i64 values[] = { 0, 0, 0 };
    u8 nulls[] = { 0, 1, 1 };
    struct column column = { .type = TYPE(INT8), .data = values, .nulls = nulls };
    u64 hashes[] = { 1, 1, 1 };
    column_hash(&column, 3, hashes);
    assert_true(hashes[0] != hashes[1] && hashes[1] == hashes[2]);
    assert_false(column_equal_key(&column, 0, &column, 1));
    assert_true(column_equal_key(&column, 1, &column, 2));
    assert_true(column_identical(&column, 1, &column, 2));
}

TEST(column_gather_brings_nulls_along)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    i64 values[] = { 10, 20, 30 };
    u8 nulls[] = { 0, 1, 0 };
    struct column with = { .type = TYPE(INT8), .data = values, .nulls = nulls };
    struct column without = { .type = TYPE(INT8), .data = values };
    struct column target = column_make(&arena, TYPE(INT8), 6);
    const u32 rows[] = { 2, 0, 1 };
    column_gather(&target, 0, &without, rows, 3, &arena, 6);
    assert_null(target.nulls);
    column_gather(&target, 3, &with, rows, 3, &arena, 6);
    const i64 *out = target.data;
    assert_int_equal(out[0], 30);
    assert_int_equal(out[4], 10);
    assert_false(column_is_null(&target, 2));
    assert_true(column_is_null(&target, 5));
    arena_deinit(&arena);
    mem_deinit(&mem);
}
