#include "wire/http1_response.h"

#include "tests/test.h"

static struct http1_response response;

static enum http1_result parse(const char *text)
{
    struct http1_scan scan = { 0 };
    struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    return http1_response_parse(&scan, &limits, slice_of(text), &response);
}

/* RFC 9112 4. */
TEST(http1_response_reads_status_lines)
{
    assert_int_equal(parse("HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nhello"), HTTP1_DONE);
    assert_int_equal(response.status, 404);
    assert_true(slice_is(response.phrase, "Not Found"));
    assert_int_equal(response.framing.content_length, 5);
    assert_true(response.keep_alive);
    assert_int_equal(parse("HTTP/1.0 200\r\n\r\n"), HTTP1_DONE);
    assert_true(!response.keep_alive && response.phrase.size == 0);
    assert_int_equal(parse("HTTP/1.1 200 \r\n\r\n"), HTTP1_DONE);
    assert_int_equal(parse("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"), HTTP1_DONE);
    assert_false(response.keep_alive);
    assert_int_equal(parse("HTTP/1.1 20"), HTTP1_MORE);
}

TEST(http1_response_refuses_malformed_heads)
{
    static const char *const texts[] = {
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n",
        "HTTP/1.1 099 X\r\n\r\n",
        "http/1.1 200 OK\r\n\r\n",
        "HTTP/1.1  200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    };
    for (size_t index = 0; index < countof(texts); index++)
        if (parse(texts[index]) != HTTP1_BAD) fail_msg("accepted:\n%s", texts[index]);
}

/* RFC 9112 6.3. */
TEST(http1_response_knows_how_its_body_ends)
{
    struct http1_body body;
    assert_int_equal(parse("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), HTTP1_DONE);
    http1_response_body(&response, HTTP1_GET, UINT64_MAX, &body);
    assert_true(body.kind == HTTP1_BODY_LENGTH && !http1_body_complete(&body));
    http1_response_body(&response, HTTP1_HEAD, UINT64_MAX, &body);
    assert_true(http1_body_complete(&body));
    assert_int_equal(parse("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), HTTP1_DONE);
    http1_response_body(&response, HTTP1_GET, UINT64_MAX, &body);
    assert_true(http1_body_complete(&body));
    assert_int_equal(parse("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), HTTP1_DONE);
    http1_response_body(&response, HTTP1_GET, UINT64_MAX, &body);
    assert_int_equal(body.kind, HTTP1_BODY_CHUNKED);
    assert_int_equal(parse("HTTP/1.1 200 OK\r\n\r\n"), HTTP1_DONE);
    http1_response_body(&response, HTTP1_GET, UINT64_MAX, &body);
    assert_int_equal(body.kind, HTTP1_BODY_UNTIL_CLOSE);
}
