/* Comparison operators, for each way in which values lie. */
#include "base/assert.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/interval.h"
#include "data/timestamp.h"
#include "data/uuid.h"

/* less and equal are expressions of x and y; the other four are made of them. */
#define COMPARE_HOT(name, type, less, more, equal)                                                 \
    void func_compare_##name##_eq(struct func_call *call)                                          \
    {                                                                                              \
        KERNEL_BINARY(call, type, u8, equal, (void)0);                                             \
    }                                                                                              \
    void func_compare_##name##_ne(struct func_call *call)                                          \
    {                                                                                              \
        KERNEL_BINARY(call, type, u8, !(equal), (void)0);                                          \
    }                                                                                              \
    void func_compare_##name##_lt(struct func_call *call)                                          \
    {                                                                                              \
        KERNEL_BINARY(call, type, u8, less, (void)0);                                              \
    }                                                                                              \
    void func_compare_##name##_le(struct func_call *call)                                          \
    {                                                                                              \
        KERNEL_BINARY(call, type, u8, !(more), (void)0);                                           \
    }                                                                                              \
    void func_compare_##name##_gt(struct func_call *call)                                          \
    {                                                                                              \
        KERNEL_BINARY(call, type, u8, more, (void)0);                                              \
    }                                                                                              \
    void func_compare_##name##_ge(struct func_call *call)                                          \
    {                                                                                              \
        KERNEL_BINARY(call, type, u8, !(less), (void)0);                                           \
    }

COMPARE_HOT(i64, i64, x<y, x> y, x == y)
COMPARE_HOT(bool, u8, x<y, x> y, x == y)
/* NaN equals NaN and is above all else. */
COMPARE_HOT(f64, f64, (x < y) | ((x == x) & (y != y)), (x > y) | ((y == y) & (x != x)),
            (x == y) | ((x != x) & (y != y)))

/* order is an expression of row that is below, at or above 0. */
#define COMPARE_ROWS(call, order, test)                                                            \
    do {                                                                                           \
        u8 *restrict out = (call)->out->data;                                                      \
        for (u32 row = 0; row < (call)->count; row++)                                              \
            out[row] = (order)test 0;                                                              \
    } while (0)

#define COMPARE_COLD(name, order)                                                                  \
    void func_compare_##name##_eq(struct func_call *call)                                          \
    {                                                                                              \
        COMPARE_ROWS(call, order, ==);                                                             \
    }                                                                                              \
    void func_compare_##name##_ne(struct func_call *call)                                          \
    {                                                                                              \
        COMPARE_ROWS(call, order, !=);                                                             \
    }                                                                                              \
    void func_compare_##name##_lt(struct func_call *call)                                          \
    {                                                                                              \
        COMPARE_ROWS(call, order, <);                                                              \
    }                                                                                              \
    void func_compare_##name##_le(struct func_call *call)                                          \
    {                                                                                              \
        COMPARE_ROWS(call, order, <=);                                                             \
    }                                                                                              \
    void func_compare_##name##_gt(struct func_call *call)                                          \
    {                                                                                              \
        COMPARE_ROWS(call, order, >);                                                              \
    }                                                                                              \
    void func_compare_##name##_ge(struct func_call *call)                                          \
    {                                                                                              \
        COMPARE_ROWS(call, order, >=);                                                             \
    }

static inline int decimal_order(const struct func_call *call, u32 row)
{
    struct decimal x = func_call_decimal(call, 0, row), y = func_call_decimal(call, 1, row);
    return decimal_compare(&x, &y);
}

static inline int interval_order(const struct func_call *call, u32 row)
{
    struct interval x = func_call_interval(call, 0, row), y = func_call_interval(call, 1, row);
    return interval_compare(&x, &y);
}

static inline int uuid_order(const struct func_call *call, u32 row)
{
    struct uuid x = func_call_uuid(call, 0, row), y = func_call_uuid(call, 1, row);
    return uuid_compare(&x, &y);
}

/* Dates after the last timestamp are above all timestamps but infinity. */
static inline i64 date_moment(i64 date)
{
    i64 moment;
    if (likely(date_to_timestamp(date, &moment) == FLAW_NONE)) return moment;
    return TIMESTAMP_INFINITY - 1;
}

static void fill_date_moment(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = date_moment(func_call_i64(call, 0, row));
}

#define DATE_MOMENT(type)                                                                          \
    {                                                                                              \
        .name = "moment", .kind = FUNC_PLAIN, .arg_count = 1, .strict = true,                      \
        .args = { TYPE_DATE }, .result = type, .body = fill_date_moment                            \
    }

const struct func *func_date_moment(enum type_id to)
{
    static const struct func moment = DATE_MOMENT(TYPE_TIMESTAMP);
    static const struct func moment_tz = DATE_MOMENT(TYPE_TIMESTAMPTZ);
    assert(to == TYPE_TIMESTAMP || to == TYPE_TIMESTAMPTZ);
    return to == TYPE_TIMESTAMP ? &moment : &moment_tz;
}

static inline int order_i64(i64 x, i64 y)
{
    return (x > y) - (x < y);
}

COMPARE_COLD(decimal, decimal_order(call, row))
COMPARE_COLD(interval, interval_order(call, row))
COMPARE_COLD(uuid, uuid_order(call, row))
COMPARE_COLD(date_timestamp,
             order_i64(date_moment(func_call_i64(call, 0, row)), func_call_i64(call, 1, row)))
COMPARE_COLD(timestamp_date,
             order_i64(func_call_i64(call, 0, row), date_moment(func_call_i64(call, 1, row))))

void func_compare_str_eq(struct func_call *call)
{
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = str_equal(func_call_str(call, 0, row), func_call_str(call, 1, row));
}

void func_compare_str_ne(struct func_call *call)
{
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = !str_equal(func_call_str(call, 0, row), func_call_str(call, 1, row));
}

static inline int str_order(const struct func_call *call, u32 row)
{
    return str_compare(func_call_str(call, 0, row), func_call_str(call, 1, row));
}

void func_compare_str_lt(struct func_call *call)
{
    COMPARE_ROWS(call, str_order(call, row), <);
}
void func_compare_str_le(struct func_call *call)
{
    COMPARE_ROWS(call, str_order(call, row), <=);
}
void func_compare_str_gt(struct func_call *call)
{
    COMPARE_ROWS(call, str_order(call, row), >);
}
void func_compare_str_ge(struct func_call *call)
{
    COMPARE_ROWS(call, str_order(call, row), >=);
}
