#include "wire/http1.h"

#include "base/assert.h"
#include "wire/field.h"
#include "wire/host.h"

static bool fail(struct http1_request *request, u32 status, const char *reason)
{
    request->fault = (struct http1_fault){ .status = status, .reason = reason };
    return false;
}

static const char *const method_names[] = {
    [HTTP1_GET] = "GET",         [HTTP1_HEAD] = "HEAD",   [HTTP1_POST] = "POST",
    [HTTP1_PUT] = "PUT",         [HTTP1_PATCH] = "PATCH", [HTTP1_DELETE] = "DELETE",
    [HTTP1_OPTIONS] = "OPTIONS",
};

const char *http1_method_name(enum http1_method method)
{
    assert(method < countof(method_names));
    return method_names[method];
}

/* Methods are told apart by case (RFC 9110 9.1). */
static bool parse_method(struct http1_request *request, struct slice text)
{
    for (u32 method = 0; method < countof(method_names); method++) {
        if (slice_is(text, method_names[method])) {
            request->method = (enum http1_method)method;
            return true;
        }
    }
    return fail(request, 501, "The method is not one that this server knows.");
}

/* "HTTP/" digit "." digit, with capital letters (RFC 9112 2.3). */
static bool parse_version(struct http1_request *request, struct slice text)
{
    bool is_version = text.size == 8 && memcmp(text.data, "HTTP/", 5) == 0 && text.data[6] == '.' &&
                      (u8)(text.data[5] - '0') <= 9 && (u8)(text.data[7] - '0') <= 9;
    if (!is_version)
        return fail(request, 400, "The request line does not end in a version of HTTP.");
    if (text.data[5] != '1') return fail(request, 505, "This server speaks HTTP/1.1 and HTTP/1.0.");
    request->version = text.data[7] == '0' ? HTTP1_VERSION_1_0 : HTTP1_VERSION_1_1;
    return true;
}

/* Visible ASCII without '#'. More than RFC 3986 has, because people type quotes, braces and bars
 * into filters, and browsers leave some of them as they are; none of them divides a head. */
static bool target_is_visible(struct slice target)
{
    for (size_t index = 0; index < target.size; index++) {
        u8 c = (u8)target.data[index];
        if ((u8)(c - 0x21) > 0x7e - 0x21 || c == '#') return false;
    }
    return target.size > 0;
}

/* Divides path?query at the first '?'. */
static void split_path(struct http1_request *request, struct slice text)
{
    const char *mark = text.size ? memchr(text.data, '?', text.size) : NULL;
    size_t size = mark ? (size_t)(mark - text.data) : text.size;
    request->path = size ? slice_make(text.data, size) : SLICE("/");
    request->query = mark ? slice_make(mark + 1, text.size - size - 1) : slice_make(NULL, 0);
}

/* scheme://authority[path][?query]; size is that of "scheme://" (RFC 9112 3.2.2). */
static bool parse_absolute(struct http1_request *request, size_t scheme_size)
{
    struct slice rest =
        slice_make(request->target.data + scheme_size, request->target.size - scheme_size);
    size_t size = 0;
    while (size < rest.size && rest.data[size] != '/' && rest.data[size] != '?')
        size++;
    request->host = slice_make(rest.data, size);
    split_path(request, slice_make(rest.data + size, rest.size - size));
    return true;
}

static bool target_begins(struct slice target, const char *prefix)
{
    size_t size = strlen(prefix);
    return target.size >= size && slice_is_nocase(slice_make(target.data, size), prefix);
}

static bool parse_target(struct http1_request *request)
{
    struct slice target = request->target;
    request->host = slice_make(NULL, 0);
    if (!target_is_visible(target))
        return fail(request, 400,
                    "The target has a character that must be percent-encoded (%C3%A9 for é).");
    if (target.data[0] == '/') return split_path(request, target), true;
    if (target_begins(target, "http://")) return parse_absolute(request, strlen("http://"));
    if (target_begins(target, "https://")) return parse_absolute(request, strlen("https://"));
    if (slice_is(target, "*") && request->method == HTTP1_OPTIONS) {
        request->path = target;
        request->query = slice_make(NULL, 0);
        return true;
    }
    return fail(request, 400, "The target is neither a path nor a URL of http or https.");
}

/* method SP target SP version: one space each, as the grammar has it (RFC 9112 3). A method that is
 * unknown is said last: a line that is no request line at all is malformed. */
static bool parse_line(struct http1_request *request, struct slice line)
{
    const char *space = memchr(line.data, ' ', line.size);
    if (!space) return fail(request, 400, "The request line has no spaces.");
    struct slice method = slice_make(line.data, (size_t)(space - line.data));
    if (!field_is_token(method))
        return fail(request, 400, "The method has a character that may not stand there.");

    const char *target = space + 1, *end = line.data + line.size;
    space = memchr(target, ' ', (size_t)(end - target));
    if (!space) return fail(request, 400, "The request line has no version of HTTP.");
    request->target = slice_make(target, (size_t)(space - target));
    return parse_version(request, slice_make(space + 1, (size_t)(end - space - 1))) &&
           parse_method(request, method) && parse_target(request);
}

/* The host of an absolute target goes before the field, but the field must be there (RFC 9112 3.2).
 */
static bool check_host(struct http1_request *request)
{
    struct slice field = http1_head_find(&request->headers, HTTP1_HOST);
    if (!field.data && request->version == HTTP1_VERSION_1_1)
        return fail(request, 400, "There is no Host field.");
    struct host host;
    if (field.data && !host_parse(field, &host))
        return fail(request, 400, "The Host field is not a host.");
    if (!request->host.data)
        request->host = field;
    else if (!host_parse(request->host, &host))
        return fail(request, 400, "The host of the target is not a host.");
    return true;
}

static bool check_framing(struct http1_request *request, const struct http1_limits *limits)
{
    struct http1_framing *framing = &request->framing;
    if (!http1_head_parse_framing(&request->headers, framing, &request->fault)) return false;
    if (framing->chunked && request->version == HTTP1_VERSION_1_0)
        return fail(request, 400, "HTTP/1.0 has no Transfer-Encoding.");
    if (framing->content_length > limits->body_size_max)
        return fail(request, 413, "The body is too large.");
    return true;
}

/* Expectations and upgrades of HTTP/1.0 are not heeded (RFC 9110 7.8, 10.1.1). */
static bool check_connection(struct http1_request *request)
{
    const struct http1_headers *headers = &request->headers;
    bool is_1_1 = request->version == HTTP1_VERSION_1_1;
    request->keep_alive = is_1_1;
    request->upgrade = request->expect_continue = false;
    if (headers->first[HTTP1_CONNECTION]) {
        bool keep = is_1_1 || http1_head_has_element(headers, HTTP1_CONNECTION, "keep-alive");
        request->keep_alive = keep && !http1_head_has_element(headers, HTTP1_CONNECTION, "close");
        request->upgrade = is_1_1 && headers->first[HTTP1_UPGRADE] &&
                           http1_head_has_element(headers, HTTP1_CONNECTION, "upgrade");
    }
    struct slice expect = http1_head_find(headers, HTTP1_EXPECT);
    if (!expect.data || !is_1_1) return true;
    request->expect_continue = slice_is_nocase(expect, "100-continue");
    if (!request->expect_continue)
        return fail(request, 417, "Expect is something else than 100-continue.");
    return true;
}

static bool parse_head(struct http1_request *request, const struct http1_limits *limits,
                       struct slice head)
{
    const char *cr = memchr(head.data, '\r', head.size);
    assert(cr && cr > head.data);
    struct slice line = slice_make(head.data, (size_t)(cr - head.data));
    struct slice lines = slice_make(cr + 2, head.size - line.size - 2);
    return parse_line(request, line) &&
           http1_head_parse_fields(lines, &request->headers, &request->fault) &&
           check_host(request) && check_framing(request, limits) && check_connection(request);
}

enum http1_result http1_parse(struct http1_scan *scan, const struct http1_limits *limits,
                              struct slice input, struct http1_request *request)
{
    enum http1_result result =
        http1_head_scan(scan, limits, input, &request->head_size, &request->fault);
    if (result != HTTP1_DONE) return result;

    u32 start = http1_head_start(input);
    struct slice head = slice_make(input.data + start, request->head_size - start);
    if (!parse_head(request, limits, head)) return HTTP1_BAD;
    request->fault = (struct http1_fault){ .status = 0 };
    assert(request->path.size > 0 && request->head_size <= input.size);
    return HTTP1_DONE;
}
