/* Names, types and expressions. */
#include "plan/syntax_print_internal.h"

#include "base/assert.h"

static bool is_plain(const char *name)
{
    if (!((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_')) return false;
    for (const char *c = name; *c; c++) {
        bool is_part = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || *c == '_';
        if (!is_part) return false;
    }
    return true;
}

static void print_quoted(struct buf *buf, const char *text, char quote)
{
    buf_putc(buf, quote);
    for (const char *c = text; *c; c++) {
        if (*c == quote) buf_putc(buf, quote);
        buf_putc(buf, *c);
    }
    buf_putc(buf, quote);
}

void syntax_print_name(struct buf *buf, const char *name)
{
    if (is_plain(name)) {
        buf_puts(buf, name);
    } else {
        print_quoted(buf, name, '"');
    }
}

void syntax_print_string(struct buf *buf, const char *text)
{
    print_quoted(buf, text, '\'');
}

void syntax_print_path(struct buf *buf, const struct syntax_names *names)
{
    for (u32 i = 0; i < names->count; i++) {
        if (i > 0) buf_putc(buf, '.');
        syntax_print_name(buf, names->items[i]);
    }
}

void syntax_print_names(struct buf *buf, const struct syntax_names *names)
{
    if (names->count == 0) return;
    for (u32 i = 0; i < names->count; i++) {
        buf_puts(buf, i == 0 ? " (" : " ");
        syntax_print_name(buf, names->items[i]);
    }
    buf_putc(buf, ')');
}

void syntax_print_relation(struct buf *buf, const struct syntax_relation *relation)
{
    if (relation->schema) {
        syntax_print_name(buf, relation->schema);
        buf_putc(buf, '.');
    }
    syntax_print_name(buf, relation->name);
}

static void print_interval_fields(struct buf *buf, u32 fields)
{
    static const char *const words[] = { "year", "month", "day", "hour", "minute", "second" };
    for (u32 i = 0; i < countof(words); i++) {
        if (fields & (1u << i)) buf_format(buf, "-%s", words[i]);
    }
}

void syntax_print_type(struct buf *buf, const struct syntax_type *type)
{
    if (type->is_setof) buf_puts(buf, "setof-");
    bool is_own = type->schema && strcmp(type->schema, "pg_catalog") == 0;
    if (type->schema && !is_own) {
        syntax_print_name(buf, type->schema);
        buf_putc(buf, '.');
    }
    /* A name that was written, and not put in place by the grammar, may be quoted. */
    if (is_own || is_plain(type->name)) {
        buf_puts(buf, type->name);
    } else {
        syntax_print_name(buf, type->name);
    }
    print_interval_fields(buf, type->interval_fields);
    for (u32 i = 0; i < type->typmod_count; i++) {
        buf_format(buf, "%c%d", i == 0 ? '(' : ',', type->typmods[i]);
    }
    if (type->typmod_count > 0) buf_putc(buf, ')');
    for (u32 i = 0; i < type->array_depth; i++)
        buf_puts(buf, "[]");
}

void syntax_print_exprs(struct buf *buf, const struct syntax_exprs *exprs)
{
    for (u32 i = 0; i < exprs->count; i++) {
        buf_putc(buf, ' ');
        syntax_print_expr(buf, exprs->items[i]);
    }
}

void syntax_print_clause(struct buf *buf, const char *word, const struct syntax_expr *expr)
{
    if (!expr) return;
    buf_format(buf, " (%s ", word);
    syntax_print_expr(buf, expr);
    buf_putc(buf, ')');
}

void syntax_print_orders(struct buf *buf, const struct syntax_orders *orders)
{
    static const char *const directions[] = { "", " asc", " desc" };
    static const char *const nulls[] = { "", " nulls-first", " nulls-last" };
    if (orders->count == 0) return;
    buf_puts(buf, " (order");
    for (u32 i = 0; i < orders->count; i++) {
        const struct syntax_order *order = &orders->items[i];
        buf_puts(buf, " (");
        syntax_print_expr(buf, order->expr);
        buf_format(buf, "%s%s)", directions[order->direction], nulls[order->nulls]);
    }
    buf_putc(buf, ')');
}

static void print_bound(struct buf *buf, enum syntax_bound bound, const struct syntax_expr *offset)
{
    static const char *const words[] = { "unbounded-preceding", "preceding", "current-row",
                                         "following", "unbounded-following" };
    buf_format(buf, " (%s", words[bound]);
    if (offset) {
        buf_putc(buf, ' ');
        syntax_print_expr(buf, offset);
    }
    buf_putc(buf, ')');
}

static void print_frame(struct buf *buf, const struct syntax_window *window)
{
    static const char *const modes[] = { "range", "rows", "groups" };
    static const char *const excludes[] = { "", " exclude-current-row", " exclude-group",
                                            " exclude-ties" };
    if (!window->has_frame) return;
    buf_format(buf, " (%s", modes[window->mode]);
    print_bound(buf, window->start, window->start_offset);
    print_bound(buf, window->end, window->end_offset);
    buf_format(buf, "%s)", excludes[window->exclude]);
}

void syntax_print_window(struct buf *buf, const struct syntax_window *window)
{
    buf_puts(buf, "(window");
    if (window->name) {
        buf_putc(buf, ' ');
        syntax_print_name(buf, window->name);
    }
    if (window->base) {
        buf_puts(buf, " (base ");
        syntax_print_name(buf, window->base);
        buf_putc(buf, ')');
    }
    if (window->partition.count > 0) {
        buf_puts(buf, " (partition");
        syntax_print_exprs(buf, &window->partition);
        buf_putc(buf, ')');
    }
    syntax_print_orders(buf, &window->order);
    print_frame(buf, window);
    buf_putc(buf, ')');
}

static void print_const(struct buf *buf, const struct syntax_expr *expr)
{
    switch (expr->constant.kind) {
    case SYNTAX_CONST_NULL: buf_puts(buf, "null"); return;
    case SYNTAX_CONST_BOOL: buf_puts(buf, expr->constant.boolean ? "true" : "false"); return;
    case SYNTAX_CONST_INTEGER: buf_format(buf, "%lld", (long long)expr->constant.integer); return;
    case SYNTAX_CONST_DECIMAL: buf_puts(buf, expr->constant.text); return;
    case SYNTAX_CONST_STRING: syntax_print_string(buf, expr->constant.text); return;
    case SYNTAX_CONST_BITS: buf_format(buf, "(bits %s)", expr->constant.text); return;
    }
    unreachable();
}

static void print_column(struct buf *buf, const struct syntax_expr *expr)
{
    syntax_print_path(buf, &expr->column.names);
    if (expr->column.is_star) buf_puts(buf, expr->column.names.count > 0 ? ".*" : "*");
}

static void print_op(struct buf *buf, const struct syntax_expr *expr, const char *quantifier)
{
    buf_format(buf, "(%s%s", expr->op.name, quantifier);
    if (expr->op.left) {
        buf_putc(buf, ' ');
        syntax_print_expr(buf, expr->op.left);
    }
    buf_putc(buf, ' ');
    syntax_print_expr(buf, expr->op.right);
    buf_putc(buf, ')');
}

static void print_args(struct buf *buf, const char *word, const struct syntax_exprs *args)
{
    buf_format(buf, "(%s", word);
    syntax_print_exprs(buf, args);
    buf_putc(buf, ')');
}

static void print_test(struct buf *buf, const char *word, const struct syntax_expr *expr)
{
    buf_format(buf, "(%s%s ", expr->test.is_negated ? "not-" : "", word);
    syntax_print_expr(buf, expr->test.arg);
    syntax_print_exprs(buf, &expr->test.others);
    buf_putc(buf, ')');
}

static void print_case(struct buf *buf, const struct syntax_expr *expr)
{
    buf_puts(buf, "(case");
    if (expr->choice.arg) {
        buf_putc(buf, ' ');
        syntax_print_expr(buf, expr->choice.arg);
    }
    for (u32 i = 0; i < expr->choice.when_count; i++) {
        buf_puts(buf, " (when ");
        syntax_print_expr(buf, expr->choice.whens[i].condition);
        buf_putc(buf, ' ');
        syntax_print_expr(buf, expr->choice.whens[i].result);
        buf_putc(buf, ')');
    }
    syntax_print_clause(buf, "else", expr->choice.otherwise);
    buf_putc(buf, ')');
}

static void print_cast(struct buf *buf, const struct syntax_expr *expr)
{
    buf_puts(buf, "(cast ");
    syntax_print_expr(buf, expr->cast.arg);
    buf_putc(buf, ' ');
    syntax_print_type(buf, expr->cast.type);
    buf_putc(buf, ')');
}

static void print_function(struct buf *buf, const struct syntax_function *function)
{
    buf_putc(buf, '(');
    syntax_print_path(buf, &function->name);
    if (function->is_distinct) buf_puts(buf, " distinct");
    if (function->is_variadic) buf_puts(buf, " variadic");
    if (function->is_star) buf_puts(buf, " *");
    syntax_print_exprs(buf, &function->args);
    if (function->is_within_group) buf_puts(buf, " within-group");
    syntax_print_orders(buf, &function->order);
    syntax_print_clause(buf, "filter", function->filter);
    if (function->over) {
        buf_puts(buf, " (over ");
        syntax_print_window(buf, function->over);
        buf_putc(buf, ')');
    }
    buf_putc(buf, ')');
}

static void print_value_function(struct buf *buf, const struct syntax_expr *expr)
{
    static const char *const words[] = {
        "current_date",   "current_time",    "current_timestamp", "localtime",
        "localtimestamp", "current_role",    "current_user",      "user",
        "session_user",   "current_catalog", "current_schema",
    };
    buf_format(buf, "(%s", words[expr->value_function.function]);
    if (expr->value_function.precision >= 0) {
        buf_format(buf, " %d", expr->value_function.precision);
    }
    buf_putc(buf, ')');
}

static void print_subquery(struct buf *buf, const struct syntax_expr *expr)
{
    static const char *const words[] = { "scalar", "exists", "in", "any", "all", "array" };
    buf_format(buf, "(%s", words[expr->subquery.kind]);
    if (expr->subquery.op) buf_format(buf, " %s", expr->subquery.op);
    if (expr->subquery.left) {
        buf_putc(buf, ' ');
        syntax_print_expr(buf, expr->subquery.left);
    }
    buf_putc(buf, ' ');
    syntax_print_select(buf, expr->subquery.select);
    buf_putc(buf, ')');
}

static void print_step(struct buf *buf, const struct syntax_step *step)
{
    if (step->field || step->is_star) {
        buf_puts(buf, " .");
        if (step->is_star) {
            buf_putc(buf, '*');
        } else {
            syntax_print_name(buf, step->field);
        }
        return;
    }
    buf_puts(buf, " [");
    if (step->low) syntax_print_expr(buf, step->low);
    if (step->is_slice) buf_putc(buf, ':');
    if (step->high) syntax_print_expr(buf, step->high);
    buf_putc(buf, ']');
}

void syntax_print_steps(struct buf *buf, const struct syntax_step *steps, u32 count)
{
    for (u32 i = 0; i < count; i++)
        print_step(buf, &steps[i]);
}

static void print_wrapped(struct buf *buf, const char *word, const struct syntax_expr *arg)
{
    buf_format(buf, "(%s ", word);
    syntax_print_expr(buf, arg);
}

void syntax_print_expr(struct buf *buf, const struct syntax_expr *expr)
{
    switch (expr->kind) {
    case SYNTAX_COLUMN: print_column(buf, expr); return;
    case SYNTAX_CONST: print_const(buf, expr); return;
    case SYNTAX_PARAM: buf_format(buf, "$%d", expr->param); return;
    case SYNTAX_OP: print_op(buf, expr, ""); return;
    case SYNTAX_OP_ANY: print_op(buf, expr, "-any"); return;
    case SYNTAX_OP_ALL: print_op(buf, expr, "-all"); return;
    case SYNTAX_AND: print_args(buf, "and", &expr->args); return;
    case SYNTAX_OR: print_args(buf, "or", &expr->args); return;
    case SYNTAX_NOT: print_args(buf, "not", &expr->args); return;
    case SYNTAX_IS_DISTINCT: print_test(buf, "is-distinct", expr); return;
    case SYNTAX_IS_NULL: print_test(buf, "is-null", expr); return;
    case SYNTAX_IS_TRUE: print_test(buf, "is-true", expr); return;
    case SYNTAX_IS_FALSE: print_test(buf, "is-false", expr); return;
    case SYNTAX_IS_UNKNOWN: print_test(buf, "is-unknown", expr); return;
    case SYNTAX_IN: print_test(buf, "in-list", expr); return;
    case SYNTAX_BETWEEN: print_test(buf, "between", expr); return;
    case SYNTAX_BETWEEN_SYMMETRIC: print_test(buf, "between-symmetric", expr); return;
    case SYNTAX_LIKE: print_test(buf, "like", expr); return;
    case SYNTAX_ILIKE: print_test(buf, "ilike", expr); return;
    case SYNTAX_SIMILAR: print_test(buf, "similar", expr); return;
    case SYNTAX_COALESCE: print_args(buf, "coalesce", &expr->args); return;
    case SYNTAX_NULLIF: print_args(buf, "nullif", &expr->args); return;
    case SYNTAX_GREATEST: print_args(buf, "greatest", &expr->args); return;
    case SYNTAX_LEAST: print_args(buf, "least", &expr->args); return;
    case SYNTAX_CASE: print_case(buf, expr); return;
    case SYNTAX_CAST: print_cast(buf, expr); return;
    case SYNTAX_COLLATE:
        print_wrapped(buf, "collate", expr->collate.arg);
        buf_putc(buf, ' ');
        syntax_print_path(buf, &expr->collate.name);
        buf_putc(buf, ')');
        return;
    case SYNTAX_FUNCTION: print_function(buf, expr->function); return;
    case SYNTAX_VALUE_FUNCTION: print_value_function(buf, expr); return;
    case SYNTAX_GROUPING: print_args(buf, "grouping", &expr->args); return;
    case SYNTAX_NAMED_ARG:
        buf_puts(buf, "(=> ");
        syntax_print_name(buf, expr->named_arg.name);
        buf_putc(buf, ' ');
        syntax_print_expr(buf, expr->named_arg.arg);
        buf_putc(buf, ')');
        return;
    case SYNTAX_SUBQUERY: print_subquery(buf, expr); return;
    case SYNTAX_ARRAY: print_args(buf, "array-of", &expr->args); return;
    case SYNTAX_ROW: print_args(buf, "row", &expr->args); return;
    case SYNTAX_INDIRECTION:
        print_wrapped(buf, "at", expr->indirection.arg);
        syntax_print_steps(buf, expr->indirection.steps, expr->indirection.step_count);
        buf_putc(buf, ')');
        return;
    case SYNTAX_DEFAULT: buf_puts(buf, "default"); return;
    }
    unreachable();
}
