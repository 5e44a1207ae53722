#include "servers/conn.h"

#include "base/assert.h"
#include "os/clock.h"

/* A client in the middle of the longest document still reads its answer. */
#define LINGER_SIZE_MAX MIB(64)
#define LINGER_US       CLOCK_SECOND

static void on_ready(struct poll_source *source, u32 ready);
static void on_timer(struct poll_timer *timer, i64 now_us);
static bool fill(struct conn *conn);
static void settle(struct conn *conn);
static void linger(struct conn *conn);
static void arm(struct conn *conn);

struct conn *conn_open(struct server *server, int fd, const struct net_peer *peer,
                       const struct conn_protocol *protocol)
{
    struct conn *conn = mem_zalloc(&server->mem, protocol->size);
    conn->source = (struct poll_source){ .on_ready = on_ready, .fd = fd };
    conn->timer.on_timer = on_timer;
    conn->server = server;
    conn->protocol = protocol;
    conn->peer = *peer;
    conn->deadline_us = INT64_MAX;
    list_init(&conn->turn);
    list_append(&server->conns, &conn->link);
    server->conn_count++;
    protocol->open(conn);
    struct err err;
    if (poll_add(server->loop, &conn->source, POLL_READ, &err)) conn_close(conn);
    return conn;
}

void conn_close(struct conn *conn)
{
    if (conn->phase == CONN_DEAD) return;
    struct server *server = conn->server;
    conn->phase = CONN_DEAD;
    poll_remove(server->loop, &conn->source);
    poll_timer_cancel(server->loop, &conn->timer);
    net_close(conn->source.fd);
    conn->source.fd = -1;
    list_remove(&conn->turn);
    list_remove(&conn->link);
    list_append(&server->dead, &conn->link);
    assert(server->conn_count > 0);
    server->conn_count--;
    conn->protocol->close(conn);
    buffers_give(&server->buffers, &conn->in);
    buffers_give(&server->buffers, &conn->out);
    conn->in_at = conn->out_at = 0;
}

void conn_free(struct conn *conn)
{
    assert(conn->phase == CONN_DEAD);
    list_remove(&conn->link);
    mem_free(&conn->server->mem, conn, conn->protocol->size);
}

void conn_finish(struct conn *conn)
{
    if (conn->phase != CONN_OPEN) return;
    conn->phase = CONN_FINISHING;
    conn_deadline(conn, poll_now(conn->server->loop) + conn->server->options.send_timeout_us);
    linger(conn);
    if (conn->phase != CONN_DEAD) arm(conn);
}

/* --- events --- */

static void on_ready(struct poll_source *source, u32 ready)
{
    struct conn *conn = container_of(source, struct conn, source);
    if (ready & POLL_HANGUP) {
        conn_close(conn);
        return;
    }
    if (ready & POLL_WRITE) {
        conn->is_stuck = false;
        conn_flush(conn);
    }
    if (conn->phase != CONN_DEAD && ready & POLL_READ && !fill(conn)) conn_close(conn);
    conn_go(conn);
}

/* A stuck connection goes on when its socket takes more: POLL_WRITE is armed for it. */
void conn_go(struct conn *conn)
{
    if (conn->phase == CONN_OPEN && !conn->is_stuck) conn->protocol->advance(conn);
    settle(conn);
}

/* After every event: what was made is sent, what is awaited is armed. */
static void settle(struct conn *conn)
{
    if (conn->phase == CONN_OPEN) conn_flush(conn);
    linger(conn);
    if (conn->phase != CONN_DEAD) arm(conn);
}

void conn_turn(struct conn *conn)
{
    if (conn->phase != CONN_OPEN || !list_empty(&conn->turn)) return;
    list_append(&conn->server->turns, &conn->turn);
}

static void on_timer(struct poll_timer *timer, i64 now_us)
{
    struct conn *conn = container_of(timer, struct conn, timer);
    if (now_us < conn->deadline_us) { /* it was moved since the timer was set */
        if (conn->deadline_us < INT64_MAX)
            poll_timer_set(conn->server->loop, timer, conn->deadline_us);
        return;
    }
    conn->deadline_us = INT64_MAX;
    if (conn->phase != CONN_OPEN) {
        conn_close(conn);
        return;
    }
    conn->protocol->deadline(conn);
    settle(conn);
}

void conn_deadline(struct conn *conn, i64 at_us)
{
    conn->deadline_us = at_us;
    if (at_us == INT64_MAX) return;
    if (poll_timer_is_set(&conn->timer) && conn->timer.timer.at_us <= at_us) return;
    poll_timer_set(conn->server->loop, &conn->timer, at_us);
}

/* --- input --- */

static size_t room(const struct conn *conn)
{
    return CONN_INPUT_SIZE_MAX - (conn->in.size - conn->in_at);
}

/* Reads once what fits. False: the socket is of no use any more. */
static bool fill(struct conn *conn)
{
    struct server *server = conn->server;
    if (conn->phase == CONN_LINGERING) conn->in.size = conn->in_at = 0;
    if (!conn->in.data) buffers_take(&server->buffers, &conn->in);
    if (conn->in_at > 0 && conn->in.capacity - conn->in.size < conn->in.capacity / 2) {
        buf_consume(&conn->in, conn->in_at);
        conn->in_at = 0;
    }
    if (conn->in.size == conn->in.capacity) {
        if (engine_is_short(server->engine)) return false;
        conn_widen(conn);
    }
    size_t size = MIN(conn->in.capacity, CONN_INPUT_SIZE_MAX) - conn->in.size, got;
    if (size == 0) return true;
    switch (net_read(conn->source.fd, conn->in.data + conn->in.size, size, &got)) {
    case NET_OK: break;
    case NET_CLOSED: conn->ended = true; return conn->phase == CONN_OPEN;
    case NET_AGAIN:
    case NET_FULL: return true;
    }
    conn->in.size += got;
    server->counters.bytes_in += got;
    if (conn->phase == CONN_LINGERING) {
        conn->dropped += got;
        return conn->dropped < LINGER_SIZE_MAX;
    }
    return true;
}

void conn_widen(struct conn *conn)
{
    if (!conn->in.data) buffers_take(&conn->server->buffers, &conn->in);
    if (conn->in.capacity >= CONN_INPUT_SIZE_MAX) return;
    buf_reserve(&conn->in, CONN_INPUT_SIZE_MAX - conn->in.size);
}

void conn_take(struct conn *conn, size_t size)
{
    conn->in_at += size;
    assert(conn->in_at <= conn->in.size);
    if (conn->in_at < conn->in.size) return;
    conn->in_at = conn->in.size = 0;
}

/* --- output --- */

struct buf *conn_out(struct conn *conn)
{
    if (!conn->out.data) buffers_take(&conn->server->buffers, &conn->out);
    return &conn->out;
}

void conn_flush(struct conn *conn)
{
    if (conn_unsent(conn) == 0 || conn->is_stuck || conn->phase == CONN_DEAD) return;
    struct slice rest = slice_make(conn->out.data + conn->out_at, conn_unsent(conn));
    size_t sent;
    bool all = conn_send(conn, &rest, 1, &sent);
    if (conn->phase == CONN_DEAD) return;
    conn->out_at += sent;
    if (!all) {
        if (sent > 0 && conn->deadline_us < INT64_MAX)
            conn_deadline(conn, poll_now(conn->server->loop) +
                                    conn->server->options.send_timeout_us); /* it goes on */
        if (sent > 0 && conn->out_at > conn->out.size / 2) {
            buf_consume(&conn->out, conn->out_at);
            conn->out_at = 0;
        }
        return;
    }
    conn->out_at = 0;
    buffers_give(&conn->server->buffers, &conn->out);
}

bool conn_send(struct conn *conn, const struct slice *slices, u32 count, size_t *sent)
{
    size_t size = 0;
    for (u32 index = 0; index < count; index++)
        size += slices[index].size;
    switch (net_write(conn->source.fd, slices, count, sent)) {
    case NET_OK: break;
    case NET_AGAIN: break;
    case NET_CLOSED:
    case NET_FULL: conn_close(conn); return false;
    }
    conn->server->counters.bytes_out += *sent;
    conn->is_stuck = *sent < size;
    return !conn->is_stuck;
}

/* When a finishing connection has sent all: no more comes from here, and what comes from there is dropped. */
static void linger(struct conn *conn)
{
    if (conn->phase != CONN_FINISHING) return;
    conn_flush(conn);
    if (conn->phase == CONN_DEAD || conn_unsent(conn) > 0) return;
    if (conn->ended) {
        conn_close(conn);
        return;
    }
    net_shutdown_write(conn->source.fd);
    conn->phase = CONN_LINGERING;
    conn->in.size = conn->in_at = 0;
    conn_deadline(conn, poll_now(conn->server->loop) + LINGER_US);
}

/* Tells the loop what is waited for; gives an empty input back. */
static void arm(struct conn *conn)
{
    u32 interest = POLL_NONE;
    bool reads = conn->phase == CONN_LINGERING || (conn->phase == CONN_OPEN && room(conn) > 0);
    if (reads && !conn->ended) interest |= POLL_READ;
    if (conn->is_stuck) interest |= POLL_WRITE;
    poll_change(conn->server->loop, &conn->source, interest);
    if (conn->in.size == conn->in_at && conn->in.data) {
        conn->in_at = 0;
        buffers_give(&conn->server->buffers, &conn->in);
    }
}
