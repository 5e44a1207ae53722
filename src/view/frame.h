/* One encoded piece of a relation's state or change: a JSON object, shared by whoever sends it. */
#pragma once

#include "base/bytes.h"

#define FRAME_SIZE KIB(256) /* a frame ends behind the row that passes it */

enum frame_kind {
    FRAME_INIT,   /* the state at a tick */
    FRAME_UPDATE, /* the net change since the reader's tick */
};

struct frame {
    enum frame_kind kind;
    bool more; /* it goes on in the next frame: the reader stands at no tick until the last */
    u32 holders;
    u64 tick;
    struct mem *mem;
    struct buf bytes;
};

/* With one holder. */
struct frame *frame_make(struct mem *mem, enum frame_kind kind, u64 tick);
struct frame *frame_hold(struct frame *frame);
void frame_release(struct frame *frame);
/* A frame of its own with text put in at offset. */
struct frame *frame_insert(const struct frame *frame, size_t offset, struct slice text);
