/* Requests of HTTP/1.1 as a server reads them (RFC 9112): strict, a pure function on bytes.
 *
 * The head of a request lies contiguous in the connection's buffer and is parsed into slices of it;
 * nothing is copied. Whatever two readers could understand differently is refused, so nothing can
 * be smuggled past a proxy: two lengths, a length beside chunked, folded fields, bare LF, spaces
 * before the colon, a missing Host. After HTTP1_BAD the connection is answered and closed.
 *
 *     struct http1_scan scan = { 0 };                  one a connection, zeroed for each request
 *     switch (http1_parse(&scan, &limits, buf_slice(&in), &request)) {
 *     case HTTP1_MORE: read on;
 *     case HTTP1_BAD:  answer request.fault.status with request.fault.reason, close;
 *     case HTTP1_DONE: the body begins at request.head_size; http1_body.h decodes it
 *     } */
#pragma once

#include "wire/http1_head.h"

enum http1_method {
    HTTP1_GET,
    HTTP1_HEAD,
    HTTP1_POST,
    HTTP1_PUT,
    HTTP1_PATCH,
    HTTP1_DELETE,
    HTTP1_OPTIONS,
};

enum http1_version { HTTP1_VERSION_1_0, HTTP1_VERSION_1_1 };

struct http1_request {
    struct http1_fault fault; /* set on HTTP1_BAD, and only it */

    u32 head_size;
    enum http1_method method;
    enum http1_version version; /* a later 1.x counts as 1.1 (RFC 9110 6.2) */
    struct slice target;        /* as sent */
    struct slice path;          /* still encoded, begins with '/'; "*" only with OPTIONS */
    struct slice query;         /* still encoded, without '?'; data is NULL when there is no '?' */
    struct slice host;          /* with its port; that of an absolute target goes before Host.
                                 * data is NULL only on HTTP/1.0 */
    struct http1_framing framing;
    bool keep_alive;
    bool expect_continue; /* the client waits for 100 before it sends the body */
    bool upgrade;         /* Connection names it and there is an Upgrade field */
    struct http1_headers headers;
};

/* Looks for a whole head at the start of input. request is written on HTTP1_DONE and HTTP1_BAD;
 * its slices point into input. Statuses: 400 malformed; 413, 414, 431 over a limit; 417 an unknown
 * expectation; 501 an unknown method; 505 a version other than 1.x. */
MUST_USE enum http1_result http1_parse(struct http1_scan *scan, const struct http1_limits *limits,
                                       struct slice input, struct http1_request *request);

/* "GET"; for Allow and for diagnostics. */
const char *http1_method_name(enum http1_method method);
