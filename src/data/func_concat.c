/* Putting text together: ||, concat, format, and quoting for SQL. */
#include "base/assert.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/utf8.h"

/* A result that grows in the arena; too long ones end in an error of the row. */
struct text_buf {
    struct func_call *call;
    u32 row;
    char *data;
    size_t size;
    size_t capacity;
    bool failed;
};

static void put(struct text_buf *out, struct slice text)
{
    if (out->failed) return;
    if (out->size + text.size > out->capacity) {
        size_t capacity = MAX(out->capacity * 2, out->size + text.size + 32);
        char *data = func_call_reserve(
            out->call, out->row, MIN(capacity, MAX(EXPR_TEXT_SIZE_MAX, out->size + text.size)));
        out->failed = !data;
        if (out->failed) return;
        if (out->size > 0) memcpy(data, out->data, out->size);
        out->data = data;
        out->capacity = MIN(capacity, EXPR_TEXT_SIZE_MAX);
    }
    if (text.size > 0) memcpy(out->data + out->size, text.data, text.size);
    out->size += text.size;
}

static void finish(struct text_buf *out)
{
    if (out->failed) return;
    func_call_set_str(out->call, out->row, slice_make(out->data, out->size));
}

/* --- || --- */

void func_concat_two(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice a = func_call_slice(call, 0, row), b = func_call_slice(call, 1, row);
        if (a.size == 0 || b.size == 0) {
            func_call_set_str(call, row, a.size == 0 ? b : a);
            continue;
        }
        char inside[STR_INLINE_MAX];
        size_t size = a.size + b.size;
        char *out = size <= sizeof inside ? inside : func_call_reserve(call, row, size);
        if (!out) continue;
        memcpy(out, a.data, a.size);
        memcpy(out + a.size, b.data, b.size);
        func_call_set_str(call, row, slice_make(out, size));
    }
}

/* --- Values of any type, as their output functions write them --- */

static void put_value(struct text_buf *out, u32 arg, u32 row)
{
    const struct func_vector *vector = out->call->args[arg];
    if (type_is_text(vector->type)) {
        put(out, func_call_padded(out->call, arg, row));
        return;
    }
    struct value value = func_call_value(out->call, arg, row);
    struct buf buf;
    buf_init(&buf, out->call->arena->mem);
    value_print(&value, &buf);
    put(out, buf_slice(&buf));
    buf_deinit(&buf);
}

/* text || anything: as the cast to text writes it, which has whole words for booleans and no blanks
 * after a char(n). */
static void put_cast(struct text_buf *out, u32 arg, u32 row)
{
    const struct func_vector *vector = out->call->args[arg];
    if (type_is_text(vector->type))
        put(out, func_call_slice(out->call, arg, row));
    else if (vector->type.id != TYPE_BOOL)
        put_value(out, arg, row);
    else
        put(out, func_call_bool(out->call, arg, row) ? SLICE("true") : SLICE("false"));
}

void func_concat_mixed(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct text_buf out = { .call = call, .row = row };
        if (func_call_skips(call, row)) continue;
        put_cast(&out, 0, row);
        put_cast(&out, 1, row);
        finish(&out);
    }
}

void func_concat_all(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct text_buf out = { .call = call, .row = row };
        for (u32 i = 0; i < call->arg_count; i++) {
            if (!func_call_is_null(call, i, row)) put_value(&out, i, row);
        }
        finish(&out);
    }
}

void func_concat_separated(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_is_null(call, 0, row)) {
            func_call_set_null(call, row);
            continue;
        }
        struct text_buf out = { .call = call, .row = row };
        bool first = true;
        for (u32 i = 1; i < call->arg_count; i++) {
            if (func_call_is_null(call, i, row)) continue;
            if (!first) put(&out, func_call_slice(call, 0, row));
            first = false;
            put_value(&out, i, row);
        }
        finish(&out);
    }
}

/* --- Quoting --- */

static void put_doubled(struct text_buf *out, struct slice text, char quote)
{
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != quote) continue;
        put(out, slice_make(text.data + start, i + 1 - start));
        start = i; /* the quote once more */
    }
    put(out, slice_make(text.data + start, text.size - start));
}

/* A string with a backslash is written as E'...', with the backslash doubled. */
static void put_literal(struct text_buf *out, struct slice text)
{
    bool escapes = text.size > 0 && memchr(text.data, '\\', text.size) != NULL;
    if (!escapes) {
        put(out, SLICE("'"));
        put_doubled(out, text, '\'');
        put(out, SLICE("'"));
        return;
    }
    put(out, SLICE("E'"));
    for (size_t i = 0; i < text.size; i++) {
        struct slice c = slice_make(text.data + i, 1);
        put(out, c);
        if (c.data[0] == '\'' || c.data[0] == '\\') put(out, c);
    }
    put(out, SLICE("'"));
}

/* The words of the grammar that cannot stand as a name without quotes, sorted. */
static const char *const keywords[] = {
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
};

static bool is_keyword(struct slice text)
{
    u32 low = 0, high = countof(keywords);
    while (low < high) {
        u32 middle = (low + high) / 2;
        struct slice word = slice_of(keywords[middle]);
        int order = memcmp(text.data, word.data, MIN(text.size, word.size));
        if (order == 0) order = (text.size > word.size) - (text.size < word.size);
        if (order == 0) return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool is_plain_name(struct slice text)
{
    if (text.size == 0 || (text.data[0] >= '0' && text.data[0] <= '9')) return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    }
    return !is_keyword(text);
}

static void put_name(struct text_buf *out, struct slice text)
{
    if (is_plain_name(text)) {
        put(out, text);
        return;
    }
    put(out, SLICE("\""));
    put_doubled(out, text, '"');
    put(out, SLICE("\""));
}

void func_concat_quote_ident(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct text_buf out = { .call = call, .row = row };
        if (func_call_skips(call, row)) continue;
        put_name(&out, func_call_slice(call, 0, row));
        finish(&out);
    }
}

/* The text of an argument of any type that is not NULL. */
static struct slice text_of(struct func_call *call, u32 arg, u32 row)
{
    struct text_buf text = { .call = call, .row = row };
    put_value(&text, arg, row);
    return slice_make(text.data, text.failed ? 0 : text.size);
}

/* The same as the cast to text writes it. */
static struct slice cast_of(struct func_call *call, u32 arg, u32 row)
{
    struct text_buf text = { .call = call, .row = row };
    put_cast(&text, arg, row);
    return slice_make(text.data, text.failed ? 0 : text.size);
}

void func_concat_quote_literal(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct text_buf out = { .call = call, .row = row };
        if (func_call_skips(call, row)) continue;
        put_literal(&out, cast_of(call, 0, row));
        finish(&out);
    }
}

void func_concat_quote_nullable(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct text_buf out = { .call = call, .row = row };
        if (func_call_is_null(call, 0, row))
            put(&out, SLICE("NULL"));
        else
            put_literal(&out, cast_of(call, 0, row));
        finish(&out);
    }
}

/* --- format --- */

/* One % of a format: %[position$][-][width]type. */
struct format_spec {
    bool left;
    bool width_given;
    bool width_is_arg;
    u32 width_position; /* of the argument: 0 is the next one */
    i64 width;
    u32 position; /* 0 is the next one */
    char type;
};

struct format_state {
    struct text_buf out;
    struct slice rest; /* of the format */
    u32 next;          /* argument that is taken when no position is given */
};

static bool format_fail(struct format_state *state, const char *sqlstate, const char *message)
{
    func_call_error(state->out.call, state->out.row, sqlstate, "%s", message);
    state->out.failed = true;
    return false;
}

static bool format_peek(const struct format_state *state, char c)
{
    return state->rest.size > 0 && state->rest.data[0] == c;
}

static void format_skip(struct format_state *state)
{
    state->rest = slice_make(state->rest.data + 1, state->rest.size - 1);
}

static bool format_number(struct format_state *state, i64 *out, bool *found)
{
    *out = 0;
    *found = false;
    while (state->rest.size > 0 && state->rest.data[0] >= '0' && state->rest.data[0] <= '9') {
        *out = *out * 10 + (state->rest.data[0] - '0');
        *found = true;
        if (*out > INT32_MAX) return format_fail(state, "22003", "number is out of range");
        format_skip(state);
    }
    return true;
}

#define FORMAT_ENDS "unterminated format() type specifier"

static bool format_position(struct format_state *state, i64 number, u32 *out)
{
    if (number == 0)
        return format_fail(state, "22023",
                           "format specifies argument 0, but arguments are numbered from 1");
    *out = (u32)number;
    return true;
}

/* What stands after a %, up to its type letter. */
static bool format_spec_read(struct format_state *state, struct format_spec *spec)
{
    i64 number;
    bool found;
    *spec = (struct format_spec){ 0 };
    if (!format_number(state, &number, &found)) return false;
    if (found && !format_peek(state, '$')) {
        spec->width = number; /* a width alone */
        spec->width_given = true;
        goto letter;
    }
    if (found) {
        format_skip(state);
        if (!format_position(state, number, &spec->position)) return false;
    }
    while (format_peek(state, '-')) {
        spec->left = true;
        format_skip(state);
    }
    if (format_peek(state, '*')) {
        format_skip(state);
        spec->width_is_arg = true;
        if (!format_number(state, &number, &found)) return false;
        if (found && !format_peek(state, '$'))
            return format_fail(state, "22023", "width argument position must be ended by \"$\"");
        if (found) {
            format_skip(state);
            if (!format_position(state, number, &spec->width_position)) return false;
        }
    } else if (!format_number(state, &spec->width, &spec->width_given)) {
        return false;
    }
letter:
    if (state->rest.size == 0) return format_fail(state, "22023", FORMAT_ENDS);
    spec->type = state->rest.data[0];
    return true;
}

static bool format_arg(struct format_state *state, u32 position, u32 *arg)
{
    if (position > 0) state->next = position;
    *arg = state->next++;
    if (*arg < state->out.call->arg_count) return true;
    return format_fail(state, "22023", "too few arguments for format()");
}

/* A width given by an argument: an integer; negative means to the left. */
static bool format_width(struct format_state *state, struct format_spec *spec)
{
    if (!spec->width_is_arg) return true;
    u32 arg;
    if (!format_arg(state, spec->width_position, &arg)) return false;
    struct func_call *call = state->out.call;
    if (func_call_is_null(call, arg, state->out.row)) return true;
    if (type_is_integer(call->args[arg]->type)) {
        spec->width = func_call_i64(call, arg, state->out.row);
    } else {
        struct slice text = text_of(call, arg, state->out.row);
        struct value value;
        struct err err;
        if (value_parse(TYPE(INT4), text, call->arena, &value, &err)) {
            func_call_fail(call, state->out.row, &err);
            state->out.failed = true;
            return false;
        }
        spec->width = value.i;
    }
    if (spec->width < 0) spec->left = true, spec->width = -spec->width;
    return true;
}

static bool format_text(struct format_state *state, char type, u32 arg, struct slice *out)
{
    struct func_call *call = state->out.call;
    u32 row = state->out.row;
    struct text_buf text = { .call = call, .row = row };
    if (func_call_is_null(call, arg, row)) {
        if (type == 'I')
            return format_fail(state, "22004",
                               "null values cannot be formatted as an SQL identifier");
        *out = type == 'L' ? SLICE("NULL") : SLICE("");
        return true;
    }
    if (type == 's')
        put_value(&text, arg, row);
    else if (type == 'I')
        put_name(&text, text_of(call, arg, row));
    else
        put_literal(&text, text_of(call, arg, row));
    state->out.failed |= text.failed;
    *out = slice_make(text.data, text.size);
    return !text.failed;
}

static bool format_spec_write(struct format_state *state, struct format_spec *spec)
{
    u32 arg;
    struct slice text;
    if (spec->type != 's' && spec->type != 'I' && spec->type != 'L') {
        func_call_error(state->out.call, state->out.row, "22023",
                        "unrecognized format() type specifier \"%.*s\"",
                        (int)utf8_step(state->rest), state->rest.data);
        state->out.failed = true;
        return false;
    }
    format_skip(state);
    if (!format_width(state, spec)) return false;
    if (!format_arg(state, spec->position, &arg)) return false;
    if (!format_text(state, spec->type, arg, &text)) return false;
    i64 missing = MIN(spec->width - (i64)utf8_count(text), (i64)EXPR_TEXT_SIZE_MAX + 1);
    if (spec->left) put(&state->out, text);
    for (; missing > 0 && !state->out.failed; missing--)
        put(&state->out, SLICE(" "));
    if (!spec->left) put(&state->out, text);
    return !state->out.failed;
}

static void format_row(struct func_call *call, u32 row)
{
    struct format_state state = { .out = { .call = call, .row = row },
                                  .rest = func_call_slice(call, 0, row),
                                  .next = 1 };
    while (state.rest.size > 0 && !state.out.failed) {
        const char *at = memchr(state.rest.data, '%', state.rest.size);
        size_t plain = at ? (size_t)(at - state.rest.data) : state.rest.size;
        put(&state.out, slice_make(state.rest.data, plain));
        state.rest = slice_make(state.rest.data + plain, state.rest.size - plain);
        if (!at) break;
        format_skip(&state);
        struct format_spec spec;
        if (state.rest.size == 0) {
            format_fail(&state, "22023", FORMAT_ENDS);
        } else if (format_peek(&state, '%')) {
            put(&state.out, SLICE("%"));
            format_skip(&state);
        } else if (format_spec_read(&state, &spec)) {
            format_spec_write(&state, &spec);
        }
    }
    finish(&state.out);
}

void func_concat_format(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_is_null(call, 0, row))
            func_call_set_null(call, row);
        else
            format_row(call, row);
    }
}
