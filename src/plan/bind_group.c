/* GROUP BY: from expressions over the rows of FROM to expressions over one row a group. */
#include "plan/bind_internal.h"
#include "plan/grow.h"

struct grouping {
    struct scope *scope;
    struct binder *b;
    struct expr **before; /* what the aggregate reads, one column each: the groups first */
    u32 before_count;
    u32 group_count; /* with those that depend on the others */
    u32 key_count;   /* as written */
};

static u32 before_find(struct grouping *g, struct expr *expr)
{
    for (u32 i = 0; i < g->before_count; i++)
        if (expr_equal(g->before[i], expr)) return i;
    grow_push(g->b->arena, g->before, g->before_count, expr);
    return g->before_count - 1;
}

static enum status group_depend(struct grouping *g, const struct expr *expr);
static struct logical *group_input(struct grouping *g, struct logical *node, u32 *columns);
static struct logical_call *group_calls(struct grouping *g, u32 *count, const char ***names);
static struct expr *group_read(struct grouping *g, struct expr *expr);

enum status bind_group(struct scope *scope, const struct group_clause *clause,
                       struct logical **node, struct expr ***slots, u32 slot_count)
{
    struct grouping g = { .scope = scope, .b = scope->binder };
    for (u32 i = 0; i < clause->group_count; i++)
        before_find(&g, clause->groups[i]);
    g.key_count = g.group_count = g.before_count;
    for (u32 i = 0; i < slot_count; i++)
        if (group_depend(&g, *slots[i])) return FAIL;
    g.group_count = g.before_count;

    u32 call_count = 0;
    const char **call_names = NULL;
    struct logical_call *calls = group_calls(&g, &call_count, &call_names);
    u32 *columns = arena_array(g.b->arena, u32, g.before_count);
    struct logical *input = group_input(&g, *node, columns);
    u32 *groups = arena_array(g.b->arena, u32, g.group_count);
    for (u32 i = 0; i < g.group_count; i++)
        groups[i] = columns[i];
    for (u32 i = 0; i < call_count; i++) {
        if (calls[i].column != LOGICAL_NO_COLUMN) calls[i].column = columns[calls[i].column];
        if (calls[i].filter != LOGICAL_NO_COLUMN) calls[i].filter = columns[calls[i].filter];
    }
    *node = logical_aggregate(g.b->arena, input, groups, g.group_count, g.key_count, calls,
                              call_names, call_count);
    for (u32 i = 0; i < slot_count; i++)
        *slots[i] = group_read(&g, *slots[i]);
    return OK;
}

/* ---- Which columns may stand outside an aggregate ---- */

/* The written group that expr is, or -1. A column may have got a wider type where it is used. */
static i64 group_find(const struct grouping *g, const struct expr *expr)
{
    for (u32 i = 0; i < g->group_count; i++) {
        const struct expr *group = g->before[i];
        bool is_column = group->kind == EXPR_COLUMN && expr->kind == EXPR_COLUMN;
        if (is_column ? group->column == expr->column : expr_equal(group, expr)) return i;
    }
    return -1;
}

static bool group_has_column(const struct grouping *g, u32 column)
{
    for (u32 i = 0; i < g->key_count; i++)
        if (g->before[i]->kind == EXPR_COLUMN && g->before[i]->column == column) return true;
    return false;
}

/* The entry of FROM that has the column, if its primary key is grouped by. */
static bool group_decides(const struct grouping *g, u32 column)
{
    const struct from *from = g->scope->from;
    for (u32 i = 0; i < from->item_count; i++) {
        const struct from_item *item = &from->items[i];
        bool is_own = false, is_decided = true;
        for (u32 c = 0; c < item->count; c++)
            if (item->columns[c] == column) is_own = true;
        if (!is_own || !item->table || item->table->kind != CATALOG_TABLE) continue;
        const struct schema *row = item->table->row;
        for (u32 k = 0; k < row->key_count; k++)
            if (!group_has_column(g, item->columns[row->key[k]])) is_decided = false;
        if (row->key_count && is_decided) return true;
    }
    return false;
}

/* Adds the columns that depend on the groups, refuses others. */
static enum status group_depend(struct grouping *g, const struct expr *expr)
{
    if (group_find(g, expr) >= 0) return OK;
    if (expr->kind == EXPR_COLUMN) {
        if (expr->column >= COLUMN_AGG) return OK;
        if (!group_decides(g, expr->column))
            return bind_fail(g->b, expr->position, "42803",
                             "column \"%s\" must appear in the GROUP BY clause or be used in an "
                             "aggregate function",
                             bind_name_of(g->b, g->scope->from, expr->column));
        struct type type = g->scope->from->node->schema->columns[expr->column].type;
        before_find(g, bind_column_ref(g->b, expr->column, type, expr->position));
        g->group_count = g->before_count;
        return OK;
    }
    for (u32 i = 0; i < expr->arg_count; i++)
        if (group_depend(g, expr->args[i])) return FAIL;
    return OK;
}

/* ---- The aggregate ---- */

static struct logical_call *group_calls(struct grouping *g, u32 *count, const char ***names)
{
    const struct collect *collect = g->scope->collect;
    u32 agg_count = collect->agg_count;
    struct logical_call *calls = arena_array(g->b->arena, struct logical_call, agg_count + 1);
    *names = arena_array(g->b->arena, const char *, agg_count + 1);
    for (u32 i = 0; i < agg_count; i++) {
        const struct agg_use *use = &collect->aggs[i];
        calls[i] = (struct logical_call){
            .kind = use->kind,
            .column = use->arg ? before_find(g, use->arg) : LOGICAL_NO_COLUMN,
            .filter = use->filter ? before_find(g, use->filter) : LOGICAL_NO_COLUMN,
            .distinct = use->distinct,
            .type = use->type,
        };
        (*names)[i] = use->name;
    }
    *count = agg_count;
    if (agg_count + g->group_count > 0) return calls;
    /* HAVING alone: one row, of which nothing is read. */
    calls[0] = (struct logical_call){ .kind = AGG_COUNT_ROWS,
                                      .column = LOGICAL_NO_COLUMN,
                                      .filter = LOGICAL_NO_COLUMN,
                                      .type = TYPE(INT8) };
    (*names)[0] = "count";
    *count = 1;
    return calls;
}

static struct logical *group_input(struct grouping *g, struct logical *node, u32 *columns)
{
    return bind_extend(g->b, node, g->before, g->before_count, columns);
}

/* ---- What reads it ---- */

static struct expr *group_read(struct grouping *g, struct expr *expr)
{
    i64 group = group_find(g, expr);
    if (group >= 0) return bind_column_ref(g->b, (u32)group, expr->type, expr->position);
    if (expr->kind == EXPR_COLUMN) {
        assert(expr->column >= COLUMN_AGG);
        if (expr->column >= COLUMN_WINDOW) return expr;
        u32 column = g->group_count + expr->column - COLUMN_AGG;
        return bind_column_ref(g->b, column, expr->type, expr->position);
    }
    if (expr->arg_count == 0) return expr;
    struct expr *copy = arena_copy(g->b->arena, expr, sizeof *expr);
    copy->args = arena_array(g->b->arena, struct expr *, expr->arg_count);
    for (u32 i = 0; i < expr->arg_count; i++)
        copy->args[i] = group_read(g, expr->args[i]);
    return copy;
}

struct expr *bind_replace_column(struct binder *b, struct expr *expr, u32 from, u32 to)
{
    if (expr->kind == EXPR_COLUMN)
        return expr->column == from ? bind_column_ref(b, to, expr->type, expr->position) : expr;
    if (expr->arg_count == 0) return expr;
    struct expr *copy = arena_copy(b->arena, expr, sizeof *expr);
    copy->args = arena_array(b->arena, struct expr *, expr->arg_count);
    for (u32 i = 0; i < expr->arg_count; i++)
        copy->args[i] = bind_replace_column(b, expr->args[i], from, to);
    return copy;
}
