#include "wire/http1_body.h"

#include "base/assert.h"
#include "wire/chars.h"
#include "wire/field.h"

/* Where the reader of chunks stands: what it waits for next. */
enum state {
    SIZE_FIRST,   /* the first digit of a chunk's size */
    SIZE,         /* more digits, or what follows them */
    SIZE_SPACE,   /* white space before an extension (RFC 9112 7.1.1) */
    EXTENSION,    /* anything up to CR; not looked at */
    SIZE_LF,      /* the LF after the size line */
    DATA,         /* bytes of the chunk */
    DATA_CR,      /* the CR after the chunk */
    DATA_LF,      /* and its LF */
    TRAILER,      /* a trailer line, or the last CR */
    TRAILER_NAME, /* up to the colon */
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    DONE,
    REFUSED,
};

static enum http1_body_result fail(struct http1_body *body, u32 status, const char *reason)
{
    body->fault = (struct http1_fault){ .status = status, .reason = reason };
    body->state = REFUSED;
    return HTTP1_BODY_BAD;
}

void http1_body_init(struct http1_body *body, const struct http1_framing *framing, u64 size_max)
{
    *body = (struct http1_body){
        .kind = framing->chunked ? HTTP1_BODY_CHUNKED : HTTP1_BODY_LENGTH,
        .state = SIZE_FIRST,
        .left = framing->content_length,
        .size_max = size_max,
    };
}

void http1_body_init_until_close(struct http1_body *body, u64 size_max)
{
    *body = (struct http1_body){
        .kind = HTTP1_BODY_UNTIL_CLOSE,
        .left = UINT64_MAX,
        .size_max = size_max,
    };
}

bool http1_body_complete(const struct http1_body *body)
{
    switch (body->kind) {
    case HTTP1_BODY_LENGTH: return body->left == 0;
    case HTTP1_BODY_CHUNKED: return body->state == DONE;
    case HTTP1_BODY_UNTIL_CLOSE: return true;
    }
    unreachable();
}

/* Gives out the start of input: what belongs to the body and is within its bound. The last byte
 * within the bound is still given, so that it does not matter how the input was split. */
static enum http1_body_result give(struct http1_body *body, struct slice input, size_t *consumed,
                                   struct slice *data)
{
    u64 room = body->size_max - body->size;
    size_t size = (size_t)MIN(MIN((u64)input.size, body->left), room);
    if (room == 0) return fail(body, 413, "The body is too large.");
    assert(size > 0);
    if (body->kind != HTTP1_BODY_UNTIL_CLOSE) body->left -= size;
    body->size += size;
    *consumed += size;
    *data = slice_make(input.data, size);
    return HTTP1_BODY_DATA;
}

static enum http1_body_result step_plain(struct http1_body *body, struct slice input,
                                         size_t *consumed, struct slice *data)
{
    if (body->left == 0) return HTTP1_BODY_DONE;
    if (input.size == 0) return HTTP1_BODY_MORE;
    return give(body, input, consumed, data);
}

/* A size past 60 bits is not one that anybody sends. */
static bool size_add(struct http1_body *body, char c)
{
    int digit = chars_hex_value(c);
    if (digit < 0 || body->left >> 56) return false;
    body->left = body->left << 4 | (u64)digit;
    return true;
}

static u32 after_size(char c)
{
    if (c == '\r') return SIZE_LF;
    if (c == ';') return EXTENSION;
    if (chars_is_space(c)) return SIZE_SPACE;
    return REFUSED;
}

/* One byte of the line that tells a chunk's size. */
static bool step_size(struct http1_body *body, char c)
{
    switch (body->state) {
    case SIZE_FIRST:
        body->left = 0;
        body->line_size = 0;
        body->state = SIZE;
        return size_add(body, c);
    case SIZE:
        if (size_add(body, c)) return true;
        body->state = after_size(c);
        return body->state != REFUSED;
    case SIZE_SPACE:
        body->state = after_size(c);
        return body->state == EXTENSION || body->state == SIZE_SPACE;
    case EXTENSION:
        if (c == '\r') body->state = SIZE_LF;
        return c == '\r' || !chars_is_control(c);
    case SIZE_LF:
        body->state = body->left > 0 ? DATA : TRAILER;
        body->line_size = 0;
        return c == '\n';
    default: unreachable();
    }
}

/* One byte after the last chunk. */
static bool step_trailer(struct http1_body *body, char c)
{
    switch (body->state) {
    case TRAILER:
        body->state = c == '\r' ? END_LF : TRAILER_NAME;
        return c == '\r' || field_is_token_char(c);
    case TRAILER_NAME:
        if (c == ':') body->state = TRAILER_VALUE;
        return c == ':' || field_is_token_char(c);
    case TRAILER_VALUE:
        if (c == '\r') body->state = TRAILER_LF;
        return c == '\r' || !chars_is_control(c);
    case TRAILER_LF: body->state = TRAILER; return c == '\n';
    case END_LF: body->state = DONE; return c == '\n';
    default: unreachable();
    }
}

static enum http1_body_result step_line(struct http1_body *body, char c)
{
    if (body->state <= SIZE_LF) {
        if (!step_size(body, c)) return fail(body, 400, "A chunk's size line is malformed.");
        if (++body->line_size > HTTP1_BODY_LINE_SIZE_MAX)
            return fail(body, 400, "A chunk's size line is too long.");
    } else if (body->state <= DATA_LF) {
        if (c != (body->state == DATA_CR ? '\r' : '\n'))
            return fail(body, 400, "A chunk does not end where its size says.");
        body->state = body->state == DATA_CR ? DATA_LF : SIZE_FIRST;
    } else {
        if (!step_trailer(body, c)) return fail(body, 400, "A trailer is malformed.");
        if (++body->line_size > HTTP1_BODY_TRAILER_SIZE_MAX)
            return fail(body, 431, "The trailers are too large.");
    }
    return HTTP1_BODY_MORE;
}

static enum http1_body_result step_chunked(struct http1_body *body, struct slice input,
                                           size_t *consumed, struct slice *data)
{
    while (*consumed < input.size && body->state != DONE) {
        if (body->state == DATA) {
            struct slice rest = slice_make(input.data + *consumed, input.size - *consumed);
            enum http1_body_result result = give(body, rest, consumed, data);
            if (body->left == 0) body->state = DATA_CR;
            return result;
        }
        if (step_line(body, input.data[*consumed]) == HTTP1_BODY_BAD) return HTTP1_BODY_BAD;
        ++*consumed;
    }
    return body->state == DONE ? HTTP1_BODY_DONE : HTTP1_BODY_MORE;
}

enum http1_body_result http1_body_step(struct http1_body *body, struct slice input,
                                       size_t *consumed, struct slice *data)
{
    *consumed = 0;
    *data = slice_make(NULL, 0);
    if (body->fault.status > 0) return HTTP1_BODY_BAD;
    switch (body->kind) {
    case HTTP1_BODY_LENGTH: return step_plain(body, input, consumed, data);
    case HTTP1_BODY_CHUNKED: return step_chunked(body, input, consumed, data);
    case HTTP1_BODY_UNTIL_CLOSE: return step_plain(body, input, consumed, data);
    }
    unreachable();
}

enum http1_body_result http1_body_compact(struct http1_body *body, char *data, size_t size,
                                          size_t *consumed, size_t *decoded)
{
    *consumed = *decoded = 0;
    for (;;) {
        size_t step;
        struct slice piece;
        struct slice input = { .size = size - *consumed };
        if (input.size > 0) input.data = data + *consumed;
        enum http1_body_result result = http1_body_step(body, input, &step, &piece);
        *consumed += step;
        if (result != HTTP1_BODY_DATA) return result;
        if (piece.data != data + *decoded) memmove(data + *decoded, piece.data, piece.size);
        *decoded += piece.size;
        assert(*decoded <= *consumed);
    }
}
