#include "wire/http1_write.h"

#include "tests/test.h"
#include "wire/http1_response.h"

static struct mem mem;
static struct buf out;

static void begin(void)
{
    mem_init(&mem, "test", NULL, 0);
    buf_init(&out, &mem);
}

static void end(void)
{
    buf_deinit(&out);
    mem_deinit(&mem);
}

static void expect(const char *text)
{
    if (!slice_is(buf_slice(&out), text))
        fail_msg("\"%.*s\" instead of \"%s\"", (int)out.size, out.data, text);
}

/* RFC 9112 4, 5. */
TEST(http1_write_makes_a_head)
{
    begin();
    http1_write_status(&out, 200);
    http1_write_field(&out, "Content-Type", SLICE("text/csv"));
    http1_write_field_u64(&out, "Weir-Tick", UINT64_MAX);
    http1_write_length(&out, 0);
    http1_write_end(&out);
    expect("HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\nWeir-Tick: 18446744073709551615\r\n"
           "Content-Length: 0\r\n\r\n");
    buf_clear(&out);
    http1_write_status(&out, 299);
    expect("HTTP/1.1 299 \r\n");
    buf_clear(&out);
    http1_write_continue(&out);
    expect("HTTP/1.1 100 Continue\r\n\r\n");
    end();
}

TEST(http1_write_lets_no_value_begin_a_line)
{
    begin();
    http1_write_field(&out, "A", slice_make("b\r\nC: d\0\x7f\te", 11));
    expect("A: b  C: d  \te\r\n");
    end();
}

/* RFC 9112 7.1. */
TEST(http1_write_makes_chunks_that_the_decoder_reads)
{
    begin();
    http1_write_chunk(&out, SLICE("hello"));
    http1_write_chunk(&out, SLICE("")); /* would end the body */
    size_t chunk = http1_write_chunk_begin(&out);
    buf_puts(&out, " wor");
    buf_puts(&out, "ld");
    http1_write_chunk_end(&out, chunk);
    http1_write_chunk_end(&out, http1_write_chunk_begin(&out));
    expect("00000005\r\nhello\r\n00000006\r\n world\r\n");
    http1_write_last_chunk(&out);

    struct http1_body body;
    size_t consumed, decoded;
    http1_body_init(&body, &(struct http1_framing){ .chunked = true }, UINT64_MAX);
    assert_int_equal(http1_body_compact(&body, out.data, out.size, &consumed, &decoded),
                     HTTP1_BODY_DONE);
    assert_int_equal(consumed, out.size);
    assert_true(slice_is(slice_make(out.data, decoded), "hello world"));
    end();
}

TEST(http1_write_has_a_phrase_for_every_status_that_is_answered)
{
    static const u32 statuses[] = { 200, 201, 204, 206, 304, 400, 401, 403, 404, 405, 406, 409,
                                    413, 414, 415, 416, 417, 429, 431, 500, 501, 503, 504, 505 };
    for (size_t index = 0; index < countof(statuses); index++)
        assert_true(strlen(http1_write_phrase(statuses[index])) > 0);
}
