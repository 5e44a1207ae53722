/* Heads of responses, and chunks, into a buf. The caller brings Date and everything it knows.
 *
 *     http1_write_status(out, 200);
 *     http1_write_field(out, "Content-Type", SLICE("application/json"));
 *     http1_write_chunked(out);                  or http1_write_length(out, size)
 *     http1_write_end(out);
 *     http1_write_chunk(out, piece); ...; http1_write_last_chunk(out); */
#pragma once

#include "base/bytes.h"

/* "HTTP/1.1 200 OK"; a status outside the table gets an empty phrase. */
void http1_write_status(struct buf *out, u32 status);
const char *http1_write_phrase(u32 status);

/* Bytes that may not stand in a field's value (CR, LF, NUL, other controls) become spaces, so that
 * no value can begin a line of its own. */
void http1_write_field(struct buf *out, const char *name, struct slice value);
void http1_write_field_u64(struct buf *out, const char *name, u64 value);
void http1_write_length(struct buf *out, u64 size);
void http1_write_chunked(struct buf *out);
/* The empty line. */
void http1_write_end(struct buf *out);

/* The whole interim answer to Expect: 100-continue. */
void http1_write_continue(struct buf *out);

/* An empty piece writes nothing: it would end the body. */
void http1_write_chunk(struct buf *out, struct slice piece);
void http1_write_last_chunk(struct buf *out);

/* A chunk whose bytes are appended to out between the two calls; what begin returns goes to end.
 * When nothing was appended the chunk is taken back. */
size_t http1_write_chunk_begin(struct buf *out);
void http1_write_chunk_end(struct buf *out, size_t begin);
