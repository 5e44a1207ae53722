/* What all doors of the process share: the loop, the engine, the limits, and whose turn it is.
 *
 * Callbacks of the engine never touch a socket: they give the connection a turn, and server_step,
 * called by the owner of the loop between engine_step and poll_wait, lets each of them go on. So no
 * handler runs inside a tick, and a connection is closed and freed only here. */
#pragma once

#include "base/arena.h"
#include "base/list.h"
#include "engine/engine.h"
#include "os/poll.h"
#include "servers/buffers.h"
#include "wire/http1.h"

struct conn;
struct frame;
struct json_members;

struct server_options {
    u32 connection_count_max;
    struct http1_limits head;
    u64 document_size_max;     /* of a JSON body, which is one transaction */
    u64 whole_size_max;        /* NDJSON and CSV bodies up to this length are one transaction */
    u32 record_size_max;       /* one row in a body */
    u64 statement_size_max;    /* the body of POST /sql */
    u64 live_message_size_max; /* one message of a WebSocket */
    u32 live_subscription_count_max; /* of one WebSocket */
    u32 piece_row_count_max;         /* of one transaction of a streamed body */
    u64 piece_size_max;
    i64 head_timeout_us;       /* from the first byte of a head to its end */
    i64 body_timeout_us;       /* between two pieces of a body that is waited for */
    i64 idle_timeout_us;       /* a connection between requests */
    i64 send_timeout_us;       /* without progress while an answer waits to be sent */
    i64 wait_timeout_us;       /* Weir-Timeout, when the request has none */
    i64 drain_timeout_us;      /* what is still connected after that is reset */
    i64 heartbeat_us;          /* between two signs of life to a subscriber */
    u32 push_send_size;        /* SO_SNDBUF of a subscriber's socket */
    u32 push_unsent_size;      /* TCP_NOTSENT_LOWAT of it */
    u32 receive_size;          /* SO_RCVBUF */
    const struct slice *hosts; /* names that a Host may have, besides literals and localhost */
    size_t host_count;
    const struct slice *origins; /* pages that may ask */
    size_t origin_count;
};

struct server_counters {
    u64 accepted;
    u64 refused; /* over connection_count_max */
    u64 requests;
    u64 bytes_in;
    u64 bytes_out;
};

/* Who waits until a tick is published. */
struct server_waiter {
    struct link link; /* server.tick_waiters, or alone */
    struct conn *conn;
    u64 tick;
};

struct server {
    struct poll_loop *loop;
    struct engine *engine;
    struct mem mem;
    struct server_options options;
    struct server_counters counters;
    struct buffers buffers;
    struct arena request;         /* what the head of one request means; reset with the next */
    struct buf scratch;           /* rows of an answer before their length is known */
    struct json_members *members; /* the messages of /live, from the first one on */
    struct http1_request head;
    struct frame *told;    /* what a subscriber was sent last in this step, or NULL */
    struct buf told_bytes; /* the same as it goes out */
    struct link listeners;
    struct link conns;
    u32 conn_count;
    struct link turns; /* connections that can go on */
    struct link dead;  /* closed, freed by the next step */
    struct link tick_waiters;
    struct link beats; /* of beat.h, the one that is due first first */
    struct poll_timer beat;
    struct poll_timer drain;
    u64 waiting_size; /* bytes of transactions in the making that wait for memory */
    bool has_pushed;  /* the engine was given work in a turn */
    bool draining;
    i64 date_second;
    char date[64]; /* of the Date field */
};

void server_init(struct server *server, struct poll_loop *loop, struct engine *engine,
                 const struct server_options *options);
/* All connections are reset and freed. */
void server_deinit(struct server *server);

/* Lets everyone who has a turn go on once. True: there is more to do at once, here or in the engine. */
bool server_step(struct server *server);
/* Has the engine's tick come that some wait for? For engine_on_publish. */
void server_published(void *context, u64 tick);

/* The doors close; idle connections go, others when their answer is sent; after drain_timeout_us all. */
void server_drain_begin(struct server *server);
bool server_drained(const struct server *server);

/* While the memory budget is full what is half received waits, as long as all that waits so has a small part of the budget;
 * else nobody could ever go on. False: there is no room for that much, and it has to be refused. */
MUST_USE bool server_wait_begin(struct server *server, u64 size);
void server_wait_end(struct server *server, u64 size);

/* "Fri, 20 Nov 2026 19:12:58 GMT" */
struct slice server_date(struct server *server);
