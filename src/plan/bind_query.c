/* Queries of all forms: WITH, VALUES, UNION and its kin, ORDER BY, LIMIT. */
#include "plan/bind_internal.h"
#include "plan/grow.h"

static enum status bind_values(struct scope *around, const struct syntax_select *select,
                               struct bind_query *query);
static enum status bind_set_query(struct scope *around, const struct syntax_select *select,
                                  struct bind_query *query);
static enum status bind_limits(struct scope *around, const struct syntax_select *select,
                               struct bind_query *query);
static void finish_inside(struct binder *b, struct bind_query *query);

enum status bind_query_any(struct scope *around, const struct syntax_select *select,
                           enum limits limits, bool keep_unknown, struct bind_query *query)
{
    struct binder *b = around->binder;
    struct with_entry *with = b->with;
    *query = (struct bind_query){ .limit = UINT64_MAX };
    enum status status = select->with ? bind_with(around, select->with) : OK;
    if (status == OK) switch (select->kind) {
        case SYNTAX_SELECT_PLAIN: status = bind_plain(around, select, keep_unknown, query); break;
        case SYNTAX_SELECT_VALUES: status = bind_values(around, select, query); break;
        case SYNTAX_SELECT_SET: status = bind_set_query(around, select, query); break;
        default: unreachable();
        }
    if (status == OK) status = bind_limits(around, select, query);
    b->with = with;
    if (status) return FAIL;
    if (limits == LIMITS_INSIDE) finish_inside(b, query);
    return OK;
}

/* ---- ORDER BY and LIMIT ---- */

struct logical_order bind_order_of(const struct syntax_order *order, u32 column)
{
    bool descending = order->direction == SYNTAX_ORDER_DESC;
    bool nulls_first =
        order->nulls == SYNTAX_NULLS_DEFAULT ? descending : order->nulls == SYNTAX_NULLS_FIRST;
    return (struct logical_order){ column, descending, nulls_first };
}

int bind_position(struct binder *b, const struct syntax_expr *syntax, const char *what, u32 count,
                  u32 *index)
{
    if (syntax->kind != SYNTAX_CONST) return 0;
    if (syntax->constant.kind != SYNTAX_CONST_INTEGER) {
        bind_fail(b, syntax->offset, "42601", "non-integer constant in %s", what);
        return -1;
    }
    i64 position = syntax->constant.integer;
    if (position < 1 || position > count) {
        bind_fail(b, syntax->offset, "42P10", "%s position %lld is not in select list", what,
                  (long long)position);
        return -1;
    }
    *index = (u32)position - 1;
    return 1;
}

i32 bind_leftmost(const struct syntax_expr *syntax)
{
    i32 left = -1;
    if (syntax->kind == SYNTAX_OP && syntax->op.left) left = bind_leftmost(syntax->op.left);
    if (syntax->kind == SYNTAX_CAST) left = bind_leftmost(syntax->cast.arg);
    return left >= 0 && left < syntax->offset ? left : syntax->offset;
}

/* The first column that stands in the plain operators of an expression, or NULL. */
static const struct syntax_expr *column_in(const struct syntax_expr *syntax)
{
    if (syntax->kind == SYNTAX_COLUMN) return syntax;
    if (syntax->kind == SYNTAX_CAST) return column_in(syntax->cast.arg);
    if (syntax->kind != SYNTAX_OP) return NULL;
    const struct syntax_expr *left = syntax->op.left ? column_in(syntax->op.left) : NULL;
    return left ? left : column_in(syntax->op.right);
}

/* The bigint of LIMIT or OFFSET; NULL leaves *out as it is. */
static enum status limit_value(struct scope *around, const struct syntax_expr *syntax,
                               enum clause clause, const char *what, u64 *out)
{
    struct binder *b = around->binder;
    struct scope scope = { .binder = b, .clause = clause, .outer = around->outer };
    const struct syntax_expr *column = column_in(syntax);
    if (column)
        return bind_fail(b, column->offset, "42P10", "argument of %s must not contain variables",
                         what);
    struct expr *expr = bind_expr(&scope, syntax);
    if (!expr) return FAIL;
    struct err unused;
    struct expr *number = expr;
    const struct func *func;
    bool is_free;
    if (expr->type.id != TYPE_UNKNOWN && expr->type.id != TYPE_INT8 &&
        func_find_cast(expr->type, TYPE(INT8), CAST_ASSIGNMENT, &func, &is_free, &unused)) {
        char name[64];
        type_name((struct type){ .id = expr->type.id }, name);
        return bind_fail(b, expr->position, "42804",
                         "argument of %s must be type bigint, not type %s", what, name);
    }
    number = bind_cast(b, expr, TYPE(INT8), CAST_ASSIGNMENT, expr->position);
    struct value value;
    if (!number || bind_constant(b, number, &value)) return FAIL;
    if (value.null) return OK;
    if (value.i < 0)
        return bind_fail(b, -1, clause == CLAUSE_LIMIT ? "2201W" : "2201X",
                         "%s must not be negative", what);
    *out = (u64)value.i;
    return OK;
}

static enum status bind_limits(struct scope *around, const struct syntax_select *select,
                               struct bind_query *query)
{
    if (select->has_ties)
        return bind_refuse(around->binder, -1, "FETCH FIRST … WITH TIES is not supported");
    if (select->offset &&
        limit_value(around, select->offset, CLAUSE_OFFSET, "OFFSET", &query->offset))
        return FAIL;
    if (select->limit && limit_value(around, select->limit, CLAUSE_LIMIT, "LIMIT", &query->limit))
        return FAIL;
    return OK;
}

/* An order without a limit means nothing inside; with one it is a node. What was only there to order
 * by goes. */
static void finish_inside(struct binder *b, struct bind_query *query)
{
    struct logical *node = query->root;
    if (query->limit != UINT64_MAX || query->offset) {
        node = logical_topk(b->arena, node, false, NULL);
        node->topk.orders = query->orders;
        node->topk.order_count = query->order_count;
        node->topk.limit = query->limit;
        node->topk.offset = query->offset;
    }
    u32 count = query->column_count;
    if (count < node->schema->column_count) {
        struct expr **exprs = arena_array(b->arena, struct expr *, count);
        const char **names = arena_array(b->arena, const char *, count);
        for (u32 c = 0; c < count; c++) {
            exprs[c] = bind_column_ref(b, c, node->schema->columns[c].type, -1);
            names[c] = node->schema->columns[c].name;
        }
        node = logical_project(b->arena, node, exprs, names, count);
    }
    query->root = node;
    query->orders = NULL;
    query->order_count = 0;
    query->limit = UINT64_MAX;
    query->offset = 0;
}

/* ---- WITH ---- */

static enum status with_names(struct binder *b, const struct syntax_cte *cte,
                              const struct schema *schema, struct with_entry *entry)
{
    entry->names = arena_array(b->arena, const char *, schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++)
        entry->names[c] = schema->columns[c].name;
    if (cte->columns.count > schema->column_count)
        return bind_fail(b, cte->offset, "42P10",
                         "WITH query \"%s\" has %u columns available but %u columns specified",
                         cte->name, schema->column_count, cte->columns.count);
    for (u32 c = 0; c < cte->columns.count; c++)
        entry->names[c] = cte->columns.items[c];
    return OK;
}

enum status bind_with(struct scope *around, const struct syntax_with *with)
{
    struct binder *b = around->binder;
    if (with->is_recursive) return bind_refuse(b, with->offset, "WITH RECURSIVE is not supported");
    for (u32 i = 0; i < with->count; i++) {
        const struct syntax_cte *cte = &with->items[i];
        for (u32 j = 0; j < i; j++)
            if (strcmp(with->items[j].name, cte->name) == 0)
                return bind_fail(b, cte->offset, "42712",
                                 "WITH query name \"%s\" specified more than once", cte->name);
        if (cte->query->kind != SYNTAX_SELECT)
            return bind_refuse(b, cte->offset,
                               "a statement that changes data is not supported in WITH");
        struct bind_query query;
        struct scope scope = { .binder = b, .outer = around->outer };
        if (bind_query_any(&scope, cte->query->select, LIMITS_INSIDE, false, &query)) return FAIL;
        struct with_entry *entry = arena_new(b->arena, struct with_entry);
        entry->name = cte->name;
        entry->shared = arena_new(b->arena, struct logical_shared);
        *entry->shared = (struct logical_shared){ .name = cte->name,
                                                  .body = query.root,
                                                  .id = b->shared_count++ };
        if (with_names(b, cte, query.root->schema, entry)) return FAIL;
        entry->outer = b->with;
        b->with = entry;
    }
    return OK;
}

/* ---- VALUES ---- */

/* One column of all rows, brought to one type. */
static enum status values_column(struct scope *scope, const struct syntax_select *select,
                                 u32 column, struct value **rows, struct type *type)
{
    struct binder *b = scope->binder;
    u32 row_count = select->values.row_count;
    struct expr **exprs = arena_array(b->arena, struct expr *, row_count);
    for (u32 r = 0; r < row_count; r++) {
        exprs[r] = bind_expr(scope, select->values.rows[r].items[column]);
        if (!exprs[r]) return FAIL;
        if (!expr_is_constant(exprs[r]))
            return bind_refuse(b, exprs[r]->position, "this is not supported in VALUES");
    }
    if (bind_common(b, exprs, row_count, "VALUES", type)) return FAIL;
    for (u32 r = 0; r < row_count; r++)
        if (bind_constant(b, exprs[r], &rows[r][column])) return FAIL;
    return OK;
}

/* ORDER BY of VALUES and of sets: only names and positions of result columns. */
static enum status order_by_result(struct binder *b, const struct syntax_orders *orders,
                                   struct bind_query *query)
{
    const struct schema *schema = query->root->schema;
    query->orders = arena_array(b->arena, struct logical_order, orders->count);
    for (u32 i = 0; i < orders->count; i++) {
        const struct syntax_expr *expr = orders->items[i].expr;
        u32 index = 0;
        int found = bind_position(b, expr, "ORDER BY", schema->column_count, &index);
        bool is_name = expr->kind == SYNTAX_COLUMN && expr->column.names.count == 1;
        for (u32 c = 0; found == 0 && is_name && c < schema->column_count; c++) {
            if (strcmp(schema->columns[c].name, expr->column.names.items[0]) != 0) continue;
            index = c;
            found = 1;
        }
        if (found < 0) return FAIL;
        if (found == 0 && is_name)
            return bind_fail(b, expr->offset, "42703", "column \"%s\" does not exist",
                             expr->column.names.items[0]);
        if (found == 0) {
            bind_fail(b, bind_leftmost(expr), "0A000",
                      "invalid UNION/INTERSECT/EXCEPT ORDER BY clause");
            err_detail(b->err,
                       "Only result column names can be used, not expressions or functions.");
            return err_hint(b->err, "Add the expression/function to every SELECT, or move the "
                                    "UNION into a FROM clause.");
        }
        query->orders[query->order_count++] = bind_order_of(&orders->items[i], index);
    }
    return OK;
}

static enum status bind_values(struct scope *around, const struct syntax_select *select,
                               struct bind_query *query)
{
    struct binder *b = around->binder;
    struct scope scope = { .binder = b, .clause = CLAUSE_VALUES, .outer = around->outer };
    u32 row_count = select->values.row_count, column_count = select->values.rows[0].count;
    if (column_count == 0 || column_count > SCHEMA_COLUMN_COUNT_MAX)
        return bind_fail(b, -1, "54011", "target lists can have at most %d entries",
                         SCHEMA_COLUMN_COUNT_MAX);
    struct value **rows = arena_array(b->arena, struct value *, row_count);
    for (u32 r = 0; r < row_count; r++)
        rows[r] = arena_array(b->arena, struct value, column_count);
    struct schema_column *columns = arena_array(b->arena, struct schema_column, column_count);
    for (u32 c = 0; c < column_count; c++) {
        columns[c].name = arena_format(b->arena, "column%u", c + 1);
        if (values_column(&scope, select, c, rows, &columns[c].type)) return FAIL;
        columns[c].not_null = true;
        for (u32 r = 0; r < row_count; r++)
            if (rows[r][c].null) columns[c].not_null = false;
    }
    query->root = logical_constant(b->arena, rows, row_count, columns, column_count);
    query->column_count = column_count;
    return order_by_result(b, &select->order, query);
}

/* ---- UNION, INTERSECT, EXCEPT ---- */

enum status bind_cast_columns(struct binder *b, struct logical **node, const struct type *types,
                              u32 count)
{
    struct logical *input = *node;
    const struct schema *schema = input->schema;
    bool is_same = true;
    for (u32 c = 0; c < count; c++)
        if (!type_equal(schema->columns[c].type, types[c])) is_same = false;
    if (is_same) return OK;
    bool is_project = input->kind == LOGICAL_PROJECT;
    u32 width = schema->column_count;
    struct expr **exprs = arena_array(b->arena, struct expr *, width);
    const char **names = arena_array(b->arena, const char *, width);
    for (u32 c = 0; c < width; c++) {
        names[c] = schema->columns[c].name;
        exprs[c] = is_project ? input->project.exprs[c]
                              : bind_column_ref(b, c, schema->columns[c].type, -1);
        if (c >= count) continue;
        exprs[c] = bind_cast(b, exprs[c], types[c], CAST_IMPLICIT, exprs[c]->position);
        if (!exprs[c]) return FAIL;
    }
    *node = logical_project(b->arena, is_project ? input->inputs[0] : input, exprs, names, width);
    return OK;
}

static i32 side_position(const struct logical *node, u32 column)
{
    return node->kind == LOGICAL_PROJECT ? node->project.exprs[column]->position : -1;
}

static const char *set_word(enum syntax_set_kind kind)
{
    switch (kind) {
    case SYNTAX_SET_UNION: return "UNION";
    case SYNTAX_SET_INTERSECT: return "INTERSECT";
    case SYNTAX_SET_EXCEPT: return "EXCEPT";
    }
    unreachable();
}

static enum status set_match(struct binder *b, enum syntax_set_kind kind, struct logical **sides)
{
    const char *word = set_word(kind);
    u32 count = sides[0]->schema->column_count;
    if (count != sides[1]->schema->column_count)
        return bind_fail(b, side_position(sides[1], 0), "42601",
                         "each %s query must have the same number of columns", word);
    struct type *types = arena_array(b->arena, struct type, count);
    for (u32 c = 0; c < count; c++) {
        struct type both[2] = { sides[0]->schema->columns[c].type,
                                sides[1]->schema->columns[c].type };
        if (func_common_type(both, 2, word, &types[c], b->err))
            return bind_at(b, side_position(sides[1], c));
    }
    for (u32 i = 0; i < 2; i++)
        if (bind_cast_columns(b, &sides[i], types, count)) return FAIL;
    return OK;
}

static struct logical *set_union(struct binder *b, bool is_all, struct logical **sides)
{
    struct logical *node = logical_union(b->arena, sides, 2);
    if (is_all) return node;
    u32 count = node->schema->column_count;
    u32 *groups = arena_array(b->arena, u32, count);
    for (u32 c = 0; c < count; c++)
        groups[c] = c;
    return logical_aggregate(b->arena, node, groups, count, count, NULL, NULL, 0);
}

/* The side's columns and behind them whether the row is of the first, and of the second side. */
static struct logical *set_mark(struct binder *b, struct logical *side, bool is_first)
{
    struct expr *marks[2] = { bind_const_bool(b, is_first, -1), bind_const_bool(b, !is_first, -1) };
    u32 places[2];
    return bind_extend(b, side, marks, 2, places);
}

static struct expr *set_function(struct binder *b, const char *name, enum func_kind kind,
                                 struct expr *left, struct expr *right)
{
    struct expr *args[2] = { left, right };
    return bind_call(b, name, kind, args, 2, -1);
}

/* Rows with their numbers on both sides, for INTERSECT ALL and EXCEPT ALL: as many copies come out as
 * generate_series(1, n) has rows. */
static struct logical *set_copies(struct binder *b, enum syntax_set_kind kind,
                                  struct logical *counted, u32 width)
{
    struct expr *left = bind_column_ref(b, width, TYPE(INT8), -1);
    struct expr *right = bind_column_ref(b, width + 1, TYPE(INT8), -1);
    struct expr **args = arena_array(b->arena, struct expr *, 2);
    args[0] = bind_const_int(b, TYPE(INT8), 1, -1);
    args[1] = kind == SYNTAX_SET_INTERSECT ? set_function(b, "least", FUNC_PLAIN, left, right)
                                           : set_function(b, "-", FUNC_OPERATOR, left, right);
    if (!args[1]) return NULL;
    return logical_flatten(b->arena, counted, LOGICAL_GENERATE_SERIES, args, 2, "copy", TYPE(INT8));
}

static struct logical *set_presence(struct binder *b, enum syntax_set_kind kind,
                                    struct logical *counted, u32 width)
{
    struct expr **items = arena_array(b->arena, struct expr *, 2);
    for (u32 i = 0; i < 2; i++) {
        bool is_wanted = i == 0 || kind == SYNTAX_SET_INTERSECT;
        items[i] = set_function(b, is_wanted ? ">" : "=", FUNC_OPERATOR,
                                bind_column_ref(b, width + i, TYPE(INT8), -1),
                                bind_const_int(b, TYPE(INT8), 0, -1));
        if (!items[i]) return NULL;
    }
    return logical_filter(b->arena, counted, items, 2);
}

/* INTERSECT and EXCEPT count each row on both sides, and look at the numbers. */
static struct logical *set_counted(struct binder *b, const struct syntax_select *select,
                                   struct logical **sides)
{
    static const char *const call_names[2] = { "left", "right" };
    enum syntax_set_kind kind = select->set.kind;
    u32 width = sides[0]->schema->column_count;
    for (u32 i = 0; i < 2; i++)
        sides[i] = set_mark(b, sides[i], i == 0);
    struct logical *both = logical_union(b->arena, sides, 2);
    u32 *groups = arena_array(b->arena, u32, width);
    for (u32 c = 0; c < width; c++)
        groups[c] = c;
    struct logical_call *calls = arena_array(b->arena, struct logical_call, 2);
    for (u32 i = 0; i < 2; i++)
        calls[i] = (struct logical_call){ .kind = AGG_COUNT_ROWS,
                                          .column = LOGICAL_NO_COLUMN,
                                          .filter = width + i,
                                          .type = TYPE(INT8) };
    struct logical *node =
        logical_aggregate(b->arena, both, groups, width, width, calls, call_names, 2);
    node =
        select->set.is_all ? set_copies(b, kind, node, width) : set_presence(b, kind, node, width);
    if (!node) return NULL;
    struct expr **exprs = arena_array(b->arena, struct expr *, width);
    const char **names = arena_array(b->arena, const char *, width);
    for (u32 c = 0; c < width; c++) {
        exprs[c] = bind_column_ref(b, c, node->schema->columns[c].type, -1);
        names[c] = node->schema->columns[c].name;
    }
    return logical_project(b->arena, node, exprs, names, width);
}

static enum status bind_set_query(struct scope *around, const struct syntax_select *select,
                                  struct bind_query *query)
{
    struct binder *b = around->binder;
    struct logical *sides[2];
    for (u32 i = 0; i < 2; i++) {
        struct bind_query side;
        const struct syntax_select *part = i == 0 ? select->set.left : select->set.right;
        if (bind_query_any(around, part, LIMITS_INSIDE, true, &side)) return FAIL;
        sides[i] = side.root;
    }
    if (set_match(b, select->set.kind, sides)) return FAIL;
    query->root = select->set.kind == SYNTAX_SET_UNION ? set_union(b, select->set.is_all, sides)
                                                       : set_counted(b, select, sides);
    if (!query->root) return FAIL;
    query->column_count = query->root->schema->column_count;
    return order_by_result(b, &select->order, query);
}
