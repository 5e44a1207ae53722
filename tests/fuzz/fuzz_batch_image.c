/* Images of batches: whatever is read is written back and read again as the same rows. The first byte
 * says how many columns are asked for, the next ones of what types. */
#include "data/batch_image.h"
#include "tests/fuzz/fuzz.h"

#define COLUMN_COUNT_MAX 18

static struct type make_type(u8 byte)
{
    struct type type = { .id = (u8)(TYPE_BOOL + byte % (TYPE_COUNT - TYPE_BOOL)) };
    if (type.id != TYPE_NUMERIC) return type;
    type.precision = byte & 0x80 ? 12 : byte & 0x40 ? 30 : 0;
    type.scale = type.precision ? 2 : 0;
    return type;
}

static void assert_same(const struct batch *a, const struct batch *b)
{
    assert(a->row_count == b->row_count && a->consolidated == b->consolidated);
    for (u32 row = 0; row < a->row_count; row++) {
        assert(a->weights[row] == b->weights[row]);
        for (u32 column = 0; column < a->column_count; column++)
            assert(column_identical(&a->columns[column], row, &b->columns[column], row));
    }
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct mem mem;
    struct arena arena;
    struct buf out;
    mem_init(&mem, "fuzz", NULL, 0);
    arena_init(&arena, &mem);
    buf_init(&out, &mem);
    struct type types[COLUMN_COUNT_MAX];
    u32 column_count = fuzz_take_byte(&data, &size) % (COLUMN_COUNT_MAX + 1);
    for (u32 index = 0; index < column_count; index++)
        types[index] = make_type(fuzz_take_byte(&data, &size));

    struct batch *batch, *again;
    size_t read;
    struct err err;
    struct slice bytes = slice_make((const char *)data, size);
    if (!batch_image_read(bytes, types, column_count, &arena, &batch, &read, &err)) {
        assert(read <= size);
        batch_image_write(batch, &out);
        enum status status =
            batch_image_read(buf_slice(&out), types, column_count, &arena, &again, &read, &err);
        assert(!status && read == out.size);
        assert_same(batch, again);
    }
    assert(arena.used <= 64 * size + KIB(16)); /* a small multiple of what came in */
    buf_deinit(&out);
    arena_deinit(&arena);
    mem_deinit(&mem);
    return 0;
}
