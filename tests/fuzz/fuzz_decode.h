/* Bodies for a decoder: the same rows and the same error whether they come at once or in pieces. */
#pragma once

#include "codec/codec.h"
#include "data/value.h"
#include "tests/fuzz/fuzz.h"

struct fuzz_decoded {
    struct buf text;
    enum decode_result end;
    struct err err;
};

static void fuzz_note(struct buf *out, const struct batch *batch, const u64 *offsets)
{
    assert(batch->row_count > 0 && batch->row_count <= BATCH_ROW_COUNT_MAX);
    for (u32 row = 0; row < batch->row_count; row++) {
        for (u32 index = 0; index < batch->column_count; index++) {
            const struct column *column = &batch->columns[index];
            u8 cell = column->nulls ? column->nulls[row] : CELL_VALUE;
            buf_putc(out, (char)('0' + cell));
            if (cell != CELL_VALUE) continue;
            struct value value = value_get(column, row);
            value_print(&value, out);
        }
        buf_format(out, "@%llu\n", (unsigned long long)offsets[row]);
    }
}

/* piece 0: at once. */
static void fuzz_decode(const struct codec *codec, struct mem *mem, const char *data, size_t size,
                        size_t piece, struct fuzz_decoded *decoded)
{
    static struct schema_column columns[] = {
        { .name = "a", .type = { .id = TYPE_INT4 } },
        { .name = "b", .type = { .id = TYPE_TEXT } },
        { .name = "c", .type = { .id = TYPE_NUMERIC } },
        { .name = "d", .type = { .id = TYPE_TIMESTAMPTZ } },
    };
    static const struct schema schema = { .column_count = 4, .columns = columns };
    struct decoder *decoder = codec->decoder_open(&(struct decode_options){
        .schema = &schema,
        .mem = mem,
        .relation = "t",
        .record_size_max = 200,
        .body_size_max = 100000,
    });
    struct arena arena;
    arena_init(&arena, mem);
    buf_init(&decoded->text, mem);
    size_t at = 0;
    do {
        size_t taken = piece > 0 && piece < size - at ? piece : size - at;
        codec->feed(decoder, slice_make(data + at, taken), at + taken == size);
        at += taken;
        struct batch *batch;
        while ((decoded->end = codec->next(decoder, &arena, BATCH_ROW_COUNT_MAX, &batch,
                                           &decoded->err)) == DECODE_ROWS) {
            fuzz_note(&decoded->text, batch, decoder->row_offsets);
            arena_reset(&arena);
        }
    } while (decoded->end == DECODE_MORE && at < size);
    assert(decoded->end == DECODE_END || decoded->end == DECODE_BAD);
    codec->decoder_close(decoder);
    arena_deinit(&arena);
}

static int fuzz_codec(const struct codec *codec, const u8 *data, size_t size)
{
    struct mem mem;
    struct fuzz_decoded whole, split;
    mem_init(&mem, "fuzz", NULL, 0);
    size_t piece = 1 + fuzz_take_byte(&data, &size) % 16;
    fuzz_decode(codec, &mem, (const char *)data, size, 0, &whole);
    fuzz_decode(codec, &mem, (const char *)data, size, piece, &split);
    assert(whole.end == split.end);
    assert(slice_equal(buf_slice(&whole.text), buf_slice(&split.text)));
    if (whole.end == DECODE_BAD) {
        assert(whole.err.sqlstate[0] && whole.err.message[0] && whole.err.row > 0);
        assert(strcmp(whole.err.sqlstate, split.err.sqlstate) == 0);
        assert(strcmp(whole.err.message, split.err.message) == 0);
        assert(strcmp(whole.err.detail, split.err.detail) == 0);
        assert(whole.err.row == split.err.row && whole.err.byte == split.err.byte);
        assert(whole.err.byte >= 0 && (size_t)whole.err.byte <= size);
    }
    buf_deinit(&whole.text);
    buf_deinit(&split.text);
    mem_deinit(&mem);
    return 0;
}
