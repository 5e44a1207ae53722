/* Bytes that were fed and not yet taken, for formats of lines. */
#pragma once

#include "codec/codec.h"

struct lines {
    struct buf bytes;
    size_t at;       /* what is before was taken */
    u64 offset;      /* of bytes.data[0] in the body */
    size_t searched; /* bytes of the rest that hold no line's end */
    bool last;
};

void lines_init(struct lines *lines, struct mem *mem);
void lines_deinit(struct lines *lines);
void lines_feed(struct lines *lines, struct slice bytes, bool last);
/* What was not taken yet. */
struct slice lines_rest(const struct lines *lines);
void lines_take(struct lines *lines, size_t size);
/* Is the first line here, with its end or that of the body? size counts the end. What was searched is not
 * searched again. */
bool lines_first(struct lines *lines, size_t *size);
/* Where the rest begins in the body. */
u64 lines_offset(const struct lines *lines);
