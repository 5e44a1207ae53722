/* What a codec writes it reads back, cell by cell, for random rows of every type, however the bytes are split. */
#include <stdio.h>

#include "tests/test.h"
#include "tests/unit/codec/decoding.h"
#include "tests/unit/data/random_batch.h"

#include "data/value.h"

#define COLUMN_COUNT 6

static struct schema_column columns[COLUMN_COUNT];
static const struct schema schema = { .column_count = COLUMN_COUNT, .columns = columns };
static const char *const names[COLUMN_COUNT] = { "a", "b\"q", "c,c", "d d", "é", "f" };

/* As decoding.c notes rows. */
static void note(struct buf *out, const struct batch *batch)
{
    for (u32 row = 0; row < batch->row_count; row++) {
        for (u32 index = 0; index < batch->column_count; index++) {
            if (index > 0) buf_putc(out, '|');
            struct value value = value_get(&batch->columns[index], row);
            if (value.null)
                buf_putc(out, '-');
            else
                value_print(&value, out);
        }
        buf_putc(out, '\n');
    }
}

static void round_trip(const struct codec *codec, struct rand *rand)
{
    struct mem mem;
    struct arena arena;
    struct buf body, wanted;
    struct type types[COLUMN_COUNT];
    struct decoding decoding;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    buf_init(&body, &mem);
    buf_init(&wanted, &mem);
    for (u32 index = 0; index < COLUMN_COUNT; index++) {
        types[index] = random_type((u32)rand_below(rand, RANDOM_TYPE_COUNT));
        columns[index] = (struct schema_column){ .name = names[index], .type = types[index] };
    }
    codec->write_begin(&body, names, COLUMN_COUNT);
    for (u32 part = 0; part < 3; part++) {
        u32 count = 1 + (u32)rand_below(rand, 40);
        struct batch *batch = random_batch(rand, &arena, types, COLUMN_COUNT, count);
        codec->write_rows(&body, names, batch->columns, COLUMN_COUNT, NULL, count, part == 0);
        note(&wanted, batch);
    }
    codec->write_end(&body);
    static const u32 pieces[] = { 0, 1, 7, 1000 };
    for (u32 index = 0; index < countof(pieces); index++) {
        decoding_run(&decoding, codec, &(struct decode_options){ .schema = &schema },
                     buf_slice(&body), pieces[index], rand);
        if (decoding.end == DECODE_BAD)
            fail_msg("%s: %s %s, row %lld", codec->name, decoding.err.message, decoding.err.detail,
                     (long long)decoding.err.row);
        if (!slice_equal(buf_slice(&decoding.text), buf_slice(&wanted)))
            fail_msg("%s came back as other rows", codec->name);
        decoding_free(&decoding);
    }
    buf_deinit(&body);
    buf_deinit(&wanted);
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(rows_come_back_as_they_were_written)
{
    static const struct codec *const codecs[] = { &codec_json, &codec_ndjson, &codec_csv };
    u64 seed = test_seed(1);
    for (u32 round = 0; round < test_rounds(60); round++) {
        struct rand rand = { .state = seed + round };
        for (u32 index = 0; index < countof(codecs); index++) {
            round_trip(codecs[index], &rand);
        }
    }
}
