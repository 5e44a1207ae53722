#include "wire/http1_head.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/assert.h"
#include "wire/chars.h"
#include "wire/field.h"

static bool fail(struct http1_fault *fault, u32 status, const char *reason)
{
    *fault = (struct http1_fault){ .status = status, .reason = reason };
    return false;
}

/* The index of the first control byte at or after at; size when there is none. */
static u32 find_control(const char *data, u32 at, u32 size)
{
#ifdef __SSE2__
    const __m128i low = _mm_set1_epi8(0x1f), tab = _mm_set1_epi8('\t'), del = _mm_set1_epi8(0x7f);
    for (; size - at >= 16; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(data + at));
        __m128i is_low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, low), bytes);
        __m128i found = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), is_low);
        found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, del));
        u32 mask = (u32)_mm_movemask_epi8(found);
        if (mask) return at + (u32)__builtin_ctz(mask);
    }
#endif
    while (at < size && !chars_is_control(data[at]))
        at++;
    return at;
}

static bool scan_too_large(struct http1_fault *fault)
{
    return fail(fault, 431, "The header is too large.");
}

/* Limits come before the byte at `at` is looked at: what lies beyond them decides nothing, so a
 * head that comes in pieces is refused for the same reason as one that comes at once. */
static bool scan_within(const struct http1_scan *scan, const struct http1_limits *limits, u32 at,
                        struct http1_fault *fault)
{
    if (scan->line_count == 0 && at - scan->line_start > limits->line_size_max)
        return fail(fault, 414, "The request line is too long.");
    if (at > limits->head_size_max) return scan_too_large(fault);
    return true;
}

static bool scan_refuse(char c, struct http1_fault *fault)
{
    if (c == '\n') return fail(fault, 400, "A line ends in LF without CR.");
    if (c == '\r') return fail(fault, 400, "A CR is not followed by LF.");
    if (c == '\0') return fail(fault, 400, "There is a NUL byte in the header.");
    return fail(fault, 400, "There is a control character in the header.");
}

/* The line that ends at `at` is whole. Only a first empty line says nothing (RFC 9112 2.2). */
static bool scan_line(struct http1_scan *scan, const struct http1_limits *limits, u32 at,
                      struct http1_fault *fault)
{
    if (at > scan->line_start) {
        if (++scan->line_count > limits->field_count_max + 1)
            return fail(fault, 431, "There are too many header fields.");
    } else if (scan->line_start > 0) {
        return fail(fault, 400, "There is an empty line where the message should begin.");
    }
    scan->at = scan->line_start = at + 2;
    return true;
}

enum http1_result http1_head_scan(struct http1_scan *scan, const struct http1_limits *limits,
                                  struct slice input, u32 *head_size, struct http1_fault *fault)
{
    assert(limits->line_size_max + 4 <= limits->head_size_max);
    assert(limits->field_count_max <= HTTP1_HEAD_FIELD_COUNT_MAX);
    /* One byte past the limit shows that the limit is passed; more need not be looked at. */
    u32 size = (u32)MIN(input.size, (size_t)limits->head_size_max + 1);
    assert(scan->at <= size);

    for (;;) {
        u32 at = find_control(input.data, scan->at, size);
        scan->at = at;
        if (!scan_within(scan, limits, at, fault)) return HTTP1_BAD;
        if (at == size) return HTTP1_MORE;
        if (input.data[at] != '\r') return scan_refuse(input.data[at], fault), HTTP1_BAD;
        if (at + 2 > limits->head_size_max) return scan_too_large(fault), HTTP1_BAD;
        if (at + 1 == size) return HTTP1_MORE;
        if (input.data[at + 1] != '\n') return scan_refuse('\r', fault), HTTP1_BAD;
        if (at == scan->line_start && scan->line_count > 0) {
            *head_size = at + 2;
            return HTTP1_DONE;
        }
        if (!scan_line(scan, limits, at, fault)) return HTTP1_BAD;
    }
}

u32 http1_head_start(struct slice input)
{
    return input.size > 0 && input.data[0] == '\r' ? 2 : 0;
}

/* Where the names of each size begin in the table of fields. */
#define NAME_SIZE_MAX                  31
#define SHORTER(limit, id, name, rule) +(sizeof(name) - 1 < (limit))
#define BEGIN(limit)                   (u8)(0 HTTP1_HEAD_FIELDS(SHORTER, limit))
static const u8 field_begin[NAME_SIZE_MAX + 2] = {
    BEGIN(0),  BEGIN(1),  BEGIN(2),  BEGIN(3),  BEGIN(4),  BEGIN(5),  BEGIN(6),
    BEGIN(7),  BEGIN(8),  BEGIN(9),  BEGIN(10), BEGIN(11), BEGIN(12), BEGIN(13),
    BEGIN(14), BEGIN(15), BEGIN(16), BEGIN(17), BEGIN(18), BEGIN(19), BEGIN(20),
    BEGIN(21), BEGIN(22), BEGIN(23), BEGIN(24), BEGIN(25), BEGIN(26), BEGIN(27),
    BEGIN(28), BEGIN(29), BEGIN(30), BEGIN(31), BEGIN(32),
};

enum { RULE_ONCE, RULE_LIST };
#define FIELD_ROW(unused, id, text, field_rule) { .name = text, .rule = RULE_##field_rule },
static const struct {
    char name[NAME_SIZE_MAX + 1];
    u8 rule;
} fields[HTTP1_FIELD_OTHER] = { HTTP1_HEAD_FIELDS(FIELD_ROW, ) };
_Static_assert(HTTP1_FIELD_OTHER < UINT8_MAX, "a field's id fits a byte");

/* name is a token, so the bit that tells cases apart only maps letters to letters: of the bytes that
 * differ in it from a byte of our names, all but letters are controls, which the scan refuses. */
static bool name_is(const char *name, const char *ours, size_t size)
{
    size_t index = 0;
    for (; size - index >= 8; index += 8) {
        u64 a, b;
        memcpy(&a, name + index, 8);
        memcpy(&b, ours + index, 8);
        if ((a | 0x2020202020202020u) != b) return false;
    }
    for (; index < size; index++)
        if ((name[index] | 0x20) != ours[index]) return false;
    return true;
}

static enum http1_field field_of(struct slice name)
{
    if (name.size > NAME_SIZE_MAX) return HTTP1_FIELD_OTHER;
    for (u32 id = field_begin[name.size]; id < field_begin[name.size + 1]; id++)
        if (name_is(name.data, fields[id].name, name.size)) return (enum http1_field)id;
    return HTTP1_FIELD_OTHER;
}

/* Puts the header into its field's chain. */
static bool headers_link(struct http1_headers *headers, u32 index, struct http1_fault *fault)
{
    u8 field = headers->list[index].field;
    if (headers->first[field] == 0) {
        headers->first[field] = (u8)(index + 1);
        return true;
    }
    if (field == HTTP1_HOST) return fail(fault, 400, "There are two Host fields.");
    if (field == HTTP1_CONTENT_LENGTH)
        return fail(fault, 400, "There are two Content-Length fields.");
    if (fields[field].rule == RULE_ONCE)
        return fail(fault, 400, "A field that may stand once is there twice.");

    u32 last = headers->first[field] - 1u;
    while (headers->list[last].next > 0)
        last = headers->list[last].next - 1u;
    headers->list[last].next = (u8)(index + 1);
    return true;
}

static bool name_refuse(char c, bool empty, struct http1_fault *fault)
{
    if (empty && chars_is_space(c))
        return fail(fault, 400, "A header field is folded or begins with white space.");
    if (chars_is_space(c))
        return fail(fault, 400, "There is white space between a field's name and its colon.");
    if (c == ':') return fail(fault, 400, "A header field has no name.");
    if (c == '\r') return fail(fault, 400, "A header line has no colon.");
    return fail(fault, 400, "A header field's name has a character that may not stand there.");
}

/* Takes one line apart and returns where the next one begins; NULL fills fault. The scan has made
 * sure that a CR follows, and that it ends the line. */
static const char *parse_field(const char *at, const char *end, struct http1_header *header,
                               struct http1_fault *fault)
{
    const char *name = at;
    while (field_is_token_char(*at))
        at++;
    if (*at != ':' || at == name) {
        name_refuse(*at, at == name, fault);
        return NULL;
    }
    header->name = slice_make(name, (size_t)(at - name));
    at++;
    while (chars_is_space(*at))
        at++;
    const char *cr = at + find_control(at, 0, (u32)(end - at));
    const char *last = cr;
    while (last > at && chars_is_space(last[-1]))
        last--;
    header->value = slice_make(at, (size_t)(last - at));
    return cr + 2;
}

bool http1_head_parse_fields(struct slice lines, struct http1_headers *headers,
                             struct http1_fault *fault)
{
    assert(lines.size >= 2 && lines.data[lines.size - 2] == '\r');
    headers->count = 0;
    memset(headers->first, 0, sizeof headers->first);

    const char *at = lines.data, *end = lines.data + lines.size;
    while (*at != '\r') {
        assert(headers->count < HTTP1_HEAD_FIELD_COUNT_MAX);
        struct http1_header *header = &headers->list[headers->count];
        at = parse_field(at, end, header, fault);
        if (!at) return false;
        assert(at < end);
        header->next = 0;
        header->field = (u8)field_of(header->name);
        if (header->field != HTTP1_FIELD_OTHER && !headers_link(headers, headers->count, fault))
            return false;
        headers->count++;
    }
    assert(at + 2 == end);
    return true;
}

bool http1_head_parse_framing(const struct http1_headers *headers, struct http1_framing *framing,
                              struct http1_fault *fault)
{
    *framing = (struct http1_framing){ .chunked = false };
    struct slice length = http1_head_find(headers, HTTP1_CONTENT_LENGTH);
    struct slice encoding = http1_head_find(headers, HTTP1_TRANSFER_ENCODING);
    if (length.data && encoding.data)
        return fail(fault, 400, "There are both Content-Length and Transfer-Encoding.");
    if (encoding.data) {
        framing->chunked = true;
        if (slice_is_nocase(encoding, "chunked")) return true;
        return fail(fault, 400, "Transfer-Encoding is something else than chunked.");
    }
    if (length.data) {
        framing->has_length = true;
        if (field_parse_u64(length, &framing->content_length)) return true;
        return fail(fault, 400, "Content-Length is not a number, or is too large.");
    }
    return true;
}

struct slice http1_head_find(const struct http1_headers *headers, enum http1_field field)
{
    assert(field < HTTP1_FIELD_OTHER);
    u32 first = headers->first[field];
    return first ? headers->list[first - 1].value : slice_make(NULL, 0);
}

struct slice http1_head_find_name(const struct http1_headers *headers, const char *name)
{
    for (u32 index = 0; index < headers->count; index++)
        if (slice_is_nocase(headers->list[index].name, name)) return headers->list[index].value;
    return slice_make(NULL, 0);
}

bool http1_head_next(const struct http1_headers *headers, enum http1_field field, u32 *cursor,
                     struct slice *value)
{
    assert(field < HTTP1_FIELD_OTHER);
    u32 line = *cursor == 0 ? headers->first[field] : headers->list[*cursor - 1].next;
    if (line == 0) return false;
    *cursor = line;
    *value = headers->list[line - 1].value;
    return true;
}

bool http1_head_has_element(const struct http1_headers *headers, enum http1_field field,
                            const char *word)
{
    struct slice line, element;
    for (u32 cursor = 0; http1_head_next(headers, field, &cursor, &line);)
        while (field_next_element(&line, &element))
            if (slice_is_nocase(element, word)) return true;
    return false;
}
