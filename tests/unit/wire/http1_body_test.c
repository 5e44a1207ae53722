#include "wire/http1_body.h"

#include <stdio.h>

#include "base/rand.h"
#include "tests/test.h"

static const struct http1_framing chunked = { .chunked = true };

static char decoded[1 << 16];
static size_t decoded_size, consumed_size;

/* Decodes text in pieces of at most piece bytes (0: at once) until it ends or fails. */
static enum http1_body_result decode(struct http1_body *body, const char *text, size_t size,
                                     size_t piece)
{
    decoded_size = consumed_size = 0;
    size_t given = piece ? 0 : size;
    for (;;) {
        size_t used;
        struct slice data, input = slice_make(text + consumed_size, given - consumed_size);
        enum http1_body_result result = http1_body_step(body, input, &used, &data);
        assert_true(used <= input.size);
        consumed_size += used;
        if (result == HTTP1_BODY_DATA) {
            assert_true(data.size > 0 && data.data >= input.data);
            assert_true(data.data + data.size <= input.data + used);
            memcpy(decoded + decoded_size, data.data, data.size);
            decoded_size += data.size;
        } else if (result != HTTP1_BODY_MORE || given == size) {
            return result;
        } else {
            given = MIN(size, given + piece);
        }
    }
}

static enum http1_body_result decode_chunked(const char *text)
{
    struct http1_body body;
    http1_body_init(&body, &chunked, UINT64_MAX);
    return decode(&body, text, strlen(text), 0);
}

static void expect_chunked(const char *text, const char *expected, size_t left)
{
    for (size_t piece = 0; piece < 5; piece++) {
        struct http1_body body;
        http1_body_init(&body, &chunked, UINT64_MAX);
        assert_int_equal(decode(&body, text, strlen(text), piece), HTTP1_BODY_DONE);
        assert_true(http1_body_complete(&body));
        assert_int_equal(decoded_size, strlen(expected));
        assert_int_equal(body.size, strlen(expected));
        assert_memory_equal(decoded, expected, decoded_size);
        assert_int_equal(consumed_size, strlen(text) - left);
    }
}

static void expect_bad(const char *text)
{
    for (size_t piece = 0; piece < 5; piece++) {
        struct http1_body body;
        http1_body_init(&body, &chunked, UINT64_MAX);
        enum http1_body_result result = decode(&body, text, strlen(text), piece);
        if (result != HTTP1_BODY_BAD) fail_msg("%d for\n%s", result, text);
        assert_int_equal(body.fault.status, 400);
        size_t used;
        struct slice data;
        result = http1_body_step(&body, SLICE("0\r\n\r\n"), &used, &data);
        assert_int_equal(result, HTTP1_BODY_BAD); /* and stays so */
    }
}

/* RFC 9112 6.2: as many bytes as were said, the rest is the next request. */
TEST(http1_body_of_known_length_ends_where_it_says)
{
    struct http1_framing framing = { .has_length = true, .content_length = 5 };
    for (size_t piece = 0; piece < 4; piece++) {
        struct http1_body body;
        http1_body_init(&body, &framing, UINT64_MAX);
        assert_int_equal(decode(&body, "helloGET /", 10, piece), HTTP1_BODY_DONE);
        assert_int_equal(consumed_size, 5);
        assert_memory_equal(decoded, "hello", 5);
    }
    struct http1_body body;
    http1_body_init(&body, &framing, UINT64_MAX);
    assert_int_equal(decode(&body, "hell", 4, 0), HTTP1_BODY_MORE);
    assert_false(http1_body_complete(&body));
}

/* RFC 9112 6.3: without either field there is no body. */
TEST(http1_body_is_empty_without_a_length)
{
    struct http1_framing framing = { .has_length = false };
    struct http1_body body;
    http1_body_init(&body, &framing, UINT64_MAX);
    assert_int_equal(decode(&body, "GET /", 5, 0), HTTP1_BODY_DONE);
    assert_int_equal(consumed_size, 0);
}

/* RFC 9112 7.1. */
TEST(http1_body_decodes_chunks)
{
    expect_chunked("5\r\nhello\r\n0\r\n\r\n", "hello", 0);
    expect_chunked("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET", "hello world", 3);
    expect_chunked("0\r\n\r\n", "", 0);
    expect_chunked("000\r\n\r\n", "", 0);
    expect_chunked("00000a\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0);
    expect_chunked("A\r\n0123456789\r\n00\r\n\r\n", "0123456789", 0);
    expect_chunked("3\r\n\r\n0\r\n0\r\n\r\n", "\r\n0", 0);
}

/* RFC 9112 7.1.1: extensions are skipped; 7.1.2: trailers too. */
TEST(http1_body_skips_extensions_and_trailers)
{
    expect_chunked("2;a=b\r\nhi\r\n0;c=\"d e\"\r\n\r\n", "hi", 0);
    expect_chunked("2 ;a\r\nhi\r\n0\r\n\r\n", "hi", 0);
    expect_chunked("2\r\nhi\r\n0\r\nA: b\r\nContent-Length: 5\r\nC:\r\n\r\nx", "hi", 1);
}

/* RFC 9112 7.1, 11.2: nothing is guessed. */
TEST(http1_body_refuses_malformed_chunks)
{
    expect_bad("\r\n");
    expect_bad("g\r\n");
    expect_bad("-1\r\n");
    expect_bad("+1\r\nx\r\n");
    expect_bad("0x1\r\n");
    expect_bad(" 1\r\nx\r\n");
    expect_bad("1 \r\nx\r\n");
    expect_bad("1\nx\r\n");
    expect_bad("1\r\rx");
    expect_bad("1\r\nxy\r\n");
    expect_bad("1\r\nx\n");
    expect_bad("1\r\nx\ry");
    expect_bad("1\r\nx0\r\n\r\n");
    expect_bad("1;a\nx\r\n");
    expect_bad("1;a\x01\r\nx\r\n");
    expect_bad("1 2\r\nx\r\n");
    expect_bad("fffffffffffffffff\r\n");
    expect_bad("10000000000000000\r\n");
    expect_bad("0\r\n\n");
    expect_bad("0\r\n a: b\r\n\r\n");
    expect_bad("0\r\na : b\r\n\r\n");
    expect_bad("0\r\na: b\n\r\n");
    expect_bad("0\r\n: b\r\n\r\n");
    expect_bad("0\r\na\r\n\r\n");
    expect_bad("0\r\n\rx");
}

TEST(http1_body_bounds_lines_and_trailers)
{
    char text[2 * HTTP1_BODY_TRAILER_SIZE_MAX] = "1;";
    memset(text + 2, 'x', HTTP1_BODY_LINE_SIZE_MAX);
    assert_int_equal(decode_chunked(text), HTTP1_BODY_BAD);
    memset(text, '0', HTTP1_BODY_LINE_SIZE_MAX + 1);
    assert_int_equal(decode_chunked(text), HTTP1_BODY_BAD);
    text[HTTP1_BODY_LINE_SIZE_MAX - 2] = '\0';
    strcat(text, "\r\n\r\n");
    assert_int_equal(decode_chunked(text), HTTP1_BODY_DONE);

    memset(text, 0, sizeof text);
    strcpy(text, "0\r\n");
    for (u32 count = 0; count <= HTTP1_BODY_TRAILER_SIZE_MAX / 8; count++)
        strcat(text, "abc: d\r\n");
    assert_int_equal(decode_chunked(text), HTTP1_BODY_BAD);
}

TEST(http1_body_past_its_bound_gets_413_after_the_last_byte_within)
{
    for (size_t piece = 0; piece < 12; piece++) {
        struct http1_body body;
        http1_body_init(&body, &chunked, 10);
        const char *text = "8\r\n01234567\r\n3\r\n89a\r\n0\r\n\r\n";
        assert_int_equal(decode(&body, text, strlen(text), piece), HTTP1_BODY_BAD);
        assert_int_equal(body.fault.status, 413);
        assert_int_equal(decoded_size, 10);
    }
    struct http1_body body;
    http1_body_init(&body, &chunked, 10);
    const char *text = "a\r\n0123456789\r\n0\r\n\r\n";
    assert_int_equal(decode(&body, text, strlen(text), 0), HTTP1_BODY_DONE);
}

TEST(http1_body_until_close_has_no_end_of_its_own)
{
    struct http1_body body;
    http1_body_init_until_close(&body, UINT64_MAX);
    assert_int_equal(decode(&body, "0\r\n\r\nabc", 8, 3), HTTP1_BODY_MORE);
    assert_int_equal(decoded_size, 8);
    assert_true(http1_body_complete(&body));
}

/* Chunks of random sizes around random bytes. */
static size_t make_chunked(struct rand *rand, char *text, char *content, size_t *content_size)
{
    size_t size = 0;
    *content_size = 0;
    for (u64 count = rand_below(rand, 20); count > 0; count--) {
        u64 length = 1 + rand_below(rand, rand_chance(rand, 1, 8) ? 500 : 20);
        size += (size_t)sprintf(text + size, rand_chance(rand, 1, 2) ? "%lx%s\r\n" : "%lX%s\r\n",
                                (unsigned long)length, rand_chance(rand, 1, 4) ? ";x=\"y\"" : "");
        for (u64 index = 0; index < length; index++)
            text[size++] = content[(*content_size)++] = (char)rand_next(rand);
        size += (size_t)sprintf(text + size, "\r\n");
    }
    size += (size_t)sprintf(text + size, "0\r\n%s\r\n", rand_chance(rand, 1, 2) ? "A: b\r\n" : "");
    return size;
}

TEST(http1_body_decodes_the_same_for_every_split)
{
    struct rand rand = { test_seed(12) };
    static char text[1 << 15], content[1 << 15];
    for (u32 round = 0; round < test_rounds(3000); round++) {
        size_t content_size, size = make_chunked(&rand, text, content, &content_size);
        memcpy(text + size, "GET", 3);
        struct http1_body body;
        http1_body_init(&body, &chunked, UINT64_MAX);
        assert_int_equal(decode(&body, text, size + 3, rand_below(&rand, 50)), HTTP1_BODY_DONE);
        assert_int_equal(consumed_size, size);
        assert_int_equal(decoded_size, content_size);
        assert_memory_equal(decoded, content, content_size);
    }
}

TEST(http1_body_compact_moves_the_decoded_bytes_together)
{
    struct rand rand = { test_seed(13) };
    static char text[1 << 15], content[1 << 15];
    for (u32 round = 0; round < test_rounds(2000); round++) {
        size_t content_size, size = make_chunked(&rand, text, content, &content_size);
        struct http1_body body;
        http1_body_init(&body, &chunked, UINT64_MAX);
        size_t at = 0, total = 0, used, got;
        enum http1_body_result result;
        do {
            size_t wanted = 1 + rand_below(&rand, 700), piece = MIN(size - at, wanted);
            result = http1_body_compact(&body, text + at, piece, &used, &got);
            assert_memory_equal(text + at, content + total, got);
            total += got;
            at += used;
            assert_true(result == HTTP1_BODY_DONE || used == piece);
        } while (result == HTTP1_BODY_MORE);
        assert_int_equal(result, HTTP1_BODY_DONE);
        assert_int_equal(total, content_size);
        assert_int_equal(at, size);
    }
}

TEST(http1_body_that_is_refused_is_not_complete)
{
    static const char *const texts[] = { "fffffffffffffffff\r\n", "0\r\n\rx", "1 x" };
    for (size_t index = 0; index < countof(texts); index++) {
        struct http1_body body;
        http1_body_init(&body, &chunked, UINT64_MAX);
        assert_int_equal(decode(&body, texts[index], strlen(texts[index]), 0), HTTP1_BODY_BAD);
        assert_false(http1_body_complete(&body));
    }
}
