/* Length, case, parts, padding and trimming of text.
 *
 * Positions count characters from 1. Case is that of the collation "C": only ASCII letters have one. */
#include "base/assert.h"
#include "base/utf8.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"

/* --- Length --- */

void func_text_length(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = (i64)utf8_length(func_call_slice(call, 0, row));
}

void func_text_octet_length(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = func_call_str(call, 0, row)->size;
}

/* char(n) lies without its blanks, which count here. */
void func_text_octet_length_char(struct func_call *call)
{
    i64 *out = call->out->data;
    i64 length = call->args[0]->type.length;
    for (u32 row = 0; row < call->count; row++) {
        struct slice text = func_call_slice(call, 0, row);
        out[row] = (i64)text.size + MAX(length - (i64)utf8_length(text), 0);
    }
}

void func_text_bit_length(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = 8 * (i64)func_call_str(call, 0, row)->size;
}

/* --- Case --- */

static char lower_of(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static char upper_of(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (lower_of(c) >= 'a' && lower_of(c) <= 'z');
}

static void lower_bytes(const char *restrict text, size_t size, char *restrict out)
{
    for (size_t i = 0; i < size; i++)
        out[i] = lower_of(text[i]);
}

static void upper_bytes(const char *restrict text, size_t size, char *restrict out)
{
    for (size_t i = 0; i < size; i++)
        out[i] = upper_of(text[i]);
}

static void capital_bytes(const char *restrict text, size_t size, char *restrict out)
{
    bool inside = false;
    for (size_t i = 0; i < size; i++) {
        out[i] = inside ? lower_of(text[i]) : upper_of(text[i]);
        inside = is_alnum(text[i]);
    }
}

static void change_case(struct func_call *call,
                        void (*change)(const char *text, size_t size, char *out))
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice text = func_call_slice(call, 0, row);
        char *out = func_call_reserve(call, row, text.size);
        if (!out) continue;
        change(text.data, text.size, out);
        func_call_set_str(call, row, slice_make(out, text.size));
    }
}

void func_text_lower(struct func_call *call)
{
    change_case(call, lower_bytes);
}
void func_text_upper(struct func_call *call)
{
    change_case(call, upper_bytes);
}
void func_text_initcap(struct func_call *call)
{
    change_case(call, capital_bytes);
}

/* --- Parts --- */

/* The part of text that starts at character start (from 1, may lie before it) and is count long. */
static struct slice part_of(struct slice text, i64 start, i64 count)
{
    i64 end = start + count;
    if (start < 1) start = 1;
    if (end <= start) return SLICE("");
    size_t from = utf8_offset(text, (u64)start - 1);
    struct slice rest = slice_make(text.data + from, text.size - from);
    return slice_make(rest.data, utf8_offset(rest, (u64)(end - start)));
}

static struct slice bytes_of(struct slice bytes, i64 start, i64 count)
{
    i64 end = MIN(start + count, (i64)bytes.size + 1);
    if (start < 1) start = 1;
    if (end <= start) return SLICE("");
    return slice_make(bytes.data + start - 1, (size_t)(end - start));
}

#define COUNT_ALL INT32_MAX

static void take_part(struct func_call *call, struct slice (*part)(struct slice, i64, i64))
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        i64 start = func_call_i64(call, 1, row);
        i64 count = call->arg_count > 2 ? func_call_i64(call, 2, row) : COUNT_ALL;
        if (count < 0) {
            func_call_error(call, row, "22011", "negative substring length not allowed");
            continue;
        }
        /* An end beyond the integers is the end of the text. */
        if (call->arg_count == 2 || start + count > INT32_MAX) count = (i64)INT32_MAX - start + 1;
        func_call_set_str(call, row, part(func_call_slice(call, 0, row), start, count));
    }
}

void func_text_substr(struct func_call *call)
{
    take_part(call, part_of);
}
void func_text_substr_bytes(struct func_call *call)
{
    take_part(call, bytes_of);
}

void func_text_left(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct slice text = func_call_slice(call, 0, row);
        i64 count = func_call_i64(call, 1, row);
        if (count < 0) count = MAX((i64)utf8_length(text) + count, 0);
        func_call_set_str(call, row, slice_make(text.data, utf8_offset(text, (u64)count)));
    }
}

void func_text_right(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct slice text = func_call_slice(call, 0, row);
        i64 count = func_call_i64(call, 1, row);
        i64 skipped = count < 0 ? -count : MAX((i64)utf8_length(text) - count, 0);
        size_t from = utf8_offset(text, (u64)skipped);
        func_call_set_str(call, row, slice_make(text.data + from, text.size - from));
    }
}

void func_text_reverse(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice text = func_call_slice(call, 0, row);
        char *out = func_call_reserve(call, row, text.size);
        if (!out) continue;
        char *end = out + text.size;
        for (size_t i = 0; i < text.size;) {
            size_t size = utf8_size(text.data[i]);
            end -= size;
            memcpy(end, text.data + i, size);
            i += size;
        }
        func_call_set_str(call, row, slice_make(out, text.size));
    }
}

/* --- Padding --- */

/* Fills size bytes with fill again and again; the last one may be cut (between characters, as size
 * was counted in whole ones). */
static void fill_bytes(char *out, size_t size, struct slice fill)
{
    for (size_t i = 0; i < size; i += fill.size)
        memcpy(out + i, fill.data, MIN(fill.size, size - i));
}

static void pad(struct func_call *call, bool left)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice text = func_call_slice(call, 0, row);
        struct slice fill = call->arg_count > 2 ? func_call_slice(call, 2, row) : SLICE(" ");
        u64 length = (u64)MAX(func_call_i64(call, 1, row), 0);
        u64 have = utf8_length(text), fill_length = utf8_length(fill);
        if (length > EXPR_TEXT_SIZE_MAX) {
            func_call_error(call, row, "54000", "requested length too large");
            continue;
        }
        if (have >= length || fill.size == 0) {
            func_call_set_str(call, row, slice_make(text.data, utf8_offset(text, length)));
            continue;
        }
        u64 missing = length - have;
        u64 size = missing / fill_length * fill.size + utf8_offset(fill, missing % fill_length);
        char *out = func_call_reserve(call, row, text.size + size);
        if (!out) continue;
        fill_bytes(left ? out : out + text.size, size, fill);
        memcpy(left ? out + size : out, text.data, text.size);
        func_call_set_str(call, row, slice_make(out, text.size + size));
    }
}

void func_text_lpad(struct func_call *call)
{
    pad(call, true);
}
void func_text_rpad(struct func_call *call)
{
    pad(call, false);
}

void func_text_repeat(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice text = func_call_slice(call, 0, row);
        u64 size = text.size * (u64)MAX(func_call_i64(call, 1, row), 0);
        char *out = func_call_reserve(call, row, size);
        if (!out) continue;
        if (size > 0) fill_bytes(out, size, text);
        func_call_set_str(call, row, slice_make(out, size));
    }
}

/* --- Trimming --- */

static bool set_has(struct slice set, struct slice character)
{
    for (size_t i = 0; i < set.size;) {
        size_t size = utf8_size(set.data[i]);
        if (size == character.size && memcmp(set.data + i, character.data, size) == 0) return true;
        i += size;
    }
    return false;
}

static struct slice trim_start(struct slice text, struct slice set)
{
    while (text.size > 0) {
        size_t size = utf8_size(text.data[0]);
        if (!set_has(set, slice_make(text.data, size))) break;
        text = slice_make(text.data + size, text.size - size);
    }
    return text;
}

static struct slice trim_end(struct slice text, struct slice set)
{
    while (text.size > 0) {
        size_t start = text.size - 1;
        while (start > 0 && ((u8)text.data[start] & 0xC0) == 0x80)
            start--;
        if (!set_has(set, slice_make(text.data + start, text.size - start))) break;
        text.size = start;
    }
    return text;
}

static void trim(struct func_call *call, bool start, bool end)
{
    for (u32 row = 0; row < call->count; row++) {
        struct slice text = func_call_slice(call, 0, row);
        struct slice set = call->arg_count > 1 ? func_call_slice(call, 1, row) : SLICE(" ");
        if (start) text = trim_start(text, set);
        if (end) text = trim_end(text, set);
        func_call_set_str(call, row, text);
    }
}

void func_text_btrim(struct func_call *call)
{
    trim(call, true, true);
}
void func_text_ltrim(struct func_call *call)
{
    trim(call, true, false);
}
void func_text_rtrim(struct func_call *call)
{
    trim(call, false, true);
}

static void trim_bytes(struct func_call *call, bool start, bool end)
{
    for (u32 row = 0; row < call->count; row++) {
        struct slice bytes = func_call_slice(call, 0, row), set = func_call_slice(call, 1, row);
        while (start && bytes.size > 0 && set.size > 0 && memchr(set.data, bytes.data[0], set.size))
            bytes = slice_make(bytes.data + 1, bytes.size - 1);
        while (end && bytes.size > 0 && set.size > 0 &&
               memchr(set.data, bytes.data[bytes.size - 1], set.size))
            bytes.size--;
        func_call_set_str(call, row, bytes);
    }
}

void func_text_btrim_bytes(struct func_call *call)
{
    trim_bytes(call, true, true);
}
void func_text_ltrim_bytes(struct func_call *call)
{
    trim_bytes(call, true, false);
}
void func_text_rtrim_bytes(struct func_call *call)
{
    trim_bytes(call, false, true);
}

/* --- Single characters --- */

void func_text_ascii(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        struct slice text = func_call_slice(call, 0, row);
        u32 size;
        out[row] = text.size == 0 ? 0 : utf8_decode(text, &size);
    }
}

void func_text_chr(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        i64 code = func_call_i64(call, 0, row);
        if (code < 0) {
            func_call_error(call, row, "22023", "character number must be positive");
        } else if (code == 0) {
            func_call_error(call, row, "54000", "null character not permitted");
        } else if (code > 0x10FFFF) {
            func_call_error(call, row, "54000", "requested character too large for encoding: %u",
                            (u32)code);
        } else if (code >= 0xD800 && code < 0xE000) {
            func_call_error(call, row, "54000", "requested character not valid for encoding: %u",
                            (u32)code);
        } else {
            char out[4];
            func_call_set_str(call, row, slice_make(out, utf8_encode((u32)code, out)));
        }
    }
}

static void put_hex(struct func_call *call, u32 row, u64 value)
{
    u32 size = 1;
    for (u64 rest = value >> 4; rest; rest >>= 4)
        size++;
    char *out = arena_alloc(call->arena, size);
    for (u32 i = size; i-- > 0; value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
    func_call_set_str(call, row, slice_make(out, size));
}

void func_text_to_hex_i32(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        put_hex(call, row, (u32)func_call_i64(call, 0, row));
}

void func_text_to_hex_i64(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++)
        put_hex(call, row, (u64)func_call_i64(call, 0, row));
}
