/* UTF-8 as PostgreSQL accepts it: valid sequences of code points, without NUL.
 *
 * Text in columns is always valid, so that the other functions may trust it. */
#pragma once

#include "base/bytes.h"

/* The offset of the first byte that does not belong to a valid sequence; text.size when all do. A NUL
 * is not valid. */
size_t utf8_check(struct slice text);
/* Code points. */
size_t utf8_length(struct slice text);
/* The offset of code point number index, text.size when there are fewer. */
size_t utf8_offset(struct slice text, size_t index);
/* Bytes of the sequence that starts with this byte: 1..4. */
static inline u32 utf8_size(char first)
{
    u8 byte = (u8)first;
    if (byte < 0x80) return 1;
    if (byte < 0xE0) return 2;
    return byte < 0xF0 ? 3 : 4;
}
/* The code point at the start of text (valid, not empty); *size is its bytes. */
u32 utf8_decode(struct slice text, u32 *size);
/* Writes 1..4 bytes, returns how many; 0 for what is no code point. */
u32 utf8_encode(u32 code, char out[4]);
