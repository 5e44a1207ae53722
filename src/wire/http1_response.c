#include "wire/http1_response.h"

#include "base/assert.h"
#include "wire/chars.h"

static bool fail(struct http1_response *response, const char *reason)
{
    response->fault = (struct http1_fault){ .status = 502, .reason = reason };
    return false;
}

/* "HTTP/1." digit SP 3digit [SP phrase]; servers leave out the last space (RFC 9112 4). */
static bool parse_line(struct http1_response *response, struct slice line)
{
    const char *at = line.data;
    bool is_status = line.size >= 12 && memcmp(at, "HTTP/1.", 7) == 0 && chars_is_digit(at[7]) &&
                     at[8] == ' ' && at[9] >= '1' && at[9] <= '9' && chars_is_digit(at[10]) &&
                     chars_is_digit(at[11]) && (line.size == 12 || at[12] == ' ');
    if (!is_status) return fail(response, "The status line is malformed.");
    response->version = at[7] == '0' ? HTTP1_VERSION_1_0 : HTTP1_VERSION_1_1;
    response->status = (u32)((at[9] - '0') * 100 + (at[10] - '0') * 10 + (at[11] - '0'));
    response->phrase = line.size > 13 ? slice_make(at + 13, line.size - 13) : SLICE("");
    return true;
}

static void find_keep_alive(struct http1_response *response)
{
    const struct http1_headers *headers = &response->headers;
    bool keep = response->version == HTTP1_VERSION_1_1 ||
                http1_head_has_element(headers, HTTP1_CONNECTION, "keep-alive");
    response->keep_alive = keep && !http1_head_has_element(headers, HTTP1_CONNECTION, "close");
}

static bool parse_head(struct http1_response *response, struct slice head)
{
    const char *cr = memchr(head.data, '\r', head.size);
    assert(cr && cr > head.data);
    struct slice line = slice_make(head.data, (size_t)(cr - head.data));
    struct slice lines = slice_make(cr + 2, head.size - line.size - 2);
    if (!parse_line(response, line) ||
        !http1_head_parse_fields(lines, &response->headers, &response->fault) ||
        !http1_head_parse_framing(&response->headers, &response->framing, &response->fault))
        return false;
    if (response->framing.chunked && response->version == HTTP1_VERSION_1_0)
        return fail(response, "HTTP/1.0 has no Transfer-Encoding.");
    find_keep_alive(response);
    return true;
}

enum http1_result http1_response_parse(struct http1_scan *scan, const struct http1_limits *limits,
                                       struct slice input, struct http1_response *response)
{
    enum http1_result result =
        http1_head_scan(scan, limits, input, &response->head_size, &response->fault);
    if (result != HTTP1_DONE) return result;

    u32 start = http1_head_start(input);
    struct slice head = slice_make(input.data + start, response->head_size - start);
    if (!parse_head(response, head)) return HTTP1_BAD;
    response->fault = (struct http1_fault){ .status = 0 };
    return HTTP1_DONE;
}

void http1_response_body(const struct http1_response *response, enum http1_method asked,
                         u64 size_max, struct http1_body *body)
{
    static const struct http1_framing none = { .has_length = true };
    const struct http1_framing *framing = &response->framing;
    u32 status = response->status;
    if (asked == HTTP1_HEAD || status < 200 || status == 204 || status == 304)
        http1_body_init(body, &none, size_max);
    else if (framing->chunked || framing->has_length)
        http1_body_init(body, framing, size_max);
    else
        http1_body_init_until_close(body, size_max);
}
