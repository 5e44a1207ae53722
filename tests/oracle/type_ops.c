#include "tests/oracle/type_ops.h"

#include <stdlib.h>

#include "base/assert.h"
#include "data/date.h"
#include "data/decimal.h"
#include "data/decimal_math.h"
#include "data/interval.h"
#include "data/number.h"
#include "data/timestamp.h"

/* Every run function is a line: parse the arguments, compute, print. */
struct call {
    const struct slice *args;
    struct arena *arena;
    struct buf *out;
    bool failed; /* an error stands in out */
};

static struct value get(struct call *call, u32 arg, struct type type)
{
    struct value value = { .type = type };
    struct err err;
    if (call->failed) return value;
    if (value_parse(type, call->args[arg], call->arena, &value, &err)) {
        buf_format(call->out, "!%s %s", err.sqlstate, err.message);
        call->failed = true;
    }
    return value;
}

static struct decimal get_decimal(struct call *call, u32 arg)
{
    return get(call, arg, TYPE(NUMERIC)).decimal;
}

static i64 get_i64(struct call *call, u32 arg)
{
    return get(call, arg, TYPE(INT8)).i;
}

static f64 get_f64(struct call *call, u32 arg)
{
    return get(call, arg, TYPE(FLOAT8)).f;
}

static i64 get_date(struct call *call, u32 arg)
{
    return get(call, arg, TYPE(DATE)).i;
}

static i64 get_timestamp(struct call *call, u32 arg)
{
    return get(call, arg, TYPE(TIMESTAMP)).i;
}

static struct interval get_interval(struct call *call, u32 arg)
{
    return get(call, arg, TYPE(INTERVAL)).interval;
}

static enum calendar_field get_field(struct call *call, u32 arg)
{
    enum calendar_field field = CALENDAR_DAY;
    if (!calendar_field_find(call->args[arg], &field)) abort();
    return field;
}

static void put(struct call *call, enum flaw flaw, const struct value *value)
{
    if (call->failed) return;
    if (flaw)
        buf_format(call->out, "!%s %s", flaw_sqlstate(flaw), flaw_message(flaw));
    else if (value->null)
        buf_puts(call->out, "NULL");
    else
        value_print(value, call->out);
}

static void put_decimal(struct call *call, enum flaw flaw, const struct decimal *decimal)
{
    put(call, flaw, &(struct value){ .type = TYPE(NUMERIC), .decimal = *decimal });
}

static void put_i64(struct call *call, enum flaw flaw, const i64 *value)
{
    put(call, flaw, &(struct value){ .type = TYPE(INT8), .i = *value });
}

static void put_f64(struct call *call, enum flaw flaw, const f64 *value)
{
    put(call, flaw, &(struct value){ .type = TYPE(FLOAT8), .f = *value });
}

static void put_date(struct call *call, enum flaw flaw, const i64 *value)
{
    put(call, flaw, &(struct value){ .type = TYPE(DATE), .i = *value });
}

static void put_timestamp(struct call *call, enum flaw flaw, const i64 *value)
{
    put(call, flaw, &(struct value){ .type = TYPE(TIMESTAMP), .i = *value });
}

static void put_interval(struct call *call, enum flaw flaw, const struct interval *value)
{
    put(call, flaw, &(struct value){ .type = TYPE(INTERVAL), .interval = *value });
}

#define RUN(name)                                                                                  \
    static void call_##name(struct call *call);                                                    \
    static void run_##name(const struct slice *args, struct arena *arena, struct buf *out)         \
    {                                                                                              \
        call_##name(&(struct call){ .args = args, .arena = arena, .out = out });                   \
    }                                                                                              \
    static void call_##name(struct call *call)

/* --- Text in and out --- */

#define RUN_TEXT(name, ...)                                                                        \
    RUN(name)                                                                                      \
    {                                                                                              \
        struct type type = __VA_ARGS__;                                                            \
        struct value value = get(call, 0, type);                                                   \
        put(call, FLAW_NONE, &value);                                                              \
    }
RUN_TEXT(bool_text, TYPE(BOOL))
RUN_TEXT(int2_text, TYPE(INT2))
RUN_TEXT(int4_text, TYPE(INT4))
RUN_TEXT(int8_text, TYPE(INT8))
RUN_TEXT(float4_text, TYPE(FLOAT4))
RUN_TEXT(float8_text, TYPE(FLOAT8))
RUN_TEXT(numeric_text, TYPE(NUMERIC))
RUN_TEXT(numeric_10_2, { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 })
RUN_TEXT(numeric_38_20, { .id = TYPE_NUMERIC, .precision = 38, .scale = 20 })
RUN_TEXT(numeric_5_5, { .id = TYPE_NUMERIC, .precision = 5, .scale = 5 })
RUN_TEXT(date_text, TYPE(DATE))
RUN_TEXT(timestamp_text, TYPE(TIMESTAMP))
RUN_TEXT(timestamptz_text, TYPE(TIMESTAMPTZ))
RUN_TEXT(interval_text, TYPE(INTERVAL))
RUN_TEXT(uuid_text, TYPE(UUID))
RUN_TEXT(bytea_text, TYPE(BYTEA))

/* --- Decimals --- */

#define RUN_DECIMAL_2(name, function)                                                              \
    RUN(name)                                                                                      \
    {                                                                                              \
        struct decimal a = get_decimal(call, 0), b = get_decimal(call, 1), result = { 0 };         \
        put_decimal(call, function(&a, &b, &result), &result);                                     \
    }
RUN_DECIMAL_2(decimal_add, decimal_add)
RUN_DECIMAL_2(decimal_subtract, decimal_subtract)
RUN_DECIMAL_2(decimal_multiply, decimal_multiply)
RUN_DECIMAL_2(decimal_divide, decimal_divide)
RUN_DECIMAL_2(decimal_modulo, decimal_modulo)
RUN_DECIMAL_2(decimal_quotient, decimal_quotient)

RUN(decimal_compare)
{
    struct decimal a = get_decimal(call, 0), b = get_decimal(call, 1);
    i64 order = decimal_compare(&a, &b);
    put_i64(call, FLAW_NONE, &order);
}

RUN(decimal_round)
{
    struct decimal a = get_decimal(call, 0), result = { 0 };
    put_decimal(call, decimal_round(&a, (i32)get_i64(call, 1), &result), &result);
}

RUN(decimal_trunc)
{
    struct decimal a = get_decimal(call, 0), result = { 0 };
    put_decimal(call, decimal_trunc(&a, (i32)get_i64(call, 1), &result), &result);
}

#define RUN_DECIMAL_1(name, function)                                                              \
    RUN(name)                                                                                      \
    {                                                                                              \
        struct decimal a = get_decimal(call, 0), result = { 0 };                                   \
        put_decimal(call, function(&a, &result), &result);                                         \
    }
RUN_DECIMAL_1(decimal_ceil, decimal_ceil)
RUN_DECIMAL_1(decimal_floor, decimal_floor)
RUN_DECIMAL_1(decimal_sqrt, decimal_sqrt)
RUN_DECIMAL_1(decimal_exp, decimal_exp)
RUN_DECIMAL_1(decimal_ln, decimal_ln)
RUN_DECIMAL_2(decimal_log, decimal_log)
RUN_DECIMAL_2(decimal_power, decimal_power)

RUN(decimal_trim)
{
    struct decimal a = get_decimal(call, 0);
    a = decimal_trim(&a);
    put_decimal(call, FLAW_NONE, &a);
}

RUN(decimal_to_i64)
{
    struct decimal a = get_decimal(call, 0);
    i64 result = 0;
    put_i64(call, decimal_to_i64(&a, &result), &result);
}

RUN(decimal_to_f64)
{
    struct decimal a = get_decimal(call, 0);
    f64 result = decimal_to_f64(&a);
    put_f64(call, FLAW_NONE, &result);
}

RUN(decimal_to_f32)
{
    struct decimal a = get_decimal(call, 0);
    struct value value = { .type = TYPE(FLOAT4), .f = (f64)decimal_to_f32(&a) };
    put(call, FLAW_NONE, &value);
}

RUN(decimal_from_f64)
{
    struct decimal result = { 0 };
    f64 value = get_f64(call, 0);
    put_decimal(call, decimal_from_f64(value, &result), &result);
}

RUN(decimal_from_f32)
{
    struct decimal result = { 0 };
    f32 value = (f32)get(call, 0, TYPE(FLOAT4)).f;
    put_decimal(call, decimal_from_f32(value, &result), &result);
}

RUN(decimal_rescale)
{
    struct value a = get(call, 0, (struct type){ .id = TYPE_NUMERIC, .precision = 18, .scale = 6 });
    i64 result = 0;
    enum flaw flaw = decimal_rescale_scaled(a.i, 6, 10, 2, &result);
    struct decimal fitted = decimal_make(result, 2);
    put_decimal(call, flaw, &fitted);
}

/* --- Dates and timestamps --- */

RUN(date_add_days)
{
    i64 result = 0, date = get_date(call, 0);
    put_date(call, date_add_days(date, get_i64(call, 1), &result), &result);
}

RUN(date_subtract)
{
    i64 result = 0, a = get_date(call, 0), b = get_date(call, 1);
    put_i64(call, date_subtract(a, b, &result), &result);
}

RUN(date_make)
{
    i64 result = 0, year = get_i64(call, 0), month = get_i64(call, 1), day = get_i64(call, 2);
    put_date(call, date_make(year, month, day, &result), &result);
}

RUN(date_to_timestamp)
{
    i64 result = 0, date = get_date(call, 0);
    put_timestamp(call, date_to_timestamp(date, &result), &result);
}

RUN(date_extract)
{
    struct value result = { .type = TYPE(NUMERIC) };
    i64 date = get_date(call, 1);
    enum flaw flaw = date_extract(get_field(call, 0), date, &result.decimal, &result.null);
    put(call, flaw, &result);
}

RUN(timestamp_to_date)
{
    i64 result = 0, timestamp = get_timestamp(call, 0);
    put_date(call, timestamp_to_date(timestamp, &result), &result);
}

RUN(timestamp_round)
{
    i64 result = timestamp_round(get_timestamp(call, 0), 3);
    put_timestamp(call, FLAW_NONE, &result);
}

RUN(timestamp_add)
{
    i64 result = 0, timestamp = get_timestamp(call, 0);
    struct interval interval = get_interval(call, 1);
    put_timestamp(call, timestamp_add(timestamp, &interval, &result), &result);
}

RUN(timestamp_subtract_interval)
{
    i64 result = 0, timestamp = get_timestamp(call, 0);
    struct interval interval = get_interval(call, 1);
    put_timestamp(call, timestamp_subtract_interval(timestamp, &interval, &result), &result);
}

RUN(timestamp_subtract)
{
    i64 a = get_timestamp(call, 0), b = get_timestamp(call, 1);
    struct interval result = { 0 };
    put_interval(call, timestamp_subtract(a, b, &result), &result);
}

RUN(timestamp_age)
{
    i64 a = get_timestamp(call, 0), b = get_timestamp(call, 1);
    struct interval result = { 0 };
    put_interval(call, timestamp_age(a, b, &result), &result);
}

RUN(timestamp_extract)
{
    struct value result = { .type = TYPE(NUMERIC) };
    i64 timestamp = get_timestamp(call, 1);
    enum flaw flaw =
        timestamp_extract(get_field(call, 0), timestamp, false, &result.decimal, &result.null);
    put(call, flaw, &result);
}

RUN(timestamp_part)
{
    struct value result = { .type = TYPE(FLOAT8) };
    i64 timestamp = get_timestamp(call, 1);
    enum flaw flaw = timestamp_part(get_field(call, 0), timestamp, false, &result.f, &result.null);
    put(call, flaw, &result);
}

RUN(timestamp_trunc)
{
    i64 result = 0, timestamp = get_timestamp(call, 1);
    put_timestamp(call, timestamp_trunc(get_field(call, 0), timestamp, &result), &result);
}

RUN(timestamp_bin)
{
    struct interval stride = get_interval(call, 0);
    i64 result = 0, timestamp = get_timestamp(call, 1), origin = get_timestamp(call, 2);
    put_timestamp(call, timestamp_bin(&stride, timestamp, origin, &result), &result);
}

RUN(timestamp_make)
{
    i64 a[5], result = 0;
    for (u32 index = 0; index < 5; index++)
        a[index] = get_i64(call, index);
    f64 seconds = get_f64(call, 5);
    put_timestamp(call, timestamp_make(a[0], a[1], a[2], a[3], a[4], seconds, &result), &result);
}

RUN(timestamp_from_epoch)
{
    struct value result = { .type = TYPE(TIMESTAMPTZ) };
    f64 seconds = get_f64(call, 0);
    enum flaw flaw = timestamp_from_epoch(seconds, &result.i);
    put(call, flaw, &result);
}

/* --- Intervals --- */

#define RUN_INTERVAL_2(name, function)                                                             \
    RUN(name)                                                                                      \
    {                                                                                              \
        struct interval a = get_interval(call, 0), b = get_interval(call, 1), result = { 0 };      \
        put_interval(call, function(&a, &b, &result), &result);                                    \
    }
RUN_INTERVAL_2(interval_add, interval_add)
RUN_INTERVAL_2(interval_subtract, interval_subtract)

RUN(interval_compare)
{
    struct interval a = get_interval(call, 0), b = get_interval(call, 1);
    i64 order = interval_compare(&a, &b);
    put_i64(call, FLAW_NONE, &order);
}

#define RUN_INTERVAL_1(name, function)                                                             \
    RUN(name)                                                                                      \
    {                                                                                              \
        struct interval a = get_interval(call, 0), result = { 0 };                                 \
        put_interval(call, function(&a, &result), &result);                                        \
    }
RUN_INTERVAL_1(interval_negate, interval_negate)
RUN_INTERVAL_1(interval_justify_hours, interval_justify_hours)
RUN_INTERVAL_1(interval_justify_days, interval_justify_days)
RUN_INTERVAL_1(interval_justify, interval_justify)

RUN(interval_multiply)
{
    struct interval a = get_interval(call, 0), result = { 0 };
    put_interval(call, interval_multiply(&a, get_f64(call, 1), &result), &result);
}

RUN(interval_divide)
{
    struct interval a = get_interval(call, 0), result = { 0 };
    put_interval(call, interval_divide(&a, get_f64(call, 1), &result), &result);
}

RUN(interval_extract)
{
    struct decimal result = { 0 };
    struct interval a = get_interval(call, 1);
    put_decimal(call, interval_extract(get_field(call, 0), &a, &result), &result);
}

RUN(interval_part)
{
    f64 result = 0;
    struct interval a = get_interval(call, 1);
    put_f64(call, interval_part(get_field(call, 0), &a, &result), &result);
}

RUN(interval_trunc)
{
    struct interval a = get_interval(call, 1), result = { 0 };
    put_interval(call, interval_trunc(get_field(call, 0), &a, &result), &result);
}

RUN(interval_make)
{
    i64 a[6];
    struct interval result = { 0 };
    for (u32 index = 0; index < 6; index++)
        a[index] = get_i64(call, index);
    f64 seconds = get_f64(call, 6);
    put_interval(call, interval_make(a[0], a[1], a[2], a[3], a[4], a[5], seconds, &result),
                 &result);
}

#define OP(name, args, sql)                                                                        \
    {                                                                                              \
#name, sql, args, run_##name                                                               \
    }
#define SIGN(a, b) "CASE WHEN " a " < " b " THEN -1 WHEN " a " > " b " THEN 1 ELSE 0 END"

const struct type_op type_ops[] = {
    OP(bool_text, "b", "textin(boolout($1::bool))"),
    OP(int2_text, "k", "$1::int2"),
    OP(int4_text, "k", "$1::int4"),
    OP(int8_text, "k", "$1::int8"),
    OP(float4_text, "g", "$1::float4"),
    OP(float8_text, "f", "$1::float8"),
    OP(numeric_text, "N", "$1::numeric"),
    OP(numeric_10_2, "N", "$1::numeric(10,2)"),
    OP(numeric_38_20, "N", "$1::numeric(38,20)"),
    OP(numeric_5_5, "N", "$1::numeric(5,5)"),
    OP(date_text, "T", "$1::date"),
    OP(timestamp_text, "T", "$1::timestamp"),
    OP(timestamptz_text, "T", "$1::timestamptz"),
    OP(interval_text, "V", "$1::interval"),
    OP(uuid_text, "u", "$1::uuid"),
    OP(bytea_text, "y", "$1::bytea"),
    OP(decimal_add, "nn", "$1::numeric + $2::numeric"),
    OP(decimal_subtract, "nn", "$1::numeric - $2::numeric"),
    OP(decimal_multiply, "nn", "$1::numeric * $2::numeric"),
    OP(decimal_divide, "nn", "$1::numeric / $2::numeric"),
    OP(decimal_modulo, "nn", "$1::numeric % $2::numeric"),
    OP(decimal_quotient, "nn", "div($1::numeric, $2::numeric)"),
    OP(decimal_compare, "nn", SIGN("$1::numeric", "$2::numeric")),
    OP(decimal_round, "ni", "round($1::numeric, $2::int)"),
    OP(decimal_trunc, "ni", "trunc($1::numeric, $2::int)"),
    OP(decimal_ceil, "n", "ceil($1::numeric)"),
    OP(decimal_floor, "n", "floor($1::numeric)"),
    OP(decimal_sqrt, "n", "sqrt($1::numeric)"),
    OP(decimal_exp, "e", "exp($1::numeric)"),
    OP(decimal_ln, "m", "ln($1::numeric)"),
    OP(decimal_log, "mm", "log($1::numeric, $2::numeric)"),
    OP(decimal_power, "me", "power($1::numeric, $2::numeric)"),
    OP(decimal_trim, "n", "trim_scale($1::numeric)"),
    OP(decimal_to_i64, "n", "$1::numeric::int8"),
    OP(decimal_to_f64, "n", "$1::numeric::float8"),
    OP(decimal_to_f32, "n", "$1::numeric::float4"),
    OP(decimal_from_f64, "f", "$1::float8::numeric"),
    OP(decimal_from_f32, "g", "$1::float4::numeric"),
    OP(decimal_rescale, "n", "$1::numeric(18,6)::numeric(10,2)"),
    OP(date_add_days, "di", "$1::date + $2::int"),
    OP(date_subtract, "dd", "$1::date - $2::date"),
    OP(date_make, "iii", "make_date($1::int, $2::int, $3::int)"),
    OP(date_to_timestamp, "d", "$1::date::timestamp"),
    OP(date_extract, "Fd", "extract($1 from $2::date)"),
    OP(timestamp_to_date, "t", "$1::timestamp::date"),
    OP(timestamp_round, "t", "$1::timestamp::timestamp(3)"),
    OP(timestamp_add, "tv", "$1::timestamp + $2::interval"),
    OP(timestamp_subtract_interval, "tv", "$1::timestamp - $2::interval"),
    OP(timestamp_subtract, "tt", "$1::timestamp - $2::timestamp"),
    OP(timestamp_age, "tt", "age($1::timestamp, $2::timestamp)"),
    OP(timestamp_extract, "Ft", "extract($1 from $2::timestamp)"),
    OP(timestamp_part, "Ft", "date_part($1, $2::timestamp)"),
    OP(timestamp_trunc, "Pt", "date_trunc($1, $2::timestamp)"),
    OP(timestamp_bin, "stt", "date_bin($1::interval, $2::timestamp, $3::timestamp)"),
    OP(timestamp_make, "iiiiif",
       "make_timestamp($1::int, $2::int, $3::int, $4::int, $5::int, $6::float8)"),
    OP(timestamp_from_epoch, "f", "to_timestamp($1::float8)"),
    OP(interval_add, "vv", "$1::interval + $2::interval"),
    OP(interval_subtract, "vv", "$1::interval - $2::interval"),
    OP(interval_compare, "vv", SIGN("$1::interval", "$2::interval")),
    OP(interval_negate, "v", "-$1::interval"),
    OP(interval_justify_hours, "v", "justify_hours($1::interval)"),
    OP(interval_justify_days, "v", "justify_days($1::interval)"),
    OP(interval_justify, "v", "justify_interval($1::interval)"),
    OP(interval_multiply, "vf", "$1::interval * $2::float8"),
    OP(interval_divide, "vf", "$1::interval / $2::float8"),
    OP(interval_extract, "Fv", "extract($1 from $2::interval)"),
    OP(interval_part, "Fv", "date_part($1, $2::interval)"),
    OP(interval_trunc, "Pv", "date_trunc($1, $2::interval)"),
    OP(interval_make, "iiiiiif",
       "make_interval($1::int, $2::int, $3::int, $4::int, $5::int, $6::int, $7::float8)"),
};

const u32 type_op_count = countof(type_ops);

const struct type_op *type_op_find(const char *name)
{
    for (u32 index = 0; index < type_op_count; index++)
        if (strcmp(type_ops[index].name, name) == 0) return &type_ops[index];
    return NULL;
}
