#include "servers/http_read.h"

#include "base/assert.h"
#include "base/text.h"
#include "codec/codec.h"
#include "engine/read.h"
#include "servers/http_error.h"
#include "servers/http_filter.h"
#include "servers/http_request.h"
#include "servers/sse_server.h"
#include "wire/etag.h"
#include "wire/range.h"

struct http_read {
    struct http_task task;
    struct server *server;
    struct read *rows;
    const struct codec *codec;
    const char **names; /* of the columns */
    u32 name_count;
    enum media media;
    i64 total; /* -1: nobody counts, or not known yet */
    u64 offset;
    u64 limit; /* UINT64_MAX: none */
    u64 given; /* rows so far */
    bool ended;
    bool is_streaming; /* the head is sent */
    struct prefer prefer;
    char etag[48];   /* "": none */
    struct buf body; /* what was made and has no head yet */
};

static bool choose_columns(struct http_read *read, const struct query *query,
                           struct read_options *options, struct err *err);
static bool choose_page(const struct http1_request *request, const struct query *query,
                        struct read_options *options, struct err *err);
static bool is_unchanged(struct http_read *read, const struct http1_request *request);
static void close_reads(struct http_read *read);
static enum http_step run(struct http *http, struct http_read *read);
static struct http_task *keep(struct http_read *read);

static const enum media offers[] = { MEDIA_JSON,         MEDIA_NDJSON,      MEDIA_CSV,
                                     MEDIA_PGRST_OBJECT, MEDIA_PGRST_ARRAY, MEDIA_EVENT_STREAM };

static const struct codec *codec_of(enum media media)
{
    if (media == MEDIA_CSV) return &codec_csv;
    return media == MEDIA_NDJSON ? &codec_ndjson : &codec_json;
}

static enum http_step fail(struct http *http, const struct err *err)
{
    http_error(http, err, NULL);
    return HTTP_DONE;
}

/* Opens what answers the request; false: err says why not. */
static bool open_reads(struct http_read *read, const struct http1_request *request,
                       struct slice relation, struct err *err)
{
    struct server *server = read->server;
    struct arena *arena = &server->request;
    struct query query;
    if (query_parse(request->query, arena, &query, err)) return false;
    if (http_filter_without_stance(&query, err)) return false;
    struct read_options options = { .relation = relation,
                                    .condition = http_filter_condition(&query, arena),
                                    .order = http_filter_order(&query, arena),
                                    .order_count = query.order_count,
                                    .limit = UINT64_MAX };
    if (!choose_page(request, &query, &options, err)) return false;
    if (!choose_columns(read, &query, &options, err)) return false;
    read->offset = options.offset;
    read->limit = options.limit;
    options.count = read->prefer.count != PREFER_COUNT_NONE;
    return read_open(server->engine, &options, &read->rows, err) == OK;
}

static void make_etag(struct http_read *read)
{
    static_assert(sizeof read->etag >= 2 * TEXT_NUMBER_SIZE_MAX + 4, "two numbers fit");
    size_t size = text_write_number(read->etag, engine_epoch(read->server->engine), 16);
    read->etag[size++] = '-';
    size += text_write_number(read->etag + size, read_version(read->rows), 16);
    read->etag[size++] = '-';
    read->etag[size++] = (char)('a' + read->media); /* each form has its own */
    read->etag[size] = '\0';
}

enum http_step http_read_route(struct http *http, const struct http1_request *request)
{
    struct server *server = http_server_of(http);
    struct slice relation;
    struct http_read read = { .server = server, .total = -1 };
    struct err err;
    if (!http_request_relation(http, request, &relation) ||
        !http_request_profile(http, request, HTTP1_ACCEPT_PROFILE))
        return HTTP_DONE;
    read.media = http_request_best(request, offers, countof(offers));
    if (read.media == MEDIA_UNKNOWN) return http_request_refuse_accept(http, request);
    if (!http_request_prefer(http, request, &read.prefer)) return HTTP_DONE;
    enum http_step wait = http_request_min_tick(http, request);
    if (wait != HTTP_TASK) return wait;
    if (read.media == MEDIA_EVENT_STREAM) return sse_server_route(http, request, relation);
    if (!open_reads(&read, request, relation, &err)) {
        close_reads(&read);
        http_request_hint(&err, relation);
        return fail(http, &err);
    }
    read.codec = codec_of(read.media);
    if (read_has_version(read.rows)) make_etag(&read);
    if (is_unchanged(&read, request)) {
        http_answer_begin(http, 304, read_tick(read.rows));
        etag_write(slice_of(read.etag), &read.body);
        http1_write_field(conn_out(&http->conn), "ETag", buf_slice(&read.body));
        http_answer_empty(http, 304);
        close_reads(&read);
        return HTTP_DONE;
    }
    enum http_step step = run(http, &read);
    if (step == HTTP_DONE) {
        close_reads(&read);
        return HTTP_DONE;
    }
    http->task = keep(&read);
    return HTTP_TASK;
}

static bool choose_columns(struct http_read *read, const struct query *query,
                           struct read_options *options, struct err *err)
{
    struct arena *arena = &read->server->request;
    const struct schema *schema = NULL;
    if (http_filter_needs_schema(query) &&
        read_relation_schema(read->server->engine, options->relation, &schema, err))
        return false;
    options->columns = http_filter_columns(query, schema, arena, &options->column_count);
    return true;
}

static bool choose_page(const struct http1_request *request, const struct query *query,
                        struct read_options *options, struct err *err)
{
    const struct http1_headers *headers = &request->headers;
    struct range asked = { .offset = query->offset,
                           .has_limit = query->has_limit,
                           .limit = query->limit };
    struct range header, both;
    if (range_parse(http1_head_find(headers, HTTP1_RANGE),
                    http1_head_find(headers, HTTP1_RANGE_UNIT), &header, err) ||
        range_intersect(asked, header, &both, err))
        return false;
    options->offset = both.offset;
    options->limit = both.has_limit ? both.limit : UINT64_MAX;
    return true;
}

/* The client has it already, as it says with If-None-Match. */
static bool is_unchanged(struct http_read *read, const struct http1_request *request)
{
    u32 cursor = 0;
    struct slice line;
    buffers_take(&read->server->buffers, &read->body);
    if (!read->etag[0]) return false;
    while (http1_head_next(&request->headers, HTTP1_IF_NONE_MATCH, &cursor, &line))
        if (etag_match(line, slice_of(read->etag)) == ETAG_MATCHES) return true;
    return false;
}

static void close_reads(struct http_read *read)
{
    if (read->rows) read_close(read->rows);
    if (read->names)
        mem_free(&read->server->mem, read->names, read->name_count * sizeof *read->names);
    buffers_give(&read->server->buffers, &read->body);
}

/* --- running --- */

static enum http_step step(struct http *http, struct http_task *task)
{
    return run(http, container_of(task, struct http_read, task));
}

static void fail_late(struct http *http, struct http_task *task, const struct err *err)
{
    (void)task; /* a read waits for no body */
    http_error_status(http, 408, err, NULL);
}

static void close_task(struct http *http, struct http_task *task)
{
    struct http_read *read = container_of(task, struct http_read, task);
    close_reads(read);
    mem_free(&http_server_of(http)->mem, read, sizeof *read);
}

/* The read lasts: it moves from the stack to a place of its own. */
static struct http_task *keep(struct http_read *read)
{
    struct http_read *kept = mem_alloc(&read->server->mem, sizeof *kept);
    *kept = *read;
    kept->task = (struct http_task){ .step = step, .fail = fail_late, .close = close_task };
    return &kept->task;
}

static void name_columns(struct http_read *read)
{
    const struct schema *schema = read_schema(read->rows);
    read->name_count = schema->column_count;
    read->names = mem_alloc(&read->server->mem, read->name_count * sizeof *read->names);
    for (u32 column = 0; column < read->name_count; column++)
        read->names[column] = schema->columns[column].name;
}

static bool wants_object(const struct http_read *read)
{
    return read->media == MEDIA_PGRST_OBJECT;
}

static void write_rows(struct http_read *read, const struct batch *rows, struct buf *out)
{
    bool first = read->given == 0;
    read->given += rows->row_count;
    if (!wants_object(read))
        read->codec->write_rows(out, read->names, rows->columns, rows->column_count, NULL,
                                rows->row_count, first);
    else if (first && rows->row_count > 0)
        codec_json_object(out, read->names, rows->columns, rows->column_count, 0);
}

/* The next rows into out. READ_END also writes what ends the form. */
static enum read_result next_rows(struct http_read *read, struct buf *out, struct err *err)
{
    const struct batch *rows;
    if (!read->names) {
        name_columns(read);
        if (!wants_object(read)) read->codec->write_begin(out, read->names, read->name_count);
    }
    enum read_result result = read_next(read->rows, &rows, err);
    if (read->total < 0) read->total = (i64)read_count(read->rows);
    if (result == READ_ROWS) write_rows(read, rows, out);
    if (result == READ_END && !wants_object(read)) read->codec->write_end(out);
    read->ended = result == READ_END;
    return result;
}

static void write_head(struct http *http, struct http_read *read, u32 status, bool is_page_known)
{
    struct buf *text = &read->server->scratch;
    struct buf *out = conn_out(&http->conn);
    http_answer_begin(http, status, read_tick(read->rows));
    if (read->etag[0]) {
        buf_clear(text);
        etag_write(slice_of(read->etag), text);
        http1_write_field(out, "ETag", buf_slice(text));
    }
    if (is_page_known) {
        u64 count = read->given;
        if (!read->ended && read->total >= 0)
            count = (u64)read->total > read->offset
                        ? MIN(read->limit, (u64)read->total - read->offset)
                        : 0;
        buf_clear(text);
        range_write(read->offset, count, read->total, text);
        http1_write_field(out, "Content-Range", buf_slice(text));
    }
    http_request_applied(http, &read->prefer);
}

static enum http_step refuse_range(struct http *http, const struct http_read *read)
{
    struct err err;
    err_set(&err, "PGRST103", "Requested range not satisfiable");
    err_detail(&err, "An offset of %llu was requested, but there are only %lld rows.",
               (unsigned long long)read->offset, (long long)read->total);
    return fail(http, &err);
}

static enum http_step refuse_object(struct http *http, const struct http_read *read)
{
    struct err err;
    http_error_singular(&err, read->given);
    return fail(http, &err);
}

/* All rows are there. */
static enum http_step answer_whole(struct http *http, struct http_read *read)
{
    if (wants_object(read) && read->given != 1) return refuse_object(http, read);
    u32 status = range_status(read->offset, read->given, read->total);
    if (status == 416) return refuse_range(http, read);
    write_head(http, read, status, true);
    http_answer_body(http, media_name(read->media), buf_slice(&read->body));
    return HTTP_DONE;
}

static enum http_step begin_stream(struct http *http, struct http_read *read)
{
    u64 rest = read->total >= 0 && (u64)read->total > read->offset
                   ? MIN(read->limit, (u64)read->total - read->offset)
                   : read->given;
    u32 status = range_status(read->offset, rest, read->total);
    if (http->version == HTTP1_VERSION_1_0) http_last_request(http);
    write_head(http, read, status, read->total >= 0);
    http_answer_stream(http, media_name(read->media));
    if (http->method == HTTP1_HEAD) return HTTP_DONE;
    size_t chunk = http_answer_chunk_begin(http);
    buf_append(conn_out(&http->conn), read->body.data, read->body.size);
    http_answer_chunk_end(http, chunk);
    buffers_give(&read->server->buffers, &read->body);
    read->is_streaming = true;
    return HTTP_ROOM;
}

static enum http_step gather(struct http *http, struct http_read *read)
{
    struct err err;
    while (!read->ended) {
        switch (next_rows(read, &read->body, &err)) {
        case READ_FAIL: return fail(http, &err);
        case READ_MORE: return HTTP_AGAIN;
        case READ_END: break;
        case READ_ROWS:
            if (read->body.size >= CONN_OUTPUT_MARK) return begin_stream(http, read);
        }
    }
    return answer_whole(http, read);
}

static enum http_step stream(struct http *http, struct http_read *read)
{
    struct err err;
    while (conn_has_room(&http->conn)) {
        size_t chunk = http_answer_chunk_begin(http);
        enum read_result result = next_rows(read, conn_out(&http->conn), &err);
        http_answer_chunk_end(http, chunk);
        switch (result) {
        case READ_ROWS: break;
        case READ_MORE: return HTTP_AGAIN;
        case READ_END: http_answer_stream_end(http); return HTTP_DONE;
        case READ_FAIL: http_answer_stream_break(http); return HTTP_DONE;
        }
    }
    return HTTP_ROOM;
}

static enum http_step run(struct http *http, struct http_read *read)
{
    return read->is_streaming ? stream(http, read) : gather(http, read);
}
