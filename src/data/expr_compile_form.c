#include "base/assert.h"
#include "data/expr_compile_internal.h"

static void compile_in(struct compiler *compiler, const struct expr *expr, struct wish *wish);
static void compile_args(struct compiler *compiler, const struct expr *expr, u32 *args);

u32 expr_compile_form(struct compiler *compiler, const struct expr *expr)
{
    struct wish wish = { .type = expr->type,
                         .lazy = true,
                         .arg_count = expr->arg_count,
                         .args = arena_array(compiler->arena, u32, expr->arg_count) };
    if (expr->kind == EXPR_IN)
        compile_in(compiler, expr, &wish);
    else
        compile_args(compiler, expr, wish.args);
    switch (expr->kind) {
    case EXPR_AND: wish.body = expr_logic_and; break;
    case EXPR_OR: wish.body = expr_logic_or; break;
    case EXPR_CASE: wish.body = expr_choice_case; break;
    case EXPR_COALESCE: wish.body = expr_choice_coalesce; break;
    case EXPR_IN: break;
    case EXPR_NOT:
        wish.body = expr_logic_not;
        wish.lazy = false;
        wish.strict = true;
        break;
    case EXPR_IS_NULL:
        wish.body = expr_logic_is_null;
        wish.lazy = false;
        break;
    case EXPR_COLUMN:
    case EXPR_CONST:
    case EXPR_CALL: unreachable();
    }
    return expr_compile_step(compiler, &wish);
}

/* The branches of CASE and COALESCE are all decimals if the result is one. */
static void compile_args(struct compiler *compiler, const struct expr *expr, u32 *args)
{
    bool chooses = expr->kind == EXPR_CASE || expr->kind == EXPR_COALESCE;
    bool widens = chooses && type_phys(expr->type) == PHYS_DECIMAL;
    for (u32 i = 0; i < expr->arg_count; i++) {
        bool branch = expr->kind == EXPR_COALESCE || i % 2 == 1 || i + 1 == expr->arg_count;
        args[i] = expr_compile_vector(compiler, expr->args[i]);
        if (widens && branch) args[i] = expr_compile_scaled_widen(compiler, args[i]);
    }
}

static const struct in_set *share_set(const struct program *program, const struct in_set *set);

/* Constants go into a set, which alone is asked when the program runs. */
static void compile_in(struct compiler *compiler, const struct expr *expr, struct wish *wish)
{
    wish->body = expr_in_any;
    if (!expr_compile_form_is_set(expr)) {
        compile_args(compiler, expr, wish->args);
        return;
    }
    u32 count = expr->arg_count - 1;
    struct value *values = arena_array(compiler->arena, struct value, count);
    if (!expr_compile_scaled_in(compiler, expr, &wish->args[0], values, &count)) {
        wish->args[0] = expr_compile_vector(compiler, expr->args[0]);
        count = expr->arg_count - 1;
        for (u32 i = 0; i < count; i++)
            values[i] = expr->args[i + 1]->constant;
    }
    struct type type = expr_compile_type(compiler, wish->args[0]);
    const struct in_set *set = expr_in_make(compiler->arena, type, values, count);
    wish->body = expr_in_set;
    wish->state = share_set(compiler->program, set);
    wish->lazy = false;
    wish->arg_count = 1;
}

bool expr_compile_form_is_set(const struct expr *expr)
{
    if (expr->kind != EXPR_IN) return false;
    for (u32 i = 1; i < expr->arg_count; i++) {
        if (expr->args[i]->kind != EXPR_CONST) return false;
    }
    return true;
}

/* An equal set that is there already, so that equal steps are found to be the same. */
static const struct in_set *share_set(const struct program *program, const struct in_set *set)
{
    for (u32 i = 0; i < program->step_count; i++) {
        const struct step *step = &program->steps[i];
        if (step->body == expr_in_set && expr_in_same(step->state, set)) return step->state;
    }
    return set;
}
