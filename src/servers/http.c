#include "servers/http.h"

#include "base/assert.h"
#include "os/clock.h"
#include "servers/http_error.h"
#include "servers/http_security.h"
#include "servers/http_server.h"
#include "wire/http1_write.h"

/* A body that nobody wants is read to its end up to this size, so that the connection can be used again. */
#define SKIP_SIZE_MAX KIB(256)

static bool read_head(struct http *http);
static bool route(struct http *http, const struct http1_request *request);
static bool step_task(struct http *http);
static void end_request(struct http *http);
static bool skip_body(struct http *http);
static void set_deadline(struct http *http);

static struct http *http_of(struct conn *conn)
{
    return container_of(conn, struct http, conn);
}

static void open_connection(struct http *http, const struct http_door *door)
{
    http->door = door;
    http->waiter.conn = &http->conn;
    list_init(&http->waiter.link);
    conn_deadline(&http->conn, clock_now() + http_server_of(http)->options.head_timeout_us);
}

static void open_data(struct conn *conn)
{
    open_connection(http_of(conn), &http_server_data);
}

static void open_admin(struct conn *conn)
{
    open_connection(http_of(conn), &http_server_admin);
}

static void close_task(struct http *http)
{
    struct http_task *task = http->task;
    http->task = NULL;
    if (task) task->close(http, task);
}

static void close_connection(struct conn *conn)
{
    struct http *http = http_of(conn);
    list_remove(&http->waiter.link);
    close_task(http);
    if (http->producer) producer_release(http->producer);
    http->producer = NULL;
}

/* As far as it goes: a request after the other, until something has to be waited for. */
static void advance(struct conn *conn)
{
    struct http *http = http_of(conn);
    bool goes_on = true;
    while (goes_on && conn->phase == CONN_OPEN) {
        switch (http->state) {
        case HTTP_STATE_HEAD: goes_on = read_head(http); break;
        case HTTP_STATE_TASK: goes_on = step_task(http); break;
        case HTTP_STATE_SKIP: goes_on = skip_body(http); break;
        }
    }
    if (conn->phase == CONN_OPEN) set_deadline(http);
}

/* --- heads --- */

/* False: nothing to do now. */
static bool read_head(struct http *http)
{
    struct conn *conn = &http->conn;
    struct server *server = conn->server;
    if (!conn_has_room(conn)) {
        conn_turn(conn);
        return false;
    }
    struct slice input = conn_input(conn);
    if (input.size > 0) {
        switch (http1_parse(&http->scan, &server->options.head, input, &server->head)) {
        case HTTP1_DONE: return route(http, &server->head);
        case HTTP1_BAD:
            http->method = HTTP1_GET;
            http->is_write = false;
            http->origin_size = 0;
            http_error_fault(http, &server->head.fault);
            return false;
        case HTTP1_MORE: break;
        }
    }
    if (conn->ended || (server->draining && input.size == 0)) conn_finish(conn);
    return false;
}

/* False: the request is looked at again later. */
static bool route(struct http *http, const struct http1_request *request)
{
    struct server *server = http_server_of(http);
    http->method = request->method;
    http->version = request->version;
    http->keep_alive = request->keep_alive && !server->draining;
    http->expects_continue = request->expect_continue;
    http->is_write = false;
    http->origin_size = 0;
    http1_body_init(&http->body, &request->framing, UINT64_MAX);
    arena_reset(&server->request);
    enum http_step step = HTTP_DONE;
    if (http_security_check(http, request)) step = http->door->route(http, request);
    if (step == HTTP_LATER) {
        http->scan = (struct http1_scan){ .at = 0 };
        http->waits = HTTP_LATER;
        http->state = HTTP_STATE_TASK;
        return false;
    }
    http->wait_until_us = 0;
    server->counters.requests++;
    conn_take(&http->conn, request->head_size);
    http->scan = (struct http1_scan){ .at = 0 };
    http->state = HTTP_STATE_TASK;
    http->waits = HTTP_AGAIN;
    assert(step == HTTP_DONE || step == HTTP_TASK);
    if (step == HTTP_DONE) end_request(http);
    return true;
}

bool http_wait_for_tick(struct http *http, u64 tick, i64 timeout_us)
{
    i64 now = clock_now();
    if (http->wait_until_us == 0) http->wait_until_us = now + timeout_us;
    if (now >= http->wait_until_us) return false;
    http->waiter.tick = tick;
    list_remove(&http->waiter.link);
    list_append(&http_server_of(http)->tick_waiters, &http->waiter.link);
    return true;
}

/* --- tasks --- */

/* False: it waits. */
static bool step_task(struct http *http)
{
    if (http->waits == HTTP_LATER) { /* the same head again */
        list_remove(&http->waiter.link);
        http->state = HTTP_STATE_HEAD;
        return true;
    }
    http->waits = http->task->step(http, http->task);
    if (http->conn.phase != CONN_OPEN) return false;
    switch (http->waits) {
    case HTTP_DONE:
        close_task(http);
        end_request(http);
        return true;
    case HTTP_ROOM:
    case HTTP_AGAIN: conn_turn(&http->conn); return false;
    case HTTP_INPUT:
        if (!http->conn.ended) return false;
        conn_close(&http->conn); /* the body will never be whole, and nobody waits for an answer */
        return false;
    case HTTP_ENGINE: return false;
    case HTTP_TASK:
    case HTTP_LATER: break;
    }
    unreachable();
}

static void end_request(struct http *http)
{
    http->state = HTTP_STATE_HEAD;
    bool whole = http1_body_complete(&http->body);
    if (!whole && http->expects_continue) http->keep_alive = false; /* will it come or not? */
    if (!http->keep_alive)
        conn_finish(&http->conn);
    else if (!whole)
        http->state = HTTP_STATE_SKIP;
}

static bool skip_body(struct http *http)
{
    http_body_bound(http, SKIP_SIZE_MAX);
    for (;;) {
        struct slice piece;
        switch (http_body_next(http, &piece)) {
        case HTTP1_BODY_DATA: break;
        case HTTP1_BODY_DONE: http->state = HTTP_STATE_HEAD; return true;
        case HTTP1_BODY_BAD: conn_finish(&http->conn); return false;
        case HTTP1_BODY_MORE:
            if (http->conn.ended || http->body.left > SKIP_SIZE_MAX) conn_finish(&http->conn);
            return false;
        }
    }
}

enum http1_body_result http_body_next(struct http *http, struct slice *piece)
{
    struct conn *conn = &http->conn;
    size_t consumed;
    enum http1_body_result result =
        http1_body_step(&http->body, conn_input(conn), &consumed, piece);
    conn_take(conn, consumed);
    if (result != HTTP1_BODY_MORE) return result;
    if (http->expects_continue) {
        http->expects_continue = false;
        http1_write_continue(conn_out(conn));
    }
    if (http->body.size > 0) conn_widen(conn); /* a long one */
    return result;
}

void http_body_bound(struct http *http, u64 size_max)
{
    http->body.size_max = size_max;
}

/* --- time --- */

static void set_deadline(struct http *http)
{
    struct conn *conn = &http->conn;
    const struct server_options *options = &conn->server->options;
    i64 now = poll_now(conn->server->loop);
    bool begun = conn->in.size > conn->in_at;
    if (http->state == HTTP_STATE_HEAD && conn_unsent(conn) == 0) {
        /* The head's time runs from its first byte. */
        if (!begun)
            conn_deadline(conn, now + options->idle_timeout_us);
        else if (!http->head_began)
            conn_deadline(conn, now + options->head_timeout_us);
        http->head_began = begun;
        return;
    }
    http->head_began = false;
    if (http->state == HTTP_STATE_TASK && http->waits == HTTP_LATER)
        conn_deadline(conn, http->wait_until_us);
    else if (http->state == HTTP_STATE_TASK && http->waits == HTTP_ENGINE && conn_unsent(conn) == 0)
        conn_deadline(conn, INT64_MAX);
    else if (http->state == HTTP_STATE_TASK && http->task->pushes)
        conn_deadline(conn, INT64_MAX);
    else if (http->state == HTTP_STATE_TASK && http->waits == HTTP_INPUT)
        conn_deadline(conn, now + options->body_timeout_us);
    else
        conn_deadline(conn, now + options->send_timeout_us);
}

static void on_deadline(struct conn *conn)
{
    struct http *http = http_of(conn);
    struct err err;
    if (conn_unsent(conn) > 0) { /* it does not take what it asked for */
        conn_close(conn);
        return;
    }
    switch (http->state) {
    case HTTP_STATE_HEAD: {
        if (!http->head_began) {
            conn_finish(conn);
            return;
        }
        http->method = HTTP1_GET;
        http->is_write = false;
        http->origin_size = 0;
        const struct http1_fault late = { 408, "the head of the request did not come in time" };
        http_error_fault(http, &late);
        return;
    }
    case HTTP_STATE_SKIP: conn_finish(conn); return;
    case HTTP_STATE_TASK: break;
    }
    if (http->waits == HTTP_LATER) {
        conn_turn(conn); /* routed once more, it finds that its time is over */
        return;
    }
    err_set(&err, "08P01", "the body of the request did not come in time");
    http_last_request(http);
    http->task->fail(http, http->task, &err);
    close_task(http);
    conn_finish(conn);
}

static void drain(struct conn *conn)
{
    struct http *http = http_of(conn);
    http->keep_alive = false;
    if (http->state == HTTP_STATE_HEAD && conn->in.size == conn->in_at)
        conn_finish(conn);
    else if (http->state == HTTP_STATE_TASK && http->task && http->task->drain)
        http->task->drain(http, http->task);
}

const struct conn_protocol http_data_protocol = { .size = sizeof(struct http),
                                                  .open = open_data,
                                                  .advance = advance,
                                                  .deadline = on_deadline,
                                                  .drain = drain,
                                                  .close = close_connection };
const struct conn_protocol http_admin_protocol = { .size = sizeof(struct http),
                                                   .reserve = 16,
                                                   .open = open_admin,
                                                   .advance = advance,
                                                   .deadline = on_deadline,
                                                   .drain = drain,
                                                   .close = close_connection };
