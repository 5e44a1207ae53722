/* LIKE over vectors. A constant pattern is looked at when the program is made. */
#include "base/assert.h"
#include "base/utf8.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/like.h"

static const void *prepare_like(const struct func_fixed *fixed, bool nocase)
{
    const struct func_vector *pattern = fixed->args[1];
    if (!pattern || pattern->nulls) return NULL;
    struct like *like = arena_new(fixed->arena, struct like);
    *like = like_make(fixed->arena, str_slice(pattern->data), nocase);
    return like;
}

const void *func_like_prepare(const struct func_fixed *fixed)
{
    return prepare_like(fixed, false);
}
const void *func_like_prepare_nocase(const struct func_fixed *fixed)
{
    return prepare_like(fixed, true);
}

/* A constant before or after a %: no call for a row but that of memcmp. */
static void match_ends(struct func_call *call, const struct like *like, bool negated)
{
    u8 *restrict out = call->out->data;
    struct slice part = like->text;
    bool suffix = like->kind == LIKE_SUFFIX;
    for (u32 row = 0; row < call->count; row++) {
        const struct str *text = func_call_str(call, 0, row);
        bool match = text->size >= part.size;
        size_t start = suffix && match ? text->size - part.size : 0;
        match = match && memcmp(str_data(text) + start, part.data, part.size) == 0;
        out[row] = match != negated;
    }
}

static void match_like(struct func_call *call, bool nocase, bool negated)
{
    u8 *out = call->out->data;
    const struct like *fixed = call->state;
    struct like like = fixed ? *fixed : (struct like){ 0 };
    bool ends = fixed && (like.kind == LIKE_PREFIX || like.kind == LIKE_SUFFIX);
    if (ends && call->args[0]->type.id != TYPE_BPCHAR) {
        match_ends(call, fixed, negated);
        return;
    }
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        if (!fixed) like = like_make(call->arena, func_call_slice(call, 1, row), nocase);
        enum like_result result = like_match(&like, func_call_padded(call, 0, row));
        out[row] = (result == LIKE_YES) != negated;
        if (unlikely(result == LIKE_BAD_PATTERN))
            func_call_error(call, row, "22025", "LIKE pattern must not end with escape character");
    }
}

void func_like_yes(struct func_call *call)
{
    match_like(call, false, false);
}
void func_like_no(struct func_call *call)
{
    match_like(call, false, true);
}
void func_like_yes_nocase(struct func_call *call)
{
    match_like(call, true, false);
}
void func_like_no_nocase(struct func_call *call)
{
    match_like(call, true, true);
}

/* The pattern with a backslash as its escape character, whatever it was; an empty escape means none. */
static bool like_escape(struct func_call *call, u32 row);

void func_like_escape(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || like_escape(call, row)) continue;
        func_call_error(call, row, "22025", "invalid escape string");
    }
}

static bool like_escape(struct func_call *call, u32 row)
{
    struct slice pattern = func_call_slice(call, 0, row), escape = func_call_slice(call, 1, row);
    if (slice_is(escape, "\\")) {
        func_call_set_str(call, row, pattern);
        return true;
    }
    if (escape.size > 0 && utf8_size(escape.data[0]) != escape.size) return false;
    char *out = func_call_reserve(call, row, 2 * (u64)pattern.size);
    if (!out) return true;
    size_t size = 0;
    bool escaped = false;
    while (pattern.size > 0) {
        struct slice c = slice_make(pattern.data, utf8_size(pattern.data[0]));
        pattern = slice_make(pattern.data + c.size, pattern.size - c.size);
        if (escape.size > 0 && !escaped && slice_equal(c, escape)) {
            out[size++] = '\\';
            escaped = true;
            continue;
        }
        if (c.data[0] == '\\' && !escaped) out[size++] = '\\';
        memcpy(out + size, c.data, c.size);
        size += c.size;
        escaped = false;
    }
    func_call_set_str(call, row, slice_make(out, size));
    return true;
}
