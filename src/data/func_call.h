/* What the body of a function gets, and how it answers.
 *
 * A body computes out->data[0..count) from args. An argument is a column of count values, or one value that
 * stands for all rows (mask 0). For a strict function out->nulls is already the union of the
 * arguments' nulls and the body may compute NULL rows or leave them, but must not raise errors
 * for them; a value left under a NULL is zero. For the others out->nulls is NULL at first.
 *
 * Invariant: a row with an error is NULL. */
#pragma once

#include "base/arena.h"
#include "data/flaw.h"
#include "data/func.h"

struct func_vector {
    struct type type;
    void *data;
    u8 *nulls;                       /* NULL when no value is; else a byte a row */
    const struct row_error **errors; /* NULL when no row has one; else a pointer a row or NULL */
    u32 mask; /* of row numbers: all ones for a column, 0 for one value that stands for all */
    bool nulls_shared; /* nulls belongs to another vector too: copy before writing */
};

struct func_call {
    const struct func *func; /* NULL for the parts of expr.h that are no functions */
    const struct func_vector *const *args;
    u32 arg_count;
    u32 count; /* of rows, 1..BATCH_ROW_COUNT_MAX; 1 if all args are constant */
    struct func_vector *out;
    const void *state; /* what prepare gave, or NULL */
    struct arena *arena;
};

struct func_fixed {
    const struct func *func;
    const struct func_vector *const *args; /* NULL where the argument is not constant */
    u32 arg_count;
    struct type result;
    struct arena *arena; /* of the program */
};

static inline bool func_call_is_null(const struct func_call *call, u32 arg, u32 row)
{
    const struct func_vector *vector = call->args[arg];
    return vector->nulls && vector->nulls[row & vector->mask];
}

/* True where a strict function has nothing to compute. */
static inline bool func_call_skips(const struct func_call *call, u32 row)
{
    return call->out->nulls && call->out->nulls[row];
}

#define FUNC_CALL_GETTER(name, type)                                                               \
    static inline type func_call_##name(const struct func_call *call, u32 arg, u32 row)            \
    {                                                                                              \
        const struct func_vector *vector = call->args[arg];                                        \
        return ((const type *)vector->data)[row & vector->mask];                                   \
    }
FUNC_CALL_GETTER(bool, u8)
FUNC_CALL_GETTER(i64, i64)
FUNC_CALL_GETTER(f64, f64)
FUNC_CALL_GETTER(decimal, struct decimal)
FUNC_CALL_GETTER(interval, struct interval)
FUNC_CALL_GETTER(uuid, struct uuid)
#undef FUNC_CALL_GETTER

static inline const struct str *func_call_str(const struct func_call *call, u32 arg, u32 row)
{
    const struct func_vector *vector = call->args[arg];
    return &((const struct str *)vector->data)[row & vector->mask];
}

static inline struct slice func_call_slice(const struct func_call *call, u32 arg, u32 row)
{
    return str_slice(func_call_str(call, arg, row));
}

/* The text of a char(n) argument with its blanks, of another string as it lies. */
struct slice func_call_padded(const struct func_call *call, u32 arg, u32 row);
/* The value of an argument at a row, of any type. */
struct value func_call_value(const struct func_call *call, u32 arg, u32 row);

/* Makes the result of the row NULL. */
void func_call_set_null(struct func_call *call, u32 row);
/* The row cannot be computed. The result becomes NULL; the first error of a row counts. */
void func_call_error(struct func_call *call, u32 row, const char *sqlstate, const char *format, ...)
    PRINTF(4, 5);
/* The same with a flaw, or with an err that a scalar function filled. */
void func_call_flaw(struct func_call *call, u32 row, enum flaw flaw);
void func_call_fail(struct func_call *call, u32 row, const struct err *err);
/* Stores a string result: bytes are borrowed when they do not fit inside. */
void func_call_set_str(struct func_call *call, u32 row, struct slice text);
/* Room for a string result of up to size bytes; NULL and an error 54000 when that is too long.
 * The body writes and then calls func_call_set_str. */
char *func_call_reserve(struct func_call *call, u32 row, u64 size);
