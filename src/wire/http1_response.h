/* Responses of HTTP/1.1 as a client reads them: the head of http1_head.h under a status line.
 *
 * For our own sources, tests and load programs; as strict as the server's side. Interim answers
 * (1xx) are given to the caller like any other; it parses on behind them. */
#pragma once

#include "wire/http1_body.h"

struct http1_response {
    struct http1_fault fault; /* set on HTTP1_BAD, and only it; only its reason means something */

    u32 head_size;
    u32 status;
    enum http1_version version;
    struct slice phrase;
    struct http1_framing framing;
    bool keep_alive;
    struct http1_headers headers;
};

MUST_USE enum http1_result http1_response_parse(struct http1_scan *scan,
                                                const struct http1_limits *limits,
                                                struct slice input,
                                                struct http1_response *response);

/* Readies the decoder for the response's body; without a body (an answer to HEAD, 1xx, 204, 304)
 * it is complete at once (RFC 9112 6.3). */
void http1_response_body(const struct http1_response *response, enum http1_method asked,
                         u64 size_max, struct http1_body *body);
