#include "base/assert.h"
#include "data/expr.h"
#include "data/func.h"

static struct expr *fold_args(const struct expr *expr, struct arena *arena);
static struct expr *fold_node(struct expr *expr, struct arena *arena);

struct expr *expr_fold(const struct expr *expr, struct arena *arena)
{
    if (expr->arg_count == 0 && expr->kind != EXPR_CALL) return (struct expr *)(uintptr_t)expr;
    return fold_node(fold_args(expr, arena), arena);
}

static struct expr *fold_args(const struct expr *expr, struct arena *arena)
{
    struct expr **args = arena_array(arena, struct expr *, expr->arg_count);
    bool changed = false;
    for (u32 i = 0; i < expr->arg_count; i++) {
        args[i] = expr_fold(expr->args[i], arena);
        changed |= args[i] != expr->args[i];
    }
    if (!changed) return (struct expr *)(uintptr_t)expr;
    struct expr *copy = arena_copy(arena, expr, sizeof *expr);
    copy->args = args;
    return copy;
}

static struct expr *make_null(const struct expr *expr, struct arena *arena);
static struct expr *fold_joined(struct expr *expr, struct arena *arena);
static struct expr *fold_case(struct expr *expr, struct arena *arena);
static struct expr *fold_coalesce(struct expr *expr, struct arena *arena);
static struct expr *fold_value(struct expr *expr, struct arena *arena);

static bool is_null(const struct expr *expr)
{
    return expr->kind == EXPR_CONST && expr->constant.null;
}

static bool is_bool(const struct expr *expr, bool value)
{
    return expr->kind == EXPR_CONST && !expr->constant.null && expr->constant.boolean == value;
}

static struct expr *fold_node(struct expr *expr, struct arena *arena)
{
    switch (expr->kind) {
    case EXPR_COLUMN:
    case EXPR_CONST: return expr;
    case EXPR_CALL:
        if (expr->func->volatility != FUNC_IMMUTABLE) return expr;
        for (u32 i = 0; i < expr->arg_count && expr->func->strict; i++) {
            if (is_null(expr->args[i])) return make_null(expr, arena);
        }
        return fold_value(expr, arena);
    case EXPR_AND:
    case EXPR_OR: return fold_joined(expr, arena);
    case EXPR_CASE: return fold_case(expr, arena);
    case EXPR_COALESCE: return fold_coalesce(expr, arena);
    case EXPR_NOT:
    case EXPR_IS_NULL:
    case EXPR_IN: return fold_value(expr, arena);
    }
    unreachable();
}

static struct expr *make_const(const struct expr *expr, struct value value, struct arena *arena)
{
    struct expr *constant = arena_new(arena, struct expr);
    constant->kind = EXPR_CONST;
    constant->type = expr->type;
    constant->position = expr->position;
    constant->constant = value;
    constant->constant.type = expr->type;
    return constant;
}

static struct expr *make_null(const struct expr *expr, struct arena *arena)
{
    return make_const(expr, (struct value){ .null = true }, arena);
}

/* The value if all arguments are constants and it can be computed. */
static struct expr *fold_value(struct expr *expr, struct arena *arena)
{
    for (u32 i = 0; i < expr->arg_count; i++) {
        if (expr->args[i]->kind != EXPR_CONST) return expr;
    }
    struct value value;
    if (expr_constant_value(expr, arena, &value, NULL)) return expr;
    return make_const(expr, value, arena);
}

static struct expr *with_args(const struct expr *expr, struct expr **args, u32 count,
                              struct arena *arena)
{
    if (count == expr->arg_count) return (struct expr *)(uintptr_t)expr;
    struct expr *copy = arena_copy(arena, expr, sizeof *expr);
    copy->args = args;
    copy->arg_count = count;
    return copy;
}

/* AND without its true arguments, false if one is false; OR the other way round. */
static struct expr *fold_joined(struct expr *expr, struct arena *arena)
{
    bool decider = expr->kind == EXPR_OR;
    struct expr **args = arena_array(arena, struct expr *, expr->arg_count);
    u32 count = 0;
    for (u32 i = 0; i < expr->arg_count; i++) {
        if (is_bool(expr->args[i], decider)) return expr->args[i];
        if (!is_bool(expr->args[i], !decider)) args[count++] = expr->args[i];
    }
    if (count == 0) return make_const(expr, (struct value){ .boolean = !decider }, arena);
    if (count == 1) return args[0];
    return fold_value(with_args(expr, args, count, arena), arena);
}

static struct expr *fold_case(struct expr *expr, struct arena *arena)
{
    struct expr **args = arena_array(arena, struct expr *, expr->arg_count);
    struct expr *otherwise = expr->args[expr->arg_count - 1];
    u32 count = 0;
    for (u32 i = 0; i + 1 < expr->arg_count; i += 2) {
        const struct expr *condition = expr->args[i];
        if (is_null(condition) || is_bool(condition, false)) continue;
        if (is_bool(condition, true)) {
            otherwise = expr->args[i + 1];
            break;
        }
        args[count++] = expr->args[i];
        args[count++] = expr->args[i + 1];
    }
    if (count == 0) return otherwise;
    args[count++] = otherwise;
    return with_args(expr, args, count, arena);
}

static struct expr *fold_coalesce(struct expr *expr, struct arena *arena)
{
    struct expr **args = arena_array(arena, struct expr *, expr->arg_count);
    u32 count = 0;
    for (u32 i = 0; i < expr->arg_count; i++) {
        if (is_null(expr->args[i])) continue;
        args[count++] = expr->args[i];
        if (expr->args[i]->kind == EXPR_CONST) break;
    }
    if (count == 0) return make_null(expr, arena);
    if (count == 1) return args[0];
    return with_args(expr, args, count, arena);
}
