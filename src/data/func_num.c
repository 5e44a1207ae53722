/* Functions of numbers: rounding, roots, logarithms, trigonometry, divisors. */
#include <float.h>
#include <math.h>

#include "base/assert.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"

/* --- Functions of one double precision --- */

typedef enum flaw (*float_unary)(f64 x, f64 *out);

static inline void unary(struct func_call *call, float_unary compute)
{
    f64 *out = call->out->data;
    KERNEL_FLAW(call, compute(func_call_f64(call, 0, row), &out[row]));
}

/* What PostgreSQL checks after most functions: an infinity must come from one. */
static enum flaw overflow_of(f64 x, f64 r)
{
    return isinf(r) && !isinf(x) ? FLAW_FLOAT_OVERFLOW : FLAW_NONE;
}

static enum flaw root(f64 x, f64 *out)
{
    *out = sqrt(x);
    return x < 0 ? FLAW_SQRT_NEGATIVE : FLAW_NONE;
}

static enum flaw cube_root(f64 x, f64 *out)
{
    *out = cbrt(x);
    return FLAW_NONE;
}

static enum flaw exponential(f64 x, f64 *out)
{
    *out = exp(x);
    if (overflow_of(x, *out)) return FLAW_FLOAT_OVERFLOW;
    return *out == 0 && x != -INFINITY ? FLAW_FLOAT_UNDERFLOW : FLAW_NONE;
}

static enum flaw log_domain(f64 x)
{
    if (x == 0) return FLAW_LOG_ZERO;
    return x < 0 ? FLAW_LOG_NEGATIVE : FLAW_NONE;
}

static enum flaw log_natural(f64 x, f64 *out)
{
    *out = log(x);
    return log_domain(x);
}

static enum flaw log_decimal(f64 x, f64 *out)
{
    *out = log10(x);
    return log_domain(x);
}

#define PI 3.14159265358979323846

static enum flaw to_degrees(f64 x, f64 *out)
{
    *out = x / (PI / 180);
    return overflow_of(x, *out);
}

static enum flaw to_radians(f64 x, f64 *out)
{
    *out = x * (PI / 180);
    return x != 0 && *out == 0 ? FLAW_FLOAT_UNDERFLOW : FLAW_NONE;
}

static enum flaw sign_of(f64 x, f64 *out)
{
    *out = x > 0 ? 1 : x < 0 ? -1 : 0;
    return FLAW_NONE;
}

#define FLOAT_EXACT(name, expression)                                                              \
    static enum flaw name(f64 x, f64 *out)                                                         \
    {                                                                                              \
        *out = (expression);                                                                       \
        return FLAW_NONE;                                                                          \
    }

FLOAT_EXACT(round_even, rint(x))
FLOAT_EXACT(round_up, ceil(x))
FLOAT_EXACT(round_down, floor(x))
FLOAT_EXACT(round_to_zero, x >= 0 ? floor(x) : -floor(-x))

#define NUM_UNARY(name, compute)                                                                   \
    void func_num_##name(struct func_call *call)                                                   \
    {                                                                                              \
        unary(call, compute);                                                                      \
    }

NUM_UNARY(sqrt, root)
NUM_UNARY(cbrt, cube_root)
NUM_UNARY(exp, exponential)
NUM_UNARY(ln, log_natural)
NUM_UNARY(log10, log_decimal)
NUM_UNARY(degrees, to_degrees)
NUM_UNARY(radians, to_radians)
NUM_UNARY(sign, sign_of)
NUM_UNARY(round, round_even)
NUM_UNARY(ceil, round_up)
NUM_UNARY(floor, round_down)
NUM_UNARY(trunc, round_to_zero)

void func_num_pi(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        ((f64 *)call->out->data)[row] = PI;
}

/* --- Powers --- */

static enum flaw power(f64 x, f64 y, f64 *out)
{
    *out = 0;
    if (isnan(x)) {
        *out = y == 0 ? 1 : x;
        return FLAW_NONE;
    }
    if (isnan(y)) {
        *out = x == 1 ? 1 : y;
        return FLAW_NONE;
    }
    if (x == 0 && y < 0) return FLAW_POWER_ZERO;
    if (x < 0 && floor(y) != y) return FLAW_POWER_COMPLEX;
    *out = pow(x, y);
    if (isinf(x) || isinf(y)) return FLAW_NONE;
    if (isinf(*out)) return FLAW_FLOAT_OVERFLOW;
    return *out == 0 && x != 0 ? FLAW_FLOAT_UNDERFLOW : FLAW_NONE;
}

void func_num_power(struct func_call *call)
{
    f64 *out = call->out->data;
    KERNEL_FLAW(call, power(func_call_f64(call, 0, row), func_call_f64(call, 1, row), &out[row]));
}

/* --- Divisors of integers --- */

static u64 divisor_of(u64 a, u64 b)
{
    while (b != 0) {
        u64 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static u64 magnitude(i64 x)
{
    return x < 0 ? -(u64)x : (u64)x;
}

static void gcd(struct func_call *call, i64 max, enum flaw range)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        u64 a = magnitude(func_call_i64(call, 0, row)), b = magnitude(func_call_i64(call, 1, row));
        u64 divisor = divisor_of(a, b);
        out[row] = (i64)divisor;
        if (divisor > (u64)max && !func_call_skips(call, row)) func_call_flaw(call, row, range);
    }
}

void func_num_gcd_i32(struct func_call *call)
{
    gcd(call, INT32_MAX, FLAW_INT4);
}
void func_num_gcd_i64(struct func_call *call)
{
    gcd(call, INT64_MAX, FLAW_INT8);
}

static void lcm(struct func_call *call, i64 max, enum flaw range)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        u64 a = magnitude(func_call_i64(call, 0, row)), b = magnitude(func_call_i64(call, 1, row));
        u128 multiple = a == 0 || b == 0 ? 0 : (u128)(a / divisor_of(a, b)) * b;
        out[row] = multiple > (u64)max ? 0 : (i64)multiple;
        if (multiple > (u64)max && !func_call_skips(call, row)) func_call_flaw(call, row, range);
    }
}

void func_num_lcm_i32(struct func_call *call)
{
    lcm(call, INT32_MAX, FLAW_INT4);
}
void func_num_lcm_i64(struct func_call *call)
{
    lcm(call, INT64_MAX, FLAW_INT8);
}

/* --- Histogram --- */

static bool bucket_of(struct func_call *call, u32 row, i64 *out);

void func_num_width_bucket(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        i64 bucket;
        if (!bucket_of(call, row, &bucket)) continue;
        out[row] = bucket;
        if (bucket > INT32_MAX) func_call_flaw(call, row, FLAW_INT4);
    }
}

static bool bucket_of(struct func_call *call, u32 row, i64 *out)
{
    f64 x = func_call_f64(call, 0, row), low = func_call_f64(call, 1, row);
    f64 high = func_call_f64(call, 2, row);
    i64 count = func_call_i64(call, 3, row);
    const char *wrong = NULL;
    if (count <= 0)
        wrong = "count must be greater than zero";
    else if (isnan(x) || isnan(low) || isnan(high))
        wrong = "operand, lower bound, and upper bound cannot be NaN";
    else if (isinf(low) || isinf(high))
        wrong = "lower and upper bounds must be finite";
    else if (low == high)
        wrong = "lower bound cannot equal upper bound";
    if (wrong) {
        func_call_error(call, row, "2201G", "%s", wrong);
        return false;
    }
    bool up = low < high;
    if (up ? x < low : x > low) {
        *out = 0;
    } else if (up ? x >= high : x <= high) {
        *out = count + 1;
    } else {
        /* Halved where a difference or the product would overflow. */
        f64 product = (f64)count * (x - low), width = high - low;
        if (isinf(product) || isinf(width)) {
            product = (f64)count * ((x / 2 - low / 2) / (high / 2 - low / 2));
            width = 1;
        }
        *out = (i64)(product / width) + 1;
    }
    return true;
}
