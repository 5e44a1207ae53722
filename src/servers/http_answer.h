/* Answers: the head that all have in common, then a body whose length is known, a stream of chunks, or none.
 *
 *     http_answer_begin(http, 200, tick);
 *     http1_write_field(conn_out(&http->conn), ...);      more fields
 *     http_answer_body(http, "application/json", bytes);   or _empty, or _stream and chunks */
#pragma once

#include "servers/http.h"
#include "wire/http1_write.h"

/* Date, Weir-Tick, Connection, the fields of CORS, and on writes Weir-Credit. */
void http_answer_begin(struct http *http, u32 status, u64 tick);
/* Not sent to HEAD, but counted. */
void http_answer_body(struct http *http, const char *type, struct slice body);
/* Without a body: nothing at 204 and 304, else a length of 0. */
void http_answer_empty(struct http *http, u32 status);

/* A body of unknown length: chunks, or to an HTTP/1.0 client until the connection closes. */
void http_answer_stream(struct http *http, const char *type);
/* What is appended to conn_out between the two is one chunk; begin's result goes to end. */
size_t http_answer_chunk_begin(struct http *http);
void http_answer_chunk_end(struct http *http, size_t begin);
void http_answer_stream_end(struct http *http);
/* The stream stops in its middle: the client sees that it is not whole. */
void http_answer_stream_break(struct http *http);
