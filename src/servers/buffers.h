/* Buffers that connections borrow while they have bytes to hold, so that an idle connection has none.
 *
 * The buffer given back last is taken first: under load a few warm ones serve everybody. */
#pragma once

#include "base/bytes.h"

#define BUFFERS_SIZE      KIB(16)
#define BUFFERS_SIZE_KEEP KIB(96) /* one that grew past it is not kept */
#define BUFFERS_COUNT_MAX 64      /* kept at most: 6 MiB */

struct buffers {
    struct mem *mem;
    struct buf kept[BUFFERS_COUNT_MAX];
    u32 count;
};

void buffers_init(struct buffers *buffers, struct mem *mem);
void buffers_deinit(struct buffers *buffers);
/* An empty buffer with room for at least BUFFERS_SIZE bytes. */
void buffers_take(struct buffers *buffers, struct buf *buf);
/* Takes one without memory too; buf is zeroed. */
void buffers_give(struct buffers *buffers, struct buf *buf);
