#include "data/row_key.h"

#include "tests/test.h"
#include "tests/unit/data/random_batch.h"

static int compare_parts(const struct batch *batch, const struct row_key_part *parts, u32 count,
                         u32 a, u32 b)
{
    for (u32 index = 0; index < count; index++) {
        const struct column *column = &batch->columns[parts[index].column];
        bool a_null = column_is_null(column, a), b_null = column_is_null(column, b);
        if (a_null && b_null) continue;
        if (a_null || b_null) return a_null == parts[index].nulls_first ? -1 : 1;
        int order = column_compare(column, a, column, b);
        if (order != 0) return parts[index].descending ? -order : order;
    }
    return 0;
}

static int sign(i64 value)
{
    return (value > 0) - (value < 0);
}

static int compare_keys(struct slice a, struct slice b)
{
    int order = memcmp(a.data, b.data, MIN(a.size, b.size));
    return order ? order : sign((i64)a.size - (i64)b.size);
}

#define ROW_COUNT 60

TEST(row_key_orders_like_the_values_in_any_direction)
{
    struct mem mem;
    struct arena arena;
    struct buf buf;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    buf_init(&buf, &mem);
    struct rand rand = { test_seed(4) };
    for (u32 round = 0; round < test_rounds(100); round++) {
        arena_reset(&arena);
        struct type types[3];
        struct row_key_part parts[3];
        for (u32 index = 0; index < 3; index++) {
            types[index] = random_type((u32)rand_below(&rand, RANDOM_TYPE_COUNT));
            parts[index] = (struct row_key_part){ .column = index,
                                                  .descending = rand_chance(&rand, 1, 2),
                                                  .nulls_first = rand_chance(&rand, 1, 2) };
        }
        types[0] = random_type(round);
        struct batch *batch = random_batch(&rand, &arena, types, 3, ROW_COUNT);
        struct slice keys[ROW_COUNT];
        u64 prefixes[ROW_COUNT];
        for (u32 row = 0; row < ROW_COUNT; row++) {
            buf_clear(&buf);
            row_key_write(batch, parts, 3, row, &buf);
            keys[row] = slice_make(arena_copy(&arena, buf.data, buf.size), buf.size);
            buf_clear(&buf);
            row_key_write(batch, parts, 1, row, &buf);
            prefixes[row] = row_key_prefix64(buf_slice(&buf));
        }
        u64 again[ROW_COUNT];
        row_key_prefixes(batch, parts, again);
        assert_memory_equal(prefixes, again, sizeof prefixes);
        for (u32 a = 0; a < ROW_COUNT; a++) {
            for (u32 b = 0; b < ROW_COUNT; b++) {
                int order = compare_parts(batch, parts, 3, a, b);
                assert_int_equal(sign(compare_keys(keys[a], keys[b])), sign(order));
                if (prefixes[a] != prefixes[b])
                    assert_int_equal(prefixes[a] < prefixes[b], order < 0);
            }
        }
    }
    buf_deinit(&buf);
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(row_key_of_a_value_is_that_of_its_row)
{
    struct mem mem;
    struct arena arena;
    struct buf a, b;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    buf_init(&a, &mem);
    buf_init(&b, &mem);
    struct rand rand = { test_seed(5) };
    for (u32 index = 0; index < RANDOM_TYPE_COUNT; index++) {
        struct type types[2] = { TYPE(BOOL), random_type(index) };
        struct batch *batch = random_batch(&rand, &arena, types, 2, 50);
        struct row_key_part part = { .column = 1, .descending = index % 2, .nulls_first = true };
        for (u32 row = 0; row < 50; row++) {
            buf_clear(&a);
            buf_clear(&b);
            row_key_write(batch, &part, 1, row, &a);
            struct value value = value_get(&batch->columns[1], row);
            row_key_write_value(&value, part.descending, part.nulls_first, &b);
            assert_true(slice_equal(buf_slice(&a), buf_slice(&b)));
        }
    }
    buf_deinit(&a);
    buf_deinit(&b);
    arena_deinit(&arena);
    mem_deinit(&mem);
}
