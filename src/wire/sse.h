/* Server-sent events: framing, and the ids by which a subscriber resumes (HTML, 9.2).
 *
 *     event: update
 *     id: 3f2a:19
 *     data: {"tick":19,...}
 *
 * A frame is written whole into a buf that all who are at the same tick share. */
#pragma once

#include "base/bytes.h"

/* Where a subscriber stands: the tick it has seen whole, in which epoch of the log. Written as the
 * epoch in hex, a colon, the tick in decimal; neither has leading zeros. */
struct sse_id {
    u64 epoch;
    u64 tick;
};

#define SSE_ID_SIZE_MAX (16 + 1 + 20)

/* Writes at most SSE_ID_SIZE_MAX bytes and returns how many; no NUL. */
size_t sse_id_write(struct sse_id id, char *target);
/* Exactly what sse_id_write makes; false for anything else. */
MUST_USE bool sse_id_parse(struct slice text, struct sse_id *id);

struct sse_frame {
    struct slice event; /* data NULL: none, so "message"; no line ends in it */
    bool has_id;
    struct sse_id id;
    i64 retry_ms;      /* < 0: none */
    struct slice data; /* any bytes; each line of it becomes a data line. data NULL: no data line */
};

/* Exactly the bytes that sse_write appends. */
size_t sse_size(const struct sse_frame *frame);
void sse_write(const struct sse_frame *frame, struct buf *out);

/* For data that is encoded in place: everything up to and with "data: "; then the caller appends its
 * bytes, which have no line ends (JSON has none), then sse_end. */
void sse_begin(const struct sse_frame *frame, struct buf *out);
void sse_end(struct buf *out);

/* ": text", which readers skip; text has no line ends. Keeps connections open. */
size_t sse_comment_size(struct slice text);
void sse_comment_write(struct slice text, struct buf *out);
