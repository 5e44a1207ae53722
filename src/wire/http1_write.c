#include "wire/http1_write.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/chars.h"

static const struct {
    u32 status;
    const char *phrase;
} phrases[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 204, "No Content" },
    { 206, "Partial Content" },
    { 304, "Not Modified" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 426, "Upgrade Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
};

const char *http1_write_phrase(u32 status)
{
    for (size_t index = 0; index < countof(phrases); index++)
        if (phrases[index].status == status) return phrases[index].phrase;
    return "";
}

static void append(struct buf *out, struct slice text)
{
    buf_append(out, text.data, text.size);
}

void http1_write_status(struct buf *out, u32 status)
{
    assert(status >= 100 && status <= 999);
    char digits[] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
                      (char)('0' + status % 10), ' ' };
    append(out, SLICE("HTTP/1.1 "));
    buf_append(out, digits, sizeof digits);
    buf_puts(out, http1_write_phrase(status));
    append(out, SLICE("\r\n"));
}

void http1_write_field(struct buf *out, const char *name, struct slice value)
{
    buf_puts(out, name);
    append(out, SLICE(": "));
    char *target = buf_reserve(out, value.size);
    for (size_t index = 0; index < value.size; index++)
        target[index] = chars_is_control(value.data[index]) ? ' ' : value.data[index];
    out->size += value.size;
    append(out, SLICE("\r\n"));
}

void http1_write_field_u64(struct buf *out, const char *name, u64 value)
{
    char digits[TEXT_NUMBER_SIZE_MAX];
    http1_write_field(out, name, slice_make(digits, text_write_number(digits, value, 10)));
}

void http1_write_length(struct buf *out, u64 size)
{
    http1_write_field_u64(out, "Content-Length", size);
}

void http1_write_chunked(struct buf *out)
{
    append(out, SLICE("Transfer-Encoding: chunked\r\n"));
}

void http1_write_end(struct buf *out)
{
    append(out, SLICE("\r\n"));
}

void http1_write_continue(struct buf *out)
{
    append(out, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

/* A chunk's size is always written with as many digits, so that its place can be kept before the
 * size is known. */
#define CHUNK_DIGIT_COUNT 8
#define CHUNK_HEAD_SIZE   (CHUNK_DIGIT_COUNT + 2)

static void chunk_write_head(char *target, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    assert(size > 0 && size <= UINT32_MAX);
    for (int index = CHUNK_DIGIT_COUNT - 1; index >= 0; index--, size >>= 4)
        target[index] = hex[size & 15];
    memcpy(target + CHUNK_DIGIT_COUNT, "\r\n", 2);
}

void http1_write_chunk(struct buf *out, struct slice piece)
{
    size_t begin = http1_write_chunk_begin(out);
    append(out, piece);
    http1_write_chunk_end(out, begin);
}

void http1_write_last_chunk(struct buf *out)
{
    append(out, SLICE("0\r\n\r\n"));
}

size_t http1_write_chunk_begin(struct buf *out)
{
    size_t begin = out->size;
    buf_reserve(out, CHUNK_HEAD_SIZE);
    out->size += CHUNK_HEAD_SIZE;
    return begin;
}

void http1_write_chunk_end(struct buf *out, size_t begin)
{
    assert(out->size >= begin + CHUNK_HEAD_SIZE);
    size_t size = out->size - begin - CHUNK_HEAD_SIZE;
    if (size == 0) {
        out->size = begin;
        return;
    }
    chunk_write_head(out->data + begin, size);
    append(out, SLICE("\r\n"));
}
