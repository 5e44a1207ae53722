/* Functions of bytea: encodings, single bytes and bits, digests. */
#include "base/assert.h"
#include "base/utf8.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"
#include "data/md5.h"

static const char hex_digits[] = "0123456789abcdef";

void func_bytes_md5(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        u8 digest[16];
        md5_of(func_call_slice(call, 0, row), digest);
        char *out = arena_alloc(call->arena, 32);
        for (u32 i = 0; i < 16; i++) {
            out[2 * i] = hex_digits[digest[i] >> 4];
            out[2 * i + 1] = hex_digits[digest[i] & 15];
        }
        func_call_set_str(call, row, slice_make(out, 32));
    }
}

/* --- encode, decode --- */

enum encoding { ENCODING_HEX, ENCODING_BASE64, ENCODING_ESCAPE };

static bool encoding_of(struct func_call *call, u32 row, enum encoding *out)
{
    struct slice name = func_call_slice(call, 1, row);
    if (slice_is_nocase(name, "hex"))
        *out = ENCODING_HEX;
    else if (slice_is_nocase(name, "base64"))
        *out = ENCODING_BASE64;
    else if (slice_is_nocase(name, "escape"))
        *out = ENCODING_ESCAPE;
    else {
        func_call_error(call, row, "22023", "unrecognized encoding: \"%.*s\"",
                        (int)MIN(name.size, 64), name.data);
        return false;
    }
    return true;
}

static size_t encode_hex(struct slice bytes, char *out)
{
    for (size_t i = 0; i < bytes.size; i++) {
        out[2 * i] = hex_digits[(u8)bytes.data[i] >> 4];
        out[2 * i + 1] = hex_digits[(u8)bytes.data[i] & 15];
    }
    return 2 * bytes.size;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
#define BASE64_LINE 76

static size_t encode_base64(struct slice bytes, char *out)
{
    const u8 *data = (const u8 *)bytes.data;
    size_t size = 0, line = 0;
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        u32 group = (u32)data[i] << 16 | (left > 1 ? (u32)data[i + 1] << 8 : 0) |
                    (left > 2 ? data[i + 2] : 0);
        out[size++] = base64_digits[group >> 18];
        out[size++] = base64_digits[group >> 12 & 63];
        out[size++] = left > 1 ? base64_digits[group >> 6 & 63] : '=';
        out[size++] = left > 2 ? base64_digits[group & 63] : '=';
        line += 4;
        if (line >= BASE64_LINE && left > 2) {
            out[size++] = '\n';
            line = 0;
        }
    }
    return size;
}

/* Zero and bytes above 127 as \ooo, a backslash twice. */
static size_t encode_escape(struct slice bytes, char *out)
{
    size_t size = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        u8 byte = (u8)bytes.data[i];
        if (byte == 0 || byte > 127) {
            out[size++] = '\\';
            out[size++] = (char)('0' + (byte >> 6));
            out[size++] = (char)('0' + (byte >> 3 & 7));
            out[size++] = (char)('0' + (byte & 7));
        } else {
            if (byte == '\\') out[size++] = '\\';
            out[size++] = (char)byte;
        }
    }
    return size;
}

void func_bytes_encode(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        enum encoding encoding;
        if (func_call_skips(call, row) || !encoding_of(call, row, &encoding)) continue;
        struct slice bytes = func_call_slice(call, 0, row);
        u64 bound = 0;
        switch (encoding) {
        case ENCODING_HEX: bound = 2 * (u64)bytes.size; break;
        case ENCODING_BASE64: bound = ((u64)bytes.size + 2) / 3 * 4 + bytes.size / 57 + 1; break;
        case ENCODING_ESCAPE: bound = 4 * (u64)bytes.size; break;
        }
        char *out = func_call_reserve(call, row, bound);
        if (!out) continue;
        size_t size = 0;
        switch (encoding) {
        case ENCODING_HEX: size = encode_hex(bytes, out); break;
        case ENCODING_BASE64: size = encode_base64(bytes, out); break;
        case ENCODING_ESCAPE: size = encode_escape(bytes, out); break;
        }
        func_call_set_str(call, row, slice_make(out, size));
    }
}

/* The decoders return false after an error of the row. */

static i32 hex_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool hex_digit_at(struct func_call *call, u32 row, struct slice rest, i32 *out)
{
    *out = hex_of(rest.data[0]);
    if (*out >= 0) return true;
    func_call_error(call, row, "22023", "invalid hexadecimal digit: \"%.*s\"",
                    (int)utf8_size(rest.data[0]), rest.data);
    return false;
}

static bool decode_hex(struct func_call *call, u32 row, struct slice text, char *out, size_t *size)
{
    for (size_t i = 0; i < text.size;) {
        if (is_blank(text.data[i])) {
            i++;
            continue;
        }
        i32 high, low;
        if (!hex_digit_at(call, row, slice_make(text.data + i, text.size - i), &high)) return false;
        if (i + 1 >= text.size) {
            func_call_error(call, row, "22023", "invalid hexadecimal data: odd number of digits");
            return false;
        }
        i++;
        if (!hex_digit_at(call, row, slice_make(text.data + i, text.size - i), &low)) return false;
        i++;
        out[(*size)++] = (char)(high << 4 | low);
    }
    return true;
}

static bool decode_base64(struct func_call *call, u32 row, struct slice text, char *out,
                          size_t *size)
{
    u32 group = 0, digits = 0, ends = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (is_blank(c)) continue;
        const char *digit = c ? strchr(base64_digits, c) : NULL;
        if (c == '=') {
            if (ends == 0 && digits < 2) {
                func_call_error(call, row, "22023",
                                "unexpected \"=\" while decoding base64 sequence");
                return false;
            }
            if (ends == 0) ends = digits == 2 ? 1 : 2;
            group <<= 6;
        } else if (digit && ends == 0) {
            group = group << 6 | (u32)(digit - base64_digits);
        } else {
            struct slice rest = slice_make(text.data + i, text.size - i);
            func_call_error(call, row, "22023",
                            "invalid symbol \"%.*s\" found while decoding base64 sequence",
                            (int)utf8_size(rest.data[0]), rest.data);
            return false;
        }
        if (++digits < 4) continue;
        out[(*size)++] = (char)(group >> 16);
        if (ends == 0 || ends > 1) out[(*size)++] = (char)(group >> 8);
        if (ends == 0) out[(*size)++] = (char)group;
        group = digits = 0;
    }
    if (digits == 0) return true;
    func_call_error(call, row, "22023", "invalid base64 end sequence");
    return false;
}

static bool is_octal(char c, char max)
{
    return c >= '0' && c <= max;
}

static bool decode_escape(struct func_call *call, u32 row, struct slice text, char *out,
                          size_t *size)
{
    for (size_t i = 0; i < text.size;) {
        const char *at = text.data + i;
        size_t left = text.size - i;
        if (at[0] != '\\') {
            out[(*size)++] = at[0];
            i++;
        } else if (left > 3 && is_octal(at[1], '3') && is_octal(at[2], '7') &&
                   is_octal(at[3], '7')) {
            out[(*size)++] = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
            i += 4;
        } else if (left > 1 && at[1] == '\\') {
            out[(*size)++] = '\\';
            i += 2;
        } else {
            func_call_error(call, row, "22P02", "invalid input syntax for type %s", "bytea");
            return false;
        }
    }
    return true;
}

void func_bytes_decode(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        enum encoding encoding;
        if (func_call_skips(call, row) || !encoding_of(call, row, &encoding)) continue;
        struct slice text = func_call_slice(call, 0, row);
        char *out = func_call_reserve(call, row, text.size + 4);
        if (!out) continue;
        size_t size = 0;
        bool done = false;
        switch (encoding) {
        case ENCODING_HEX: done = decode_hex(call, row, text, out, &size); break;
        case ENCODING_BASE64: done = decode_base64(call, row, text, out, &size); break;
        case ENCODING_ESCAPE: done = decode_escape(call, row, text, out, &size); break;
        }
        if (done) func_call_set_str(call, row, slice_make(out, size));
    }
}

/* --- Single bytes and bits --- */

/* The index is that of a byte or bit of count; else an error of the row. */
static bool index_valid(struct func_call *call, u32 row, i64 index, i64 count)
{
    if (index >= 0 && index < count) return true;
    func_call_error(call, row, "2202E", "index %lld out of valid range, 0..%lld", (long long)index,
                    (long long)count - 1);
    return false;
}

void func_bytes_get_byte(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice bytes = func_call_slice(call, 0, row);
        i64 index = func_call_i64(call, 1, row);
        if (index_valid(call, row, index, (i64)bytes.size)) out[row] = (u8)bytes.data[index];
    }
}

void func_bytes_get_bit(struct func_call *call)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice bytes = func_call_slice(call, 0, row);
        i64 index = func_call_i64(call, 1, row);
        if (index_valid(call, row, index, 8 * (i64)bytes.size))
            out[row] = (u8)bytes.data[index / 8] >> (index % 8) & 1;
    }
}

static char *copy_of(struct func_call *call, u32 row, struct slice bytes)
{
    char *out = func_call_reserve(call, row, bytes.size);
    if (out) memcpy(out, bytes.data, bytes.size);
    return out;
}

void func_bytes_set_byte(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice bytes = func_call_slice(call, 0, row);
        i64 index = func_call_i64(call, 1, row);
        if (!index_valid(call, row, index, (i64)bytes.size)) continue;
        char *out = copy_of(call, row, bytes);
        if (!out) continue;
        out[index] = (char)func_call_i64(call, 2, row);
        func_call_set_str(call, row, slice_make(out, bytes.size));
    }
}

void func_bytes_set_bit(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (func_call_skips(call, row)) continue;
        struct slice bytes = func_call_slice(call, 0, row);
        i64 index = func_call_i64(call, 1, row), bit = func_call_i64(call, 2, row);
        if (!index_valid(call, row, index, 8 * (i64)bytes.size)) continue;
        if (bit != 0 && bit != 1) {
            func_call_error(call, row, "22023", "new bit must be 0 or 1");
            continue;
        }
        char *out = copy_of(call, row, bytes);
        if (!out) continue;
        u8 mask = (u8)(1u << (index % 8));
        out[index / 8] = (char)(((u8)out[index / 8] & ~mask) | (bit ? mask : 0));
        func_call_set_str(call, row, slice_make(out, bytes.size));
    }
}
