/* Finding and replacing in text: by plain strings, not by patterns. */
#include "base/assert.h"
#include "base/utf8.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"

/* The offset of needle in text, or -1. The empty string is everywhere. */
static i64 find(struct slice text, struct slice needle)
{
    if (needle.size == 0) return 0;
    const char *at = memmem(text.data, text.size, needle.data, needle.size);
    return at ? at - text.data : -1;
}

void func_search_position(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        struct slice text = func_call_slice(call, 0, row);
        i64 offset = find(text, func_call_slice(call, 1, row));
        out[row] = offset < 0 ? 0 : 1 + (i64)utf8_length(slice_make(text.data, (size_t)offset));
    }
}

void func_search_position_bytes(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = 1 + find(func_call_slice(call, 0, row), func_call_slice(call, 1, row));
}

void func_search_starts_with(struct func_call *call)
{
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        struct slice text = func_call_slice(call, 0, row), start = func_call_slice(call, 1, row);
        out[row] = text.size >= start.size && memcmp(text.data, start.data, start.size) == 0;
    }
}

/* --- replace --- */

static u64 count_of(struct slice text, struct slice needle)
{
    u64 count = 0;
    for (i64 at; (at = find(text, needle)) >= 0; count++) {
        size_t next = (size_t)at + needle.size;
        text = slice_make(text.data + next, text.size - next);
    }
    return count;
}

static void replace_row(struct func_call *call, u32 row);

void func_search_replace(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (!func_call_skips(call, row)) replace_row(call, row);
    }
}

static void replace_row(struct func_call *call, u32 row)
{
    struct slice text = func_call_slice(call, 0, row), from = func_call_slice(call, 1, row);
    struct slice to = func_call_slice(call, 2, row);
    u64 count = from.size == 0 ? 0 : count_of(text, from);
    if (count == 0) {
        func_call_set_str(call, row, text);
        return;
    }
    u64 size = text.size - count * from.size + count * to.size;
    char *out = func_call_reserve(call, row, size);
    if (!out) return;
    char *next = out;
    for (i64 at; (at = find(text, from)) >= 0;) {
        memcpy(next, text.data, (size_t)at);
        memcpy(next + at, to.data, to.size);
        next += (size_t)at + to.size;
        size_t skipped = (size_t)at + from.size;
        text = slice_make(text.data + skipped, text.size - skipped);
    }
    memcpy(next, text.data, text.size);
    func_call_set_str(call, row, slice_make(out, size));
}

/* --- translate: each character of from becomes the one at its place in to, or nothing --- */

static u32 character_size_max(struct slice set);
static i64 character_index(struct slice set, struct slice character);
static struct slice character_at(struct slice set, u64 index);

void func_search_translate(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice text = func_call_slice(call, 0, row), from = func_call_slice(call, 1, row);
        struct slice to = func_call_slice(call, 2, row);
        char *out = func_call_reserve(call, row, text.size * character_size_max(to));
        if (!out) continue;
        size_t size = 0;
        while (text.size > 0) {
            struct slice character = slice_make(text.data, utf8_size(text.data[0]));
            text = slice_make(text.data + character.size, text.size - character.size);
            i64 index = character_index(from, character);
            if (index >= 0) character = character_at(to, (u64)index);
            memcpy(out + size, character.data, character.size);
            size += character.size;
        }
        func_call_set_str(call, row, slice_make(out, size));
    }
}

static u32 character_size_max(struct slice set)
{
    u32 max = 1;
    for (size_t i = 0; i < set.size; i++)
        max = MAX(max, utf8_size(set.data[i]));
    return max;
}

static i64 character_index(struct slice set, struct slice character)
{
    for (i64 index = 0; set.size > 0; index++) {
        size_t size = utf8_size(set.data[0]);
        if (slice_equal(slice_make(set.data, size), character)) return index;
        set = slice_make(set.data + size, set.size - size);
    }
    return -1;
}

static struct slice character_at(struct slice set, u64 index)
{
    size_t offset = utf8_offset(set, index);
    if (offset == set.size) return SLICE("");
    struct slice rest = slice_make(set.data + offset, set.size - offset);
    return slice_make(rest.data, utf8_size(rest.data[0]));
}

/* --- split_part --- */

static struct slice field_at(struct slice text, struct slice delimiter, i64 field);

void func_search_split_part(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        i64 field = func_call_i64(call, 2, row);
        if (field == 0) {
            func_call_error(call, row, "22023", "field position must not be zero");
            continue;
        }
        struct slice text = func_call_slice(call, 0, row);
        func_call_set_str(call, row, field_at(text, func_call_slice(call, 1, row), field));
    }
}

/* field counts from 1, or backwards from -1. */
static struct slice field_at(struct slice text, struct slice delimiter, i64 field)
{
    if (delimiter.size == 0) return field == 1 || field == -1 ? text : SLICE("");
    if (field < 0) {
        field += (i64)count_of(text, delimiter) + 2;
        if (field < 1) return SLICE("");
    }
    for (;; field--) {
        i64 at = find(text, delimiter);
        if (field == 1) return at < 0 ? text : slice_make(text.data, (size_t)at);
        if (at < 0) return SLICE("");
        size_t next = (size_t)at + delimiter.size;
        text = slice_make(text.data + next, text.size - next);
    }
}

/* --- overlay --- */

static void overlay_row(struct func_call *call, u32 row, bool bytes);

void func_search_overlay(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (!func_call_skips(call, row)) overlay_row(call, row, false);
    }
}

void func_search_overlay_bytes(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (!func_call_skips(call, row)) overlay_row(call, row, true);
    }
}

static size_t offset_of(struct slice text, i64 count, bool bytes)
{
    if (count <= 0) return 0;
    return bytes ? MIN((size_t)count, text.size) : utf8_offset(text, (u64)count);
}

static void overlay_row(struct func_call *call, u32 row, bool bytes)
{
    struct slice text = func_call_slice(call, 0, row), other = func_call_slice(call, 1, row);
    i64 start = func_call_i64(call, 2, row);
    i64 length = (i64)(bytes ? other.size : utf8_length(other));
    if (call->arg_count > 3) length = func_call_i64(call, 3, row);
    if (start <= 0) {
        func_call_error(call, row, "22011", "negative substring length not allowed");
        return;
    }
    if (start + length > INT32_MAX || start + length < INT32_MIN) {
        func_call_flaw(call, row, FLAW_INT4);
        return;
    }
    size_t from = offset_of(text, start - 1, bytes);
    size_t to = offset_of(text, start + length - 1, bytes);
    u64 size = from + other.size + (text.size - to);
    char *out = func_call_reserve(call, row, size);
    if (!out) return;
    memcpy(out, text.data, from);
    memcpy(out + from, other.data, other.size);
    memcpy(out + from + other.size, text.data + to, text.size - to);
    func_call_set_str(call, row, slice_make(out, size));
}
