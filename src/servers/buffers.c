#include "servers/buffers.h"

void buffers_init(struct buffers *buffers, struct mem *mem)
{
    *buffers = (struct buffers){ .mem = mem };
}

void buffers_deinit(struct buffers *buffers)
{
    while (buffers->count > 0)
        buf_deinit(&buffers->kept[--buffers->count]);
}

void buffers_take(struct buffers *buffers, struct buf *buf)
{
    if (buffers->count > 0) {
        *buf = buffers->kept[--buffers->count];
        buf_clear(buf);
        return;
    }
    buf_init(buf, buffers->mem);
    buf_reserve(buf, BUFFERS_SIZE);
}

void buffers_give(struct buffers *buffers, struct buf *buf)
{
    if (buf->data && buf->capacity <= BUFFERS_SIZE_KEEP && buffers->count < BUFFERS_COUNT_MAX)
        buffers->kept[buffers->count++] = *buf;
    else if (buf->mem)
        buf_deinit(buf);
    *buf = (struct buf){ .size = 0 };
}
