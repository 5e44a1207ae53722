/* What a row costs in and out: decoding of four narrow columns, writing of integers and text; CPU time. */
#include <stdio.h>

#include "codec/codec.h"
#include "os/clock.h"

#define ROW_COUNT   400000u
#define ROUND_COUNT 5

static struct schema_column columns[] = { { .name = "id", .type = { .id = TYPE_INT8 } },
                                          { .name = "grp", .type = { .id = TYPE_INT4 } },
                                          { .name = "name", .type = { .id = TYPE_TEXT } },
                                          { .name = "price", .type = { .id = TYPE_INT8 } } };
static const struct schema schema = { .column_count = 4, .columns = columns };
static const char *const names[] = { "id", "grp", "name", "price" };

static struct batch *make_batch(struct arena *arena, u32 first)
{
    struct batch *batch = batch_make_for(arena, &schema, BATCH_ROW_COUNT_MAX);
    for (u32 row = 0; row < BATCH_ROW_COUNT_MAX; row++) {
        char *name = arena_format(arena, "name %u", (first + row) % 1000);
        ((i64 *)batch->columns[0].data)[row] = first + row;
        ((i64 *)batch->columns[1].data)[row] = (first + row) % 97;
        ((struct str *)batch->columns[2].data)[row] = str_make(name, strlen(name));
        ((i64 *)batch->columns[3].data)[row] = (first + row) * 31;
        batch->weights[row] = 1;
    }
    batch->row_count = BATCH_ROW_COUNT_MAX;
    return batch;
}

static i64 bench_write(const struct codec *codec, struct mem *mem, struct buf *out)
{
    struct arena arena;
    arena_init(&arena, mem);
    i64 spent_us = 0;
    buf_clear(out);
    codec->write_begin(out, names, 4);
    for (u32 row = 0; row < ROW_COUNT; row += BATCH_ROW_COUNT_MAX) {
        struct batch *batch = make_batch(&arena, row);
        i64 start_us = clock_cpu_thread();
        codec->write_rows(out, names, batch->columns, 4, NULL, batch->row_count, row == 0);
        spent_us += clock_cpu_thread() - start_us;
        arena_reset(&arena);
    }
    codec->write_end(out);
    arena_deinit(&arena);
    return spent_us;
}

static i64 bench_decode(const struct codec *codec, struct mem *mem, struct slice body)
{
    struct arena arena;
    struct err err;
    struct batch *batch;
    arena_init(&arena, mem);
    struct decoder *decoder =
        codec->decoder_open(&(struct decode_options){ .schema = &schema,
                                                      .mem = mem,
                                                      .relation = "t",
                                                      .record_size_max = 65536,
                                                      .body_size_max = GIB(1) });
    i64 start_us = clock_cpu_thread();
    for (size_t at = 0; at < body.size;) {
        size_t size = codec->streams ? MIN(body.size - at, (size_t)KIB(64)) : body.size - at;
        codec->feed(decoder, slice_make(body.data + at, size), at + size == body.size);
        at += size;
        while (codec->next(decoder, &arena, BATCH_ROW_COUNT_MAX, &batch, &err) == DECODE_ROWS)
            arena_reset(&arena);
    }
    i64 spent_us = clock_cpu_thread() - start_us;
    codec->decoder_close(decoder);
    arena_deinit(&arena);
    return spent_us;
}

int main(void)
{
    struct mem mem;
    struct buf body;
    mem_init(&mem, "bench", NULL, 0);
    buf_init(&body, &mem);
    const struct codec *codec;
    for (u32 index = 0; (codec = codec_at(index)) && codec != &codec_text; index++) {
        i64 write_us = INT64_MAX, decode_us = INT64_MAX;
        for (u32 round = 0; round < ROUND_COUNT; round++) {
            i64 spent_us = bench_write(codec, &mem, &body);
            write_us = MIN(write_us, spent_us);
            spent_us = bench_decode(codec, &mem, buf_slice(&body));
            decode_us = MIN(decode_us, spent_us);
        }
        printf("%-7s write %5.0f MB/s %5.1f M rows/s   decode %5.0f MB/s %5.1f M rows/s\n",
               codec->name, (f64)body.size / (f64)write_us, ROW_COUNT / (f64)write_us,
               (f64)body.size / (f64)decode_us, ROW_COUNT / (f64)decode_us);
    }
    buf_deinit(&body);
    mem_deinit(&mem);
    return 0;
}
