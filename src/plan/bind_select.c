/* SELECT with its clauses, in the order in which PostgreSQL looks at them. */
#include "plan/bind_internal.h"
#include "plan/grow.h"

/* One SELECT on its way. The first visible targets are the result's columns, those behind them are
 * only there to order by. */
struct plain {
    struct binder *b;
    const struct syntax_select *select;
    struct scope scope;
    struct from from;
    struct collect collect;
    struct logical *node;
    struct expr **exprs;
    const char **names;
    u32 count;
    u32 visible;
    struct expr **having;
    u32 having_count;
    struct group_clause group;
    struct logical_order *orders; /* columns are targets */
    i32 *order_offsets;
    u32 order_count;
    u32 *distinct_on; /* targets */
    u32 distinct_on_count;
};

static enum status plain_check(struct plain *p);
static enum status plain_targets(struct plain *p);
static enum status plain_where(struct plain *p);
static enum status plain_having(struct plain *p);
static enum status plain_order(struct plain *p);
static enum status plain_group(struct plain *p);
static enum status plain_distinct_on(struct plain *p);
static enum status plain_settle(struct plain *p, bool keep_unknown);
static enum status plain_aggregate(struct plain *p);
static void plain_windows(struct plain *p);
static void plain_series(struct plain *p);
static enum status plain_distinct(struct plain *p);

enum status bind_plain(struct scope *around, const struct syntax_select *select, bool keep_unknown,
                       struct bind_query *query)
{
    struct plain p = { .b = around->binder, .select = select };
    p.collect.named = select->plain.windows;
    p.collect.named_count = select->plain.window_count;
    p.scope = (struct scope){
        .binder = p.b, .from = &p.from, .collect = &p.collect, .outer = around->outer
    };
    if (plain_check(&p) || bind_froms(around, &select->plain.from, &p.from)) return FAIL;
    p.node = p.from.node;
    if (plain_targets(&p) || plain_where(&p) || plain_having(&p)) return FAIL;
    if (plain_order(&p) || plain_group(&p) || plain_distinct_on(&p)) return FAIL;
    if (plain_settle(&p, keep_unknown) || plain_aggregate(&p)) return FAIL;
    plain_windows(&p);
    plain_series(&p);
    p.node = logical_project(p.b->arena, p.node, p.exprs, p.names, p.count);
    if (plain_distinct(&p)) return FAIL;
    query->root = p.node;
    query->column_count = p.visible;
    query->orders = p.orders;
    query->order_count = p.order_count;
    return OK;
}

static enum status plain_check(struct plain *p)
{
    if (p->select->locking_count)
        return bind_refuse(p->b, -1, "FOR UPDATE and FOR SHARE are not supported");
    if (p->select->plain.targets.count == 0)
        return bind_refuse(p->b, -1, "a SELECT without columns is not supported");
    return OK;
}

/* ---- The select list ---- */

static enum status target_push(struct plain *p, struct expr *expr, const char *name)
{
    if (p->count == SCHEMA_COLUMN_COUNT_MAX)
        return bind_fail(p->b, -1, "54011", "target lists can have at most %d entries",
                         SCHEMA_COLUMN_COUNT_MAX);
    u32 name_count = p->count;
    grow_push(p->b->arena, p->names, name_count, name);
    grow_push(p->b->arena, p->exprs, p->count, expr);
    return OK;
}

static enum status target_column(struct plain *p, u32 column, const char *name, i32 offset)
{
    struct type type = p->from.node->schema->columns[column].type;
    return target_push(p, bind_column_ref(p->b, column, type, offset), name);
}

/* `*`, or `t.*`. */
static enum status target_star(struct plain *p, const struct syntax_expr *star)
{
    const struct syntax_names *names = &star->column.names;
    if (names->count == 0 && p->from.name_count == 0)
        return bind_fail(p->b, star->offset, "42601",
                         "SELECT * with no tables specified is not valid");
    for (u32 i = 0; names->count == 0 && i < p->from.name_count; i++) {
        const struct from_name *name = &p->from.names[i];
        if (target_column(p, name->column, name->name, star->offset)) return FAIL;
    }
    if (names->count == 0) return OK;
    const struct from_item *item = bind_name_item(&p->scope, names, names->count, star->offset);
    if (!item) return FAIL;
    for (u32 c = 0; c < item->count; c++)
        if (target_column(p, item->columns[c], item->names[c], star->offset)) return FAIL;
    return OK;
}

static enum status plain_targets(struct plain *p)
{
    p->scope.clause = CLAUSE_SELECT;
    for (u32 i = 0; i < p->select->plain.targets.count; i++) {
        const struct syntax_target *target = &p->select->plain.targets.items[i];
        if (target->expr->kind == SYNTAX_COLUMN && target->expr->column.is_star) {
            if (target_star(p, target->expr)) return FAIL;
            continue;
        }
        struct expr *expr = bind_expr(&p->scope, target->expr);
        const char *name = target->alias ? target->alias : bind_name_for(target->expr);
        if (!expr || target_push(p, expr, name)) return FAIL;
    }
    p->visible = p->count;
    return OK;
}

/* ---- WHERE and HAVING ---- */

static enum status plain_where(struct plain *p)
{
    const struct syntax_expr *where = p->select->plain.where;
    if (!where) return OK;
    struct scope scope = p->scope;
    scope.clause = CLAUSE_WHERE;
    scope.collect = NULL;
    struct expr *condition = bind_boolean(&scope, where, "WHERE");
    if (!condition) return FAIL;
    struct expr **items = NULL;
    u32 count = 0;
    bind_split_and(p->b, condition, &items, &count);
    p->node = logical_filter(p->b->arena, p->node, items, count);
    return OK;
}

static enum status plain_having(struct plain *p)
{
    const struct syntax_expr *having = p->select->plain.having;
    if (!having) return OK;
    p->group.is_written = true;
    p->scope.clause = CLAUSE_HAVING;
    struct expr *condition = bind_boolean(&p->scope, having, "HAVING");
    if (!condition) return FAIL;
    bind_split_and(p->b, condition, &p->having, &p->having_count);
    return OK;
}

/* ---- Names and positions of the select list in ORDER BY, GROUP BY, DISTINCT ON ---- */

static const char *simple_name(const struct syntax_expr *syntax)
{
    bool is_simple =
        syntax->kind == SYNTAX_COLUMN && !syntax->column.is_star && syntax->column.names.count == 1;
    return is_simple ? syntax->column.names.items[0] : NULL;
}

/* 1: the target of this name is *index; 0: there is none; -1: several that differ, err is filled. */
static int target_named(struct plain *p, const struct syntax_expr *syntax, const char *what,
                        u32 *index)
{
    const char *name = simple_name(syntax);
    int found = 0;
    for (u32 i = 0; name && i < p->visible; i++) {
        if (strcmp(p->names[i], name) != 0) continue;
        if (found && !expr_equal(p->exprs[i], p->exprs[*index])) {
            bind_fail(p->b, syntax->offset, "42702", "%s \"%s\" is ambiguous", what, name);
            return -1;
        }
        if (!found) *index = i;
        found = 1;
    }
    return found;
}

/* The target that an item of ORDER BY or DISTINCT ON means; one that is not shown is added. */
static enum status target_of(struct plain *p, const struct syntax_expr *syntax, const char *what,
                             u32 *index)
{
    int found = target_named(p, syntax, what, index);
    if (found == 0) found = bind_position(p->b, syntax, what, p->visible, index);
    if (found) return found > 0 ? OK : FAIL;
    struct expr *expr = bind_expr(&p->scope, syntax);
    if (!expr || !(expr = bind_settle_unknown(p->b, expr))) return FAIL;
    for (*index = 0; *index < p->count; ++*index)
        if (expr_equal(p->exprs[*index], expr)) return OK;
    return target_push(p, expr, "order");
}

static enum status plain_order(struct plain *p)
{
    const struct syntax_orders *orders = &p->select->order;
    p->scope.clause = CLAUSE_ORDER;
    p->orders = arena_array(p->b->arena, struct logical_order, orders->count);
    p->order_offsets = arena_array(p->b->arena, i32, orders->count);
    for (u32 i = 0; i < orders->count; i++) {
        u32 index;
        const struct syntax_order *order = &orders->items[i];
        if (target_of(p, order->expr, "ORDER BY", &index)) return FAIL;
        bool is_new = true;
        for (u32 j = 0; j < p->order_count; j++)
            if (p->orders[j].column == index) is_new = false;
        if (!is_new) continue;
        p->order_offsets[p->order_count] = bind_leftmost(order->expr);
        p->orders[p->order_count++] = bind_order_of(order, index);
    }
    return OK;
}

static enum status plain_distinct_on(struct plain *p)
{
    const struct syntax_exprs *on = &p->select->plain.distinct_on;
    if (on->count == 0) return OK;
    p->scope.clause = CLAUSE_DISTINCT_ON;
    p->distinct_on = arena_array(p->b->arena, u32, on->count);
    for (u32 i = 0; i < on->count; i++) {
        u32 index;
        if (target_of(p, on->items[i], "DISTINCT ON", &index)) return FAIL;
        p->distinct_on[p->distinct_on_count++] = index;
    }
    return OK;
}

/* ---- GROUP BY ---- */

static enum status group_item(struct plain *p, const struct syntax_group *group)
{
    if (group->kind == SYNTAX_GROUP_EMPTY) return OK;
    if (group->kind != SYNTAX_GROUP_EXPR)
        return bind_refuse(p->b, group->offset, "GROUPING SETS, ROLLUP and CUBE are not supported");
    const struct syntax_expr *syntax = group->expr;
    const char *name = simple_name(syntax);
    u32 index, column;
    int found = 0;
    if (!name || !bind_name_find(&p->scope, name, &column))
        found = target_named(p, syntax, "GROUP BY", &index);
    if (found == 0) found = bind_position(p->b, syntax, "GROUP BY", p->visible, &index);
    if (found < 0) return FAIL;
    struct expr *expr = found ? p->exprs[index] : bind_expr(&p->scope, syntax);
    if (!expr || !(expr = bind_settle_unknown(p->b, expr))) return FAIL;
    if (found) p->exprs[index] = expr;
    grow_push(p->b->arena, p->group.groups, p->group.group_count, expr);
    return OK;
}

static enum status group_refuse_collected(struct plain *p, const struct expr *expr)
{
    if (expr->kind == EXPR_COLUMN && expr->column >= COLUMN_SERIES)
        return bind_refuse(p->b, expr->position,
                           "set-returning functions are not supported in GROUP BY");
    if (expr->kind == EXPR_COLUMN && expr->column >= COLUMN_WINDOW)
        return bind_fail(p->b, expr->position, "42P20",
                         "window functions are not allowed in GROUP BY");
    if (expr->kind == EXPR_COLUMN && expr->column >= COLUMN_AGG)
        return bind_fail(p->b, expr->position, "42803",
                         "aggregate functions are not allowed in GROUP BY");
    for (u32 i = 0; i < expr->arg_count; i++)
        if (group_refuse_collected(p, expr->args[i])) return FAIL;
    return OK;
}

static enum status plain_group(struct plain *p)
{
    if (p->select->plain.is_group_distinct)
        return bind_refuse(p->b, -1, "GROUP BY DISTINCT is not supported");
    if (p->select->plain.group_count) p->group.is_written = true;
    p->scope.clause = CLAUSE_GROUP;
    p->scope.collect = NULL;
    for (u32 i = 0; i < p->select->plain.group_count; i++)
        if (group_item(p, &p->select->plain.groups[i])) return FAIL;
    p->scope.collect = &p->collect;
    for (u32 i = 0; i < p->group.group_count; i++)
        if (group_refuse_collected(p, p->group.groups[i])) return FAIL;
    return OK;
}

/* ---- From expressions to nodes ---- */

/* Literals that nothing gave a type are text, unless the query around decides. */
static enum status plain_settle(struct plain *p, bool keep_unknown)
{
    if (p->select->plain.is_distinct || p->order_count) keep_unknown = false;
    for (u32 i = 0; i < p->count && !keep_unknown; i++)
        if (!(p->exprs[i] = bind_settle_unknown(p->b, p->exprs[i]))) return FAIL;
    return OK;
}

/* Everywhere that an expression of this SELECT is kept. */
static struct expr ***plain_slots(struct plain *p, u32 *count)
{
    struct expr ***slots = NULL;
    for (u32 i = 0; i < p->count; i++)
        grow_push(p->b->arena, slots, *count, &p->exprs[i]);
    for (u32 i = 0; i < p->having_count; i++)
        grow_push(p->b->arena, slots, *count, &p->having[i]);
    for (u32 i = 0; i < p->collect.window_count; i++) {
        struct window_use *use = &p->collect.windows[i];
        for (u32 j = 0; j < use->partition_count; j++)
            grow_push(p->b->arena, slots, *count, &use->partition[j]);
        for (u32 j = 0; j < use->order_count; j++)
            grow_push(p->b->arena, slots, *count, &use->order[j]);
    }
    for (u32 i = 0; i < p->collect.series_count; i++)
        for (u32 j = 0; j < p->collect.series[i].arg_count; j++)
            grow_push(p->b->arena, slots, *count, &p->collect.series[i].args[j]);
    return slots;
}

static enum status plain_aggregate(struct plain *p)
{
    if (p->collect.agg_count == 0 && !p->group.is_written) return OK;
    u32 slot_count = 0;
    struct expr ***slots = plain_slots(p, &slot_count);
    if (bind_group(&p->scope, &p->group, &p->node, slots, slot_count)) return FAIL;
    if (p->having_count) p->node = logical_filter(p->b->arena, p->node, p->having, p->having_count);
    return OK;
}

struct logical *bind_extend(struct binder *b, struct logical *node, struct expr **exprs, u32 count,
                            u32 *places)
{
    u32 width = node->schema->column_count, total = width;
    struct expr **all = arena_array(b->arena, struct expr *, width + count);
    const char **names = arena_array(b->arena, const char *, width + count);
    for (u32 c = 0; c < width; c++) {
        all[c] = bind_column_ref(b, c, node->schema->columns[c].type, -1);
        names[c] = node->schema->columns[c].name;
    }
    for (u32 i = 0; i < count; i++) {
        if (exprs[i]->kind == EXPR_COLUMN) {
            places[i] = exprs[i]->column;
            continue;
        }
        places[i] = total;
        all[total] = exprs[i];
        names[total] = arena_format(b->arena, "expr%u", total - width + 1);
        total++;
    }
    return total == width ? node : logical_project(b->arena, node, all, names, total);
}

static void plain_replace(struct plain *p, u32 from, u32 to)
{
    u32 slot_count = 0;
    struct expr ***slots = plain_slots(p, &slot_count);
    for (u32 i = 0; i < slot_count; i++)
        *slots[i] = bind_replace_column(p->b, *slots[i], from, to);
}

static void plain_windows(struct plain *p)
{
    for (u32 i = 0; i < p->collect.window_count; i++) {
        const struct window_use *use = &p->collect.windows[i];
        u32 *partition = arena_array(p->b->arena, u32, use->partition_count);
        u32 *order = arena_array(p->b->arena, u32, use->order_count);
        p->node = bind_extend(p->b, p->node, use->partition, use->partition_count, partition);
        p->node = bind_extend(p->b, p->node, use->order, use->order_count, order);
        p->node = logical_topk(p->b->arena, p->node, true, "row_number");
        p->node->topk.partition = partition;
        p->node->topk.partition_count = use->partition_count;
        p->node->topk.orders = use->orders;
        p->node->topk.order_count = use->order_count;
        p->node->topk.offset_in_text = p->b->text.size ? use->offset : -1;
        for (u32 j = 0; j < use->order_count; j++)
            p->node->topk.orders[j].column = order[j];
        plain_replace(p, COLUMN_WINDOW + i, p->node->schema->column_count - 1);
    }
}

static void plain_series(struct plain *p)
{
    for (u32 i = 0; i < p->collect.series_count; i++) {
        const struct series_use *use = &p->collect.series[i];
        const char *name =
            use->function == LOGICAL_GENERATE_SERIES ? "generate_series" : "regexp_split_to_table";
        p->node = logical_flatten(p->b->arena, p->node, use->function, use->args, use->arg_count,
                                  name, use->type);
        plain_replace(p, COLUMN_SERIES + i, p->node->schema->column_count - 1);
    }
}

/* ---- DISTINCT ---- */

/* The columns of DISTINCT ON must come first in ORDER BY, so that "the first row" has a meaning. */
static enum status distinct_on_check(struct plain *p)
{
    bool *is_matched = arena_array(p->b->arena, bool, p->distinct_on_count);
    bool has_skipped = false;
    for (u32 i = 0; i <= p->order_count; i++) {
        bool is_end = i == p->order_count, is_on = false;
        for (u32 j = 0; j < p->distinct_on_count; j++) {
            bool is_same = !is_end && p->distinct_on[j] == p->orders[i].column;
            if (has_skipped && (is_same || (is_end && !is_matched[j])))
                return bind_fail(p->b, bind_leftmost(p->select->plain.distinct_on.items[j]),
                                 "42P10",
                                 "SELECT DISTINCT ON expressions must match initial "
                                 "ORDER BY expressions");
            if (is_same) is_on = is_matched[j] = true;
        }
        if (!is_on) has_skipped = true;
    }
    return OK;
}

static enum status plain_distinct(struct plain *p)
{
    if (!p->select->plain.is_distinct) return OK;
    if (p->distinct_on_count) {
        if (distinct_on_check(p)) return FAIL;
        p->node = logical_topk(p->b->arena, p->node, false, NULL);
        p->node->topk.partition = p->distinct_on;
        p->node->topk.partition_count = p->distinct_on_count;
        p->node->topk.orders = p->orders;
        p->node->topk.order_count = p->order_count;
        p->node->topk.limit = 1;
        return OK;
    }
    for (u32 i = 0; i < p->order_count; i++)
        if (p->orders[i].column >= p->visible)
            return bind_fail(p->b, p->order_offsets[i], "42P10",
                             "for SELECT DISTINCT, ORDER BY expressions must appear in select "
                             "list");
    u32 *groups = arena_array(p->b->arena, u32, p->count);
    for (u32 i = 0; i < p->count; i++)
        groups[i] = i;
    p->node = logical_aggregate(p->b->arena, p->node, groups, p->count, p->count, NULL, NULL, 0);
    return OK;
}
