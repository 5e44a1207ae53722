/* Rules inside expressions. */
#include "plan/rewrite_internal.h"

static bool is_const(const struct expr *expr, bool value)
{
    return expr->kind == EXPR_CONST && expr->type.id == TYPE_BOOL && !expr->constant.null &&
           expr->constant.boolean == value;
}

static bool is_null(const struct expr *expr)
{
    return expr->kind == EXPR_CONST && expr->constant.null;
}

static struct expr *copy_with(struct rewrite *r, const struct expr *expr, struct expr **args,
                              u32 count)
{
    struct expr *copy = arena_copy(r->arena, expr, sizeof *expr);
    copy->args = args;
    copy->arg_count = count;
    return copy;
}

/* ---- Where the expressions of a node are ---- */

static struct expr **node_exprs(struct logical *node, u32 *count)
{
    switch (node->kind) {
    case LOGICAL_FILTER:
    case LOGICAL_JOIN:
    case LOGICAL_JOIN_LEFT: *count = node->conditions.count; return node->conditions.items;
    case LOGICAL_PROJECT: *count = node->schema->column_count; return node->project.exprs;
    case LOGICAL_FLATTEN: *count = node->flatten.arg_count; return node->flatten.args;
    case LOGICAL_SCAN:
    case LOGICAL_CONSTANT:
    case LOGICAL_AGGREGATE:
    case LOGICAL_UNION:
    case LOGICAL_TOPK:
    case LOGICAL_SHARED: *count = 0; return NULL;
    }
    unreachable();
}

static bool has_conditions(const struct logical *node)
{
    return node->kind == LOGICAL_FILTER || node->kind == LOGICAL_JOIN ||
           node->kind == LOGICAL_JOIN_LEFT;
}

/* Conditions that became ANDs fall apart again, and those that are true go. */
static bool conditions_split(struct rewrite *r, struct logical *node)
{
    struct expr **items = NULL;
    u32 count = 0;
    u32 unique = rewrite_unique(r->arena, node->conditions.items, node->conditions.count);
    bool has_changed = unique < node->conditions.count;
    for (u32 i = 0; i < unique; i++) {
        struct expr *item = node->conditions.items[i];
        if (is_const(item, true) || item->kind == EXPR_AND) has_changed = true;
        if (is_const(item, true)) continue;
        if (item->kind != EXPR_AND) grow_push(r->arena, items, count, item);
        for (u32 j = 0; item->kind == EXPR_AND && j < item->arg_count; j++)
            grow_push(r->arena, items, count, item->args[j]);
    }
    if (!has_changed) return false;
    node->conditions.items = items;
    node->conditions.count = count;
    return true;
}

/* ---- Folding ---- */

bool rewrite_fold(struct rewrite *r, struct logical **slot)
{
    u32 count;
    struct expr **exprs = node_exprs(*slot, &count);
    bool has_changed = false;
    for (u32 i = 0; i < count; i++) {
        struct expr *folded = expr_fold(exprs[i], r->arena);
        if (folded == exprs[i]) continue;
        exprs[i] = folded;
        has_changed = true;
    }
    if (has_conditions(*slot) && conditions_split(r, *slot)) has_changed = true;
    if ((*slot)->kind != LOGICAL_FILTER || (*slot)->conditions.count) return has_changed;
    *slot = (*slot)->inputs[0];
    return true;
}

/* ---- OR ---- */

/* x = constant: what x is. */
static struct expr *or_subject(const struct expr *expr, struct expr **constant)
{
    if (expr->kind != EXPR_CALL || expr->func->kind != FUNC_OPERATOR || expr->arg_count != 2 ||
        strcmp(expr->func->name, "=") != 0)
        return NULL;
    bool is_right = expr->args[1]->kind == EXPR_CONST;
    if (!is_right && expr->args[0]->kind != EXPR_CONST) return NULL;
    *constant = expr->args[is_right];
    struct expr *subject = expr->args[!is_right];
    /* IN compares values of one type. */
    return type_equal((*constant)->type, subject->type) ? subject : NULL;
}

static struct expr *or_to_in(struct rewrite *r, struct expr *expr)
{
    struct expr **args = NULL, *constant;
    u32 count = 0;
    for (u32 i = 0; i < expr->arg_count; i++) {
        struct expr *subject = or_subject(expr->args[i], &constant);
        if (!subject || (count && !expr_equal(subject, args[0]))) return expr;
        if (count == 0) grow_push(r->arena, args, count, subject);
        grow_push(r->arena, args, count, constant);
    }
    struct expr *in = copy_with(r, expr, args, count);
    in->kind = EXPR_IN;
    return in;
}

static bool and_has(const struct expr *expr, const struct expr *item)
{
    if (expr->kind != EXPR_AND) return expr_equal(expr, item);
    for (u32 i = 0; i < expr->arg_count; i++)
        if (expr_equal(expr->args[i], item)) return true;
    return false;
}

static bool or_all_have(const struct expr *expr, const struct expr *item)
{
    for (u32 i = 0; i < expr->arg_count; i++)
        if (!and_has(expr->args[i], item)) return false;
    return true;
}

/* The items of one branch that are not in all; NULL: it was nothing else. */
static struct expr *or_rest(struct rewrite *r, const struct expr *expr, struct expr *branch)
{
    if (branch->kind != EXPR_AND) return or_all_have(expr, branch) ? NULL : branch;
    struct expr **items = NULL;
    u32 count = 0;
    for (u32 i = 0; i < branch->arg_count; i++)
        if (!or_all_have(expr, branch->args[i])) grow_push(r->arena, items, count, branch->args[i]);
    return columns_and(r->arena, items, count);
}

/* (a AND b) OR (a AND c) is a AND (b OR c), so that a can go its own way. */
static struct expr *or_factor(struct rewrite *r, struct expr *expr)
{
    struct expr *first = expr->args[0], **all = NULL, **rests = NULL;
    u32 count = 0, rest_count = 0;
    u32 first_count = first->kind == EXPR_AND ? first->arg_count : 1;
    for (u32 i = 0; i < first_count; i++) {
        struct expr *item = first->kind == EXPR_AND ? first->args[i] : first;
        if (or_all_have(expr, item)) grow_push(r->arena, all, count, item);
    }
    if (count == 0) return expr;
    for (u32 i = 0; i < expr->arg_count; i++) {
        struct expr *rest = or_rest(r, expr, expr->args[i]);
        if (!rest) return columns_and(r->arena, all, count);
        grow_push(r->arena, rests, rest_count, rest);
    }
    struct expr *any = copy_with(r, expr, rests, rest_count);
    grow_push(r->arena, all, count, any);
    return columns_and(r->arena, all, count);
}

static struct expr *or_expr(struct rewrite *r, struct expr *expr)
{
    struct expr **args = NULL;
    for (u32 i = 0; i < expr->arg_count; i++) {
        struct expr *arg = or_expr(r, expr->args[i]);
        if (arg == expr->args[i]) continue;
        if (!args) args = arena_copy(r->arena, expr->args, expr->arg_count * sizeof *args);
        args[i] = arg;
    }
    if (args) expr = copy_with(r, expr, args, expr->arg_count);
    if (expr->kind != EXPR_OR) return expr;
    struct expr *in = or_to_in(r, expr);
    return in != expr ? in : or_factor(r, expr);
}

bool rewrite_or(struct rewrite *r, struct logical **slot)
{
    if (!has_conditions(*slot)) return false;
    struct logical *node = *slot;
    bool has_changed = false;
    for (u32 i = 0; i < node->conditions.count; i++) {
        struct expr *changed = or_expr(r, node->conditions.items[i]);
        if (changed == node->conditions.items[i]) continue;
        node->conditions.items[i] = changed;
        has_changed = true;
    }
    if (has_changed) conditions_split(r, node);
    return has_changed;
}

/* ---- Nothing ---- */

static bool gives_nothing(const struct logical *node)
{
    return node->kind == LOGICAL_CONSTANT && node->constant.row_count == 0;
}

static struct logical *nothing(struct rewrite *r, const struct logical *node)
{
    return logical_constant(r->arena, NULL, 0, node->schema->columns, node->schema->column_count);
}

static bool never_true(const struct logical *node)
{
    if (node->kind != LOGICAL_FILTER && node->kind != LOGICAL_JOIN) return false;
    for (u32 i = 0; i < node->conditions.count; i++) {
        const struct expr *item = node->conditions.items[i];
        if (is_null(item) || is_const(item, false)) return true;
    }
    return false;
}

/* The inputs of a UNION that give something. */
static bool union_cut(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    u32 count = 0;
    struct logical **inputs = arena_array(r->arena, struct logical *, node->input_count);
    for (u32 i = 0; i < node->input_count; i++)
        if (!gives_nothing(node->inputs[i])) inputs[count++] = node->inputs[i];
    if (count == node->input_count) return false;
    if (count == 0)
        *slot = nothing(r, node);
    else if (count == 1)
        *slot = inputs[0];
    else
        *slot = logical_union(r->arena, inputs, count);
    return true;
}

bool rewrite_nothing(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    bool is_empty = never_true(node);
    switch (node->kind) {
    case LOGICAL_UNION: return union_cut(r, slot);
    case LOGICAL_FILTER:
    case LOGICAL_PROJECT:
    case LOGICAL_FLATTEN:
    case LOGICAL_TOPK:
    case LOGICAL_JOIN_LEFT: is_empty = is_empty || gives_nothing(node->inputs[0]); break;
    case LOGICAL_JOIN:
        for (u32 i = 0; i < node->input_count; i++)
            if (gives_nothing(node->inputs[i])) is_empty = true;
        break;
    case LOGICAL_AGGREGATE:
        is_empty = node->aggregate.group_count && gives_nothing(node->inputs[0]);
        break;
    case LOGICAL_SCAN:
    case LOGICAL_CONSTANT:
    case LOGICAL_SHARED: break;
    }
    if (!is_empty || gives_nothing(node)) return false;
    *slot = nothing(r, node);
    return true;
}
