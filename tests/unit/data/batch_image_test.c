#include "data/batch_image.h"

#include "data/decimal.h"
#include "tests/test.h"
#include "tests/unit/data/random_batch.h"

struct fixture {
    struct mem mem;
    struct arena arena;
    struct buf buf;
    struct rand rand;
    struct type types[RANDOM_TYPE_COUNT];
};

static void setup(struct fixture *fixture)
{
    mem_init(&fixture->mem, "test", NULL, 0);
    arena_init(&fixture->arena, &fixture->mem);
    buf_init(&fixture->buf, &fixture->mem);
    fixture->rand.state = test_seed(3);
    for (u32 index = 0; index < RANDOM_TYPE_COUNT; index++)
        fixture->types[index] = random_type(index);
}

static void teardown(struct fixture *fixture)
{
    buf_deinit(&fixture->buf);
    arena_deinit(&fixture->arena);
    mem_deinit(&fixture->mem);
}

TEST(batch_image_reads_back_what_was_written)
{
    struct fixture f;
    struct err err;
    setup(&f);
    const u32 counts[] = { 0, 1, 7, 8, 9, 511, 512 };
    for (u32 index = 0; index < countof(counts); index++) {
        struct batch *batch =
            random_batch(&f.rand, &f.arena, f.types, RANDOM_TYPE_COUNT, counts[index]);
        batch->consolidated = index % 2;
        buf_clear(&f.buf);
        buf_puts(&f.buf, "before");
        batch_image_write(batch, &f.buf);
        size_t end = f.buf.size - 6;
        buf_puts(&f.buf, "behind");
        struct batch *back;
        size_t size;
        struct slice bytes = slice_make(f.buf.data + 6, f.buf.size - 6);
        assert_ok(batch_image_read(bytes, f.types, RANDOM_TYPE_COUNT, &f.arena, &back, &size, &err),
                  &err);
        assert_int_equal(size, end);
        assert_int_equal(back->row_count, batch->row_count);
        assert_int_equal(back->consolidated, batch->consolidated);
        for (u32 row = 0; row < batch->row_count; row++) {
            assert_int_equal(batch->weights[row], back->weights[row]);
            for (u32 column = 0; column < RANDOM_TYPE_COUNT; column++)
                assert_true(
                    column_identical(&batch->columns[column], row, &back->columns[column], row));
        }
    }
    teardown(&f);
}

TEST(batch_image_of_damaged_bytes_is_an_error_or_a_valid_batch)
{
    struct fixture f;
    setup(&f);
    struct batch *batch = random_batch(&f.rand, &f.arena, f.types, RANDOM_TYPE_COUNT, 20);
    batch_image_write(batch, &f.buf);
    for (u32 round = 0; round < test_rounds(20000); round++) {
        struct arena_mark mark = arena_mark(&f.arena);
        size_t kept = rand_chance(&f.rand, 1, 2) ? f.buf.size : rand_below(&f.rand, f.buf.size);
        char *bytes = arena_copy(&f.arena, f.buf.data, kept);
        for (u32 flip = 0; kept > 0 && flip < 1 + round % 3; flip++)
            bytes[rand_below(&f.rand, kept)] = (char)rand_next(&f.rand);
        struct batch *back;
        size_t size;
        if (!batch_image_read(slice_make(bytes, kept), f.types, RANDOM_TYPE_COUNT, &f.arena, &back,
                              &size, NULL)) {
            u64 hashes[BATCH_ROW_COUNT_MAX];
            batch_hash(back, NULL, 0, 1, hashes);
        }
        arena_rewind(&f.arena, mark);
    }
    teardown(&f);
}

TEST(batch_image_refuses_other_types_than_asked_for)
{
    struct fixture f;
    setup(&f);
    struct batch *batch = random_batch(&f.rand, &f.arena, f.types, 8, 4);
    batch_image_write(batch, &f.buf);
    struct batch *back;
    size_t size;
    struct type types[8];
    memcpy(types, f.types, sizeof types);
    types[7].scale = 3; /* numeric(10,2) as numeric(10,3) would be ten times too small */
    struct err err;
    assert_int_equal(batch_image_read(buf_slice(&f.buf), types, 8, &f.arena, &back, &size, &err),
                     FAIL);
    assert_string_equal(err.sqlstate, "XX001");
    teardown(&f);
}
