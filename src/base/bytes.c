#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

bool slice_is_nocase(struct slice slice, const char *text)
{
    size_t index = 0;
    for (; index < slice.size && text[index]; index++)
        if (lower(slice.data[index]) != lower(text[index])) return false;
    return index == slice.size && !text[index];
}

void buf_init(struct buf *buf, struct mem *mem)
{
    *buf = (struct buf){ .mem = mem };
}

void buf_deinit(struct buf *buf)
{
    mem_free(buf->mem, buf->data, buf->capacity);
    *buf = (struct buf){ .mem = buf->mem };
}

char *buf_reserve(struct buf *buf, size_t size)
{
    if (buf->capacity - buf->size < size) {
        size_t wanted = MAX(MAX(buf->capacity * 2, buf->size + size), (size_t)64);
        buf->data = mem_realloc(buf->mem, buf->data, buf->capacity, wanted);
        buf->capacity = wanted;
    }
    return buf->data + buf->size;
}

void buf_append(struct buf *buf, const void *data, size_t size)
{
    if (size == 0) return;
    memcpy(buf_reserve(buf, size), data, size);
    buf->size += size;
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
    *buf_reserve(buf, 1) = c;
    buf->size++;
}

void buf_format(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    vsnprintf(buf_reserve(buf, (size_t)size + 1), (size_t)size + 1, format, again);
    va_end(again);
    buf->size += (size_t)size;
}

void buf_consume(struct buf *buf, size_t size)
{
    assert(size <= buf->size);
    buf->size -= size;
    if (buf->size > 0) memmove(buf->data, buf->data + size, buf->size);
}
