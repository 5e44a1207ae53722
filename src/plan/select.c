#include "plan/select.h"

#include "base/assert.h"
#include "plan/columns.h"

static struct expr *column_expr(struct arena *arena, u32 column, struct type type)
{
    struct expr *expr = arena_new(arena, struct expr);
    *expr = (struct expr){ .kind = EXPR_COLUMN, .type = type, .position = -1, .column = column };
    return expr;
}

/* The relation under a PROJECT, a FILTER or both; NULL when there is more. */
static const struct catalog_relation *direct(struct arena *arena, const struct logical *root,
                                             struct select_plan *plan)
{
    const struct logical *node = root;
    plan->exprs = NULL;
    if (node->kind == LOGICAL_PROJECT) {
        plan->exprs = node->project.exprs;
        node = node->inputs[0];
    }
    if (node->kind == LOGICAL_FILTER) {
        plan->filter = columns_and(arena, node->conditions.items, node->conditions.count);
        node = node->inputs[0];
    }
    return node->kind == LOGICAL_SCAN ? node->scan.relation : NULL;
}

static bool reads_system_table(const struct logical *node)
{
    if (node->kind == LOGICAL_SCAN) return node->scan.relation->kind == CATALOG_SYSTEM_TABLE;
    if (node->kind == LOGICAL_SHARED) return reads_system_table(node->shared->body);
    for (u32 i = 0; i < node->input_count; i++)
        if (reads_system_table(node->inputs[i])) return true;
    return false;
}

/* The columns of the result, without those that are only there to order by. */
static struct schema *result_schema(struct arena *arena, const struct schema *root, u32 count)
{
    struct schema *schema = schema_copy(root, arena);
    schema->column_count = count;
    for (u32 k = 0; k < schema->key_count; k++)
        if (schema->key[k] >= count) schema->key_count = 0;
    return schema;
}

enum status select_plan(struct arena *arena, const struct bind_query *query,
                        const struct delta_statistics *statistics, struct slice text,
                        struct select_plan **out, struct err *err)
{
    struct select_plan *plan = arena_new(arena, struct select_plan);
    const struct logical *root = rewrite(arena, query->root, NULL);
    u32 count = root->schema->column_count;
    *plan = (struct select_plan){
        .expr_count = count,
        .column_count = query->column_count,
        .schema = result_schema(arena, root->schema, query->column_count),
        .orders = query->orders,
        .order_count = query->order_count,
        .limit = query->limit,
        .offset = query->offset,
    };
    plan->relation = direct(arena, root, plan);
    if (!plan->relation) {
        plan->filter = NULL;
        plan->exprs = NULL;
        if (reads_system_table(root))
            return err_set(err, "0A000",
                           "over a system table only a filter, computed columns, "
                           "ORDER BY and LIMIT are supported");
        if (delta_plan(arena, root, false, statistics, text, &plan->dataflow, err)) return FAIL;
    }
    if (!plan->exprs) {
        plan->exprs = arena_array(arena, struct expr *, count);
        for (u32 c = 0; c < count; c++)
            plan->exprs[c] = column_expr(arena, c, root->schema->columns[c].type);
    }
    *out = plan;
    return OK;
}
