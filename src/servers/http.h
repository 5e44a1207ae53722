/* One HTTP/1.1 connection: heads are read, requests routed, bodies consumed, answers sent, in order.
 *
 * What a request does after its head is a task: an object with a step function that is called whenever
 * anything may have changed, does what it can, and says what it waits for. A request that is answered
 * at once needs no task. Output of one request after the other gathers in conn_out and goes in one send, and
 * the next request is not looked at while much output waits.
 *
 * The slices of server.head point into the connection's input and are good until the function that was given the
 * request returns; what a task needs later it copies. */
#pragma once

#include "engine/ingest.h"
#include "servers/conn.h"
#include "wire/http1_body.h"

struct http;

enum http_step {
    HTTP_DONE,   /* the answer is in conn_out whole */
    HTTP_INPUT,  /* wants more of the body */
    HTTP_ROOM,   /* wants the output to be sent first */
    HTTP_ENGINE, /* somebody will give the connection a turn */
    HTTP_AGAIN,  /* has more to do, after others */
    HTTP_TASK,   /* a route only: http->task was set and is to be stepped */
    HTTP_LATER,  /* a route only: the request is to be routed again when a turn comes */
};

struct http_task {
    enum http_step (*step)(struct http *http, struct http_task *task);
    /* The body did not come in time: writes the answer, 408, as the task knows how far it came. */
    void (*fail)(struct http *http, struct http_task *task, const struct err *err);
    /* The server drains: end soon. May be NULL. */
    void (*drain)(struct http *http, struct http_task *task);
    /* The request is over, or the connection gone. */
    void (*close)(struct http *http, struct http_task *task);
    bool pushes; /* a stream to a subscriber: it may wait for ever to be sent */
};

/* What a door serves. */
struct http_door {
    enum http_step (*route)(struct http *http, const struct http1_request *request);
};

enum http_state { HTTP_STATE_HEAD, HTTP_STATE_TASK, HTTP_STATE_SKIP };

struct http {
    struct conn conn;
    const struct http_door *door;
    enum http_state state;
    struct http1_scan scan;
    struct http1_body body;
    struct http_task *task;
    enum http_step waits; /* what the task said last */
    struct server_waiter waiter;
    bool head_began;   /* the head's time runs */
    i64 wait_until_us; /* while a request waits for its tick; 0 otherwise */

    /* of the current request */
    enum http1_method method;
    enum http1_version version;
    bool keep_alive;
    bool expects_continue; /* and was not told so yet */
    u32 origin_size;       /* of the page that asks and may; 0: none */

    struct producer *producer; /* the one of the last write, kept for the next */
    bool is_write;             /* the answer says what the producer has left */
    char producer_name[128];
    char origin[128];
};

extern const struct conn_protocol http_data_protocol;
extern const struct conn_protocol http_admin_protocol;

static inline struct server *http_server_of(struct http *http)
{
    return http->conn.server;
}

/* The next piece of the body. HTTP1_BODY_MORE: return HTTP_INPUT; BAD: http->body.fault. The piece is good until the
 * next call. */
enum http1_body_result http_body_next(struct http *http, struct slice *piece);
/* The bodies' bound, before the first http_body_next. */
void http_body_bound(struct http *http, u64 size_max);

/* For a route: the request is to be looked at again when tick is published, at the latest after timeout_us.
 * False: that time is over. */
bool http_wait_for_tick(struct http *http, u64 tick, i64 timeout_us);

/* The answer's end is not known to the client, or the request is only half read: no further request is read. */
static inline void http_last_request(struct http *http)
{
    http->keep_alive = false;
}
