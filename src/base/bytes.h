/* Bytes: a slice is borrowed, a buf is owned and grows up to its bound. */
#pragma once

#include <string.h>

#include "base/mem.h"

struct slice {
    const char *data; /* borrowed; not ended by NUL */
    size_t size;
};

#define SLICE(literal) ((struct slice){ .data = (literal), .size = sizeof(literal) - 1 })

static inline struct slice slice_make(const char *data, size_t size)
{
    return (struct slice){ .data = data, .size = size };
}

static inline struct slice slice_of(const char *text)
{
    return (struct slice){ .data = text, .size = strlen(text) };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline bool slice_is(struct slice slice, const char *text)
{
    return slice_equal(slice, slice_of(text));
}

/* ASCII letters compare without case, for header names and media types. */
bool slice_is_nocase(struct slice slice, const char *text);

struct buf {
    struct mem *mem;
    char *data;
    size_t size;
    size_t capacity;
};

void buf_init(struct buf *buf, struct mem *mem);
void buf_deinit(struct buf *buf);
/* Keeps the memory. */
static inline void buf_clear(struct buf *buf)
{
    buf->size = 0;
}
/* Makes room for size more bytes and returns where they go; the caller adds to buf->size. */
char *buf_reserve(struct buf *buf, size_t size);
void buf_append(struct buf *buf, const void *data, size_t size);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_format(struct buf *buf, const char *format, ...) PRINTF(2, 3);
/* Drops the first size bytes. */
void buf_consume(struct buf *buf, size_t size);
static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){ .data = buf->data, .size = buf->size };
}
