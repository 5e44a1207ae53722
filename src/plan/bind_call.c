/* Calls: functions, aggregates, row_number(), sets in the select list, and what stands for now. */
#include "data/timestamp.h"
#include "plan/bind_internal.h"
#include "plan/grow.h"

static enum status check_zone(struct binder *b, const struct expr *call);

struct expr *bind_call(struct binder *b, const char *name, enum func_kind kind, struct expr **args,
                       u32 arg_count, i32 offset)
{
    struct type *types = arena_array(b->arena, struct type, arg_count);
    struct type *casts = arena_array(b->arena, struct type, arg_count);
    for (u32 i = 0; i < arg_count; i++)
        types[i] = args[i]->type;
    const struct func *func = NULL;
    struct type result;
    if (func_find(slice_of(name), kind, types, arg_count, &func, casts, &result, b->err)) {
        bind_at(b, offset);
        return NULL;
    }
    struct expr *call = bind_new(b, EXPR_CALL, result, offset, arg_count);
    call->func = func;
    for (u32 i = 0; i < arg_count; i++) {
        call->args[i] = bind_cast(b, args[i], casts[i], CAST_IMPLICIT, args[i]->position);
        if (!call->args[i]) return NULL;
        if (args[i]->position >= 0 && args[i]->position < call->position)
            call->position = args[i]->position;
    }
    return check_zone(b, call) == OK ? call : NULL;
}

/* A zone that is written out is looked at now: a view would only fail row by row. */
static enum status check_zone(struct binder *b, const struct expr *call)
{
    const char *name = call->func->name;
    const struct expr *zone = NULL;
    i64 offset;
    if (strcmp(name, "timezone") == 0) zone = call->args[0];
    if (strcmp(name, "date_trunc") == 0 && call->arg_count == 3) zone = call->args[2];
    if (!zone || zone->kind != EXPR_CONST || zone->constant.null || zone->type.id != TYPE_TEXT)
        return OK;
    struct slice text = slice_make(str_data(&zone->constant.str), zone->constant.str.size);
    if (timestamp_zone_offset(text, &offset) != FLAW_ZONE) return OK;
    return bind_refuse(b, zone->position, "time zone \"%.*s\" is not supported",
                       (int)MIN(text.size, 100u), text.data);
}

/* ---- What a call is ---- */

static struct expr *call_aggregate(struct scope *scope, const struct syntax_expr *syntax,
                                   const char *name);
static struct expr *call_window(struct scope *scope, const struct syntax_expr *syntax,
                                const char *name);
static struct expr *call_series(struct scope *scope, const struct syntax_expr *syntax,
                                enum logical_function function);
static struct expr *call_plain(struct scope *scope, const struct syntax_expr *syntax,
                               const char *name);
static enum status call_check_plain(struct scope *scope, const struct syntax_expr *syntax,
                                    const char *name);

static bool is_window_name(const char *name)
{
    static const char *const names[] = { "row_number",  "rank",       "dense_rank", "percent_rank",
                                         "cume_dist",   "ntile",      "lag",        "lead",
                                         "first_value", "last_value", "nth_value" };
    for (u32 i = 0; i < countof(names); i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

struct expr *bind_function(struct scope *scope, const struct syntax_expr *syntax)
{
    const struct syntax_function *function = syntax->function;
    struct binder *b = scope->binder;
    const char *name = function->name.items[function->name.count - 1];
    if (function->name.count > 2 ||
        (function->name.count == 2 && strcmp(function->name.items[0], "pg_catalog") != 0)) {
        bind_fail(b, syntax->offset, "42883", "function %s.%s does not exist",
                  function->name.items[0], name);
        return NULL;
    }
    if (function->over) return call_window(scope, syntax, name);
    if (agg_is_name(slice_of(name))) return call_aggregate(scope, syntax, name);
    if (is_window_name(name)) {
        bind_fail(b, syntax->offset, "42809", "window function %s requires an OVER clause", name);
        return NULL;
    }
    if (call_check_plain(scope, syntax, name)) return NULL;
    enum logical_function series;
    if (bind_series_find(function, &series)) return call_series(scope, syntax, series);
    return call_plain(scope, syntax, name);
}

/* What may only stand in a call of an aggregate. */
static enum status call_check_plain(struct scope *scope, const struct syntax_expr *syntax,
                                    const char *name)
{
    const struct syntax_function *function = syntax->function;
    const char *what = function->is_distinct       ? "DISTINCT"
                       : function->is_within_group ? "WITHIN GROUP"
                       : function->order.count     ? "ORDER BY"
                       : function->filter          ? "FILTER"
                                                   : NULL;
    if (function->is_star && !bind_call(scope->binder, name, FUNC_PLAIN, NULL, 0, syntax->offset))
        return FAIL;
    if (function->is_star)
        return bind_fail(scope->binder, syntax->offset, "42809",
                         "%s(*) specified, but %s is not an aggregate function", name, name);
    if (what)
        return bind_fail(scope->binder, syntax->offset, "42809",
                         "%s specified, but %s is not an aggregate function", what, name);
    if (function->is_variadic)
        return bind_refuse(scope->binder, syntax->offset, "VARIADIC is not supported");
    return OK;
}

static struct expr **call_args(struct scope *scope, const struct syntax_function *function)
{
    u32 count = function->args.count;
    struct expr **args = arena_array(scope->binder->arena, struct expr *, count);
    for (u32 i = 0; i < count; i++)
        if (!(args[i] = bind_expr(scope, function->args.items[i]))) return NULL;
    return args;
}

/* ---- Plain functions ---- */

static struct expr *call_stable(struct scope *scope, struct expr *call, i32 offset);
static struct expr *call_volatile(struct scope *scope, struct expr *call, i32 offset);

/* int4(x), text(x): the name of a type, where no function has it. */
static struct expr *call_as_cast(struct scope *scope, const char *name, struct expr *arg,
                                 i32 offset)
{
    struct type type;
    struct err unused;
    if (type_find(name, NULL, 0, &type, &unused)) return NULL;
    struct err kept = *scope->binder->err;
    struct expr *cast = bind_cast(scope->binder, arg, type, CAST_EXPLICIT, offset);
    if (!cast) *scope->binder->err = kept;
    return cast;
}

static struct expr *call_plain(struct scope *scope, const struct syntax_expr *syntax,
                               const char *name)
{
    struct binder *b = scope->binder;
    u32 count = syntax->function->args.count;
    if (count > FUNC_CALL_ARG_COUNT_MAX) {
        bind_fail(b, syntax->offset, "54023", "cannot pass more than %d arguments to a function",
                  FUNC_CALL_ARG_COUNT_MAX);
        return NULL;
    }
    struct expr **args = call_args(scope, syntax->function);
    if (!args) return NULL;
    struct expr *call = bind_call(b, name, FUNC_PLAIN, args, count, syntax->offset);
    if (!call && count == 1 && strcmp(b->err->sqlstate, "42883") == 0)
        return call_as_cast(scope, name, args[0], syntax->offset);
    if (!call) return NULL;
    switch (call->func->volatility) {
    case FUNC_IMMUTABLE: return call;
    case FUNC_STABLE: return call_stable(scope, call, syntax->offset);
    case FUNC_VOLATILE: return call_volatile(scope, call, syntax->offset);
    }
    unreachable();
}

/* clock_timestamp() is the time of the statement too: a statement takes no time. */
static struct expr *call_volatile(struct scope *scope, struct expr *call, i32 offset)
{
    if (strcmp(call->func->name, "clock_timestamp") == 0) return call_stable(scope, call, offset);
    if (scope->clause == CLAUSE_DEFAULT || scope->clause == CLAUSE_VALUES) return call;
    bind_refuse(scope->binder, offset,
                "%s() is only supported as a DEFAULT and in the VALUES of "
                "an INSERT: elsewhere its result could not be repeated",
                call->func->name);
    return NULL;
}

/* ---- Now ---- */

#define DAY_MICROS (INT64_C(24) * 3600 * 1000000)

static i64 floor_to(i64 value, i64 unit)
{
    i64 rest = value % unit;
    return value - (rest < 0 ? rest + unit : rest);
}

/* micros as a constant of the type: date, timestamp or timestamptz. */
static struct expr *call_now(struct scope *scope, struct type type, i64 micros, const char *name,
                             i32 offset)
{
    struct binder *b = scope->binder;
    if (b->is_view || !b->options->has_now) {
        bind_refuse(b, offset,
                    "%s is not supported in a view that is kept: its value changes "
                    "without any row changing",
                    name);
        return NULL;
    }
    b->uses_now = true;
    i64 value = type.id == TYPE_DATE ? floor_to(micros, DAY_MICROS) / DAY_MICROS : micros;
    return bind_const_int(b, type, value, offset);
}

/* now() and what stands for it; age(x) counts from the day's beginning. */
static struct expr *call_stable(struct scope *scope, struct expr *call, i32 offset)
{
    i64 now = scope->binder->options->now;
    if (call->arg_count == 0) return call_now(scope, call->type, now, call->func->name, offset);
    struct expr *both[2] = { NULL, call->args[0] };
    both[0] =
        call_now(scope, call->args[0]->type, floor_to(now, DAY_MICROS), call->func->name, offset);
    if (!both[0]) return NULL;
    return bind_call(scope->binder, call->func->name, FUNC_PLAIN, both, 2, offset);
}

struct expr *bind_value_function(struct scope *scope, const struct syntax_expr *syntax)
{
    static const i64 units[] = { 1000000, 100000, 10000, 1000, 100, 10, 1 };
    i64 now = scope->binder->options->now;
    i32 precision = syntax->value_function.precision;
    if (precision >= 0 && precision < 6) {
        i64 unit = units[precision];
        now = floor_to(now + unit / 2, unit);
    }
    const char *name = bind_name_for(syntax);
    switch (syntax->value_function.function) {
    case SYNTAX_CURRENT_DATE: return call_now(scope, TYPE(DATE), now, name, syntax->offset);
    case SYNTAX_CURRENT_TIMESTAMP:
        return call_now(scope, TYPE(TIMESTAMPTZ), now, name, syntax->offset);
    case SYNTAX_LOCALTIMESTAMP: return call_now(scope, TYPE(TIMESTAMP), now, name, syntax->offset);
    case SYNTAX_CURRENT_TIME:
    case SYNTAX_LOCALTIME:
    case SYNTAX_CURRENT_ROLE:
    case SYNTAX_CURRENT_USER:
    case SYNTAX_USER:
    case SYNTAX_SESSION_USER:
    case SYNTAX_CURRENT_CATALOG:
    case SYNTAX_CURRENT_SCHEMA: break;
    }
    bind_refuse(scope->binder, syntax->offset, "%s is not supported", name);
    return NULL;
}

/* ---- Aggregates ---- */

static const char *clause_name(enum clause clause)
{
    switch (clause) {
    case CLAUSE_WHERE: return "WHERE";
    case CLAUSE_ON: return "JOIN conditions";
    case CLAUSE_GROUP: return "GROUP BY";
    case CLAUSE_HAVING: return "HAVING";
    case CLAUSE_ORDER: return "ORDER BY";
    case CLAUSE_DISTINCT_ON: return "DISTINCT ON";
    case CLAUSE_FILTER: return "FILTER";
    case CLAUSE_LIMIT: return "LIMIT";
    case CLAUSE_OFFSET: return "OFFSET";
    case CLAUSE_VALUES: return "VALUES";
    case CLAUSE_FUNCTION: return "functions in FROM";
    case CLAUSE_DEFAULT: return "DEFAULT expressions";
    case CLAUSE_SET: return "UPDATE";
    case CLAUSE_RETURNING: return "RETURNING";
    case CLAUSE_CONFLICT: return "ON CONFLICT";
    case CLAUSE_WINDOW: return "window definitions";
    case CLAUSE_SELECT: return "SELECT";
    }
    unreachable();
}

static bool agg_same(const struct agg_use *a, const struct agg_use *b)
{
    if (a->kind != b->kind || a->distinct != b->distinct) return false;
    if (!a->arg != !b->arg || !a->filter != !b->filter) return false;
    if (a->arg && !expr_equal(a->arg, b->arg)) return false;
    return !a->filter || expr_equal(a->filter, b->filter);
}

/* The number of an aggregate, the same for the same. */
static u32 agg_collect(struct scope *scope, struct agg_use use)
{
    struct collect *collect = scope->collect;
    for (u32 i = 0; i < collect->agg_count; i++)
        if (agg_same(&collect->aggs[i], &use)) return i;
    grow_push(scope->binder->arena, collect->aggs, collect->agg_count, use);
    return collect->agg_count - 1;
}

static enum status agg_check(struct scope *scope, const struct syntax_expr *syntax)
{
    struct binder *b = scope->binder;
    if (scope->in_aggregate)
        return bind_fail(b, syntax->offset, "42803", "aggregate function calls cannot be nested");
    if (!scope->collect)
        return bind_fail(b, syntax->offset, "42803", "aggregate functions are not allowed in %s",
                         clause_name(scope->clause));
    if (syntax->function->order.count || syntax->function->is_within_group)
        return bind_refuse(b, syntax->offset, "ORDER BY in an aggregate is not supported");
    if (syntax->function->is_variadic)
        return bind_refuse(b, syntax->offset, "VARIADIC is not supported");
    return OK;
}

static struct expr *agg_filter(struct scope *scope, const struct syntax_expr *syntax)
{
    struct scope inner = *scope;
    inner.clause = CLAUSE_FILTER;
    inner.collect = NULL;
    return bind_boolean(&inner, syntax, "FILTER");
}

/* Rows that FILTER leaves out do not compute the argument, which may fail on just those. */
static struct expr *agg_guarded(struct binder *b, struct expr *arg, struct expr *filter)
{
    if (!arg || arg->kind == EXPR_COLUMN || arg->kind == EXPR_CONST) return arg;
    struct expr *guarded = bind_new(b, EXPR_CASE, arg->type, arg->position, 3);
    guarded->args[0] = filter;
    guarded->args[1] = arg;
    guarded->args[2] = bind_const_null(b, arg->type, arg->position);
    return guarded;
}

static struct expr *call_aggregate(struct scope *scope, const struct syntax_expr *syntax,
                                   const char *name)
{
    const struct syntax_function *function = syntax->function;
    struct binder *b = scope->binder;
    if (agg_check(scope, syntax)) return NULL;
    struct scope inner = *scope;
    inner.in_aggregate = true;
    struct expr **args = call_args(&inner, function);
    if (!args) return NULL;
    u32 count = function->args.count;
    struct type types[FUNC_ARG_COUNT_MAX], cast = { 0 };
    for (u32 i = 0; i < MIN(count, FUNC_ARG_COUNT_MAX); i++)
        types[i] = args[i]->type;
    const struct agg *agg = NULL;
    struct agg_use use = { .name = name, .distinct = function->is_distinct };
    if (agg_find(slice_of(name), types, MIN(count, FUNC_ARG_COUNT_MAX), function->is_star, &agg,
                 &cast, &use.type, b->err)) {
        bind_at(b, syntax->offset);
        return NULL;
    }
    use.kind = agg->kind;
    if (count > 0) {
        use.arg = bind_cast(b, args[0], cast, CAST_IMPLICIT, args[0]->position);
        if (!use.arg || !(use.arg = bind_settle_unknown(b, use.arg))) return NULL;
    }
    if (function->filter) {
        if (!(use.filter = agg_filter(&inner, function->filter))) return NULL;
        use.arg = agg_guarded(b, use.arg, use.filter);
    }
    return bind_column_ref(b, COLUMN_AGG + agg_collect(scope, use), use.type, syntax->offset);
}

/* ---- row_number() ---- */

static const struct syntax_window *window_find(struct scope *scope,
                                               const struct syntax_window *over)
{
    const char *name = over->name ? over->name : over->base;
    if (!name) return over;
    if (over->base) {
        bind_refuse(scope->binder, over->offset,
                    "a window that starts from another one is not "
                    "supported");
        return NULL;
    }
    for (u32 i = 0; i < scope->collect->named_count; i++)
        if (strcmp(scope->collect->named[i].name, name) == 0) return &scope->collect->named[i];
    bind_fail(scope->binder, over->offset, "42704", "window \"%s\" does not exist", name);
    return NULL;
}

static enum status window_fill(struct scope *scope, const struct syntax_window *over,
                               struct window_use *use)
{
    struct binder *b = scope->binder;
    struct scope inner = *scope;
    inner.clause = CLAUSE_WINDOW;
    use->partition_count = over->partition.count;
    use->partition = arena_array(b->arena, struct expr *, use->partition_count);
    for (u32 i = 0; i < use->partition_count; i++) {
        struct expr *expr = bind_expr(&inner, over->partition.items[i]);
        if (!expr || !(use->partition[i] = bind_settle_unknown(b, expr))) return FAIL;
    }
    use->order_count = over->order.count;
    use->order = arena_array(b->arena, struct expr *, use->order_count);
    use->orders = arena_array(b->arena, struct logical_order, use->order_count);
    for (u32 i = 0; i < use->order_count; i++) {
        struct expr *expr = bind_expr(&inner, over->order.items[i].expr);
        if (!expr || !(use->order[i] = bind_settle_unknown(b, expr))) return FAIL;
        use->orders[i] = bind_order_of(&over->order.items[i], 0);
    }
    return OK;
}

static bool window_same(const struct window_use *a, const struct window_use *b)
{
    if (a->partition_count != b->partition_count || a->order_count != b->order_count) return false;
    for (u32 i = 0; i < a->partition_count; i++)
        if (!expr_equal(a->partition[i], b->partition[i])) return false;
    for (u32 i = 0; i < a->order_count; i++)
        if (!expr_equal(a->order[i], b->order[i]) ||
            a->orders[i].descending != b->orders[i].descending ||
            a->orders[i].nulls_first != b->orders[i].nulls_first)
            return false;
    return true;
}

static struct expr *call_window(struct scope *scope, const struct syntax_expr *syntax,
                                const char *name)
{
    struct binder *b = scope->binder;
    bool is_allowed = scope->collect && !scope->in_aggregate &&
                      (scope->clause == CLAUSE_SELECT || scope->clause == CLAUSE_ORDER);
    if (!is_allowed) {
        if (scope->in_aggregate)
            bind_fail(b, syntax->offset, "42803",
                      "aggregate function calls cannot contain window function calls");
        else if (scope->clause == CLAUSE_WINDOW)
            bind_fail(b, syntax->offset, "42P20",
                      "window functions are not allowed in window "
                      "definitions");
        else
            bind_fail(b, syntax->offset, "42P20", "window functions are not allowed in %s",
                      clause_name(scope->clause));
        return NULL;
    }
    if (strcmp(name, "row_number") != 0 || syntax->function->args.count) {
        bind_refuse(b, syntax->offset,
                    "of window functions only row_number() is supported, not "
                    "%s()",
                    name);
        return NULL;
    }
    const struct syntax_window *over = window_find(scope, syntax->function->over);
    struct window_use use = { .offset = syntax->offset };
    if (!over || window_fill(scope, over, &use)) return NULL;
    struct collect *collect = scope->collect;
    u32 index = 0;
    while (index < collect->window_count && !window_same(&collect->windows[index], &use))
        index++;
    if (index == collect->window_count)
        grow_push(b->arena, collect->windows, collect->window_count, use);
    return bind_column_ref(b, COLUMN_WINDOW + index, TYPE(INT8), syntax->offset);
}

/* ---- Sets ---- */

bool bind_series_find(const struct syntax_function *function, enum logical_function *out)
{
    const char *name = function->name.items[function->name.count - 1];
    if (strcmp(name, "generate_series") == 0)
        *out = LOGICAL_GENERATE_SERIES;
    else if (strcmp(name, "regexp_split_to_table") == 0)
        *out = LOGICAL_REGEXP_SPLIT_TO_TABLE;
    else
        return false;
    return true;
}

/* 42883, or 42725 when nothing tells which of several is meant. */
static enum status series_missing(struct binder *b, const char *name, struct expr *const *args,
                                  u32 count, i32 offset)
{
    bool is_open = count == 2 || count == 3;
    for (u32 i = 0; i < count; i++)
        if (args[i]->type.id != TYPE_UNKNOWN) is_open = false;
    struct buf types;
    buf_init(&types, b->arena->mem);
    for (u32 i = 0; i < count; i++) {
        char type[64] = "unknown";
        if (args[i]->type.id != TYPE_UNKNOWN)
            type_name((struct type){ .id = args[i]->type.id }, type);
        buf_format(&types, "%s%s", i ? ", " : "", type);
    }
    bind_fail(b, offset, is_open ? "42725" : "42883", "function %s(%.*s) %s", name, (int)types.size,
              types.data, is_open ? "is not unique" : "does not exist");
    buf_deinit(&types);
    if (is_open)
        return err_hint(b->err, "Could not choose a best candidate function. You might need to add "
                                "explicit type casts.");
    return err_hint(b->err, "No function matches the given name and argument types. You might need "
                            "to add explicit type casts.");
}

/* The type that a series runs over: that of its first two arguments together. */
static bool series_type(struct expr *const *args, struct type *type)
{
    bool is_integer = true, is_wide = false, has_zone = false, is_time = true, is_known = false;
    for (u32 i = 0; i < 2; i++) {
        u8 id = args[i]->type.id;
        if (id == TYPE_UNKNOWN) continue;
        is_known = true;
        is_integer = is_integer && type_is_integer(args[i]->type);
        is_wide = is_wide || id == TYPE_INT8;
        is_time = is_time && (id == TYPE_TIMESTAMP || id == TYPE_TIMESTAMPTZ || id == TYPE_DATE);
        has_zone = has_zone || id != TYPE_TIMESTAMP;
    }
    if (is_known && is_integer)
        *type = is_wide ? TYPE(INT8) : TYPE(INT4);
    else if (is_known && is_time)
        *type = has_zone ? TYPE(TIMESTAMPTZ) : TYPE(TIMESTAMP);
    else
        return false;
    return true;
}

static enum status series_generate(struct binder *b, struct expr **args, u32 count, i32 offset,
                                   struct series_use *use)
{
    struct type type;
    bool has_type = count >= 2 && count <= 3 && series_type(args, &type);
    if (!has_type) return series_missing(b, "generate_series", args, count, offset);
    bool is_integer = type_is_integer(type);
    if (count == 3 && is_integer && args[2]->type.id == TYPE_INT8) type = TYPE(INT8);
    struct type step = is_integer ? type : TYPE(INTERVAL);
    bool fits = count == 2 ? is_integer
                           : args[2]->type.id == TYPE_UNKNOWN ||
                                 (is_integer ? type_is_integer(args[2]->type)
                                             : args[2]->type.id == TYPE_INTERVAL);
    if (!fits) return series_missing(b, "generate_series", args, count, offset);
    for (u32 i = 0; i < count; i++) {
        args[i] = bind_cast(b, args[i], i < 2 ? type : step, CAST_IMPLICIT, args[i]->position);
        if (!args[i]) return FAIL;
    }
    use->type = type;
    return OK;
}

static enum status series_split(struct binder *b, struct expr **args, u32 count, i32 offset,
                                struct series_use *use)
{
    bool fits = count == 2 || count == 3;
    for (u32 i = 0; i < count; i++)
        if (args[i]->type.id != TYPE_UNKNOWN && !type_is_text(args[i]->type)) fits = false;
    if (!fits) return series_missing(b, "regexp_split_to_table", args, count, offset);
    for (u32 i = 0; i < count; i++) {
        args[i] = bind_cast(b, args[i], TYPE(TEXT), CAST_IMPLICIT, args[i]->position);
        if (!args[i]) return FAIL;
    }
    use->type = TYPE(TEXT);
    return OK;
}

enum status bind_series(struct scope *scope, const struct syntax_expr *syntax,
                        enum logical_function function, struct series_use *out)
{
    u32 count = syntax->function->args.count;
    struct expr **args = call_args(scope, syntax->function);
    if (!args) return FAIL;
    *out = (struct series_use){
        .function = function, .args = args, .arg_count = count, .offset = syntax->offset
    };
    if (function == LOGICAL_GENERATE_SERIES)
        return series_generate(scope->binder, args, count, syntax->offset, out);
    return series_split(scope->binder, args, count, syntax->offset, out);
}

static struct expr *call_series(struct scope *scope, const struct syntax_expr *syntax,
                                enum logical_function function)
{
    struct binder *b = scope->binder;
    if (!scope->collect || scope->clause != CLAUSE_SELECT || scope->in_aggregate) {
        bind_fail(b, syntax->offset, "0A000", "set-returning functions are not allowed in %s",
                  scope->in_aggregate ? "aggregates" : clause_name(scope->clause));
        return NULL;
    }
    if (scope->collect->series_count) {
        bind_refuse(b, syntax->offset,
                    "more than one set-returning function in a select list is "
                    "not supported");
        return NULL;
    }
    struct series_use use;
    if (bind_series(scope, syntax, function, &use)) return NULL;
    grow_push(b->arena, scope->collect->series, scope->collect->series_count, use);
    return bind_column_ref(b, COLUMN_SERIES, use.type, syntax->offset);
}
