#include "servers/http_request.h"

#include "base/text.h"
#include "servers/http_error.h"
#include "wire/field.h"
#include "wire/url.h"

#define TIMEOUT_US_MAX (3600 * INT64_C(1000000))

static bool answer_error(struct http *http, const struct err *err)
{
    http_error(http, err, NULL);
    return false;
}

/* What a path is that is no path of a relation. */
static const char *path_hint(struct slice path)
{
    if (path.size <= 1)
        return "A description of what there is does not exist yet; GET /weir.views lists it.";
    if (path.data[path.size - 1] == '/') return "Leave out the slash at the end.";
    if (path.size > 5 && memcmp(path.data, "/rpc/", 5) == 0)
        return "There are no functions to be called; declare a view and read it.";
    return "A path is the name of one table or view: /product.";
}

bool http_request_relation(struct http *http, const struct http1_request *request,
                           struct slice *name)
{
    struct err err;
    struct slice path = request->path, segment, more;
    bool found =
        url_next_segment(&path, &segment) && segment.size > 0 && !url_next_segment(&path, &more);
    if (found && url_decode(segment, URL_PATH, &http_server_of(http)->request, name) &&
        name->size > 0)
        return true;
    err_set(&err, "PGRST125", "Invalid path specified in request URL");
    err_hint(&err, "%s", path_hint(request->path));
    return answer_error(http, &err);
}

void http_request_hint(struct err *err, struct slice relation)
{
    if (strcmp(err->sqlstate, "42P01") != 0 || err->hint[0]) return;
    bool is_admin =
        slice_is(relation, "sql") || slice_is(relation, "metrics") || slice_is(relation, "ready");
    err_hint(err, is_admin ? "That is on the admin door (--admin)."
                           : "GET /weir.views tells what there is.");
}

bool http_request_profile(struct http *http, const struct http1_request *request,
                          enum http1_field field)
{
    struct slice profile = http1_head_find(&request->headers, field);
    if (!profile.data || slice_is(profile, "public")) return true;
    struct err err;
    err_set(&err, "PGRST106", "The schema must be one of the following: public");
    return answer_error(http, &err);
}

enum media http_request_best(const struct http1_request *request, const enum media *offers,
                             size_t offer_count)
{
    struct media_accept accept = { .range_count = 0 };
    u32 cursor = 0;
    struct slice line;
    while (http1_head_next(&request->headers, HTTP1_ACCEPT, &cursor, &line))
        media_accept_add(&accept, line);
    return media_accept_best(&accept, offers, offer_count);
}

enum http_step http_request_refuse_accept(struct http *http, const struct http1_request *request)
{
    struct err err;
    err_set(&err, "PGRST107", "None of these media types are available: %.*s",
            (int)MIN(http1_head_find(&request->headers, HTTP1_ACCEPT).size, (size_t)200),
            http1_head_find(&request->headers, HTTP1_ACCEPT).data);
    http_error(http, &err, NULL);
    return HTTP_DONE;
}

bool http_request_prefer(struct http *http, const struct http1_request *request,
                         struct prefer *prefer)
{
    *prefer = (struct prefer){ .returning = PREFER_RETURN_NONE };
    u32 cursor = 0;
    struct slice line;
    while (http1_head_next(&request->headers, HTTP1_PREFER, &cursor, &line))
        prefer_add(prefer, line);
    struct err err;
    if (prefer_check(prefer, &err)) return answer_error(http, &err);
    if (prefer->tx == PREFER_TX_ROLLBACK) {
        err_set(&err, "0A000", "tx=rollback is not supported");
        return answer_error(http, &err);
    }
    return true;
}

enum http_step http_request_min_tick(struct http *http, const struct http1_request *request)
{
    struct server *server = http_server_of(http);
    struct slice text = http1_head_find(&request->headers, HTTP1_WEIR_MIN_TICK);
    if (!text.data) return HTTP_TASK;
    u64 tick;
    struct err err;
    i64 timeout_us = server->options.wait_timeout_us;
    struct slice limit = http1_head_find(&request->headers, HTTP1_WEIR_TIMEOUT);
    enum status status = OK;
    if (!field_parse_u64(text, &tick))
        status = err_set(&err, "22023", "Weir-Min-Tick is not a tick");
    else if (limit.data)
        status = text_parse_duration(limit, "Weir-Timeout", &timeout_us, &err);
    if (status) {
        http_error(http, &err, NULL);
        return HTTP_DONE;
    }
    timeout_us = MIN(timeout_us, TIMEOUT_US_MAX);
    if (engine_tick(server->engine) >= tick) return HTTP_TASK;
    if (!server->draining && http_wait_for_tick(http, tick, timeout_us)) return HTTP_LATER;
    err_set(&err, "57014", "tick %llu did not come in time", (unsigned long long)tick);
    http_error_status(http, 504, &err, NULL);
    return HTTP_DONE;
}

void http_request_applied(struct http *http, const struct prefer *prefer)
{
    struct buf *text = &http_server_of(http)->scratch;
    buf_clear(text);
    prefer_write_applied(prefer, text);
    if (text->size > 0)
        http1_write_field(conn_out(&http->conn), "Preference-Applied", buf_slice(text));
}
