#include "base/assert.h"
#include "data/expr_compile_internal.h"
#include "data/func_bodies.h"
#include "data/func_internal.h"

static u32 compile_relabel(struct compiler *compiler, const struct expr *expr);

u32 expr_compile_call(struct compiler *compiler, const struct expr *expr)
{
    const struct func *func = expr->func;
    if (func->kind == FUNC_CAST && func_cast_is_free(func, expr->args[0]->type, expr->type))
        return compile_relabel(compiler, expr);
    assert(func->body); /* the binder has replaced what is not immutable */
    struct wish wish = {
        .body = func->body,
        .prepare = func->prepare,
        .func = func,
        .type = expr->type,
        .strict = func->strict,
        .arg_count = expr->arg_count,
        .args = arena_array(compiler->arena, u32, expr->arg_count),
    };
    bool numeric = func->kind != FUNC_CAST;
    for (u32 i = 0; i < expr->arg_count; i++) {
        u32 place = MIN(i, func->arg_count - 1u);
        bool scaled = numeric && func->args[place] == TYPE_NUMERIC;
        const struct expr *arg = expr->args[i];
        wish.args[i] =
            scaled ? expr_compile_scaled(compiler, arg) : expr_compile_vector(compiler, arg);
    }
    func_body scaled = numeric ? expr_compile_scaled_body(compiler, func, wish.args) : NULL;
    if (scaled) {
        wish.body = scaled;
        return expr_compile_step(compiler, &wish);
    }
    for (u32 i = 0; i < expr->arg_count && numeric; i++) {
        u32 place = MIN(i, func->arg_count - 1u);
        if (func->args[place] == TYPE_NUMERIC)
            wish.args[i] = expr_compile_scaled_widen(compiler, wish.args[i]);
    }
    return expr_compile_step(compiler, &wish);
}

/* A cast that changes no bytes: the value as it is, under another type. */
static u32 compile_relabel(struct compiler *compiler, const struct expr *expr)
{
    u32 *args = arena_array(compiler->arena, u32, 1);
    args[0] = expr_compile_vector(compiler, expr->args[0]);
    if (type_equal(expr->args[0]->type, expr->type)) return args[0];
    return expr_compile_step(compiler, &(struct wish){ .body = func_arith_same,
                                                       .type = expr->type,
                                                       .strict = true,
                                                       .arg_count = 1,
                                                       .args = args });
}
