#include "base/utf8.h"

/* Bytes that are ASCII and not NUL, eight at a time: a NUL borrows into its top bit. */
#define TOPS UINT64_C(0x8080808080808080)
#define ONES UINT64_C(0x0101010101010101)

static size_t check_sequence(const u8 *bytes, size_t left);

size_t utf8_check(struct slice text)
{
    const u8 *bytes = (const u8 *)text.data;
    size_t offset = 0;
    while (offset < text.size) {
        if (text.size - offset >= 8) {
            u64 word;
            memcpy(&word, bytes + offset, 8);
            if (!((word | (word - ONES)) & TOPS)) {
                offset += 8;
                continue;
            }
        }
        size_t size = check_sequence(bytes + offset, text.size - offset);
        if (size == 0) return offset;
        offset += size;
    }
    return offset;
}

static bool follows(u8 byte)
{
    return (byte & 0xC0) == 0x80;
}

/* Bytes of the sequence, 0 if it is not one: no longer than needed, no surrogates, up to U+10FFFF
 * (Unicode, table 3-7). */
static size_t check_sequence(const u8 *bytes, size_t left)
{
    u8 first = bytes[0];
    if (first < 0x80) return first != 0;
    if (first < 0xC2) return 0;
    if (first < 0xE0) return left >= 2 && follows(bytes[1]) ? 2 : 0;
    if (first < 0xF0) {
        if (left < 3 || !follows(bytes[1]) || !follows(bytes[2])) return 0;
        if (first == 0xE0 && bytes[1] < 0xA0) return 0;
        if (first == 0xED && bytes[1] >= 0xA0) return 0;
        return 3;
    }
    if (first > 0xF4 || left < 4) return 0;
    if (!follows(bytes[1]) || !follows(bytes[2]) || !follows(bytes[3])) return 0;
    if (first == 0xF0 && bytes[1] < 0x90) return 0;
    if (first == 0xF4 && bytes[1] >= 0x90) return 0;
    return 4;
}

/* Code points are bytes that do not follow another; the compiler makes this a vector loop. */
size_t utf8_length(struct slice text)
{
    size_t count = 0;
    for (size_t index = 0; index < text.size; index++)
        count += ((u8)text.data[index] & 0xC0) != 0x80;
    return count;
}

size_t utf8_offset(struct slice text, size_t index)
{
    size_t offset = 0;
    for (; offset < text.size && index > 0; index--)
        offset += utf8_size(text.data[offset]);
    return MIN(offset, text.size);
}

u32 utf8_decode(struct slice text, u32 *size)
{
    const u8 *bytes = (const u8 *)text.data;
    *size = utf8_size(text.data[0]);
    switch (*size) {
    case 1: return bytes[0];
    case 2: return (bytes[0] & 0x1Fu) << 6 | (bytes[1] & 0x3Fu);
    case 3: return (bytes[0] & 0x0Fu) << 12 | (bytes[1] & 0x3Fu) << 6 | (bytes[2] & 0x3Fu);
    default: break;
    }
    return (bytes[0] & 0x07u) << 18 | (bytes[1] & 0x3Fu) << 12 | (bytes[2] & 0x3Fu) << 6 |
           (bytes[3] & 0x3Fu);
}

u32 utf8_encode(u32 code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code >= 0xD800 && code < 0xE000) return 0;
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    if (code > 0x10FFFF) return 0;
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}
