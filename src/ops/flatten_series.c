/* generate_series over integers, numerics and timestamps. */
#include "data/decimal.h"
#include "data/interval.h"
#include "data/timestamp.h"
#include "ops/flatten.h"

struct flatten_cursor {
    struct type type;
    bool is_done;
    bool is_down;
    struct value at;
    struct value stop;
    struct value step;
};

/* numeric(p,s) to 18 digits lies as an i64. */
static struct decimal as_decimal(const struct value *value)
{
    if (type_phys(value->type) == PHYS_DECIMAL) return value->decimal;
    u32 scale = value->type.id == TYPE_NUMERIC ? value->type.scale : 0;
    return decimal_make(value->i, scale);
}

static bool is_time(struct type type)
{
    return type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ;
}

static int step_sign(const struct flatten_cursor *cursor)
{
    if (is_time(cursor->type)) {
        i128 span = interval_span(&cursor->step.interval);
        return (span > 0) - (span < 0);
    }
    if (cursor->type.id == TYPE_NUMERIC) return decimal_sign(&cursor->step.decimal);
    return (cursor->step.i > 0) - (cursor->step.i < 0);
}

static enum status series_open(struct flatten_cursor *cursor, const struct flatten_row *row,
                               struct err *err)
{
    const struct value *args = row->args;
    struct type type = row->type;
    bool has_step = row->arg_count > 2;
    *cursor = (struct flatten_cursor){ .type = type, .at = args[0], .stop = args[1] };
    cursor->step = has_step ? args[2] : (struct value){ .type = type, .i = 1 };
    if (type.id == TYPE_NUMERIC) {
        cursor->at.decimal = as_decimal(&args[0]);
        cursor->stop.decimal = as_decimal(&args[1]);
        cursor->step.decimal = has_step ? as_decimal(&args[2]) : decimal_from_i64(1);
    }
    if (is_time(type) && !(timestamp_is_finite(args[0].i) && timestamp_is_finite(args[1].i)))
        return err_set(err, "22023", "bounds of generate_series must be finite");
    int sign = step_sign(cursor);
    if (sign == 0) return err_set(err, "22023", "step size cannot equal zero");
    cursor->is_down = sign < 0;
    return OK;
}

static bool is_past(const struct flatten_cursor *cursor)
{
    int order = cursor->type.id == TYPE_NUMERIC
                    ? decimal_compare(&cursor->at.decimal, &cursor->stop.decimal)
                    : (cursor->at.i > cursor->stop.i) - (cursor->at.i < cursor->stop.i);
    return cursor->is_down ? order < 0 : order > 0;
}

/* What leaves the type's range is past any stop. */
static void advance(struct flatten_cursor *cursor)
{
    if (is_time(cursor->type))
        cursor->is_done = timestamp_add(cursor->at.i, &cursor->step.interval, &cursor->at.i);
    else if (cursor->type.id == TYPE_NUMERIC)
        cursor->is_done =
            decimal_add(&cursor->at.decimal, &cursor->step.decimal, &cursor->at.decimal);
    else
        cursor->is_done = __builtin_add_overflow(cursor->at.i, cursor->step.i, &cursor->at.i);
}

static enum status series_next(struct flatten_cursor *cursor, struct column *column, u32 target,
                               u32 capacity, u32 *count, struct err *err)
{
    (void)err;
    for (*count = 0; *count < capacity; (*count)++) {
        if (cursor->is_done || is_past(cursor)) break;
        if (cursor->type.id == TYPE_NUMERIC)
            ((struct decimal *)column->data)[target + *count] = cursor->at.decimal;
        else
            ((i64 *)column->data)[target + *count] = cursor->at.i;
        advance(cursor);
    }
    return OK;
}

const struct flatten_function flatten_generate_series = {
    .name = "generate_series",
    .cursor_size = sizeof(struct flatten_cursor),
    .open = series_open,
    .next = series_next,
};
