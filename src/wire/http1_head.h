/* The head of an HTTP/1.x message: finding its end, and its table of fields (RFC 9112, 2 and 5).
 *
 * The scan looks at every byte once, however the bytes arrive, and refuses what no honest peer
 * sends: bare CR or LF, NUL and other control bytes, a start line or a head over its limit. Only
 * then are the lines taken apart. Both requests (http1.h) and responses (http1_response.h) use it.
 *
 * Invariant: the result is a function of the bytes alone, never of how they were split. */
#pragma once

#include "base/bytes.h"

enum http1_result { HTTP1_MORE, HTTP1_DONE, HTTP1_BAD };

#define HTTP1_HEAD_FIELD_COUNT_MAX 64

struct http1_limits {
    u32 line_size_max;   /* of the start line, without its CRLF; past it: 414 */
    u32 head_size_max;   /* of the whole head; past it: 431. At least line_size_max + 4 */
    u32 field_count_max; /* at most HTTP1_HEAD_FIELD_COUNT_MAX; past it: 431 */
    u64 body_size_max;   /* of a body of known length; past it: 413 */
};

/* An in-list of some thousand numbers fits into the line. */
#define HTTP1_LIMITS_DEFAULT                                                                       \
    ((struct http1_limits){ .line_size_max = 32 << 10,                                             \
                            .head_size_max = 48 << 10,                                             \
                            .field_count_max = HTTP1_HEAD_FIELD_COUNT_MAX,                         \
                            .body_size_max = UINT64_MAX })

/* The fields that the program reads, ordered by the size of their names. ONCE: a second line is
 * refused with 400; LIST: lines add up, in order. */
#define HTTP1_HEAD_FIELDS(F, argument)                                                             \
    F(argument, HTTP1_HOST, "host", ONCE)                                                          \
    F(argument, HTTP1_RANGE, "range", ONCE)                                                        \
    F(argument, HTTP1_ACCEPT, "accept", LIST)                                                      \
    F(argument, HTTP1_COOKIE, "cookie", LIST)                                                      \
    F(argument, HTTP1_EXPECT, "expect", ONCE)                                                      \
    F(argument, HTTP1_ORIGIN, "origin", ONCE)                                                      \
    F(argument, HTTP1_PREFER, "prefer", LIST)                                                      \
    F(argument, HTTP1_UPGRADE, "upgrade", LIST)                                                    \
    F(argument, HTTP1_IF_MATCH, "if-match", LIST)                                                  \
    F(argument, HTTP1_CONNECTION, "connection", LIST)                                              \
    F(argument, HTTP1_RANGE_UNIT, "range-unit", ONCE)                                              \
    F(argument, HTTP1_CONTENT_TYPE, "content-type", ONCE)                                          \
    F(argument, HTTP1_WEIR_TIMEOUT, "weir-timeout", ONCE)                                          \
    F(argument, HTTP1_AUTHORIZATION, "authorization", ONCE)                                        \
    F(argument, HTTP1_IF_NONE_MATCH, "if-none-match", LIST)                                        \
    F(argument, HTTP1_LAST_EVENT_ID, "last-event-id", ONCE)                                        \
    F(argument, HTTP1_WEIR_MIN_TICK, "weir-min-tick", ONCE)                                        \
    F(argument, HTTP1_WEIR_PRODUCER, "weir-producer", ONCE)                                        \
    F(argument, HTTP1_ACCEPT_PROFILE, "accept-profile", ONCE)                                      \
    F(argument, HTTP1_CONTENT_LENGTH, "content-length", ONCE)                                      \
    F(argument, HTTP1_CONTENT_PROFILE, "content-profile", ONCE)                                    \
    F(argument, HTTP1_CONTENT_ENCODING, "content-encoding", ONCE)                                  \
    F(argument, HTTP1_SEC_WEBSOCKET_KEY, "sec-websocket-key", ONCE)                                \
    F(argument, HTTP1_TRANSFER_ENCODING, "transfer-encoding", ONCE)                                \
    F(argument, HTTP1_SEC_WEBSOCKET_VERSION, "sec-websocket-version", ONCE)                        \
    F(argument, HTTP1_SEC_WEBSOCKET_PROTOCOL, "sec-websocket-protocol", LIST)                      \
    F(argument, HTTP1_ACCESS_CONTROL_REQUEST_METHOD, "access-control-request-method", ONCE)        \
    F(argument, HTTP1_ACCESS_CONTROL_REQUEST_HEADERS, "access-control-request-headers", LIST)

#define HTTP1_HEAD_FIELD_ID(argument, id, name, rule) id,
enum http1_field { HTTP1_HEAD_FIELDS(HTTP1_HEAD_FIELD_ID, ) HTTP1_FIELD_OTHER };

struct http1_header {
    struct slice name;  /* as sent */
    struct slice value; /* without the white space around it; may be empty */
    u8 field;           /* enum http1_field */
    u8 next; /* 1 + index of the next line of the same field; 0: none. Known fields only */
};

/* Slices into the input of the parse: good until that memory moves. */
struct http1_headers {
    struct http1_header list[HTTP1_HEAD_FIELD_COUNT_MAX];
    u32 count;
    u8 first[HTTP1_FIELD_OTHER]; /* 1 + index of the field's first line; 0: not there */
};

/* Where a scan stands; zero it for each message. */
struct http1_scan {
    u32 at;         /* bytes looked at */
    u32 line_start; /* of the line that is being looked at */
    u32 line_count; /* whole lines so far, the start line being the first */
};

/* Why a head is refused. */
struct http1_fault {
    u32 status;         /* to answer with */
    const char *reason; /* a sentence for people */
};

/* Scans on in input, which holds the message from its first byte and has grown since the last call.
 * On HTTP1_DONE the head is the first *head_size bytes, its empty line included. */
MUST_USE enum http1_result http1_head_scan(struct http1_scan *scan,
                                           const struct http1_limits *limits, struct slice input,
                                           u32 *head_size, struct http1_fault *fault);

/* Where the start line of a scanned head begins: one empty line before it is skipped
 * (RFC 9112 2.2). */
u32 http1_head_start(struct slice input);

/* Takes the field lines of a scanned head apart: from the byte after the start line to the end of
 * the empty line. False fills fault. */
MUST_USE bool http1_head_parse_fields(struct slice lines, struct http1_headers *headers,
                                      struct http1_fault *fault);

/* How the body of a message is delimited, as its fields say (RFC 9112 6.3). */
struct http1_framing {
    bool chunked;
    bool has_length;
    u64 content_length; /* 0 without has_length */
};

MUST_USE bool http1_head_parse_framing(const struct http1_headers *headers,
                                       struct http1_framing *framing, struct http1_fault *fault);

/* The value of the field's first line; data is NULL when there is none. */
struct slice http1_head_find(const struct http1_headers *headers, enum http1_field field);
/* For fields outside the table; name in any case. */
struct slice http1_head_find_name(const struct http1_headers *headers, const char *name);

/* Walks a LIST field line by line: `u32 cursor = 0; while (http1_head_next(..., &cursor, &value))`. */
bool http1_head_next(const struct http1_headers *headers, enum http1_field field, u32 *cursor,
                     struct slice *value);

/* Is one of the elements of the field, on any of its lines, this word (in any case)? */
bool http1_head_has_element(const struct http1_headers *headers, enum http1_field field,
                            const char *word);
