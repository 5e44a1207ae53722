#include "servers/http_write.h"

#include "base/assert.h"
#include "codec/codec.h"
#include "servers/http_error.h"
#include "servers/http_filter.h"
#include "servers/http_producer.h"
#include "servers/http_request.h"
#include "servers/write_body.h"

static u32 choose_codec(const struct http1_request *request, struct write_body_options *options,
                        const struct server_options *limits, struct err *err);
static enum status choose_kind(const struct http1_request *request, const struct query *query,
                               struct write_body_options *options, struct arena *arena,
                               struct err *err);

static const enum media offers[] = { MEDIA_JSON, MEDIA_NDJSON, MEDIA_CSV, MEDIA_PGRST_OBJECT,
                                     MEDIA_PGRST_ARRAY };

static enum http_step fail(struct http *http, u32 status, const struct err *err)
{
    if (status)
        http_error_status(http, status, err, NULL);
    else
        http_error(http, err, NULL);
    return HTTP_DONE;
}

/* A table that is not there is 404; what is there and takes no rows is 405, whatever the engine calls it. */
static enum http_step fail_open(struct http *http, struct slice relation, struct err *err)
{
    http_request_hint(err, relation);
    if (strcmp(err->sqlstate, "42809") != 0) return fail(http, 0, err);
    strcpy(err->sqlstate, "25006");
    if (!err->hint[0]) err_hint(err, "Rows are written to the tables that it reads.");
    http_error_method(http, err, "GET, HEAD, OPTIONS");
    return HTTP_DONE;
}

enum http_step http_write_route(struct http *http, const struct http1_request *request)
{
    struct server *server = http_server_of(http);
    struct arena *arena = &server->request;
    struct write_body_options options = { .answer.inserts = request->method == HTTP1_POST };
    struct write_answer_options *answer = &options.answer;
    struct query query;
    struct err err;
    if (http_producer_choose(http, request, &err)) return fail(http, 0, &err);
    http->is_write = true;
    if (!http_request_relation(http, request, &options.relation) ||
        !http_request_profile(http, request, HTTP1_CONTENT_PROFILE) ||
        !http_request_prefer(http, request, &answer->prefer))
        return HTTP_DONE;
    enum http_step wait = http_request_min_tick(http, request);
    if (wait != HTTP_TASK) return wait;
    bool returns = answer->prefer.returning == PREFER_RETURN_REPRESENTATION;
    answer->media = http_request_best(request, offers, countof(offers));
    if (returns && answer->media == MEDIA_UNKNOWN) return http_request_refuse_accept(http, request);
    if (query_parse(request->query, arena, &query, &err)) return fail(http, 0, &err);
    u32 status = choose_codec(request, &options, &server->options, &err);
    if (status) return fail(http, status, &err);
    if (choose_kind(request, &query, &options, arena, &err)) return fail(http, 0, &err);
    options.query = &query;
    options.ingest.returning = returns;
    options.ingest.one_row = answer->media == MEDIA_PGRST_OBJECT;
    if (write_body_open(http, &options, &http->task, &err))
        return fail_open(http, options.relation, &err);
    return HTTP_TASK;
}

/* --- the body --- */

static u32 refuse_type(enum http1_method method, struct slice type, struct err *err)
{
    err_set(err, "PGRST102", "a body of type \"%.*s\" cannot be read", (int)MIN(type.size, 100u),
            type.data);
    err_hint(err, method == HTTP1_PATCH
                      ? "Send Content-Type: application/json."
                      : "Send Content-Type: application/json, application/x-ndjson or text/csv.");
    return 415;
}

static u32 refuse_encoding(struct slice encoding, struct err *err)
{
    err_set(err, "PGRST102", "a body with the Content-Encoding \"%.*s\" cannot be read",
            (int)MIN(encoding.size, 100u), encoding.data);
    err_hint(err, "Send it as it is.");
    return 415;
}

static const struct codec *codec_of(enum media media)
{
    if (media == MEDIA_CSV) return &codec_csv;
    if (media == MEDIA_NDJSON) return &codec_ndjson;
    return media == MEDIA_JSON ? &codec_json : NULL;
}

/* How the body is read. Returns 0, or the status of err. */
static u32 choose_codec(const struct http1_request *request, struct write_body_options *options,
                        const struct server_options *limits, struct err *err)
{
    const struct http1_headers *headers = &request->headers;
    options->whole = true;
    if (request->method == HTTP1_DELETE) return 0;
    struct slice type = http1_head_find(headers, HTTP1_CONTENT_TYPE);
    struct slice encoding = http1_head_find(headers, HTTP1_CONTENT_ENCODING);
    if (encoding.data && !slice_is_nocase(encoding, "identity"))
        return refuse_encoding(encoding, err);
    options->codec = codec_of(type.data ? media_parse(type) : MEDIA_JSON);
    if (!options->codec || (request->method == HTTP1_PATCH && options->codec != &codec_json))
        return refuse_type(request->method, type, err);
    const struct http1_framing *framing = &request->framing;
    if (options->codec->streams) {
        options->whole = framing->has_length && framing->content_length <= limits->whole_size_max;
        options->size_max = UINT64_MAX;
        return 0;
    }
    options->size_max = limits->document_size_max;
    if (framing->content_length <= options->size_max) return 0;
    err_set(err, "54000", "the JSON document is longer than %llu bytes",
            (unsigned long long)options->size_max);
    err_hint(err, "A body of application/x-ndjson may have any length.");
    return 413;
}

/* --- what is to be done with the rows --- */

static const char *join_names(const struct slice *names, u32 count, struct arena *arena)
{
    size_t size = 1;
    for (u32 index = 0; index < count; index++)
        size += names[index].size + 1;
    char *joined = arena_zalloc(arena, size), *at = joined;
    for (u32 index = 0; index < count; index++) {
        if (index > 0) *at++ = ',';
        memcpy(at, names[index].data, names[index].size);
        at += names[index].size;
    }
    return joined;
}

static enum status choose_insert(const struct query *query, struct write_body_options *options,
                                 struct arena *arena, struct err *err)
{
    static const enum ingest_kind kinds[] = {
        [PREFER_RESOLUTION_NONE] = INGEST_INSERT,
        [PREFER_RESOLUTION_MERGE_DUPLICATES] = INGEST_INSERT_OR_MERGE,
        [PREFER_RESOLUTION_IGNORE_DUPLICATES] = INGEST_INSERT_OR_IGNORE,
    };
    if (query->filter) return err_set(err, "0A000", "filters mean nothing to a POST");
    bool is_object = options->answer.media == MEDIA_PGRST_OBJECT;
    if (options->answer.prefer.returning == PREFER_RETURN_REPRESENTATION && !options->whole)
        return err_set(err, "0A000", "rows are returned only for bodies that are one transaction");
    if (is_object && !options->whole)
        return err_set(err, "0A000",
                       "one row is promised only for bodies that are one transaction");
    options->ingest.kind = kinds[options->answer.prefer.resolution];
    options->columns = query->columns;
    options->column_count = query->column_count;
    if (query->on_conflict_count > 0)
        options->ingest.conflict_columns =
            join_names(query->on_conflict, query->on_conflict_count, arena);
    return OK;
}

static enum status choose_kind(const struct http1_request *request, const struct query *query,
                               struct write_body_options *options, struct arena *arena,
                               struct err *err)
{
    const struct prefer *prefer = &options->answer.prefer;
    options->ingest.deadline_us = INT64_MAX;
    options->missing_null = prefer->missing == PREFER_MISSING_NULL;
    if (prefer->has_max_affected && prefer->handling == PREFER_HANDLING_STRICT)
        return err_set(err, "0A000", "max-affected is not supported");
    if (query->order_count > 0 || query->has_limit || query->offset > 0)
        return err_set(err, "0A000", "order, limit and offset are not supported on writes");
    if (http_filter_without_stance(query, err)) return FAIL;
    if (request->method == HTTP1_POST) return choose_insert(query, options, arena, err);
    options->one_row = request->method == HTTP1_PATCH;
    options->ingest.kind = options->one_row ? INGEST_UPDATE : INGEST_DELETE;
    options->ingest.condition = http_filter_condition(query, arena);
    return OK;
}
