#include "servers/http_error.h"

#include "codec/codec.h"
#include "wire/pgrst.h"

static void write_text(struct buf *out, const char *name, const char *text)
{
    buf_format(out, ",\"%s\":", name);
    if (text[0])
        codec_json_string(out, slice_of(text));
    else
        buf_puts(out, "null");
}

static void write_place(struct buf *out, const struct http_error_place *place)
{
    if (place->is_script)
        buf_format(out, ",\"completed\":%llu", (unsigned long long)place->completed);
    else
        buf_format(out, ",\"accepted\":%llu", (unsigned long long)place->accepted);
    if (place->row > 0)
        buf_format(out, ",\"row\":%llu,\"byte\":%llu", (unsigned long long)place->row,
                   (unsigned long long)place->byte);
    buf_format(out, ",\"tick\":%llu", (unsigned long long)place->tick);
}

void http_error_write(struct buf *out, const struct err *err, const struct http_error_place *place)
{
    buf_puts(out, "{\"code\":");
    codec_json_string(out, slice_of(err->sqlstate));
    write_text(out, "details", err->detail);
    write_text(out, "hint", err->hint);
    write_text(out, "message", err->message);
    if (err->position > 0) buf_format(out, ",\"position\":%d", err->position);
    if (place) write_place(out, place);
    buf_putc(out, '}');
}

void http_error(struct http *http, const struct err *err, const struct http_error_place *place)
{
    http_error_status(http, pgrst_status(err->sqlstate), err, place);
}

void http_error_status(struct http *http, u32 status, const struct err *err,
                       const struct http_error_place *place)
{
    struct server *server = http_server_of(http);
    u64 tick = place ? place->tick : engine_tick(server->engine);
    struct buf *body = &server->scratch;
    buf_clear(body);
    http_error_write(body, err, place);
    http_answer_begin(http, status, tick);
    if (status == 503) http1_write_field(conn_out(&http->conn), "Retry-After", SLICE("1"));
    http_answer_body(http, "application/json; charset=utf-8", buf_slice(body));
}

void http_error_method(struct http *http, const struct err *err, const char *allowed)
{
    struct server *server = http_server_of(http);
    buf_clear(&server->scratch);
    http_error_write(&server->scratch, err, NULL);
    http_answer_begin(http, 405, engine_tick(server->engine));
    http1_write_field(conn_out(&http->conn), "Allow", slice_of(allowed));
    http_answer_body(http, "application/json; charset=utf-8", buf_slice(&server->scratch));
}

void http_error_singular(struct err *err, u64 row_count)
{
    err_set(err, "PGRST116", "JSON object requested, multiple (or no) rows returned");
    err_detail(err, "The result contains %llu rows", (unsigned long long)row_count);
}

void http_error_fault(struct http *http, const struct http1_fault *fault)
{
    struct err err;
    err_set(&err, fault->status == 501 ? "0A000" : "08P01", "%s", fault->reason);
    http_last_request(http);
    http_error_status(http, fault->status, &err, NULL);
    conn_finish(&http->conn);
}
