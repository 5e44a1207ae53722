/* Rules that make the tree simpler: WITH, projections, unions, DISTINCT. */
#include "plan/rewrite_internal.h"

/* ---- WITH ---- */

/* Work that is cheaper to do twice than to keep: a path of stateless nodes over one relation. */
static bool is_cheap(const struct logical *node)
{
    while (node->kind == LOGICAL_FILTER || node->kind == LOGICAL_PROJECT)
        node = node->inputs[0];
    return node->kind == LOGICAL_SCAN || node->kind == LOGICAL_CONSTANT;
}

static struct logical *copy_path(struct rewrite *r, const struct logical *node)
{
    struct logical *copy = arena_copy(r->arena, node, sizeof *node);
    copy->inputs = arena_array(r->arena, struct logical *, node->input_count);
    for (u32 i = 0; i < node->input_count; i++)
        copy->inputs[i] = copy_path(r, node->inputs[i]);
    if (node->kind == LOGICAL_FILTER)
        copy->conditions.items = arena_copy(r->arena, node->conditions.items,
                                            node->conditions.count * sizeof(struct expr *));
    if (node->kind == LOGICAL_PROJECT)
        copy->project.exprs = arena_copy(r->arena, node->project.exprs,
                                         node->schema->column_count * sizeof(struct expr *));
    return copy;
}

bool rewrite_inline(struct rewrite *r, struct logical **slot)
{
    bool has_changed = false;
    while ((*slot)->kind == LOGICAL_SHARED) {
        const struct logical_shared *shared = (*slot)->shared;
        if (shared->use_count > 1 && !is_cheap(shared->body)) break;
        *slot = shared->use_count > 1 ? copy_path(r, shared->body) : shared->body;
        has_changed = true;
    }
    return has_changed;
}

/* ---- Projections ---- */

static void count_uses(const struct expr *expr, u32 *uses)
{
    if (expr->kind == EXPR_COLUMN) uses[expr->column]++;
    for (u32 i = 0; i < expr->arg_count; i++)
        count_uses(expr->args[i], uses);
}

/* One projection over another is one, unless that would compute something twice. */
bool rewrite_projections(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (node->kind != LOGICAL_PROJECT || node->inputs[0]->kind != LOGICAL_PROJECT) return false;
    struct logical *inner = node->inputs[0];
    u32 count = node->schema->column_count;
    u32 *uses = arena_array(r->arena, u32, inner->schema->column_count);
    for (u32 i = 0; i < count; i++)
        count_uses(node->project.exprs[i], uses);
    for (u32 c = 0; c < inner->schema->column_count; c++)
        if (uses[c] > 1 && inner->project.exprs[c]->arg_count > 0) return false;
    for (u32 i = 0; i < count; i++)
        node->project.exprs[i] =
            columns_replace(r->arena, node->project.exprs[i], inner->project.exprs);
    node->inputs[0] = inner->inputs[0];
    return true;
}

bool rewrite_identity(struct rewrite *r, struct logical **slot)
{
    (void)r;
    const struct logical *node = *slot;
    if (node->kind != LOGICAL_PROJECT) return false;
    const struct schema *input = node->inputs[0]->schema;
    if (node->schema->column_count != input->column_count) return false;
    for (u32 i = 0; i < input->column_count; i++) {
        const struct expr *expr = node->project.exprs[i];
        if (expr->kind != EXPR_COLUMN || expr->column != i) return false;
        if (!type_equal(expr->type, input->columns[i].type)) return false;
    }
    *slot = node->inputs[0];
    return true;
}

/* ---- Unions ---- */

bool rewrite_unions(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (node->kind != LOGICAL_UNION) return false;
    bool has_inner = false;
    for (u32 i = 0; i < node->input_count; i++)
        if (node->inputs[i]->kind == LOGICAL_UNION) has_inner = true;
    if (!has_inner) return false;
    struct logical **inputs = NULL;
    u32 count = 0;
    for (u32 i = 0; i < node->input_count; i++) {
        struct logical *input = node->inputs[i];
        if (input->kind != LOGICAL_UNION) grow_push(r->arena, inputs, count, input);
        for (u32 j = 0; input->kind == LOGICAL_UNION && j < input->input_count; j++)
            grow_push(r->arena, inputs, count, input->inputs[j]);
    }
    *slot = logical_union(r->arena, inputs, count);
    return true;
}

/* ---- DISTINCT ---- */

static bool is_distinct(const struct logical *node)
{
    return node->kind == LOGICAL_AGGREGATE && node->aggregate.call_count == 0;
}

/* Without the DISTINCT: its groups, as columns of its input. */
static struct logical *without_distinct(struct rewrite *r, const struct logical *node)
{
    u32 count = node->aggregate.group_count;
    struct expr **exprs = arena_array(r->arena, struct expr *, count);
    const char **names = arena_array(r->arena, const char *, count);
    for (u32 i = 0; i < count; i++) {
        exprs[i] = arena_new(r->arena, struct expr);
        exprs[i]->kind = EXPR_COLUMN;
        exprs[i]->type = node->schema->columns[i].type;
        exprs[i]->position = -1;
        exprs[i]->column = node->aggregate.groups[i];
        names[i] = node->schema->columns[i].name;
    }
    return logical_project(r->arena, node->inputs[0], exprs, names, count);
}

/* No two rows of the input agree in the groups. */
static bool has_distinct_rows(const struct logical *node)
{
    const struct logical *input = node->inputs[0];
    if (input->is_single) return true;
    for (u32 k = 0; k < input->schema->key_count; k++) {
        bool is_group = false;
        for (u32 i = 0; i < node->aggregate.group_count; i++)
            if (node->aggregate.groups[i] == input->schema->key[k]) is_group = true;
        if (!is_group) return false;
    }
    return input->schema->key_count > 0;
}

bool rewrite_distinct(struct rewrite *r, struct logical **slot)
{
    struct logical *node = *slot;
    if (!is_distinct(node)) return false;
    if (has_distinct_rows(node)) {
        *slot = without_distinct(r, node);
        return true;
    }
    struct logical *input = node->inputs[0];
    bool has_changed = false;
    for (u32 i = 0; input->kind == LOGICAL_UNION && i < input->input_count; i++) {
        if (!is_distinct(input->inputs[i])) continue;
        input->inputs[i] = without_distinct(r, input->inputs[i]);
        has_changed = true;
    }
    return has_changed;
}
