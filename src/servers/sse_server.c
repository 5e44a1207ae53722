#include "servers/sse_server.h"

#include "base/assert.h"
#include "base/text.h"
#include "os/entropy.h"
#include "servers/beat.h"
#include "servers/http_error.h"
#include "servers/subscription_query.h"
#include "wire/range.h"
#include "wire/sse.h"

#define HELD_COUNT_MAX 8       /* frames of one send */
#define HELD_SIZE_MAX  KIB(64) /* no further one after that many bytes */
#define TOLD_SIZE_MAX  KIB(4)  /* a larger frame is sent from where it is */
#define PREFIX_SIZE    96      /* the chunk's size, event, id, "data: " */
#define RETRY_MS       2000    /* and up to half a second more, so that not all come back at once */

struct held {
    struct frame *frame;
    struct slice bytes;
    u32 prefix_size;
    char prefix[PREFIX_SIZE];
};

struct sse {
    struct http_task task;
    struct beat beat;
    struct http *http;
    struct subscriber *subscriber;
    bool is_draining;
    u32 held_count;
    size_t sent; /* of the first held */
    struct held held[HELD_COUNT_MAX];
};

static enum status open_subscriber(struct sse *sse, const struct http1_request *request,
                                   struct slice relation, struct err *err);
static void begin(struct sse *sse);
static enum http_step step(struct http *http, struct http_task *task);
static void fail_late(struct http *http, struct http_task *task, const struct err *err);
static void drain(struct http *http, struct http_task *task);
static void close_task(struct http *http, struct http_task *task);
static void on_beat(struct beat *beat);

enum http_step sse_server_route(struct http *http, const struct http1_request *request,
                                struct slice relation)
{
    struct server *server = http_server_of(http);
    struct sse *sse = mem_zalloc(&server->mem, sizeof *sse);
    struct err err;
    sse->task = (struct http_task){
        .step = step, .fail = fail_late, .drain = drain, .close = close_task, .pushes = true
    };
    sse->http = http;
    beat_init(&sse->beat, on_beat);
    if (open_subscriber(sse, request, relation, &err)) {
        close_task(http, &sse->task);
        http_error(http, &err, NULL);
        return HTTP_DONE;
    }
    begin(sse);
    if (http->method == HTTP1_HEAD) {
        close_task(http, &sse->task);
        return HTTP_DONE;
    }
    beat_later(server, &sse->beat);
    http->task = &sse->task;
    return HTTP_TASK;
}

static enum status refuse_range(const struct http1_request *request, struct err *err)
{
    struct range range;
    if (range_parse(http1_head_find(&request->headers, HTTP1_RANGE),
                    http1_head_find(&request->headers, HTTP1_RANGE_UNIT), &range, err))
        return FAIL;
    if (!range.has_limit && range.offset == 0) return OK;
    return err_set(err, "0A000", "a subscription has no Range: ask with order and limit");
}

static void on_ready(void *context)
{
    struct sse *sse = context;
    conn_turn(&sse->http->conn);
}

static enum status open_subscriber(struct sse *sse, const struct http1_request *request,
                                   struct slice relation, struct err *err)
{
    struct server *server = http_server_of(sse->http);
    struct arena *arena = &server->request;
    struct query query;
    struct sse_id since = { .epoch = 0 };
    struct slice last = http1_head_find(&request->headers, HTTP1_LAST_EVENT_ID);
    if (query_parse(request->query, arena, &query, err)) return FAIL;
    if (refuse_range(request, err)) return FAIL;
    bool resumes = last.size > 0;
    if (resumes && (!sse_id_parse(last, &since) || since.epoch > UINT32_MAX))
        return err_set(err, "22023", "Last-Event-ID is not an id of this server's: epoch:tick");
    struct subscribe_options options = {
        .relation = relation,
        .resume = resumes,
        .since = { .epoch = (u32)since.epoch, .tick = since.tick },
        .producer = slice_of(sse->http->conn.peer.address),
        .on_ready = on_ready,
        .context = sse,
    };
    if (subscription_query(server->engine, &query, arena, &options, err)) return FAIL;
    return subscribe_open(server->engine, &options, &sse->subscriber, err);
}

/* The head, and how long to wait before coming back. */
static void begin(struct sse *sse)
{
    struct http *http = sse->http;
    struct server *server = http_server_of(http);
    struct buf *out = conn_out(&http->conn);
    if (http->version == HTTP1_VERSION_1_0) http_last_request(http);
    net_set_send_size(http->conn.source.fd, server->options.push_send_size);
    net_set_unsent_size_max(http->conn.source.fd, server->options.push_unsent_size);
    http_answer_begin(http, 200, engine_tick(server->engine));
    http1_write_field(out, "Cache-Control", SLICE("no-store"));
    http_answer_stream(http, "text/event-stream");
    if (http->method == HTTP1_HEAD) return;
    size_t chunk = http_answer_chunk_begin(http);
    sse_write(&(struct sse_frame){ .retry_ms = RETRY_MS + entropy_u32() % 500 }, out);
    http_answer_chunk_end(http, chunk);
}

static void fail_late(struct http *http, struct http_task *task, const struct err *err)
{
    (void)task; /* a subscription waits for no body */
    http_error_status(http, 408, err, NULL);
}

static void drain(struct http *http, struct http_task *task)
{
    struct sse *sse = container_of(task, struct sse, task);
    sse->is_draining = true;
    conn_turn(&http->conn);
}

static void close_task(struct http *http, struct http_task *task)
{
    struct sse *sse = container_of(task, struct sse, task);
    for (u32 index = 0; index < sse->held_count; index++)
        subscribe_release(sse->held[index].frame);
    if (sse->subscriber) subscribe_close(sse->subscriber);
    beat_stop(&sse->beat);
    mem_free(&http_server_of(http)->mem, sse, sizeof *sse);
}

/* --- frames --- */

static struct slice frame_end(const struct http *http)
{
    return http->version == HTTP1_VERSION_1_0 ? SLICE("\n\n") : SLICE("\n\n\r\n");
}

static size_t add(char *target, struct slice text)
{
    memcpy(target, text.data, text.size);
    return text.size;
}

/* What goes before the frame's bytes. */
static void frame_begin(struct sse *sse, struct held *held)
{
    struct server *server = http_server_of(sse->http);
    const struct subscribe_frame frame = subscribe_frame(held->frame);
    char event[PREFIX_SIZE];
    size_t size = add(event, frame.is_init ? SLICE("event: init\n") : SLICE("event: update\n"));
    if (!frame.more) {
        const struct sse_id id = { .epoch = engine_epoch(server->engine), .tick = frame.tick };
        size += add(event + size, SLICE("id: "));
        size += sse_id_write(id, event + size);
        event[size++] = '\n';
    }
    size += add(event + size, SLICE("data: "));
    held->bytes = frame.bytes;
    size_t chunk = 0;
    if (sse->http->version != HTTP1_VERSION_1_0) {
        chunk = text_write_number(held->prefix, size + frame.bytes.size + 2, 16);
        chunk += add(held->prefix + chunk, SLICE("\r\n"));
    }
    assert(chunk + size <= PREFIX_SIZE);
    memcpy(held->prefix + chunk, event, size);
    held->prefix_size = (u32)(chunk + size);
}

static void hold(struct sse *sse, struct frame *frame)
{
    struct held *held = &sse->held[sse->held_count++];
    held->frame = frame;
    frame_begin(sse, held);
}

/* What there is to send now, as much as one send takes. */
static void pull(struct sse *sse)
{
    size_t size = 0;
    for (u32 index = 0; index < sse->held_count; index++)
        size += sse->held[index].bytes.size;
    while (sse->held_count < HELD_COUNT_MAX && size < HELD_SIZE_MAX) {
        struct frame *frame = subscribe_pull(sse->subscriber);
        if (!frame) return;
        hold(sse, frame);
        size += sse->held[sse->held_count - 1].bytes.size;
    }
}

static void release_sent(struct sse *sse, size_t sent)
{
    u32 done = 0;
    size_t end_size = frame_end(sse->http).size;
    sse->sent += sent;
    for (; done < sse->held_count; done++) {
        struct held *held = &sse->held[done];
        size_t size = held->prefix_size + held->bytes.size + end_size;
        if (sse->sent < size) break;
        sse->sent -= size;
        subscribe_release(held->frame);
    }
    sse->held_count -= done;
    if (done > 0) memmove(sse->held, sse->held + done, sse->held_count * sizeof *sse->held);
}

/* False: the socket took less, or the connection is dead and sse is gone with it. */
static bool send_held(struct sse *sse)
{
    struct conn *conn = &sse->http->conn;
    struct slice slices[HELD_COUNT_MAX * 3], end = frame_end(sse->http);
    u32 count = 0;
    size_t skip = sse->sent, sent;
    for (u32 index = 0; index < sse->held_count; index++) {
        const struct held *held = &sse->held[index];
        conn_slice_add(slices, &count, slice_make(held->prefix, held->prefix_size), &skip);
        conn_slice_add(slices, &count, held->bytes, &skip);
        conn_slice_add(slices, &count, end, &skip);
    }
    bool all = conn_send(conn, slices, count, &sent);
    if (conn->phase != CONN_OPEN) return false;
    release_sent(sse, sent);
    if (sent > 0) beat_later(conn->server, &sse->beat);
    return all;
}

/* --- what many are told at once --- */

/* Parts of a large state differ from reader to reader, and HTTP/1.0 has no chunks. */
static bool can_tell(const struct sse *sse, const struct frame *frame)
{
    const struct subscribe_frame told = subscribe_frame(frame);
    return sse->http->version != HTTP1_VERSION_1_0 && !told.more &&
           told.bytes.size <= TOLD_SIZE_MAX;
}

/* The frame as it goes out, in one piece: written for the first in this step who is sent it. */
static struct slice told(struct sse *sse, struct frame *frame)
{
    struct server *server = http_server_of(sse->http);
    if (server->told != frame) {
        struct held held = { .frame = frame };
        struct slice end = frame_end(sse->http);
        sse_server_forget(server);
        server->told = subscribe_hold(frame);
        frame_begin(sse, &held);
        buf_append(&server->told_bytes, held.prefix, held.prefix_size);
        buf_append(&server->told_bytes, held.bytes.data, held.bytes.size);
        buf_append(&server->told_bytes, end.data, end.size);
    }
    return buf_slice(&server->told_bytes);
}

void sse_server_forget(struct server *server)
{
    if (server->told) subscribe_release(server->told);
    server->told = NULL;
    buf_clear(&server->told_bytes);
}

/* Sends the frame, which it takes. False: the socket took less, or the connection is dead and sse is gone with it. */
static bool tell(struct sse *sse, struct frame *frame)
{
    struct conn *conn = &sse->http->conn;
    struct slice bytes = told(sse, frame);
    size_t sent;
    bool all = conn_send(conn, &bytes, 1, &sent);
    if (conn->phase != CONN_OPEN || all) {
        subscribe_release(frame);
    } else {
        hold(sse, frame);
        sse->sent = sent;
    }
    if (conn->phase == CONN_OPEN && sent > 0) beat_later(conn->server, &sse->beat);
    return all;
}

/* Sends what there is; HTTP_TASK: nothing is left. A reader who keeps up is visited once for each change. */
static enum http_step send_all(struct sse *sse)
{
    if (sse->held_count == 0) {
        struct frame *frame = subscribe_pull(sse->subscriber);
        if (!frame) return HTTP_TASK;
        if (can_tell(sse, frame)) {
            if (!tell(sse, frame)) return HTTP_ENGINE;
            frame = subscribe_pull(sse->subscriber);
            if (!frame) return HTTP_TASK;
            hold(sse, frame);
            return HTTP_AGAIN; /* others first */
        }
        hold(sse, frame);
    }
    if (sse->sent == 0) pull(sse);
    if (!send_held(sse)) return HTTP_ENGINE;
    return HTTP_AGAIN; /* perhaps there is more */
}

static enum http_step end(struct sse *sse, const char *sqlstate, const char *message)
{
    struct http *http = sse->http;
    struct server *server = http_server_of(http);
    struct buf *out = conn_out(&http->conn), *data = &server->scratch;
    struct err err;
    err_set(&err, sqlstate, "%s", message);
    buf_clear(data);
    http_error_write(data, &err, NULL);
    data->size--; /* its brace */
    buf_format(data, ",\"tick\":%llu}", (unsigned long long)engine_tick(server->engine));
    size_t chunk = http_answer_chunk_begin(http);
    sse_write(&(struct sse_frame){ .event = SLICE("end"), .retry_ms = -1, .data = buf_slice(data) },
              out);
    http_answer_chunk_end(http, chunk);
    http_answer_stream_end(http);
    http_last_request(http);
    return HTTP_DONE;
}

static enum http_step step(struct http *http, struct http_task *task)
{
    struct sse *sse = container_of(task, struct sse, task);
    struct conn *conn = &http->conn;
    if (conn->ended) {
        conn_close(conn);
        return HTTP_DONE;
    }
    conn_take(conn, conn_input(conn).size); /* nothing that comes now will be answered */
    conn_flush(conn);
    if (conn->phase != CONN_OPEN) return HTTP_DONE;
    if (conn_unsent(conn) > 0) return HTTP_ENGINE;
    enum http_step sending = send_all(sse);
    if (sending != HTTP_TASK) return sending;
    if (sse->is_draining) return end(sse, "57P01", "the server is shutting down");
    if (subscribe_ended(sse->subscriber))
        return end(sse, "55000", "the relation was dropped, or suspended for memory");
    return HTTP_ENGINE;
}

/* --- signs of life --- */

/* Who does not take what is there already is not told more. */
static void on_beat(struct beat *beat)
{
    struct sse *sse = container_of(beat, struct sse, beat);
    struct conn *conn = &sse->http->conn;
    if (conn->is_stuck || sse->held_count > 0 || conn_unsent(conn) > 0) return;
    size_t chunk = http_answer_chunk_begin(sse->http);
    sse_comment_write(SLICE(""), conn_out(conn));
    http_answer_chunk_end(sse->http, chunk);
    conn_turn(conn);
}
