#include "codec/json_write.h"

#include "base/assert.h"
#include "data/number.h"
#include "data/value.h"

static void write_object(struct buf *out, const char *const *names, const struct column *columns,
                         u32 column_count, u32 row);
static void write_text_value(struct buf *out, const struct column *column, u32 row);

void json_write_begin(struct buf *out, const char *const *names, u32 column_count)
{
    (void)names, (void)column_count;
    buf_putc(out, '[');
}

void json_write_rows(struct buf *out, const char *const *names, const struct column *columns,
                     u32 column_count, const u32 *picks, u32 pick_count, bool first)
{
    for (u32 index = 0; index < pick_count; index++) {
        if (!first) buf_append(out, ",\n ", 3);
        first = false;
        write_object(out, names, columns, column_count, picks ? picks[index] : index);
    }
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
    for (u32 index = 0; index < pick_count; index++) {
        write_object(out, names, columns, column_count, picks ? picks[index] : index);
        buf_putc(out, '\n');
    }
}

void json_write_nothing_end(struct buf *out)
{
    (void)out;
}

void codec_json_object(struct buf *out, const char *const *names, const struct column *columns,
                       u32 column_count, u32 row)
{
    write_object(out, names, columns, column_count, row);
}

static void write_object(struct buf *out, const char *const *names, const struct column *columns,
                         u32 column_count, u32 row)
{
    buf_putc(out, '{');
    for (u32 index = 0; index < column_count; index++) {
        if (index > 0) buf_putc(out, ',');
        codec_json_string(out, slice_of(names[index]));
        buf_putc(out, ':');
        if (column_is_null(&columns[index], row))
            buf_append(out, "null", 4);
        else
            json_write_value(out, &columns[index], row);
    }
    buf_putc(out, '}');
}

void json_write_value(struct buf *out, const struct column *column, u32 row)
{
    switch ((enum type_id)column->type.id) {
    case TYPE_BOOL: buf_puts(out, ((u8 *)column->data)[row] ? "true" : "false"); return;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
        out->size +=
            number_print_i64(((i64 *)column->data)[row], buf_reserve(out, NUMBER_TEXT_MAX));
        return;
    case TYPE_FLOAT4:
    case TYPE_FLOAT8: {
        f64 value = ((f64 *)column->data)[row];
        if (!__builtin_isfinite(value)) break;
        char *target = buf_reserve(out, NUMBER_TEXT_MAX);
        out->size += column->type.id == TYPE_FLOAT4 ? number_print_f32((f32)value, target)
                                                    : number_print_f64(value, target);
        return;
    }
    case TYPE_NUMERIC: {
        struct value value = value_get(column, row);
        value_print(&value, out);
        return;
    }
    case TYPE_TEXT:
    case TYPE_VARCHAR:
        codec_json_string(out, str_slice(&((struct str *)column->data)[row]));
        return;
    case TYPE_UNKNOWN:
    case TYPE_BPCHAR:
    case TYPE_BYTEA:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
    case TYPE_INTERVAL:
    case TYPE_UUID:
    case TYPE_COUNT: break;
    }
    write_text_value(out, column, row);
}

/* As its text, quoted; a timestamp's blank becomes a T and its zone +00 becomes +00:00, as ISO 8601 has it. */
static void write_text_value(struct buf *out, const struct column *column, u32 row)
{
    char space[64];
    struct mem scratch;
    mem_init(&scratch, "json", NULL, 0);
    struct buf text;
    buf_init(&text, &scratch);
    struct value value = value_get(column, row);
    value_print(&value, &text);
    bool zoned = column->type.id == TYPE_TIMESTAMPTZ;
    if ((zoned || column->type.id == TYPE_TIMESTAMP) && text.size < sizeof space - 4) {
        memcpy(space, text.data, text.size);
        char *blank = memchr(space, ' ', text.size);
        if (blank) *blank = 'T';
        size_t size = text.size;
        if (zoned && blank && size >= 3 && (space[size - 3] == '+' || space[size - 3] == '-')) {
            memcpy(space + size, ":00", 3);
            size += 3;
        }
        codec_json_string(out, slice_make(space, size));
    } else {
        codec_json_string(out, buf_slice(&text));
    }
    buf_deinit(&text);
}

/* 1 for bytes that cannot stand in a JSON string as they are. */
static inline bool is_special(u8 byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\';
}

void codec_json_string(struct buf *out, struct slice text)
{
    static const char hex[] = "0123456789abcdef";
    char *target = buf_reserve(out, text.size * 6 + 2);
    char *start = target;
    *target++ = '"';
    for (size_t at = 0; at < text.size; at++) {
        u8 byte = (u8)text.data[at];
        if (likely(!is_special(byte))) {
            *target++ = (char)byte;
            continue;
        }
        *target++ = '\\';
        switch (byte) {
        case '"':
        case '\\': *target++ = (char)byte; break;
        case '\n': *target++ = 'n'; break;
        case '\r': *target++ = 'r'; break;
        case '\t': *target++ = 't'; break;
        case '\b': *target++ = 'b'; break;
        case '\f': *target++ = 'f'; break;
        default:
            memcpy(target, "u00", 3);
            target[3] = hex[byte >> 4];
            target[4] = hex[byte & 15];
            target += 5;
        }
    }
    *target++ = '"';
    out->size += (size_t)(target - start);
}
