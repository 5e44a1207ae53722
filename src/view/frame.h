/* One encoded piece of a relation's state or change: JSON bytes, shared by whoever sends them. */
#pragma once

#include "base/bytes.h"

enum frame_kind {
    FRAME_INIT,   /* the state at a tick */
    FRAME_UPDATE, /* the net change since the cursor */
};

struct frame {
    enum frame_kind kind;
    bool more; /* the state goes on in the next frame: the cursor has not moved yet */
    u32 holders;
    u64 tick;
    struct mem *mem;
    struct buf bytes; /* one JSON object */
};

/* With one holder. */
struct frame *frame_make(struct mem *mem, enum frame_kind kind, u64 tick);
struct frame *frame_hold(struct frame *frame);
void frame_release(struct frame *frame);
