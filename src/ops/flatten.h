/* The set-returning functions: a cursor over the values that one row gives, so that a row which gives millions
 * can be left in the middle. */
#pragma once

#include "data/value.h"
#include "ops/ops.h"

struct flatten_cursor;

struct flatten_row {
    struct type type;         /* of the function's values */
    const struct value *args; /* none is NULL; long strings live until the tick ends */
    u32 arg_count;
    struct arena *arena; /* until the tick ends */
    struct arena *kept;  /* from row to row: the function's own, reset by it */
};

struct flatten_function {
    const char *name;
    size_t cursor_size;
    /* Sets out on the values of a row. The cursor is zero before the first row, and what the last
     * row left afterwards. Fails with err. */
    enum status (*open)(struct flatten_cursor *cursor, const struct flatten_row *row,
                        struct err *err);
    /* Puts up to capacity values into column from target on; fewer than capacity: no more come. On
     * failure the row gives nothing more and is an error. */
    enum status (*next)(struct flatten_cursor *cursor, struct column *column, u32 target,
                        u32 capacity, u32 *count, struct err *err);
};

extern const struct flatten_function flatten_generate_series;
extern const struct flatten_function flatten_regexp_split;
