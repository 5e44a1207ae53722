/* Trigonometry of double precision, in radians and in degrees.
 *
 * In degrees the results are exact where a school table is: sind(30) is 0.5, acosd(0.5) is 60. As in PostgreSQL
 * the argument is brought into the first quadrant and the value scaled so that the table's points are met. */
#include <math.h>

#include "data/func_bodies.h"
#include "data/func_kernel.h"

#define PI     3.14159265358979323846
#define DEGREE (PI / 180)

/* A result of a function of one argument, or why there is none. */
enum trig { TRIG_OK, TRIG_DOMAIN };

typedef enum trig (*trig_unary)(f64 x, f64 *out);

static void unary(struct func_call *call, trig_unary compute)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        switch (compute(func_call_f64(call, 0, row), &out[row])) {
        case TRIG_OK: break;
        case TRIG_DOMAIN: func_call_error(call, row, "22003", "input is out of range"); break;
        }
    }
}

/* What is defined for all finite arguments. */
#define TRIG_PERIODIC(name, expression)                                                            \
    static enum trig name##_of(f64 x, f64 *out)                                                    \
    {                                                                                              \
        *out = isnan(x) ? x : (expression);                                                        \
        return isinf(x) ? TRIG_DOMAIN : TRIG_OK;                                                   \
    }                                                                                              \
    void func_trig_##name(struct func_call *call)                                                  \
    {                                                                                              \
        unary(call, name##_of);                                                                    \
    }
/* What is defined where condition holds. */
#define TRIG_WITHIN(name, condition, expression)                                                   \
    static enum trig name##_of(f64 x, f64 *out)                                                    \
    {                                                                                              \
        *out = isnan(x) ? x : (expression);                                                        \
        return isnan(x) || (condition) ? TRIG_OK : TRIG_DOMAIN;                                    \
    }                                                                                              \
    void func_trig_##name(struct func_call *call)                                                  \
    {                                                                                              \
        unary(call, name##_of);                                                                    \
    }

TRIG_PERIODIC(sin, sin(x))
TRIG_PERIODIC(cos, cos(x))
TRIG_PERIODIC(tan, tan(x))
TRIG_PERIODIC(cot, 1 / tan(x))
TRIG_WITHIN(asin, x >= -1 && x <= 1, asin(x))
TRIG_WITHIN(acos, x >= -1 && x <= 1, acos(x))
TRIG_WITHIN(atan, true, atan(x))
TRIG_WITHIN(sinh, true, sinh(x))
TRIG_WITHIN(tanh, true, tanh(x))
TRIG_WITHIN(asinh, true, asinh(x))
TRIG_WITHIN(acosh, x >= 1, acosh(x))
TRIG_WITHIN(atanh, x >= -1 && x <= 1, atanh(x))
TRIG_WITHIN(cosh, true, cosh(x))

/* --- Degrees --- */

/* sin(x) for 0 <= x <= 30 and cos(x) for 0 <= x <= 60, scaled so that the ends are exact. The
 * constants are read at run time: a compiler's own sine may differ in the last bit. */
static volatile const f64 degrees_30 = 30, degrees_45 = 45, degrees_60 = 60;
static volatile const f64 half = 0.5, one = 1;

static f64 sin_low(f64 x)
{
    return sin(x * DEGREE) / sin(degrees_30 * DEGREE) / 2;
}

static f64 cos_low(f64 x)
{
    return 1 - (1 - cos(x * DEGREE)) / (1 - cos(degrees_60 * DEGREE)) / 2;
}

static f64 sin_quadrant(f64 x)
{
    return x <= 30 ? sin_low(x) : cos_low(90 - x);
}

static f64 cos_quadrant(f64 x)
{
    return x <= 60 ? cos_low(x) : sin_low(90 - x);
}

static f64 sin_degrees(f64 x)
{
    f64 sign = 1;
    x = fmod(x, 360);
    if (x < 0) x = -x, sign = -sign;
    if (x > 180) x = 360 - x, sign = -sign;
    if (x > 90) x = 180 - x;
    return sign * sin_quadrant(x);
}

static f64 cos_degrees(f64 x)
{
    f64 sign = 1;
    x = fabs(fmod(x, 360));
    if (x > 180) x = 360 - x;
    if (x > 90) x = 180 - x, sign = -sign;
    return sign * cos_quadrant(x);
}

/* Tangent and cotangent: the sign is taken off, the quotient is scaled to be 1 at 45. */
static f64 quotient_degrees(f64 x, bool cotangent)
{
    f64 sign = 1;
    x = fmod(x, 360);
    if (x < 0) x = -x, sign = -sign;
    if (x > 180) x = 360 - x, sign = -sign;
    if (x > 90) x = 180 - x, sign = -sign;
    f64 s = sin_quadrant(x), c = cos_quadrant(x);
    f64 s45 = sin_quadrant(degrees_45), c45 = cos_quadrant(degrees_45);
    f64 result = cotangent ? sign * ((c / s) / (c45 / s45)) : sign * ((s / c) / (s45 / c45));
    return result == 0 ? 0 : result; /* not -0 */
}

/* asin and acos on the first quadrant. */
static f64 asin_quadrant(f64 x)
{
    if (x <= 0.5) return asin(x) / asin(half) * 30;
    return 90 - acos(x) / acos(half) * 60;
}

static f64 acos_quadrant(f64 x)
{
    if (x <= 0.5) return 90 - asin(x) / asin(half) * 30;
    return acos(x) / acos(half) * 60;
}

static f64 atan_degrees(f64 x)
{
    return atan(x) / atan(one) * 45;
}

TRIG_PERIODIC(sind, sin_degrees(x))
TRIG_PERIODIC(cosd, cos_degrees(x))
TRIG_PERIODIC(tand, quotient_degrees(x, false))
TRIG_PERIODIC(cotd, quotient_degrees(x, true))
TRIG_WITHIN(asind, x >= -1 && x <= 1, x >= 0 ? asin_quadrant(x) : -asin_quadrant(-x))
TRIG_WITHIN(acosd, x >= -1 && x <= 1, x >= 0 ? acos_quadrant(x) : 90 + asin_quadrant(-x))
TRIG_WITHIN(atand, true, atan_degrees(x))

/* --- Two arguments --- */

void func_trig_atan2(struct func_call *call)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = atan2(func_call_f64(call, 0, row), func_call_f64(call, 1, row));
}

void func_trig_atan2d(struct func_call *call)
{
    f64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        f64 y = func_call_f64(call, 0, row), x = func_call_f64(call, 1, row);
        out[row] = isnan(x) || isnan(y) ? (f64)NAN : atan2(y, x) / atan(one) * 45;
    }
}
