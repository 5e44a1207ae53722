#include "servers/live_server.h"

#include "base/assert.h"
#include "servers/http_error.h"
#include "servers/http_producer.h"
#include "servers/live_internal.h"
#include "wire/field.h"

#define PROTOCOL "weir.v1"
/* Messages that are looked at in one turn, before others have theirs. */
#define TURN_MESSAGE_COUNT 256
/* While memory is short, half a message that is longer than this waits for its rest. */
#define HALF_SIZE_FREE KIB(64)
/* Beats without a word after which a peer is dead: a stall of ours may swallow one. */
#define PING_COUNT_MAX 2

static bool check_handshake(struct http *http, const struct http1_request *request,
                            bool *has_protocol);
static void begin(struct http *http, const struct http1_request *request, bool has_protocol);
static enum http_step step(struct http *http, struct http_task *task);
static void fail_late(struct http *http, struct http_task *task, const struct err *err);
static void drain(struct http *http, struct http_task *task);
static void close_task(struct http *http, struct http_task *task);
static void on_beat(struct beat *beat);

enum http_step live_server_route(struct http *http, const struct http1_request *request)
{
    struct server *server = http_server_of(http);
    bool has_protocol;
    if (!check_handshake(http, request, &has_protocol)) return HTTP_DONE;
    begin(http, request, has_protocol);
    struct live *live = mem_zalloc(&server->mem, sizeof *live);
    live->task = (struct http_task){
        .step = step, .fail = fail_late, .drain = drain, .close = close_task, .pushes = true
    };
    live->http = http;
    beat_init(&live->beat, on_beat);
    websocket_reader_init(&live->reader, &server->mem, server->options.live_message_size_max);
    list_init(&live->subscriptions);
    list_init(&live->ready);
    list_init(&live->writes);
    if (!server->members) server->members = json_members_open(&server->mem);
    beat_later(server, &live->beat);
    http->task = &live->task;
    return HTTP_TASK;
}

/* --- the handshake (RFC 6455, 4.2) --- */

/* 400, and the connection closes: who did not mean this would take our frames for something else. */
static bool refuse(struct http *http, const char *reason)
{
    struct err err;
    err_set(&err, "08P01", "%s", reason);
    http_last_request(http);
    http_error_status(http, 400, &err, NULL);
    return false;
}

/* 426: what would have to be asked for. */
static bool refuse_upgrade(struct http *http, const char *message)
{
    struct server *server = http_server_of(http);
    struct buf *out = conn_out(&http->conn);
    struct err err;
    err_set(&err, "08P01", "%s", message);
    buf_clear(&server->scratch);
    http_error_write(&server->scratch, &err, NULL);
    http_answer_begin(http, 426, engine_tick(server->engine));
    http1_write_field(out, "Upgrade", SLICE("websocket"));
    http1_write_field(out, "Connection", SLICE("Upgrade"));
    http1_write_field(out, "Sec-WebSocket-Version", SLICE("13"));
    http1_write_field(out, "Sec-WebSocket-Protocol", SLICE(PROTOCOL));
    http_answer_body(http, "application/json; charset=utf-8", buf_slice(&server->scratch));
    return false;
}

/* A client that offers subprotocols has to offer ours; one that offers none is taken to mean it. */
static bool check_protocol(const struct http1_headers *headers, bool *has_protocol)
{
    u32 cursor = 0;
    bool has_others = false;
    struct slice line, element;
    *has_protocol = false;
    while (http1_head_next(headers, HTTP1_SEC_WEBSOCKET_PROTOCOL, &cursor, &line)) {
        while (field_next_element(&line, &element)) {
            has_others = true;
            if (slice_is(element, PROTOCOL)) *has_protocol = true;
        }
    }
    return *has_protocol || !has_others;
}

static bool check_handshake(struct http *http, const struct http1_request *request,
                            bool *has_protocol)
{
    const struct http1_headers *headers = &request->headers;
    struct slice version = http1_head_find(headers, HTTP1_SEC_WEBSOCKET_VERSION);
    struct err err;
    if (!request->upgrade || request->version == HTTP1_VERSION_1_0 ||
        !http1_head_has_element(headers, HTTP1_UPGRADE, "websocket"))
        return refuse_upgrade(http, "this path speaks WebSocket (RFC 6455)");
    if (!version.data) return refuse(http, "Sec-WebSocket-Version is missing");
    if (!slice_is(version, "13")) return refuse_upgrade(http, "the version of WebSocket is 13");
    if (!websocket_key_valid(http1_head_find(headers, HTTP1_SEC_WEBSOCKET_KEY)))
        return refuse(http, "Sec-WebSocket-Key is not the base64 of 16 bytes");
    if (request->framing.chunked || request->framing.content_length > 0)
        return refuse(http, "a handshake has no body");
    if (!check_protocol(headers, has_protocol))
        return refuse(http, "the only subprotocol is " PROTOCOL);
    if (http_producer_name(http, request, &err)) {
        http_error(http, &err, NULL);
        return false;
    }
    if (!http_server_of(http)->draining) return true;
    err_set(&err, "57P01", "the server is shutting down");
    http_error(http, &err, NULL);
    return false;
}

static void begin(struct http *http, const struct http1_request *request, bool has_protocol)
{
    struct server *server = http_server_of(http);
    struct buf *out = conn_out(&http->conn);
    char accept[WEBSOCKET_ACCEPT_SIZE];
    websocket_accept(http1_head_find(&request->headers, HTTP1_SEC_WEBSOCKET_KEY), accept);
    net_set_send_size(http->conn.source.fd, server->options.push_send_size);
    net_set_unsent_size_max(http->conn.source.fd, server->options.push_unsent_size);
    http->keep_alive = true;
    http_answer_begin(http, 101, engine_tick(server->engine));
    http1_write_field(out, "Upgrade", SLICE("websocket"));
    http1_write_field(out, "Connection", SLICE("Upgrade"));
    http1_write_field(out, "Sec-WebSocket-Accept", slice_make(accept, sizeof accept));
    if (has_protocol) http1_write_field(out, "Sec-WebSocket-Protocol", SLICE(PROTOCOL));
    http1_write_end(out);
    http_last_request(http);
}

/* --- what is said --- */

void live_say(struct live *live)
{
    websocket_write(WEBSOCKET_OPCODE_TEXT, buf_slice(&live_server(live)->scratch),
                    conn_out(live_conn(live)));
}

void live_error(struct live *live, bool has_id, u64 id, const struct err *err)
{
    struct buf *text = &live_server(live)->scratch;
    buf_clear(text);
    buf_putc(text, '{');
    if (has_id) buf_format(text, "\"id\":%llu,", (unsigned long long)id);
    buf_puts(text, "\"event\":\"error\"");
    size_t at = text->size;
    http_error_write(text, err, NULL);
    text->data[at] = ','; /* for its brace */
    if (err->row > 0) {
        text->size--;
        buf_format(text, ",\"row\":%lld}", (long long)err->row);
    }
    live_say(live);
}

/* --- messages --- */

static enum status obey(struct live *live, const struct live_message *message, struct err *err)
{
    switch (message->op) {
    case LIVE_SUBSCRIBE: return live_subscribe(live, message, err);
    case LIVE_REQUEST: return live_request(live, message, err);
    case LIVE_CANCEL: live_cancel(live, message->id); return OK;
    case LIVE_INSERT:
    case LIVE_UPSERT:
    case LIVE_PATCH:
    case LIVE_DELETE: return live_write_open(live, message, err);
    }
    unreachable();
}

/* After an error that has an id nothing more comes for it, whatever was wrong. */
static void take_message(struct live *live)
{
    struct server *server = live_server(live);
    struct live_message message;
    struct err err;
    arena_reset(&server->request);
    if (live_message_parse(&message, server->members, websocket_message(&live->reader),
                           &server->request, &err) ||
        obey(live, &message, &err)) {
        if (message.has_id) live_cancel(live, message.id);
        live_error(live, message.has_id, message.id, &err);
    }
    json_members_forget(server->members);
    websocket_message_forget(&live->reader);
}

enum input {
    INPUT_NONE,  /* all that came was looked at */
    INPUT_AGAIN, /* enough for now */
    INPUT_WAITS, /* for room or for answers: what comes stays where it is */
    INPUT_OVER,  /* a last frame was written */
    INPUT_GONE,  /* the peer sends no more, and said nothing */
};

static enum input end(struct live *live, u32 code, const char *reason)
{
    websocket_close_write(code, reason, conn_out(live_conn(live)));
    return INPUT_OVER;
}

static void wait_over(struct live *live)
{
    server_wait_end(live_server(live), live->waiting_size);
    live->waiting_size = 0;
    live->waits_for_memory = false;
}

static void on_room(void *context)
{
    struct live *live = context;
    wait_over(live);
    conn_turn(live_conn(live));
}

/* Half of a long message is here, and the memory budget is full: it is not read on. */
static enum input wait_for_memory(struct live *live)
{
    struct err err;
    u64 size = websocket_message(&live->reader)->size;
    if (size <= HALF_SIZE_FREE) return INPUT_NONE;
    if (http_producer_take(live->http, &err) || !server_wait_begin(live_server(live), size))
        return end(live, WEBSOCKET_CODE_TRY_LATER, "out of memory");
    live->waiting_size = size;
    live->waits_for_memory = true;
    producer_on_room(live->http->producer, on_room, live);
    return INPUT_WAITS;
}

/* INPUT_AGAIN: there may be more. */
static enum input read_event(struct live *live)
{
    struct conn *conn = live_conn(live);
    struct slice input = conn_input(conn);
    size_t given = input.size;
    enum websocket_event event = websocket_read(&live->reader, &input);
    live->heard |= given > input.size;
    conn_take(conn, given - input.size);
    switch (event) {
    case WEBSOCKET_MORE:
        if (conn->ended) return INPUT_GONE;
        if (live->reader.left > 0) conn_widen(conn); /* a long one */
        return engine_is_full(conn->server->engine) ? wait_for_memory(live) : INPUT_NONE;
    case WEBSOCKET_MESSAGE: take_message(live); return INPUT_AGAIN;
    case WEBSOCKET_PING:
        websocket_write(WEBSOCKET_OPCODE_PONG, websocket_control(&live->reader), conn_out(conn));
        return INPUT_AGAIN;
    case WEBSOCKET_PONG: return INPUT_AGAIN;
    case WEBSOCKET_CLOSE: return end(live, live->reader.close_code, "");
    case WEBSOCKET_BAD: return end(live, live->reader.close_code, live->reader.why);
    }
    unreachable();
}

static enum input take_input(struct live *live)
{
    if (live->waits_for_memory) return INPUT_WAITS;
    for (u32 count = 0; count < TURN_MESSAGE_COUNT; count++) {
        if (live->write) {
            enum live_progress progress = live_write_step(live);
            if (progress == LIVE_PROGRESS_WAITS) return INPUT_WAITS;
            if (progress == LIVE_PROGRESS_AGAIN) return INPUT_AGAIN;
        }
        if (live_write_is_full(live)) return INPUT_WAITS;
        if (!conn_has_room(live_conn(live))) return INPUT_AGAIN;
        enum input input = read_event(live);
        if (input != INPUT_AGAIN) return input;
    }
    return INPUT_AGAIN;
}

/* The server ends: what is on its way is answered first, and nothing new is taken. */
static enum input take_end(struct live *live)
{
    struct err err;
    if (live->write) {
        err_set(&err, "57P01", "the server is shutting down");
        live_write_fail(live, &err);
        live_write_settle(live);
    }
    if (!list_empty(&live->writes)) return INPUT_WAITS;
    return end(live, WEBSOCKET_CODE_GOING_AWAY, "the server is shutting down");
}

/* False: the socket takes no more, or is no more. */
static bool flush(struct conn *conn)
{
    conn_flush(conn);
    return conn->phase == CONN_OPEN && conn_unsent(conn) == 0;
}

static enum http_step step(struct http *http, struct http_task *task)
{
    struct live *live = container_of(task, struct live, task);
    struct conn *conn = &http->conn;
    if (live->send) {
        if (live_send_frames(live) == LIVE_STUCK)
            return conn->phase == CONN_OPEN ? HTTP_ENGINE : HTTP_DONE;
    }
    live_write_settle(live);
    live_end_subscriptions(live);
    enum input input = live->is_draining ? take_end(live) : take_input(live);
    live->waits = input == INPUT_WAITS;
    if (input == INPUT_OVER) return HTTP_DONE;
    if (input == INPUT_GONE) {
        conn_close(conn);
        return HTTP_DONE;
    }
    if (!flush(conn)) return conn->phase == CONN_OPEN ? HTTP_ENGINE : HTTP_DONE;
    enum live_sent sent = live_send_frames(live);
    if (sent == LIVE_STUCK) return conn->phase == CONN_OPEN ? HTTP_ENGINE : HTTP_DONE;
    return input == INPUT_AGAIN || sent == LIVE_SENT_SOME ? HTTP_AGAIN : HTTP_ENGINE;
}

/* --- signs of life, and the end --- */

/* Who is silent is asked; who stays silent is dead. A peer from which we do not read, or that does not read, is not judged:
 * its pong may stand in a queue that is ours to empty. */
static void on_beat(struct beat *beat)
{
    struct live *live = container_of(beat, struct live, beat);
    struct conn *conn = live_conn(live);
    bool is_full = conn->is_stuck || live->send || conn_unsent(conn) > 0;
    if (live->heard || live->waits || is_full) {
        live->heard = false;
        live->ping_count = 0;
        return;
    }
    if (live->ping_count == PING_COUNT_MAX) {
        conn_close(conn);
        return;
    }
    live->ping_count++;
    websocket_write(WEBSOCKET_OPCODE_PING, SLICE(""), conn_out(conn));
    conn_turn(conn);
}

static void fail_late(struct http *http, struct http_task *task, const struct err *err)
{
    (void)http; /* a socket has no time to be late for */
    (void)task;
    (void)err;
}

static void drain(struct http *http, struct http_task *task)
{
    struct live *live = container_of(task, struct live, task);
    live->is_draining = true;
    conn_turn(&http->conn);
}

static void close_task(struct http *http, struct http_task *task)
{
    struct live *live = container_of(task, struct live, task);
    if (live->waits_for_memory) {
        producer_forget(http->producer, live);
        wait_over(live);
    }
    live_send_drop(live);
    live_cancel_all(live);
    live_write_abandon_all(live);
    websocket_reader_deinit(&live->reader);
    beat_stop(&live->beat);
    mem_free(&http_server_of(http)->mem, live, sizeof *live);
}
