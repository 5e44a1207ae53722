/* Small expressions, and casts between types. */
#include "plan/bind_internal.h"
#include "plan/define.h"

struct expr *bind_new(struct binder *b, enum expr_kind kind, struct type type, i32 position,
                      u32 arg_count)
{
    struct expr *expr = arena_new(b->arena, struct expr);
    expr->kind = kind;
    expr->type = type;
    expr->position = position;
    expr->arg_count = arg_count;
    expr->args = arena_array(b->arena, struct expr *, arg_count);
    return expr;
}

struct expr *bind_column_ref(struct binder *b, u32 column, struct type type, i32 position)
{
    struct expr *expr = bind_new(b, EXPR_COLUMN, type, position, 0);
    expr->column = column;
    return expr;
}

static struct expr *const_new(struct binder *b, struct value value, i32 position)
{
    struct expr *expr = bind_new(b, EXPR_CONST, value.type, position, 0);
    expr->constant = value;
    return expr;
}

struct expr *bind_const_bool(struct binder *b, bool value, i32 position)
{
    return const_new(b, (struct value){ .type = TYPE(BOOL), .boolean = value }, position);
}

struct expr *bind_const_null(struct binder *b, struct type type, i32 position)
{
    return const_new(b, (struct value){ .type = type, .null = true }, position);
}

struct expr *bind_const_int(struct binder *b, struct type type, i64 value, i32 position)
{
    return const_new(b, (struct value){ .type = type, .i = value }, position);
}

static bool type_has_modifiers(struct type type)
{
    return type.precision || type.scale || type.length;
}

static struct expr *cast_typed(struct binder *b, struct expr *arg, struct type to,
                               enum cast_context context, i32 offset)
{
    const struct func *func = NULL;
    bool is_free = false;
    if (func_find_cast(arg->type, to, context, &func, &is_free, b->err)) {
        bind_at(b, offset);
        return NULL;
    }
    if (!func) return arg;
    if (is_free && (arg->kind == EXPR_COLUMN || arg->kind == EXPR_CONST)) {
        struct expr *copy = arena_copy(b->arena, arg, sizeof *arg);
        copy->type = to;
        if (copy->kind == EXPR_CONST) copy->constant.type = to;
        return copy;
    }
    struct expr *call = bind_new(b, EXPR_CALL, to, arg->position, 1);
    call->func = func;
    call->args[0] = arg;
    return call;
}

/* A literal is read as the plain type first; its length or scale is then a cast like any other, so
 * that 'abcd'::varchar(3) is cut and an INSERT of it is refused. */
static struct expr *cast_literal(struct binder *b, struct expr *arg, struct type to,
                                 enum cast_context context, i32 offset)
{
    if (arg->constant.null) return bind_const_null(b, to, arg->position);
    struct type plain = { .id = to.id };
    struct value value;
    struct slice text = str_slice(&arg->constant.str);
    if (value_parse(plain, text, b->arena, &value, b->err)) {
        bind_at(b, arg->position);
        return NULL;
    }
    struct expr *literal = const_new(b, value, arg->position);
    literal->type = literal->constant.type = plain;
    if (!type_has_modifiers(to)) return literal;
    return cast_typed(b, literal, to, context, offset);
}

struct expr *bind_cast(struct binder *b, struct expr *arg, struct type to,
                       enum cast_context context, i32 offset)
{
    if (arg->type.id == TYPE_UNKNOWN) {
        if (to.id == TYPE_UNKNOWN) return arg;
        if (arg->kind == EXPR_CONST) return cast_literal(b, arg, to, context, offset);
        /* A column of a subquery was settled as text where the subquery ended. */
        unreachable();
    }
    if (type_equal(arg->type, to)) return arg;
    return cast_typed(b, arg, to, context, offset);
}

struct expr *bind_assign(struct binder *b, struct expr *arg, const struct schema_column *column)
{
    const struct func *func;
    bool is_free;
    struct err unused;
    if (arg->type.id != TYPE_UNKNOWN && arg->type.id != column->type.id &&
        func_find_cast(arg->type, column->type, CAST_ASSIGNMENT, &func, &is_free, &unused)) {
        char to[64], from[64];
        type_name((struct type){ .id = column->type.id }, to);
        type_name((struct type){ .id = arg->type.id }, from);
        bind_fail(b, arg->position, "42804",
                  "column \"%s\" is of type %s but expression is of type %s", column->name, to,
                  from);
        err_hint(b->err, "You will need to rewrite or cast the expression.");
        return NULL;
    }
    return bind_cast(b, arg, column->type, CAST_ASSIGNMENT, arg->position);
}

/* The first that does not go with those before it. */
static i32 common_culprit(struct expr *const *args, const struct type *types, u32 count,
                          const char *what)
{
    struct err unused;
    struct type type;
    for (u32 i = 1; i < count; i++)
        if (func_common_type(types, i + 1, what, &type, &unused)) return args[i]->position;
    return args[0]->position;
}

enum status bind_common(struct binder *b, struct expr **args, u32 count, const char *what,
                        struct type *type)
{
    struct type *types = arena_array(b->arena, struct type, count);
    for (u32 i = 0; i < count; i++)
        types[i] = args[i]->type;
    if (func_common_type(types, count, what, type, b->err))
        return bind_at(b, common_culprit(args, types, count, what));
    for (u32 i = 0; i < count; i++) {
        args[i] = bind_cast(b, args[i], *type, CAST_IMPLICIT, args[i]->position);
        if (!args[i]) return FAIL;
    }
    return OK;
}

struct expr *bind_settle_unknown(struct binder *b, struct expr *expr)
{
    if (expr->type.id != TYPE_UNKNOWN) return expr;
    return bind_cast(b, expr, TYPE(TEXT), CAST_IMPLICIT, expr->position);
}

enum status bind_type(struct binder *b, const struct syntax_type *syntax, struct type *type)
{
    struct syntax_type written = *syntax;
    written.interval_fields = 0; /* a cast knows what to do with them */
    if (define_type(&written, b->text, type, b->err) == OK) return OK;
    if (b->text.size == 0) b->err->position = 0;
    return FAIL;
}

enum status bind_constant(struct binder *b, const struct expr *expr, struct value *value)
{
    assert(expr_is_constant(expr));
    if (expr_constant_value(expr, b->arena, value, b->err)) return FAIL;
    return OK;
}
