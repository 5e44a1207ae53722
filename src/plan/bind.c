#include "plan/bind_internal.h"

#include <stdarg.h>
#include <stdio.h>

#include "plan/grow.h"

static void err_place(struct binder *b, i32 offset)
{
    if (offset >= 0 && b->text.size > 0) b->err->position = syntax_position(b->text, offset);
}

enum status bind_fail(struct binder *b, i32 offset, const char *sqlstate, const char *format, ...)
{
    char message[sizeof b->err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    err_set(b->err, sqlstate, "%s", message);
    err_place(b, offset);
    return FAIL;
}

enum status bind_refuse(struct binder *b, i32 offset, const char *format, ...)
{
    char message[sizeof b->err->message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    return bind_fail(b, offset, "0A000", "%s", message);
}

enum status bind_at(struct binder *b, i32 offset)
{
    if (b->err->position == 0) err_place(b, offset);
    return FAIL;
}

void bind_use(struct binder *b, struct catalog_relation *relation)
{
    for (u32 i = 0; i < b->uses.count; i++)
        if (b->uses.items[i] == relation) return;
    grow_push(b->arena, b->uses.items, b->uses.count, relation);
}

struct binder bind_begin(const struct bind_options *options, struct err *err)
{
    return (struct binder){
        .options = options, .arena = options->arena, .err = err, .text = options->text
    };
}

enum status bind_select(const struct bind_options *options, const struct syntax_select *select,
                        struct bind_query *query, struct err *err)
{
    struct binder b = bind_begin(options, err);
    struct scope scope = { .binder = &b };
    if (bind_query_any(&scope, select, LIMITS_LEFT, false, query)) return FAIL;
    query->uses = b.uses;
    return OK;
}

enum status bind_relation(const struct bind_options *options, struct catalog_relation *relation,
                          bool is_kept, struct bind_query *query, struct err *err)
{
    struct binder b = bind_begin(options, err);
    b.is_view = is_kept;
    struct scope scope = { .binder = &b };
    struct logical *root = bind_relation_node(&scope, relation, -1);
    if (!root) return FAIL;
    *query = (struct bind_query){ .root = root,
                                  .column_count = root->schema->column_count,
                                  .limit = UINT64_MAX,
                                  .uses = b.uses };
    return OK;
}

/* ---- Views ---- */

/* The view's own names, each once. */
static enum status view_names(struct binder *b, const struct syntax_names *columns,
                              struct logical **root)
{
    struct logical *node = *root;
    u32 count = node->schema->column_count;
    if (columns->count > count)
        return bind_fail(b, -1, "42601", "CREATE VIEW specifies more column names than columns");
    struct expr **exprs = arena_array(b->arena, struct expr *, count);
    const char **names = arena_array(b->arena, const char *, count);
    for (u32 c = 0; c < count; c++) {
        const struct schema_column *column = &node->schema->columns[c];
        exprs[c] = bind_column_ref(b, c, column->type, -1);
        names[c] = c < columns->count ? columns->items[c] : column->name;
        for (u32 i = 0; i < c; i++)
            if (strcmp(names[i], names[c]) == 0)
                return bind_fail(b, -1, "42701", "column \"%s\" specified more than once",
                                 names[c]);
    }
    if (columns->count) *root = logical_project(b->arena, node, exprs, names, count);
    return OK;
}

enum status bind_view(const struct bind_options *options, const struct syntax_create_view *view,
                      struct bind_query *query, struct err *err)
{
    struct binder b = bind_begin(options, err);
    b.is_view = view->is_materialized;
    struct scope scope = { .binder = &b };
    if (bind_query_any(&scope, view->query, LIMITS_INSIDE, false, query)) return FAIL;
    if (query->root->schema->column_count > SCHEMA_COLUMN_COUNT_MAX)
        return bind_fail(&b, -1, "54011", "tables can have at most %d columns",
                         SCHEMA_COLUMN_COUNT_MAX);
    if (view_names(&b, &view->columns, &query->root)) return FAIL;
    query->uses = b.uses;
    return OK;
}

/* ---- DEFAULT ---- */

static bool has_volatile(const struct expr *expr)
{
    if (expr->kind == EXPR_CALL && expr->func->volatility == FUNC_VOLATILE) return true;
    for (u32 i = 0; i < expr->arg_count; i++)
        if (has_volatile(expr->args[i])) return true;
    return false;
}

enum status bind_check_volatile(struct binder *b, const struct expr *expr)
{
    bool is_root = expr->kind == EXPR_CALL && expr->func->volatility == FUNC_VOLATILE;
    if (is_root || !has_volatile(expr)) return OK;
    return bind_refuse(b, expr->position,
                       "a call whose result changes is only supported as the whole value");
}

struct expr *bind_default_expr(struct binder *b, const struct catalog_relation *table, u32 column)
{
    const struct schema_column *target = &table->row->columns[column];
    const struct syntax_expr *syntax = table->defaults ? table->defaults[column] : NULL;
    if (!syntax) return bind_const_null(b, target->type, -1);
    struct scope scope = { .binder = b, .clause = CLAUSE_DEFAULT };
    struct expr *expr = bind_expr(&scope, syntax);
    if (!expr) return NULL;
    struct err unused;
    const struct func *func;
    bool is_free;
    if (expr->type.id != TYPE_UNKNOWN && expr->type.id != target->type.id &&
        func_find_cast(expr->type, target->type, CAST_ASSIGNMENT, &func, &is_free, &unused)) {
        char to[64], from[64];
        type_name((struct type){ .id = target->type.id }, to);
        type_name((struct type){ .id = expr->type.id }, from);
        bind_fail(b, -1, "42804",
                  "column \"%s\" is of type %s but default expression is of type %s", target->name,
                  to, from);
        err_hint(b->err, "You will need to rewrite or cast the expression.");
        return NULL;
    }
    expr = bind_cast(b, expr, target->type, CAST_ASSIGNMENT, expr->position);
    return expr && !bind_check_volatile(b, expr) ? expr : NULL;
}

enum status bind_default(const struct bind_options *options, const struct catalog_relation *table,
                         u32 column, struct expr **expr, bool *uses_now, struct err *err)
{
    struct binder b = bind_begin(options, err);
    b.text = SLICE("");
    *expr = bind_default_expr(&b, table, column);
    *uses_now = b.uses_now;
    return *expr ? OK : FAIL;
}

enum status bind_defaults_check(const struct bind_options *options,
                                const struct catalog_relation *table, struct err *err)
{
    struct binder b = bind_begin(options, err);
    for (u32 c = 0; c < table->row->column_count; c++)
        if (!bind_default_expr(&b, table, c)) return FAIL;
    return OK;
}

/* ---- CREATE INDEX ---- */

static enum status index_check(struct binder *b, const struct syntax_create_index *index,
                               const struct catalog_relation *relation)
{
    i32 offset = index->relation.offset;
    bool is_kept = relation->kind == CATALOG_TABLE || relation->kind == CATALOG_SOURCE ||
                   relation->kind == CATALOG_MATERIALIZED_VIEW;
    if (!is_kept) {
        bind_fail(b, offset, "42809", "cannot create index on relation \"%s\"", relation->name);
        return err_detail(b->err, "This operation is not supported for %ss.",
                          catalog_kind_name(relation->kind));
    }
    if (index->where) return bind_refuse(b, offset, "partial indexes are not supported");
    if (index->include.count) return bind_refuse(b, offset, "INCLUDE is not supported");
    if (index->options.count) return bind_refuse(b, offset, "options of indexes are not supported");
    if (index->is_unique && relation->kind == CATALOG_MATERIALIZED_VIEW)
        return bind_refuse(b, offset,
                           "a unique index on a materialized view is not supported: its rows "
                           "follow from its query");
    if (strcmp(index->method, "btree") != 0 && strcmp(index->method, "hash") != 0)
        return bind_refuse(b, offset, "indexes of method \"%s\" are not supported", index->method);
    return OK;
}

enum status bind_index(const struct bind_options *options, const struct syntax_create_index *index,
                       struct bind_index *out, struct err *err)
{
    struct binder b = bind_begin(options, err);
    struct catalog_relation *relation;
    if (catalog_get(options->catalog, &index->relation, b.text, &relation, err)) {
        err->position = 0; /* as PostgreSQL: DDL tells no position of a relation */
        return FAIL;
    }
    if (index_check(&b, index, relation)) return FAIL;
    *out = (struct bind_index){ .relation = relation, .order_count = index->column_count };
    out->orders = arena_array(b.arena, struct logical_order, index->column_count);
    for (u32 i = 0; i < index->column_count; i++) {
        const struct syntax_index_column *column = &index->columns[i];
        if (!column->name)
            return bind_refuse(&b, column->expr->offset,
                               "indexes on expressions are not supported");
        if (column->op_class) return bind_refuse(&b, -1, "operator classes are not supported");
        i32 found = schema_find(relation->row, slice_of(column->name));
        if (found < 0)
            return bind_fail(&b, -1, "42703", "column \"%s\" does not exist", column->name);
        struct syntax_order order = { .direction = column->direction, .nulls = column->nulls };
        out->orders[i] = bind_order_of(&order, (u32)found);
    }
    return OK;
}
