#include "plan/columns.h"

#include "base/assert.h"

/* What a column becomes. */
struct change {
    struct arena *arena;
    const u32 *map;
    u32 by;
    struct expr *const *exprs;
};

/* The same value under the type that it had where it was read. */
static struct expr *retype(struct arena *arena, struct expr *expr, struct type type)
{
    if (type_equal(expr->type, type)) return expr;
    struct expr *copy = arena_copy(arena, expr, sizeof *expr);
    copy->type = type;
    if (copy->kind == EXPR_CONST) copy->constant.type = type;
    return copy;
}

static struct expr *change_column(const struct change *change, struct expr *expr)
{
    if (change->exprs) return retype(change->arena, change->exprs[expr->column], expr->type);
    struct expr *copy = arena_copy(change->arena, expr, sizeof *expr);
    copy->column = change->map ? change->map[expr->column] : expr->column + change->by;
    return copy;
}

static struct expr *change_expr(const struct change *change, struct expr *expr)
{
    if (expr->kind == EXPR_COLUMN) return change_column(change, expr);
    struct expr **args = NULL;
    for (u32 i = 0; i < expr->arg_count; i++) {
        struct expr *arg = change_expr(change, expr->args[i]);
        if (arg == expr->args[i] && !args) continue;
        if (!args) args = arena_copy(change->arena, expr->args, expr->arg_count * sizeof *args);
        args[i] = arg;
    }
    if (!args) return expr;
    struct expr *copy = arena_copy(change->arena, expr, sizeof *expr);
    copy->args = args;
    return copy;
}

struct expr *columns_map(struct arena *arena, struct expr *expr, const u32 *map)
{
    return change_expr(&(struct change){ .arena = arena, .map = map }, expr);
}

struct expr *columns_shift(struct arena *arena, struct expr *expr, u32 by)
{
    if (by == 0) return expr;
    return change_expr(&(struct change){ .arena = arena, .by = by }, expr);
}

struct expr *columns_replace(struct arena *arena, struct expr *expr, struct expr *const *exprs)
{
    return change_expr(&(struct change){ .arena = arena, .exprs = exprs }, expr);
}

void columns_mark(const struct expr *expr, bool *used)
{
    if (expr->kind == EXPR_COLUMN) used[expr->column] = true;
    for (u32 i = 0; i < expr->arg_count; i++)
        columns_mark(expr->args[i], used);
}

bool columns_within(const struct expr *expr, u32 first, u32 end)
{
    if (expr->kind == EXPR_COLUMN) return expr->column >= first && expr->column < end;
    for (u32 i = 0; i < expr->arg_count; i++)
        if (!columns_within(expr->args[i], first, end)) return false;
    return true;
}

bool columns_any(const struct expr *expr)
{
    if (expr->kind == EXPR_COLUMN) return true;
    for (u32 i = 0; i < expr->arg_count; i++)
        if (columns_any(expr->args[i])) return true;
    return false;
}

struct expr *columns_and(struct arena *arena, struct expr *const *items, u32 count)
{
    if (count == 0) return NULL;
    if (count == 1) return items[0];
    struct expr *expr = arena_new(arena, struct expr);
    expr->kind = EXPR_AND;
    expr->type = TYPE(BOOL);
    expr->position = -1;
    expr->arg_count = count;
    expr->args = arena_copy(arena, items, count * sizeof *items);
    return expr;
}
