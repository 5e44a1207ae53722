#include "tests/unit/data/expr_make.h"

#include <string.h>

static struct expr *make(struct arena *arena, enum expr_kind kind, struct type type, u32 count)
{
    struct expr *expr = arena_new(arena, struct expr);
    expr->kind = kind;
    expr->type = type;
    expr->position = -1;
    expr->arg_count = count;
    expr->args = arena_array(arena, struct expr *, count);
    return expr;
}

struct expr *make_column(struct arena *arena, u32 column, struct type type)
{
    struct expr *expr = make(arena, EXPR_COLUMN, type, 0);
    expr->column = column;
    return expr;
}

static struct expr *make_const(struct arena *arena, struct value value)
{
    struct expr *expr = make(arena, EXPR_CONST, value.type, 0);
    expr->constant = value;
    return expr;
}

struct expr *make_int(struct arena *arena, i64 value)
{
    struct type type = value == (i32)value ? TYPE(INT4) : TYPE(INT8);
    return make_const(arena, (struct value){ .type = type, .i = value });
}

struct expr *make_bool(struct arena *arena, bool value)
{
    return make_const(arena, (struct value){ .type = TYPE(BOOL), .boolean = value });
}

struct expr *make_null(struct arena *arena, struct type type)
{
    return make_const(arena, (struct value){ .type = type, .null = true });
}

struct expr *make_literal(struct arena *arena, struct type type, const char *text)
{
    struct value value;
    struct err err;
    assert_ok(value_parse(type, slice_of(text), arena, &value, &err), &err);
    return make_const(arena, value);
}

struct expr *make_form(struct arena *arena, enum expr_kind kind, struct type type, u32 count, ...)
{
    struct expr *expr = make(arena, kind, type, count);
    va_list args;
    va_start(args, count);
    for (u32 i = 0; i < count; i++)
        expr->args[i] = va_arg(args, struct expr *);
    va_end(args);
    return expr;
}

struct expr *make_cast(struct arena *arena, struct expr *arg, struct type to)
{
    const struct func *func;
    bool free;
    struct err err;
    if (type_equal(arg->type, to)) return arg;
    assert_ok(func_find_cast(arg->type, to, CAST_EXPLICIT, &func, &free, &err), &err);
    if (free && (arg->kind == EXPR_COLUMN || arg->kind == EXPR_CONST)) {
        struct expr *copy = arena_copy(arena, arg, sizeof *arg);
        copy->type = copy->constant.type = to;
        return copy;
    }
    struct expr *expr = make(arena, EXPR_CALL, to, 1);
    expr->func = func;
    expr->args[0] = arg;
    return expr;
}

struct expr *make_call(struct arena *arena, enum func_kind kind, const char *name, u32 count, ...)
{
    struct expr *expr = make(arena, EXPR_CALL, TYPE(UNKNOWN), count);
    struct type types[8], casts[8];
    struct err err;
    va_list args;
    va_start(args, count);
    for (u32 i = 0; i < count; i++) {
        expr->args[i] = va_arg(args, struct expr *);
        types[i] = expr->args[i]->type;
    }
    va_end(args);
    assert_ok(func_find(slice_of(name), kind, types, count, &expr->func, casts, &expr->type, &err),
              &err);
    for (u32 i = 0; i < count; i++)
        expr->args[i] = make_cast(arena, expr->args[i], casts[i]);
    return expr;
}

struct batch *make_batch(struct arena *arena, const struct type *types, u32 column_count,
                         u32 row_count, const char *const *cells)
{
    struct batch *batch = batch_make(arena, types, column_count, MAX(row_count, 1u));
    for (u32 row = 0; row < row_count; row++) {
        for (u32 i = 0; i < column_count; i++) {
            const char *text = cells[row * column_count + i];
            struct value value = { .type = types[i], .null = strcmp(text, "NULL") == 0 };
            struct err err;
            if (!value.null)
                assert_ok(value_parse(types[i], slice_of(text), arena, &value, &err), &err);
            value_put(&value, &batch->columns[i], row, arena, MAX(row_count, 1u));
        }
        batch->weights[row] = 1;
    }
    batch->row_count = row_count;
    return batch;
}

const char *row_text(struct arena *arena, const struct column *column,
                     const struct row_errors *errors, u32 row)
{
    for (u32 i = 0; i < errors->count; i++) {
        if (errors->errors[i].row == row)
            return arena_format(arena, "%s %s", errors->errors[i].sqlstate,
                                errors->errors[i].message);
    }
    if (column_is_null(column, row)) return "NULL";
    struct value value = value_get(column, row);
    struct buf buf;
    buf_init(&buf, arena->mem);
    value_print(&value, &buf);
    const char *text = arena_string(arena, buf.data, buf.size);
    buf_deinit(&buf);
    return text;
}
