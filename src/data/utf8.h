/* Characters in UTF-8 text. Text is valid where it enters; a sequence that is cut short counts as
 * what is left of it, so that nothing here reads past the end. */
#pragma once

#include "base/bytes.h"

/* Bytes of the character that starts with this byte, 1..4. */
static inline u32 utf8_size(char first)
{
    u8 byte = (u8)first;
    if (byte < 0xC0) return 1;
    return byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

/* Bytes of the first character of text, which is not empty. */
static inline size_t utf8_step(struct slice text)
{
    return MIN((size_t)utf8_size(text.data[0]), text.size);
}

/* Characters: all bytes but those that continue one. */
static inline size_t utf8_count(struct slice text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += ((u8)text.data[i] & 0xC0) != 0x80;
    return count;
}

/* The offset after count characters, or the size when there are fewer. */
static inline size_t utf8_offset(struct slice text, u64 count)
{
    size_t offset = 0;
    while (count > 0 && offset < text.size) {
        offset += utf8_size(text.data[offset]);
        count--;
    }
    return MIN(offset, text.size);
}

/* The code point of the first character of text, which is not empty. */
static inline u32 utf8_code(struct slice text)
{
    const u8 *bytes = (const u8 *)text.data;
    size_t size = utf8_step(text);
    if (size == 1) return bytes[0];
    u32 code = bytes[0] & (0xFFu >> (size + 1));
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (bytes[i] & 0x3F);
    return code;
}

/* Writes the character of a code point below 0x110000; returns its bytes, 1..4. */
static inline u32 utf8_put(u32 code, char *out)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    u32 size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (u32 i = size - 1; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((0xF00u >> size) | code);
    return size;
}
