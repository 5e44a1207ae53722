/* Conditions and columns that come as texts, one relation at a time: what a URL asks for. */
#include "plan/bind_internal.h"

static struct expr *literal(struct binder *b, struct slice text)
{
    struct expr *expr = bind_const_null(b, TYPE(UNKNOWN), -1);
    expr->constant.null = false;
    expr->constant.str = str_make(arena_string(b->arena, text.data, text.size), text.size);
    return expr;
}

static struct expr *column_expr(struct binder *b, const struct schema *schema, struct slice name)
{
    i32 column = schema_find(schema, name);
    if (column >= 0) return bind_column_ref(b, (u32)column, schema->columns[column].type, -1);
    schema_unknown(schema, name, NULL, b->err);
    return NULL;
}

static struct expr *compare(struct binder *b, struct expr *column, const char *name,
                            struct slice value)
{
    struct expr *args[2] = { column, literal(b, value) };
    return bind_call(b, name, FUNC_OPERATOR, args, 2, -1);
}

static struct expr *compare_in(struct binder *b, struct expr *column, const struct slice *values,
                               u32 value_count)
{
    struct expr *expr = bind_new(b, EXPR_IN, TYPE(BOOL), -1, value_count + 1);
    expr->args[0] = column;
    for (u32 i = 0; i < value_count; i++) {
        struct type type = { .id = column->type.id };
        expr->args[i + 1] = bind_cast(b, literal(b, values[i]), type, CAST_IMPLICIT, -1);
        if (!expr->args[i + 1]) return NULL;
    }
    /* Literals have no modifiers: the column is compared as the plain type too. */
    struct type type;
    return bind_common(b, expr->args, value_count + 1, "IN", &type) ? NULL : expr;
}

static struct expr *compare_is(struct binder *b, struct expr *column, struct slice value)
{
    bool is_not_null = slice_is(value, "not_null");
    if (is_not_null || slice_is(value, "null")) {
        struct expr *test = bind_new(b, EXPR_IS_NULL, TYPE(BOOL), -1, 1);
        test->args[0] = column;
        return is_not_null ? bind_condition_join(b->arena, EXPR_NOT, &test, 1) : test;
    }
    bool is_true = slice_is(value, "true"), is_false = slice_is(value, "false");
    if (!is_true && !is_false && !slice_is(value, "unknown")) {
        bind_fail(b, -1, "22023",
                  "\"is\" takes null, not_null, true, false or unknown, not "
                  "\"%.*s\"",
                  (int)value.size, value.data);
        return NULL;
    }
    const char *name = is_true ? "is true" : is_false ? "is false" : "is unknown";
    column = bind_to_boolean(b, column, is_true ? "IS TRUE" : is_false ? "IS FALSE" : "IS UNKNOWN");
    return column ? bind_call(b, name, FUNC_PLAIN, &column, 1, -1) : NULL;
}

static struct expr *condition_of(struct binder *b, struct expr *column, struct slice op,
                                 const struct slice *values, u32 value_count)
{
    static const struct {
        const char *op, *name;
    } operators[] = {
        { "eq", "=" },   { "neq", "<>" },  { "gt", ">" },      { "gte", ">=" },  { "lt", "<" },
        { "lte", "<=" }, { "like", "~~" }, { "ilike", "~~*" }, { "match", "~" }, { "imatch", "~*" },
    };
    if (slice_is(op, "in")) return compare_in(b, column, values, value_count);
    assert(value_count == 1);
    if (slice_is(op, "is")) return compare_is(b, column, values[0]);
    if (slice_is(op, "isdistinct")) {
        struct expr *args[2] = { column, literal(b, values[0]) };
        return bind_call(b, "is distinct from", FUNC_PLAIN, args, 2, -1);
    }
    for (u32 i = 0; i < countof(operators); i++)
        if (slice_is(op, operators[i].op)) return compare(b, column, operators[i].name, values[0]);
    bind_fail(b, -1, "22023", "there is no filter \"%.*s\"", (int)op.size, op.data);
    return NULL;
}

enum status bind_condition(struct arena *arena, const struct schema *schema, struct slice column,
                           struct slice op, const struct slice *values, u32 value_count,
                           struct expr **out, struct err *err)
{
    struct bind_options options = { .arena = arena };
    struct binder b = bind_begin(&options, err);
    struct expr *expr = column_expr(&b, schema, column);
    if (!expr) return FAIL;
    *out = condition_of(&b, expr, op, values, value_count);
    return *out ? OK : FAIL;
}

struct expr *bind_condition_join(struct arena *arena, enum expr_kind kind, struct expr *const *args,
                                 u32 arg_count)
{
    assert(kind == EXPR_AND || kind == EXPR_OR || (kind == EXPR_NOT && arg_count == 1));
    if (arg_count == 1 && kind != EXPR_NOT) return args[0];
    struct bind_options options = { .arena = arena };
    struct binder b = bind_begin(&options, NULL);
    struct expr *expr = bind_new(&b, kind, TYPE(BOOL), -1, arg_count);
    memcpy(expr->args, args, arg_count * sizeof *args);
    return expr;
}

enum status bind_column(struct arena *arena, const struct schema *schema, struct slice column,
                        struct slice cast, struct expr **out, struct err *err)
{
    struct bind_options options = { .arena = arena };
    struct binder b = bind_begin(&options, err);
    *out = column_expr(&b, schema, column);
    if (!*out) return FAIL;
    if (cast.size == 0) return OK;
    struct type type;
    if (type_find(arena_string(arena, cast.data, cast.size), NULL, 0, &type, err)) return FAIL;
    *out = bind_cast(&b, *out, type, CAST_EXPLICIT, -1);
    return *out ? OK : FAIL;
}
