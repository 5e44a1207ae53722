#include "data/uuid.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* A hyphen may stand after every second byte but the last, wherever the writer grouped them. */
enum flaw uuid_parse(struct slice text, struct uuid *out)
{
    const char *next = text.data, *end = text.data + text.size;
    bool braces = next < end && *next == '{';
    next += braces;
    for (u32 index = 0; index < sizeof out->bytes; index++) {
        if (end - next < 2) return FLAW_SYNTAX;
        int high = hex_value(next[0]), low = hex_value(next[1]);
        if (high < 0 || low < 0) return FLAW_SYNTAX;
        out->bytes[index] = (u8)(high << 4 | low);
        next += 2;
        if (next < end && *next == '-' && index % 2 == 1 && index < sizeof out->bytes - 1) next++;
    }
    if (braces && (next == end || *next++ != '}')) return FLAW_SYNTAX;
    return next == end ? FLAW_NONE : FLAW_SYNTAX;
}

void uuid_print(const struct uuid *uuid, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (u32 index = 0; index < sizeof uuid->bytes; index++) {
        if (index == 4 || index == 6 || index == 8 || index == 10) *out++ = '-';
        *out++ = digits[uuid->bytes[index] >> 4];
        *out++ = digits[uuid->bytes[index] & 15];
    }
}
