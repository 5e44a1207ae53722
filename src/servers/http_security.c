#include "servers/http_security.h"

#include "servers/http_error.h"
#include "wire/host.h"

#define HEADERS                                                                                    \
    "Accept, Accept-Profile, Authorization, Cache-Control, Content-Profile, Content-Type, "        \
    "If-None-Match, Last-Event-ID, Prefer, Range, Range-Unit, Weir-Min-Tick, Weir-Producer, "      \
    "Weir-Timeout, X-Client-Info, apikey"

static bool refuse(struct http *http, const char *message, const char *hint)
{
    struct err err;
    err_set(&err, "42501", "%s", message);
    err_hint(&err, "%s", hint);
    http_error(http, &err, NULL);
    return false;
}

bool http_security_check(struct http *http, const struct http1_request *request)
{
    const struct server_options *options = &http_server_of(http)->options;
    if (request->host.data && !host_allowed(request->host, options->hosts, options->host_count))
        return refuse(http, "the Host of the request is not one of this server's",
                      "Name it with --host when it is.");
    struct slice origin = http1_head_find(&request->headers, HTTP1_ORIGIN);
    if (!origin.data) return true;
    if (origin.size <= sizeof http->origin &&
        host_origin_allowed(origin, options->origins, options->origin_count)) {
        memcpy(http->origin, origin.data, origin.size);
        http->origin_size = (u32)origin.size;
        return true;
    }
    return refuse(http, "pages of this Origin may not ask this server",
                  "Name the Origin with --cors when they may.");
}

void http_security_preflight(struct http *http, const char *methods)
{
    http_answer_begin(http, 204, engine_tick(http_server_of(http)->engine));
    struct buf *out = conn_out(&http->conn);
    http1_write_field(out, "Allow", slice_of(methods));
    if (http->origin_size > 0) {
        http1_write_field(out, "Access-Control-Allow-Methods", slice_of(methods));
        http1_write_field(out, "Access-Control-Allow-Headers", SLICE(HEADERS));
        http1_write_field(out, "Access-Control-Max-Age", SLICE("86400"));
    }
    http_answer_empty(http, 204);
}
