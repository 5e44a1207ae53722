/* Expressions: the grammar's nodes to ours, a function for each kind. */
#include "base/assert.h"
#include "plan/parse_internal.h"

typedef struct syntax_expr *convert_function(struct parse *parse, const pg_node *node);

static struct syntax_expr *expr_new(struct parse *parse, enum syntax_expr_kind kind, i32 location)
{
    struct syntax_expr *expr = arena_new(parse->arena, struct syntax_expr);
    expr->kind = kind;
    expr->offset = parse_offset(parse, location);
    return expr;
}

const char *parse_name(struct parse *parse, const char *name)
{
    if (!name || !name[0]) return NULL;
    return arena_string(parse->arena, name, strlen(name));
}

/* As it is, also empty. */
static const char *copy_text(struct parse *parse, const char *text)
{
    return arena_string(parse->arena, text, strlen(text));
}

bool parse_is_none(const pg_node *node)
{
    return !node || node->node_case == PG_QUERY__NODE__NODE__NOT_SET;
}

struct syntax_names parse_names(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_names names = { .items = arena_array(parse->arena, const char *, count) };
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        if (items[i]->node_case != PG_QUERY__NODE__NODE_STRING) {
            parse_refuse_node(parse, items[i], -1);
            break;
        }
        names.items[names.count++] = copy_text(parse, items[i]->string->sval);
    }
    return names;
}

struct syntax_exprs parse_exprs(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_exprs exprs = { .items = arena_array(parse->arena, struct syntax_expr *, count) };
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        exprs.items[exprs.count++] = parse_expr(parse, items[i]);
    }
    return exprs;
}

static struct syntax_expr *convert_column(struct parse *parse, const pg_node *node)
{
    const PgQuery__ColumnRef *ref = node->column_ref;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_COLUMN, ref->location);
    size_t count = ref->n_fields;
    assert(count > 0);
    expr->column.is_star = ref->fields[count - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
    if (expr->column.is_star) count -= 1;
    expr->column.names = parse_names(parse, ref->fields, count);
    return expr;
}

/* The grammar's float is every number that is no int4: one with a point, or a long one. */
static void set_number(struct parse *parse, struct syntax_expr *expr, const char *text)
{
    const char *digit = text + (text[0] == '-');
    i64 value = 0;
    bool fits = *digit != 0;
    for (; *digit && fits; digit++) {
        fits = *digit >= '0' && *digit <= '9' && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_sub_overflow(value, *digit - '0', &value);
    }
    if (fits && text[0] != '-') fits = !__builtin_sub_overflow(0, value, &value);

    expr->constant.kind = fits ? SYNTAX_CONST_INTEGER : SYNTAX_CONST_DECIMAL;
    expr->constant.integer = fits ? value : 0;
    expr->constant.text = copy_text(parse, text);
}

static struct syntax_expr *convert_const(struct parse *parse, const pg_node *node)
{
    const PgQuery__AConst *constant = node->a_const;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_CONST, constant->location);
    switch (constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        expr->constant.kind = SYNTAX_CONST_INTEGER;
        expr->constant.integer = constant->ival->ival;
        break;
    case PG_QUERY__A__CONST__VAL_FVAL: set_number(parse, expr, constant->fval->fval); break;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        expr->constant.kind = SYNTAX_CONST_BOOL;
        expr->constant.boolean = constant->boolval->boolval;
        break;
    case PG_QUERY__A__CONST__VAL_SVAL:
        expr->constant.kind = SYNTAX_CONST_STRING;
        expr->constant.text = copy_text(parse, constant->sval->sval);
        break;
    case PG_QUERY__A__CONST__VAL_BSVAL:
        expr->constant.kind = SYNTAX_CONST_BITS;
        expr->constant.text = copy_text(parse, constant->bsval->bsval);
        break;
    case PG_QUERY__A__CONST__VAL__NOT_SET:
    case _PG_QUERY__A__CONST__VAL__CASE_IS_INT_SIZE: expr->constant.kind = SYNTAX_CONST_NULL; break;
    }
    return expr;
}

static struct syntax_expr *convert_param(struct parse *parse, const pg_node *node)
{
    struct syntax_expr *expr = expr_new(parse, SYNTAX_PARAM, node->param_ref->location);
    expr->param = node->param_ref->number;
    if (expr->param <= 0 || expr->param > UINT16_MAX) {
        parse_fail(parse, "42P02", expr->offset, "there is no parameter $%d", expr->param);
        return NULL;
    }
    parse->param_count = MAX(parse->param_count, (u32)expr->param);
    return expr;
}

/* OPERATOR(pg_catalog.+) is +. */
static const char *operator_name(struct parse *parse, pg_node **items, size_t count, i32 offset)
{
    struct syntax_names names = parse_names(parse, items, count);
    if (parse->has_failed) return NULL;
    assert(names.count > 0);
    const char *name = names.items[names.count - 1];
    bool is_plain =
        names.count == 1 || (names.count == 2 && strcmp(names.items[0], "pg_catalog") == 0);
    if (is_plain) return name;
    parse_fail(parse, "42883", offset, "operator does not exist: %s.%s",
               names.items[names.count - 2], name);
    return NULL;
}

static struct syntax_expr *convert_op(struct parse *parse, const PgQuery__AExpr *from,
                                      enum syntax_expr_kind kind)
{
    struct syntax_expr *expr = expr_new(parse, kind, from->location);
    expr->op.name = operator_name(parse, from->name, from->n_name, expr->offset);
    expr->op.left = parse_expr(parse, from->lexpr);
    expr->op.right = parse_expr(parse, from->rexpr);
    return expr;
}

/* others: one expression, or a list of them. */
static struct syntax_expr *convert_test(struct parse *parse, const PgQuery__AExpr *from,
                                        enum syntax_expr_kind kind, bool is_negated)
{
    struct syntax_expr *expr = expr_new(parse, kind, from->location);
    expr->test.is_negated = is_negated;
    expr->test.arg = parse_expr(parse, from->lexpr);
    pg_node *others = from->rexpr;
    if (others->node_case == PG_QUERY__NODE__NODE_LIST) {
        expr->test.others = parse_exprs(parse, others->list->items, others->list->n_items);
    } else {
        expr->test.others = parse_exprs(parse, &others, 1);
    }
    return expr;
}

/* The grammar hides ESCAPE, and SIMILAR TO always, in a call of function(pattern [, escape]). */
static struct syntax_expr *convert_like(struct parse *parse, const PgQuery__AExpr *from,
                                        enum syntax_expr_kind kind, const char *function)
{
    bool is_negated = from->name[0]->string->sval[0] == '!';
    struct syntax_expr *expr = convert_test(parse, from, kind, is_negated);
    if (parse->has_failed) return NULL;
    const struct syntax_expr *pattern = expr->test.others.items[0];
    if (pattern->kind != SYNTAX_FUNCTION) return expr;
    const struct syntax_names *name = &pattern->function->name;
    bool is_hidden = name->count == 2 && strcmp(name->items[0], "pg_catalog") == 0 &&
                     strcmp(name->items[1], function) == 0;
    if (is_hidden) expr->test.others = pattern->function->args;
    return expr;
}

static struct syntax_expr *convert_nullif(struct parse *parse, const PgQuery__AExpr *from)
{
    struct syntax_expr *expr = expr_new(parse, SYNTAX_NULLIF, from->location);
    pg_node *args[] = { from->lexpr, from->rexpr };
    expr->args = parse_exprs(parse, args, countof(args));
    return expr;
}

static struct syntax_expr *convert_a_expr(struct parse *parse, const pg_node *node)
{
    const PgQuery__AExpr *from = node->a_expr;
    switch ((int)from->kind) {
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP: return convert_op(parse, from, SYNTAX_OP);
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ANY: return convert_op(parse, from, SYNTAX_OP_ANY);
    case PG_QUERY__A__EXPR__KIND__AEXPR_OP_ALL: return convert_op(parse, from, SYNTAX_OP_ALL);
    case PG_QUERY__A__EXPR__KIND__AEXPR_DISTINCT:
        return convert_test(parse, from, SYNTAX_IS_DISTINCT, false);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_DISTINCT:
        return convert_test(parse, from, SYNTAX_IS_DISTINCT, true);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF: return convert_nullif(parse, from);
    case PG_QUERY__A__EXPR__KIND__AEXPR_IN:
        return convert_test(parse, from, SYNTAX_IN, from->name[0]->string->sval[0] == '<');
    case PG_QUERY__A__EXPR__KIND__AEXPR_LIKE:
        return convert_like(parse, from, SYNTAX_LIKE, "like_escape");
    case PG_QUERY__A__EXPR__KIND__AEXPR_ILIKE:
        return convert_like(parse, from, SYNTAX_ILIKE, "like_escape");
    case PG_QUERY__A__EXPR__KIND__AEXPR_SIMILAR:
        return convert_like(parse, from, SYNTAX_SIMILAR, "similar_to_escape");
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN:
        return convert_test(parse, from, SYNTAX_BETWEEN, false);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN:
        return convert_test(parse, from, SYNTAX_BETWEEN, true);
    case PG_QUERY__A__EXPR__KIND__AEXPR_BETWEEN_SYM:
        return convert_test(parse, from, SYNTAX_BETWEEN_SYMMETRIC, false);
    case PG_QUERY__A__EXPR__KIND__AEXPR_NOT_BETWEEN_SYM:
        return convert_test(parse, from, SYNTAX_BETWEEN_SYMMETRIC, true);
    default: parse_refuse_node(parse, node, parse_offset(parse, from->location)); return NULL;
    }
}

/* Joins the args of the same kind into their parent: a AND (b AND c) has three. */
static struct syntax_exprs flatten(struct parse *parse, enum syntax_expr_kind kind,
                                   struct syntax_exprs args)
{
    u32 count = 0;
    for (u32 i = 0; i < args.count; i++) {
        count += args.items[i]->kind == kind ? args.items[i]->args.count : 1;
    }
    if (count == args.count) return args;
    struct syntax_exprs flat = { .items = arena_array(parse->arena, struct syntax_expr *, count) };
    for (u32 i = 0; i < args.count; i++) {
        struct syntax_expr *arg = args.items[i];
        struct syntax_exprs parts = { .items = &arg, .count = 1 };
        if (arg->kind == kind) parts = arg->args;
        memcpy(flat.items + flat.count, parts.items, sizeof *parts.items * parts.count);
        flat.count += parts.count;
    }
    assert(flat.count == count);
    return flat;
}

static struct syntax_expr *convert_bool(struct parse *parse, const pg_node *node)
{
    const PgQuery__BoolExpr *from = node->bool_expr;
    enum syntax_expr_kind kind = from->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR  ? SYNTAX_AND
                                 : from->boolop == PG_QUERY__BOOL_EXPR_TYPE__OR_EXPR ? SYNTAX_OR
                                                                                     : SYNTAX_NOT;
    struct syntax_expr *expr = expr_new(parse, kind, from->location);
    expr->args = parse_exprs(parse, from->args, from->n_args);
    if (parse->has_failed) return NULL;
    if (kind != SYNTAX_NOT) expr->args = flatten(parse, kind, expr->args);
    return expr;
}

static struct syntax_expr *convert_null_test(struct parse *parse, const pg_node *node)
{
    const PgQuery__NullTest *from = node->null_test;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_IS_NULL, from->location);
    expr->test.arg = parse_expr(parse, from->arg);
    expr->test.is_negated = from->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NOT_NULL;
    return expr;
}

static struct syntax_expr *convert_bool_test(struct parse *parse, const pg_node *node)
{
    static const struct {
        enum syntax_expr_kind kind;
        bool is_negated;
    } tests[] = {
        [PG_QUERY__BOOL_TEST_TYPE__IS_TRUE] = { SYNTAX_IS_TRUE, false },
        [PG_QUERY__BOOL_TEST_TYPE__IS_NOT_TRUE] = { SYNTAX_IS_TRUE, true },
        [PG_QUERY__BOOL_TEST_TYPE__IS_FALSE] = { SYNTAX_IS_FALSE, false },
        [PG_QUERY__BOOL_TEST_TYPE__IS_NOT_FALSE] = { SYNTAX_IS_FALSE, true },
        [PG_QUERY__BOOL_TEST_TYPE__IS_UNKNOWN] = { SYNTAX_IS_UNKNOWN, false },
        [PG_QUERY__BOOL_TEST_TYPE__IS_NOT_UNKNOWN] = { SYNTAX_IS_UNKNOWN, true },
    };
    const PgQuery__BooleanTest *from = node->boolean_test;
    assert((u32)from->booltesttype < countof(tests) && from->booltesttype > 0);
    struct syntax_expr *expr = expr_new(parse, tests[from->booltesttype].kind, from->location);
    expr->test.arg = parse_expr(parse, from->arg);
    expr->test.is_negated = tests[from->booltesttype].is_negated;
    return expr;
}

static struct syntax_expr *convert_coalesce(struct parse *parse, const pg_node *node)
{
    const PgQuery__CoalesceExpr *from = node->coalesce_expr;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_COALESCE, from->location);
    expr->args = parse_exprs(parse, from->args, from->n_args);
    return expr;
}

static struct syntax_expr *convert_min_max(struct parse *parse, const pg_node *node)
{
    const PgQuery__MinMaxExpr *from = node->min_max_expr;
    bool is_greatest = from->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST;
    struct syntax_expr *expr =
        expr_new(parse, is_greatest ? SYNTAX_GREATEST : SYNTAX_LEAST, from->location);
    expr->args = parse_exprs(parse, from->args, from->n_args);
    return expr;
}

static struct syntax_expr *convert_case(struct parse *parse, const pg_node *node)
{
    const PgQuery__CaseExpr *from = node->case_expr;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_CASE, from->location);
    expr->choice.arg = parse_expr(parse, from->arg);
    expr->choice.whens = arena_array(parse->arena, struct syntax_when, from->n_args);
    for (size_t i = 0; i < from->n_args && !parse->has_failed; i++) {
        const PgQuery__CaseWhen *when = from->args[i]->case_when;
        expr->choice.whens[expr->choice.when_count++] = (struct syntax_when){
            .offset = when->location,
            .condition = parse_expr(parse, when->expr),
            .result = parse_expr(parse, when->result),
        };
    }
    expr->choice.otherwise = parse_expr(parse, from->defresult);
    return expr;
}

static struct syntax_expr *convert_cast(struct parse *parse, const pg_node *node)
{
    const PgQuery__TypeCast *from = node->type_cast;
    i32 location = from->location >= 0 ? from->location : from->type_name->location;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_CAST, location);
    expr->cast.arg = parse_expr(parse, from->arg);
    expr->cast.type = parse_type(parse, from->type_name);
    return expr;
}

static struct syntax_expr *convert_collate(struct parse *parse, const pg_node *node)
{
    const PgQuery__CollateClause *from = node->collate_clause;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_COLLATE, from->location);
    expr->collate.arg = parse_expr(parse, from->arg);
    expr->collate.name = parse_names(parse, from->collname, from->n_collname);
    return expr;
}

static struct syntax_expr *convert_call(struct parse *parse, const pg_node *node)
{
    const PgQuery__FuncCall *from = node->func_call;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_FUNCTION, from->location);
    struct syntax_function *function = arena_new(parse->arena, struct syntax_function);
    function->name = parse_names(parse, from->funcname, from->n_funcname);
    function->args = parse_exprs(parse, from->args, from->n_args);
    function->order = parse_orders(parse, from->agg_order, from->n_agg_order);
    function->filter = parse_expr(parse, from->agg_filter);
    if (from->over) {
        function->over = arena_new(parse->arena, struct syntax_window);
        *function->over = parse_window(parse, from->over);
    }
    function->is_star = from->agg_star;
    function->is_distinct = from->agg_distinct;
    function->is_variadic = from->func_variadic;
    function->is_within_group = from->agg_within_group;
    function->is_sql_syntax = from->funcformat == PG_QUERY__COERCION_FORM__COERCE_SQL_SYNTAX;
    expr->function = function;
    return expr;
}

static struct syntax_expr *convert_value_function(struct parse *parse, const pg_node *node)
{
    static const struct {
        enum syntax_value_function function;
        bool has_precision;
    } functions[] = {
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE] = { SYNTAX_CURRENT_DATE, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME] = { SYNTAX_CURRENT_TIME, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N] = { SYNTAX_CURRENT_TIME, true },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP] = { SYNTAX_CURRENT_TIMESTAMP,
                                                                      false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N] = { SYNTAX_CURRENT_TIMESTAMP,
                                                                        true },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME] = { SYNTAX_LOCALTIME, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N] = { SYNTAX_LOCALTIME, true },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP] = { SYNTAX_LOCALTIMESTAMP, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N] = { SYNTAX_LOCALTIMESTAMP, true },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_ROLE] = { SYNTAX_CURRENT_ROLE, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_USER] = { SYNTAX_CURRENT_USER, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_USER] = { SYNTAX_USER, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_SESSION_USER] = { SYNTAX_SESSION_USER, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG] = { SYNTAX_CURRENT_CATALOG, false },
        [PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA] = { SYNTAX_CURRENT_SCHEMA, false },
    };
    const PgQuery__SQLValueFunction *from = node->sqlvalue_function;
    assert((u32)from->op < countof(functions) && from->op > 0);
    struct syntax_expr *expr = expr_new(parse, SYNTAX_VALUE_FUNCTION, from->location);
    expr->value_function.function = functions[from->op].function;
    expr->value_function.precision = functions[from->op].has_precision ? from->typmod : -1;
    return expr;
}

static struct syntax_expr *convert_grouping(struct parse *parse, const pg_node *node)
{
    const PgQuery__GroupingFunc *from = node->grouping_func;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_GROUPING, from->location);
    expr->args = parse_exprs(parse, from->args, from->n_args);
    return expr;
}

static struct syntax_expr *convert_named_arg(struct parse *parse, const pg_node *node)
{
    const PgQuery__NamedArgExpr *from = node->named_arg_expr;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_NAMED_ARG, from->location);
    expr->named_arg.name = parse_name(parse, from->name);
    expr->named_arg.arg = parse_expr(parse, from->arg);
    return expr;
}

static struct syntax_expr *convert_subquery(struct parse *parse, const pg_node *node)
{
    const PgQuery__SubLink *from = node->sub_link;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_SUBQUERY, from->location);
    switch ((int)from->sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK:
        expr->subquery.kind = SYNTAX_SUBQUERY_EXISTS;
        break;
    case PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK:
        expr->subquery.kind = from->n_oper_name ? SYNTAX_SUBQUERY_ANY : SYNTAX_SUBQUERY_IN;
        break;
    case PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK: expr->subquery.kind = SYNTAX_SUBQUERY_ALL; break;
    case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK: expr->subquery.kind = SYNTAX_SUBQUERY_SCALAR; break;
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK: expr->subquery.kind = SYNTAX_SUBQUERY_ARRAY; break;
    default: parse_refuse_node(parse, node, expr->offset); return NULL;
    }
    if (from->n_oper_name) {
        expr->subquery.op = operator_name(parse, from->oper_name, from->n_oper_name, expr->offset);
    }
    expr->subquery.left = parse_expr(parse, from->testexpr);
    expr->subquery.select = parse_select_node(parse, from->subselect);
    return expr;
}

static struct syntax_expr *convert_array(struct parse *parse, const pg_node *node)
{
    const PgQuery__AArrayExpr *from = node->a_array_expr;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_ARRAY, from->location);
    expr->args = parse_exprs(parse, from->elements, from->n_elements);
    return expr;
}

static struct syntax_expr *convert_row(struct parse *parse, const pg_node *node)
{
    const PgQuery__RowExpr *from = node->row_expr;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_ROW, from->location);
    expr->args = parse_exprs(parse, from->args, from->n_args);
    return expr;
}

struct syntax_step *parse_steps(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_step *steps = arena_array(parse->arena, struct syntax_step, count);
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        const pg_node *item = items[i];
        if (item->node_case == PG_QUERY__NODE__NODE_STRING) {
            steps[i].field = copy_text(parse, item->string->sval);
        } else if (item->node_case == PG_QUERY__NODE__NODE_A_STAR) {
            steps[i].is_star = true;
        } else if (item->node_case == PG_QUERY__NODE__NODE_A_INDICES) {
            steps[i].is_slice = item->a_indices->is_slice;
            steps[i].low = parse_expr(parse, item->a_indices->lidx);
            steps[i].high = parse_expr(parse, item->a_indices->uidx);
        } else {
            parse_refuse_node(parse, item, -1);
        }
    }
    return steps;
}

static struct syntax_expr *convert_indirection(struct parse *parse, const pg_node *node)
{
    const PgQuery__AIndirection *from = node->a_indirection;
    struct syntax_expr *expr = expr_new(parse, SYNTAX_INDIRECTION, -1);
    expr->indirection.arg = parse_expr(parse, from->arg);
    if (parse->has_failed) return NULL;
    expr->offset = expr->indirection.arg->offset;
    expr->indirection.steps = parse_steps(parse, from->indirection, from->n_indirection);
    expr->indirection.step_count = (u32)from->n_indirection;
    return expr;
}

static struct syntax_expr *convert_default(struct parse *parse, const pg_node *node)
{
    return expr_new(parse, SYNTAX_DEFAULT, node->set_to_default->location);
}

static convert_function *const converters[] = {
    [PG_QUERY__NODE__NODE_COLUMN_REF] = convert_column,
    [PG_QUERY__NODE__NODE_A_CONST] = convert_const,
    [PG_QUERY__NODE__NODE_PARAM_REF] = convert_param,
    [PG_QUERY__NODE__NODE_A_EXPR] = convert_a_expr,
    [PG_QUERY__NODE__NODE_BOOL_EXPR] = convert_bool,
    [PG_QUERY__NODE__NODE_NULL_TEST] = convert_null_test,
    [PG_QUERY__NODE__NODE_BOOLEAN_TEST] = convert_bool_test,
    [PG_QUERY__NODE__NODE_COALESCE_EXPR] = convert_coalesce,
    [PG_QUERY__NODE__NODE_MIN_MAX_EXPR] = convert_min_max,
    [PG_QUERY__NODE__NODE_CASE_EXPR] = convert_case,
    [PG_QUERY__NODE__NODE_TYPE_CAST] = convert_cast,
    [PG_QUERY__NODE__NODE_COLLATE_CLAUSE] = convert_collate,
    [PG_QUERY__NODE__NODE_FUNC_CALL] = convert_call,
    [PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION] = convert_value_function,
    [PG_QUERY__NODE__NODE_GROUPING_FUNC] = convert_grouping,
    [PG_QUERY__NODE__NODE_NAMED_ARG_EXPR] = convert_named_arg,
    [PG_QUERY__NODE__NODE_SUB_LINK] = convert_subquery,
    [PG_QUERY__NODE__NODE_A_ARRAY_EXPR] = convert_array,
    [PG_QUERY__NODE__NODE_ROW_EXPR] = convert_row,
    [PG_QUERY__NODE__NODE_A_INDIRECTION] = convert_indirection,
    [PG_QUERY__NODE__NODE_SET_TO_DEFAULT] = convert_default,
};

struct syntax_expr *parse_expr(struct parse *parse, const pg_node *node)
{
    if (parse_is_none(node) || !parse_enter(parse, -1)) return NULL;
    struct syntax_expr *expr = NULL;
    if ((u32)node->node_case < countof(converters) && converters[node->node_case]) {
        expr = converters[node->node_case](parse, node);
    } else {
        parse_refuse_node(parse, node, -1);
    }
    parse_leave(parse);
    return parse->has_failed ? NULL : expr;
}

enum syntax_direction parse_direction(PgQuery__SortByDir direction)
{
    if (direction == PG_QUERY__SORT_BY_DIR__SORTBY_ASC) return SYNTAX_ORDER_ASC;
    if (direction == PG_QUERY__SORT_BY_DIR__SORTBY_DESC) return SYNTAX_ORDER_DESC;
    return SYNTAX_ORDER_DEFAULT;
}

enum syntax_nulls parse_nulls(PgQuery__SortByNulls nulls)
{
    if (nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST) return SYNTAX_NULLS_FIRST;
    if (nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST) return SYNTAX_NULLS_LAST;
    return SYNTAX_NULLS_DEFAULT;
}

struct syntax_orders parse_orders(struct parse *parse, pg_node **items, size_t count)
{
    struct syntax_orders orders = { .items =
                                        arena_array(parse->arena, struct syntax_order, count) };
    for (size_t i = 0; i < count && !parse->has_failed; i++) {
        const PgQuery__SortBy *sort = items[i]->sort_by;
        if (sort->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_USING) {
            parse_refuse(parse, parse_offset(parse, sort->location), "ORDER BY USING");
            break;
        }
        struct syntax_expr *expr = parse_expr(parse, sort->node);
        if (!expr) break;
        orders.items[orders.count++] = (struct syntax_order){
            .expr = expr,
            .direction = parse_direction(sort->sortby_dir),
            .nulls = parse_nulls(sort->sortby_nulls),
            .offset = expr->offset,
        };
    }
    return orders;
}

static i32 node_location(const pg_node *node)
{
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_XML_EXPR: return node->xml_expr->location;
    case PG_QUERY__NODE__NODE_XML_SERIALIZE: return node->xml_serialize->location;
    case PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE: return node->table_like_clause->relation->location;
    case PG_QUERY__NODE__NODE_RANGE_TABLE_FUNC: return node->range_table_func->location;
    default: return -1;
    }
}

void parse_refuse_node(struct parse *parse, const pg_node *node, i32 offset)
{
    if (offset < 0) offset = parse_offset(parse, node_location(node));
    switch ((int)node->node_case) {
    case PG_QUERY__NODE__NODE_XML_EXPR:
    case PG_QUERY__NODE__NODE_XML_SERIALIZE: parse_refuse(parse, offset, "XML"); break;
    case PG_QUERY__NODE__NODE_RANGE_TABLE_FUNC: parse_refuse(parse, offset, "XMLTABLE"); break;
    case PG_QUERY__NODE__NODE_CURRENT_OF_EXPR:
        parse_refuse(parse, offset, "WHERE CURRENT OF");
        break;
    case PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE:
        parse_refuse(parse, offset, "LIKE in CREATE TABLE");
        break;
    default: {
        const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field(
            &pg_query__node__descriptor, (unsigned)node->node_case);
        parse_refuse(parse, offset, field ? field->name : "this construct");
    }
    }
}
