#include "base/assert.h"
#include "codec/cells.h"
#include "codec/lines.h"
#include "data/value.h"

#define CSV_IGNORED (-1)

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

enum scan_state { SCAN_START, SCAN_PLAIN, SCAN_QUOTED, SCAN_CLOSED, SCAN_CR, SCAN_DONE };

/* A record that was begun to be read and is not all here is only looked through, each byte once, until it can be
 * read to its end: so a body that comes byte by byte costs no more. */
struct scan {
    bool is_on;
    enum scan_state state; /* behind the bytes before at */
    size_t at;             /* in the rest */
};

struct csv_decoder {
    struct decoder decoder;
    struct decode_options options;
    struct lines lines;
    struct cells cells;
    bool has_header;
    u32 field_count;
    i32 *fields; /* field to column, or CSV_IGNORED */
    u32 field_capacity;
    struct buf unquoted;
    bool failed;
    struct err failure;
    u64 row; /* rows given */
    struct scan scan;
    bool is_window_last; /* nothing stands behind what is looked at */
};

enum field_end { FIELD_NEXT, FIELD_LAST, FIELD_MORE, FIELD_BAD };

struct field {
    struct slice text;
    bool quoted;
};

static bool scan_on(struct csv_decoder *csv);
static enum decode_result read_header(struct csv_decoder *csv);
static enum decode_result read_rows(struct csv_decoder *csv);
static enum decode_result fail(struct csv_decoder *csv);
static enum field_end read_field(struct csv_decoder *csv, struct slice window, size_t *at,
                                 struct field *field);

static struct decoder *csv_open(const struct decode_options *options)
{
    struct csv_decoder *csv = mem_zalloc(options->mem, sizeof *csv);
    csv->decoder.codec = &codec_csv;
    csv->options = *options;
    lines_init(&csv->lines, options->mem);
    buf_init(&csv->unquoted, options->mem);
    return &csv->decoder;
}

static void csv_feed(struct decoder *decoder, struct slice bytes, bool last)
{
    lines_feed(&container_of(decoder, struct csv_decoder, decoder)->lines, bytes, last);
}

static enum decode_result csv_next(struct decoder *decoder, struct arena *arena, u32 row_count_max,
                                   struct batch **out, struct err *err)
{
    struct csv_decoder *csv = container_of(decoder, struct csv_decoder, decoder);
    *out = NULL;
    enum decode_result result = DECODE_BAD;
    if (csv->scan.is_on && !scan_on(csv)) return DECODE_MORE;
    if (!csv->failed && !csv->has_header) {
        result = read_header(csv);
        if (result != DECODE_ROWS && result != DECODE_BAD) return result;
    }
    if (!csv->failed) {
        size_t rest = lines_rest(&csv->lines).size;
        cells_begin(&csv->cells, &csv->options, arena, (u32)MIN((u64)row_count_max, rest + 1));
        result = read_rows(csv);
        *out = cells_take(&csv->cells, decoder);
        if (*out) return DECODE_ROWS;
    }
    if (csv->failed) {
        *err = csv->failure;
        return DECODE_BAD;
    }
    return result;
}

static void csv_close(struct decoder *decoder)
{
    struct csv_decoder *csv = container_of(decoder, struct csv_decoder, decoder);
    struct mem *mem = csv->options.mem;
    lines_deinit(&csv->lines);
    buf_deinit(&csv->unquoted);
    mem_free(mem, csv->fields, csv->field_capacity * sizeof *csv->fields);
    mem_free(mem, csv, sizeof *csv);
}

static size_t csv_held(const struct decoder *decoder)
{
    const struct csv_decoder *csv =
        container_of((struct decoder *)(uintptr_t)decoder, struct csv_decoder, decoder);
    return lines_rest(&csv->lines).size;
}

/* RFC 4180: quoted when it holds a comma, a quote or a line break; an empty string is quoted, a NULL is not, as
 * PostgreSQL's COPY has it. */
static void write_cell(struct buf *out, struct slice text)
{
    bool plain = text.size > 0;
    for (size_t at = 0; plain && at < text.size; at++)
        plain = !strchr(",\"\r\n", text.data[at]);
    if (plain) {
        buf_append(out, text.data, text.size);
        return;
    }
    buf_putc(out, '"');
    for (size_t at = 0; at < text.size; at++) {
        if (text.data[at] == '"') buf_putc(out, '"');
        buf_putc(out, text.data[at]);
    }
    buf_putc(out, '"');
}

static void csv_write_begin(struct buf *out, const char *const *names, u32 column_count)
{
    for (u32 index = 0; index < column_count; index++) {
        if (index > 0) buf_putc(out, ',');
        write_cell(out, slice_of(names[index]));
    }
    buf_putc(out, '\n');
}

static void csv_write_rows(struct buf *out, const char *const *names, const struct column *columns,
                           u32 column_count, const u32 *picks, u32 pick_count, bool first)
{
    (void)names, (void)first;
    struct buf text;
    buf_init(&text, out->mem);
    for (u32 index = 0; index < pick_count; index++) {
        u32 row = picks ? picks[index] : index;
        for (u32 column = 0; column < column_count; column++) {
            if (column > 0) buf_putc(out, ',');
            if (column_is_null(&columns[column], row)) continue;
            struct value value = value_get(&columns[column], row);
            buf_clear(&text);
            value_print(&value, &text);
            write_cell(out, buf_slice(&text));
        }
        buf_putc(out, '\n');
    }
    buf_deinit(&text);
}

static void csv_write_end(struct buf *out)
{
    (void)out;
}

const struct codec codec_csv = {
    .name = "csv",
    .media_type = "text/csv",
    .streams = true,
    .decoder_open = csv_open,
    .feed = csv_feed,
    .next = csv_next,
    .decoder_close = csv_close,
    .held = csv_held,
    .write_begin = csv_write_begin,
    .write_rows = csv_write_rows,
    .write_end = csv_write_end,
};

static enum decode_result fail(struct csv_decoder *csv)
{
    csv->failed = true;
    csv->failure.row = (i64)csv->row + 1; /* what is wrong in the header is so for the first row */
    csv->failure.byte = (i64)lines_offset(&csv->lines);
    return DECODE_BAD;
}

/* What may be read of a record: no more than it may be long, so that being too long is found where anything else that
 * is wrong with it is found, at a byte. */
static struct slice open_window(struct csv_decoder *csv, struct slice rest)
{
    size_t size = MIN(rest.size, csv->options.record_size_max);
    csv->is_window_last = csv->lines.last && size == rest.size;
    return slice_make(rest.data, size);
}

static enum scan_state scan_byte(enum scan_state state, char c)
{
    if (state == SCAN_QUOTED) return c == '"' ? SCAN_CLOSED : SCAN_QUOTED;
    if (state == SCAN_CR || c == '\n') return SCAN_DONE;
    if (c == ',') return SCAN_START;
    if (c == '\r') return SCAN_CR;
    if (c == '"') return state == SCAN_PLAIN ? SCAN_DONE : SCAN_QUOTED;
    return state == SCAN_CLOSED ? SCAN_DONE : SCAN_PLAIN;
}

/* True: the record can be read to its end or to what is wrong with it. */
static bool scan_on(struct csv_decoder *csv)
{
    struct slice window = open_window(csv, lines_rest(&csv->lines));
    struct scan *scan = &csv->scan;
    for (; scan->at < window.size && scan->state != SCAN_DONE; scan->at++) {
        char c = window.data[scan->at];
        if (!csv->has_header && scan->at < 3 && c == BYTE_ORDER_MARK[scan->at]) continue;
        scan->state = scan_byte(scan->state, c);
    }
    scan->is_on = scan->state != SCAN_DONE && !csv->lines.last &&
                  lines_rest(&csv->lines).size <= csv->options.record_size_max;
    return !scan->is_on;
}

/* The record does not end in the window. */
static enum decode_result need_more(struct csv_decoder *csv)
{
    if (lines_rest(&csv->lines).size <= csv->options.record_size_max) {
        csv->scan = (struct scan){ .is_on = true };
        return DECODE_MORE;
    }
    err_set(&csv->failure, "54000", "a line is too long");
    return fail(csv);
}

static enum decode_result fail_field(struct csv_decoder *csv)
{
    err_set(&csv->failure, "22P04", "unterminated or misplaced quote in CSV");
    return fail(csv);
}

static bool column_wanted(const struct csv_decoder *csv, u32 column)
{
    if (!csv->options.columns) return true;
    for (u32 index = 0; index < csv->options.column_count; index++)
        if (csv->options.columns[index] == column) return true;
    return false;
}

static enum status add_field(struct csv_decoder *csv, struct slice name)
{
    if (csv->field_count == csv->field_capacity) {
        u32 wanted = MAX(csv->field_capacity * 2, 16u);
        csv->fields =
            mem_realloc(csv->options.mem, csv->fields, csv->field_capacity * sizeof *csv->fields,
                        wanted * sizeof *csv->fields);
        csv->field_capacity = wanted;
    }
    i32 column = schema_find(csv->options.schema, name);
    if (column < 0 && !csv->options.columns) {
        schema_unknown(csv->options.schema, name, csv->options.relation, &csv->failure);
        if (csv->failure.hint[0]) return FAIL;
        return err_hint(&csv->failure, "The first line of a CSV body names the columns. "
                                       "curl keeps line ends with --data-binary.");
    }
    bool wanted = column >= 0 && column_wanted(csv, (u32)column);
    for (u32 index = 0; wanted && index < csv->field_count; index++)
        if (csv->fields[index] == column)
            return err_set(&csv->failure, "42701", "column \"%s\" specified more than once",
                           csv->options.schema->columns[column].name);
    csv->fields[csv->field_count++] = wanted ? column : CSV_IGNORED;
    return OK;
}

static enum decode_result read_header(struct csv_decoder *csv)
{
    struct slice rest = lines_rest(&csv->lines);
    if (rest.size == 0) return csv->lines.last ? DECODE_END : DECODE_MORE;
    csv->field_count = 0;
    struct slice window = open_window(csv, rest);
    size_t at = 0;
    if (window.size >= 3 && memcmp(window.data, BYTE_ORDER_MARK, 3) == 0) at = 3;
    for (;;) {
        struct field field;
        enum field_end end = read_field(csv, window, &at, &field);
        if (end == FIELD_MORE) return need_more(csv);
        if (end == FIELD_BAD) return fail_field(csv);
        if (add_field(csv, field.text)) return fail(csv);
        if (end == FIELD_LAST) break;
    }
    lines_take(&csv->lines, at);
    csv->has_header = true;
    return DECODE_ROWS;
}

/* One record into the row that is being made. */
static enum decode_result read_record(struct csv_decoder *csv, struct slice window, size_t *at)
{
    for (u32 index = 0;; index++) {
        struct field field;
        enum field_end end = read_field(csv, window, at, &field);
        if (end == FIELD_MORE) return need_more(csv);
        if (end == FIELD_BAD) return fail_field(csv);
        if (index >= csv->field_count || (end == FIELD_LAST && index + 1 < csv->field_count)) {
            err_set(&csv->failure, "22P04",
                    index >= csv->field_count ? "extra data after last expected column"
                                              : "missing data for a column");
            return fail(csv);
        }
        i32 column = csv->fields[index];
        if (column != CSV_IGNORED) {
            if (field.text.size == 0 && !field.quoted)
                cells_put_null(&csv->cells, (u32)column);
            else if (cells_put_text(&csv->cells, (u32)column, field.text, &csv->failure))
                return fail(csv);
        }
        if (end == FIELD_LAST) return DECODE_ROWS;
    }
}

static bool is_blank_line(struct slice rest, size_t *size)
{
    if (rest.data[0] == '\n') return *size = 1, true;
    if (rest.size > 1 && rest.data[0] == '\r' && rest.data[1] == '\n') return *size = 2, true;
    return false;
}

static enum decode_result read_rows(struct csv_decoder *csv)
{
    while (csv->cells.batch->row_count < csv->cells.capacity) {
        struct slice rest = lines_rest(&csv->lines);
        if (rest.size == 0) return csv->lines.last ? DECODE_END : DECODE_MORE;
        size_t at = 0;
        if (csv->field_count > 1 && is_blank_line(rest, &at)) {
            lines_take(&csv->lines, at);
            continue;
        }
        struct slice window = open_window(csv, rest);
        enum decode_result result = read_record(csv, window, &at);
        if (result != DECODE_ROWS) {
            cells_drop_row(&csv->cells);
            return result;
        }
        csv->row++;
        cells_end_row(&csv->cells, lines_offset(&csv->lines));
        lines_take(&csv->lines, at);
    }
    return DECODE_ROWS;
}

/* Behind a field stands a comma, a line's end, or the end of all. Moves *at behind it. */
static enum field_end field_after(const struct csv_decoder *csv, struct slice window, size_t *at)
{
    if (*at == window.size) return csv->is_window_last ? FIELD_LAST : FIELD_MORE;
    char c = window.data[*at];
    if (c == ',' || c == '\n') {
        (*at)++;
        return c == ',' ? FIELD_NEXT : FIELD_LAST;
    }
    if (c != '\r') return FIELD_BAD;
    if (*at + 1 == window.size) return csv->is_window_last ? ((*at)++, FIELD_LAST) : FIELD_MORE;
    if (window.data[*at + 1] != '\n') return FIELD_BAD;
    *at += 2;
    return FIELD_LAST;
}

static enum field_end read_quoted(struct csv_decoder *csv, struct slice window, size_t *at,
                                  struct field *field)
{
    buf_clear(&csv->unquoted);
    field->quoted = true;
    for (;;) {
        const char *quote = memchr(window.data + *at, '"', window.size - *at);
        if (!quote) return csv->is_window_last ? FIELD_BAD : FIELD_MORE;
        size_t end = (size_t)(quote - window.data);
        buf_append(&csv->unquoted, window.data + *at, end - *at);
        *at = end + 1;
        if (*at == window.size && !csv->is_window_last) return FIELD_MORE;
        if (*at == window.size || window.data[*at] != '"') break;
        buf_putc(&csv->unquoted, '"');
        (*at)++;
    }
    field->text = csv->unquoted.size ? buf_slice(&csv->unquoted) : SLICE("");
    return field_after(csv, window, at);
}

static enum field_end read_field(struct csv_decoder *csv, struct slice window, size_t *at,
                                 struct field *field)
{
    *field = (struct field){ .quoted = false };
    if (*at < window.size && window.data[*at] == '"') {
        (*at)++;
        return read_quoted(csv, window, at, field);
    }
    size_t start = *at;
    while (*at < window.size && window.data[*at] != ',' && window.data[*at] != '\n' &&
           window.data[*at] != '\r' && window.data[*at] != '"')
        (*at)++;
    field->text = slice_make(window.data + start, *at - start);
    return field_after(csv, window, at);
}
