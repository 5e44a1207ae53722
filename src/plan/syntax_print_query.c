/* SELECT, INSERT, UPDATE, DELETE. */
#include "base/assert.h"
#include "plan/syntax_print_internal.h"

void syntax_print_targets(struct buf *buf, const struct syntax_targets *targets)
{
    buf_puts(buf, " (");
    for (u32 i = 0; i < targets->count; i++) {
        const struct syntax_target *target = &targets->items[i];
        if (i > 0) buf_putc(buf, ' ');
        if (target->alias) buf_puts(buf, "(as ");
        syntax_print_expr(buf, target->expr);
        if (!target->alias) continue;
        buf_putc(buf, ' ');
        syntax_print_name(buf, target->alias);
        buf_putc(buf, ')');
    }
    buf_putc(buf, ')');
}

void syntax_print_with(struct buf *buf, const struct syntax_with *with)
{
    if (!with) return;
    buf_puts(buf, with->is_recursive ? " (with-recursive" : " (with");
    for (u32 i = 0; i < with->count; i++) {
        const struct syntax_cte *cte = &with->items[i];
        buf_puts(buf, " (");
        syntax_print_name(buf, cte->name);
        syntax_print_names(buf, &cte->columns);
        if (cte->is_materialized) buf_puts(buf, " materialized");
        if (cte->is_not_materialized) buf_puts(buf, " not-materialized");
        buf_putc(buf, ' ');
        syntax_print_statement(buf, cte->query);
        buf_putc(buf, ')');
    }
    buf_putc(buf, ')');
}

static void print_from(struct buf *buf, const struct syntax_from *from);

static void print_from_table(struct buf *buf, const struct syntax_from *from)
{
    if (from->table.is_only) buf_puts(buf, "only-");
    syntax_print_relation(buf, &from->table.relation);
    if (!from->table.sample) return;
    buf_puts(buf, " (sample ");
    syntax_print_name(buf, from->table.sample);
    syntax_print_exprs(buf, &from->table.sample_args);
    syntax_print_clause(buf, "seed", from->table.sample_seed);
    buf_putc(buf, ')');
}

static void print_from_functions(struct buf *buf, const struct syntax_from *from)
{
    if (from->functions.is_rows_from) buf_puts(buf, "(rows-from ");
    for (u32 i = 0; i < from->functions.count; i++) {
        const struct syntax_from_function *function = &from->functions.items[i];
        if (i > 0) buf_putc(buf, ' ');
        syntax_print_expr(buf, function->call);
        if (function->column_count == 0) continue;
        buf_puts(buf, " (columns");
        for (u32 j = 0; j < function->column_count; j++) {
            buf_puts(buf, " (");
            syntax_print_name(buf, function->columns[j].name);
            buf_putc(buf, ' ');
            syntax_print_type(buf, function->columns[j].type);
            buf_putc(buf, ')');
        }
        buf_putc(buf, ')');
    }
    if (from->functions.is_rows_from) buf_putc(buf, ')');
    if (from->functions.has_ordinality) buf_puts(buf, " with-ordinality");
}

static void print_from_join(struct buf *buf, const struct syntax_from *from)
{
    static const char *const kinds[] = { "join", "left-join", "right-join", "full-join" };
    buf_format(buf, "(%s%s ", from->join.is_natural ? "natural-" : "", kinds[from->join.kind]);
    print_from(buf, from->join.left);
    buf_putc(buf, ' ');
    print_from(buf, from->join.right);
    if (from->join.using_columns.count > 0) {
        buf_puts(buf, " (using");
        syntax_print_names(buf, &from->join.using_columns);
        if (from->join.using_alias) {
            buf_putc(buf, ' ');
            syntax_print_name(buf, from->join.using_alias);
        }
        buf_putc(buf, ')');
    }
    syntax_print_clause(buf, "on", from->join.on);
    buf_putc(buf, ')');
}

static void print_from(struct buf *buf, const struct syntax_from *from)
{
    bool has_name = from->alias || from->is_lateral || from->columns.count > 0;
    if (has_name) buf_puts(buf, "(as ");
    if (from->is_lateral) buf_puts(buf, "lateral ");
    switch (from->kind) {
    case SYNTAX_FROM_TABLE: print_from_table(buf, from); break;
    case SYNTAX_FROM_SUBQUERY: syntax_print_select(buf, from->subquery); break;
    case SYNTAX_FROM_FUNCTION: print_from_functions(buf, from); break;
    case SYNTAX_FROM_JOIN: print_from_join(buf, from); break;
    }
    if (!has_name) return;
    if (from->alias) {
        buf_putc(buf, ' ');
        syntax_print_name(buf, from->alias);
    }
    syntax_print_names(buf, &from->columns);
    buf_putc(buf, ')');
}

void syntax_print_froms(struct buf *buf, const char *word, const struct syntax_froms *froms)
{
    if (froms->count == 0) return;
    buf_format(buf, " (%s", word);
    for (u32 i = 0; i < froms->count; i++) {
        buf_putc(buf, ' ');
        print_from(buf, froms->items[i]);
    }
    buf_putc(buf, ')');
}

static void print_groups(struct buf *buf, const char *word, const struct syntax_group *groups,
                         u32 count)
{
    static const char *const kinds[] = { "", "", "rollup", "cube", "sets" };
    buf_format(buf, "(%s", word);
    for (u32 i = 0; i < count; i++) {
        buf_putc(buf, ' ');
        if (groups[i].kind == SYNTAX_GROUP_EXPR) {
            syntax_print_expr(buf, groups[i].expr);
        } else if (groups[i].kind == SYNTAX_GROUP_EMPTY) {
            buf_puts(buf, "()");
        } else {
            print_groups(buf, kinds[groups[i].kind], groups[i].items, groups[i].count);
        }
    }
    buf_putc(buf, ')');
}

static void print_plain(struct buf *buf, const struct syntax_select *select)
{
    if (select->plain.is_distinct) buf_puts(buf, " distinct");
    if (select->plain.distinct_on.count > 0) {
        buf_puts(buf, " (on");
        syntax_print_exprs(buf, &select->plain.distinct_on);
        buf_putc(buf, ')');
    }
    syntax_print_targets(buf, &select->plain.targets);
    syntax_print_froms(buf, "from", &select->plain.from);
    syntax_print_clause(buf, "where", select->plain.where);
    if (select->plain.group_count > 0) {
        buf_putc(buf, ' ');
        print_groups(buf, select->plain.is_group_distinct ? "group-distinct" : "group",
                     select->plain.groups, select->plain.group_count);
    }
    syntax_print_clause(buf, "having", select->plain.having);
    for (u32 i = 0; i < select->plain.window_count; i++) {
        buf_putc(buf, ' ');
        syntax_print_window(buf, &select->plain.windows[i]);
    }
}

static void print_values(struct buf *buf, const struct syntax_select *select)
{
    for (u32 i = 0; i < select->values.row_count; i++) {
        buf_puts(buf, " (row");
        syntax_print_exprs(buf, &select->values.rows[i]);
        buf_putc(buf, ')');
    }
}

static void print_locking(struct buf *buf, const struct syntax_locking *locking)
{
    static const char *const words[] = { "key-share", "share", "no-key-update", "update" };
    buf_format(buf, " (for-%s", words[locking->strength]);
    for (u32 i = 0; i < locking->relation_count; i++) {
        buf_putc(buf, ' ');
        syntax_print_relation(buf, &locking->relations[i]);
    }
    if (locking->is_nowait) buf_puts(buf, " nowait");
    if (locking->is_skip_locked) buf_puts(buf, " skip-locked");
    buf_putc(buf, ')');
}

static void print_body(struct buf *buf, const struct syntax_select *select)
{
    static const char *const sets[] = { "union", "intersect", "except" };
    switch (select->kind) {
    case SYNTAX_SELECT_PLAIN:
        buf_puts(buf, "(select");
        syntax_print_with(buf, select->with);
        print_plain(buf, select);
        return;
    case SYNTAX_SELECT_VALUES:
        buf_puts(buf, "(values");
        syntax_print_with(buf, select->with);
        print_values(buf, select);
        return;
    case SYNTAX_SELECT_SET:
        buf_format(buf, "(%s%s", sets[select->set.kind], select->set.is_all ? "-all" : "");
        syntax_print_with(buf, select->with);
        buf_putc(buf, ' ');
        syntax_print_select(buf, select->set.left);
        buf_putc(buf, ' ');
        syntax_print_select(buf, select->set.right);
        return;
    }
    unreachable();
}

void syntax_print_select(struct buf *buf, const struct syntax_select *select)
{
    print_body(buf, select);
    syntax_print_orders(buf, &select->order);
    syntax_print_clause(buf, select->has_ties ? "limit-ties" : "limit", select->limit);
    syntax_print_clause(buf, "offset", select->offset);
    for (u32 i = 0; i < select->locking_count; i++)
        print_locking(buf, &select->lockings[i]);
    buf_putc(buf, ')');
}

static void print_columns(struct buf *buf, const struct syntax_target_column *columns, u32 count)
{
    buf_puts(buf, " (");
    for (u32 i = 0; i < count; i++) {
        if (i > 0) buf_putc(buf, ' ');
        syntax_print_name(buf, columns[i].name);
        syntax_print_steps(buf, columns[i].steps, columns[i].step_count);
    }
    buf_putc(buf, ')');
}

static void print_assignments(struct buf *buf, const struct syntax_assignments *assignments)
{
    for (u32 i = 0; i < assignments->count; i++) {
        const struct syntax_assignment *assignment = &assignments->items[i];
        buf_puts(buf, " (set");
        print_columns(buf, assignment->columns, assignment->column_count);
        buf_putc(buf, ' ');
        syntax_print_expr(buf, assignment->value);
        buf_putc(buf, ')');
    }
}

static void print_head(struct buf *buf, const char *word, const struct syntax_with *with,
                       const struct syntax_relation *relation, const char *alias)
{
    buf_format(buf, "(%s", word);
    syntax_print_with(buf, with);
    buf_puts(buf, alias ? " (as " : " ");
    syntax_print_relation(buf, relation);
    if (!alias) return;
    buf_putc(buf, ' ');
    syntax_print_name(buf, alias);
    buf_putc(buf, ')');
}

static void print_returning(struct buf *buf, const struct syntax_targets *returning)
{
    if (returning->count == 0) return;
    buf_puts(buf, " (returning");
    syntax_print_targets(buf, returning);
    buf_putc(buf, ')');
}

void syntax_print_index_columns(struct buf *buf, const struct syntax_index_column *columns,
                                u32 count)
{
    static const char *const directions[] = { "", " asc", " desc" };
    static const char *const nulls[] = { "", " nulls-first", " nulls-last" };
    for (u32 i = 0; i < count; i++) {
        buf_puts(buf, " (");
        if (columns[i].expr) syntax_print_expr(buf, columns[i].expr);
        if (columns[i].name) syntax_print_name(buf, columns[i].name);
        if (columns[i].collation.count > 0) {
            buf_puts(buf, " (collate ");
            syntax_print_path(buf, &columns[i].collation);
            buf_putc(buf, ')');
        }
        if (columns[i].op_class) buf_format(buf, " (class %s)", columns[i].op_class);
        buf_format(buf, "%s%s)", directions[columns[i].direction], nulls[columns[i].nulls]);
    }
}

static void print_conflict(struct buf *buf, const struct syntax_conflict *conflict)
{
    if (!conflict) return;
    bool is_update = conflict->kind == SYNTAX_CONFLICT_UPDATE;
    buf_format(buf, " (conflict-%s", is_update ? "update" : "nothing");
    if (conflict->constraint) {
        buf_puts(buf, " (constraint ");
        syntax_print_name(buf, conflict->constraint);
        buf_putc(buf, ')');
    }
    if (conflict->column_count > 0) {
        buf_puts(buf, " (on");
        syntax_print_index_columns(buf, conflict->columns, conflict->column_count);
        syntax_print_clause(buf, "where", conflict->index_where);
        buf_putc(buf, ')');
    }
    print_assignments(buf, &conflict->assignments);
    syntax_print_clause(buf, "where", conflict->where);
    buf_putc(buf, ')');
}

void syntax_print_insert(struct buf *buf, const struct syntax_insert *insert)
{
    print_head(buf, "insert", insert->with, &insert->relation, insert->alias);
    if (insert->column_count > 0) print_columns(buf, insert->columns, insert->column_count);
    if (insert->select) {
        buf_putc(buf, ' ');
        syntax_print_select(buf, insert->select);
    } else {
        buf_puts(buf, " default-values");
    }
    print_conflict(buf, insert->conflict);
    print_returning(buf, &insert->returning);
    buf_putc(buf, ')');
}

void syntax_print_update(struct buf *buf, const struct syntax_update *update)
{
    print_head(buf, "update", update->with, &update->relation, update->alias);
    print_assignments(buf, &update->assignments);
    syntax_print_froms(buf, "from", &update->from);
    syntax_print_clause(buf, "where", update->where);
    print_returning(buf, &update->returning);
    buf_putc(buf, ')');
}

void syntax_print_delete(struct buf *buf, const struct syntax_delete *delete)
{
    print_head(buf, "delete", delete->with, &delete->relation, delete->alias);
    syntax_print_froms(buf, "using", &delete->from);
    syntax_print_clause(buf, "where", delete->where);
    print_returning(buf, &delete->returning);
    buf_putc(buf, ')');
}
