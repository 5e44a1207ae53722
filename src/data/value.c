#include "data/value.h"

#include "base/assert.h"
#include "base/utf8.h"
#include "data/bytea.h"
#include "data/date.h"
#include "data/decimal.h"
#include "data/interval.h"
#include "data/number.h"
#include "data/time_text.h"
#include "data/timestamp.h"
#include "data/uuid.h"

static_assert(VALUE_TEXT_MAX >= INTERVAL_TEXT_MAX, "the longest of them");
static_assert(VALUE_TEXT_MAX >= DECIMAL_TEXT_MAX, "and this one");

struct value value_get(const struct column *column, u32 row)
{
    struct value value = { .type = column->type, .null = column_is_null(column, row) };
    if (value.null) return value;
    u32 width = type_width(column->type);
    memcpy(&value.decimal, (const u8 *)column->data + (size_t)row * width, width);
    return value;
}

/* The members of the union start at one address, so that one copy serves all. */
static_assert(offsetof(struct value, i) == offsetof(struct value, decimal), "union");

void value_put(const struct value *value, struct column *column, u32 row, struct arena *arena,
               u32 capacity)
{
    assert(row < capacity);
    u32 width = type_width(column->type);
    u8 *cell = (u8 *)column->data + (size_t)row * width;
    if (value->null) {
        column_need_nulls(column, arena, capacity);
        column->nulls[row] = 1;
        memset(cell, 0, width);
        return;
    }
    assert(type_phys(value->type) == type_phys(column->type));
    if (column->nulls) column->nulls[row] = 0;
    memcpy(cell, &value->decimal, width);
}

/* --- Text out --- */

static u32 print_cell(struct type type, const void *cell, char *out);
static void print_string(struct type type, const struct str *str, struct buf *out);

void value_print(const struct value *value, struct buf *out)
{
    assert(!value->null);
    if (type_phys(value->type) == PHYS_STR) {
        print_string(value->type, &value->str, out);
        return;
    }
    char *to = buf_reserve(out, VALUE_TEXT_MAX);
    out->size += print_cell(value->type, &value->decimal, to);
}

u32 value_print_at(const struct column *column, u32 row, char *out)
{
    slow_assert(!column_is_null(column, row));
    return print_cell(column->type,
                      (const u8 *)column->data + (size_t)row * type_width(column->type), out);
}

static u32 print_cell(struct type type, const void *cell, char *out)
{
    const i64 *integer = cell;
    const f64 *number = cell;
    switch ((enum type_id)type.id) {
    case TYPE_BOOL: *out = *(const u8 *)cell ? 't' : 'f'; return 1;
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8: return number_print_i64(*integer, out);
    case TYPE_FLOAT4: return number_print_f32((f32)*number, out);
    case TYPE_FLOAT8: return number_print_f64(*number, out);
    case TYPE_NUMERIC:
        return type_phys(type) == PHYS_I64 ? decimal_print_scaled(*integer, type.scale, out)
                                           : decimal_print(cell, out);
    case TYPE_DATE: return date_print(*integer, out);
    case TYPE_TIMESTAMP: return timestamp_print(*integer, out);
    case TYPE_TIMESTAMPTZ: return timestamp_print_zoned(*integer, out);
    case TYPE_INTERVAL: return interval_print(cell, out);
    case TYPE_UUID: uuid_print(cell, out); return UUID_TEXT_SIZE;
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_BYTEA:
    case TYPE_COUNT: break;
    }
    unreachable();
}

static void print_string(struct type type, const struct str *str, struct buf *out)
{
    struct slice text = str_slice(str);
    if (type.id == TYPE_BYTEA) {
        bytea_print(text, buf_reserve(out, 2 + 2 * text.size));
        out->size += 2 + 2 * text.size;
        return;
    }
    buf_append(out, text.data, text.size);
    if (type.id != TYPE_BPCHAR) return;
    size_t length = utf8_length(text);
    if (length >= (size_t)type.length) return;
    size_t blanks = (size_t)type.length - length;
    memset(buf_reserve(out, blanks), ' ', blanks);
    out->size += blanks;
}

/* --- Text in --- */

static enum flaw parse_cell(struct type type, struct slice text, struct value *out);
static enum flaw parse_numeric(struct type type, struct slice text, struct value *out);
static enum status parse_string(struct type type, struct slice text, struct arena *arena,
                                struct value *out, struct err *err);
static enum status parse_bytes(struct slice text, struct arena *arena, struct value *out,
                               struct err *err);

enum status value_parse(struct type type, struct slice text, struct arena *arena, struct value *out,
                        struct err *err)
{
    *out = (struct value){ .type = type };
    if (type.id == TYPE_BYTEA) return parse_bytes(text, arena, out, err);
    if (type_phys(type) == PHYS_STR) return parse_string(type, text, arena, out, err);
    enum flaw flaw = parse_cell(type, text, out);
    return flaw ? value_parse_error(type, text, flaw, err) : OK;
}

static enum flaw parse_cell(struct type type, struct slice text, struct value *out)
{
    f32 narrow = 0;
    enum flaw flaw;
    switch ((enum type_id)type.id) {
    case TYPE_BOOL: return value_parse_bool(text, &out->boolean);
    case TYPE_INT2: return number_parse_i64(text, INT16_MIN, INT16_MAX, &out->i);
    case TYPE_INT4: return number_parse_i64(text, INT32_MIN, INT32_MAX, &out->i);
    case TYPE_INT8: return number_parse_i64(text, INT64_MIN, INT64_MAX, &out->i);
    case TYPE_FLOAT4:
        flaw = number_parse_f32(text, &narrow);
        out->f = narrow;
        return flaw;
    case TYPE_FLOAT8: return number_parse_f64(text, &out->f);
    case TYPE_NUMERIC: return parse_numeric(type, text, out);
    case TYPE_DATE: return date_parse(text, &out->i);
    case TYPE_TIMESTAMP: return timestamp_parse(text, &out->i);
    case TYPE_TIMESTAMPTZ: return timestamp_parse_zoned(text, &out->i);
    case TYPE_INTERVAL: return interval_parse(text, &out->interval);
    case TYPE_UUID: return uuid_parse(text, &out->uuid);
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_BYTEA:
    case TYPE_COUNT: break;
    }
    unreachable();
}

static enum flaw parse_numeric(struct type type, struct slice text, struct value *out)
{
    struct decimal decimal;
    enum flaw flaw = decimal_parse(text, type.precision, type.scale, &decimal);
    if (flaw) return flaw;
    if (type_phys(type) == PHYS_I64)
        out->i = (i64)decimal.low;
    else
        out->decimal = decimal;
    return FLAW_NONE;
}

/* A beginning of true, false, yes, no, on, off that is only one of them; or 1, 0. */
enum flaw value_parse_bool(struct slice text, u8 *out)
{
    static const struct {
        const char *word;
        u8 size_min;
        u8 value;
    } words[] = { { "true", 1, 1 }, { "false", 1, 0 }, { "yes", 1, 1 }, { "no", 1, 0 },
                  { "on", 2, 1 },   { "off", 2, 0 },   { "1", 1, 1 },   { "0", 1, 0 } };
    text = number_trim(text);
    for (u32 index = 0; index < countof(words); index++) {
        size_t size = strlen(words[index].word);
        if (text.size < words[index].size_min || text.size > size) continue;
        char start[8] = { 0 };
        memcpy(start, words[index].word, text.size);
        if (!slice_is_nocase(text, start)) continue;
        *out = words[index].value;
        return FLAW_NONE;
    }
    return FLAW_SYNTAX;
}

static enum status check_utf8(struct slice text, struct err *err);
static void keep_string(struct slice text, struct arena *arena, struct value *out);

/* Blanks too many are cut off without a word; other characters are not. */
static enum status parse_string(struct type type, struct slice text, struct arena *arena,
                                struct value *out, struct err *err)
{
    if (check_utf8(text, err)) return FAIL;
    if (type.length > 0) {
        size_t kept = utf8_offset(text, (size_t)type.length);
        for (size_t index = kept; index < text.size; index++) {
            if (text.data[index] == ' ') continue;
            char name[64];
            type_name(type, name);
            return err_set(err, "22001", "value too long for type %s", name);
        }
        text.size = kept;
    }
    if (type.id == TYPE_BPCHAR)
        while (text.size > 0 && text.data[text.size - 1] == ' ')
            text.size--;
    keep_string(text, arena, out);
    return OK;
}

static enum status check_utf8(struct slice text, struct err *err)
{
    size_t offset = utf8_check(text);
    if (offset == text.size) return OK;
    char bytes[24] = { 0 };
    static const char digits[] = "0123456789abcdef";
    size_t count = MIN((size_t)utf8_size(text.data[offset]), text.size - offset);
    for (size_t index = 0; index < count; index++) {
        u8 byte = (u8)text.data[offset + index];
        char shown[] = { ' ', '0', 'x', digits[byte >> 4], digits[byte & 15], '\0' };
        strcat(bytes, shown);
    }
    return err_set(err, "22021", "invalid byte sequence for encoding \"UTF8\":%s", bytes);
}

static void keep_string(struct slice text, struct arena *arena, struct value *out)
{
    const char *data =
        text.size > STR_INLINE_MAX ? arena_copy(arena, text.data, text.size) : text.data;
    out->str = str_make(data, text.size);
}

static enum status parse_bytes(struct slice text, struct arena *arena, struct value *out,
                               struct err *err)
{
    char *bytes = arena_alloc(arena, bytea_parse_size_max(text));
    size_t size;
    if (bytea_parse(text, bytes, &size, err)) return FAIL;
    out->str = str_make(bytes, size);
    return OK;
}

/* --- Why not --- */

/* What PostgreSQL's input functions call the type; not always what format_type says. */
static const char *input_name(struct type type)
{
    switch ((enum type_id)type.id) {
    case TYPE_TIMESTAMP: return "timestamp";
    case TYPE_NUMERIC: return "numeric";
    case TYPE_BOOL: return "boolean";
    case TYPE_INT2: return "smallint";
    case TYPE_INT4: return "integer";
    case TYPE_INT8: return "bigint";
    case TYPE_FLOAT4: return "real";
    case TYPE_FLOAT8: return "double precision";
    case TYPE_DATE: return "date";
    case TYPE_TIMESTAMPTZ: return "timestamp with time zone";
    case TYPE_INTERVAL: return "interval";
    case TYPE_UUID: return "uuid";
    case TYPE_UNKNOWN:
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_BYTEA:
    case TYPE_COUNT: break;
    }
    unreachable();
}

static bool is_time(struct type type)
{
    return type.id == TYPE_DATE || type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ ||
           type.id == TYPE_INTERVAL;
}

static enum status range_error(struct type type, struct slice text, struct err *err)
{
    int size = (int)MIN(text.size, sizeof err->message);
    if (type.id == TYPE_INTERVAL)
        return err_set(err, "22015", "interval field value out of range: \"%.*s\"", size,
                       text.data);
    if (is_time(type))
        return err_set(err, "22008", "date/time field value out of range: \"%.*s\"", size,
                       text.data);
    if (type.id == TYPE_FLOAT4 || type.id == TYPE_FLOAT8)
        return err_set(err, "22003", "\"%.*s\" is out of range for type %s", size, text.data,
                       input_name(type));
    return err_set(err, "22003", "value \"%.*s\" is out of range for type %s", size, text.data,
                   input_name(type));
}

enum status value_parse_error(struct type type, struct slice text, enum flaw flaw, struct err *err)
{
    int size = (int)MIN(text.size, sizeof err->message);
    if (check_utf8(text, err)) return FAIL; /* no message may hold such bytes */
    if (flaw == FLAW_SYNTAX)
        return err_set(err, is_time(type) ? "22007" : "22P02",
                       "invalid input syntax for type %s: \"%.*s\"", input_name(type), size,
                       text.data);
    if (flaw == FLAW_RANGE) return range_error(type, text, err);
    if (flaw == FLAW_RANGE_ORDER) {
        range_error(type, text, err);
        return err_hint(err, "Perhaps you need a different \"datestyle\" setting.");
    }
    if (flaw == FLAW_NUMERIC_FIELD) return decimal_fit_error(type.precision, type.scale, err);
    if (flaw == FLAW_DATE || flaw == FLAW_TIMESTAMP || flaw == FLAW_ZONE_OFFSET)
        return err_set(err, flaw_sqlstate(flaw), "%s: \"%.*s\"", flaw_message(flaw), size,
                       text.data);
    if (flaw == FLAW_ZONE) {
        flaw_error(flaw, err);
        err_detail(err, "The text was \"%.*s\".", size, text.data);
        return err_hint(err, "Write the offset from UTC, such as +02:00.");
    }
    return flaw_error(flaw, err);
}
