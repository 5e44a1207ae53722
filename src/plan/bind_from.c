/* FROM: relations, subqueries, functions and joins to one row of columns, and the names over it.
 *
 * Entries are added to what stands to their left, so the columns of an entry never move once it is
 * there, and a function may read every column before it. Only the two sides of an outer join are
 * made apart. */
#include "plan/bind_internal.h"
#include "plan/grow.h"

/* ---- Entries ---- */

/* Puts node behind what is there; returns the number of its first column. */
static u32 from_cross(struct binder *b, struct from *from, struct logical *node)
{
    if (!from->node) {
        from->node = node;
        return 0;
    }
    u32 first = from->node->schema->column_count;
    struct logical *inputs[2] = { from->node, node };
    from->node = logical_join(b->arena, inputs, 2, NULL, 0);
    return first;
}

static enum status from_check_name(struct binder *b, const struct from *from, u32 item_first,
                                   const char *name)
{
    for (u32 i = item_first; name && i < from->item_count; i++) {
        const struct from_item *item = &from->items[i];
        if (!item->is_hidden && item->name && strcmp(item->name, name) == 0)
            return bind_fail(b, -1, "42712", "table name \"%s\" specified more than once", name);
    }
    return OK;
}

/* Adds an item with its names, which are those of columns first and so on. */
static enum status from_add(struct binder *b, struct from *from, struct from_item item, u32 first)
{
    if (from_check_name(b, from, 0, item.name)) return FAIL;
    item.columns = arena_array(b->arena, u32, item.count);
    for (u32 c = 0; c < item.count; c++) {
        item.columns[c] = first + c;
        struct from_name name = { item.names[c], first + c, from->item_count };
        grow_push(b->arena, from->names, from->name_count, name);
    }
    grow_push(b->arena, from->items, from->item_count, item);
    return OK;
}

static const char **schema_names(struct binder *b, const struct schema *schema)
{
    const char **names = arena_array(b->arena, const char *, schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++)
        names[c] = schema->columns[c].name;
    return names;
}

/* The names that an alias gives to the first columns. */
static enum status alias_names(struct binder *b, const struct syntax_names *columns,
                               const char *name, const char **names, u32 count)
{
    if (columns->count > count)
        return bind_fail(b, -1, "42P10",
                         "table \"%s\" has %u columns available but %u columns specified",
                         name ? name : "", count, columns->count);
    for (u32 c = 0; c < columns->count; c++)
        names[c] = columns->items[c];
    return OK;
}

void bind_from_table(struct binder *b, struct from *from, const struct catalog_relation *table,
                     const char *name, u32 first)
{
    struct from_item item = {
        .name = name,
        .relation = strcmp(name, table->name) ? table->name : NULL,
        .names = schema_names(b, table->row),
        .count = table->row->column_count,
        .table = table,
    };
    enum status status = from_add(b, from, item, first);
    assert(status == OK);
}

/* ---- Relations ---- */

static const struct with_entry *with_find(const struct binder *b,
                                          const struct syntax_relation *relation)
{
    if (relation->schema) return NULL;
    for (const struct with_entry *entry = b->with; entry; entry = entry->outer)
        if (strcmp(entry->name, relation->name) == 0) return entry;
    return NULL;
}

static enum status add_table(struct scope *around, const struct syntax_from *syntax,
                             struct from *from)
{
    struct binder *b = around->binder;
    const struct syntax_relation *written = &syntax->table.relation;
    if (syntax->table.sample)
        return bind_refuse(b, written->offset, "TABLESAMPLE is not supported");
    const struct with_entry *entry = with_find(b, written);
    struct from_item item = { .name = syntax->alias ? syntax->alias : written->name };
    if (syntax->alias && strcmp(syntax->alias, written->name) != 0) item.relation = written->name;
    struct logical *node;
    if (entry) {
        node = logical_shared(b->arena, entry->shared);
        item.names =
            arena_copy(b->arena, entry->names, node->schema->column_count * sizeof *entry->names);
    } else {
        struct catalog_relation *relation;
        if (catalog_get(b->options->catalog, written, b->text, &relation, b->err)) return FAIL;
        if (!(node = bind_relation_node(around, relation, written->offset))) return FAIL;
        item.names = schema_names(b, relation->row);
        item.table = relation;
    }
    item.count = node->schema->column_count;
    if (alias_names(b, &syntax->columns, item.name, item.names, item.count)) return FAIL;
    return from_add(b, from, item, from_cross(b, from, node));
}

static struct logical *view_node(struct scope *around, struct catalog_relation *view, i32 offset);

struct logical *bind_relation_node(struct scope *around, struct catalog_relation *relation,
                                   i32 offset)
{
    struct binder *b = around->binder;
    switch (relation->kind) {
    case CATALOG_TABLE:
    case CATALOG_SOURCE:
    case CATALOG_MATERIALIZED_VIEW:
    case CATALOG_SYSTEM_TABLE:
        if (b->is_view && relation->kind == CATALOG_SYSTEM_TABLE) {
            bind_refuse(b, offset, "a view over a system table is not supported");
            return NULL;
        }
        bind_use(b, relation);
        return logical_scan(b->arena, relation);
    case CATALOG_VIEW: bind_use(b, relation); return view_node(around, relation, offset);
    case CATALOG_SINK:
    case CATALOG_INDEX:
        bind_fail(b, offset, "42809", "cannot open relation \"%s\"", relation->name);
        err_detail(b->err, "This operation is not supported for %s.",
                   relation->kind == CATALOG_INDEX ? "indexes" : "sinks");
        return NULL;
    }
    unreachable();
}

/* A plain view is its query, read here as if it stood in brackets. Columns that a newer definition
 * below it would add by `*` are cut off. */
static struct logical *view_node(struct scope *around, struct catalog_relation *view, i32 offset)
{
    struct binder *b = around->binder;
    if (b->view_depth == BIND_VIEW_DEPTH_MAX) {
        bind_fail(b, offset, "54001", "views over views are nested too deeply");
        return NULL;
    }
    struct binder saved = *b;
    b->with = NULL;
    b->text = SLICE("");
    b->view_depth++;
    struct scope scope = { .binder = b };
    struct bind_query query;
    enum status status =
        bind_query_any(&scope, view->statement->create_view->query, LIMITS_INSIDE, false, &query);
    b->with = saved.with;
    b->text = saved.text;
    b->view_depth = saved.view_depth;
    if (status) {
        bind_at(b, offset);
        return NULL;
    }
    u32 count = view->row->column_count;
    assert(query.root->schema->column_count >= count);
    struct expr **exprs = arena_array(b->arena, struct expr *, count);
    for (u32 c = 0; c < count; c++)
        exprs[c] = bind_column_ref(b, c, query.root->schema->columns[c].type, -1);
    return logical_project(b->arena, query.root, exprs, schema_names(b, view->row), count);
}

/* ---- Subqueries and functions ---- */

static enum status add_subquery(struct scope *around, const struct syntax_from *syntax,
                                struct from *from)
{
    struct binder *b = around->binder;
    struct scope left = { .binder = b, .from = from, .outer = around->outer };
    struct scope scope = { .binder = b, .outer = syntax->is_lateral ? &left : around->outer };
    struct bind_query query;
    if (bind_query_any(&scope, syntax->subquery, LIMITS_INSIDE, false, &query)) return FAIL;
    const struct schema *schema = query.root->schema;
    struct from_item item = {
        .name = syntax->alias,
        .names = schema_names(b, schema),
        .count = schema->column_count,
    };
    if (alias_names(b, &syntax->columns, item.name, item.names, item.count)) return FAIL;
    return from_add(b, from, item, from_cross(b, from, query.root));
}

static enum status function_check(struct binder *b, const struct syntax_from *syntax,
                                  enum logical_function *function)
{
    const struct syntax_from_function *first = syntax->functions.items;
    if (syntax->functions.count != 1 || syntax->functions.is_rows_from)
        return bind_refuse(b, syntax->offset, "ROWS FROM is not supported");
    if (syntax->functions.has_ordinality)
        return bind_refuse(b, syntax->offset, "WITH ORDINALITY is not supported");
    if (first->column_count || first->call->kind != SYNTAX_FUNCTION ||
        !bind_series_find(first->call->function, function))
        return bind_refuse(b, syntax->offset,
                           "of functions in FROM only generate_series and "
                           "regexp_split_to_table are supported");
    return OK;
}

static enum status add_function(struct scope *around, const struct syntax_from *syntax,
                                struct from *from)
{
    struct binder *b = around->binder;
    enum logical_function function;
    if (function_check(b, syntax, &function)) return FAIL;
    if (!from->node) from->node = logical_unit(b->arena);
    struct scope scope = {
        .binder = b, .from = from, .clause = CLAUSE_FUNCTION, .outer = around->outer
    };
    struct series_use use;
    const struct syntax_expr *call = syntax->functions.items[0].call;
    if (bind_series(&scope, call, function, &use)) return FAIL;
    const char *name = syntax->alias ? syntax->alias : bind_name_for(call);
    struct from_item item = { .name = name, .count = 1 };
    item.names = arena_array(b->arena, const char *, 1);
    item.names[0] = name;
    if (alias_names(b, &syntax->columns, name, item.names, 1)) return FAIL;
    u32 first = from->node->schema->column_count;
    from->node = logical_flatten(b->arena, from->node, function, use.args, use.arg_count,
                                 item.names[0], use.type);
    return from_add(b, from, item, first);
}

/* ---- Joins ---- */

/* The part of FROM that one join sees: items and names from here on; right ones from the others. */
struct sides {
    u32 item_first, name_first, name_right;
};

static enum status join_inner(struct scope *around, const struct syntax_from *syntax,
                              struct from *from);
static enum status join_outer(struct scope *around, const struct syntax_from *syntax,
                              struct from *from);
static void join_alias(struct binder *b, struct from *from, const struct syntax_from *syntax,
                       const struct sides *sides);

static enum status add_join(struct scope *around, const struct syntax_from *syntax,
                            struct from *from)
{
    struct binder *b = around->binder;
    struct sides sides = { from->item_count, from->name_count, 0 };
    enum status status;
    switch (syntax->join.kind) {
    case SYNTAX_JOIN_INNER: status = join_inner(around, syntax, from); break;
    case SYNTAX_JOIN_LEFT:
    case SYNTAX_JOIN_RIGHT: status = join_outer(around, syntax, from); break;
    case SYNTAX_JOIN_FULL: return bind_refuse(b, syntax->offset, "FULL JOIN is not supported");
    default: unreachable();
    }
    if (status) return FAIL;
    if (syntax->join.using_alias)
        return bind_refuse(b, syntax->offset, "an alias of USING is not supported");
    if (syntax->alias) {
        struct from_item item = { .name = syntax->alias };
        if (from_check_name(b, from, 0, item.name)) return FAIL;
        if (syntax->columns.count)
            return bind_refuse(b, syntax->offset,
                               "an alias of a join that renames its columns is "
                               "not supported");
        join_alias(b, from, syntax, &sides);
    }
    return OK;
}

/* (a JOIN b …) AS j: only j is seen from outside. */
static void join_alias(struct binder *b, struct from *from, const struct syntax_from *syntax,
                       const struct sides *sides)
{
    for (u32 i = sides->item_first; i < from->item_count; i++)
        from->items[i].is_hidden = true;
    u32 count = from->name_count - sides->name_first;
    struct from_item item = { .name = syntax->alias, .count = count };
    item.names = arena_array(b->arena, const char *, count);
    item.columns = arena_array(b->arena, u32, count);
    for (u32 i = 0; i < count; i++) {
        struct from_name *name = &from->names[sides->name_first + i];
        item.names[i] = name->name;
        item.columns[i] = name->column;
        name->item = from->item_count;
    }
    grow_push(b->arena, from->items, from->item_count, item);
}

/* ---- USING ---- */

static enum status using_conditions(struct scope *scope, const struct syntax_from *syntax,
                                    struct from *from, const struct sides *sides,
                                    struct expr ***items, u32 *count);

static enum status join_conditions(struct scope *around, const struct syntax_from *syntax,
                                   struct from *from, const struct sides *sides,
                                   struct expr ***items, u32 *count)
{
    struct scope scope = { .binder = around->binder,
                           .from = from,
                           .clause = CLAUSE_ON,
                           .item_first = sides->item_first,
                           .name_first = sides->name_first,
                           .outer = around->outer };
    if (syntax->join.on) {
        struct expr *on = bind_boolean(&scope, syntax->join.on, "JOIN/ON");
        if (!on) return FAIL;
        bind_split_and(scope.binder, on, items, count);
    }
    if (syntax->join.using_columns.count || syntax->join.is_natural)
        return using_conditions(&scope, syntax, from, sides, items, count);
    return OK;
}

static enum status using_find(struct binder *b, const struct from *from, u32 first, u32 end,
                              const char *name, const char *side, u32 *index)
{
    bool is_found = false;
    for (u32 i = first; i < end; i++) {
        if (strcmp(from->names[i].name, name) != 0) continue;
        if (is_found)
            return bind_fail(b, -1, "42702",
                             "common column name \"%s\" appears more than once in %s table", name,
                             side);
        *index = i;
        is_found = true;
    }
    if (is_found) return OK;
    return bind_fail(b, -1, "42703",
                     "column \"%s\" specified in USING clause does not exist in %s table", name,
                     side);
}

/* NATURAL: the names that both sides have, in the order of the left. */
static struct syntax_names using_natural(struct binder *b, const struct from *from,
                                         const struct sides *sides)
{
    struct syntax_names names = { 0 };
    for (u32 i = sides->name_first; i < sides->name_right; i++)
        for (u32 j = sides->name_right; j < from->name_count; j++)
            if (strcmp(from->names[i].name, from->names[j].name) == 0) {
                grow_push(b->arena, names.items, names.count, from->names[i].name);
                break;
            }
    return names;
}

/* The column that stands for both: never one that is padded, else the one of their common type. */
static u32 using_column(const struct from *from, enum syntax_join_kind kind, u32 left, u32 right)
{
    if (kind == SYNTAX_JOIN_RIGHT) return right;
    if (kind == SYNTAX_JOIN_LEFT) return left;
    const struct schema_column *columns = from->node->schema->columns;
    struct type types[2] = { columns[left].type, columns[right].type }, common;
    struct err unused;
    if (func_common_type(types, 2, "JOIN/USING", &common, &unused)) return left;
    return types[0].id != common.id && types[1].id == common.id ? right : left;
}

static enum status using_conditions(struct scope *scope, const struct syntax_from *syntax,
                                    struct from *from, const struct sides *sides,
                                    struct expr ***items, u32 *count)
{
    struct binder *b = scope->binder;
    struct syntax_names columns = syntax->join.using_columns;
    if (syntax->join.is_natural) columns = using_natural(b, from, sides);
    u32 total = from->name_count - sides->name_first, merged_count = 0;
    struct from_name *merged = arena_array(b->arena, struct from_name, total);
    bool *is_gone = arena_array(b->arena, bool, from->name_count);
    for (u32 i = 0; i < columns.count; i++) {
        const char *name = columns.items[i];
        u32 left = 0, right = 0;
        if (using_find(b, from, sides->name_first, sides->name_right, name, "left", &left) ||
            using_find(b, from, sides->name_right, from->name_count, name, "right", &right))
            return FAIL;
        u32 left_column = from->names[left].column, right_column = from->names[right].column;
        const struct schema_column *row = from->node->schema->columns;
        struct expr *args[2] = { bind_column_ref(b, left_column, row[left_column].type, -1),
                                 bind_column_ref(b, right_column, row[right_column].type, -1) };
        struct expr *equal = bind_call(b, "=", FUNC_OPERATOR, args, 2, -1);
        if (!equal) return FAIL;
        grow_push(b->arena, *items, *count, equal);
        merged[merged_count] = from->names[left];
        merged[merged_count++].column =
            using_column(from, syntax->join.kind, left_column, right_column);
        is_gone[left] = is_gone[right] = true;
    }
    for (u32 i = sides->name_first; i < from->name_count; i++)
        if (!is_gone[i]) merged[merged_count++] = from->names[i];
    memcpy(from->names + sides->name_first, merged, merged_count * sizeof *merged);
    from->name_count = sides->name_first + merged_count;
    return OK;
}

/* ---- Inner and outer ---- */

static enum status join_inner(struct scope *around, const struct syntax_from *syntax,
                              struct from *from)
{
    struct binder *b = around->binder;
    struct sides sides = { from->item_count, from->name_count, 0 };
    if (bind_from(around, syntax->join.left, from)) return FAIL;
    sides.name_right = from->name_count;
    if (bind_from(around, syntax->join.right, from)) return FAIL;
    struct expr **items = NULL;
    u32 count = 0;
    if (join_conditions(around, syntax, from, &sides, &items, &count)) return FAIL;
    if (count) from->node = logical_filter(b->arena, from->node, items, count);
    return OK;
}

/* Takes the items and names of part, whose columns begin at first now. */
static enum status from_merge(struct binder *b, struct from *from, const struct from *part,
                              u32 first)
{
    u32 item_first = from->item_count;
    for (u32 i = 0; i < part->item_count; i++) {
        struct from_item item = part->items[i];
        if (!item.is_hidden && from_check_name(b, from, 0, item.name)) return FAIL;
        item.columns = arena_array(b->arena, u32, item.count);
        for (u32 c = 0; c < item.count; c++)
            item.columns[c] = part->items[i].columns[c] + first;
        grow_push(b->arena, from->items, from->item_count, item);
    }
    for (u32 i = 0; i < part->name_count; i++) {
        struct from_name name = part->names[i];
        name.column += first;
        name.item += item_first;
        grow_push(b->arena, from->names, from->name_count, name);
    }
    return OK;
}

/* One side of an outer join, on its own. Names of entries to its left are known to be refused. */
static enum status outer_side(struct scope *around, const struct syntax_from *syntax,
                              const struct from *left, struct from *side)
{
    struct scope before = { .binder = around->binder, .from = left, .outer = around->outer };
    struct scope scope = { .binder = around->binder, .outer = &before };
    return bind_from(&scope, syntax, side);
}

/* A RIGHT JOIN is the LEFT JOIN of its sides exchanged; only the order of names stays. */
static enum status join_outer(struct scope *around, const struct syntax_from *syntax,
                              struct from *from)
{
    struct binder *b = around->binder;
    struct from left = { 0 }, right = { 0 }, both = { 0 };
    if (outer_side(around, syntax->join.left, from, &left)) return FAIL;
    if (outer_side(around, syntax->join.right, &left, &right)) return FAIL;
    bool is_right = syntax->join.kind == SYNTAX_JOIN_RIGHT;
    struct from *kept = is_right ? &right : &left, *padded = is_right ? &left : &right;
    both.node = logical_join_left(b->arena, kept->node, padded->node, NULL, 0);
    u32 width = kept->node->schema->column_count;
    if (from_merge(b, &both, &left, is_right ? width : 0)) return FAIL;
    struct sides sides = { 0, 0, both.name_count };
    if (from_merge(b, &both, &right, is_right ? 0 : width)) return FAIL;
    struct expr **items = NULL;
    u32 count = 0;
    if (join_conditions(around, syntax, &both, &sides, &items, &count)) return FAIL;
    both.node->conditions.items = items;
    both.node->conditions.count = count;
    return from_merge(b, from, &both, from_cross(b, from, both.node));
}

/* ---- The clause ---- */

enum status bind_from(struct scope *around, const struct syntax_from *syntax, struct from *from)
{
    switch (syntax->kind) {
    case SYNTAX_FROM_TABLE: return add_table(around, syntax, from);
    case SYNTAX_FROM_SUBQUERY: return add_subquery(around, syntax, from);
    case SYNTAX_FROM_FUNCTION: return add_function(around, syntax, from);
    case SYNTAX_FROM_JOIN: return add_join(around, syntax, from);
    }
    unreachable();
}

enum status bind_froms(struct scope *around, const struct syntax_froms *syntax, struct from *from)
{
    for (u32 i = 0; i < syntax->count; i++)
        if (bind_from(around, syntax->items[i], from)) return FAIL;
    if (!from->node) from->node = logical_unit(around->binder->arena);
    return OK;
}
