#include "codec/json_write.h"

#include "base/assert.h"
#include "base/utf8.h"
#include "data/bytea.h"
#include "data/number.h"
#include "data/value.h"

/* Where the next byte goes; the buf learns of it when it is flushed. */
struct pen {
    struct buf *out;
    char *at;
    char *end;
};

static void write_row(struct buf *out, const struct codec_json_names *names,
                      const struct column *columns, u32 row, const char *after, u32 after_size);
static void write_value(struct pen *pen, const struct column *column, u32 row);
static void write_string(struct pen *pen, struct slice text);
static void write_text(struct pen *pen, const struct column *column, u32 row);
static void write_time(struct pen *pen, const struct column *column, u32 row);
static void write_bpchar(struct pen *pen, struct type type, struct slice text);
static void write_bytea(struct pen *pen, struct slice bytes);

/* --- the codecs' rows --- */

void json_write_begin(struct buf *out, const char *const *names, u32 column_count)
{
    (void)names, (void)column_count;
    buf_putc(out, '[');
}

void json_write_rows(struct buf *out, const char *const *names, const struct column *columns,
                     u32 column_count, const u32 *picks, u32 pick_count, bool first)
{
    struct codec_json_names escaped;
    codec_json_names_init(&escaped, out->mem, names, column_count);
    for (u32 index = 0; index < pick_count; index++) {
        if (!first) buf_append(out, ",\n ", 3);
        first = false;
        write_row(out, &escaped, columns, picks ? picks[index] : index, NULL, 0);
    }
    codec_json_names_deinit(&escaped);
}

void json_write_end(struct buf *out)
{
    buf_putc(out, ']');
}

void json_write_nothing_begin(struct buf *out, const char *const *names, u32 column_count)
{
    (void)out, (void)names, (void)column_count;
}

void json_write_lines(struct buf *out, const char *const *names, const struct column *columns,
                      u32 column_count, const u32 *picks, u32 pick_count, bool first)
{
    (void)first;
    struct codec_json_names escaped;
    codec_json_names_init(&escaped, out->mem, names, column_count);
    for (u32 index = 0; index < pick_count; index++)
        write_row(out, &escaped, columns, picks ? picks[index] : index, "\n", 1);
    codec_json_names_deinit(&escaped);
}

void json_write_nothing_end(struct buf *out)
{
    (void)out;
}

/* --- objects --- */

void codec_json_names_init(struct codec_json_names *names, struct mem *mem,
                           const char *const *texts, u32 count)
{
    struct buf text;
    buf_init(&text, mem);
    *names = (struct codec_json_names){ .mem = mem, .count = count };
    names->ends = mem_alloc(mem, count * sizeof *names->ends);
    for (u32 index = 0; index < count; index++) {
        codec_json_string(&text, slice_of(texts[index]));
        buf_putc(&text, ':');
        names->ends[index] = (u32)text.size;
    }
    names->text = mem_alloc(mem, text.size);
    if (text.size > 0) memcpy(names->text, text.data, text.size);
    buf_deinit(&text);
}

void codec_json_names_deinit(struct codec_json_names *names)
{
    size_t size = names->count > 0 ? names->ends[names->count - 1] : 0;
    mem_free(names->mem, names->text, size);
    mem_free(names->mem, names->ends, names->count * sizeof *names->ends);
    *names = (struct codec_json_names){ .count = 0 };
}

void codec_json_row(struct buf *out, const struct codec_json_names *names,
                    const struct column *columns, u32 row)
{
    write_row(out, names, columns, row, NULL, 0);
}

void codec_json_object(struct buf *out, const char *const *names, const struct column *columns,
                       u32 column_count, u32 row)
{
    struct codec_json_names escaped;
    codec_json_names_init(&escaped, out->mem, names, column_count);
    write_row(out, &escaped, columns, row, NULL, 0);
    codec_json_names_deinit(&escaped);
}

static struct pen pen_of(struct buf *out)
{
    char *at = buf_reserve(out, 1); /* so that there is some */
    return (struct pen){ .out = out, .at = at, .end = out->data + out->capacity };
}

static void pen_flush(struct pen *pen)
{
    if (pen->at) pen->out->size = (size_t)(pen->at - pen->out->data);
}

static void pen_grow(struct pen *pen, size_t size)
{
    pen_flush(pen);
    pen->at = buf_reserve(pen->out, size);
    pen->end = pen->out->data + pen->out->capacity;
}

/* Room for size more bytes. */
static inline void pen_need(struct pen *pen, size_t size)
{
    if (unlikely((size_t)(pen->end - pen->at) < size)) pen_grow(pen, size);
}

static void write_row(struct buf *out, const struct codec_json_names *names,
                      const struct column *columns, u32 row, const char *after, u32 after_size)
{
    struct pen pen = pen_of(out);
    u32 start = 0;
    char mark = '{';
    for (u32 index = 0; index < names->count; index++) {
        u32 size = names->ends[index] - start;
        pen_need(&pen, size + 5);
        *pen.at++ = mark;
        memcpy(pen.at, names->text + start, size);
        pen.at += size;
        if (column_is_null(&columns[index], row)) {
            memcpy(pen.at, "null", 4);
            pen.at += 4;
        } else {
            write_value(&pen, &columns[index], row);
        }
        start = names->ends[index];
        mark = ',';
    }
    pen_need(&pen, 2 + after_size);
    if (names->count == 0) *pen.at++ = '{';
    *pen.at++ = '}';
    for (u32 index = 0; index < after_size; index++)
        *pen.at++ = after[index];
    pen_flush(&pen);
}

static void write_float(struct pen *pen, const struct column *column, u32 row)
{
    f64 value = ((const f64 *)column->data)[row];
    if (!__builtin_isfinite(value)) {
        write_text(pen, column, row);
        return;
    }
    pen->at += column->type.id == TYPE_FLOAT4 ? number_print_f32((f32)value, pen->at)
                                              : number_print_f64(value, pen->at);
}

static void write_bool(struct pen *pen, bool value)
{
    memcpy(pen->at, value ? "true " : "false", 5);
    pen->at += value ? 4 : 5;
}

static void write_value(struct pen *pen, const struct column *column, u32 row)
{
    pen_need(pen, VALUE_TEXT_MAX + 8);
    const struct str *strings = column->data;
    switch ((enum type_id)column->type.id) {
    case TYPE_BOOL: write_bool(pen, ((const u8 *)column->data)[row]); return;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8: pen->at += number_print_i64(((const i64 *)column->data)[row], pen->at); return;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8: write_float(pen, column, row); return;
    case TYPE_NUMERIC: pen->at += value_print_at(column, row, pen->at); return;
    case TYPE_TEXT:
    case TYPE_VARCHAR: write_string(pen, str_slice(&strings[row])); return;
    case TYPE_BPCHAR: write_bpchar(pen, column->type, str_slice(&strings[row])); return;
    case TYPE_BYTEA: write_bytea(pen, str_slice(&strings[row])); return;
    case TYPE_DATE:
    case TYPE_INTERVAL:
    case TYPE_UUID: write_text(pen, column, row); return;
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ: write_time(pen, column, row); return;
    case TYPE_UNKNOWN:
    case TYPE_COUNT: break;
    }
    unreachable();
}

void json_write_value(struct buf *out, const struct column *column, u32 row)
{
    struct pen pen = pen_of(out);
    write_value(&pen, column, row);
    pen_flush(&pen);
}

/* A value whose text needs no escapes, in quotes; there is room. */
static void write_text(struct pen *pen, const struct column *column, u32 row)
{
    *pen->at++ = '"';
    pen->at += value_print_at(column, row, pen->at);
    *pen->at++ = '"';
}

/* ISO 8601 has a T for the blank and minutes in the zone, which is always +00. */
static void write_time(struct pen *pen, const struct column *column, u32 row)
{
    char *start = pen->at;
    write_text(pen, column, row);
    char *blank = memchr(start, ' ', (size_t)(pen->at - start));
    if (!blank) return; /* infinity */
    *blank = 'T';
    if (column->type.id != TYPE_TIMESTAMPTZ) return;
    char *zone = memchr(blank, '+', (size_t)(pen->at - blank));
    assert(zone && memcmp(zone, "+00", 3) == 0);
    memmove(zone + 6, zone + 3, (size_t)(pen->at - zone - 3));
    memcpy(zone + 3, ":00", 3);
    pen->at += 3;
}

static void write_bpchar(struct pen *pen, struct type type, struct slice text)
{
    write_string(pen, text);
    size_t length = utf8_length(text), wanted = (size_t)type.length;
    if (length >= wanted) return;
    size_t blanks = wanted - length;
    pen_need(pen, blanks);
    pen->at--; /* the quote */
    memset(pen->at, ' ', blanks);
    pen->at += blanks;
    *pen->at++ = '"';
}

static void write_bytea(struct pen *pen, struct slice bytes)
{
    pen_need(pen, bytes.size * 2 + 5);
    memcpy(pen->at, "\"\\", 2);
    bytea_print(bytes, pen->at + 2); /* its backslash is the second one */
    pen->at += bytes.size * 2 + 4;
    *pen->at++ = '"';
}

/* --- strings --- */

#define STRING_PIECE_SIZE 64u /* that room is made for at once, at six bytes a byte */

#define ONES UINT64_C(0x0101010101010101)
#define TOPS UINT64_C(0x8080808080808080)

/* Not 0 when one of the eight bytes has to be escaped: below a blank, a quote or a backslash. */
static inline u64 has_special(u64 word)
{
    u64 quote = word ^ (ONES * '"'), backslash = word ^ (ONES * '\\');
    u64 below = (word - ONES * 0x20) & ~word;
    return (below | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)) & TOPS;
}

static inline bool is_special(u8 byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

/* At most six bytes. */
static char *write_escape(char *at, u8 byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
    };
    *at++ = '\\';
    char letter = byte < 0x20 ? letters[byte] : (char)byte;
    if (letter) {
        *at++ = letter;
        return at;
    }
    memcpy(at, "u00", 3);
    at[3] = hex[byte >> 4];
    at[4] = hex[byte & 15];
    return at + 5;
}

static void write_piece(struct pen *pen, const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        u64 word;
        if (size - at >= 8) {
            memcpy(&word, text + at, 8);
            if (likely(!has_special(word))) {
                memcpy(pen->at, &word, 8);
                pen->at += 8;
                at += 8;
                continue;
            }
        }
        size_t end = MIN(at + 8, size);
        for (; at < end; at++) {
            u8 byte = (u8)text[at];
            if (likely(!is_special(byte)))
                *pen->at++ = (char)byte;
            else
                pen->at = write_escape(pen->at, byte);
        }
    }
}

static void write_string(struct pen *pen, struct slice text)
{
    pen_need(pen, 1);
    *pen->at++ = '"';
    size_t at = 0;
    do {
        size_t size = MIN(text.size - at, (size_t)STRING_PIECE_SIZE);
        pen_need(pen, size * 6 + 1);
        if (size > 0) write_piece(pen, text.data + at, size);
        at += size;
    } while (at < text.size);
    *pen->at++ = '"';
}

void codec_json_string(struct buf *out, struct slice text)
{
    struct pen pen = pen_of(out);
    write_string(&pen, text);
    pen_flush(&pen);
}
