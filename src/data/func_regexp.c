/* regexp_replace, regexp_like, regexp_count, regexp_instr and regexp_substr. */
#include "base/assert.h"
#include "base/utf8.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/func_out.h"
#include "data/func_regex.h"

/* Where to look on after a match: an empty one steps over a character. */
static size_t search_after(struct slice text, const struct regex_match *match)
{
    size_t end = (size_t)match->groups[0].end;
    if (match->groups[0].start != match->groups[0].end) return end;
    return end < text.size ? end + utf8_size(text.data[end]) : end + 1;
}

/* An argument that must be at least min; fallback where it is not given. */
static bool number_arg(struct func_call *call, u32 row, u32 arg, const char *name, i64 min,
                       i64 fallback, i64 *out)
{
    *out = arg < call->arg_count ? func_call_i64(call, arg, row) : fallback;
    if (*out >= min) return true;
    func_call_error(call, row, "22023", "invalid value for parameter \"%s\": %lld", name,
                    (long long)*out);
    return false;
}

/* The offset of the character start (from 1). False when it lies after the end. */
static bool start_offset(struct slice text, i64 start, size_t *out)
{
    *out = utf8_offset(text, (u64)start - 1);
    return *out < text.size || utf8_length(text) == (u64)start - 1;
}

/* --- regexp_replace --- */

/* The replacement, in which \1 is a group, \& the match and \\ a backslash. */
static void put_replacement(struct func_out *out, struct slice text, struct slice with,
                            const struct regex_match *match)
{
    for (size_t i = 0; i < with.size;) {
        const char *at = memchr(with.data + i, '\\', with.size - i);
        size_t plain = at ? (size_t)(at - with.data) - i : with.size - i;
        func_out_put(out, slice_make(with.data + i, plain));
        i += plain;
        if (!at) break;
        char c = i + 1 < with.size ? with.data[i + 1] : '\0';
        u32 group = c == '&' ? 0 : (u32)(c - '0');
        if (c == '&' || (c >= '1' && c <= '9')) {
            if (group < match->count && match->groups[group].start >= 0) {
                i64 start = match->groups[group].start;
                size_t size = (size_t)(match->groups[group].end - start);
                func_out_put(out, slice_make(text.data + start, size));
            }
            i += 2;
        } else {
            func_out_put(out, SLICE("\\"));
            i += c == '\\' ? 2 : 1;
        }
    }
}

/* Replaces match number nth (all when 0) from offset on. */
static void replace_from(const struct func_regex *regex, struct func_call *call, u32 row,
                         size_t offset, i64 nth)
{
    struct slice text = func_call_slice(call, 0, row), with = func_call_slice(call, 2, row);
    struct func_out out = func_out_make(call, row);
    struct regex_match match;
    size_t copied = 0;
    for (i64 i = 1; func_regex_next(regex, call, row, text, offset, &match); i++) {
        size_t start = (size_t)match.groups[0].start;
        if (nth == 0 || i == nth) {
            func_out_put(&out, slice_make(text.data + copied, start - copied));
            put_replacement(&out, text, with, &match);
            copied = (size_t)match.groups[0].end;
            if (nth > 0) break;
        }
        offset = search_after(text, &match);
    }
    func_out_put(&out, slice_make(text.data + copied, text.size - copied));
    if (!func_call_skips(call, row)) func_out_finish(&out);
}

/* (text, pattern, replacement [, flags]). */
static const struct func_regex as_replace = { .name = "regexp_replace()",
                                              .global_allowed = true,
                                              .flags_arg = 3 };

const void *func_regexp_prepare_replace(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed, as_replace);
}

void func_regexp_replace(struct func_call *call)
{
    struct func_regex regex = func_regex_start(call, as_replace);
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice flags = call->arg_count > 3 ? func_call_slice(call, 3, row) : SLICE("");
        if (flags.size > 0 && flags.data[0] >= '0' && flags.data[0] <= '9') {
            func_call_error(call, row, "22023", "invalid regular expression option: \"%c\"",
                            flags.data[0]);
            continue;
        }
        if (func_regex_ready(&regex, call, row))
            replace_from(&regex, call, row, 0, regex.global ? 0 : 1);
    }
}

/* (text, pattern, replacement, start [, n [, flags]]). */
static const struct func_regex as_replace_from = { .name = "regexp_replace()",
                                                   .global_allowed = true,
                                                   .flags_arg = 5 };

const void *func_regexp_prepare_replace_from(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed, as_replace_from);
}

void func_regexp_replace_from(struct func_call *call)
{
    struct func_regex regex = func_regex_start(call, as_replace_from);
    for (u32 row = 0; row < call->count; row++) {
        i64 start, nth;
        if (func_call_skips(call, row)) continue;
        if (!number_arg(call, row, 3, "start", 1, 1, &start)) continue;
        if (!number_arg(call, row, 4, "n", 0, 1, &nth)) continue;
        if (!func_regex_ready(&regex, call, row)) continue;
        if (call->arg_count < 5) nth = 1;
        size_t offset = utf8_offset(func_call_slice(call, 0, row), (u64)start - 1);
        replace_from(&regex, call, row, offset, nth);
    }
}

/* --- The others --- */

static const struct func_regex as_like = { .name = "regexp_like()", .flags_arg = 2 };

const void *func_regexp_prepare_like(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed, as_like);
}

void func_regexp_like(struct func_call *call)
{
    struct func_regex regex = func_regex_start(call, as_like);
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row) || !func_regex_ready(&regex, call, row)) continue;
        bool found = func_regex_next(&regex, call, row, func_call_slice(call, 0, row), 0, NULL);
        if (!func_call_skips(call, row)) ((u8 *)call->out->data)[row] = found;
    }
}

/* (text, pattern [, start [, flags]]). */
static const struct func_regex as_count = { .name = "regexp_count()", .flags_arg = 3 };

const void *func_regexp_prepare_count(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed, as_count);
}

void func_regexp_count(struct func_call *call)
{
    struct func_regex regex = func_regex_start(call, as_count);
    for (u32 row = 0; row < call->count; row++) {
        i64 start, count = 0;
        size_t offset;
        if (func_call_skips(call, row)) continue;
        if (!number_arg(call, row, 2, "start", 1, 1, &start)) continue;
        if (!func_regex_ready(&regex, call, row)) continue;
        struct slice text = func_call_slice(call, 0, row);
        struct regex_match match;
        bool inside = start_offset(text, start, &offset);
        for (; inside && func_regex_next(&regex, call, row, text, offset, &match); count++)
            offset = search_after(text, &match);
        if (!func_call_skips(call, row)) ((i64 *)call->out->data)[row] = count;
    }
}

/* Match number nth from start on; false without one or after an error. */
static bool find_nth(const struct func_regex *regex, struct func_call *call, u32 row, i64 start,
                     i64 nth, struct regex_match *match)
{
    struct slice text = func_call_slice(call, 0, row);
    size_t offset;
    if (!start_offset(text, start, &offset)) return false;
    for (i64 i = 1; func_regex_next(regex, call, row, text, offset, match); i++) {
        if (i == nth) return true;
        offset = search_after(text, match);
    }
    return false;
}

/* (text, pattern [, start [, n [, endoption [, flags [, subexpr]]]]]): a position, or 0. */
static const struct func_regex as_instr = { .name = "regexp_instr()", .flags_arg = 5 };

const void *func_regexp_prepare_instr(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed, as_instr);
}

void func_regexp_instr(struct func_call *call)
{
    struct func_regex regex = func_regex_start(call, as_instr);
    for (u32 row = 0; row < call->count; row++) {
        i64 start, nth, end, group;
        if (func_call_skips(call, row)) continue;
        if (!number_arg(call, row, 2, "start", 1, 1, &start)) continue;
        if (!number_arg(call, row, 3, "n", 1, 1, &nth)) continue;
        if (!number_arg(call, row, 4, "endoption", 0, 0, &end)) continue;
        if (end > 1) {
            func_call_error(call, row, "22023", "invalid value for parameter \"%s\": %lld",
                            "endoption", (long long)end);
            continue;
        }
        if (!number_arg(call, row, 6, "subexpr", 0, 0, &group)) continue;
        if (!func_regex_ready(&regex, call, row)) continue;
        struct regex_match match;
        bool found = find_nth(&regex, call, row, start, nth, &match) && group < match.count &&
                     match.groups[group].start >= 0;
        if (func_call_skips(call, row)) continue;
        i64 offset = !found ? -1 : end ? match.groups[group].end : match.groups[group].start;
        struct slice text = func_call_slice(call, 0, row);
        ((i64 *)call->out->data)[row] =
            found ? 1 + (i64)utf8_length(slice_make(text.data, (size_t)offset)) : 0;
    }
}

/* (text, pattern [, start [, n [, flags [, subexpr]]]]): the text, or NULL. */
static const struct func_regex as_substr = { .name = "regexp_substr()", .flags_arg = 4 };

const void *func_regexp_prepare_substr(const struct func_fixed *fixed)
{
    return func_regex_prepare_as(fixed, as_substr);
}

void func_regexp_substr(struct func_call *call)
{
    struct func_regex regex = func_regex_start(call, as_substr);
    for (u32 row = 0; row < call->count; row++) {
        i64 start, nth, group;
        if (func_call_skips(call, row)) continue;
        if (!number_arg(call, row, 2, "start", 1, 1, &start)) continue;
        if (!number_arg(call, row, 3, "n", 1, 1, &nth)) continue;
        if (!number_arg(call, row, 5, "subexpr", 0, 0, &group)) continue;
        if (!func_regex_ready(&regex, call, row)) continue;
        struct regex_match match;
        bool found = find_nth(&regex, call, row, start, nth, &match) && group < match.count &&
                     match.groups[group].start >= 0;
        if (func_call_skips(call, row)) continue;
        if (!found) {
            func_call_set_null(call, row);
            continue;
        }
        i64 from = match.groups[group].start;
        struct slice text = func_call_slice(call, 0, row);
        func_call_set_str(call, row,
                          slice_make(text.data + from, (size_t)(match.groups[group].end - from)));
    }
}
