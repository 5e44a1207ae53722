#include "codec/lines.h"

#include "base/assert.h"

void lines_init(struct lines *lines, struct mem *mem)
{
    *lines = (struct lines){ .at = 0 };
    buf_init(&lines->bytes, mem);
}

void lines_deinit(struct lines *lines)
{
    buf_deinit(&lines->bytes);
}

void lines_feed(struct lines *lines, struct slice bytes, bool last)
{
    assert(!lines->last);
    lines->offset += lines->at;
    buf_consume(&lines->bytes, lines->at);
    lines->at = 0;
    buf_append(&lines->bytes, bytes.data, bytes.size);
    lines->last = last;
}

struct slice lines_rest(const struct lines *lines)
{
    if (lines->bytes.size == 0) return SLICE("");
    return slice_make(lines->bytes.data + lines->at, lines->bytes.size - lines->at);
}

void lines_take(struct lines *lines, size_t size)
{
    lines->at += size;
    lines->searched -= MIN(lines->searched, size);
    assert(lines->at <= lines->bytes.size);
}

bool lines_first(struct lines *lines, size_t *size)
{
    struct slice rest = lines_rest(lines);
    size_t from = lines->searched;
    const char *end = from < rest.size ? memchr(rest.data + from, '\n', rest.size - from) : NULL;
    *size = end ? (size_t)(end - rest.data) + 1 : rest.size;
    lines->searched = end ? *size - 1 : *size;
    return end || (lines->last && rest.size > 0);
}

u64 lines_offset(const struct lines *lines)
{
    return lines->offset + lines->at;
}
