#include "servers/http_server.h"

#include "servers/http_error.h"
#include "servers/http_read.h"
#include "servers/http_security.h"
#include "servers/http_sql.h"
#include "servers/http_write.h"
#include "servers/live_server.h"
#include "servers/prometheus.h"

#define DATA_METHODS "GET, HEAD, POST, PATCH, DELETE, OPTIONS"

static enum http_step refuse_method(struct http *http, const char *allowed, const char *hint)
{
    struct err err;
    err_set(&err, "PGRST117", "Unsupported HTTP method: %s", http1_method_name(http->method));
    err_hint(&err, "%s", hint);
    http_error_method(http, &err, allowed);
    return HTTP_DONE;
}

static enum http_step route_data(struct http *http, const struct http1_request *request)
{
    if (request->method == HTTP1_GET && slice_is(request->path, "/live"))
        return live_server_route(http, request);
    switch (request->method) {
    case HTTP1_GET:
    case HTTP1_HEAD: return http_read_route(http, request);
    case HTTP1_POST:
    case HTTP1_PATCH:
    case HTTP1_DELETE: return http_write_route(http, request);
    case HTTP1_PUT:
        return refuse_method(
            http, DATA_METHODS,
            "POST inserts; with Prefer: resolution=merge-duplicates it replaces too.");
    case HTTP1_OPTIONS: http_security_preflight(http, DATA_METHODS); return HTTP_DONE;
    }
    return HTTP_DONE;
}

const struct http_door http_server_data = { .route = route_data };

/* --- the admin door --- */

/* Live: the process answers. Ready: it takes work, which it does from the moment its doors are open. */
static enum http_step answer_health(struct http *http, bool good)
{
    u32 status = good ? 200 : 503;
    http_answer_begin(http, status, engine_tick(http_server_of(http)->engine));
    http_answer_body(http, "text/plain; charset=utf-8", good ? SLICE("ok\n") : SLICE("draining\n"));
    return HTTP_DONE;
}

static enum http_step route_live(struct http *http, const struct http1_request *request)
{
    (void)request;
    return answer_health(http, true);
}

static enum http_step route_ready(struct http *http, const struct http1_request *request)
{
    (void)request;
    return answer_health(http, !http_server_of(http)->draining);
}

static const struct {
    const char *path;
    bool reads; /* GET and HEAD; else POST */
    enum http_step (*route)(struct http *http, const struct http1_request *request);
} admin_routes[] = {
    { "/sql", false, http_sql_route },
    { "/metrics", true, prometheus_route },
    { "/live", true, route_live },
    { "/ready", true, route_ready },
};

static enum http_step route_admin(struct http *http, const struct http1_request *request)
{
    for (size_t index = 0; index < countof(admin_routes); index++) {
        if (!slice_is(request->path, admin_routes[index].path)) continue;
        bool reads = admin_routes[index].reads;
        const char *allowed = reads ? "GET, HEAD, OPTIONS" : "POST, OPTIONS";
        bool is_read = request->method == HTTP1_GET || request->method == HTTP1_HEAD;
        if (request->method == HTTP1_OPTIONS) {
            http_security_preflight(http, allowed);
            return HTTP_DONE;
        }
        if (reads ? !is_read : request->method != HTTP1_POST)
            return refuse_method(http, allowed, "");
        return admin_routes[index].route(http, request);
    }
    struct err err;
    err_set(&err, "PGRST125", "Invalid path specified in request URL");
    err_hint(&err, "This is the admin door: POST /sql, GET /metrics, /live and /ready. Tables and "
                   "views are on the data door (--http).");
    http_error(http, &err, NULL);
    return HTTP_DONE;
}

const struct http_door http_server_admin = { .route = route_admin };

#define REFUSAL_BODY                                                                               \
    "{\"code\":\"53300\",\"details\":null,\"hint\":null,\"message\":\"too many connections\"}"

struct slice http_server_refusal(void)
{
    static_assert(sizeof REFUSAL_BODY - 1 == 76, "the length below is that of the body");
    return SLICE(
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
        "Content-Type: application/json; charset=utf-8\r\nContent-Length: 76\r\n\r\n" REFUSAL_BODY);
}
