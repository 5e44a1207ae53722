/* Expressions of the syntax tree to expressions with types. */
#include "plan/bind_internal.h"
#include "plan/grow.h"

static struct expr *expr_const(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_op(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_op_array(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_and_or(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_not(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_is_null(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_is_truth(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_is_distinct(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_in(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_between(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_like(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_coalesce(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_named(struct scope *scope, const struct syntax_expr *syntax,
                               const char *name);
static struct expr *expr_case(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_cast(struct scope *scope, const struct syntax_expr *syntax);
static struct expr *expr_collate(struct scope *scope, const struct syntax_expr *syntax);

static struct expr *expr_refuse(struct scope *scope, const struct syntax_expr *syntax,
                                const char *what)
{
    bind_refuse(scope->binder, syntax->offset, "%s", what);
    return NULL;
}

struct expr *bind_expr(struct scope *scope, const struct syntax_expr *syntax)
{
    switch (syntax->kind) {
    case SYNTAX_COLUMN: return bind_name(scope, syntax);
    case SYNTAX_CONST: return expr_const(scope, syntax);
    case SYNTAX_PARAM:
        bind_fail(scope->binder, syntax->offset, "42P02", "there is no parameter $%d",
                  syntax->param);
        return NULL;
    case SYNTAX_OP: return expr_op(scope, syntax);
    case SYNTAX_OP_ANY:
    case SYNTAX_OP_ALL: return expr_op_array(scope, syntax);
    case SYNTAX_AND:
    case SYNTAX_OR: return expr_and_or(scope, syntax);
    case SYNTAX_NOT: return expr_not(scope, syntax);
    case SYNTAX_IS_DISTINCT: return expr_is_distinct(scope, syntax);
    case SYNTAX_IS_NULL: return expr_is_null(scope, syntax);
    case SYNTAX_IS_TRUE:
    case SYNTAX_IS_FALSE:
    case SYNTAX_IS_UNKNOWN: return expr_is_truth(scope, syntax);
    case SYNTAX_IN: return expr_in(scope, syntax);
    case SYNTAX_BETWEEN:
    case SYNTAX_BETWEEN_SYMMETRIC: return expr_between(scope, syntax);
    case SYNTAX_LIKE:
    case SYNTAX_ILIKE:
    case SYNTAX_SIMILAR: return expr_like(scope, syntax);
    case SYNTAX_COALESCE: return expr_coalesce(scope, syntax);
    case SYNTAX_NULLIF: return expr_named(scope, syntax, "nullif");
    case SYNTAX_GREATEST: return expr_named(scope, syntax, "greatest");
    case SYNTAX_LEAST: return expr_named(scope, syntax, "least");
    case SYNTAX_CASE: return expr_case(scope, syntax);
    case SYNTAX_CAST: return expr_cast(scope, syntax);
    case SYNTAX_COLLATE: return expr_collate(scope, syntax);
    case SYNTAX_FUNCTION: return bind_function(scope, syntax);
    case SYNTAX_VALUE_FUNCTION: return bind_value_function(scope, syntax);
    case SYNTAX_SUBQUERY: return bind_subquery(scope, syntax);
    case SYNTAX_GROUPING: return expr_refuse(scope, syntax, "GROUPING is not supported");
    case SYNTAX_NAMED_ARG: return expr_refuse(scope, syntax, "named arguments are not supported");
    case SYNTAX_ARRAY: return expr_refuse(scope, syntax, "arrays are not supported");
    case SYNTAX_ROW: return expr_refuse(scope, syntax, "a row as a value is not supported");
    case SYNTAX_INDIRECTION:
        return expr_refuse(scope, syntax, "subscripts and fields of values are not supported");
    case SYNTAX_DEFAULT:
        bind_fail(scope->binder, syntax->offset, "42601", "DEFAULT is not allowed in this context");
        return NULL;
    }
    unreachable();
}

/* ---- Constants ---- */

static struct expr *expr_const(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    const char *text = syntax->constant.text;
    i64 integer = syntax->constant.integer;
    switch (syntax->constant.kind) {
    case SYNTAX_CONST_NULL: return bind_const_null(b, TYPE(UNKNOWN), syntax->offset);
    case SYNTAX_CONST_BOOL: return bind_const_bool(b, syntax->constant.boolean, syntax->offset);
    case SYNTAX_CONST_INTEGER: {
        bool is_small = integer >= INT32_MIN && integer <= INT32_MAX;
        return bind_const_int(b, is_small ? TYPE(INT4) : TYPE(INT8), integer, syntax->offset);
    }
    case SYNTAX_CONST_DECIMAL:
    case SYNTAX_CONST_STRING: {
        struct expr *expr = bind_const_null(b, TYPE(UNKNOWN), syntax->offset);
        expr->constant.null = false;
        expr->constant.str = str_make(text, strlen(text));
        if (syntax->constant.kind == SYNTAX_CONST_STRING) return expr;
        return bind_cast(b, expr, TYPE(NUMERIC), CAST_IMPLICIT, syntax->offset);
    }
    case SYNTAX_CONST_BITS: return expr_refuse(scope, syntax, "bit strings are not supported");
    }
    unreachable();
}

/* ---- Operators ---- */

static struct expr *op_of(struct scope *scope, const char *name, struct expr *left,
                          struct expr *right, i32 offset)
{
    struct expr *args[2] = { left ? left : right, right };
    return bind_call(scope->binder, name, FUNC_OPERATOR, args, left ? 2 : 1, offset);
}

static struct expr *op_rows(struct scope *scope, const char *name, const struct syntax_exprs *left,
                            const struct syntax_exprs *right, i32 offset);

static struct expr *expr_op(struct scope *scope, const struct syntax_expr *syntax)
{
    const struct syntax_expr *left = syntax->op.left, *right = syntax->op.right;
    if (left && left->kind == SYNTAX_ROW && right->kind == SYNTAX_ROW)
        return op_rows(scope, syntax->op.name, &left->args, &right->args, syntax->offset);
    struct expr *bound = NULL;
    if (left && !(bound = bind_expr(scope, left))) return NULL;
    struct expr *other = bind_expr(scope, right);
    return other ? op_of(scope, syntax->op.name, bound, other, syntax->offset) : NULL;
}

static struct expr *join_args(struct binder *b, enum expr_kind kind, struct expr **args, u32 count)
{
    if (count == 1) return args[0];
    struct expr *expr = bind_new(b, kind, TYPE(BOOL), args[0]->position, count);
    memcpy(expr->args, args, count * sizeof *args);
    return expr;
}

static struct expr *negate(struct binder *b, struct expr *arg)
{
    struct expr *expr = bind_new(b, EXPR_NOT, TYPE(BOOL), arg->position, 1);
    expr->args[0] = arg;
    return expr;
}

/* (a, b) = (c, d) is a = c AND b = d; <> is not that. Orders of rows are refused. */
static struct expr *op_rows(struct scope *scope, const char *name, const struct syntax_exprs *left,
                            const struct syntax_exprs *right, i32 offset)
{
    struct binder *b = scope->binder;
    bool is_equal = strcmp(name, "=") == 0;
    if (!is_equal && strcmp(name, "<>") != 0) {
        bind_refuse(b, offset, "rows can only be compared for equality");
        return NULL;
    }
    if (left->count != right->count || left->count == 0) {
        bind_fail(b, offset, "42601", "unequal number of entries in row expressions");
        return NULL;
    }
    struct expr **args = arena_array(b->arena, struct expr *, left->count);
    for (u32 i = 0; i < left->count; i++) {
        struct expr *one = bind_expr(scope, left->items[i]);
        struct expr *other = one ? bind_expr(scope, right->items[i]) : NULL;
        if (!other || !(args[i] = op_of(scope, name, one, other, offset))) return NULL;
    }
    return join_args(b, is_equal ? EXPR_AND : EXPR_OR, args, left->count);
}

static struct expr *in_of(struct scope *scope, const struct syntax_expr *arg,
                          const struct syntax_exprs *others, bool is_negated, i32 offset);

/* a = ANY (ARRAY[…]) is IN, a <> ALL (ARRAY[…]) is NOT IN. */
static struct expr *expr_op_array(struct scope *scope, const struct syntax_expr *syntax)
{
    const struct syntax_expr *array = syntax->op.right;
    bool is_in = syntax->kind == SYNTAX_OP_ANY && strcmp(syntax->op.name, "=") == 0;
    bool is_not_in = syntax->kind == SYNTAX_OP_ALL && strcmp(syntax->op.name, "<>") == 0;
    if (array->kind != SYNTAX_ARRAY || array->args.count == 0 || (!is_in && !is_not_in))
        return expr_refuse(scope, syntax, "arrays are not supported");
    return in_of(scope, syntax->op.left, &array->args, is_not_in, syntax->offset);
}

/* ---- Logic ---- */

static const char *type_text(struct binder *b, struct type type)
{
    char *name = arena_alloc(b->arena, 64);
    type_name((struct type){ .id = type.id }, name);
    return name;
}

struct expr *bind_to_boolean(struct binder *b, struct expr *expr, const char *what)
{
    if (expr->type.id == TYPE_UNKNOWN)
        return bind_cast(b, expr, TYPE(BOOL), CAST_IMPLICIT, expr->position);
    if (expr->type.id == TYPE_BOOL) return expr;
    bind_fail(b, expr->position, "42804", "argument of %s must be type boolean, not type %s", what,
              type_text(b, expr->type));
    return NULL;
}

struct expr *bind_boolean(struct scope *scope, const struct syntax_expr *syntax, const char *what)
{
    struct expr *expr = bind_expr(scope, syntax);
    return expr ? bind_to_boolean(scope->binder, expr, what) : NULL;
}

static struct expr *expr_and_or(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    bool is_and = syntax->kind == SYNTAX_AND;
    u32 count = syntax->args.count;
    struct expr **args = arena_array(b->arena, struct expr *, count);
    for (u32 i = 0; i < count; i++) {
        args[i] = bind_boolean(scope, syntax->args.items[i], is_and ? "AND" : "OR");
        if (!args[i]) return NULL;
    }
    return join_args(b, is_and ? EXPR_AND : EXPR_OR, args, count);
}

static struct expr *expr_not(struct scope *scope, const struct syntax_expr *syntax)
{
    struct expr *arg = bind_boolean(scope, syntax->args.items[0], "NOT");
    return arg ? negate(scope->binder, arg) : NULL;
}

void bind_split_and(struct binder *b, struct expr *expr, struct expr ***items, u32 *count)
{
    if (expr->kind != EXPR_AND) {
        grow_push(b->arena, *items, *count, expr);
        return;
    }
    for (u32 i = 0; i < expr->arg_count; i++)
        bind_split_and(b, expr->args[i], items, count);
}

/* ---- Tests ---- */

static struct expr *expr_is_null(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    struct expr *arg = bind_expr(scope, syntax->test.arg);
    if (!arg || !(arg = bind_settle_unknown(b, arg))) return NULL;
    struct expr *expr = bind_new(b, EXPR_IS_NULL, TYPE(BOOL), arg->position, 1);
    expr->args[0] = arg;
    return syntax->test.is_negated ? negate(b, expr) : expr;
}

static struct expr *expr_is_truth(struct scope *scope, const struct syntax_expr *syntax)
{
    static const struct {
        enum syntax_expr_kind kind;
        bool is_negated;
        const char *what, *name;
    } forms[] = {
        { SYNTAX_IS_TRUE, false, "IS TRUE", "is true" },
        { SYNTAX_IS_TRUE, true, "IS NOT TRUE", "is not true" },
        { SYNTAX_IS_FALSE, false, "IS FALSE", "is false" },
        { SYNTAX_IS_FALSE, true, "IS NOT FALSE", "is not false" },
        { SYNTAX_IS_UNKNOWN, false, "IS UNKNOWN", "is unknown" },
        { SYNTAX_IS_UNKNOWN, true, "IS NOT UNKNOWN", "is not unknown" },
    };
    for (u32 i = 0; i < countof(forms); i++) {
        if (forms[i].kind != syntax->kind || forms[i].is_negated != syntax->test.is_negated)
            continue;
        struct expr *arg = bind_boolean(scope, syntax->test.arg, forms[i].what);
        if (!arg) return NULL;
        return bind_call(scope->binder, forms[i].name, FUNC_PLAIN, &arg, 1, syntax->offset);
    }
    unreachable();
}

static struct expr *expr_is_distinct(struct scope *scope, const struct syntax_expr *syntax)
{
    struct expr *args[2] = { bind_expr(scope, syntax->test.arg), NULL };
    if (!args[0] || !(args[1] = bind_expr(scope, syntax->test.others.items[0]))) return NULL;
    /* PostgreSQL looks for the operator "=" and complains of it. */
    struct expr *same[2] = { args[0], args[1] };
    if (!bind_call(scope->binder, "=", FUNC_OPERATOR, same, 2, syntax->offset)) return NULL;
    const char *name = syntax->test.is_negated ? "is not distinct from" : "is distinct from";
    return bind_call(scope->binder, name, FUNC_PLAIN, args, 2, syntax->offset);
}

static struct expr *expr_in(struct scope *scope, const struct syntax_expr *syntax)
{
    const struct syntax_exprs *others = &syntax->test.others;
    if (syntax->test.arg->kind != SYNTAX_ROW)
        return in_of(scope, syntax->test.arg, others, syntax->test.is_negated, syntax->offset);
    struct binder *b = scope->binder;
    struct expr **args = arena_array(b->arena, struct expr *, others->count);
    for (u32 i = 0; i < others->count; i++) {
        if (others->items[i]->kind != SYNTAX_ROW)
            return expr_refuse(scope, others->items[i], "a row as a value is not supported");
        args[i] =
            op_rows(scope, "=", &syntax->test.arg->args, &others->items[i]->args, syntax->offset);
        if (!args[i]) return NULL;
    }
    struct expr *any = join_args(b, EXPR_OR, args, others->count);
    return syntax->test.is_negated ? negate(b, any) : any;
}

/* Without a common type PostgreSQL compares one by one, so that the operator is what is missing. */
static struct expr *in_one_by_one(struct scope *scope, struct expr **args, u32 count, i32 offset)
{
    struct binder *b = scope->binder;
    struct expr **any = arena_array(b->arena, struct expr *, count - 1);
    for (u32 i = 1; i < count; i++)
        if (!(any[i - 1] = op_of(scope, "=", args[0], args[i], offset))) return NULL;
    return join_args(b, EXPR_OR, any, count - 1);
}

static struct expr *in_of(struct scope *scope, const struct syntax_expr *arg,
                          const struct syntax_exprs *others, bool is_negated, i32 offset)
{
    struct binder *b = scope->binder;
    u32 count = others->count + 1;
    struct expr **args = arena_array(b->arena, struct expr *, count);
    struct type *types = arena_array(b->arena, struct type, count);
    for (u32 i = 0; i < count; i++) {
        args[i] = bind_expr(scope, i == 0 ? arg : others->items[i - 1]);
        if (!args[i]) return NULL;
        types[i] = args[i]->type;
    }
    struct type type;
    struct err unused;
    struct expr *expr;
    if (count == 2 || func_common_type(types, count, "IN", &type, &unused)) {
        if (!(expr = in_one_by_one(scope, args, count, offset))) return NULL;
    } else {
        if (bind_common(b, args, count, "IN", &type)) return NULL;
        expr = join_args(b, EXPR_IN, args, count);
    }
    return is_negated ? negate(b, expr) : expr;
}

static struct expr *between_of(struct scope *scope, struct expr *arg, struct expr *low,
                               struct expr *high, i32 offset)
{
    struct expr *both[2] = { op_of(scope, ">=", arg, low, offset), NULL };
    if (!both[0] || !(both[1] = op_of(scope, "<=", arg, high, offset))) return NULL;
    return join_args(scope->binder, EXPR_AND, both, 2);
}

static struct expr *expr_between(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    struct expr *arg = bind_expr(scope, syntax->test.arg);
    struct expr *low = arg ? bind_expr(scope, syntax->test.others.items[0]) : NULL;
    struct expr *high = low ? bind_expr(scope, syntax->test.others.items[1]) : NULL;
    if (!high) return NULL;
    struct expr *expr = between_of(scope, arg, low, high, syntax->offset);
    if (!expr) return NULL;
    if (syntax->kind == SYNTAX_BETWEEN_SYMMETRIC) {
        struct expr *any[2] = { expr, between_of(scope, arg, high, low, syntax->offset) };
        if (!any[1]) return NULL;
        expr = join_args(b, EXPR_OR, any, 2);
    }
    return syntax->test.is_negated ? negate(b, expr) : expr;
}

static struct expr *expr_like(struct scope *scope, const struct syntax_expr *syntax)
{
    static const char *const names[3][2] = { { "~~", "!~~" }, { "~~*", "!~~*" }, { "~", "!~" } };
    struct binder *b = scope->binder;
    const struct syntax_exprs *others = &syntax->test.others;
    struct expr *arg = bind_expr(scope, syntax->test.arg);
    struct expr *pattern[2] = { arg ? bind_expr(scope, others->items[0]) : NULL, NULL };
    if (!pattern[0]) return NULL;
    if (others->count > 1 && !(pattern[1] = bind_expr(scope, others->items[1]))) return NULL;
    bool is_similar = syntax->kind == SYNTAX_SIMILAR;
    if (is_similar || others->count > 1) {
        const char *name = is_similar ? "similar_to_escape" : "like_escape";
        pattern[0] = bind_call(b, name, FUNC_PLAIN, pattern, others->count, syntax->offset);
        if (!pattern[0]) return NULL;
    }
    u32 row = is_similar ? 2 : syntax->kind == SYNTAX_ILIKE;
    return op_of(scope, names[row][syntax->test.is_negated], arg, pattern[0], syntax->offset);
}

/* ---- Choices ---- */

static struct expr **expr_list(struct scope *scope, const struct syntax_exprs *exprs)
{
    struct expr **args = arena_array(scope->binder->arena, struct expr *, exprs->count);
    for (u32 i = 0; i < exprs->count; i++)
        if (!(args[i] = bind_expr(scope, exprs->items[i]))) return NULL;
    return args;
}

static struct expr *expr_coalesce(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    struct expr **args = expr_list(scope, &syntax->args);
    struct type type;
    if (!args || bind_common(b, args, syntax->args.count, "COALESCE", &type)) return NULL;
    struct expr *expr = bind_new(b, EXPR_COALESCE, type, syntax->offset, syntax->args.count);
    memcpy(expr->args, args, expr->arg_count * sizeof *args);
    return expr;
}

/* NULLIF, GREATEST, LEAST: functions of the table. */
static struct expr *expr_named(struct scope *scope, const struct syntax_expr *syntax,
                               const char *name)
{
    struct binder *b = scope->binder;
    struct expr **args = expr_list(scope, &syntax->args);
    struct type type;
    if (!args) return NULL;
    if (syntax->kind == SYNTAX_NULLIF) {
        struct expr *same[2] = { args[0], args[1] };
        if (!bind_call(b, "=", FUNC_OPERATOR, same, 2, syntax->offset)) return NULL;
    } else {
        const char *what = syntax->kind == SYNTAX_GREATEST ? "GREATEST" : "LEAST";
        if (bind_common(b, args, syntax->args.count, what, &type)) return NULL;
    }
    return bind_call(b, name, FUNC_PLAIN, args, syntax->args.count, syntax->offset);
}

static struct expr *case_condition(struct scope *scope, struct expr *arg,
                                   const struct syntax_when *when)
{
    if (!arg) return bind_boolean(scope, when->condition, "CASE/WHEN");
    struct expr *value = bind_expr(scope, when->condition);
    return value ? op_of(scope, "=", arg, value, when->offset) : NULL;
}

static struct expr *expr_case(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    u32 count = syntax->choice.when_count;
    struct expr *arg = NULL;
    if (syntax->choice.arg) {
        arg = bind_expr(scope, syntax->choice.arg);
        if (!arg || !(arg = bind_settle_unknown(b, arg))) return NULL;
    }
    struct expr **conditions = arena_array(b->arena, struct expr *, count);
    struct expr **results = arena_array(b->arena, struct expr *, count + 1); /* ELSE first */
    for (u32 i = 0; i < count; i++) {
        const struct syntax_when *when = &syntax->choice.whens[i];
        if (!(conditions[i] = case_condition(scope, arg, when))) return NULL;
        if (!(results[i + 1] = bind_expr(scope, when->result))) return NULL;
    }
    results[0] = syntax->choice.otherwise ? bind_expr(scope, syntax->choice.otherwise)
                                          : bind_const_null(b, TYPE(UNKNOWN), syntax->offset);
    struct type type;
    if (!results[0] || bind_common(b, results, count + 1, "CASE", &type)) return NULL;
    struct expr *expr = bind_new(b, EXPR_CASE, type, syntax->offset, 2 * count + 1);
    for (u32 i = 0; i < count; i++) {
        expr->args[2 * i] = conditions[i];
        expr->args[2 * i + 1] = results[i + 1];
    }
    expr->args[2 * count] = results[0];
    return expr;
}

/* ---- Casts ---- */

/* interval '3' day says of a bare number what it counts. */
static const char *interval_unit(u32 fields)
{
    switch (fields) {
    case SYNTAX_INTERVAL_YEAR: return "year";
    case SYNTAX_INTERVAL_MONTH: return "month";
    case SYNTAX_INTERVAL_DAY: return "day";
    case SYNTAX_INTERVAL_HOUR: return "hour";
    case SYNTAX_INTERVAL_MINUTE: return "minute";
    case SYNTAX_INTERVAL_SECOND: return "second";
    default: return NULL;
    }
}

static struct expr *cast_interval_field(struct scope *scope, const struct syntax_expr *syntax,
                                        struct expr *arg)
{
    struct binder *b = scope->binder;
    const char *unit = interval_unit(syntax->cast.type->interval_fields);
    bool is_number = unit && arg->type.id == TYPE_UNKNOWN && !arg->constant.null;
    struct slice text = is_number ? str_slice(&arg->constant.str) : SLICE("");
    size_t digits = 0;
    for (size_t i = 0; i < text.size; i++)
        digits += text.data[i] >= '0' && text.data[i] <= '9';
    bool has_sign = text.size > 0 && (text.data[0] == '-' || text.data[0] == '+');
    if (digits == 0 || digits + has_sign != text.size)
        return expr_refuse(scope, syntax,
                           "an interval limited to fields is only supported of a "
                           "whole number and one field");
    char *whole = arena_format(b->arena, "%.*s %s", (int)text.size, text.data, unit);
    struct expr *copy = arena_copy(b->arena, arg, sizeof *arg);
    copy->constant.str = str_make(whole, strlen(whole));
    return copy;
}

static struct expr *expr_cast(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    struct type type;
    struct expr *arg = bind_expr(scope, syntax->cast.arg);
    if (!arg || bind_type(b, syntax->cast.type, &type)) return NULL;
    if (type.id == TYPE_INTERVAL && syntax->cast.type->interval_fields)
        if (!(arg = cast_interval_field(scope, syntax, arg))) return NULL;
    return bind_cast(b, arg, type, CAST_EXPLICIT, syntax->offset);
}

static struct expr *expr_collate(struct scope *scope, const struct syntax_expr *syntax)
{
    static const char *const known[] = { "C", "POSIX", "default", "ucs_basic" };
    const struct syntax_names *name = &syntax->collate.name;
    const char *last = name->items[name->count - 1];
    for (u32 i = 0; i < countof(known); i++) {
        if (strcmp(last, known[i]) != 0) continue;
        struct expr *arg = bind_expr(scope, syntax->collate.arg);
        return arg ? bind_settle_unknown(scope->binder, arg) : NULL;
    }
    bind_refuse(scope->binder, syntax->offset, "only collation \"C\" is supported, not \"%s\"",
                last);
    return NULL;
}
