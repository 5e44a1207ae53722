/* INSERT, UPDATE and DELETE. */
#include "plan/bind_internal.h"
#include "plan/grow.h"

/* ---- The table ---- */

static enum status change_check(struct binder *b, const struct catalog_relation *relation,
                                i32 offset)
{
    switch (relation->kind) {
    case CATALOG_TABLE:
    case CATALOG_SOURCE: return OK;
    case CATALOG_VIEW:
        return bind_fail(b, offset, "55000", "cannot change view \"%s\"", relation->name);
    case CATALOG_MATERIALIZED_VIEW:
        return bind_fail(b, offset, "42809", "cannot change materialized view \"%s\"",
                         relation->name);
    case CATALOG_SINK:
    case CATALOG_INDEX:
    case CATALOG_SYSTEM_TABLE:
        return bind_fail(b, offset, "42809", "cannot change %s \"%s\"",
                         catalog_kind_name(relation->kind), relation->name);
    }
    unreachable();
}

static enum status change_table(struct binder *b, const struct syntax_relation *written,
                                struct catalog_relation **table)
{
    if (catalog_get(b->options->catalog, written, b->text, table, b->err)) return FAIL;
    return change_check(b, *table, written->offset);
}

static enum status change_refuse_append_only(struct binder *b, const struct catalog_relation *table,
                                             i32 offset, const char *what)
{
    if (!table->is_append_only) return OK;
    return bind_refuse(b, offset, "table \"%s\" is append-only: its rows cannot be %s", table->name,
                       what);
}

static enum status column_of(struct binder *b, const struct catalog_relation *table,
                             const struct syntax_target_column *written, u32 *column)
{
    if (written->step_count)
        return bind_refuse(b, written->offset,
                           "subscripts and fields of columns are not supported");
    i32 found = schema_find(table->row, slice_of(written->name));
    if (found < 0)
        return bind_fail(b, written->offset, "42703",
                         "column \"%s\" of relation \"%s\" does not exist", written->name,
                         table->name);
    *column = (u32)found;
    return OK;
}

/* Constants are computed here, so that no row computes what they decide. */
static enum status change_condition(struct scope *scope, const struct syntax_expr *where,
                                    struct expr **out)
{
    struct expr *expr = bind_boolean(scope, where, "WHERE");
    *out = expr ? expr_fold(expr, scope->binder->arena) : NULL;
    return expr ? OK : FAIL;
}

/* ---- RETURNING ---- */

static void returning_push(struct binder *b, struct bind_returning *out, struct expr *expr,
                           const char *name)
{
    struct schema *schema = out->schema;
    u32 count = schema->column_count;
    struct schema_column column = { .name = name, .type = expr->type };
    grow_push(b->arena, out->exprs, count, expr);
    grow_push(b->arena, schema->columns, schema->column_count, column);
}

static enum status returning_star(struct scope *scope, const struct syntax_expr *star,
                                  struct bind_returning *out)
{
    const struct syntax_names *names = &star->column.names;
    const struct from_item *item = &scope->from->items[0];
    if (names->count && !(item = bind_name_item(scope, names, names->count, star->offset)))
        return FAIL;
    const struct schema_column *columns = scope->from->node->schema->columns;
    for (u32 c = 0; c < item->count; c++) {
        u32 column = item->columns[c];
        returning_push(scope->binder, out,
                       bind_column_ref(scope->binder, column, columns[column].type, star->offset),
                       item->names[c]);
    }
    return OK;
}

static enum status bind_returning(struct binder *b, const struct from *from,
                                  const struct syntax_targets *targets, struct bind_returning *out)
{
    *out = (struct bind_returning){ 0 };
    if (targets->count == 0) return OK;
    out->schema = arena_new(b->arena, struct schema);
    struct scope scope = { .binder = b, .from = from, .clause = CLAUSE_RETURNING };
    for (u32 i = 0; i < targets->count; i++) {
        const struct syntax_target *target = &targets->items[i];
        if (target->expr->kind == SYNTAX_COLUMN && target->expr->column.is_star) {
            if (returning_star(&scope, target->expr, out)) return FAIL;
            continue;
        }
        struct expr *expr = bind_expr(&scope, target->expr);
        if (!expr || !(expr = bind_settle_unknown(b, expr))) return FAIL;
        expr = expr_fold(expr, b->arena);
        returning_push(b, out, expr, target->alias ? target->alias : bind_name_for(target->expr));
    }
    return OK;
}

/* ---- SET ---- */

struct set_target {
    struct binder *b;
    struct scope *scope;
    const struct catalog_relation *table;
    struct bind_set *out;
};

static struct expr *set_value(struct set_target *set, const struct syntax_expr *value, u32 column)
{
    struct binder *b = set->b;
    struct expr *expr = NULL;
    if (value->kind == SYNTAX_DEFAULT) {
        struct slice text = b->text;
        b->text = SLICE("");
        expr = bind_default_expr(b, set->table, column);
        b->text = text;
        if (expr && expr->kind == EXPR_CALL && expr->func->volatility == FUNC_VOLATILE) {
            bind_refuse(b, value->offset, "DEFAULT in SET is not supported where it is %s()",
                        expr->func->name);
            return NULL;
        }
        return expr;
    }
    expr = bind_expr(set->scope, value);
    if (expr) expr = bind_assign(b, expr, &set->table->row->columns[column]);
    return expr ? expr_fold(expr, b->arena) : NULL;
}

static enum status set_one(struct set_target *set, const struct syntax_target_column *written,
                           const struct syntax_expr *value)
{
    u32 column;
    if (column_of(set->b, set->table, written, &column)) return FAIL;
    for (u32 i = 0; i < set->out->count; i++)
        if (set->out->columns[i] == column)
            return bind_fail(set->b, -1, "42601", "multiple assignments to same column \"%s\"",
                             written->name);
    struct expr *expr = set_value(set, value, column);
    if (!expr) return FAIL;
    u32 count = set->out->count;
    grow_push(set->b->arena, set->out->columns, count, column);
    grow_push(set->b->arena, set->out->exprs, set->out->count, expr);
    return OK;
}

static enum status bind_assignments(struct set_target *set,
                                    const struct syntax_assignments *assignments)
{
    for (u32 i = 0; i < assignments->count; i++) {
        const struct syntax_assignment *one = &assignments->items[i];
        if (one->column_count == 1) {
            if (set_one(set, &one->columns[0], one->value)) return FAIL;
            continue;
        }
        if (one->value->kind != SYNTAX_ROW)
            return bind_refuse(set->b, one->value->offset, "a subquery in SET is not supported");
        if (one->value->args.count != one->column_count)
            return bind_fail(set->b, one->value->offset, "42601",
                             "number of columns does not match number of values");
        for (u32 c = 0; c < one->column_count; c++)
            if (set_one(set, &one->columns[c], one->value->args.items[c])) return FAIL;
    }
    return OK;
}

/* ---- INSERT: columns and rows ---- */

static enum status insert_columns(struct binder *b, const struct syntax_insert *insert,
                                  struct bind_insert *out)
{
    const struct catalog_relation *table = out->table;
    u32 count = insert->column_count ? insert->column_count : table->row->column_count;
    out->columns = arena_array(b->arena, u32, count);
    out->column_count = count;
    for (u32 i = 0; i < count; i++)
        out->columns[i] = i;
    for (u32 i = 0; i < insert->column_count; i++) {
        if (column_of(b, table, &insert->columns[i], &out->columns[i])) return FAIL;
        for (u32 j = 0; j < i; j++)
            if (out->columns[j] == out->columns[i])
                return bind_fail(b, insert->columns[i].offset, "42701",
                                 "column \"%s\" specified more than once", insert->columns[i].name);
    }
    return OK;
}

/* As many values as columns; without a list of columns there may be fewer. extra is the place of the
 * first value too many. */
static enum status insert_width(struct binder *b, const struct syntax_insert *insert,
                                struct bind_insert *out, u32 count, i32 extra)
{
    if (count > out->column_count)
        return bind_fail(b, extra, "42601", "INSERT has more expressions than target columns");
    if (count < out->column_count && insert->column_count)
        return bind_fail(b, insert->columns[count].offset, "42601",
                         "INSERT has more target columns than expressions");
    out->column_count = count;
    return OK;
}

static enum status insert_cell(struct scope *scope, const struct syntax_expr *syntax,
                               const struct schema_column *column, struct expr **out)
{
    struct binder *b = scope->binder;
    *out = NULL;
    if (syntax->kind == SYNTAX_DEFAULT) return OK;
    struct expr *expr = bind_expr(scope, syntax);
    if (!expr || !(expr = bind_assign(b, expr, column)) || bind_check_volatile(b, expr))
        return FAIL;
    *out = expr;
    if (expr->kind == EXPR_CONST || !expr_is_constant(expr)) return OK;
    struct expr *constant = bind_const_null(b, expr->type, expr->position);
    if (bind_constant(b, expr, &constant->constant)) return FAIL;
    constant->constant.type = expr->type;
    *out = constant;
    return OK;
}

static enum status insert_values(struct binder *b, const struct syntax_insert *insert,
                                 struct bind_insert *out)
{
    const struct syntax_select *select = insert->select;
    const struct syntax_exprs *rows = select->values.rows;
    struct scope scope = { .binder = b, .clause = CLAUSE_VALUES };
    u32 count = rows[0].count;
    i32 extra = count > out->column_count ? rows[0].items[out->column_count]->offset : -1;
    if (insert_width(b, insert, out, count, extra)) return FAIL;
    out->row_count = select->values.row_count;
    out->rows = arena_array(b->arena, struct expr **, out->row_count);
    for (u32 r = 0; r < out->row_count; r++) {
        out->rows[r] = arena_array(b->arena, struct expr *, count);
        for (u32 i = 0; i < count; i++) {
            const struct schema_column *column = &out->table->row->columns[out->columns[i]];
            if (insert_cell(&scope, rows[r].items[i], column, &out->rows[r][i])) return FAIL;
        }
    }
    return OK;
}

/* Casts the query's columns to those of the table. */
static enum status insert_cast(struct binder *b, struct bind_insert *out, struct logical **root)
{
    struct logical *node = *root;
    u32 width = node->schema->column_count;
    bool is_project = node->kind == LOGICAL_PROJECT, is_same = true;
    struct expr **exprs = arena_array(b->arena, struct expr *, width);
    const char **names = arena_array(b->arena, const char *, width);
    for (u32 c = 0; c < width; c++) {
        names[c] = node->schema->columns[c].name;
        exprs[c] = is_project ? node->project.exprs[c]
                              : bind_column_ref(b, c, node->schema->columns[c].type, -1);
        if (c >= out->column_count) continue;
        struct expr *before = exprs[c];
        exprs[c] = bind_assign(b, before, &out->table->row->columns[out->columns[c]]);
        if (!exprs[c]) return FAIL;
        if (exprs[c] != before) is_same = false;
    }
    if (!is_same)
        *root = logical_project(b->arena, is_project ? node->inputs[0] : node, exprs, names, width);
    return OK;
}

static enum status insert_query(struct binder *b, const struct syntax_insert *insert,
                                struct bind_insert *out)
{
    struct scope scope = { .binder = b };
    out->query = arena_new(b->arena, struct bind_query);
    if (bind_query_any(&scope, insert->select, LIMITS_LEFT, true, out->query)) return FAIL;
    const struct logical *root = out->query->root;
    u32 count = out->query->column_count;
    i32 extra = -1;
    if (count > out->column_count && root->kind == LOGICAL_PROJECT)
        extra = root->project.exprs[out->column_count]->position;
    if (insert_width(b, insert, out, count, extra)) return FAIL;
    return insert_cast(b, out, &out->query->root);
}

static bool is_plain_values(const struct syntax_select *select)
{
    return select->kind == SYNTAX_SELECT_VALUES && !select->with && !select->order.count &&
           !select->limit && !select->offset;
}

static enum status insert_source(struct binder *b, const struct syntax_insert *insert,
                                 struct bind_insert *out)
{
    if (!insert->select) {
        out->column_count = 0;
        out->row_count = 1;
        out->rows = arena_array(b->arena, struct expr **, 1);
        return OK;
    }
    if (is_plain_values(insert->select)) return insert_values(b, insert, out);
    return insert_query(b, insert, out);
}

/* ---- INSERT: ON CONFLICT ---- */

static bool has_column(const u32 *columns, u32 count, u32 column)
{
    for (u32 i = 0; i < count; i++)
        if (columns[i] == column) return true;
    return false;
}

/* The same columns in any order. */
static bool key_is(const struct catalog_key *key, const u32 *columns, u32 count)
{
    for (u32 i = 0; i < key->column_count; i++)
        if (!has_column(columns, count, key->columns[i])) return false;
    for (u32 i = 0; i < count; i++)
        if (!has_column(key->columns, key->column_count, columns[i])) return false;
    return true;
}

static enum status conflict_columns(struct binder *b, const struct syntax_conflict *conflict,
                                    struct bind_insert *out)
{
    const struct catalog_relation *table = out->table;
    u32 *columns = arena_array(b->arena, u32, conflict->column_count);
    for (u32 i = 0; i < conflict->column_count; i++) {
        const char *name = conflict->columns[i].name;
        if (!name)
            return bind_refuse(b, conflict->offset,
                               "ON CONFLICT on an expression is not "
                               "supported");
        i32 found = schema_find(table->row, slice_of(name));
        if (found < 0)
            return bind_fail(b, conflict->offset, "42703", "column \"%s\" does not exist", name);
        columns[i] = (u32)found;
    }
    for (u32 i = 0; i < table->key_count; i++) {
        if (!key_is(&table->keys[i], columns, conflict->column_count)) continue;
        out->conflict_key = &table->keys[i];
        return OK;
    }
    return bind_fail(b, -1, "42P10",
                     "there is no unique or exclusion constraint matching the ON "
                     "CONFLICT specification");
}

static enum status conflict_target(struct binder *b, const struct syntax_conflict *conflict,
                                   struct bind_insert *out)
{
    const struct catalog_relation *table = out->table;
    if (conflict->index_where)
        return bind_refuse(b, conflict->offset, "ON CONFLICT … WHERE is not supported");
    if (conflict->column_count) return conflict_columns(b, conflict, out);
    if (!conflict->constraint) {
        if (conflict->kind == SYNTAX_CONFLICT_NOTHING) return OK;
        bind_fail(b, conflict->offset, "42601",
                  "ON CONFLICT DO UPDATE requires inference "
                  "specification or constraint name");
        return err_hint(b->err, "For example, ON CONFLICT (column_name).");
    }
    for (u32 i = 0; i < table->key_count; i++) {
        if (strcmp(table->keys[i].name, conflict->constraint) != 0) continue;
        out->conflict_key = &table->keys[i];
        return OK;
    }
    return bind_fail(b, -1, "42704", "constraint \"%s\" for table \"%s\" does not exist",
                     conflict->constraint, table->name);
}

/* The names that DO UPDATE sees: the table's row, then that of excluded. */
static void conflict_names(struct binder *b, const struct bind_insert *out, const char *name,
                           struct from *from)
{
    struct logical *sides[2] = { logical_scan(b->arena, out->table),
                                 logical_scan(b->arena, out->table) };
    from->node = logical_join(b->arena, sides, 2, NULL, 0);
    bind_from_table(b, from, out->table, name, 0);
    bind_from_table(b, from, out->table, "excluded", out->table->row->column_count);
}

static enum status insert_conflict(struct binder *b, const struct syntax_insert *insert,
                                   struct bind_insert *out, const char *name)
{
    const struct syntax_conflict *conflict = insert->conflict;
    if (!conflict) return OK;
    bool is_update = conflict->kind == SYNTAX_CONFLICT_UPDATE;
    out->conflict = is_update ? BIND_CONFLICT_UPDATE : BIND_CONFLICT_NOTHING;
    if (conflict_target(b, conflict, out)) return FAIL;
    if (!is_update) return OK;
    if (change_refuse_append_only(b, out->table, conflict->offset, "updated")) return FAIL;
    struct from from = { 0 };
    conflict_names(b, out, name, &from);
    struct scope scope = { .binder = b, .from = &from, .clause = CLAUSE_SET };
    struct set_target set = { b, &scope, out->table, &out->set };
    if (bind_assignments(&set, &conflict->assignments)) return FAIL;
    if (!conflict->where) return OK;
    scope.clause = CLAUSE_WHERE;
    return change_condition(&scope, conflict->where, &out->where);
}

enum status bind_insert(const struct bind_options *options, const struct syntax_insert *insert,
                        struct bind_insert *out, struct err *err)
{
    struct binder b = bind_begin(options, err);
    *out = (struct bind_insert){ 0 };
    if (change_table(&b, &insert->relation, &out->table)) return FAIL;
    struct scope scope = { .binder = &b };
    if (insert->with && bind_with(&scope, insert->with)) return FAIL;
    const char *name = insert->alias ? insert->alias : out->table->name;
    if (insert_columns(&b, insert, out) || insert_source(&b, insert, out)) return FAIL;
    if (insert_conflict(&b, insert, out, name)) return FAIL;
    if (out->query) out->query->uses = b.uses;
    struct from from = { .node = logical_scan(b.arena, out->table) };
    bind_from_table(&b, &from, out->table, name, 0);
    return bind_returning(&b, &from, &insert->returning, &out->returning);
}

/* ---- UPDATE and DELETE ---- */

static enum status change_where(struct binder *b, const struct from *from,
                                const struct syntax_expr *where, struct expr **out)
{
    *out = NULL;
    if (!where) return OK;
    struct scope scope = { .binder = b, .from = from, .clause = CLAUSE_WHERE };
    return change_condition(&scope, where, out);
}

enum status bind_update(const struct bind_options *options, const struct syntax_update *update,
                        struct bind_update *out, struct err *err)
{
    struct binder b = bind_begin(options, err);
    i32 offset = update->relation.offset;
    *out = (struct bind_update){ 0 };
    if (update->with) return bind_refuse(&b, -1, "WITH in UPDATE is not supported");
    if (change_table(&b, &update->relation, &out->table)) return FAIL;
    if (change_refuse_append_only(&b, out->table, offset, "updated")) return FAIL;
    if (update->from.count) return bind_refuse(&b, offset, "FROM in UPDATE is not supported");
    struct from from = { .node = logical_scan(b.arena, out->table) };
    bind_from_table(&b, &from, out->table, update->alias ? update->alias : out->table->name, 0);
    struct scope scope = { .binder = &b, .from = &from, .clause = CLAUSE_SET };
    struct set_target set = { &b, &scope, out->table, &out->set };
    if (change_where(&b, &from, update->where, &out->where)) return FAIL;
    if (bind_returning(&b, &from, &update->returning, &out->returning)) return FAIL;
    return bind_assignments(&set, &update->assignments);
}

enum status bind_delete(const struct bind_options *options, const struct syntax_delete *delete,
                        struct bind_delete *out, struct err *err)
{
    struct binder b = bind_begin(options, err);
    i32 offset = delete->relation.offset;
    *out = (struct bind_delete){ 0 };
    if (delete->with) return bind_refuse(&b, -1, "WITH in DELETE is not supported");
    if (change_table(&b, &delete->relation, &out->table)) return FAIL;
    if (change_refuse_append_only(&b, out->table, offset, "deleted")) return FAIL;
    if (delete->from.count) return bind_refuse(&b, offset, "USING in DELETE is not supported");
    struct from from = { .node = logical_scan(b.arena, out->table) };
    bind_from_table(&b, &from, out->table, delete->alias ? delete->alias : out->table->name, 0);
    if (change_where(&b, &from, delete->where, &out->where)) return FAIL;
    return bind_returning(&b, &from, &delete->returning, &out->returning);
}
