#include "tests/unit/codec/decoding.h"

#include "data/value.h"
#include "tests/test.h"

/* "-" for NULL, "?" for a cell that the payload does not name. */
static void note_batch(struct decoding *decoding, const struct batch *batch)
{
    for (u32 row = 0; row < batch->row_count; row++) {
        assert_int_equal(batch->weights[row], 1);
        for (u32 index = 0; index < batch->column_count; index++) {
            const struct column *column = &batch->columns[index];
            u8 cell = column->nulls ? column->nulls[row] : CELL_VALUE;
            if (index > 0) buf_putc(&decoding->text, '|');
            if (cell != CELL_VALUE) {
                buf_putc(&decoding->text, cell == CELL_NULL ? '-' : '?');
                continue;
            }
            struct value value = value_get(column, row);
            value_print(&value, &decoding->text);
        }
        buf_putc(&decoding->text, '\n');
    }
    decoding->row_count += batch->row_count;
}

static enum decode_result take_all(struct decoding *decoding, const struct codec *codec,
                                   struct decoder *decoder)
{
    struct batch *batch;
    enum decode_result result;
    while ((result = codec->next(decoder, &decoding->arena, BATCH_ROW_COUNT_MAX, &batch,
                                 &decoding->err)) == DECODE_ROWS) {
        assert_true(batch->row_count > 0 && batch->row_count <= BATCH_ROW_COUNT_MAX);
        note_batch(decoding, batch);
        arena_reset(&decoding->arena);
    }
    return result;
}

void decoding_run(struct decoding *decoding, const struct codec *codec,
                  const struct decode_options *options, struct slice body, u32 piece_max,
                  struct rand *rand)
{
    *decoding = (struct decoding){ .row_count = 0 };
    mem_init(&decoding->mem, "test", NULL, 0);
    arena_init(&decoding->arena, &decoding->mem);
    buf_init(&decoding->text, &decoding->mem);
    struct mem mem;
    mem_init(&mem, "decoder", NULL, 0);
    struct decode_options own = *options;
    own.mem = &mem;
    if (!own.relation) own.relation = "t";
    if (!own.record_size_max) own.record_size_max = MIB(1);
    if (!own.body_size_max) own.body_size_max = MIB(16);
    struct decoder *decoder = codec->decoder_open(&own);
    size_t at = 0;
    do {
        size_t size = body.size - at, wanted = piece_max ? 1 + rand_below(rand, piece_max) : size;
        size = MIN(size, wanted);
        /* A block of exactly its size, that goes: nothing may point into it. */
        char *piece = mem_alloc(&decoding->mem, size + 1);
        if (size > 0) memcpy(piece, body.data + at, size);
        at += size;
        codec->feed(decoder, slice_make(piece, size), at == body.size);
        memset(piece, '#', size + 1);
        mem_free(&decoding->mem, piece, size + 1);
        decoding->end = take_all(decoding, codec, decoder);
    } while (at < body.size && decoding->end == DECODE_MORE);
    if (decoding->end != DECODE_END && decoding->end != DECODE_BAD)
        fail_msg("%.*s ends with %d", (int)body.size, body.data, (int)decoding->end);
    decoding->peak = mem.peak;
    codec->decoder_close(decoder);
    mem_deinit(&mem);
}

void decoding_free(struct decoding *decoding)
{
    buf_deinit(&decoding->text);
    arena_deinit(&decoding->arena);
    mem_deinit(&decoding->mem);
}
