#include "wire/url.h"

#include "base/assert.h"
#include "wire/chars.h"

/* How many bytes follow a leading byte, and the bounds of the first of them; RFC 3629 4. */
static u32 utf8_tail(u8 lead, u8 *low, u8 *high)
{
    *low = 0x80;
    *high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) return 1;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0) *low = 0xa0;
        if (lead == 0xed) *high = 0x9f;
        return 2;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0) *low = 0x90;
        if (lead == 0xf4) *high = 0x8f;
        return 3;
    }
    return 0;
}

bool url_is_utf8(struct slice text)
{
    for (size_t index = 0; index < text.size;) {
        u8 lead = (u8)text.data[index++];
        if (lead < 0x80) continue;
        u8 low, high;
        u32 tail = utf8_tail(lead, &low, &high);
        if (tail == 0 || tail > text.size - index) return false;
        for (; tail > 0; tail--, low = 0x80, high = 0xbf) {
            u8 byte = (u8)text.data[index++];
            if (byte < low || byte > high) return false;
        }
    }
    return true;
}

/* The byte of "%41"; -1 when it is not one. */
static int escape_value(const char *at, const char *end)
{
    if (end - at < 3) return -1;
    int high = chars_hex_value(at[1]), low = chars_hex_value(at[2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

static bool has_escape(struct slice text, enum url_part part)
{
    if (text.size == 0) return false;
    return memchr(text.data, '%', text.size) ||
           (part == URL_QUERY && memchr(text.data, '+', text.size));
}

bool url_decode(struct slice text, enum url_part part, struct arena *arena, struct slice *decoded)
{
    *decoded = text;
    if (has_escape(text, part)) {
        const char *at = text.data, *end = text.data + text.size;
        char *target = arena_alloc(arena, text.size);
        decoded->data = target;
        while (at < end) {
            bool escaped = *at == '%';
            int value = escaped ? escape_value(at, end) : (u8)*at;
            if (value < 0) return false;
            *target++ = *at == '+' && part == URL_QUERY ? ' ' : (char)value;
            at += escaped ? 3 : 1;
        }
        decoded->size = (size_t)(target - decoded->data);
    }
    assert(decoded->size <= text.size);
    bool has_nul = decoded->size > 0 && memchr(decoded->data, '\0', decoded->size);
    return !has_nul && url_is_utf8(*decoded);
}

bool url_next_segment(struct slice *path, struct slice *segment)
{
    if (path->size == 0 || path->data[0] != '/') return false;
    const char *begin = path->data + 1, *end = path->data + path->size;
    const char *slash = begin < end ? memchr(begin, '/', (size_t)(end - begin)) : NULL;
    const char *stop = slash ? slash : end;
    *segment = slice_make(begin, (size_t)(stop - begin));
    *path = slice_make(stop, (size_t)(end - stop));
    return true;
}

bool url_next_parameter(struct slice *query, struct slice *key, struct slice *value)
{
    if (query->size == 0) return false;
    const char *at = query->data, *end = query->data + query->size;
    while (at < end && *at == '&')
        at++;
    if (at == end) {
        *query = slice_make(end, 0);
        return false;
    }
    const char *mark = memchr(at, '&', (size_t)(end - at));
    const char *stop = mark ? mark : end;
    const char *equals = memchr(at, '=', (size_t)(stop - at));
    *key = slice_make(at, (size_t)((equals ? equals : stop) - at));
    *value = equals ? slice_make(equals + 1, (size_t)(stop - equals - 1)) : slice_make(NULL, 0);
    *query = slice_make(stop, (size_t)(end - stop));
    return true;
}
