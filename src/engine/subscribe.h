/* A subscription by name: pull what changed, be woken when there is more.
 *
 * A subscription is a cursor, never a queue: a slow one skips to the newest consistent state. Frames are
 * encoded once and shared by all who are at the same tick. */
#pragma once

#include "engine/read.h"

struct subscription;

/* One encoded frame: shared, held until frame_release. bytes is one JSON object, without any framing of a protocol. */
struct frame;
enum frame_kind { FRAME_INIT, FRAME_UPDATE, FRAME_END /* the relation is gone or suspended */ };
enum frame_kind frame_kind(const struct frame *frame);
u64 frame_tick(const struct frame *frame);
bool frame_more(const struct frame *frame); /* the state goes on in the next frame: no token yet */
struct slice frame_bytes(const struct frame *frame);
void frame_release(struct frame *frame);

/* Where a subscriber stands: "3f2a:19" on the wire. */
struct token {
    u32 epoch;
    u64 tick;
};

struct subscribe_options {
    struct slice relation;
    const struct condition *condition;
    const struct read_column *columns;
    u32 column_count;
    bool resume; /* go on behind since, if it is still known */
    struct token since;
    struct slice producer; /* who it is, for weir.subscriptions */
    /* Something may be pulled. Called at most once until the next pull that gave nothing. */
    void (*on_ready)(void *context);
    void *context;
};

enum status subscribe_open(struct engine *engine, const struct subscribe_options *options,
                           struct subscription **out, struct err *err);
/* The next frame, or NULL when there is nothing to send. The caller holds the frame. The cursor moves when the frame is given. */
struct frame *subscribe_pull(struct subscription *subscription);
void subscribe_close(struct subscription *subscription);
