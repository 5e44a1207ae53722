#include "servers/http_sql.h"

#include "base/assert.h"
#include "codec/codec.h"
#include "codec/json_write.h"
#include "engine/exec.h"
#include "servers/http_error.h"
#include "servers/http_producer.h"
#include "servers/http_request.h"
#include "wire/media.h"

struct http_sql {
    struct http_task task;
    struct server *server;
    struct http *http;
    struct buf text;
    struct buf out; /* results that are not in conn_out yet */
    struct exec *exec;
    bool is_started;
    bool is_held; /* the statement waits until the client took more */
    bool is_ended;
    bool has_failed;
    bool is_streaming; /* the head is sent */
    bool has_columns;  /* of the statement that runs */
    u64 row_count;     /* of it */
    u64 result_count;
    u64 completed_count; /* statements */
    u64 tick;
    struct err err;
};

static enum http_step step(struct http *http, struct http_task *task);
static void fail_late(struct http *http, struct http_task *task, const struct err *err);
static void close_task(struct http *http, struct http_task *task);

static enum http_step refuse(struct http *http, u32 status, const char *sqlstate,
                             const char *message)
{
    struct err err;
    err_set(&err, sqlstate, "%s", message);
    http_error_status(http, status, &err, NULL);
    return HTTP_DONE;
}

enum http_step http_sql_route(struct http *http, const struct http1_request *request)
{
    struct server *server = http_server_of(http);
    struct err err;
    struct slice type = http1_head_find(&request->headers, HTTP1_CONTENT_TYPE);
    if (!type.data || media_parse(type) != MEDIA_SQL)
        return refuse(http, 415, "PGRST102", "statements come with Content-Type: application/sql");
    if (http1_head_find(&request->headers, HTTP1_CONTENT_ENCODING).data)
        return refuse(http, 415, "PGRST102", "statements come without a Content-Encoding");
    if (request->framing.content_length > server->options.statement_size_max)
        return refuse(http, 413, "54000", "the statements are too long");
    enum http_step wait = http_request_min_tick(http, request);
    if (wait != HTTP_TASK) return wait;
    if (http_producer_choose(http, request, &err)) {
        http_error(http, &err, NULL);
        return HTTP_DONE;
    }
    http_body_bound(http, server->options.statement_size_max);
    struct http_sql *sql = mem_zalloc(&server->mem, sizeof *sql);
    sql->task = (struct http_task){ .step = step, .fail = fail_late, .close = close_task };
    sql->server = server;
    sql->http = http;
    sql->tick = engine_tick(server->engine);
    buf_init(&sql->text, &server->mem);
    buffers_take(&server->buffers, &sql->out);
    http->task = &sql->task;
    return HTTP_TASK;
}

/* --- results --- */

static void on_columns(void *context, const struct schema *schema)
{
    struct http_sql *sql = context;
    struct buf *out = &sql->out;
    buf_puts(out, sql->result_count++ ? ",\n {\"columns\":[" : "{\"columns\":[");
    for (u32 index = 0; index < schema->column_count; index++) {
        char type[64];
        type_name(schema->columns[index].type, type);
        buf_puts(out, index ? ",{\"name\":" : "{\"name\":");
        codec_json_string(out, slice_of(schema->columns[index].name));
        buf_puts(out, ",\"type\":");
        codec_json_string(out, slice_of(type));
        buf_putc(out, '}');
    }
    buf_puts(out, "],\"rows\":[");
    sql->has_columns = true;
    sql->row_count = 0;
}

static void on_rows(void *context, const struct batch *batch)
{
    struct http_sql *sql = context;
    struct buf *out = &sql->out;
    for (u32 row = 0; row < batch->row_count; row++) {
        buf_puts(out, sql->row_count++ ? ",\n  [" : "[");
        for (u32 column = 0; column < batch->column_count; column++) {
            if (column > 0) buf_putc(out, ',');
            if (column_is_null(&batch->columns[column], row))
                buf_puts(out, "null");
            else
                json_write_value(out, &batch->columns[column], row);
        }
        buf_putc(out, ']');
    }
    if (out->size >= CONN_OUTPUT_MARK && sql->exec) {
        sql->is_held = true;
        exec_hold(sql->exec, true);
        conn_turn(&sql->http->conn);
    }
}

static void on_complete(void *context, const char *tag, u64 tick)
{
    struct http_sql *sql = context;
    struct buf *out = &sql->out;
    if (sql->has_columns)
        buf_puts(out, "],");
    else
        buf_puts(out, sql->result_count++ ? ",\n {" : "{");
    buf_puts(out, "\"command\":");
    codec_json_string(out, slice_of(tag));
    buf_format(out, ",\"tick\":%llu}", (unsigned long long)tick);
    sql->has_columns = false;
    sql->completed_count++;
    sql->tick = tick;
}

static void on_end(void *context, const struct err *err)
{
    struct http_sql *sql = context;
    sql->exec = NULL;
    sql->is_ended = true;
    sql->has_failed = err != NULL;
    if (err) sql->err = *err;
    u32 line = 1, column;
    if (err && err->position > 0) exec_locate(buf_slice(&sql->text), err->position, &line, &column);
    if (line > 1 && !err->detail[0]) err_detail(&sql->err, "line %u, column %u", line, column);
    conn_turn(&sql->http->conn);
}

/* --- the task --- */

static void start(struct http_sql *sql)
{
    const struct exec_callbacks callbacks = { .on_columns = on_columns,
                                              .on_rows = on_rows,
                                              .on_complete = on_complete,
                                              .on_end = on_end,
                                              .context = sql };
    struct exec *exec;
    struct server *server = sql->server;
    struct slice text = sql->text.size > 0 ? buf_slice(&sql->text) : SLICE("");
    buf_putc(&sql->out, '[');
    sql->is_started = true;
    server->has_pushed = true;
    exec_open(server->engine, sql->http->producer, text, EXEC_REQUEST, &callbacks, &exec);
    if (!sql->is_ended) sql->exec = exec;
}

/* False: the body is not there yet, or was refused (*step says which). */
static bool read_text(struct http_sql *sql, enum http_step *step)
{
    for (;;) {
        struct slice piece;
        switch (http_body_next(sql->http, &piece)) {
        case HTTP1_BODY_DATA: buf_append(&sql->text, piece.data, piece.size); break;
        case HTTP1_BODY_DONE: return true;
        case HTTP1_BODY_MORE: *step = HTTP_INPUT; return false;
        case HTTP1_BODY_BAD: {
            const struct http1_fault *fault = &sql->http->body.fault;
            http_last_request(sql->http);
            *step = refuse(sql->http, fault->status, fault->status == 413 ? "54000" : "08P01",
                           fault->reason);
            return false;
        }
        }
    }
}

static enum http_step answer_whole(struct http *http, struct http_sql *sql)
{
    if (sql->has_failed) {
        const struct http_error_place place = { .is_script = true,
                                                .completed = sql->completed_count,
                                                .tick = sql->tick };
        http_error(http, &sql->err, &place);
        return HTTP_DONE;
    }
    buf_puts(&sql->out, "]\n");
    http_answer_begin(http, 200, sql->tick);
    http_answer_body(http, media_name(MEDIA_JSON), buf_slice(&sql->out));
    return HTTP_DONE;
}

/* More than one send holds. An error from here on can only be told by breaking off. */
static enum http_step stream(struct http *http, struct http_sql *sql)
{
    if (!sql->is_streaming) {
        if (http->version == HTTP1_VERSION_1_0) http_last_request(http);
        http_answer_begin(http, 200, sql->tick);
        http_answer_stream(http, media_name(MEDIA_JSON));
        sql->is_streaming = true;
    }
    if (!conn_has_room(&http->conn)) return HTTP_ROOM;
    if (sql->is_ended && !sql->has_failed) buf_puts(&sql->out, "]\n");
    size_t chunk = http_answer_chunk_begin(http);
    buf_append(conn_out(&http->conn), sql->out.data, sql->out.size);
    http_answer_chunk_end(http, chunk);
    buf_clear(&sql->out);
    if (sql->is_ended) {
        if (sql->has_failed)
            http_answer_stream_break(http);
        else
            http_answer_stream_end(http);
        return HTTP_DONE;
    }
    if (sql->is_held) {
        sql->is_held = false;
        sql->server->has_pushed = true;
        exec_hold(sql->exec, false);
    }
    return HTTP_ENGINE;
}

static enum http_step step(struct http *http, struct http_task *task)
{
    struct http_sql *sql = container_of(task, struct http_sql, task);
    enum http_step waits;
    if (!sql->is_started) {
        if (!read_text(sql, &waits)) return waits;
        start(sql);
    }
    if (sql->is_streaming || sql->out.size >= CONN_OUTPUT_MARK) return stream(http, sql);
    return sql->is_ended ? answer_whole(http, sql) : HTTP_ENGINE;
}

static void fail_late(struct http *http, struct http_task *task, const struct err *err)
{
    (void)task;
    http_error_status(http, 408, err, NULL);
}

static void close_task(struct http *http, struct http_task *task)
{
    struct http_sql *sql = container_of(task, struct http_sql, task);
    struct server *server = http_server_of(http);
    if (sql->exec) exec_cancel(sql->exec);
    buf_deinit(&sql->text);
    buffers_give(&server->buffers, &sql->out);
    mem_free(&server->mem, sql, sizeof *sql);
}
