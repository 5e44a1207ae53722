/* Rules about joins. */
#include "ops/ops.h"
#include "plan/rewrite_internal.h"

static u32 first_column(const struct logical *join, u32 input)
{
    u32 first = 0;
    for (u32 i = 0; i < input; i++)
        first += join->inputs[i]->schema->column_count;
    return first;
}

/* ---- Projections come up, so that joins meet and rows stay where they are ---- */

static bool is_plain_project(const struct logical *node)
{
    for (u32 i = 0; i < node->schema->column_count; i++)
        if (node->project.exprs[i]->kind != EXPR_COLUMN) return false;
    return true;
}

/* What an outer join pads is NULL, so on its right side only plain columns may be computed later. */
static bool comes_up(const struct logical *join, u32 input)
{
    const struct logical *node = join->inputs[input];
    if (node->kind != LOGICAL_PROJECT) return false;
    return join->kind == LOGICAL_JOIN || input == 0 || is_plain_project(node);
}

bool rewrite_join_project(struct rewrite *r, struct logical **slot)
{
    struct logical *join = *slot;
    if (join->kind != LOGICAL_JOIN && join->kind != LOGICAL_JOIN_LEFT) return false;
    bool has_project = false;
    for (u32 i = 0; i < join->input_count; i++)
        if (comes_up(join, i)) has_project = true;
    if (!has_project) return false;
    const struct schema *schema = join->schema;
    struct expr **exprs = arena_array(r->arena, struct expr *, schema->column_count);
    const char **names = arena_array(r->arena, const char *, schema->column_count);
    u32 column = 0, first = 0;
    for (u32 i = 0; i < join->input_count; i++) {
        struct logical *input = join->inputs[i];
        bool is_up = comes_up(join, i);
        for (u32 c = 0; c < input->schema->column_count; c++, column++) {
            names[column] = schema->columns[column].name;
            if (is_up) {
                exprs[column] = columns_shift(r->arena, input->project.exprs[c], first);
                continue;
            }
            exprs[column] = arena_new(r->arena, struct expr);
            *exprs[column] = (struct expr){ .kind = EXPR_COLUMN,
                                            .position = -1,
                                            .type = input->schema->columns[c].type,
                                            .column = first + c };
        }
        if (is_up) join->inputs[i] = input->inputs[0];
        first += join->inputs[i]->schema->column_count;
    }
    for (u32 i = 0; i < join->conditions.count; i++)
        join->conditions.items[i] = columns_replace(r->arena, join->conditions.items[i], exprs);
    logical_derive(r->arena, join);
    *slot = logical_project(r->arena, join, exprs, names, schema->column_count);
    return true;
}

/* ---- Joins of joins ---- */

bool rewrite_join_flat(struct rewrite *r, struct logical **slot)
{
    struct logical *join = *slot;
    if (join->kind != LOGICAL_JOIN) return false;
    if (join->input_count == 1) {
        *slot =
            rewrite_add_filter(r, join->inputs[0], join->conditions.items, join->conditions.count);
        return true;
    }
    u32 total = join->input_count;
    bool *is_flat = arena_array(r->arena, bool, join->input_count);
    for (u32 i = 0; i < join->input_count; i++) {
        const struct logical *input = join->inputs[i];
        if (input->kind != LOGICAL_JOIN || total + input->input_count - 1 > JOIN_INPUT_COUNT_MAX)
            continue;
        is_flat[i] = true;
        total += input->input_count - 1;
    }
    struct logical **inputs = NULL;
    struct expr **items = NULL;
    u32 count = 0, item_count = 0;
    for (u32 i = 0; i < join->input_count; i++) {
        const struct logical *input = join->inputs[i];
        if (!is_flat[i]) grow_push(r->arena, inputs, count, join->inputs[i]);
        for (u32 j = 0; is_flat[i] && j < input->input_count; j++)
            grow_push(r->arena, inputs, count, input->inputs[j]);
        for (u32 j = 0; is_flat[i] && j < input->conditions.count; j++)
            grow_push(r->arena, items, item_count,
                      columns_shift(r->arena, input->conditions.items[j], first_column(join, i)));
    }
    if (count == join->input_count) return false;
    for (u32 j = 0; j < join->conditions.count; j++)
        grow_push(r->arena, items, item_count, join->conditions.items[j]);
    *slot = logical_join(r->arena, inputs, count, items, item_count);
    return true;
}

/* ---- Conditions of one input ---- */

static i32 only_input(const struct logical *join, const struct expr *item)
{
    u32 first = 0;
    for (u32 i = 0; i < join->input_count; i++) {
        u32 end = first + join->inputs[i]->schema->column_count;
        if (columns_within(item, first, end)) return (i32)i;
        first = end;
    }
    return -1;
}

bool rewrite_join_push(struct rewrite *r, struct logical **slot)
{
    struct logical *join = *slot;
    bool is_left = join->kind == LOGICAL_JOIN_LEFT;
    if (join->kind != LOGICAL_JOIN && !is_left) return false;
    struct expr **rest = NULL;
    u32 rest_count = 0;
    bool has_changed = false;
    for (u32 i = 0; i < join->conditions.count; i++) {
        struct expr *item = join->conditions.items[i];
        i32 input = only_input(join, item);
        /* The left rows of an outer join stay, whatever ON says of them. */
        if (input < 0 || (is_left && (input == 0 || !columns_any(item)))) {
            grow_push(r->arena, rest, rest_count, item);
            continue;
        }
        item = columns_shift(r->arena, item, 0u - first_column(join, (u32)input));
        join->inputs[input] = rewrite_add_filter(r, join->inputs[input], &item, 1);
        has_changed = true;
    }
    join->conditions.items = rest;
    join->conditions.count = rest_count;
    return has_changed;
}

/* ---- a = b and a = 1, so b = 1 ---- */

/* The column of a condition column = constant, or -1. */
static i64 equal_constant(const struct expr *item)
{
    if (item->kind != EXPR_CALL || item->func->kind != FUNC_OPERATOR || item->arg_count != 2 ||
        strcmp(item->func->name, "=") != 0)
        return -1;
    bool is_left = item->args[0]->kind == EXPR_COLUMN;
    if (item->args[!is_left]->kind != EXPR_COLUMN) return -1;
    return item->args[is_left]->kind == EXPR_CONST ? (i64)item->args[!is_left]->column : -1;
}

/* Says the same of column target of the join, if its input does not say it yet. */
static bool constant_add(struct rewrite *r, struct logical *join, struct expr *item, u32 target)
{
    u32 first = 0, input = 0;
    while (target >= first + join->inputs[input]->schema->column_count)
        first += join->inputs[input++]->schema->column_count;
    u32 map_count = 0;
    for (u32 i = 0; i < item->arg_count; i++)
        if (item->args[i]->kind == EXPR_COLUMN) map_count = item->args[i]->column + 1;
    u32 *map = arena_array(r->arena, u32, map_count);
    map[map_count - 1] = target - first;
    struct expr *copy = columns_map(r->arena, item, map);
    struct logical *node = join->inputs[input];
    for (u32 i = 0; node->kind == LOGICAL_FILTER && i < node->conditions.count; i++)
        if (expr_equal(node->conditions.items[i], copy)) return false;
    join->inputs[input] = rewrite_add_filter(r, node, &copy, 1);
    return true;
}

static bool constant_spread(struct rewrite *r, struct logical *join, struct expr *item, u32 column)
{
    const struct schema_column *columns = join->schema->columns;
    const u32 *equals = logical_equals(r->arena, join);
    bool has_changed = false;
    for (u32 c = 0; c < join->schema->column_count; c++) {
        if (c == column || equals[c] != equals[column]) continue;
        if (!type_equal(columns[c].type, columns[column].type)) continue;
        if (constant_add(r, join, item, c)) has_changed = true;
    }
    return has_changed;
}

bool rewrite_join_constant(struct rewrite *r, struct logical **slot)
{
    struct logical *join = *slot;
    if (join->kind != LOGICAL_JOIN) return false;
    bool has_changed = false;
    for (u32 i = 0; i < join->input_count; i++) {
        const struct logical *input = join->inputs[i];
        if (input->kind != LOGICAL_FILTER) continue;
        u32 first = first_column(join, i), count = input->conditions.count;
        struct expr **items = input->conditions.items;
        for (u32 j = 0; j < count; j++) {
            i64 column = equal_constant(items[j]);
            if (column < 0) continue;
            if (constant_spread(r, join, items[j], first + (u32)column)) has_changed = true;
        }
    }
    return has_changed;
}

/* ---- Outer joins that are inner ones ---- */

/* What an expression is when all columns from first to end are NULL. */
enum outcome { OUTCOME_ANY, OUTCOME_NULL, OUTCOME_NOT_TRUE };

static enum outcome outcome_of(const struct expr *expr, u32 first, u32 end);

static enum outcome outcome_and_or(const struct expr *expr, u32 first, u32 end)
{
    bool is_and = expr->kind == EXPR_AND, has_any = false, has_not_true = false;
    for (u32 i = 0; i < expr->arg_count; i++) {
        enum outcome one = outcome_of(expr->args[i], first, end);
        if (one == OUTCOME_ANY)
            has_any = true;
        else
            has_not_true = true;
    }
    if (is_and ? has_not_true : !has_any) return OUTCOME_NOT_TRUE;
    return OUTCOME_ANY;
}

static enum outcome outcome_not(const struct expr *arg, u32 first, u32 end)
{
    enum outcome one = outcome_of(arg, first, end);
    if (one == OUTCOME_NULL) return OUTCOME_NULL;
    bool is_not_null =
        arg->kind == EXPR_IS_NULL && outcome_of(arg->args[0], first, end) == OUTCOME_NULL;
    return is_not_null ? OUTCOME_NOT_TRUE : OUTCOME_ANY;
}

static enum outcome outcome_of(const struct expr *expr, u32 first, u32 end)
{
    switch (expr->kind) {
    case EXPR_COLUMN:
        return expr->column >= first && expr->column < end ? OUTCOME_NULL : OUTCOME_ANY;
    case EXPR_CONST: return expr->constant.null ? OUTCOME_NULL : OUTCOME_ANY;
    case EXPR_AND:
    case EXPR_OR: return outcome_and_or(expr, first, end);
    case EXPR_NOT: return outcome_not(expr->args[0], first, end);
    case EXPR_CALL:
        for (u32 i = 0; expr->func->strict && i < expr->arg_count; i++)
            if (outcome_of(expr->args[i], first, end) == OUTCOME_NULL) return OUTCOME_NULL;
        return OUTCOME_ANY;
    case EXPR_IN:
        return outcome_of(expr->args[0], first, end) == OUTCOME_NULL ? OUTCOME_NULL : OUTCOME_ANY;
    case EXPR_IS_NULL:
    case EXPR_CASE:
    case EXPR_COALESCE: return OUTCOME_ANY;
    }
    unreachable();
}

static bool refuses_nulls(const struct logical *node, u32 first, u32 end)
{
    for (u32 i = 0; i < node->conditions.count; i++)
        if (outcome_of(node->conditions.items[i], first, end) != OUTCOME_ANY) return true;
    return false;
}

/* FILTER over an outer join, or an inner join of one, that lets no padded row through. */
bool rewrite_outer(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (node->kind != LOGICAL_FILTER && node->kind != LOGICAL_JOIN) return false;
    bool has_changed = false;
    for (u32 i = 0; i < node->input_count; i++) {
        struct logical *outer = node->inputs[i];
        if (outer->kind != LOGICAL_JOIN_LEFT) continue;
        u32 first = first_column(node, i);
        u32 end = first + outer->schema->column_count;
        if (!refuses_nulls(node, first + outer->inputs[0]->schema->column_count, end)) continue;
        node->inputs[i] = logical_join(r->arena, outer->inputs, 2, outer->conditions.items,
                                       outer->conditions.count);
        has_changed = true;
    }
    return has_changed;
}
