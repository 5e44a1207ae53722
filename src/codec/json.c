#include "base/assert.h"
#include "codec/cells.h"
#include "codec/json_simd.h"
#include "codec/json_write.h"

/* The most bytes of lines that are read as one piece: what is decoded ahead of the taker. */
#define PIECE_SIZE_MAX KIB(64)

struct json_decoder {
    struct decoder decoder;
    struct decode_options options;
    const struct json_simd *simd;
    struct json_reader *reader; /* from the first piece on */
    u64 reader_size;            /* bytes of it that are charged to mem */
    bool lines;
    struct buf bytes;  /* fed, not yet done with; always JSON_PADDING bytes of room behind */
    u64 offset;        /* of bytes.data[0] in the body */
    size_t piece_size; /* bytes of the piece in the reader, 0 for none */
    size_t alone_size; /* lines in this many bytes at the start are read one by one */
    struct buf alone;  /* such a line: the library looks at what stands behind it */
    size_t searched;   /* bytes at the start that hold no line's end */
    bool last;         /* the body is all here */
    bool failed;
    struct err failure;
    u64 row; /* rows given or begun */
    struct cells cells;
    struct err *err; /* of the row being read */
    i32 *expected;   /* the column of the n-th field of the row before */
    u32 expected_count;
    bool columns_wanted[]; /* by column; all true without options.columns */
};

static struct decoder *open_decoder(const struct decode_options *options, bool lines);
static enum decode_result begin_piece(struct json_decoder *json);
static enum decode_result read_rows(struct json_decoder *json);
static enum decode_result fail(struct json_decoder *json, size_t offset);
static enum decode_result fail_begin(struct json_decoder *json, const char *sqlstate,
                                     const char *message);
static void reader_close(struct json_decoder *json);
static int on_raw_key(void *context, const char *raw, u32 ordinal);
static int on_key(void *context, const char *key, size_t size);
static bool on_cell(void *context, int column, enum json_cell kind, const char *text, size_t size);

static struct decoder *json_open(const struct decode_options *options)
{
    return open_decoder(options, false);
}

static struct decoder *ndjson_open(const struct decode_options *options)
{
    return open_decoder(options, true);
}

static void json_feed(struct decoder *decoder, struct slice bytes, bool last)
{
    struct json_decoder *json = container_of(decoder, struct json_decoder, decoder);
    assert(!json->last);
    assert(json->piece_size == 0 || bytes.size == 0); /* the reader points into the buffer */
    buf_reserve(&json->bytes, bytes.size + JSON_PADDING);
    buf_append(&json->bytes, bytes.data, bytes.size);
    json->last = last;
}

static enum decode_result json_next_rows(struct decoder *decoder, struct arena *arena,
                                         u32 row_count_max, struct batch **out, struct err *err)
{
    struct json_decoder *json = container_of(decoder, struct json_decoder, decoder);
    *out = NULL;
    if (json->piece_size == 0 && !json->failed) {
        enum decode_result begun = begin_piece(json);
        if (begun != DECODE_ROWS && begun != DECODE_BAD) return begun;
    }
    enum decode_result result = DECODE_BAD;
    if (!json->failed) {
        size_t held = json->bytes.size;
        u32 capacity = (u32)MIN((u64)row_count_max, held / 8 + 1);
        cells_begin(&json->cells, &json->options, arena, capacity);
        result = read_rows(json);
        *out = cells_take(&json->cells, decoder);
        if (*out) return DECODE_ROWS;
    }
    if (json->failed) {
        *err = json->failure;
        return DECODE_BAD;
    }
    return result;
}

static void json_close(struct decoder *decoder)
{
    struct json_decoder *json = container_of(decoder, struct json_decoder, decoder);
    struct mem *mem = json->options.mem;
    u32 column_count = json->options.schema->column_count;
    reader_close(json);
    buf_deinit(&json->bytes);
    buf_deinit(&json->alone);
    mem_free(mem, json->expected, column_count * sizeof *json->expected);
    mem_free(mem, json, sizeof *json + column_count);
}

static size_t json_held(const struct decoder *decoder)
{
    const struct json_decoder *json =
        container_of((struct decoder *)(uintptr_t)decoder, struct json_decoder, decoder);
    return json->bytes.size;
}

const struct codec codec_json = {
    .name = "json",
    .media_type = "application/json",
    .streams = false,
    .decoder_open = json_open,
    .feed = json_feed,
    .next = json_next_rows,
    .decoder_close = json_close,
    .held = json_held,
    .write_begin = json_write_begin,
    .write_rows = json_write_rows,
    .write_end = json_write_end,
};

const struct codec codec_ndjson = {
    .name = "ndjson",
    .media_type = "application/x-ndjson",
    .streams = true,
    .decoder_open = ndjson_open,
    .feed = json_feed,
    .next = json_next_rows,
    .decoder_close = json_close,
    .held = json_held,
    .write_begin = json_write_nothing_begin,
    .write_rows = json_write_lines,
    .write_end = json_write_nothing_end,
};

static struct decoder *open_decoder(const struct decode_options *options, bool lines)
{
    u32 column_count = options->schema->column_count;
    struct json_decoder *json = mem_zalloc(options->mem, sizeof *json + column_count);
    json->decoder.codec = lines ? &codec_ndjson : &codec_json;
    json->options = *options;
    json->lines = lines;
#ifdef __x86_64__
    bool avx2 = __builtin_cpu_supports("avx2");
#else
    bool avx2 = false;
#endif
    json->simd = avx2 ? &json_simd_avx2 : &json_simd_plain;
    json->expected = mem_alloc(options->mem, column_count * sizeof *json->expected);
    buf_init(&json->bytes, options->mem);
    buf_init(&json->alone, options->mem);
    for (u32 column = 0; column < column_count; column++)
        json->columns_wanted[column] = !options->columns;
    for (u32 index = 0; options->columns && index < options->column_count; index++)
        json->columns_wanted[options->columns[index]] = true;
    return &json->decoder;
}

static enum decode_result fail_begin(struct json_decoder *json, const char *sqlstate,
                                     const char *message)
{
    json->row++;
    err_set(&json->failure, sqlstate, "%s", message);
    return fail(json, 0);
}

/* The reader's memory is a library's: it counts as ours. */
static void reader_charge(struct json_decoder *json)
{
    u64 size = json->reader ? json->simd->size(json->reader) : 0;
    mem_discharge(json->options.mem, json->reader_size);
    mem_charge(json->options.mem, size);
    json->reader_size = size;
}

static void reader_close(struct json_decoder *json)
{
    if (json->reader) json->simd->close(json->reader);
    json->reader = NULL;
    reader_charge(json);
}

/* The bytes of the line at the start, with its end; 0 when that is not here yet. */
static size_t first_line(struct json_decoder *json, size_t start)
{
    size_t from = MAX(start, json->searched), rest = json->bytes.size - from;
    const char *data = json->bytes.data;
    const char *end = rest ? memchr(data + from, '\n', rest) : NULL;
    if (end) return (size_t)(end - data) + 1 - start;
    if (start == 0) json->searched = json->bytes.size;
    return json->last ? json->bytes.size - start : 0;
}

/* The bytes of whole lines at the start of the buffer, none of them too long; 0: there is none. */
static size_t whole_lines(struct json_decoder *json)
{
    size_t size = 0, line;
    while (size < PIECE_SIZE_MAX && (line = first_line(json, size)) > 0) {
        if (line > json->options.record_size_max) break;
        size += line;
        if (json->alone_size > 0) break;
    }
    return size;
}

static bool is_blank(const struct json_decoder *json, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        char c = json->bytes.data[at];
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return false;
    }
    return true;
}

static void drop_piece(struct json_decoder *json, size_t size)
{
    json->offset += size;
    buf_consume(&json->bytes, size);
    json->piece_size = 0;
    json->alone_size -= MIN(json->alone_size, size);
    json->searched -= MIN(json->searched, size);
}

/* No piece can begin. */
static enum decode_result without_piece(struct json_decoder *json)
{
    if (json->lines && json->bytes.size > 0 &&
        (first_line(json, 0) > 0 || json->bytes.size > json->options.record_size_max))
        return fail_begin(json, "54000", "a line is too long");
    if (!json->last) return DECODE_MORE;
    if (!json->lines && json->offset == 0)
        return fail_begin(json, "22P02", "the body is empty: a JSON object or array is needed");
    return DECODE_END;
}

/* A line that is to be understood by itself, or what is wrong with it would depend on the next one. */
static const char *set_apart(struct json_decoder *json, size_t size)
{
    buf_clear(&json->alone);
    buf_append(&json->alone, json->bytes.data, size);
    memset(buf_reserve(&json->alone, JSON_PADDING), ' ', JSON_PADDING);
    return json->alone.data;
}

/* DECODE_ROWS: a piece is in the reader. */
static enum decode_result begin_piece(struct json_decoder *json)
{
    if (!json->lines && json->bytes.size > json->options.body_size_max)
        return fail_begin(json, "54000", "the JSON document is too large");
    size_t size;
    for (;;) {
        size = json->lines ? whole_lines(json) : json->last ? json->bytes.size : 0;
        if (size == 0) return without_piece(json);
        if (!json->lines || !is_blank(json, size)) break;
        drop_piece(json, size);
    }
    if (!json->reader) json->reader = json->simd->open();
    /* What follows must be readable; lines behind the piece are not seen as part of it. */
    memset(buf_reserve(&json->bytes, JSON_PADDING), ' ', JSON_PADDING);
    const char *text = json->alone_size > 0 ? set_apart(json, size) : json->bytes.data;
    const char *why = json->simd->begin(json->reader, text, size, json->lines);
    reader_charge(json);
    json->piece_size = size;
    if (!why) return DECODE_ROWS;
    if (json->lines && json->alone_size == 0) {
        json->alone_size = size; /* one of them spoils the others: find out which */
        json->piece_size = 0;
        return begin_piece(json);
    }
    fail_begin(json, "22P02", "invalid input syntax for type json");
    err_detail(&json->failure, "%s", why);
    return DECODE_BAD;
}

static enum decode_result fail(struct json_decoder *json, size_t offset)
{
    json->failed = true;
    json->failure.row = (i64)json->row;
    json->failure.byte = (i64)(json->offset + offset);
    return DECODE_BAD;
}

static enum decode_result read_rows(struct json_decoder *json)
{
    const struct json_sink sink = {
        .context = json, .on_raw_key = on_raw_key, .on_key = on_key, .on_cell = on_cell
    };
    json->err = &json->failure;
    while (json->cells.batch->row_count < json->cells.capacity) {
        size_t offset = 0;
        const char *why = NULL;
        enum json_next next = json->simd->next(json->reader, &sink, &offset, &why);
        if (next == JSON_NEXT_END) {
            drop_piece(json, json->piece_size);
            enum decode_result begun = begin_piece(json);
            if (begun != DECODE_ROWS) return begun;
            continue;
        }
        if (next != JSON_NEXT_ROW && json->lines && json->alone_size == 0) {
            /* It may be another line's fault: from this one on they are read one by one. */
            size_t left = json->piece_size - offset;
            cells_drop_row(&json->cells);
            drop_piece(json, offset);
            json->alone_size = left;
            enum decode_result begun = begin_piece(json);
            if (begun != DECODE_ROWS) return begun;
            continue;
        }
        json->row++;
        if (next == JSON_NEXT_ROW) {
            cells_end_row(&json->cells, json->offset + offset);
            continue;
        }
        cells_drop_row(&json->cells);
        if (next == JSON_NEXT_BAD) {
            err_set(&json->failure, "22P02", "invalid input syntax for type json");
            err_detail(&json->failure, "%s", why);
            if (json->lines)
                err_hint(&json->failure, "curl keeps line ends only with --data-binary.");
        }
        return fail(json, offset);
    }
    return DECODE_ROWS;
}

static int on_raw_key(void *context, const char *raw, u32 ordinal)
{
    struct json_decoder *json = context;
    if (ordinal >= json->expected_count) return JSON_KEY_UNKNOWN;
    i32 column = json->expected[ordinal];
    const char *name = json->options.schema->columns[column].name;
    while (*name && *name == *raw && *raw != '\\') {
        name++;
        raw++;
    }
    if (*name || *raw != '"') return JSON_KEY_UNKNOWN;
    return json->columns_wanted[column] ? column : JSON_KEY_SKIP;
}

static int on_key(void *context, const char *key, size_t size)
{
    struct json_decoder *json = context;
    const struct schema *schema = json->options.schema;
    i32 column = schema_find(schema, slice_make(key, size));
    if (column >= 0) {
        bool known = false;
        for (u32 index = 0; index < json->expected_count; index++)
            known |= json->expected[index] == column;
        if (!known) json->expected[json->expected_count++] = column;
        return json->columns_wanted[column] ? column : JSON_KEY_SKIP;
    }
    if (json->options.columns) return JSON_KEY_SKIP;
    schema_unknown(schema, slice_make(key, size), json->options.relation, json->err);
    return JSON_KEY_STOP;
}

static bool on_cell(void *context, int column, enum json_cell kind, const char *text, size_t size)
{
    struct json_decoder *json = context;
    if (kind == JSON_CELL_NULL) {
        cells_put_null(&json->cells, (u32)column);
        return true;
    }
    if (kind == JSON_CELL_STRING && memchr(text, 0, size)) {
        err_set(json->err, "22P05", "unsupported Unicode escape sequence");
        err_detail(json->err, "\\u0000 cannot be converted to text.");
        return false;
    }
    return !cells_put_text(&json->cells, (u32)column, slice_make(text, size), json->err);
}
