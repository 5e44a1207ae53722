#include "data/batch.h"

#include "tests/test.h"
#include "tests/unit/data/random_batch.h"

static void assert_same_row(const struct batch *a, u32 a_row, const struct batch *b, u32 b_row)
{
    assert_int_equal(a->weights[a_row], b->weights[b_row]);
    for (u32 column = 0; column < a->column_count; column++)
        assert_true(column_identical(&a->columns[column], a_row, &b->columns[column], b_row));
}

TEST(batch_copy_and_pick_keep_rows_as_they_were)
{
    struct mem mem;
    struct arena arena, other;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    arena_init(&other, &mem);
    struct rand rand = { test_seed(2) };
    struct type types[RANDOM_TYPE_COUNT];
    for (u32 index = 0; index < RANDOM_TYPE_COUNT; index++)
        types[index] = random_type(index);
    struct batch *batch = random_batch(&rand, &arena, types, RANDOM_TYPE_COUNT, 100);
    batch->rows = arena_array(&arena, u32, 100);
    u32 picks[100];
    for (u32 row = 0; row < 100; row++) {
        batch->rows[row] = 1000 + row;
        picks[row] = 99 - row;
    }
    struct batch *picked = batch_pick(&arena, batch, picks, 50);
    assert_int_equal(picked->row_count, 50);
    struct batch *copy = batch_copy(&other, batch);
    for (u32 row = 0; row < 50; row++) {
        assert_same_row(picked, row, batch, 99 - row);
        assert_int_equal(picked->rows[row], 1099 - row);
    }
    u64 hashes[2][100];
    batch_hash(batch, NULL, 0, 3, hashes[0]);
    arena_deinit(&arena);
    batch_hash(copy, NULL, 0, 3, hashes[1]);
    assert_memory_equal(hashes[0], hashes[1], sizeof hashes[0]);
    assert_int_equal(copy->rows[99], 1099);
    arena_deinit(&other);
    mem_deinit(&mem);
}
