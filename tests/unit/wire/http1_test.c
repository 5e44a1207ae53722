#include "wire/http1.h"

#include <ctype.h>
#include <stdio.h>

#include "base/rand.h"
#include "tests/test.h"

static struct http1_request request;

static enum http1_result parse_within(const char *text, size_t size, struct http1_limits limits)
{
    struct http1_scan scan = { 0 };
    return http1_parse(&scan, &limits, slice_make(text, size), &request);
}

static enum http1_result parse(const char *text)
{
    return parse_within(text, strlen(text), HTTP1_LIMITS_DEFAULT);
}

static void expect_done(const char *text)
{
    if (parse(text) != HTTP1_DONE)
        fail_msg("refused with %u %s:\n%s", request.fault.status, request.fault.reason, text);
}

static void expect_bad_bytes(u32 status, const char *text, size_t size)
{
    enum http1_result result = parse_within(text, size, HTTP1_LIMITS_DEFAULT);
    if (result != HTTP1_BAD) fail_msg("not refused (%d):\n%s", result, text);
    if (request.fault.status != status)
        fail_msg("%u instead of %u: %s\n%s", request.fault.status, status, request.fault.reason,
                 text);
    assert_true(strlen(request.fault.reason) > 10);
}

static void expect_bad(u32 status, const char *text)
{
    expect_bad_bytes(status, text, strlen(text));
}

#define EXPECT_SLICE(slice, text)                                                                  \
    do {                                                                                           \
        if (!slice_is(slice, text))                                                                \
            fail_msg("\"%.*s\" instead of \"%s\"", (int)(slice).size, (slice).data, text);         \
    } while (0)

#define HOST "Host: localhost:8080\r\n"

/* RFC 9112 2.1: start line, fields, an empty line. */
TEST(http1_reads_a_request_into_slices_of_the_input)
{
    const char *text = "GET /category_total?value=gt.100&limit=10 HTTP/1.1\r\n" HOST
                       "Accept: text/csv\r\nX-Empty:\r\n\r\nrest";
    expect_done(text);
    assert_int_equal(request.method, HTTP1_GET);
    assert_int_equal(request.version, HTTP1_VERSION_1_1);
    EXPECT_SLICE(request.path, "/category_total");
    EXPECT_SLICE(request.query, "value=gt.100&limit=10");
    EXPECT_SLICE(request.host, "localhost:8080");
    EXPECT_SLICE(http1_head_find(&request.headers, HTTP1_ACCEPT), "text/csv");
    EXPECT_SLICE(http1_head_find_name(&request.headers, "x-empty"), "");
    assert_null(http1_head_find_name(&request.headers, "x-other").data);
    assert_int_equal(request.headers.count, 3);
    EXPECT_SLICE(slice_of(text + request.head_size), "rest");
    assert_ptr_equal(request.path.data, text + 4);
    assert_true(request.keep_alive && !request.upgrade && !request.expect_continue);
    assert_true(!request.framing.chunked && !request.framing.has_length);
}

/* RFC 9110 9.1: methods are told apart by case; RFC 9110 15.6.2: unknown ones get 501. */
TEST(http1_knows_its_methods_and_answers_501_to_others)
{
    for (u32 method = HTTP1_GET; method <= HTTP1_OPTIONS; method++) {
        char text[100];
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\n" HOST "\r\n", http1_method_name(method));
        expect_done(text);
        assert_int_equal(request.method, method);
    }
    expect_bad(501, "TRACE / HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(501, "CONNECT localhost:80 HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(501, "get / HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(501, "GETT / HTTP/1.1\r\n" HOST "\r\n");
}

/* RFC 9112 3: single spaces; RFC 9112 2.3: the version's form. */
TEST(http1_refuses_malformed_request_lines)
{
    expect_bad(400, "GET\r\n" HOST "\r\n");
    expect_bad(400, "GET /\r\n" HOST "\r\n");
    expect_bad(400, "GET  / HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET /  HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET / HTTP/1.1 \r\n" HOST "\r\n");
    expect_bad(400, " GET / HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET\t/ HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "G(T / HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET / http/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET / HTTP/1.1x\r\n" HOST "\r\n");
    expect_bad(400, "GET / HTTP/11\r\n" HOST "\r\n");
    expect_bad(400, "GET / HTTP/1,1\r\n" HOST "\r\n");
    expect_bad(400, "GET / HTTP/a.1\r\n" HOST "\r\n");
    expect_bad(400, "GET /a b HTTP/1.1\r\n" HOST "\r\n");
}

/* RFC 9110 6.2: a later minor version is read as the latest one known; other majors are 505. */
TEST(http1_speaks_versions_1_0_and_1_x)
{
    expect_done("GET / HTTP/1.0\r\n\r\n");
    assert_int_equal(request.version, HTTP1_VERSION_1_0);
    expect_done("GET / HTTP/1.2\r\n" HOST "\r\n");
    assert_int_equal(request.version, HTTP1_VERSION_1_1);
    expect_bad(505, "GET / HTTP/2.0\r\n" HOST "\r\n");
    expect_bad(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect_bad(505, "GET / HTTP/0.9\r\n" HOST "\r\n");
}

/* RFC 9112 3.2: origin-form, absolute-form, asterisk-form. */
TEST(http1_accepts_three_forms_of_targets)
{
    expect_done("GET /a%20b/c HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.path, "/a%20b/c");
    assert_null(request.query.data);
    expect_done("GET /? HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.path, "/");
    assert_non_null(request.query.data);
    assert_int_equal(request.query.size, 0);

    expect_done("GET HTTP://example.com:81/a?b HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.path, "/a");
    EXPECT_SLICE(request.query, "b");
    EXPECT_SLICE(request.host, "example.com:81"); /* goes before the field */
    expect_done("GET https://example.com HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.path, "/");
    expect_done("GET http://example.com?x=/y HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.path, "/");
    EXPECT_SLICE(request.query, "x=/y");

    expect_done("OPTIONS * HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.path, "*");
    expect_bad(400, "GET * HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET a/b HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET ftp://a/b HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET http:///b HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET http://user@a/b HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET /a#b HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n");
}

/* What people type into filters comes as it is from curl. */
TEST(http1_accepts_visible_characters_that_urls_should_escape)
{
    expect_done("GET /t?a=in.(\"x\",y)&b=eq.{1}|<2>^`\\[3] HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.query, "a=in.(\"x\",y)&b=eq.{1}|<2>^`\\[3]");
}

/* RFC 9112 3.2: a Host on 1.1, one only, and a valid one. */
TEST(http1_wants_exactly_one_valid_host)
{
    expect_bad(400, "GET / HTTP/1.1\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST HOST "\r\n");
    expect_bad(400, "GET / HTTP/1.0\r\n" HOST HOST "\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost:\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n");
    expect_bad(400, "GET http://a/ HTTP/1.1\r\n\r\n");
    expect_done("GET / HTTP/1.0\r\n\r\n");
    assert_null(request.host.data);
}

/* RFC 9112 5.1, 5.2: names are tokens, the colon follows at once, lines do not fold. */
TEST(http1_refuses_malformed_field_lines)
{
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A : b\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A\t: b\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A: b\r\n\tc\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n " HOST "\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST " \r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "AB\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST ": b\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A(B): c\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A\"B: c\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A\xc3\xa9: c\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A/B: c\r\n\r\n");
    expect_done("GET / HTTP/1.1\r\n" HOST "!#$%&'*+-.^_`|~09azAZ: c\r\n\r\n");
}

/* RFC 9112 2.2: lines end in CRLF; RFC 9110 5.5: no CR, LF, NUL or other controls in values. */
TEST(http1_refuses_bare_line_ends_and_control_bytes)
{
    expect_bad(400, "GET / HTTP/1.1\n" HOST "\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost: a\nB: c\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "\n");
    expect_bad(400, "GET / HTTP/1.1\r\nHost: a\rB: c\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "\r\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "A: \r\r\n\r\n");
    for (u32 c = 0; c < 256; c++) {
        bool control = (c < 0x20 && c != '\t') || c == 0x7f;
        char text[] = "GET / HTTP/1.1\r\nHost: localhost\r\nA: b-c\r\n\r\n";
        char *dash = strchr(text, '-');
        *dash = (char)c;
        if (control)
            expect_bad_bytes(400, text, sizeof text - 1);
        else
            assert_int_equal(parse_within(text, sizeof text - 1, HTTP1_LIMITS_DEFAULT), HTTP1_DONE);
    }
    expect_bad_bytes(400, "GET /\0 HTTP/1.1\r\n" HOST "\r\n",
                     sizeof "GET /\0 HTTP/1.1\r\n" HOST "\r\n" - 1);
    expect_bad_bytes(400, "\x16\x03\x01", 3); /* a client that speaks TLS is told at once */
}

/* RFC 9110 5.5: white space around values is not part of them; bytes past ASCII are. */
TEST(http1_trims_values_and_keeps_bytes_past_ascii)
{
    expect_done("GET / HTTP/1.1\r\n" HOST "A: \t b c\xc3\xa9 \t\r\nB:d\r\nC:\t\r\n\r\n");
    EXPECT_SLICE(http1_head_find_name(&request.headers, "a"), "b c\xc3\xa9");
    EXPECT_SLICE(http1_head_find_name(&request.headers, "B"), "d");
    EXPECT_SLICE(http1_head_find_name(&request.headers, "C"), "");
}

/* RFC 9112 2.2: one empty line before a request is skipped. */
TEST(http1_skips_one_empty_line_before_the_request)
{
    expect_done("\r\nGET /a HTTP/1.1\r\n" HOST "\r\n");
    EXPECT_SLICE(request.path, "/a");
    expect_bad(400, "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
    expect_bad(400, "\nGET / HTTP/1.1\r\n" HOST "\r\n");
}

/* RFC 9112 6.1, 6.3, 11.2: whatever two readers could delimit differently. */
TEST(http1_refuses_requests_that_smuggle)
{
#define POST "POST / HTTP/1.1\r\n" HOST
    expect_bad(400, POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n");
    expect_bad(400, POST "Content-Length: 3\r\nContent-Length: 4\r\n\r\n");
    expect_bad(400, POST "Content-Length: 3\r\ncontent-length: 3\r\n\r\n");
    expect_bad(400, POST "Content-Length: 3, 3\r\n\r\n");
    expect_bad(400, POST "Content-Length: -1\r\n\r\n");
    expect_bad(400, POST "Content-Length: +1\r\n\r\n");
    expect_bad(400, POST "Content-Length: 1 2\r\n\r\n");
    expect_bad(400, POST "Content-Length: 0x10\r\n\r\n");
    expect_bad(400, POST "Content-Length: 1.0\r\n\r\n");
    expect_bad(400, POST "Content-Length:\r\n\r\n");
    expect_bad(400, POST "Content-Length: 18446744073709551616\r\n\r\n");
    expect_bad(400, POST "Content-Length: 99999999999999999999999999\r\n\r\n");
    expect_bad(400, POST "Content-Length : 3\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: gzip\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: gzip, chunked\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: chunked, chunked\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: identity\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: xchunked\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: chunked;a=b\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: \"chunked\"\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding:\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding : chunked\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding\t: chunked\r\nContent-Length: 3\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding: \x0b"
                         "chunked\r\n\r\n");
    expect_bad(400, POST "X: y\nTransfer-Encoding: chunked\r\n\r\n");
    expect_bad(400, POST "X: y\rTransfer-Encoding: chunked\r\n\r\n");
    expect_bad(400, POST "Transfer-Encoding:\r\n chunked\r\n\r\n");
    expect_bad(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
}

/* RFC 9110 8.6; RFC 9112 7: names of codings have no case. */
TEST(http1_reads_how_the_body_is_delimited)
{
    expect_done(POST "Content-Length: 0\r\n\r\n");
    assert_true(request.framing.has_length && request.framing.content_length == 0);
    expect_done(POST "Content-Length: 00042\r\n\r\n");
    assert_int_equal(request.framing.content_length, 42);
    expect_done(POST "Content-Length: 18446744073709551615\r\n\r\n");
    assert_true(request.framing.content_length == UINT64_MAX);
    expect_done(POST "transfer-encoding: Chunked\r\n\r\n");
    assert_true(request.framing.chunked && !request.framing.has_length);
}

/* RFC 9112 9.3: when the connection stays. */
TEST(http1_tells_whether_the_connection_stays)
{
    static const struct {
        const char *version, *connection;
        bool keep_alive;
    } cases[] = {
        { "1.1", "", true },
        { "1.1", "Connection: close\r\n", false },
        { "1.1", "Connection: CLOSE\r\n", false },
        { "1.1", "Connection: keep-alive\r\n", true },
        { "1.1", "Connection: x, close ,y\r\n", false },
        { "1.1", "Connection: x\r\nConnection: close\r\n", false },
        { "1.1", "Connection: closed\r\n", true },
        { "1.0", "", false },
        { "1.0", "Connection: Keep-Alive\r\n", true },
        { "1.0", "Connection: keep-alive, close\r\n", false },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        char text[200];
        snprintf(text, sizeof text, "GET / HTTP/%s\r\n" HOST "%s\r\n", cases[index].version,
                 cases[index].connection);
        expect_done(text);
        if (request.keep_alive != cases[index].keep_alive) fail_msg("%s", text);
    }
}

/* RFC 9110 7.8 and 10.1.1: only on 1.1. */
TEST(http1_sees_upgrades_and_expectations)
{
    expect_done("GET / HTTP/1.1\r\n" HOST "Connection: keep-alive, Upgrade\r\n"
                "Upgrade: websocket\r\n\r\n");
    assert_true(request.upgrade);
    expect_done("GET / HTTP/1.1\r\n" HOST "Upgrade: websocket\r\n\r\n");
    assert_false(request.upgrade);
    expect_done("GET / HTTP/1.0\r\n" HOST "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    assert_false(request.upgrade);
    expect_done(POST "Content-Length: 3\r\nExpect: 100-Continue\r\n\r\n");
    assert_true(request.expect_continue);
    expect_done("POST / HTTP/1.0\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_false(request.expect_continue);
    expect_bad(417, POST "Expect: something\r\n\r\n");
}

TEST(http1_lists_add_up_and_single_fields_may_not_repeat)
{
    expect_done("GET / HTTP/1.1\r\n" HOST "Accept: a\r\nX: y\r\nACCEPT: b\r\nPrefer: p\r\n"
                "accept: c\r\n\r\n");
    const char *expected[] = { "a", "b", "c" };
    struct slice value;
    u32 cursor = 0, count = 0;
    while (http1_head_next(&request.headers, HTTP1_ACCEPT, &cursor, &value)) {
        assert_true(count < 3);
        EXPECT_SLICE(value, expected[count]);
        count++;
    }
    assert_int_equal(count, 3);
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "Range: 0-1\r\nRange: 0-2\r\n\r\n");
    expect_bad(400, "GET / HTTP/1.1\r\n" HOST "Last-Event-ID: 1\r\nlast-event-id: 1\r\n\r\n");
}

#define FIELD_NAME(unused, id, name, rule) { id, name },
TEST(http1_knows_every_field_of_its_table_in_any_case)
{
    static const struct {
        enum http1_field field;
        const char *name;
    } fields[] = { HTTP1_HEAD_FIELDS(FIELD_NAME, ) };
    for (size_t index = 0; index < countof(fields); index++) {
        if (index > 0) /* the search relies on this order */
            assert_true(strlen(fields[index].name) >= strlen(fields[index - 1].name));
        for (u32 upper = 0; upper < 2; upper++) {
            char text[200], name[40] = "";
            for (size_t i = 0; fields[index].name[i]; i++)
                name[i] = (char)(upper ? toupper(fields[index].name[i]) : fields[index].name[i]);
            snprintf(text, sizeof text, "X-First: 1\r\n%s: 7\r\n\r\n", name);
            struct http1_headers headers;
            struct http1_fault fault;
            assert_true(http1_head_parse_fields(slice_of(text), &headers, &fault));
            assert_int_equal(headers.list[1].field, fields[index].field);
            EXPECT_SLICE(http1_head_find(&headers, fields[index].field), "7");
        }
    }
}

TEST(http1_answers_414_431_and_413_past_its_limits)
{
    struct http1_limits limits = {
        .line_size_max = 20, .head_size_max = 60, .field_count_max = 2, .body_size_max = 100
    };
    static const struct {
        const char *text;
        u32 status; /* 0: accepted */
    } cases[] = {
        { "GET /45678 HTTP/1.1\r\nHost: a\r\n\r\n", 0 },
        { "GET /456789 HTTP/1.1\r\nHost: a\r\n\r\n", 0 },
        { "\r\nGET /456789 HTTP/1.1\r\nHost: a\r\n\r\n", 0 },
        { "GET /4567890 HTTP/1.1\r\nHost: a\r\n\r\n", 414 },
        { "GET /45678901234567890", 414 },
        { "\r\nGET /4567890 HTTP/1.1\r\nHost: a\r\n\r\n", 414 },
        { "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n", 0 },
        { "GET / HTTP/1.1\r\nHost: a\r\nB: c\r\nD: e\r\n\r\n", 431 },
        { "GET / HTTP/1.1\r\nHost: a\r\nB: 8901234567890123456789012345\r\n\r\n", 0 },
        { "GET / HTTP/1.1\r\nHost: a\r\nB: 89012345678901234567890123456\r\n\r\n", 431 },
        { "GET / HTTP/1.1\r\nHost: a\r\nB: 8901234567890123456789012345678901234", 431 },
        { "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n", 0 },
        { "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n", 413 },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        request.fault.status = 0;
        (void)parse_within(cases[index].text, strlen(cases[index].text), limits);
        if (request.fault.status != cases[index].status)
            fail_msg("%u for\n%s", request.fault.status, cases[index].text);
    }
}

TEST(http1_waits_for_the_whole_head)
{
    const char *text = "GET / HTTP/1.1\r\n" HOST "Accept: */*\r\n\r\n";
    for (size_t size = 0; size < strlen(text); size++)
        assert_int_equal(parse_within(text, size, HTTP1_LIMITS_DEFAULT), HTTP1_MORE);
    expect_done(text);
}

/* Heads put together from good and bad pieces. */
static size_t make_head(struct rand *rand, char *text, size_t room)
{
    static const char *const lines[] = {
        "GET / HTTP/1.1\r\n",  "POST /a?b=c HTTP/1.1\r\n",
        "GET /x HTTP/1.0\r\n", "\r\n",
        "BREW / HTTP/1.1\r\n", "GET /very/long/path/that/goes/past/the/limit HTTP/1.1\r\n",
    };
    static const char *const fields[] = {
        HOST,
        HOST,
        HOST,
        "Content-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\n",
        "A: b\n",
        "A : b\r\n",
        "\r\n",
        "\r\n",
        "Connection: close\r\n",
        "X: \r y\r\n",
        " folded\r\n",
        "Accept: a, b\r\n",
        "B\x01: c\r\n",
        "\r",
        "Expect: 100-continue\r\n",
    };
    size_t size = 0;
    u64 count = rand_below(rand, 7);
    size += (size_t)snprintf(text, room, "%s", lines[rand_below(rand, countof(lines))]);
    for (u64 index = 0; index < count; index++)
        size += (size_t)snprintf(text + size, room - size, "%s",
                                 fields[rand_below(rand, countof(fields))]);
    return size;
}

/* Feeds text in random pieces; the buffer moves between the pieces. */
static enum http1_result parse_split(struct rand *rand, const char *text, size_t size,
                                     struct http1_limits limits, struct http1_request *into)
{
    static char memory[2][1024];
    struct http1_scan scan = { 0 };
    enum http1_result result = HTTP1_MORE;
    u32 turn = 0;
    for (size_t given = 0; given < size && result == HTTP1_MORE;) {
        size_t piece = 1 + rand_below(rand, 30);
        given = MIN(size, given + piece);
        char *buffer = memory[turn++ % 2];
        memcpy(buffer, text, given);
        result = http1_parse(&scan, &limits, slice_make(buffer, given), into);
    }
    return result;
}

/* Whether the bytes come one by one, in pieces or at once changes nothing. */
TEST(http1_result_does_not_depend_on_how_bytes_arrive)
{
    struct rand rand = { test_seed(11) };
    static struct http1_request pieces;
    u32 done_count = 0;
    for (u32 round = 0; round < test_rounds(20000); round++) {
        char text[1024];
        size_t size = make_head(&rand, text, sizeof text);
        struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
        if (rand_chance(&rand, 1, 2)) {
            limits.line_size_max = 10 + (u32)rand_below(&rand, 50);
            limits.head_size_max = limits.line_size_max + 4 + (u32)rand_below(&rand, 100);
            limits.field_count_max = 1 + (u32)rand_below(&rand, 5);
        }
        enum http1_result whole = parse_within(text, size, limits);
        enum http1_result split = parse_split(&rand, text, size, limits, &pieces);
        if (whole != split)
            fail_msg("%d whole, %d (%s) in pieces:\n%.*s", whole, split, pieces.fault.reason,
                     (int)size, text);
        if (whole == HTTP1_MORE) continue;
        assert_int_equal(request.fault.status, pieces.fault.status);
        if (whole == HTTP1_BAD) {
            assert_string_equal(request.fault.reason, pieces.fault.reason);
            continue;
        }
        done_count++;
        assert_int_equal(request.head_size, pieces.head_size);
        assert_int_equal(request.method, pieces.method);
        assert_true(slice_equal(request.path, pieces.path));
        assert_int_equal(request.headers.count, pieces.headers.count);
        assert_true(request.framing.content_length == pieces.framing.content_length);
    }
    assert_true(done_count > 100);
}
