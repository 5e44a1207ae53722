#include "tests/prop/expr_random.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"

const struct random_column random_columns[] = {
    { "b0", "bool", TYPE(BOOL) },
    { "b1", "bool", TYPE(BOOL) },
    { "s0", "int2", TYPE(INT2) },
    { "i0", "int4", TYPE(INT4) },
    { "i1", "int4", TYPE(INT4) },
    { "l0", "int8", TYPE(INT8) },
    { "r0", "float4", TYPE(FLOAT4) },
    { "f0", "float8", TYPE(FLOAT8) },
    { "f1", "float8", TYPE(FLOAT8) },
    { "n0", "numeric", TYPE(NUMERIC) },
    { "n1", "numeric(10,2)", { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 } },
    { "n2", "numeric(18,5)", { .id = TYPE_NUMERIC, .precision = 18, .scale = 5 } },
    { "n3", "numeric(24,3)", { .id = TYPE_NUMERIC, .precision = 24, .scale = 3 } },
    { "t0", "text", TYPE(TEXT) },
    { "t1", "text", TYPE(TEXT) },
    { "v0", "varchar(10)", { .id = TYPE_VARCHAR, .length = 10 } },
    { "c0", "char(6)", { .id = TYPE_BPCHAR, .length = 6 } },
    { "y0", "bytea", TYPE(BYTEA) },
    { "d0", "date", TYPE(DATE) },
    { "p0", "timestamp", TYPE(TIMESTAMP) },
    { "p1", "timestamp", TYPE(TIMESTAMP) },
    { "z0", "timestamptz", TYPE(TIMESTAMPTZ) },
    { "g0", "interval", TYPE(INTERVAL) },
    { "u0", "uuid", TYPE(UUID) },
};
const u32 random_column_count = countof(random_columns);

/* --- Values --- */

static const char *const edges[TYPE_COUNT][16] = {
    [TYPE_BOOL] = { "t", "f" },
    [TYPE_INT2] = { "0", "1", "-1", "32767", "-32768", "7", "2" },
    [TYPE_INT4] = { "0", "1", "-1", "2147483647", "-2147483648", "3", "10", "100", "5" },
    [TYPE_INT8] = { "0", "1", "-1", "9223372036854775807", "-9223372036854775808", "4294967296",
                    "12" },
    [TYPE_FLOAT4] = { "0", "-0", "1.5", "-2.25", "3.4e38", "1e-38", "NaN", "Infinity", "0.1" },
    [TYPE_FLOAT8] = { "0", "-0", "1.5", "-2.5", "1e308", "1e-308", "NaN", "Infinity", "-Infinity",
                      "0.1", "3", "1e15" },
    [TYPE_NUMERIC] = { "0", "0.00", "1", "-1.5", "12345.67", "-0.01", "99999.99", "2.50" },
    [TYPE_TEXT] = { "", "a", "abc", "Hello World", "  padded ", "12", "-3.5", "héllo", "日本語",
                    "a,b,c", "x%y_z", "true", "2020-01-31", "a\\b", "it's", "ABC abc 123" },
    [TYPE_VARCHAR] = { "", "abc", "12", "Hello", "naïve", "a b c", "0.5", "zz" },
    [TYPE_BPCHAR] = { "", "a", "abc", "12", "x y", "é", "true" },
    [TYPE_BYTEA] = { "\\x", "\\x00", "\\xff00ab", "\\x616263", "\\x6162636465666768696a6b6c6d" },
    [TYPE_DATE] = { "2000-01-01", "2024-02-29", "1999-12-31", "infinity", "-infinity",
                    "0001-01-01 BC", "2038-01-19", "1970-01-01" },
    [TYPE_TIMESTAMP] = { "2000-01-01 00:00:00", "2024-02-29 23:59:59.999999", "infinity",
                         "-infinity", "1969-07-20 20:17:40", "2021-10-31 01:30:00.5",
                         "0044-03-15 12:00 BC" },
    [TYPE_TIMESTAMPTZ] = { "2000-01-01 00:00:00+00", "2024-02-29 23:59:59.999999-08", "infinity",
                           "2021-10-31 01:30:00+02" },
    [TYPE_INTERVAL] = { "0", "1 day", "-1 mon", "1 year 2 mons 3 days 04:05:06.789", "30 days",
                        "24:00:00", "-00:00:00.000001", "1 mon -1 day" },
    [TYPE_UUID] = { "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000",
                    "ffffffff-ffff-ffff-ffff-ffffffffffff" },
};

static u32 edge_count(enum type_id id)
{
    u32 count = 0;
    while (count < 16 && edges[id][count])
        count++;
    return count;
}

const char *random_cell(struct rand *rand, const struct random_column *column)
{
    static char text[64];
    enum type_id id = column->type.id;
    if (rand_chance(rand, 1, 8)) return NULL;
    u32 count = edge_count(id);
    bool number = type_is_number(column->type);
    if (!number || rand_chance(rand, 1, 2)) return edges[id][rand_below(rand, count)];
    i64 whole = (i64)rand_below(rand, 2000) - 1000;
    if (id == TYPE_FLOAT4) {
        snprintf(text, sizeof text, "%.6g", (f64)(f32)((f64)whole / 7));
    } else if (id == TYPE_FLOAT8) {
        snprintf(text, sizeof text, "%.17g", (f64)whole / 13);
    } else if (id == TYPE_NUMERIC) {
        u32 fraction = (u32)rand_below(rand, 100);
        snprintf(text, sizeof text, "%lld.%02u", (long long)whole, fraction);
    } else {
        snprintf(text, sizeof text, "%lld", (long long)whole);
    }
    return text;
}

/* --- Expressions --- */

/* In a template {x} is an expression of type x, {x!} one that is a constant literal. The types have
 * the names of their columns' letters. */
struct template
{
    char type;
    const char *text;
};

static const struct template templates[] = {
    /* boolean */
    { 'b', "({i} < {i})" },
    { 'b', "({i} = {l})" },
    { 'b', "({s} >= {i})" },
    { 'b', "({n} < {n})" },
    { 'b', "({n} = {i})" },
    { 'b', "({n} > {n!})" },
    { 'b', "({f} <= {f})" },
    { 'b', "({f} <> {n})" },
    { 'b', "({r} < {f})" },
    { 'b', "({t} < {t})" },
    { 'b', "({t} = {v})" },
    { 'b', "({c} = {c})" },
    { 'b', "({c} <> {t})" },
    { 'b', "({y} < {y})" },
    { 'b', "({d} < {d})" },
    { 'b', "({d} <= {p})" },
    { 'b', "({p} > {z})" },
    { 'b', "({p} = {p})" },
    { 'b', "({g} < {g})" },
    { 'b', "({u} > {u})" },
    { 'b', "({b} AND {b})" },
    { 'b', "({b} OR {b})" },
    { 'b', "(NOT {b})" },
    { 'b', "({b} AND {b} AND {b})" },
    { 'b', "({b} = {b})" },
    { 'b', "({i} IS NULL)" },
    { 'b', "({t} IS NOT NULL)" },
    { 'b', "({b} IS TRUE)" },
    { 'b', "({b} IS NOT FALSE)" },
    { 'b', "({b} IS UNKNOWN)" },
    { 'b', "({i} IN ({i!}, {i!}, {i!}))" },
    { 'b', "({i} NOT IN ({i!}, {i!}, {i!}, {i!}, {i!}, {i!}))" },
    { 'b', "({t} IN ({t!}, {t!}))" },
    { 'b', "({i} IN ({i}, {i!}, {i}))" },
    { 'b', "({n} IN ({n!}, {n!}))" },
    { 'b', "({i} BETWEEN {i} AND {i})" },
    { 'b', "({n} BETWEEN {i!} AND {n})" },
    { 'b', "({i} IS DISTINCT FROM {l})" },
    { 'b', "({t} IS NOT DISTINCT FROM {t})" },
    { 'b', "({n} IS DISTINCT FROM {i})" },
    { 'b', "({t} LIKE 'a%')" },
    { 'b', "({t} LIKE '%b%')" },
    { 'b', "({t} NOT LIKE '_%l_o%')" },
    { 'b', "({t} ILIKE '%HELLO%')" },
    { 'b', "({t} LIKE {t})" },
    { 'b', "({c} LIKE 'a%')" },
    { 'b', "({t} ~ '^[a-z]+$')" },
    { 'b', "({t} ~* 'B|l+')" },
    { 'b', "({t} !~ '\\d')" },
    { 'b', "({t})::bool" },
    { 'b', "({i})::bool" },
    { 'b', "starts_with({t}, {t})" },
    { 'b', "isfinite({p})" },
    { 'b', "isfinite({d})" },
    { 'b', "({i} <> 0 AND {i} / {i} > 0)" },
    { 'b', "COALESCE({b}, {b})" },
    { 'b', "({v} = {t!})" },
    { 'b', "({d} IN ({d!}, {d!}))" },
    /* smallint */
    { 's', "({s} + {s})" },
    { 's', "({s} - {s})" },
    { 's', "({s} * {s})" },
    { 's', "({s} / {s})" },
    { 's', "({s} % {s})" },
    { 's', "({i})::int2" },
    { 's', "(- {s})" },
    { 's', "abs({s})" },
    { 's', "({f})::int2" },
    { 's', "({n})::int2" },
    { 's', "({s} & {s})" },
    { 's', "({s} << {i!})" },
    /* integer */
    { 'i', "({i} + {i})" },
    { 'i', "({i} - {i})" },
    { 'i', "({i} * {i})" },
    { 'i', "({i} / {i})" },
    { 'i', "({i} % {i})" },
    { 'i', "({i} + {i!})" },
    { 'i', "({i!} - {i})" },
    { 'i', "({i} * {i!})" },
    { 'i', "({s} + {i})" },
    { 'i', "({i} / {s})" },
    { 'i', "(- {i})" },
    { 'i', "abs({i})" },
    { 'i', "(~ {i})" },
    { 'i', "({i} & {i})" },
    { 'i', "({i} | {i!})" },
    { 'i', "({i} # {i})" },
    { 'i', "({i} << {i!})" },
    { 'i', "({i} >> {i!})" },
    { 'i', "({l})::int4" },
    { 'i', "({f})::int4" },
    { 'i', "({n})::int4" },
    { 'i', "({b})::int4" },
    { 'i', "({t})::int4" },
    { 'i', "length({t})" },
    { 'i', "octet_length({t})" },
    { 'i', "length({c})" },
    { 'i', "octet_length({c})" },
    { 'i', "length({y})" },
    { 'i', "ascii({t})" },
    { 'i', "strpos({t}, {t})" },
    { 'i', "({d} - {d})" },
    { 'i', "mod({i}, {i})" },
    { 'i', "gcd({i}, {i})" },
    { 'i', "greatest({i}, {i}, {i})" },
    { 'i', "least({i}, {i!})" },
    { 'i', "nullif({i}, {i})" },
    { 'i', "COALESCE({i}, {i})" },
    { 'i', "CASE WHEN {b} THEN {i} ELSE {i} END" },
    { 'i', "CASE WHEN {b} THEN {i} WHEN {b} THEN {i} END" },
    { 'i', "CASE {i} WHEN {i!} THEN {i} ELSE {i!} END" },
    { 'i', "num_nulls({i}, {t}, {n})" },
    { 'i', "scale({n})" },
    { 'i', "get_byte({y}, {i!})" },
    { 'i', "width_bucket({n}, {n!}, {n!}, 5)" },
    { 'i', "regexp_count({t}, 'a|b|l')" },
    { 'i', "CASE WHEN {i} <> 0 THEN {i} / {i} ELSE {i} END" },
    { 'i', "COALESCE({i}, {i} / {i})" },
    /* bigint */
    { 'l', "({l} + {l})" },
    { 'l', "({l} - {i})" },
    { 'l', "({l} * {l})" },
    { 'l', "({l} / {l})" },
    { 'l', "({l} % {l})" },
    { 'l', "({i} * {l})" },
    { 'l', "({s} + {l})" },
    { 'l', "({i})::int8" },
    { 'l', "({f})::int8" },
    { 'l', "({n})::int8" },
    { 'l', "(- {l})" },
    { 'l', "abs({l})" },
    { 'l', "({l} & {l})" },
    { 'l', "({t})::int8" },
    { 'l', "lcm({l}, {l})" },
    { 'l', "COALESCE({l}, {i})" },
    { 'l', "CASE WHEN {b} THEN {l} ELSE {i} END" },
    { 'l', "greatest({l}, {i})" },
    /* real */
    { 'r', "({r} + {r})" },
    { 'r', "({r} - {r})" },
    { 'r', "({r} * {r})" },
    { 'r', "({r} / {r})" },
    { 'r', "({f})::float4" },
    { 'r', "({i})::float4" },
    { 'r', "({n})::float4" },
    { 'r', "(- {r})" },
    { 'r', "abs({r})" },
    /* double precision */
    { 'f', "({f} + {f})" },
    { 'f', "({f} - {f})" },
    { 'f', "({f} * {f})" },
    { 'f', "({f} / {f})" },
    { 'f', "({f} * {r})" },
    { 'f', "({f} + {i})" },
    { 'f', "({f} * {n})" },
    { 'f', "({f} / {f!})" },
    { 'f', "(- {f})" },
    { 'f', "abs({f})" },
    { 'f', "({i})::float8" },
    { 'f', "({l})::float8" },
    { 'f', "({n})::float8" },
    { 'f', "({r})::float8" },
    { 'f', "({t})::float8" },
    { 'f', "sqrt({f})" },
    { 'f', "cbrt({f})" },
    { 'f', "exp({f})" },
    { 'f', "ln({f})" },
    { 'f', "log({f})" },
    { 'f', "power({f}, {f})" },
    { 'f', "({f} ^ {f!})" },
    { 'f', "floor({f})" },
    { 'f', "ceil({f})" },
    { 'f', "round({f})" },
    { 'f', "trunc({f})" },
    { 'f', "sign({f})" },
    { 'f', "sin({f})" },
    { 'f', "atan2({f}, {f})" },
    { 'f', "degrees({f})" },
    { 'f', "date_part('epoch', {p})" },
    { 'f', "date_part('dow', {d})" },
    { 'f', "CASE WHEN {b} THEN {f} ELSE {n} END" },
    { 'f', "greatest({f}, {i})" },
    { 'f', "nullif({f}, {f})" },
    /* numeric */
    { 'n', "({n} + {n})" },
    { 'n', "({n} - {n})" },
    { 'n', "({n} * {n})" },
    { 'n', "({n} / {n})" },
    { 'n', "({n} % {n})" },
    { 'n', "({n} + {i})" },
    { 'n', "({i} * {n})" },
    { 'n', "({n} * {n!})" },
    { 'n', "({n!} - {n})" },
    { 'n', "({n} - {l})" },
    { 'n', "({n} / {i})" },
    { 'n', "(- {n})" },
    { 'n', "abs({n})" },
    { 'n', "round({n}, {k})" },
    { 'n', "trunc({n}, {k})" },
    { 'n', "round({n})" },
    { 'n', "floor({n})" },
    { 'n', "ceil({n})" },
    { 'n', "sign({n})" },
    { 'n', "({i})::numeric" },
    { 'n', "({l})::numeric" },
    { 'n', "({f})::numeric" },
    { 'n', "({r})::numeric" },
    { 'n', "({t})::numeric" },
    { 'n', "({n})::numeric(8,2)" },
    { 'n', "({n})::numeric(16,4)" },
    { 'n', "({n})::numeric(30,6)" },
    { 'n', "({i})::numeric(5,1)" },
    { 'n', "div({n}, {n})" },
    { 'n', "mod({n}, {n})" },
    { 'n', "sqrt(abs({n}))" },
    { 'n', "trim_scale({n})" },
    { 'n', "ln(abs({n}) + 1)" },
    { 'n', "exp({n} / 100)" },
    { 'n', "power(abs({n}), 0.5)" },
    { 'n', "({n} ^ {k})" },
    { 'n', "log(2.0, abs({n}) + 1)" },
    { 'n', "extract(epoch from {p})" },
    { 'n', "extract(year from {d})" },
    { 'n', "extract(second from {p})" },
    { 'n', "extract(day from {g})" },
    { 'n', "COALESCE({n}, {i})" },
    { 'n', "CASE WHEN {b} THEN {n} ELSE {i} END" },
    { 'n', "CASE WHEN {b} THEN {n} END" },
    { 'n', "greatest({n}, {n})" },
    { 'n', "least({n}, {i})" },
    { 'n', "nullif({n}, {i})" },
    /* text */
    { 't', "({t} || {t})" },
    { 't', "({t} || {i})" },
    { 't', "({n} || {t})" },
    { 't', "({t} || {b})" },
    { 't', "({c} || {v})" },
    { 't', "lower({t})" },
    { 't', "upper({t})" },
    { 't', "initcap({t})" },
    { 't', "substr({t}, {k})" },
    { 't', "substr({t}, {k}, {k})" },
    { 't', "left({t}, {k})" },
    { 't', "right({t}, {k})" },
    { 't', "trim({t})" },
    { 't', "ltrim({t}, 'a x')" },
    { 't', "rtrim({t}, {t})" },
    { 't', "lpad({t}, {k}, {t})" },
    { 't', "rpad({t}, 8, '-')" },
    { 't', "replace({t}, {t}, {t})" },
    { 't', "translate({t}, 'abcl', 'xy')" },
    { 't', "reverse({t})" },
    { 't', "repeat({t}, {k})" },
    { 't', "split_part({t}, ',', {k})" },
    { 't', "md5({t})" },
    { 't', "concat({t}, {i}, {b}, {c})" },
    { 't', "concat_ws('-', {t}, {n}, {t})" },
    { 't', "({i})::text" },
    { 't', "({n})::text" },
    { 't', "({f})::text" },
    { 't', "({b})::text" },
    { 't', "({d})::text" },
    { 't', "({p})::text" },
    { 't', "({g})::text" },
    { 't', "({y})::text" },
    { 't', "({u})::text" },
    { 't', "({r})::text" },
    { 't', "COALESCE({t}, {t})" },
    { 't', "CASE WHEN {b} THEN {t} ELSE {v} END" },
    { 't', "nullif({t}, {t})" },
    { 't', "greatest({t}, {t})" },
    { 't', "to_hex({i})" },
    { 't', "overlay({t} placing {t} from {k})" },
    { 't', "regexp_replace({t}, '[aeiou]', '<\\&>')" },
    { 't', "regexp_replace({t}, '(.)(.)', '\\2\\1', 'g')" },
    { 't', "substring({t} from '[a-z]+')" },
    { 't', "encode({y}, 'base64')" },
    { 't', "encode({y}, 'hex')" },
    { 't', "quote_literal({t})" },
    { 't', "format('%s|%5s', {t}, {i})" },
    { 't', "({c})::text" },
    /* varchar, char, bytea */
    { 'v', "({t})::varchar(4)" },
    { 'v', "({i})::varchar(3)" },
    { 'v', "({c})::varchar" },
    { 'c', "({t})::char(4)" },
    { 'c', "({i})::char(5)" },
    { 'c', "({v})::char(3)" },
    { 'y', "({y} || {y})" },
    { 'y', "substr({y}, {k})" },
    { 'y', "({t})::bytea" },
    { 'y', "set_byte({y}, {i!}, {i})" },
    /* date, timestamp, timestamptz, interval, uuid */
    { 'd', "({d} + {i})" },
    { 'd', "({d} - {i})" },
    { 'd', "({p})::date" },
    { 'd', "({t})::date" },
    { 'd', "greatest({d}, {d})" },
    { 'd', "CASE WHEN {b} THEN {d} END" },
    { 'd', "({d} + {i!})" },
    { 'p', "({p} + {g})" },
    { 'p', "({p} - {g})" },
    { 'p', "({d} + {g})" },
    { 'p', "({d})::timestamp" },
    { 'p', "date_trunc('month', {p})" },
    { 'p', "date_trunc('hour', {p})" },
    { 'p', "date_trunc('week', {p})" },
    { 'p', "COALESCE({p}, {d})" },
    { 'p', "({z})::timestamp" },
    { 'p', "date_bin('15 minutes', {p}, '2001-01-01')" },
    { 'p', "({z} AT TIME ZONE 'UTC')" },
    { 'z', "({z} + {g})" },
    { 'z', "({p})::timestamptz" },
    { 'z', "date_trunc('day', {z})" },
    { 'z', "({p} AT TIME ZONE 'UTC')" },
    { 'g', "({p} - {p})" },
    { 'g', "({g} + {g})" },
    { 'g', "({g} - {g})" },
    { 'g', "({g} * {f})" },
    { 'g', "({g} / {f})" },
    { 'g', "(- {g})" },
    { 'g', "justify_interval({g})" },
    { 'g', "justify_hours({g})" },
    { 'g', "({g} * 2)" },
    { 'g', "date_trunc('day', {g})" },
    { 'u', "COALESCE({u}, {u})" },
    { 'u', "({u}::text)::uuid" },
};

static enum type_id type_of(char letter)
{
    for (u32 i = 0; i < random_column_count; i++) {
        if (random_columns[i].name[0] == letter) return random_columns[i].type.id;
    }
    unreachable();
}

static void put_column(struct rand *rand, char letter, struct buf *out)
{
    u32 count = 0, pick = 0;
    for (u32 i = 0; i < random_column_count; i++) {
        if (random_columns[i].name[0] != letter) continue;
        if (rand_below(rand, ++count) == 0) pick = i;
    }
    buf_puts(out, random_columns[pick].name);
}

static void put_literal(struct rand *rand, char letter, struct buf *out)
{
    enum type_id id = type_of(letter);
    const char *text = edges[id][rand_below(rand, edge_count(id))];
    struct type type = { .id = id };
    char name[64];
    type_name(type, name);
    buf_putc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'') buf_putc(out, '\'');
        buf_putc(out, *text);
    }
    buf_format(out, "'::%s", name);
}

static void put_template(struct rand *rand, const char *text, u32 depth, struct buf *out);

static void put_typed(struct rand *rand, char letter, u32 depth, struct buf *out)
{
    u32 count = 0, pick = 0;
    for (u32 i = 0; i < countof(templates); i++) {
        if (templates[i].type != letter) continue;
        if (rand_below(rand, ++count) == 0) pick = i;
    }
    if (depth == 0 || count == 0 || rand_chance(rand, 1, 5))
        put_column(rand, letter, out);
    else
        put_template(rand, templates[pick].text, depth - 1, out);
}

static void put_template(struct rand *rand, const char *text, u32 depth, struct buf *out)
{
    for (; *text; text++) {
        if (*text != '{') {
            buf_putc(out, *text);
        } else if (text[1] == 'k') { /* a small number */
            buf_format(out, "%lld", (long long)rand_below(rand, 9) - 2);
            text += 2;
        } else if (text[2] == '!') {
            put_literal(rand, text[1], out);
            text += 3;
        } else {
            put_typed(rand, text[1], depth, out);
            text += 2;
        }
    }
}

void random_expression(struct rand *rand, u32 depth, struct buf *out)
{
    const struct template *start = &templates[rand_below(rand, countof(templates))];
    put_template(rand, start->text, depth, out);
}
