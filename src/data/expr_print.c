#include "base/assert.h"
#include "data/expr.h"
#include "data/func.h"

static void print_constant(const struct value *value, struct buf *out);
static void print_call(const struct expr *expr, const char *const *names, struct buf *out);
static void print_operator(const struct expr *expr, const char *const *names, struct buf *out);
static void print_test(const struct expr *expr, const char *const *names, struct buf *out);
static void print_joined(const struct expr *expr, const char *word, const char *const *names,
                         struct buf *out);
static void print_case(const struct expr *expr, const char *const *names, struct buf *out);
static void print_list(struct expr *const *args, u32 count, const char *const *names,
                       struct buf *out);
static void print_type(struct type type, struct buf *out);

void expr_print(const struct expr *expr, const char *const *names, struct buf *out)
{
    switch (expr->kind) {
    case EXPR_COLUMN:
        if (names)
            buf_puts(out, names[expr->column]);
        else
            buf_format(out, "$%u", expr->column);
        return;
    case EXPR_CONST: print_constant(&expr->constant, out); return;
    case EXPR_CALL: print_call(expr, names, out); return;
    case EXPR_AND: print_joined(expr, " AND ", names, out); return;
    case EXPR_OR: print_joined(expr, " OR ", names, out); return;
    case EXPR_NOT:
        buf_puts(out, "(NOT ");
        expr_print(expr->args[0], names, out);
        buf_puts(out, ")");
        return;
    case EXPR_IS_NULL:
        buf_puts(out, "(");
        expr_print(expr->args[0], names, out);
        buf_puts(out, " IS NULL)");
        return;
    case EXPR_CASE: print_case(expr, names, out); return;
    case EXPR_COALESCE:
        buf_puts(out, "COALESCE");
        print_list(expr->args, expr->arg_count, names, out);
        return;
    case EXPR_IN:
        buf_puts(out, "(");
        expr_print(expr->args[0], names, out);
        buf_puts(out, " IN ");
        print_list(expr->args + 1, expr->arg_count - 1, names, out);
        buf_puts(out, ")");
        return;
    }
    unreachable();
}

/* Integers and booleans stand as they are, everything else names its type, so that two constants with one
 * text but two types are told apart. */
static void print_constant(const struct value *value, struct buf *out)
{
    if (value->null) {
        buf_puts(out, "NULL");
        print_type(value->type, out);
        return;
    }
    if (value->type.id == TYPE_BOOL) {
        buf_puts(out, value->boolean ? "true" : "false");
        return;
    }
    if (value->type.id == TYPE_INT4 && value->i >= 0) {
        value_print(value, out);
        return;
    }
    struct buf text;
    buf_init(&text, out->mem);
    value_print(value, &text);
    buf_putc(out, '\'');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '\'') buf_putc(out, '\'');
        buf_putc(out, text.data[i]);
    }
    buf_putc(out, '\'');
    buf_deinit(&text);
    print_type(value->type, out);
}

static void print_type(struct type type, struct buf *out)
{
    char name[64];
    type_name(type, name);
    buf_format(out, "::%s", name);
}

static void print_call(const struct expr *expr, const char *const *names, struct buf *out)
{
    switch (expr->func->kind) {
    case FUNC_CAST:
        buf_putc(out, '(');
        expr_print(expr->args[0], names, out);
        buf_putc(out, ')');
        print_type(expr->type, out);
        return;
    case FUNC_OPERATOR: print_operator(expr, names, out); return;
    case FUNC_PLAIN:
        if (strncmp(expr->func->name, "is ", 3) == 0) {
            print_test(expr, names, out);
            return;
        }
        buf_puts(out, expr->func->name);
        print_list(expr->args, expr->arg_count, names, out);
        return;
    }
    unreachable();
}

/* a is true, a is distinct from b. */
static void print_test(const struct expr *expr, const char *const *names, struct buf *out)
{
    buf_putc(out, '(');
    expr_print(expr->args[0], names, out);
    buf_format(out, " %s", expr->func->name);
    if (expr->arg_count > 1) {
        buf_putc(out, ' ');
        expr_print(expr->args[1], names, out);
    }
    buf_putc(out, ')');
}

static void print_operator(const struct expr *expr, const char *const *names, struct buf *out)
{
    buf_putc(out, '(');
    if (expr->arg_count == 2) {
        expr_print(expr->args[0], names, out);
        buf_putc(out, ' ');
    }
    buf_puts(out, expr->func->name);
    buf_putc(out, ' ');
    expr_print(expr->args[expr->arg_count - 1], names, out);
    buf_putc(out, ')');
}

static void print_joined(const struct expr *expr, const char *word, const char *const *names,
                         struct buf *out)
{
    buf_putc(out, '(');
    for (u32 i = 0; i < expr->arg_count; i++) {
        if (i > 0) buf_puts(out, word);
        expr_print(expr->args[i], names, out);
    }
    buf_putc(out, ')');
}

static void print_case(const struct expr *expr, const char *const *names, struct buf *out)
{
    buf_puts(out, "CASE");
    for (u32 i = 0; i + 1 < expr->arg_count; i += 2) {
        buf_puts(out, " WHEN ");
        expr_print(expr->args[i], names, out);
        buf_puts(out, " THEN ");
        expr_print(expr->args[i + 1], names, out);
    }
    buf_puts(out, " ELSE ");
    expr_print(expr->args[expr->arg_count - 1], names, out);
    buf_puts(out, " END");
}

static void print_list(struct expr *const *args, u32 count, const char *const *names,
                       struct buf *out)
{
    buf_putc(out, '(');
    for (u32 i = 0; i < count; i++) {
        if (i > 0) buf_puts(out, ", ");
        expr_print(args[i], names, out);
    }
    buf_putc(out, ')');
}
