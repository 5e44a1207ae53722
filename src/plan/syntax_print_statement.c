/* Definitions and the short statements. */
#include "base/assert.h"
#include "plan/syntax_print_internal.h"

static void print_options(struct buf *buf, const struct syntax_option *options, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        const struct syntax_option *option = &options[i];
        buf_puts(buf, " (");
        if (option->name) syntax_print_name(buf, option->name);
        if (option->name && option->kind != SYNTAX_OPTION_NONE) buf_putc(buf, ' ');
        switch (option->kind) {
        case SYNTAX_OPTION_NONE: break;
        case SYNTAX_OPTION_STRING: syntax_print_string(buf, option->text); break;
        case SYNTAX_OPTION_WORD:
        case SYNTAX_OPTION_INTEGER:
        case SYNTAX_OPTION_DECIMAL: buf_puts(buf, option->text); break;
        }
        buf_putc(buf, ')');
    }
}

static void print_with_options(struct buf *buf, const struct syntax_options *options)
{
    if (options->count == 0) return;
    buf_puts(buf, " (options");
    print_options(buf, options->items, options->count);
    buf_putc(buf, ')');
}

static void print_constraint(struct buf *buf, const struct syntax_constraint *constraint)
{
    static const char *const kinds[] = { "null",        "not-null", "default",    "check",
                                         "primary-key", "unique",   "references", "generated" };
    buf_format(buf, " (%s", kinds[constraint->kind]);
    if (constraint->name) {
        buf_puts(buf, " (name ");
        syntax_print_name(buf, constraint->name);
        buf_putc(buf, ')');
    }
    if (constraint->is_nulls_not_distinct) buf_puts(buf, " nulls-not-distinct");
    syntax_print_names(buf, &constraint->columns);
    if (constraint->relation.name) {
        buf_putc(buf, ' ');
        syntax_print_relation(buf, &constraint->relation);
        syntax_print_names(buf, &constraint->relation_columns);
    }
    if (constraint->expr) {
        buf_putc(buf, ' ');
        syntax_print_expr(buf, constraint->expr);
    }
    buf_putc(buf, ')');
}

static void print_create_table(struct buf *buf, const struct syntax_create_table *table)
{
    buf_puts(buf, table->is_source ? "(create-source " : "(create-table ");
    if (table->is_if_not_exists) buf_puts(buf, "if-not-exists ");
    syntax_print_relation(buf, &table->relation);
    for (u32 i = 0; i < table->column_count; i++) {
        const struct syntax_column_def *column = &table->columns[i];
        buf_puts(buf, " (");
        syntax_print_name(buf, column->name);
        buf_putc(buf, ' ');
        syntax_print_type(buf, column->type);
        if (column->collation.count > 0) {
            buf_puts(buf, " (collate ");
            syntax_print_path(buf, &column->collation);
            buf_putc(buf, ')');
        }
        for (u32 j = 0; j < column->constraint_count; j++) {
            print_constraint(buf, &column->constraints[j]);
        }
        buf_putc(buf, ')');
    }
    for (u32 i = 0; i < table->constraint_count; i++) {
        print_constraint(buf, &table->constraints[i]);
    }
    print_with_options(buf, &table->options);
    buf_putc(buf, ')');
}

static void print_create_view(struct buf *buf, const struct syntax_create_view *view)
{
    buf_puts(buf, view->is_materialized ? "(create-materialized-view " : "(create-view ");
    if (view->is_replace) buf_puts(buf, "or-replace ");
    if (view->is_if_not_exists) buf_puts(buf, "if-not-exists ");
    syntax_print_relation(buf, &view->relation);
    syntax_print_names(buf, &view->columns);
    buf_putc(buf, ' ');
    syntax_print_select(buf, view->query);
    print_with_options(buf, &view->options);
    buf_putc(buf, ')');
}

static void print_create_sink(struct buf *buf, const struct syntax_create_sink *sink)
{
    buf_puts(buf, "(create-sink ");
    if (sink->is_if_not_exists) buf_puts(buf, "if-not-exists ");
    syntax_print_relation(buf, &sink->relation);
    buf_puts(buf, " (from ");
    syntax_print_relation(buf, &sink->from);
    buf_putc(buf, ')');
    print_with_options(buf, &sink->options);
    buf_putc(buf, ')');
}

static void print_create_index(struct buf *buf, const struct syntax_create_index *index)
{
    buf_puts(buf, index->is_unique ? "(create-unique-index" : "(create-index");
    if (index->is_if_not_exists) buf_puts(buf, " if-not-exists");
    if (index->name) {
        buf_putc(buf, ' ');
        syntax_print_name(buf, index->name);
    }
    buf_puts(buf, " (on ");
    syntax_print_relation(buf, &index->relation);
    buf_format(buf, ") (%s", index->method);
    syntax_print_index_columns(buf, index->columns, index->column_count);
    buf_putc(buf, ')');
    if (index->include.count > 0) {
        buf_puts(buf, " (include");
        syntax_print_names(buf, &index->include);
        buf_putc(buf, ')');
    }
    if (index->is_nulls_not_distinct) buf_puts(buf, " nulls-not-distinct");
    syntax_print_clause(buf, "where", index->where);
    print_with_options(buf, &index->options);
    buf_putc(buf, ')');
}

static const char *object_word(enum syntax_object_kind kind)
{
    switch (kind) {
    case SYNTAX_OBJECT_TABLE: return "table";
    case SYNTAX_OBJECT_VIEW: return "view";
    case SYNTAX_OBJECT_MATERIALIZED_VIEW: return "materialized-view";
    case SYNTAX_OBJECT_INDEX: return "index";
    case SYNTAX_OBJECT_SOURCE: return "source";
    case SYNTAX_OBJECT_SINK: return "sink";
    case SYNTAX_OBJECT_COLUMN: return "column";
    }
    unreachable();
}

static void print_relations(struct buf *buf, const struct syntax_relation *relations, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        buf_putc(buf, ' ');
        syntax_print_relation(buf, &relations[i]);
    }
}

static void print_drop(struct buf *buf, const struct syntax_drop *drop)
{
    buf_format(buf, "(drop-%s", object_word(drop->kind));
    if (drop->is_if_exists) buf_puts(buf, " if-exists");
    print_relations(buf, drop->relations, drop->relation_count);
    buf_puts(buf, drop->is_cascade ? " cascade)" : ")");
}

static void print_comment(struct buf *buf, const struct syntax_comment *comment)
{
    buf_format(buf, "(comment-%s ", object_word(comment->kind));
    syntax_print_relation(buf, &comment->relation);
    if (comment->column) {
        buf_putc(buf, '.');
        syntax_print_name(buf, comment->column);
    }
    buf_putc(buf, ' ');
    if (comment->text) {
        syntax_print_string(buf, comment->text);
    } else {
        buf_puts(buf, "null");
    }
    buf_putc(buf, ')');
}

static void print_explain(struct buf *buf, const struct syntax_explain *explain)
{
    buf_puts(buf, explain->is_analyze ? "(explain-analyze" : "(explain");
    print_with_options(buf, &explain->options);
    buf_putc(buf, ' ');
    if (explain->statement) {
        syntax_print_statement(buf, explain->statement);
    } else {
        buf_puts(buf, "view ");
        syntax_print_relation(buf, &explain->relation);
    }
    buf_putc(buf, ')');
}

static void print_pressure(struct buf *buf, const struct syntax_pressure *pressure)
{
    buf_puts(buf, "(explain-pressure");
    if (pressure->relation.name) print_relations(buf, &pressure->relation, 1);
    buf_putc(buf, ')');
}

static void print_set(struct buf *buf, const char *word, const struct syntax_set *set)
{
    buf_format(buf, "(%s%s ", word, set->is_local ? "-local" : "");
    if (set->name) {
        syntax_print_name(buf, set->name);
    } else {
        buf_puts(buf, "all");
    }
    print_options(buf, set->values, set->value_count);
    buf_putc(buf, ')');
}

static void print_transaction(struct buf *buf, const struct syntax_transaction *transaction)
{
    static const char *const words[] = { "begin",     "commit",  "rollback",
                                         "savepoint", "release", "rollback-to" };
    buf_format(buf, "(%s", words[transaction->kind]);
    if (transaction->name) {
        buf_putc(buf, ' ');
        syntax_print_name(buf, transaction->name);
    }
    if (transaction->is_chain) buf_puts(buf, " chain");
    print_with_options(buf, &transaction->options);
    buf_putc(buf, ')');
}

static void print_subscribe(struct buf *buf, const struct syntax_subscribe *subscribe)
{
    buf_puts(buf, "(subscribe ");
    if (subscribe->query) {
        syntax_print_select(buf, subscribe->query);
    } else {
        syntax_print_relation(buf, &subscribe->relation);
    }
    print_with_options(buf, &subscribe->options);
    buf_putc(buf, ')');
}

static void print_truncate(struct buf *buf, const struct syntax_truncate *truncate)
{
    buf_puts(buf, "(truncate");
    print_relations(buf, truncate->relations, truncate->relation_count);
    buf_puts(buf, truncate->is_cascade ? " cascade)" : ")");
}

void syntax_print_statement(struct buf *buf, const struct syntax_statement *statement)
{
    switch (statement->kind) {
    case SYNTAX_SELECT: syntax_print_select(buf, statement->select); return;
    case SYNTAX_INSERT: syntax_print_insert(buf, statement->insert); return;
    case SYNTAX_UPDATE: syntax_print_update(buf, statement->update); return;
    case SYNTAX_DELETE: syntax_print_delete(buf, statement->delete); return;
    case SYNTAX_TRUNCATE: print_truncate(buf, statement->truncate); return;
    case SYNTAX_CREATE_TABLE: print_create_table(buf, statement->create_table); return;
    case SYNTAX_CREATE_VIEW: print_create_view(buf, statement->create_view); return;
    case SYNTAX_CREATE_SINK: print_create_sink(buf, statement->create_sink); return;
    case SYNTAX_CREATE_INDEX: print_create_index(buf, statement->create_index); return;
    case SYNTAX_DROP: print_drop(buf, statement->drop); return;
    case SYNTAX_COMMENT: print_comment(buf, statement->comment); return;
    case SYNTAX_EXPLAIN: print_explain(buf, statement->explain); return;
    case SYNTAX_PRESSURE: print_pressure(buf, statement->pressure); return;
    case SYNTAX_SHOW: print_set(buf, "show", statement->set); return;
    case SYNTAX_SET: print_set(buf, "set", statement->set); return;
    case SYNTAX_RESET: print_set(buf, "reset", statement->set); return;
    case SYNTAX_TRANSACTION: print_transaction(buf, statement->transaction); return;
    case SYNTAX_SUBSCRIBE: print_subscribe(buf, statement->subscribe); return;
    }
    unreachable();
}
