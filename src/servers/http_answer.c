#include "servers/http_answer.h"

#include "base/text.h"

#define EXPOSED                                                                                    \
    "Content-Range, ETag, Location, Preference-Applied, Retry-After, Weir-Credit, Weir-Tick"

static void write_credit(struct http *http, struct buf *out);

void http_answer_begin(struct http *http, u32 status, u64 tick)
{
    struct buf *out = conn_out(&http->conn);
    http1_write_status(out, status);
    http1_write_field(out, "Date", server_date(http_server_of(http)));
    http1_write_field_u64(out, "Weir-Tick", tick);
    if (!http->keep_alive)
        http1_write_field(out, "Connection", SLICE("close"));
    else if (http->version == HTTP1_VERSION_1_0)
        http1_write_field(out, "Connection", SLICE("keep-alive"));
    if (http->origin_size > 0) {
        http1_write_field(out, "Access-Control-Allow-Origin",
                          slice_make(http->origin, http->origin_size));
        http1_write_field(out, "Vary", SLICE("Origin"));
        http1_write_field(out, "Access-Control-Expose-Headers", SLICE(EXPOSED));
    }
    if (http->is_write && http->producer) write_credit(http, out);
}

static size_t add(char *target, const char *name, u64 number)
{
    size_t size = strlen(name);
    memcpy(target, name, size);
    return size + text_write_number(target + size, number, 10);
}

/* How much would be taken now without waiting. */
static void write_credit(struct http *http, struct buf *out)
{
    struct producer_credit credit = producer_credit(http->producer);
    char text[96];
    size_t size = add(text, "rows=", credit.rows);
    size += add(text + size, ", bytes=", credit.bytes);
    size += add(text + size, ", delay_ms=", (u64)(credit.delay_us + 999) / 1000);
    http1_write_field(out, "Weir-Credit", slice_make(text, size));
}

void http_answer_body(struct http *http, const char *type, struct slice body)
{
    struct buf *out = conn_out(&http->conn);
    http1_write_field(out, "Content-Type", slice_of(type));
    http1_write_length(out, body.size);
    http1_write_end(out);
    if (http->method != HTTP1_HEAD) buf_append(out, body.data, body.size);
}

void http_answer_empty(struct http *http, u32 status)
{
    struct buf *out = conn_out(&http->conn);
    if (status != 204 && status != 304) http1_write_length(out, 0);
    http1_write_end(out);
}

void http_answer_stream(struct http *http, const char *type)
{
    struct buf *out = conn_out(&http->conn);
    http1_write_field(out, "Content-Type", slice_of(type));
    if (http->version != HTTP1_VERSION_1_0) http1_write_chunked(out);
    http1_write_end(out);
}

size_t http_answer_chunk_begin(struct http *http)
{
    if (http->version == HTTP1_VERSION_1_0) return 0;
    return http1_write_chunk_begin(conn_out(&http->conn));
}

void http_answer_chunk_end(struct http *http, size_t begin)
{
    if (http->version == HTTP1_VERSION_1_0) return;
    http1_write_chunk_end(conn_out(&http->conn), begin);
}

void http_answer_stream_end(struct http *http)
{
    if (http->version != HTTP1_VERSION_1_0) http1_write_last_chunk(conn_out(&http->conn));
}

void http_answer_stream_break(struct http *http)
{
    http_last_request(http);
}
