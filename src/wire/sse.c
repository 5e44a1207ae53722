#include "wire/sse.h"

#include "base/assert.h"
#include "base/text.h"
#include "wire/chars.h"

size_t sse_id_write(struct sse_id id, char *target)
{
    size_t size = text_write_number(target, id.epoch, 16);
    target[size++] = ':';
    size += text_write_number(target + size, id.tick, 10);
    assert(size <= SSE_ID_SIZE_MAX);
    return size;
}

/* Only the digits that text_write_number makes: lower case, no leading zeros, within 64 bits. */
static bool parse_number(struct slice text, u32 base, u64 *number)
{
    if (text.size == 0 || (text.size > 1 && text.data[0] == '0')) return false;
    u64 sum = 0;
    for (size_t index = 0; index < text.size; index++) {
        char c = text.data[index];
        int digit = chars_hex_value(c);
        if (digit < 0 || digit >= (int)base || (c >= 'A' && c <= 'F')) return false;
        if (__builtin_mul_overflow(sum, base, &sum)) return false;
        if (__builtin_add_overflow(sum, (u64)digit, &sum)) return false;
    }
    *number = sum;
    return true;
}

bool sse_id_parse(struct slice text, struct sse_id *id)
{
    const char *colon = text.size ? memchr(text.data, ':', text.size) : NULL;
    if (!colon) return false;
    size_t size = (size_t)(colon - text.data);
    return parse_number(slice_make(text.data, size), 16, &id->epoch) &&
           parse_number(slice_make(colon + 1, text.size - size - 1), 10, &id->tick);
}

/* The lines of data, as readers of SSE divide them: at CRLF, LF or CR. The next LF is remembered, so
 * that data with many CRs is still walked once. */
struct lines {
    const char *at; /* NULL after the last line */
    const char *end;
    const char *lf; /* the first at or after at; end when there is none */
};

static void lines_find_lf(struct lines *lines)
{
    size_t size = (size_t)(lines->end - lines->at);
    const char *lf = size ? memchr(lines->at, '\n', size) : NULL;
    lines->lf = lf ? lf : lines->end;
}

static struct lines lines_of(struct slice data)
{
    struct lines lines = { .at = data.data };
    if (!data.data) return lines;
    lines.end = data.data + data.size;
    lines_find_lf(&lines);
    return lines;
}

static bool lines_next(struct lines *lines, struct slice *line)
{
    if (!lines->at) return false;
    size_t size = (size_t)(lines->lf - lines->at);
    const char *cr = size ? memchr(lines->at, '\r', size) : NULL;
    const char *stop = cr ? cr : lines->lf;
    *line = slice_make(lines->at, (size_t)(stop - lines->at));
    if (stop == lines->end) {
        lines->at = NULL;
        return true;
    }
    lines->at = stop + (cr && stop + 1 == lines->lf && lines->lf < lines->end ? 2 : 1);
    if (lines->at > lines->lf) lines_find_lf(lines);
    return true;
}

static bool has_line_end(struct slice text)
{
    return text.size > 0 &&
           (memchr(text.data, '\n', text.size) || memchr(text.data, '\r', text.size));
}

/* A line of the frame, "name: value\n". */
static size_t line_size(const char *name, size_t value_size)
{
    return strlen(name) + 2 + value_size + 1;
}

static char *write_line(char *target, const char *name, const char *value, size_t value_size)
{
    target = mempcpy(target, name, strlen(name));
    target = mempcpy(target, ": ", 2);
    if (value_size > 0) target = mempcpy(target, value, value_size);
    *target = '\n';
    return target + 1;
}

/* The lines before data. */
static size_t head_size(const struct sse_frame *frame)
{
    char digits[SSE_ID_SIZE_MAX];
    size_t size = 0;
    if (frame->event.data) size += line_size("event", frame->event.size);
    if (frame->has_id) size += line_size("id", sse_id_write(frame->id, digits));
    if (frame->retry_ms >= 0)
        size += line_size("retry", text_write_number(digits, (u64)frame->retry_ms, 10));
    return size;
}

static char *write_head(const struct sse_frame *frame, char *target)
{
    char digits[SSE_ID_SIZE_MAX];
    slow_assert(!has_line_end(frame->event));
    if (frame->event.data)
        target = write_line(target, "event", frame->event.data, frame->event.size);
    if (frame->has_id) target = write_line(target, "id", digits, sse_id_write(frame->id, digits));
    if (frame->retry_ms >= 0) {
        size_t size = text_write_number(digits, (u64)frame->retry_ms, 10);
        target = write_line(target, "retry", digits, size);
    }
    return target;
}

size_t sse_size(const struct sse_frame *frame)
{
    size_t size = head_size(frame) + 1;
    struct slice line;
    for (struct lines lines = lines_of(frame->data); lines_next(&lines, &line);)
        size += line_size("data", line.size);
    return size;
}

void sse_write(const struct sse_frame *frame, struct buf *out)
{
    size_t size = sse_size(frame);
    char *begin = buf_reserve(out, size);
    char *target = write_head(frame, begin);
    struct slice line;
    for (struct lines lines = lines_of(frame->data); lines_next(&lines, &line);)
        target = write_line(target, "data", line.data, line.size);
    *target++ = '\n';
    assert((size_t)(target - begin) == size);
    out->size += size;
}

#define DATA_PREFIX "data: "

void sse_begin(const struct sse_frame *frame, struct buf *out)
{
    assert(!frame->data.data);
    size_t size = head_size(frame) + strlen(DATA_PREFIX);
    char *begin = buf_reserve(out, size);
    char *target = mempcpy(write_head(frame, begin), DATA_PREFIX, strlen(DATA_PREFIX));
    assert((size_t)(target - begin) == size);
    out->size += size;
}

void sse_end(struct buf *out)
{
    buf_append(out, "\n\n", 2);
}

size_t sse_comment_size(struct slice text)
{
    return line_size("", text.size) + 1;
}

void sse_comment_write(struct slice text, struct buf *out)
{
    slow_assert(!has_line_end(text));
    size_t size = sse_comment_size(text);
    char *begin = buf_reserve(out, size);
    char *target = write_line(begin, "", text.data, text.size);
    *target++ = '\n';
    assert((size_t)(target - begin) == size);
    out->size += size;
}
