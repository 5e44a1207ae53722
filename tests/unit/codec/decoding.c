#include "tests/unit/codec/decoding.h"

#include "data/value.h"
#include "tests/test.h"

/* "-" for NULL, "?" for a cell that the payload does not name. */
static void note_batch(struct decoding *decoding, const struct batch *batch)
{
    for (u32 row = 0; row < batch->row_count; row++) {
        assert_int_equal(batch->weights[row], 1);
        buf_format(&decoding->offsets, "%llu ",
                   (unsigned long long)decoding->decoder->row_offsets[row]);
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

void decoding_open(struct decoding *decoding, const struct codec *codec,
                   const struct decode_options *options)
{
    *decoding = (struct decoding){ .row_count = 0 };
    mem_init(&decoding->mem, "test", NULL, 0);
    mem_init(&decoding->own, "decoder", NULL, 0);
    arena_init(&decoding->arena, &decoding->mem);
    buf_init(&decoding->text, &decoding->mem);
    buf_init(&decoding->offsets, &decoding->mem);
    struct decode_options own = *options;
    own.mem = &decoding->own;
    if (!own.relation) own.relation = "t";
    if (!own.record_size_max) own.record_size_max = MIB(1);
    if (!own.body_size_max) own.body_size_max = MIB(16);
    decoding->decoder = codec->decoder_open(&own);
}

bool decoding_feed(struct decoding *decoding, struct slice piece, bool last)
{
    struct decoder *decoder = decoding->decoder;
    struct batch *batch;
    /* A block of exactly its size, that goes: nothing may point into it. */
    char *copy = mem_alloc(&decoding->mem, piece.size + 1);
    if (piece.size > 0) memcpy(copy, piece.data, piece.size);
    decoder->codec->feed(decoder, slice_make(copy, piece.size), last);
    memset(copy, '#', piece.size + 1);
    mem_free(&decoding->mem, copy, piece.size + 1);
    while ((decoding->end = decoder->codec->next(decoder, &decoding->arena, BATCH_ROW_COUNT_MAX,
                                                 &batch, &decoding->err)) == DECODE_ROWS) {
        assert_true(batch->row_count > 0 && batch->row_count <= BATCH_ROW_COUNT_MAX);
        note_batch(decoding, batch);
        arena_reset(&decoding->arena);
    }
    return decoding->end == DECODE_MORE;
}

void decoding_close(struct decoding *decoding)
{
    decoding->peak = decoding->own.peak;
    decoding->decoder->codec->decoder_close(decoding->decoder);
    mem_deinit(&decoding->own);
}

void decoding_free(struct decoding *decoding)
{
    buf_deinit(&decoding->text);
    buf_deinit(&decoding->offsets);
    arena_deinit(&decoding->arena);
    mem_deinit(&decoding->mem);
}

void decoding_run(struct decoding *decoding, const struct codec *codec,
                  const struct decode_options *options, struct slice body, u32 piece_max,
                  struct rand *rand)
{
    decoding_open(decoding, codec, options);
    size_t at = 0, size;
    do {
        size = piece_max ? 1 + rand_below(rand, piece_max) : body.size;
        size = MIN(size, body.size - at);
        at += size;
    } while (decoding_feed(decoding, slice_make(body.data + at - size, size), at == body.size) &&
             at < body.size);
    if (decoding->end != DECODE_END && decoding->end != DECODE_BAD)
        fail_msg("%.*s ends with %d", (int)body.size, body.data, (int)decoding->end);
    decoding_close(decoding);
}
