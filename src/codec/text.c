#include "base/assert.h"
#include "codec/cells.h"
#include "codec/lines.h"
#include "data/value.h"

/* A line is a row: it goes into the first text column, the other columns are absent. Written, the first
 * column's text is the line. */

struct text_decoder {
    struct decoder decoder;
    struct decode_options options;
    struct lines lines;
    struct cells cells;
    u32 column;
    u64 row;
    bool failed;
    struct err failure;
};

static u32 first_text_column(const struct schema *schema)
{
    for (u32 index = 0; index < schema->column_count; index++)
        if (type_is_text(schema->columns[index].type)) return index;
    return 0;
}

static struct decoder *text_open(const struct decode_options *options)
{
    struct text_decoder *text = mem_zalloc(options->mem, sizeof *text);
    text->decoder.codec = &codec_text;
    text->options = *options;
    text->column = first_text_column(options->schema);
    lines_init(&text->lines, options->mem);
    return &text->decoder;
}

static void text_feed(struct decoder *decoder, struct slice bytes, bool last)
{
    lines_feed(&container_of(decoder, struct text_decoder, decoder)->lines, bytes, last);
}

static enum decode_result fail(struct text_decoder *text)
{
    text->failed = true;
    text->failure.row = (i64)text->row + 1;
    text->failure.byte = (i64)lines_offset(&text->lines);
    return DECODE_BAD;
}

static enum decode_result read_rows(struct text_decoder *text)
{
    size_t size;
    while (text->cells.batch->row_count < text->cells.capacity) {
        bool is_whole = lines_first(&text->lines, &size);
        if (size > text->options.record_size_max) {
            err_set(&text->failure, "54000", "a line is too long");
            return fail(text);
        }
        if (!is_whole) return text->lines.last ? DECODE_END : DECODE_MORE;
        struct slice line = slice_make(lines_rest(&text->lines).data, size);
        if (line.data[line.size - 1] == '\n') line.size--;
        if (line.size > 0 && line.data[line.size - 1] == '\r') line.size--;
        if (cells_put_text(&text->cells, text->column, line, &text->failure)) {
            cells_drop_row(&text->cells);
            return fail(text);
        }
        cells_end_row(&text->cells, lines_offset(&text->lines));
        text->row++;
        lines_take(&text->lines, size);
    }
    return DECODE_ROWS;
}

static enum decode_result text_next(struct decoder *decoder, struct arena *arena, u32 row_count_max,
                                    struct batch **out, struct err *err)
{
    struct text_decoder *text = container_of(decoder, struct text_decoder, decoder);
    *out = NULL;
    enum decode_result result = DECODE_BAD;
    size_t size;
    if (!text->failed && !text->lines.last && !lines_first(&text->lines, &size) &&
        size <= text->options.record_size_max)
        return DECODE_MORE;
    if (!text->failed) {
        size_t rest = lines_rest(&text->lines).size;
        cells_begin(&text->cells, &text->options, arena, (u32)MIN((u64)row_count_max, rest + 1));
        result = read_rows(text);
        *out = cells_take(&text->cells, decoder);
        if (*out) return DECODE_ROWS;
    }
    if (text->failed) *err = text->failure;
    return text->failed ? DECODE_BAD : result;
}

static void text_close(struct decoder *decoder)
{
    struct text_decoder *text = container_of(decoder, struct text_decoder, decoder);
    lines_deinit(&text->lines);
    mem_free(text->options.mem, text, sizeof *text);
}

static size_t text_held(const struct decoder *decoder)
{
    const struct text_decoder *text =
        container_of((struct decoder *)(uintptr_t)decoder, struct text_decoder, decoder);
    return lines_rest(&text->lines).size;
}

static void text_write_begin(struct buf *out, const char *const *names, u32 column_count)
{
    (void)out, (void)names, (void)column_count;
}

static void text_write_rows(struct buf *out, const char *const *names, const struct column *columns,
                            u32 column_count, const u32 *picks, u32 pick_count, bool first)
{
    (void)names, (void)column_count, (void)first;
    for (u32 index = 0; index < pick_count; index++) {
        u32 row = picks ? picks[index] : index;
        if (!column_is_null(&columns[0], row)) {
            struct value value = value_get(&columns[0], row);
            value_print(&value, out);
        }
        buf_putc(out, '\n');
    }
}

static void text_write_end(struct buf *out)
{
    (void)out;
}

const struct codec codec_text = {
    .name = "text",
    .media_type = "text/plain",
    .streams = true,
    .decoder_open = text_open,
    .feed = text_feed,
    .next = text_next,
    .decoder_close = text_close,
    .held = text_held,
    .write_begin = text_write_begin,
    .write_rows = text_write_rows,
    .write_end = text_write_end,
};
