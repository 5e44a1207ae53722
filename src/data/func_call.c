#include "data/func_call.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/utf8.h"

static void own_nulls(struct func_call *call);
static void put_error(struct func_call *call, u32 row, const char *sqlstate, const char *message);
static void put_zero(struct func_vector *out, u32 row);

struct value func_call_value(const struct func_call *call, u32 arg, u32 row)
{
    const struct func_vector *vector = call->args[arg];
    struct column column = { .type = vector->type, .data = vector->data, .nulls = vector->nulls };
    return value_get(&column, row & vector->mask);
}

struct slice func_call_padded(const struct func_call *call, u32 arg, u32 row)
{
    struct type type = call->args[arg]->type;
    struct slice text = func_call_slice(call, arg, row);
    if (type.id != TYPE_BPCHAR || type.length == 0) return text;
    i64 missing = type.length - (i64)utf8_length(text);
    if (missing <= 0) return text;
    char *padded = arena_alloc(call->arena, text.size + (size_t)missing);
    if (text.size > 0) memcpy(padded, text.data, text.size);
    memset(padded + text.size, ' ', (size_t)missing);
    return slice_make(padded, text.size + (size_t)missing);
}

void func_call_set_null(struct func_call *call, u32 row)
{
    own_nulls(call);
    call->out->nulls[row] = 1;
    put_zero(call->out, row);
}

void func_call_error(struct func_call *call, u32 row, const char *sqlstate, const char *format, ...)
{
    if (call->out->errors && call->out->errors[row]) return;
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    put_error(call, row, sqlstate, arena_string(call->arena, message, strlen(message)));
}

void func_call_flaw(struct func_call *call, u32 row, enum flaw flaw)
{
    put_error(call, row, flaw_sqlstate(flaw), flaw_message(flaw));
}

void func_call_fail(struct func_call *call, u32 row, const struct err *err)
{
    const char *message = arena_string(call->arena, err->message, strlen(err->message));
    put_error(call, row, err->sqlstate, message);
}

void func_call_set_str(struct func_call *call, u32 row, struct slice text)
{
    ((struct str *)call->out->data)[row] = str_make(text.data, text.size);
}

char *func_call_reserve(struct func_call *call, u32 row, u64 size)
{
    if (size <= EXPR_TEXT_SIZE_MAX) return arena_alloc(call->arena, size);
    func_call_error(call, row, "54000", "requested length too large");
    return NULL;
}

static void put_error(struct func_call *call, u32 row, const char *sqlstate, const char *message)
{
    struct func_vector *out = call->out;
    if (!out->errors) out->errors = arena_array(call->arena, const struct row_error *, call->count);
    func_call_set_null(call, row);
    if (out->errors[row]) return;
    struct row_error *error = arena_new(call->arena, struct row_error);
    error->row = row;
    memcpy(error->sqlstate, sqlstate, 5);
    error->message = message;
    out->errors[row] = error;
}

static void own_nulls(struct func_call *call)
{
    struct func_vector *out = call->out;
    if (!out->nulls) {
        out->nulls = arena_zalloc(call->arena, call->count);
    } else if (out->nulls_shared) {
        out->nulls = arena_copy(call->arena, out->nulls, call->count);
    }
    out->nulls_shared = false;
}

static void put_zero(struct func_vector *out, u32 row)
{
    u32 width = type_width(out->type);
    memset((u8 *)out->data + (size_t)row * width, 0, width);
}
