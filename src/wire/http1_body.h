/* The body of an HTTP/1.1 message, decoded where it lies (RFC 9112 6 and 7).
 *
 * Bytes go in as they arrive, in pieces of any size; slices of the same bytes come out. The decoder
 * holds no memory of its own. Chunks are read strictly: hex digits, CRLF and nothing else, lines
 * and trailers within their bounds. Trailers are checked for form and dropped.
 *
 * Invariant: the bytes that come out are the same for every way to split the input. */
#pragma once

#include "wire/http1.h"

#define HTTP1_BODY_LINE_SIZE_MAX    256  /* of a chunk's size with its extensions */
#define HTTP1_BODY_TRAILER_SIZE_MAX 4096 /* of all trailer lines together */

enum http1_body_kind { HTTP1_BODY_LENGTH, HTTP1_BODY_CHUNKED, HTTP1_BODY_UNTIL_CLOSE };

enum http1_body_result {
    HTTP1_BODY_MORE, /* all of the input is used up, the body is not at its end */
    HTTP1_BODY_DATA, /* *data is the next piece; call again with the rest */
    HTTP1_BODY_DONE, /* the body ended before input[*consumed]; what follows is the next message */
    HTTP1_BODY_BAD,  /* body->fault says why; the connection cannot be used any further */
};

struct http1_body {
    enum http1_body_kind kind;
    u32 state;     /* of the chunk reader; private */
    u32 line_size; /* of the current chunk line, or of the trailers; private */
    u64 left;      /* of the length or of the current chunk */
    u64 size;      /* bytes decoded so far */
    u64 size_max;  /* more is refused with 413 */
    struct http1_fault fault;
};

/* For the body of a request; without a length and not chunked it is empty. */
void http1_body_init(struct http1_body *body, const struct http1_framing *framing, u64 size_max);
/* For a response that ends with its connection. */
void http1_body_init_until_close(struct http1_body *body, u64 size_max);

/* One step. *consumed bytes of input are done with; *data (on HTTP1_BODY_DATA, never empty) is a
 * part of them. */
MUST_USE enum http1_body_result http1_body_step(struct http1_body *body, struct slice input,
                                                size_t *consumed, struct slice *data);

/* Steps through all of the input and moves the decoded bytes together at its start, so that a codec
 * sees one run of bytes: data[0, *decoded). Never HTTP1_BODY_DATA. */
MUST_USE enum http1_body_result http1_body_compact(struct http1_body *body, char *data, size_t size,
                                                   size_t *consumed, size_t *decoded);

/* Is nothing of the body missing? For a body that ends with its connection: always. */
bool http1_body_complete(const struct http1_body *body);
