/* Arithmetic and comparison of numerics that lie as scaled integers: numeric(p,s) with p <= 18,
 * integers, and constants. Sums and products of two such always fit 38 digits, so there is no check:
 * a value is below 10^19 and is moved by at most 18 places. */
#include "data/decimal.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"

void func_scaled_widen(struct func_call *call)
{
    const struct func_vector *arg = call->args[0];
    struct decimal *restrict out = call->out->data;
    const i64 *restrict values = arg->data;
    u32 scale = arg->type.scale;
    for (u32 row = 0; row < call->count; row++)
        decimal_put(&out[row], values[row & arg->mask], scale);
}

struct scales {
    i64 x_factor, y_factor; /* that bring both to the larger scale */
    u32 scale;
};

static struct scales scales_of(const struct func_call *call)
{
    u32 x = call->args[0]->type.scale, y = call->args[1]->type.scale;
    u32 scale = MAX(x, y);
    return (struct scales){
        .x_factor = (i64)decimal_powers[scale - x],
        .y_factor = (i64)decimal_powers[scale - y],
        .scale = scale,
    };
}

static void scaled_add(struct func_call *call)
{
    struct scales s = scales_of(call);
    KERNEL_ROWS(call, i64, struct decimal,
                decimal_put(&out[row], (i128)x * s.x_factor + (i128)y * s.y_factor, s.scale));
}

static void scaled_subtract(struct func_call *call)
{
    struct scales s = scales_of(call);
    KERNEL_ROWS(call, i64, struct decimal,
                decimal_put(&out[row], (i128)x * s.x_factor - (i128)y * s.y_factor, s.scale));
}

static void scaled_multiply(struct func_call *call)
{
    u32 scale = (u32)call->args[0]->type.scale + call->args[1]->type.scale;
    KERNEL_ROWS(call, i64, struct decimal, decimal_put(&out[row], (i128)x * y, scale));
}

#define SCALED_COMPARE(name, operator)                                                             \
    static void compare_##name(struct func_call *call)                                             \
    {                                                                                              \
        struct scales s = scales_of(call);                                                         \
        KERNEL_BINARY(call, i64, u8, (i128)x *s.x_factor operator(i128) y *s.y_factor, (void)0);   \
    }

SCALED_COMPARE(eq, ==)
SCALED_COMPARE(ne, !=)
SCALED_COMPARE(lt, <)
SCALED_COMPARE(le, <=)
SCALED_COMPARE(gt, >)
SCALED_COMPARE(ge, >=)

static const struct func_scaled table[] = {
    { func_decimal_add, scaled_add, NULL },
    { func_decimal_subtract, scaled_subtract, NULL },
    { func_decimal_multiply, scaled_multiply, NULL },
    { func_compare_decimal_eq, compare_eq, func_compare_i64_eq },
    { func_compare_decimal_ne, compare_ne, func_compare_i64_ne },
    { func_compare_decimal_lt, compare_lt, func_compare_i64_lt },
    { func_compare_decimal_le, compare_le, func_compare_i64_le },
    { func_compare_decimal_gt, compare_gt, func_compare_i64_gt },
    { func_compare_decimal_ge, compare_ge, func_compare_i64_ge },
};

const struct func_scaled *func_scaled_find(func_body body)
{
    for (u32 i = 0; i < countof(table); i++) {
        if (table[i].body == body) return &table[i];
    }
    return NULL;
}
