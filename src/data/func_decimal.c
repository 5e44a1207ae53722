/* Arithmetic of numeric, on values that lie as struct decimal. */
#include "data/decimal.h"
#include "data/decimal_math.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"

typedef enum flaw (*decimal_binary)(const struct decimal *a, const struct decimal *b,
                                    struct decimal *out);
typedef enum flaw (*decimal_unary)(const struct decimal *a, struct decimal *out);

__attribute__((always_inline)) static inline void binary(struct func_call *call,
                                                         decimal_binary compute)
{
    struct decimal *out = call->out->data;
    const struct decimal *a = call->args[0]->data, *b = call->args[1]->data;
    u32 a_mask = call->args[0]->mask, b_mask = call->args[1]->mask;
    KERNEL_FLAW(call, compute(&a[row & a_mask], &b[row & b_mask], &out[row]));
}

__attribute__((always_inline)) static inline void unary(struct func_call *call,
                                                        decimal_unary compute)
{
    struct decimal *out = call->out->data;
    const struct decimal *a = call->args[0]->data;
    u32 a_mask = call->args[0]->mask;
    KERNEL_FLAW(call, compute(&a[row & a_mask], &out[row]));
}

#define DECIMAL_BINARY(name)                                                                       \
    void func_decimal_##name(struct func_call *call)                                               \
    {                                                                                              \
        binary(call, decimal_##name);                                                              \
    }
#define DECIMAL_UNARY(name)                                                                        \
    void func_decimal_##name(struct func_call *call)                                               \
    {                                                                                              \
        unary(call, decimal_##name);                                                               \
    }

DECIMAL_BINARY(add)
DECIMAL_BINARY(subtract)
DECIMAL_BINARY(multiply)
DECIMAL_BINARY(divide)
DECIMAL_BINARY(modulo)
DECIMAL_BINARY(quotient)
DECIMAL_BINARY(power)
DECIMAL_BINARY(log)
DECIMAL_UNARY(ceil)
DECIMAL_UNARY(floor)
DECIMAL_UNARY(sqrt)
DECIMAL_UNARY(exp)
DECIMAL_UNARY(ln)

static enum flaw negate(const struct decimal *a, struct decimal *out)
{
    *out = decimal_negate(a);
    return FLAW_NONE;
}

static enum flaw absolute(const struct decimal *a, struct decimal *out)
{
    *out = decimal_abs(a);
    return FLAW_NONE;
}

static enum flaw sign(const struct decimal *a, struct decimal *out)
{
    *out = decimal_from_i64(decimal_sign(a));
    return FLAW_NONE;
}

static enum flaw log10_of(const struct decimal *a, struct decimal *out)
{
    struct decimal ten = decimal_from_i64(10);
    return decimal_log(&ten, a, out);
}

static enum flaw trim_scale(const struct decimal *a, struct decimal *out)
{
    *out = decimal_trim(a);
    return FLAW_NONE;
}

static enum flaw round_whole(const struct decimal *a, struct decimal *out)
{
    return decimal_round(a, 0, out);
}

static enum flaw trunc_whole(const struct decimal *a, struct decimal *out)
{
    return decimal_trunc(a, 0, out);
}

void func_decimal_negate(struct func_call *call)
{
    unary(call, negate);
}
void func_decimal_abs(struct func_call *call)
{
    unary(call, absolute);
}
void func_decimal_sign(struct func_call *call)
{
    unary(call, sign);
}
void func_decimal_log10(struct func_call *call)
{
    unary(call, log10_of);
}
void func_decimal_trim_scale(struct func_call *call)
{
    unary(call, trim_scale);
}
void func_decimal_round(struct func_call *call)
{
    unary(call, round_whole);
}
void func_decimal_trunc(struct func_call *call)
{
    unary(call, trunc_whole);
}

typedef enum flaw (*decimal_digits)(const struct decimal *a, i32 digits, struct decimal *out);

static void to_digits(struct func_call *call, decimal_digits compute)
{
    struct decimal *out = call->out->data;
    const struct decimal *a = call->args[0]->data;
    u32 a_mask = call->args[0]->mask;
    KERNEL_FLAW(call, compute(&a[row & a_mask], (i32)func_call_i64(call, 1, row), &out[row]));
}

void func_decimal_round_to(struct func_call *call)
{
    to_digits(call, decimal_round);
}
void func_decimal_trunc_to(struct func_call *call)
{
    to_digits(call, decimal_trunc);
}

void func_decimal_scale(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        ((i64 *)call->out->data)[row] = func_call_decimal(call, 0, row).scale;
}

void func_decimal_min_scale(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct decimal a = func_call_decimal(call, 0, row);
        ((i64 *)call->out->data)[row] = decimal_trim(&a).scale;
    }
}

/* --- Divisors --- */

static i128 divisor_of(i128 a, i128 b)
{
    while (b != 0) {
        i128 rest = a % b;
        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

/* Both at the larger scale, if that fits. */
static enum flaw align(struct decimal *a, struct decimal *b)
{
    struct decimal zero = decimal_make(0, MAX(a->scale, b->scale));
    enum flaw flaw = decimal_add(a, &zero, a);
    return flaw ? flaw : decimal_add(b, &zero, b);
}

static enum flaw gcd(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal x = *a, y = *b;
    enum flaw flaw = align(&x, &y);
    if (flaw) return flaw;
    *out = decimal_make(divisor_of(decimal_get(&x), decimal_get(&y)), x.scale);
    return FLAW_NONE;
}

static enum flaw lcm(const struct decimal *a, const struct decimal *b, struct decimal *out)
{
    struct decimal x = *a, y = *b;
    enum flaw flaw = align(&x, &y);
    if (flaw) return flaw;
    *out = decimal_make(0, x.scale);
    if (decimal_sign(&x) == 0 || decimal_sign(&y) == 0) return FLAW_NONE;
    i128 times = decimal_get(&x) / divisor_of(decimal_get(&x), decimal_get(&y));
    struct decimal factor = decimal_make(times, 0), product;
    flaw = decimal_multiply(&factor, &y, &product);
    if (flaw == FLAW_NONE) *out = decimal_abs(&product);
    return flaw;
}

void func_decimal_gcd(struct func_call *call)
{
    binary(call, gcd);
}
void func_decimal_lcm(struct func_call *call)
{
    binary(call, lcm);
}

/* n! of a bigint. 33! is the last one with 38 digits or fewer. */
static enum flaw factorial(i64 n, struct decimal *out)
{
    struct decimal result = decimal_from_i64(1);
    for (i64 i = 2; i <= n; i++) {
        struct decimal factor = decimal_from_i64(i);
        enum flaw flaw = decimal_multiply(&result, &factor, &result);
        if (flaw) return flaw;
    }
    *out = result;
    return FLAW_NONE;
}

void func_decimal_factorial(struct func_call *call)
{
    struct decimal *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        i64 n = func_call_i64(call, 0, row);
        enum flaw flaw = FLAW_NONE;
        if (n < 0)
            func_call_error(call, row, "22003", "factorial of a negative number is undefined");
        else
            flaw = factorial(n, &out[row]);
        if (flaw) func_call_flaw(call, row, flaw);
    }
}

/* --- Histogram --- */

static bool bucket_args_valid(struct func_call *call, u32 row, bool bounds_equal);

void func_decimal_width_bucket(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct decimal x = func_call_decimal(call, 0, row), low = func_call_decimal(call, 1, row);
        struct decimal high = func_call_decimal(call, 2, row);
        i64 count = func_call_i64(call, 3, row);
        int order = decimal_compare(&low, &high);
        if (!bucket_args_valid(call, row, order == 0)) continue;
        int from_low = decimal_compare(&x, &low), from_high = decimal_compare(&x, &high);
        if (order > 0) from_low = -from_low, from_high = -from_high;
        if (from_low < 0) {
            out[row] = 0;
        } else if (from_high >= 0) {
            out[row] = count + 1;
            if (count == INT32_MAX) func_call_flaw(call, row, FLAW_INT4);
        } else {
            struct decimal part, whole, buckets = decimal_from_i64(count), quotient;
            enum flaw flaw = decimal_subtract(&x, &low, &part);
            if (!flaw) flaw = decimal_subtract(&high, &low, &whole);
            if (!flaw) flaw = decimal_multiply(&part, &buckets, &part);
            if (!flaw) flaw = decimal_quotient(&part, &whole, &quotient);
            if (!flaw) flaw = decimal_to_i64(&quotient, &out[row]);
            out[row]++;
            if (flaw) func_call_flaw(call, row, flaw);
        }
    }
}

static bool bucket_args_valid(struct func_call *call, u32 row, bool bounds_equal)
{
    if (func_call_i64(call, 3, row) <= 0)
        func_call_error(call, row, "2201G", "count must be greater than zero");
    else if (bounds_equal)
        func_call_error(call, row, "2201G", "lower bound cannot equal upper bound");
    else
        return true;
    return false;
}
