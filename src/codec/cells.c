#include "codec/cells.h"

#include "base/assert.h"
#include "base/utf8.h"
#include "data/number.h"
#include "data/value.h"

static bool put_integer(struct column *column, u32 row, struct slice text);
static enum status put_string(struct cells *cells, struct column *column, u32 row,
                              struct slice text, struct err *err);
static enum status put_other(struct cells *cells, struct column *column, u32 row, struct slice text,
                             struct err *err);

void cells_begin(struct cells *cells, const struct decode_options *options, struct arena *arena,
                 u32 capacity)
{
    assert(capacity >= 1 && capacity <= BATCH_ROW_COUNT_MAX);
    *cells = (struct cells){ .options = options, .arena = arena, .capacity = capacity };
    cells->batch = batch_make_for(arena, options->schema, capacity);
    cells->offsets = arena_array(arena, u64, capacity);
    for (u32 index = 0; index < cells->batch->column_count; index++) {
        struct column *column = &cells->batch->columns[index];
        memset(column->data, 0, (size_t)type_width(column->type) * capacity);
        column->nulls = arena_alloc(arena, capacity);
        memset(column->nulls, CELL_ABSENT, capacity);
    }
}

void cells_end_row(struct cells *cells, u64 offset)
{
    assert(cells->batch->row_count < cells->capacity);
    cells->offsets[cells->batch->row_count] = offset;
    cells->batch->weights[cells->batch->row_count++] = 1;
}

void cells_drop_row(struct cells *cells)
{
    u32 row = cells->batch->row_count;
    for (u32 index = 0; index < cells->batch->column_count; index++) {
        struct column *column = &cells->batch->columns[index];
        u32 width = type_width(column->type);
        if (row == cells->capacity) continue;
        memset((u8 *)column->data + (size_t)row * width, 0, width);
        column->nulls[row] = CELL_ABSENT;
    }
}

void cells_put_null(struct cells *cells, u32 index)
{
    struct column *column = &cells->batch->columns[index];
    u32 row = cells->batch->row_count, width = type_width(column->type);
    memset((u8 *)column->data + (size_t)row * width, 0, width);
    column->nulls[row] = CELL_NULL;
}

enum status cells_put_text(struct cells *cells, u32 index, struct slice text, struct err *err)
{
    struct column *column = &cells->batch->columns[index];
    u32 row = cells->batch->row_count;
    switch ((enum type_id)column->type.id) {
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
        if (put_integer(column, row, text)) return OK;
        return put_other(cells, column, row, text, err);
    case TYPE_TEXT: return put_string(cells, column, row, text, err);
    case TYPE_UNKNOWN:
    case TYPE_BOOL:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC:
    case TYPE_VARCHAR:
    case TYPE_BPCHAR:
    case TYPE_BYTEA:
    case TYPE_DATE:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
    case TYPE_INTERVAL:
    case TYPE_UUID:
    case TYPE_COUNT: break;
    }
    return put_other(cells, column, row, text, err);
}

struct batch *cells_take(struct cells *cells, struct decoder *decoder)
{
    struct batch *batch = cells->batch;
    cells->batch = NULL;
    decoder->row_offsets = cells->offsets;
    if (!batch || batch->row_count == 0) return NULL;
    for (u32 index = 0; index < batch->column_count; index++) {
        struct column *column = &batch->columns[index];
        if (!memchr(column->nulls, CELL_NULL, batch->row_count) &&
            !memchr(column->nulls, CELL_ABSENT, batch->row_count))
            column->nulls = NULL;
    }
    return batch;
}

/* Plain digits that fit; anything else is left to the type's own input function. */
static bool put_integer(struct column *column, u32 row, struct slice text)
{
    bool negative = text.size > 0 && text.data[0] == '-';
    size_t at = negative ? 1 : 0;
    if (text.size == at || text.size - at > 18) return false;
    i64 value = 0;
    for (; at < text.size; at++) {
        u32 digit = (u32)(u8)text.data[at] - '0';
        if (digit > 9) return false;
        value = value * 10 + digit;
    }
    if (negative) value = -value;
    if (column->type.id == TYPE_INT4 && value != (i32)value) return false;
    if (column->type.id == TYPE_INT2 && value != (i16)value) return false;
    ((i64 *)column->data)[row] = value;
    column->nulls[row] = CELL_VALUE;
    return true;
}

static enum status put_string(struct cells *cells, struct column *column, u32 row,
                              struct slice text, struct err *err)
{
    if (utf8_check(text) != text.size)
        return err_set(err, "22021", "invalid byte sequence for encoding \"UTF8\"");
    const char *data = text.data;
    if (text.size > STR_INLINE_MAX) data = arena_copy(cells->arena, text.data, text.size);
    ((struct str *)column->data)[row] = str_make(data, text.size);
    column->nulls[row] = CELL_VALUE;
    return OK;
}

static enum status put_other(struct cells *cells, struct column *column, u32 row, struct slice text,
                             struct err *err)
{
    if (utf8_check(text) != text.size)
        return err_set(err, "22021", "invalid byte sequence for encoding \"UTF8\"");
    struct value value;
    if (value_parse(column->type, text, cells->arena, &value, err)) return FAIL;
    if (type_phys(column->type) == PHYS_STR && value.str.size > STR_INLINE_MAX) {
        const char *data = arena_copy(cells->arena, value.str.data, value.str.size);
        value.str = str_make(data, value.str.size);
    }
    u8 *nulls = column->nulls;
    value_put(&value, column, row, cells->arena, cells->capacity);
    assert(column->nulls == nulls);
    column->nulls[row] = CELL_VALUE;
    return OK;
}
