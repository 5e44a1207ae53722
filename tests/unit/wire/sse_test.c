#include "wire/sse.h"

#include "base/rand.h"
#include "tests/test.h"

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

static void expect_frame(struct sse_frame frame, const char *text)
{
    begin();
    assert_int_equal(sse_size(&frame), strlen(text));
    sse_write(&frame, &out);
    expect(text);
    end();
}

TEST(sse_writes_frames_of_exactly_the_size_it_says)
{
    expect_frame((struct sse_frame){ .event = SLICE("update"),
                                     .has_id = true,
                                     .id = { .epoch = 0x3f2a, .tick = 19 },
                                     .retry_ms = -1,
                                     .data = SLICE("{\"tick\":19}") },
                 "event: update\nid: 3f2a:19\ndata: {\"tick\":19}\n\n");
    expect_frame((struct sse_frame){ .retry_ms = 1500 }, "retry: 1500\n\n");
    expect_frame((struct sse_frame){ .retry_ms = -1, .data = SLICE("") }, "data: \n\n");
    expect_frame((struct sse_frame){ .has_id = true,
                                     .id = { UINT64_MAX, UINT64_MAX },
                                     .retry_ms = INT64_MAX,
                                     .data = SLICE("x") },
                 "id: ffffffffffffffff:18446744073709551615\nretry: 9223372036854775807\n"
                 "data: x\n\n");
}

/* HTML 9.2.5: CRLF, LF and CR end lines. */
TEST(sse_divides_data_into_lines)
{
    struct sse_frame frame = { .retry_ms = -1, .data = SLICE("a\nb\r\nc\rd\n\ne\r\r\n") };
    expect_frame(frame, "data: a\ndata: b\ndata: c\ndata: d\ndata: \ndata: e\ndata: \ndata: \n\n");
    frame.data = SLICE("\n");
    expect_frame(frame, "data: \ndata: \n\n");
    frame.data = SLICE("\r");
    expect_frame(frame, "data: \ndata: \n\n");
}

TEST(sse_lets_data_be_encoded_in_place)
{
    begin();
    struct sse_frame frame = {
        .event = SLICE("init"), .has_id = true, .id = { 1, 2 }, .retry_ms = -1
    };
    sse_begin(&frame, &out);
    buf_puts(&out, "{}");
    sse_end(&out);
    expect("event: init\nid: 1:2\ndata: {}\n\n");
    end();
}

TEST(sse_comments_keep_connections_open)
{
    begin();
    assert_int_equal(sse_comment_size(SLICE("")), 4);
    sse_comment_write(SLICE(""), &out);
    sse_comment_write(SLICE("hello"), &out);
    expect(": \n\n: hello\n\n");
    end();
}

TEST(sse_ids_are_read_as_they_are_written)
{
    struct rand rand = { test_seed(14) };
    for (u32 round = 0; round < test_rounds(2000); round++) {
        struct sse_id id = { rand_next(&rand) >> rand_below(&rand, 64),
                             rand_next(&rand) >> rand_below(&rand, 64) };
        char text[SSE_ID_SIZE_MAX];
        struct sse_id read;
        assert_true(sse_id_parse(slice_make(text, sse_id_write(id, text)), &read));
        assert_true(read.epoch == id.epoch && read.tick == id.tick);
    }
}

TEST(sse_refuses_ids_of_any_other_form)
{
    static const char *const texts[] = { "",
                                         ":",
                                         "1",
                                         "1:",
                                         ":1",
                                         "1:2:3",
                                         "1: 2",
                                         " 1:2",
                                         "1:2 ",
                                         "01:2",
                                         "1:02",
                                         "1:a",
                                         "A:1",
                                         "g:1",
                                         "-1:1",
                                         "1:-1",
                                         "+1:1",
                                         "0x1:1",
                                         "10000000000000000:1",
                                         "1:18446744073709551616" };
    struct sse_id id;
    for (size_t index = 0; index < countof(texts); index++)
        if (sse_id_parse(slice_of(texts[index]), &id)) fail_msg("accepted: %s", texts[index]);
    assert_true(sse_id_parse(SLICE("0:0"), &id) && id.epoch == 0 && id.tick == 0);
    assert_false(sse_id_parse(slice_make("1\0:1", 4), &id));
}

/* The reader of HTML 9.2.6, for one frame: data lines joined by LF. */
static size_t read_data(const char *text, size_t size, char *data)
{
    size_t data_size = 0;
    for (const char *at = text; at < text + size && *at != '\n';) {
        const char *line_end = memchr(at, '\n', (size_t)(text + size - at));
        assert_true(memcmp(at, "data: ", 6) == 0);
        memcpy(data + data_size, at + 6, (size_t)(line_end - at - 6));
        data_size += (size_t)(line_end - at - 6);
        data[data_size++] = '\n';
        at = line_end + 1;
    }
    return data_size - 1;
}

TEST(sse_readers_get_the_data_back)
{
    begin();
    struct rand rand = { test_seed(15) };
    for (u32 round = 0; round < test_rounds(5000); round++) {
        char data[64], read[256], expected[64];
        size_t size = rand_below(&rand, sizeof data), expected_size = 0;
        for (size_t index = 0; index < size; index++)
            data[index] = "ab\r\n"[rand_below(&rand, 4)];
        for (size_t index = 0; index < size; index++) { /* every line end becomes LF */
            bool is_crlf = data[index] == '\r' && index + 1 < size && data[index + 1] == '\n';
            if (!is_crlf) expected[expected_size++] = data[index] == '\r' ? '\n' : data[index];
        }
        struct sse_frame frame = { .retry_ms = -1, .data = slice_make(data, size) };
        buf_clear(&out);
        sse_write(&frame, &out);
        assert_int_equal(out.size, sse_size(&frame));
        assert_int_equal(read_data(out.data, out.size, read), expected_size);
        assert_memory_equal(read, expected, expected_size);
    }
    end();
}
