#include "data/batch_image.h"

#include "base/assert.h"
#include "base/utf8.h"
#include "data/date.h"
#include "data/decimal.h"
#include "data/timestamp.h"

/* An image is a head, then for each column a column head, NULLs and values, then weights. */
struct head {
    u32 size; /* of the whole image */
    u16 row_count;
    u16 column_count;
    u8 version;
    u8 flags;
    u16 zero;
};

struct column_head {
    u8 code;  /* of the SQL type, see codes */
    u8 nulls; /* 1: a bit a row follows, lowest bit first */
    u8 width; /* bytes of a value; of a length for strings */
    u8 scale; /* numeric in an integer */
};

static_assert(sizeof(struct head) == 12 && sizeof(struct column_head) == 4, "no holes");
static_assert(BATCH_ROW_COUNT_MAX <= UINT16_MAX, "row_count");
static_assert(SCHEMA_COLUMN_COUNT_MAX <= UINT16_MAX, "column_count");

#define VERSION 1

enum { FLAG_WEIGHTS = 1, FLAG_CONSOLIDATED = 2, FLAGS_KNOWN = 3 };

/* These numbers stand in logs: they are never changed or used again. */
static const u8 codes[TYPE_COUNT] = {
    [TYPE_BOOL] = 1,       [TYPE_INT2] = 2,         [TYPE_INT4] = 3,      [TYPE_INT8] = 4,
    [TYPE_FLOAT4] = 5,     [TYPE_FLOAT8] = 6,       [TYPE_NUMERIC] = 7,   [TYPE_TEXT] = 8,
    [TYPE_VARCHAR] = 9,    [TYPE_BPCHAR] = 10,      [TYPE_BYTEA] = 11,    [TYPE_DATE] = 12,
    [TYPE_TIMESTAMP] = 13, [TYPE_TIMESTAMPTZ] = 14, [TYPE_INTERVAL] = 15, [TYPE_UUID] = 16,
};

/* The scale and the value of a decimal. */
#define DECIMAL_IMAGE_SIZE 17

/* --- Writing --- */

static size_t column_bound(const struct column *column, u32 count);
static u8 *write_column(const struct column *column, u32 count, u8 *to);
static u8 *write_values(const struct column *column, u32 count, u8 *width, u8 *to);
static bool all_ones(const i32 *weights, u32 count);

void batch_image_write(const struct batch *batch, struct buf *out)
{
    assert(batch->row_count <= BATCH_ROW_COUNT_MAX);
    assert(batch->column_count <= SCHEMA_COLUMN_COUNT_MAX);
    u32 count = batch->row_count;
    size_t bound = sizeof(struct head) + count * sizeof(i32);
    for (u32 index = 0; index < batch->column_count; index++)
        bound += column_bound(&batch->columns[index], count);
    assert(bound <= UINT32_MAX);

    u8 *start = (u8 *)buf_reserve(out, bound);
    u8 *next = start + sizeof(struct head);
    for (u32 index = 0; index < batch->column_count; index++)
        next = write_column(&batch->columns[index], count, next);
    bool weighted = !all_ones(batch->weights, count);
    if (weighted) {
        memcpy(next, batch->weights, count * sizeof(i32));
        next += count * sizeof(i32);
    }
    struct head head = {
        .size = (u32)(next - start),
        .row_count = (u16)count,
        .column_count = (u16)batch->column_count,
        .version = VERSION,
        .flags =
            (u8)((weighted ? FLAG_WEIGHTS : 0) | (batch->consolidated ? FLAG_CONSOLIDATED : 0)),
    };
    memcpy(start, &head, sizeof head);
    assert(head.size <= bound);
    out->size += head.size;
}

static bool all_ones(const i32 *weights, u32 count)
{
    i32 different = 0;
    for (u32 row = 0; row < count; row++)
        different |= weights[row] ^ 1;
    return different == 0;
}

static size_t column_bound(const struct column *column, u32 count)
{
    size_t bound = sizeof(struct column_head) + (count + 7) / 8 + (size_t)count * 24;
    if (type_phys(column->type) != PHYS_STR) return bound;
    const struct str *values = column->data;
    for (u32 row = 0; row < count; row++)
        bound += values[row].size;
    return bound;
}

static u8 *write_nulls(const u8 *nulls, u32 count, u8 *to)
{
    for (u32 row = 0; row < count; row += 8) {
        u8 bits = 0;
        for (u32 bit = 0; bit < 8 && row + bit < count; bit++)
            bits |= (u8)((nulls[row + bit] != 0) << bit);
        *to++ = bits;
    }
    return to;
}

static u8 *write_column(const struct column *column, u32 count, u8 *to)
{
    struct type type = column->type;
    struct column_head head = { .code = codes[type.id], .nulls = column->nulls != NULL };
    assert(head.code);
    if (type_phys(type) == PHYS_I64) head.scale = type.scale;
    u8 *next = to + sizeof head;
    if (head.nulls) next = write_nulls(column->nulls, count, next);
    next = write_values(column, count, &head.width, next);
    memcpy(to, &head, sizeof head);
    return next;
}

static u8 *write_integers(const i64 *values, u32 count, u8 *width, u8 *to);
static u8 *write_decimals(const struct decimal *values, u32 count, u8 *to);
static u8 *write_strings(const struct column *column, u32 count, u8 *width, u8 *to);

static u8 *write_values(const struct column *column, u32 count, u8 *width, u8 *to)
{
    const f64 *floats = column->data;
    enum phys phys = type_phys(column->type);
    *width = (u8)phys_width(phys);
    switch (phys) {
    case PHYS_I64: return write_integers(column->data, count, width, to);
    case PHYS_STR: return write_strings(column, count, width, to);
    case PHYS_DECIMAL: *width = DECIMAL_IMAGE_SIZE; return write_decimals(column->data, count, to);
    case PHYS_F64:
        if (column->type.id == TYPE_FLOAT8) break;
        *width = sizeof(f32);
        for (u32 row = 0; row < count; row++, to += sizeof(f32)) {
            f32 narrow = (f32)floats[row];
            memcpy(to, &narrow, sizeof narrow);
        }
        return to;
    case PHYS_BOOL:
    case PHYS_INTERVAL:
    case PHYS_UUID: break;
    }
    memcpy(to, column->data, (size_t)count * *width);
    return to + (size_t)count * *width;
}

#define WRITE_NARROW(name, type)                                                                   \
    static u8 *name(const i64 *values, u32 count, u8 *to)                                          \
    {                                                                                              \
        for (u32 row = 0; row < count; row++) {                                                    \
            type narrow = (type)values[row];                                                       \
            memcpy(to + row * sizeof narrow, &narrow, sizeof narrow);                              \
        }                                                                                          \
        return to + count * sizeof(type);                                                          \
    }
WRITE_NARROW(write_i8, i8)
WRITE_NARROW(write_i16, i16)
WRITE_NARROW(write_i32, i32)
#undef WRITE_NARROW

/* As few bytes a value as the values of this batch need: never more than their SQL type has. */
static u8 *write_integers(const i64 *values, u32 count, u8 *width, u8 *to)
{
    u64 spread = 0; /* bits above the sign in any value */
    for (u32 row = 0; row < count; row++)
        spread |= (u64)(values[row] ^ values[row] >> 63);
    if (spread <= INT8_MAX) {
        *width = 1;
        return write_i8(values, count, to);
    }
    if (spread <= INT16_MAX) {
        *width = 2;
        return write_i16(values, count, to);
    }
    if (spread <= INT32_MAX) {
        *width = 4;
        return write_i32(values, count, to);
    }
    *width = 8;
    memcpy(to, values, count * sizeof *values);
    return to + count * sizeof *values;
}

static u8 *write_decimals(const struct decimal *values, u32 count, u8 *to)
{
    for (u32 row = 0; row < count; row++)
        *to++ = (u8)values[row].scale;
    for (u32 row = 0; row < count; row++, to += 16)
        memcpy(to, &values[row], 16);
    return to;
}

/* All lengths, then all bytes; a NULL has none. */
static u8 *write_strings(const struct column *column, u32 count, u8 *width, u8 *to)
{
    const struct str *values = column->data;
    u32 spread = 0;
    for (u32 row = 0; row < count; row++)
        spread |= values[row].size;
    *width = spread <= UINT8_MAX ? 1 : spread <= UINT16_MAX ? 2 : 4;
    u8 *bytes = to + (size_t)count * *width;
    for (u32 row = 0; row < count; row++, to += *width) {
        u32 size = column_is_null(column, row) ? 0 : values[row].size;
        memcpy(to, &size, *width); /* the low bytes come first */
        if (size == 0) continue;
        memcpy(bytes, str_data(&values[row]), size);
        bytes += size;
    }
    return bytes;
}

/* --- Reading --- */

struct reader {
    const u8 *next;
    const u8 *end;
    u32 count; /* rows */
    struct arena *arena;
};

static enum status read_column(struct reader *reader, struct type type, struct column *column);
static enum status read_weights(struct reader *reader, bool weighted, i32 *weights);

static enum status damaged(struct err *err, const char *what)
{
    return err_set(err, "XX001", "damaged image of rows: %s", what);
}

enum status batch_image_read(struct slice bytes, const struct type *types, u32 column_count,
                             struct arena *arena, struct batch **out, size_t *size, struct err *err)
{
    struct head head;
    if (bytes.size < sizeof head) return damaged(err, "it is cut off");
    memcpy(&head, bytes.data, sizeof head);
    if (head.size > bytes.size || head.size < sizeof head) return damaged(err, "its size");
    if (head.version != VERSION || head.zero != 0 || (head.flags & ~FLAGS_KNOWN))
        return damaged(err, "it is of another version");
    if (head.row_count > BATCH_ROW_COUNT_MAX) return damaged(err, "its number of rows");
    if (head.column_count != column_count) return damaged(err, "its number of columns");

    struct reader reader = { .next = (const u8 *)bytes.data + sizeof head,
                             .end = (const u8 *)bytes.data + head.size,
                             .count = head.row_count,
                             .arena = arena };
    struct batch *batch = arena_new(arena, struct batch);
    batch->row_count = head.row_count;
    batch->column_count = column_count;
    batch->consolidated = head.flags & FLAG_CONSOLIDATED;
    batch->columns = arena_array(arena, struct column, column_count);
    for (u32 index = 0; index < column_count; index++)
        if (read_column(&reader, types[index], &batch->columns[index]))
            return err_set(err, "XX001", "damaged image of rows: column %u", index + 1);
    batch->weights = arena_alloc(arena, MAX(head.row_count, 1u) * sizeof(i32));
    if (read_weights(&reader, head.flags & FLAG_WEIGHTS, batch->weights))
        return damaged(err, "its weights");
    *out = batch;
    *size = head.size;
    return OK;
}

/* Weights end the image. */
static enum status read_weights(struct reader *reader, bool weighted, i32 *weights)
{
    size_t left = (size_t)(reader->end - reader->next);
    if (weighted) {
        if (left != reader->count * sizeof *weights) return FAIL;
        memcpy(weights, reader->next, left);
        return OK;
    }
    for (u32 row = 0; row < reader->count; row++)
        weights[row] = 1;
    return left == 0 ? OK : FAIL;
}

/* The next size bytes, or NULL. */
static const u8 *take(struct reader *reader, size_t size)
{
    if ((size_t)(reader->end - reader->next) < size) return NULL;
    const u8 *start = reader->next;
    reader->next += size;
    return start;
}

static enum status read_nulls(struct reader *reader, struct column *column);
static enum status read_values(struct reader *reader, u32 width, struct column *column);

static enum status read_column(struct reader *reader, struct type type, struct column *column)
{
    struct column_head head;
    const u8 *from = take(reader, sizeof head);
    if (!from) return FAIL;
    memcpy(&head, from, sizeof head);
    u8 scale = type_phys(type) == PHYS_I64 ? type.scale : 0;
    if (head.code != codes[type.id] || head.nulls > 1 || head.scale != scale) return FAIL;
    column->type = type;
    if (head.nulls && read_nulls(reader, column)) return FAIL;
    return read_values(reader, head.width, column);
}

static enum status read_nulls(struct reader *reader, struct column *column)
{
    const u8 *bits = take(reader, (reader->count + 7) / 8);
    if (!bits) return FAIL;
    column->nulls = arena_alloc(reader->arena, reader->count);
    for (u32 row = 0; row < reader->count; row++)
        column->nulls[row] = bits[row / 8] >> row % 8 & 1;
    return OK;
}

static enum status read_integers(struct reader *reader, u32 width, struct column *column);
static enum status read_floats(struct reader *reader, u32 width, struct column *column);
static enum status read_decimals(struct reader *reader, u32 width, struct column *column);
static enum status read_strings(struct reader *reader, u32 width, struct column *column);
static enum status read_plain(struct reader *reader, u32 width, struct column *column);

static enum status read_values(struct reader *reader, u32 width, struct column *column)
{
    switch (type_phys(column->type)) {
    case PHYS_I64: return read_integers(reader, width, column);
    case PHYS_F64: return read_floats(reader, width, column);
    case PHYS_DECIMAL: return read_decimals(reader, width, column);
    case PHYS_STR: return read_strings(reader, width, column);
    case PHYS_BOOL:
    case PHYS_INTERVAL:
    case PHYS_UUID: return read_plain(reader, width, column);
    }
    unreachable();
}

#define READ_NARROW(name, type)                                                                    \
    static void name(const u8 *from, u32 count, i64 *values)                                       \
    {                                                                                              \
        for (u32 row = 0; row < count; row++) {                                                    \
            type narrow;                                                                           \
            memcpy(&narrow, from + row * sizeof narrow, sizeof narrow);                            \
            values[row] = narrow;                                                                  \
        }                                                                                          \
    }
READ_NARROW(read_i8, i8)
READ_NARROW(read_i16, i16)
READ_NARROW(read_i32, i32)
#undef READ_NARROW

static u32 integer_width_max(struct type type)
{
    if (type.id == TYPE_INT2) return 2;
    return type.id == TYPE_INT4 || type.id == TYPE_DATE ? 4 : 8;
}

static bool are_between(const i64 *values, u32 count, i64 min, i64 max, i64 other, i64 another)
{
    bool fits = true;
    for (u32 row = 0; row < count; row++)
        fits &= (values[row] >= min && values[row] <= max) || values[row] == other ||
                values[row] == another;
    return fits;
}

/* Integers fit by their width; the others have bounds of their own. */
static bool are_valid(struct type type, const i64 *values, u32 count)
{
    if (type.id == TYPE_NUMERIC) {
        i64 limit = (i64)decimal_powers[type.precision];
        return are_between(values, count, 1 - limit, limit - 1, 0, 0);
    }
    if (type.id == TYPE_DATE)
        return are_between(values, count, DATE_MIN, DATE_MAX, DATE_MINUS_INFINITY, DATE_INFINITY);
    if (type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ)
        return are_between(values, count, TIMESTAMP_MIN, TIMESTAMP_END - 1,
                           TIMESTAMP_MINUS_INFINITY, TIMESTAMP_INFINITY);
    return true;
}

static enum status read_integers(struct reader *reader, u32 width, struct column *column)
{
    if (width > integer_width_max(column->type)) return FAIL;
    const u8 *from = take(reader, (size_t)reader->count * width);
    if (!from) return FAIL;
    i64 *values = column->data = arena_alloc(reader->arena, reader->count * sizeof(i64));
    switch (width) {
    case 1: read_i8(from, reader->count, values); break;
    case 2: read_i16(from, reader->count, values); break;
    case 4: read_i32(from, reader->count, values); break;
    case 8: memcpy(values, from, reader->count * sizeof(i64)); break;
    default: return FAIL;
    }
    return are_valid(column->type, values, reader->count) ? OK : FAIL;
}

static enum status read_floats(struct reader *reader, u32 width, struct column *column)
{
    if (column->type.id == TYPE_FLOAT8) return read_plain(reader, width, column);
    const u8 *from = take(reader, (size_t)reader->count * sizeof(f32));
    if (!from || width != sizeof(f32)) return FAIL;
    f64 *values = column->data = arena_alloc(reader->arena, reader->count * sizeof(f64));
    for (u32 row = 0; row < reader->count; row++) {
        f32 narrow;
        memcpy(&narrow, from + row * sizeof narrow, sizeof narrow);
        values[row] = (f64)narrow;
    }
    return OK;
}

static enum status read_decimals(struct reader *reader, u32 width, struct column *column)
{
    const u8 *scales = take(reader, (size_t)reader->count * DECIMAL_IMAGE_SIZE);
    if (!scales || width != DECIMAL_IMAGE_SIZE) return FAIL;
    const u8 *from = scales + reader->count;
    struct decimal *values = column->data =
        arena_alloc(reader->arena, reader->count * sizeof *values);
    for (u32 row = 0; row < reader->count; row++) {
        i128 value;
        memcpy(&value, from + (size_t)row * 16, 16);
        if (scales[row] > DECIMAL_DIGITS_MAX || !decimal_fits(value)) return FAIL;
        values[row] = decimal_make(value, scales[row]);
    }
    return OK;
}

static enum status read_plain(struct reader *reader, u32 width, struct column *column)
{
    size_t size = (size_t)reader->count * width;
    if (width != type_width(column->type)) return FAIL;
    const u8 *from = take(reader, size);
    if (!from) return FAIL;
    column->data = arena_copy(reader->arena, from, size);
    if (type_phys(column->type) != PHYS_BOOL) return OK;
    u8 all = 0;
    for (u32 row = 0; row < reader->count; row++)
        all |= from[row];
    return all <= 1 ? OK : FAIL;
}

static bool valid_text(struct type type, const struct str *values, u32 count, struct slice all);

static enum status read_strings(struct reader *reader, u32 width, struct column *column)
{
    if (width != 1 && width != 2 && width != 4) return FAIL;
    const u8 *sizes = take(reader, (size_t)reader->count * width);
    if (!sizes) return FAIL;
    const char *bytes = (const char *)reader->next, *next = bytes;
    struct str *values = column->data = arena_alloc(reader->arena, reader->count * sizeof *values);
    for (u32 row = 0; row < reader->count; row++, sizes += width) {
        u32 size = 0;
        memcpy(&size, sizes, width);
        const u8 *data = take(reader, size);
        if (!data) return FAIL;
        values[row] = str_make(next, size);
        next += size;
    }
    struct slice all = slice_make(bytes, (size_t)(next - bytes));
    return valid_text(column->type, values, reader->count, all) ? OK : FAIL;
}

/* Together they may be valid where a sequence is cut between two; then each first byte tells. */
static bool valid_text(struct type type, const struct str *values, u32 count, struct slice all)
{
    if (type.id == TYPE_BYTEA) return true;
    if (utf8_check(all) != all.size) return false;
    for (u32 row = 0; row < count; row++)
        if (values[row].size > 0 && ((u8)values[row].head[0] & 0xC0) == 0x80) return false;
    return true;
}
