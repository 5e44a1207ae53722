/* A frame in the making: a head, rows that are there, then rows that went, as one JSON object.
 *
 *     {"tick":17,"key":["id"],"rows":[…]}                           a state
 *     {"tick":19,"conflated":2,"upsert":[…],"delete":[{"id":4}]}    a change of a keyed relation
 *     {"tick":19,"upsert":[{…,"_count":2},{…,"_count":0}]}          a change of a bag
 *
 * Rows are read from the pool as it is, or as a pin sees it. */
#pragma once

#include "view/frame.h"
#include "view/shown.h"

struct encode_options {
    struct view *view;
    const struct shown *shown;
    struct rows_pin *pin; /* NULL: the present */
    enum frame_kind kind;
    u64 tick;
    bool reset;    /* a state that replaces what a client knew */
    u64 conflated; /* the ticks that a change stands for; said when above 1 */
};

struct encode {
    struct encode_options options;
    struct frame *frame;
    u32 written;      /* rows, for the commas */
    bool is_deleting; /* behind the rows that are there */
};

void encode_begin(struct encode *encode, const struct encode_options *options);
static inline bool encode_is_full(const struct encode *encode)
{
    return encode->frame->bytes.size >= FRAME_SIZE;
}
/* The rows in these slots, in order, until the frame is full; returns how many it took. weights has one number a
 * slot: in a bag, the copies. */
u32 encode_rows(struct encode *encode, const u32 *slots, const i32 *weights, u32 count);
/* The same for kept rows that went; no rows that are there come behind them. */
u32 encode_gone(struct encode *encode, const u32 *kept, u32 count);
/* Rows that went, as encode_gone_text wrote them. */
void encode_gone_as(struct encode *encode, struct slice text);
/* Takes rows that went into out, with commas between them, until it is size_max long; returns how many. */
u32 encode_gone_text(const struct encode_options *options, struct buf *out, size_t size_max,
                     const u32 *kept, u32 count);
/* The finished frame, with one holder. */
struct frame *encode_end(struct encode *encode, bool more);
/* Instead: nothing is left of it. */
void encode_drop(struct encode *encode);

/* A state's first frame, as it is for those who knew another state. */
struct frame *encode_with_reset(const struct frame *frame);
