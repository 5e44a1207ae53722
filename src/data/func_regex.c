#include "data/func_regex.h"

#include "base/assert.h"
#include "data/func_bodies.h"

#define NO_FLAGS UINT32_MAX

static enum status compile(struct func_regex *regex, struct arena *arena, struct slice pattern,
                           struct slice flags, struct err *err)
{
    struct regex_options options = { .nocase = regex->nocase };
    *regex = (struct func_regex){ .name = regex->name,
                                  .nocase = regex->nocase,
                                  .global_allowed = regex->global_allowed,
                                  .flags_arg = regex->flags_arg,
                                  .pattern = pattern,
                                  .flags = flags };
    enum status status = regex_options_read(flags, &options, &regex->global, err);
    if (status) return status;
    if (regex->global && !regex->global_allowed)
        return err_set(err, "22023", "%s does not support the \"global\" option", regex->name);
    return regex_make(arena, pattern, options, &regex->regex, err);
}

const void *func_regex_prepare_as(const struct func_fixed *fixed, struct func_regex as)
{
    const struct func_vector *pattern = fixed->args[1];
    if (!pattern || pattern->nulls) return NULL;
    struct slice flags = SLICE("");
    if (as.flags_arg < fixed->arg_count) {
        const struct func_vector *vector = fixed->args[as.flags_arg];
        if (!vector || vector->nulls) return NULL;
        flags = str_slice(vector->data);
    }
    struct func_regex *regex = arena_copy(fixed->arena, &as, sizeof as);
    bool failed = compile(regex, fixed->arena, str_slice(pattern->data), flags, NULL);
    return failed ? NULL : regex;
}

struct func_regex func_regex_start(const struct func_call *call, struct func_regex as)
{
    return call->state ? *(const struct func_regex *)call->state : as;
}

bool func_regex_ready(struct func_regex *regex, struct func_call *call, u32 row)
{
    struct slice pattern = func_call_slice(call, 1, row), flags = SLICE("");
    if (regex->flags_arg < call->arg_count) flags = func_call_slice(call, regex->flags_arg, row);
    bool same =
        regex->regex && slice_equal(regex->pattern, pattern) && slice_equal(regex->flags, flags);
    struct err err;
    if (!same && compile(regex, call->arena, pattern, flags, &err)) {
        func_call_fail(call, row, &err);
        return false;
    }
    if (!regex->scratch) regex->scratch = regex_scratch_make(regex->regex, call->arena);
    return true;
}

bool func_regex_next(const struct func_regex *regex, struct func_call *call, u32 row,
                     struct slice text, size_t offset, struct regex_match *match)
{
    struct err err;
    bool found = false;
    if (offset > text.size) return false;
    if (regex_find(regex->regex, regex->scratch, text, offset, &found, match, &err))
        func_call_fail(call, row, &err);
    return found;
}

/* --- The operators ~ and ~*, substring(text from pattern) --- */

const void *func_regex_prepare(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed, (struct func_regex){ .flags_arg = NO_FLAGS });
}

const void *func_regex_prepare_nocase(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed,
                                 (struct func_regex){ .nocase = true, .flags_arg = NO_FLAGS });
}

static void match(struct func_call *call, bool nocase, bool negated)
{
    u8 *out = call->out->data;
    struct func_regex regex =
        func_regex_start(call, (struct func_regex){ .nocase = nocase, .flags_arg = NO_FLAGS });
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !func_regex_ready(&regex, call, row)) continue;
        struct slice text = func_call_padded(call, 0, row);
        bool found = func_regex_next(&regex, call, row, text, 0, NULL);
        if (!func_call_skips(call, row)) out[row] = found != negated;
    }
}

void func_regex_yes(struct func_call *call)
{
    match(call, false, false);
}
void func_regex_no(struct func_call *call)
{
    match(call, false, true);
}
void func_regex_yes_nocase(struct func_call *call)
{
    match(call, true, false);
}
void func_regex_no_nocase(struct func_call *call)
{
    match(call, true, true);
}

/* The first group if there is one, else the match; NULL without. */
void func_regex_substring(struct func_call *call)
{
    struct func_regex regex = func_regex_start(call, (struct func_regex){ .flags_arg = NO_FLAGS });
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !func_regex_ready(&regex, call, row)) continue;
        struct slice text = func_call_slice(call, 0, row);
        struct regex_match found;
        u32 group = regex_group_count(regex.regex) > 0 ? 1 : 0;
        if (!func_regex_next(&regex, call, row, text, 0, &found) || found.groups[group].start < 0) {
            func_call_set_null(call, row);
            continue;
        }
        i64 start = found.groups[group].start, end = found.groups[group].end;
        func_call_set_str(call, row, slice_make(text.data + start, (size_t)(end - start)));
    }
}

void func_regex_similar_escape(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice escape = call->arg_count > 1 ? func_call_slice(call, 1, row) : SLICE("\\");
        struct slice text;
        struct err err;
        if (regex_similar_translate(call->arena, func_call_slice(call, 0, row), escape, &text,
                                    &err))
            func_call_fail(call, row, &err);
        else
            func_call_set_str(call, row, text);
    }
}
