#include "wire/etag.h"

#include "base/assert.h"
#include "wire/chars.h"

/* RFC 9110 8.8.3: visible characters but the quote, and bytes past ASCII. */
static bool is_tag_char(char c)
{
    return (u8)c > 0x20 && c != '"' && c != 0x7f;
}

void etag_write(struct slice opaque, struct buf *out)
{
    for (size_t index = 0; index < opaque.size; index++)
        assert(is_tag_char(opaque.data[index]));
    buf_puts(out, "W/\"");
    buf_append(out, opaque.data, opaque.size);
    buf_putc(out, '"');
}

/* Cuts one tag off; false when there is none. A backslash is a character like any other here. */
static bool take_tag(struct slice *rest, struct slice *tag)
{
    const char *at = rest->data, *end = rest->data + rest->size;
    if (end - at >= 2 && at[0] == 'W' && at[1] == '/') at += 2;
    if (at == end || *at++ != '"') return false;
    const char *begin = at;
    while (at < end && is_tag_char(*at))
        at++;
    if (at == end || *at != '"') return false;
    *tag = slice_make(begin, (size_t)(at - begin));
    *rest = slice_make(at + 1, (size_t)(end - at - 1));
    return true;
}

/* Skips white space and commas; returns how many commas. */
static u32 skip_separators(struct slice *rest)
{
    u32 comma_count = 0;
    size_t size = 0;
    for (; size < rest->size; size++) {
        char c = rest->data[size];
        if (c == ',')
            comma_count++;
        else if (!chars_is_space(c))
            break;
    }
    *rest = slice_make(rest->data + size, rest->size - size);
    return comma_count;
}

enum etag_result etag_match(struct slice line, struct slice opaque)
{
    if (slice_is(line, "*")) return ETAG_MATCHES;
    if (line.size == 0) return ETAG_OTHER;
    bool found = false;
    struct slice rest = line, tag;
    skip_separators(&rest);
    while (rest.size > 0) {
        if (!take_tag(&rest, &tag)) return ETAG_OTHER;
        found |= slice_equal(tag, opaque);
        if (skip_separators(&rest) == 0 && rest.size > 0) return ETAG_OTHER;
    }
    return found ? ETAG_MATCHES : ETAG_OTHER;
}
