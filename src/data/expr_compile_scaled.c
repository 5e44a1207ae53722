#include "base/assert.h"
#include "data/decimal.h"
#include "data/expr_compile_internal.h"
#include "data/func_bodies.h"

u32 expr_compile_scaled_widen(struct compiler *compiler, u32 vector)
{
    if (type_phys(expr_compile_type(compiler, vector)) == PHYS_DECIMAL) return vector;
    u32 *args = arena_array(compiler->arena, u32, 1);
    args[0] = vector;
    return expr_compile_step(compiler, &(struct wish){ .body = func_scaled_widen,
                                                       .type = TYPE(NUMERIC),
                                                       .strict = true,
                                                       .arg_count = 1,
                                                       .args = args });
}

#define SCALED_DIGITS_MAX 18

static bool scaled_constant(const struct value *value, struct value *out);

u32 expr_compile_scaled(struct compiler *compiler, const struct expr *expr)
{
    if (expr->kind == EXPR_CALL && expr->func->kind == FUNC_CAST && expr->type.precision == 0) {
        const struct expr *inner = expr->args[0];
        bool integer = type_is_integer(inner->type);
        bool scaled = inner->type.id == TYPE_NUMERIC && type_phys(inner->type) == PHYS_I64;
        if (integer || scaled) return expr_compile_vector(compiler, inner);
    }
    struct value value;
    if (expr->kind == EXPR_CONST && scaled_constant(&expr->constant, &value))
        return expr_compile_constant(compiler, &value);
    return expr_compile_vector(compiler, expr);
}

static bool scaled_constant(const struct value *value, struct value *out)
{
    if (value->null || type_phys(value->type) != PHYS_DECIMAL) return false;
    struct decimal decimal = value->decimal;
    i64 scaled;
    if (decimal.scale > SCALED_DIGITS_MAX ||
        decimal_to_scaled(&decimal, SCALED_DIGITS_MAX, decimal.scale, &scaled))
        return false;
    struct type type = TYPE(NUMERIC);
    type.precision = SCALED_DIGITS_MAX;
    type.scale = (u8)decimal.scale;
    *out = (struct value){ .type = type, .i = scaled };
    return true;
}

static bool is_scaled(struct compiler *compiler, u32 vector)
{
    return type_phys(expr_compile_type(compiler, vector)) == PHYS_I64;
}

static bool align_constant(struct compiler *compiler, u32 *args, u32 constant, u32 other);

/* Comparisons of one scale, or with a constant that can take it, are those of integers. */
func_body expr_compile_scaled_body(struct compiler *compiler, const struct func *func, u32 *args)
{
    const struct func_scaled *scaled = func_scaled_find(func->body);
    if (!scaled) return NULL;
    for (u32 i = 0; i < func->arg_count; i++) {
        if (!is_scaled(compiler, args[i])) return NULL;
    }
    if (!scaled->aligned) return scaled->any;
    bool aligned =
        expr_compile_type(compiler, args[0]).scale == expr_compile_type(compiler, args[1]).scale ||
        align_constant(compiler, args, 0, 1) || align_constant(compiler, args, 1, 0);
    return aligned ? scaled->aligned : scaled->any;
}

/* The value at another scale; false when it has digits beyond that or does not fit. */
static bool rescale(i64 value, u32 scale, u32 wanted, i64 *out)
{
    if (scale > wanted) {
        i64 power = (i64)decimal_powers[scale - wanted];
        *out = value / power;
        return value % power == 0;
    }
    i128 moved = (i128)value * (i128)decimal_powers[wanted - scale];
    *out = (i64)moved;
    return moved == *out;
}

/* Gives a constant the scale of what it is compared with, if it can have it. */
static bool align_constant(struct compiler *compiler, u32 *args, u32 constant, u32 other)
{
    const struct func_vector *vector = expr_compile_fixed(compiler, args[constant]);
    if (!vector || vector->nulls) return false;
    struct value value = { .type = expr_compile_type(compiler, args[other]) };
    i64 given = *(const i64 *)vector->data;
    if (!rescale(given, vector->type.scale, value.type.scale, &value.i)) return false;
    args[constant] = expr_compile_constant(compiler, &value);
    return true;
}

static bool all_scaled(const struct expr *expr);

bool expr_compile_scaled_in(struct compiler *compiler, const struct expr *expr, u32 *x,
                            struct value *values, u32 *count)
{
    if (expr->args[0]->type.id != TYPE_NUMERIC || !all_scaled(expr)) return false;
    *x = expr_compile_scaled(compiler, expr->args[0]);
    if (!is_scaled(compiler, *x)) return false;
    struct type type = expr_compile_type(compiler, *x);
    *count = 0;
    for (u32 i = 1; i < expr->arg_count; i++) {
        struct value value = expr->args[i]->constant, scaled = value;
        if (!value.null && type_phys(value.type) != PHYS_I64) scaled_constant(&value, &scaled);
        struct value aligned = { .type = type, .null = value.null };
        if (value.null || rescale(scaled.i, scaled.type.scale, type.scale, &aligned.i))
            values[(*count)++] = aligned;
    }
    return true;
}

/* True if what x is compared with are constants, all of which can be scaled integers. */
static bool all_scaled(const struct expr *expr)
{
    for (u32 i = 1; i < expr->arg_count; i++) {
        const struct expr *arg = expr->args[i];
        struct value unused;
        if (arg->kind != EXPR_CONST) return false;
        bool scaled = arg->constant.null || type_phys(arg->type) == PHYS_I64;
        if (!scaled && !scaled_constant(&arg->constant, &unused)) return false;
    }
    return true;
}
