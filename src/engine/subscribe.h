/* A subscription by name: pull what changed, be woken when there is more.
 *
 * A subscription is a cursor, never a queue: a slow one skips to the newest consistent state. Frames are
 * encoded once and shared by all who are at the same tick. What is more than a relation's rows with given values
 * is followed in a view of its own, which is filled first (engine/subscribe_ask.h). */
#pragma once

#include "engine/read.h"
#include "flow/pace.h"

struct subscriber;

/* One encoded piece: shared, held until subscribe_release. Its bytes are one JSON object, without any framing of a
 * protocol. */
struct frame;

struct subscribe_frame {
    bool is_init; /* else an update */
    bool more;    /* the state goes on in the next frame: no token yet */
    u64 tick;
    struct slice bytes; /* hold as long as the frame */
};
struct subscribe_frame subscribe_frame(const struct frame *frame);
struct frame *subscribe_hold(struct frame *frame);
void subscribe_release(struct frame *frame);

/* Where a subscriber stands: "3f2a:19" on the wire. */
struct token {
    u32 epoch;
    u64 tick;
};

struct subscribe_options {
    struct slice relation;
    struct slice query; /* a SELECT instead, which says all that is asked for; data NULL: none */
    const struct condition *condition;
    const struct read_column *columns;
    u32 column_count;
    const struct read_order *order; /* with a limit: the first rows are followed */
    u32 order_count;
    bool has_limit;
    u64 limit;
    u64 offset;
    bool resume; /* go on behind since, if it is still known */
    struct token since;
    struct pace pace;      /* when to be given what changed after the first state */
    struct slice producer; /* who it is, for weir.subscriptions */
    /* Something may be pulled. Called at most once until the next pull that gave nothing. */
    void (*on_ready)(void *context);
    void *context;
};

/* Errors: those of read_open; 0A000 what cannot be kept up to date; 53400 too many views of their own are followed. */
/* May a subscription have this stance? 22023 for what is none, 42P17 for those that would leave its reader wrong, 0A000 for
 * all others but conflate. */
enum status subscribe_check_stance(struct slice name, struct err *err);

enum status subscribe_open(struct engine *engine, const struct subscribe_options *options,
                           struct subscriber **out, struct err *err);
/* The next frame, or NULL when there is nothing to send, as while a view is filled. The caller holds the frame. The cursor moves when the frame is given. */
struct frame *subscribe_pull(struct subscriber *subscriber);
/* The relation was dropped or suspended: nothing comes any more. on_ready was called for it. */
bool subscribe_ended(const struct subscriber *subscriber);
void subscribe_close(struct subscriber *subscriber);
