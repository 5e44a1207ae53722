/* What names mean: columns and entries of FROM, and the names that results get. */
#include "base/nearest.h"
#include "plan/bind_internal.h"

static struct expr *name_simple(struct scope *scope, const char *name, i32 offset);
static struct expr *name_qualified(struct scope *scope, const struct syntax_names *names,
                                   i32 offset);

struct expr *bind_name(struct scope *scope, const struct syntax_expr *syntax)
{
    const struct syntax_names *names = &syntax->column.names;
    struct binder *b = scope->binder;
    if (syntax->column.is_star) {
        bind_refuse(b, syntax->offset, "a row as a value is not supported");
        return NULL;
    }
    if (scope->clause == CLAUSE_DEFAULT) {
        bind_refuse(b, syntax->offset, "cannot use column reference in DEFAULT expression");
        return NULL;
    }
    if (names->count == 1) return name_simple(scope, names->items[0], syntax->offset);
    return name_qualified(scope, names, syntax->offset);
}

static struct expr *name_column(const struct scope *scope, u32 column, i32 offset)
{
    struct type type = scope->from->node->schema->columns[column].type;
    return bind_column_ref(scope->binder, column, type, offset);
}

/* ---- Without qualification ---- */

int bind_name_find(const struct scope *scope, const char *name, u32 *column)
{
    int found = 0;
    if (!scope->from) return 0;
    for (u32 i = scope->name_first; i < scope->from->name_count; i++) {
        const struct from_name *entry = &scope->from->names[i];
        if (strcmp(entry->name, name) != 0) continue;
        if (found) return -1;
        *column = entry->column;
        found = 1;
    }
    return found;
}

static bool name_is_of_item(const struct scope *scope, const char *name);
static bool name_is_outside(const struct scope *scope, const char *name);
static void name_hint(const struct scope *scope, const char *qualifier, const char *name);

static struct expr *name_simple(struct scope *scope, const char *name, i32 offset)
{
    struct binder *b = scope->binder;
    u32 column = 0;
    int found = bind_name_find(scope, name, &column);
    if (found > 0) return name_column(scope, column, offset);
    if (found < 0)
        bind_fail(b, offset, "42702", "column reference \"%s\" is ambiguous", name);
    else if (name_is_outside(scope, name))
        bind_refuse(b, offset,
                    "a subquery that reads column \"%s\" of the query around it is "
                    "not supported",
                    name);
    else if (name_is_of_item(scope, name))
        bind_refuse(b, offset, "a row as a value is not supported");
    else {
        bind_fail(b, offset, "42703", "column \"%s\" does not exist", name);
        name_hint(scope, NULL, name);
    }
    return NULL;
}

static bool name_is_of_item(const struct scope *scope, const char *name)
{
    for (u32 i = scope->item_first; scope->from && i < scope->from->item_count; i++) {
        const struct from_item *item = &scope->from->items[i];
        if (!item->is_hidden && item->name && strcmp(item->name, name) == 0) return true;
    }
    return false;
}

static bool name_is_outside(const struct scope *scope, const char *name)
{
    u32 column;
    for (const struct scope *outer = scope->outer; outer; outer = outer->outer)
        if (bind_name_find(outer, name, &column)) return true;
    return false;
}

/* ---- A hint at what may have been meant ---- */

static void name_hint(const struct scope *scope, const char *qualifier, const char *name)
{
    const struct from *from = scope->from;
    const char *best_item = NULL, *best = NULL;
    u32 best_distance = (u32)MIN(NEAREST_DISTANCE_MAX, strlen(name) / 2) + 1;
    bool is_unique = true;
    for (u32 i = 0; from && i < from->item_count; i++) {
        const struct from_item *item = &from->items[i];
        if (!item->name || (qualifier && strcmp(item->name, qualifier) != 0)) continue;
        for (u32 c = 0; c < item->count; c++) {
            u32 distance = nearest_distance(name, item->names[c]);
            if (distance > best_distance || distance > NEAREST_DISTANCE_MAX) continue;
            is_unique = distance < best_distance;
            best_distance = distance;
            best_item = item->name;
            best = item->names[c];
        }
    }
    if (best && is_unique)
        err_hint(scope->binder->err, "Perhaps you meant to reference the column \"%s.%s\".",
                 best_item, best);
}

/* ---- With qualification ---- */

static const struct from_item *item_find(const struct scope *scope, const char *schema,
                                         const char *name)
{
    for (u32 i = scope->item_first; scope->from && i < scope->from->item_count; i++) {
        const struct from_item *item = &scope->from->items[i];
        if (item->is_hidden || !item->name || strcmp(item->name, name) != 0) continue;
        if (!schema) return item;
        if (item->table && !item->relation && strcmp(item->table->schema, schema) == 0) return item;
    }
    return NULL;
}

/* An entry that cannot be named from here, or that has another name. */
static enum status item_missing(const struct scope *scope, const char *name, i32 offset)
{
    struct binder *b = scope->binder;
    for (const struct scope *outer = scope->outer; outer; outer = outer->outer)
        if (item_find(outer, NULL, name))
            return bind_refuse(b, offset,
                               "a subquery that reads table \"%s\" of the query around "
                               "it is not supported",
                               name);
    for (u32 i = 0; scope->from && i < scope->from->item_count; i++) {
        const struct from_item *item = &scope->from->items[i];
        bool is_alias = item->relation && strcmp(item->relation, name) == 0;
        bool is_name = item->name && strcmp(item->name, name) == 0;
        if (!is_alias && !is_name) continue;
        bind_fail(b, offset, "42P01", "invalid reference to FROM-clause entry for table \"%s\"",
                  name);
        if (is_alias && i >= scope->item_first && !item->is_hidden)
            return err_hint(b->err, "Perhaps you meant to reference the table alias \"%s\".",
                            item->name);
        return err_hint(b->err,
                        "There is an entry for table \"%s\", but it cannot be referenced "
                        "from this part of the query.",
                        name);
    }
    return bind_fail(b, offset, "42P01", "missing FROM-clause entry for table \"%s\"", name);
}

const struct from_item *bind_name_item(struct scope *scope, const struct syntax_names *names,
                                       u32 name_count, i32 offset)
{
    if (name_count > 2) {
        bind_refuse(scope->binder, offset,
                    "names of more than a schema, a table and a column are "
                    "not supported");
        return NULL;
    }
    const char *schema = name_count == 2 ? names->items[0] : NULL;
    const char *name = names->items[name_count - 1];
    const struct from_item *item = item_find(scope, schema, name);
    if (!item) item_missing(scope, name, offset);
    return item;
}

static struct expr *name_qualified(struct scope *scope, const struct syntax_names *names,
                                   i32 offset)
{
    struct binder *b = scope->binder;
    const struct from_item *item = bind_name_item(scope, names, names->count - 1, offset);
    if (!item) return NULL;
    const char *name = names->items[names->count - 1];
    i64 found = -1;
    for (u32 c = 0; c < item->count; c++) {
        if (strcmp(item->names[c], name) != 0) continue;
        if (found >= 0) {
            bind_fail(b, offset, "42702", "column reference \"%s\" is ambiguous", name);
            return NULL;
        }
        found = item->columns[c];
    }
    if (found >= 0) return name_column(scope, (u32)found, offset);
    bind_fail(b, offset, "42703", "column %s.%s does not exist", item->name, name);
    name_hint(scope, item->name, name);
    return NULL;
}

const char *bind_name_of(const struct binder *b, const struct from *from, u32 column)
{
    for (u32 i = 0; i < from->item_count; i++) {
        const struct from_item *item = &from->items[i];
        if (item->is_hidden) continue;
        for (u32 c = 0; c < item->count; c++) {
            if (item->columns[c] != column) continue;
            if (!item->name) return item->names[c];
            return arena_format(b->arena, "%s.%s", item->name, item->names[c]);
        }
    }
    return from->node->schema->columns[column].name;
}

/* ---- Names of results ---- */

static const char *value_function_name(enum syntax_value_function function)
{
    switch (function) {
    case SYNTAX_CURRENT_DATE: return "current_date";
    case SYNTAX_CURRENT_TIME: return "current_time";
    case SYNTAX_CURRENT_TIMESTAMP: return "current_timestamp";
    case SYNTAX_LOCALTIME: return "localtime";
    case SYNTAX_LOCALTIMESTAMP: return "localtimestamp";
    case SYNTAX_CURRENT_ROLE: return "current_role";
    case SYNTAX_CURRENT_USER: return "current_user";
    case SYNTAX_USER: return "user";
    case SYNTAX_SESSION_USER: return "session_user";
    case SYNTAX_CURRENT_CATALOG: return "current_catalog";
    case SYNTAX_CURRENT_SCHEMA: return "current_schema";
    }
    unreachable();
}

/* A name, and whether it is a good one (2) or only the name of a type or construct (1). */
static int name_figure(const struct syntax_expr *syntax, const char **name)
{
    switch ((int)syntax->kind) {
    case SYNTAX_COLUMN:
        if (syntax->column.is_star) return 0;
        *name = syntax->column.names.items[syntax->column.names.count - 1];
        return 2;
    case SYNTAX_INDIRECTION:
        for (u32 i = syntax->indirection.step_count; i > 0; i--)
            if (syntax->indirection.steps[i - 1].field) {
                *name = syntax->indirection.steps[i - 1].field;
                return 2;
            }
        return name_figure(syntax->indirection.arg, name);
    case SYNTAX_FUNCTION:
        *name = syntax->function->name.items[syntax->function->name.count - 1];
        return 2;
    case SYNTAX_NULLIF: *name = "nullif"; return 2;
    case SYNTAX_COALESCE: *name = "coalesce"; return 2;
    case SYNTAX_GREATEST: *name = "greatest"; return 2;
    case SYNTAX_LEAST: *name = "least"; return 2;
    case SYNTAX_GROUPING: *name = "grouping"; return 2;
    case SYNTAX_ARRAY: *name = "array"; return 2;
    case SYNTAX_ROW: *name = "row"; return 2;
    case SYNTAX_VALUE_FUNCTION:
        *name = value_function_name(syntax->value_function.function);
        return 2;
    case SYNTAX_COLLATE: return name_figure(syntax->collate.arg, name);
    case SYNTAX_CAST: {
        int strength = name_figure(syntax->cast.arg, name);
        if (strength > 1) return strength;
        *name = syntax->cast.type->name;
        return 1;
    }
    case SYNTAX_CASE: {
        int strength = syntax->choice.otherwise ? name_figure(syntax->choice.otherwise, name) : 0;
        if (strength > 1) return strength;
        *name = "case";
        return 1;
    }
    case SYNTAX_CONST:
        if (syntax->constant.kind != SYNTAX_CONST_BOOL) return 0;
        *name = "bool";
        return 1;
    case SYNTAX_SUBQUERY:
        if (syntax->subquery.kind == SYNTAX_SUBQUERY_EXISTS)
            *name = "exists";
        else if (syntax->subquery.kind == SYNTAX_SUBQUERY_ARRAY)
            *name = "array";
        else if (syntax->subquery.kind == SYNTAX_SUBQUERY_SCALAR &&
                 syntax->subquery.select->kind == SYNTAX_SELECT_PLAIN &&
                 syntax->subquery.select->plain.targets.count > 0) {
            const struct syntax_target *target = syntax->subquery.select->plain.targets.items;
            if (!target->alias) return name_figure(target->expr, name);
            *name = target->alias;
        } else
            return 0;
        return 2;
    default: return 0;
    }
}

const char *bind_name_for(const struct syntax_expr *syntax)
{
    const char *name = NULL;
    return name_figure(syntax, &name) ? name : "?column?";
}
