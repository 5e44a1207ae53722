/* SQL's format(): %s, %I and %L with positions and widths. */
#include "base/assert.h"
#include "base/utf8.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/func_quote.h"

/* The text of an argument of any type that is not NULL. */
static struct slice text_of(struct func_call *call, u32 arg, u32 row)
{
    struct func_out text = func_out_make(call, row);
    func_out_put_value(&text, arg);
    return func_out_slice(&text);
}

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
    struct func_out out;
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
    struct func_out text = func_out_make(call, row);
    if (func_call_is_null(call, arg, row)) {
        if (type == 'I')
            return format_fail(state, "22004",
                               "null values cannot be formatted as an SQL identifier");
        *out = type == 'L' ? SLICE("NULL") : SLICE("");
        return true;
    }
    if (type == 's')
        func_out_put_value(&text, arg);
    else if (type == 'I')
        func_quote_name(&text, text_of(call, arg, row));
    else
        func_quote_literal(&text, text_of(call, arg, row));
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
                        (int)utf8_size(state->rest.data[0]), state->rest.data);
        state->out.failed = true;
        return false;
    }
    format_skip(state);
    if (!format_width(state, spec)) return false;
    if (!format_arg(state, spec->position, &arg)) return false;
    if (!format_text(state, spec->type, arg, &text)) return false;
    i64 missing = MIN(spec->width - (i64)utf8_length(text), (i64)EXPR_TEXT_SIZE_MAX + 1);
    if (spec->left) func_out_put(&state->out, text);
    for (; missing > 0 && !state->out.failed; missing--)
        func_out_put(&state->out, SLICE(" "));
    if (!spec->left) func_out_put(&state->out, text);
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
        func_out_put(&state.out, slice_make(state.rest.data, plain));
        state.rest = slice_make(state.rest.data + plain, state.rest.size - plain);
        if (!at) break;
        format_skip(&state);
        struct format_spec spec;
        if (state.rest.size == 0) {
            format_fail(&state, "22023", FORMAT_ENDS);
        } else if (format_peek(&state, '%')) {
            func_out_put(&state.out, SLICE("%"));
            format_skip(&state);
        } else if (format_spec_read(&state, &spec)) {
            format_spec_write(&state, &spec);
        }
    }
    func_out_finish(&state.out);
}

void func_format(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_is_null(call, 0, row))
            func_call_set_null(call, row);
        else
            format_row(call, row);
    }
}
