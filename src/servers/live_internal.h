/* One socket of /live: what its parts share.
 *
 *     live_server.c         the handshake, messages in, whose turn it is, signs of life, the end
 *     live_subscription.c   who wants frames, and the frames of one send
 *     live_write.c          rows on their way into a table, and their acknowledgements
 *
 * A step sends what is held of a send that did not go out whole, and only then does anything else: so nothing is
 * written between the parts of a frame, and who does not read is not read from. */
#pragma once

#include "engine/subscribe.h"
#include "servers/beat.h"
#include "servers/live_message.h"
#include "servers/live_server.h"
#include "wire/websocket.h"

struct live_send;
struct live_write;

struct live {
    struct http_task task;
    struct http *http;
    struct beat beat;
    struct websocket_reader reader;
    struct link subscriptions;
    struct link
        ready; /* of them those that have demand, and perhaps something to send; next first */
    u32 subscription_count;
    bool has_ended;           /* some relation is gone */
    struct live_send *send;   /* what did not go out whole, or NULL */
    struct live_write *write; /* being decoded, or waiting for room; NULL: none */
    struct link writes;       /* on their way, in their order */
    u32 write_count;
    bool waits_for_memory; /* with half a message; then this much counts in the server's */
    u64 waiting_size;
    bool waits;    /* for room or for writes: the socket is not read */
    bool heard;    /* something since the last beat */
    u8 ping_count; /* that were not answered */
    bool is_draining;
};

static inline struct conn *live_conn(struct live *live)
{
    return &live->http->conn;
}
static inline struct server *live_server(struct live *live)
{
    return live->http->conn.server;
}

/* A text message of the server's scratch. */
void live_say(struct live *live);
/* {"id":1,"event":"error",...}; without the id when message has none. */
void live_error(struct live *live, bool has_id, u64 id, const struct err *err);

/* --- subscriptions --- */

enum status live_subscribe(struct live *live, const struct live_message *message, struct err *err);
/* Demand for a subscription, or its end: what is not there (any more) is passed over (Reactive Streams 3.6, 3.7). */
enum status live_request(struct live *live, const struct live_message *message, struct err *err);
void live_cancel(struct live *live, u64 id);
/* Is it the id of a subscription? */
bool live_has_subscription(const struct live *live, u64 id);
void live_cancel_all(struct live *live);
/* Tells of those whose relation is gone. */
void live_end_subscriptions(struct live *live);

enum live_sent {
    LIVE_SENT_ALL,  /* there is nothing more to send */
    LIVE_SENT_SOME, /* there may be more; others first */
    LIVE_STUCK,     /* the socket took less, or the connection is dead and live is gone with it */
};
/* Sends what is held, else what the subscriptions have. Nothing may wait in the connection's output. */
enum live_sent live_send_frames(struct live *live);
void live_send_drop(struct live *live);

/* --- writes --- */

enum live_progress {
    LIVE_PROGRESS_DONE,  /* on its way, or refused and said so */
    LIVE_PROGRESS_AGAIN, /* enough for now */
    LIVE_PROGRESS_WAITS, /* for room: on_room gives a turn */
};

/* Sets live->write. */
enum status live_write_open(struct live *live, const struct live_message *message, struct err *err);
/* Goes on with live->write. */
enum live_progress live_write_step(struct live *live);
/* live->write ends with an error. */
void live_write_fail(struct live *live, const struct err *err);
bool live_write_is_full(const struct live *live);
/* Says what became of the writes that are done, in their order, and how much may follow. */
void live_write_settle(struct live *live);
void live_write_abandon_all(struct live *live);
