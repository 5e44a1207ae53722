/* Arithmetic of integers and floats.
 *
 * Integers are computed in 64 bits without a branch; what left the type's range is gathered in one
 * word, and only if it is not zero are the rows looked at one by one. */
#include <float.h>
#include <math.h>

#include "base/assert.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"

/* The bits that are not zero when an i64 leaves the range of a smaller integer. */
#define OUTSIDE_I16(r) (((u64)(r) + 0x8000u) >> 16)
#define OUTSIDE_I32(r) (((u64)(r) + 0x80000000u) >> 32)

static inline i64 wrap_add(i64 x, i64 y)
{
    return (i64)((u64)x + (u64)y);
}
static inline i64 wrap_subtract(i64 x, i64 y)
{
    return (i64)((u64)x - (u64)y);
}
static inline i64 wrap_multiply(i64 x, i64 y)
{
    return (i64)((u64)x * (u64)y);
}

static inline u64 outside_i16(i64 r)
{
    return OUTSIDE_I16(r);
}
static inline u64 outside_i32(i64 r)
{
    return OUTSIDE_I32(r);
}
/* The sign bit is set when a sum of equal signs has the other one. */
static inline u64 outside_sum(i64 x, i64 y, i64 r)
{
    return (u64)((x ^ r) & (y ^ r)) >> 63;
}
static inline u64 outside_difference(i64 x, i64 y, i64 r)
{
    return (u64)((x ^ y) & (x ^ r)) >> 63;
}
static inline u64 outside_product(i64 x, i64 y)
{
    i64 r;
    return __builtin_mul_overflow(x, y, &r);
}

/* result and outside are expressions of x and y. Rows under NULL get a zero where something was
 * outside, so that no later step meets a value that the type does not have. */
#define INTEGER_BINARY(name, flaw, result, outside)                                                \
    void func_arith_##name(struct func_call *call)                                                 \
    {                                                                                              \
        u64 bad = 0;                                                                               \
        KERNEL_BINARY(call, i64, i64, result, bad |= (outside));                                   \
        if (likely(bad == 0)) return;                                                              \
        for (u32 row = 0; row < call->count; row++) {                                              \
            i64 x = func_call_i64(call, 0, row);                                                   \
            i64 y = func_call_i64(call, 1, row);                                                   \
            if (!(outside)) continue;                                                              \
            if (func_call_skips(call, row))                                                        \
                ((i64 *)call->out->data)[row] = 0;                                                 \
            else                                                                                   \
                func_call_flaw(call, row, flaw);                                                   \
        }                                                                                          \
    }

INTEGER_BINARY(add_i16, FLAW_INT2, wrap_add(x, y), outside_i16(wrap_add(x, y)))
INTEGER_BINARY(add_i32, FLAW_INT4, wrap_add(x, y), outside_i32(wrap_add(x, y)))
INTEGER_BINARY(add_i64, FLAW_INT8, wrap_add(x, y), outside_sum(x, y, wrap_add(x, y)))
INTEGER_BINARY(subtract_i16, FLAW_INT2, wrap_subtract(x, y), outside_i16(wrap_subtract(x, y)))
INTEGER_BINARY(subtract_i32, FLAW_INT4, wrap_subtract(x, y), outside_i32(wrap_subtract(x, y)))
INTEGER_BINARY(subtract_i64, FLAW_INT8, wrap_subtract(x, y),
               outside_difference(x, y, wrap_subtract(x, y)))
INTEGER_BINARY(multiply_i16, FLAW_INT2, wrap_multiply(x, y), outside_i16(wrap_multiply(x, y)))
INTEGER_BINARY(multiply_i32, FLAW_INT4, wrap_multiply(x, y), outside_i32(wrap_multiply(x, y)))
INTEGER_BINARY(multiply_i64, FLAW_INT8, wrap_multiply(x, y), outside_product(x, y))

/* What is right for all bits. */
#define INTEGER_BITS(name, result)                                                                 \
    void func_arith_##name(struct func_call *call)                                                 \
    {                                                                                              \
        KERNEL_BINARY(call, i64, i64, result, (void)0);                                            \
    }

INTEGER_BITS(and_int, x &y)
INTEGER_BITS(or_int, x | y)
INTEGER_BITS(xor_int, x ^ y)
/* As the machine does it for PostgreSQL: only the low bits of the distance count, and what is
 * shifted out is lost. */
INTEGER_BITS(shift_left_i16, (i16)(u16)((u32)x << (y & 31)))
INTEGER_BITS(shift_left_i32, (i32)((u32)x << (y & 31)))
INTEGER_BITS(shift_left_i64, (i64)((u64)x << (y & 63)))
INTEGER_BITS(shift_right_i32, x >> (y & 31))
INTEGER_BITS(shift_right_i64, x >> (y & 63))

/* Rows are divided one by one: a division costs more than its checks. */
static void divide(struct func_call *call, i64 min, enum flaw range)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        i64 x = func_call_i64(call, 0, row), y = func_call_i64(call, 1, row);
        bool zero = y == 0, outside = y == -1 && x == min;
        if (likely(!zero && !outside)) {
            out[row] = x / y;
            continue;
        }
        out[row] = 0;
        if (!func_call_skips(call, row))
            func_call_flaw(call, row, zero ? FLAW_DIVISION_BY_ZERO : range);
    }
}

void func_arith_divide_i16(struct func_call *call)
{
    divide(call, INT16_MIN, FLAW_INT2);
}
void func_arith_divide_i32(struct func_call *call)
{
    divide(call, INT32_MIN, FLAW_INT4);
}
void func_arith_divide_i64(struct func_call *call)
{
    divide(call, INT64_MIN, FLAW_INT8);
}

void func_arith_modulo_int(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        i64 x = func_call_i64(call, 0, row), y = func_call_i64(call, 1, row);
        out[row] = y == 0 || y == -1 ? 0 : x % y;
        if (y == 0 && !func_call_skips(call, row)) func_call_flaw(call, row, FLAW_DIVISION_BY_ZERO);
    }
}

static void negate(struct func_call *call, i64 min, enum flaw range, bool only_negative)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        i64 x = func_call_i64(call, 0, row);
        bool outside = x == min;
        out[row] = outside || (only_negative && x >= 0) ? x : -x;
        if (unlikely(outside) && !func_call_skips(call, row)) func_call_flaw(call, row, range);
    }
}

void func_arith_negate_i16(struct func_call *call)
{
    negate(call, INT16_MIN, FLAW_INT2, false);
}
void func_arith_negate_i32(struct func_call *call)
{
    negate(call, INT32_MIN, FLAW_INT4, false);
}
void func_arith_negate_i64(struct func_call *call)
{
    negate(call, INT64_MIN, FLAW_INT8, false);
}
void func_arith_abs_i16(struct func_call *call)
{
    negate(call, INT16_MIN, FLAW_INT2, true);
}
void func_arith_abs_i32(struct func_call *call)
{
    negate(call, INT32_MIN, FLAW_INT4, true);
}
void func_arith_abs_i64(struct func_call *call)
{
    negate(call, INT64_MIN, FLAW_INT8, true);
}

void func_arith_not_int(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        ((i64 *)call->out->data)[row] = ~func_call_i64(call, 0, row);
}

/* Unary plus: the value as it is. */
void func_arith_same(struct func_call *call)
{
    const struct func_vector *arg = call->args[0];
    u32 width = type_width(call->out->type);
    for (u32 row = 0; row < call->count; row++)
        memcpy((u8 *)call->out->data + (size_t)row * width,
               (const u8 *)arg->data + (size_t)(row & arg->mask) * width, width);
}

/* --- Floats --- */

/* What PostgreSQL says of a result: infinite although no argument is, or zero although none is. */
static enum flaw flaw_of_sum(f64 x, f64 y, f64 r)
{
    return isinf(r) && !isinf(x) && !isinf(y) ? FLAW_FLOAT_OVERFLOW : FLAW_NONE;
}

static enum flaw flaw_of_product(f64 x, f64 y, f64 r)
{
    if (isinf(r) && !isinf(x) && !isinf(y)) return FLAW_FLOAT_OVERFLOW;
    return r == 0 && x != 0 && y != 0 ? FLAW_FLOAT_UNDERFLOW : FLAW_NONE;
}

static enum flaw flaw_of_quotient(f64 x, f64 y, f64 r)
{
    if (y == 0 && !isnan(x)) return FLAW_DIVISION_BY_ZERO;
    if (isinf(r) && !isinf(x)) return FLAW_FLOAT_OVERFLOW;
    return r == 0 && x != 0 && !isinf(y) ? FLAW_FLOAT_UNDERFLOW : FLAW_NONE;
}

static inline bool suspect_sum(f64 x, f64 y, f64 r)
{
    (void)x, (void)y;
    return fabs(r) > DBL_MAX;
}
static inline bool suspect_product(f64 x, f64 y, f64 r)
{
    f64 a = fabs(x), b = fabs(y), least = a < b ? a : b;
    return (fabs(r) > DBL_MAX) | ((r == 0) & (least > 0));
}
static inline bool suspect_quotient(f64 x, f64 y, f64 r)
{
    return (fabs(r) > DBL_MAX) | (y == 0) | ((r == 0) & (x != 0));
}

#define FLOAT_BINARY(name, kind, rounded, operator)                                                \
    void func_arith_##name(struct func_call *call)                                                 \
    {                                                                                              \
        u64 bad = 0;                                                                               \
        KERNEL_BINARY(call, f64, f64, (rounded)(x operator y),                                     \
                      bad |= suspect_##kind(x, y, (rounded)(x operator y)));                       \
        if (likely(bad == 0)) return;                                                              \
        for (u32 row = 0; row < call->count; row++) {                                              \
            f64 x = func_call_f64(call, 0, row), y = func_call_f64(call, 1, row);                  \
            enum flaw flaw = flaw_of_##kind(x, y, (rounded)(x operator y));                        \
            if (flaw && !func_call_skips(call, row)) func_call_flaw(call, row, flaw);              \
        }                                                                                          \
    }

FLOAT_BINARY(add_f64, sum, f64, +)
FLOAT_BINARY(subtract_f64, sum, f64, -)
FLOAT_BINARY(multiply_f64, product, f64, *)
FLOAT_BINARY(divide_f64, quotient, f64, /)
FLOAT_BINARY(add_f32, sum, f32, +)
FLOAT_BINARY(subtract_f32, sum, f32, -)
FLOAT_BINARY(multiply_f32, product, f32, *)
FLOAT_BINARY(divide_f32, quotient, f32, /)

void func_arith_negate_float(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        ((f64 *)call->out->data)[row] = -func_call_f64(call, 0, row);
}

void func_arith_abs_float(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        ((f64 *)call->out->data)[row] = fabs(func_call_f64(call, 0, row));
}
