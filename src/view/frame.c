#include "view/frame.h"

#include "base/assert.h"

struct frame *frame_make(struct mem *mem, enum frame_kind kind, u64 tick)
{
    struct frame *frame = mem_alloc(mem, sizeof *frame);
    *frame = (struct frame){ .kind = kind, .holders = 1, .tick = tick, .mem = mem };
    buf_init(&frame->bytes, mem);
    return frame;
}

struct frame *frame_hold(struct frame *frame)
{
    assert(frame->holders > 0);
    frame->holders++;
    return frame;
}

void frame_release(struct frame *frame)
{
    assert(frame->holders > 0);
    if (--frame->holders > 0) return;
    buf_deinit(&frame->bytes);
    mem_free(frame->mem, frame, sizeof *frame);
}

struct frame *frame_insert(const struct frame *frame, size_t offset, struct slice text)
{
    assert(offset <= frame->bytes.size);
    struct frame *copy = frame_make(frame->mem, frame->kind, frame->tick);
    copy->more = frame->more;
    buf_reserve(&copy->bytes, frame->bytes.size + text.size);
    buf_append(&copy->bytes, frame->bytes.data, offset);
    buf_append(&copy->bytes, text.data, text.size);
    buf_append(&copy->bytes, frame->bytes.data + offset, frame->bytes.size - offset);
    return copy;
}
