/* Heads of requests and responses: the same result whole and in pieces, slices within the input. */
#include "tests/fuzz/fuzz.h"
#include "wire/host.h"
#include "wire/http1_response.h"

static void check_headers(const struct http1_headers *headers, struct slice head)
{
    assert(headers->count <= HTTP1_HEAD_FIELD_COUNT_MAX);
    for (u32 index = 0; index < headers->count; index++) {
        struct slice name = headers->list[index].name, value = headers->list[index].value;
        assert(name.size > 0 && fuzz_is_within(name, head) && fuzz_is_within(value, head));
        for (size_t at = 0; at < value.size; at++)
            assert(value.data[at] != '\r' && value.data[at] != '\n' && value.data[at] != '\0');
    }
}

static void check_request(const struct http1_request *request, struct slice input)
{
    struct slice head = slice_make(input.data, request->head_size);
    assert(request->head_size <= input.size);
    assert(memcmp(head.data + head.size - 4, "\r\n\r\n", 4) == 0);
    assert(fuzz_is_within(request->target, head) && fuzz_is_within(request->query, head));
    assert(request->path.size > 0);
    assert(request->path.data[0] == '/' || slice_is(request->path, "*"));
    struct host host;
    assert(!request->host.data || host_parse(request->host, &host));
    assert(request->host.data || request->version == HTTP1_VERSION_1_0);
    assert(!(request->framing.chunked && request->framing.has_length));
    check_headers(&request->headers, head);
}

static void check_fault(struct http1_fault fault)
{
    assert(fault.status >= 400 && fault.status < 600 && fault.reason);
}

static void run_request(struct slice input, const struct http1_limits *limits, size_t piece)
{
    static struct http1_request whole, split;
    struct http1_scan scan = { 0 };
    enum http1_result expected = http1_parse(&scan, limits, input, &whole);
    if (expected == HTTP1_DONE) check_request(&whole, input);
    if (expected == HTTP1_BAD) check_fault(whole.fault);

    scan = (struct http1_scan){ 0 };
    enum http1_result result = HTTP1_MORE;
    for (size_t given = 0; given < input.size && result == HTTP1_MORE;) {
        given = MIN(input.size, given + piece);
        result = http1_parse(&scan, limits, slice_make(input.data, given), &split);
    }
    assert(result == expected);
    if (result == HTTP1_BAD) assert(split.fault.status == whole.fault.status);
    if (result == HTTP1_DONE) assert(split.head_size == whole.head_size);
}

static void run_response(struct slice input, const struct http1_limits *limits)
{
    static struct http1_response response;
    struct http1_scan scan = { 0 };
    enum http1_result result = http1_response_parse(&scan, limits, input, &response);
    if (result == HTTP1_BAD) assert(response.fault.reason);
    if (result != HTTP1_DONE) return;
    assert(response.status >= 100 && response.status <= 999);
    check_headers(&response.headers, slice_make(input.data, response.head_size));
    struct http1_body body;
    http1_response_body(&response, HTTP1_GET, UINT64_MAX, &body);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    u8 choice = fuzz_take_byte(&data, &size);
    if (choice & 0x80) {
        limits.line_size_max = 16 + (choice & 0x1f);
        limits.head_size_max = limits.line_size_max + 4 + 2 * (choice & 0x1f);
        limits.field_count_max = 1 + (choice & 3);
    }
    struct slice input = slice_make((const char *)data, size);
    run_request(input, &limits, 1 + (choice & 7));
    run_response(input, &limits);
    return 0;
}
