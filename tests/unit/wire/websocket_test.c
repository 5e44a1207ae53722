#include "wire/websocket.h"

#include <stdio.h>

#include "tests/test.h"
#include "wire/sha1.h"

static struct mem mem;
static struct websocket_reader reader;
static struct buf sent; /* by the client */

static void begin(size_t message_size_max)
{
    mem_init(&mem, "websocket", NULL, 0);
    buf_init(&sent, &mem);
    websocket_reader_init(&reader, &mem, message_size_max);
}

static void end(void)
{
    websocket_reader_deinit(&reader);
    buf_deinit(&sent);
    mem_deinit(&mem);
}

/* A masked frame; first holds fin, the reserved bits and the opcode. */
static void add(u32 first, const void *payload, size_t size)
{
    static const u8 mask[4] = { 0x37, 0xfa, 0x21, 0x3d };
    char head[WEBSOCKET_HEAD_SIZE_MAX];
    size_t head_size = websocket_head_write(first & 15, size, head);
    head[0] = (char)first;
    head[1] = (char)(head[1] | 0x80);
    buf_append(&sent, head, head_size);
    buf_append(&sent, mask, 4);
    for (size_t index = 0; index < size; index++)
        buf_putc(&sent, (char)(((const u8 *)payload)[index] ^ mask[index % 4]));
}

static void add_text(u32 first, const char *text)
{
    add(first, text, strlen(text));
}

/* The first event of what was sent, in pieces of this size. */
static enum websocket_event read_in(size_t piece_size)
{
    enum websocket_event event = WEBSOCKET_MORE;
    size_t at = 0;
    while (event == WEBSOCKET_MORE && at < sent.size) {
        struct slice input = slice_make(sent.data + at, MIN(piece_size, sent.size - at));
        size_t given = input.size;
        event = websocket_read(&reader, &input);
        at += given - input.size;
    }
    return event;
}

/* Sends these frames to a new reader, whole and byte by byte, and expects it to refuse them. */
static void expect_bad(u32 code)
{
    for (u32 piece_size = 1; piece_size < 8192; piece_size *= 4096) {
        websocket_reader_deinit(&reader);
        websocket_reader_init(&reader, &mem, 1000);
        assert_int_equal(read_in(piece_size), WEBSOCKET_BAD);
        assert_int_equal(reader.close_code, code);
        assert_non_null(reader.why);
    }
    buf_clear(&sent);
}

static void expect_message(const char *text)
{
    const struct buf *message = websocket_message(&reader);
    assert_int_equal(message->size, strlen(text));
    assert_memory_equal(message->data, text, message->size);
}

TEST(sha1_is_that_of_rfc_3174)
{
    static const struct {
        const char *text, *digest;
    } cases[] = {
        { "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
        { "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
        { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
          "84983e441c3bd26ebaae4aa1f95129e5e54670f1" },
        { "0123456701234567012345670123456701234567012345670123456701234567",
          "e0c094e867ef46c350ef54a7f59dd60bed92ae83" },
    };
    for (u32 index = 0; index < countof(cases); index++) {
        u8 digest[SHA1_SIZE];
        char hex[2 * SHA1_SIZE + 1];
        sha1(slice_of(cases[index].text), digest);
        for (u32 byte = 0; byte < SHA1_SIZE; byte++)
            snprintf(hex + 2 * byte, 3, "%02x", digest[byte]);
        assert_string_equal(hex, cases[index].digest);
    }
}

TEST(a_key_is_answered_as_the_rfc_has_it)
{
    char accept[WEBSOCKET_ACCEPT_SIZE];
    websocket_accept(SLICE("dGhlIHNhbXBsZSBub25jZQ=="), accept);
    assert_memory_equal(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", sizeof accept);
}

TEST(a_key_is_the_base64_of_sixteen_bytes)
{
    assert_true(websocket_key_valid(SLICE("dGhlIHNhbXBsZSBub25jZQ==")));
    assert_false(websocket_key_valid(SLICE("")));
    assert_false(websocket_key_valid(SLICE("dGhlIHNhbXBsZSBub25jZ===")));
    assert_false(websocket_key_valid(SLICE("dGhlIHNhbXBsZSBub25jZR=="))); /* a bit too many */
    assert_false(websocket_key_valid(SLICE("dGhlIHNhbXBsZSBub25j-Q==")));
    assert_false(websocket_key_valid(SLICE("dGhlIHNhbXBsZSBub25jZQ")));
    assert_false(websocket_key_valid(SLICE("dGhlIHNhbXBsZSBub25jZQ==x")));
    assert_false(websocket_key_valid(slice_make("dGhlIHNhbX\0sZSBub25jZQ==", 24)));
}

TEST(messages_come_whole_however_they_are_cut)
{
    for (size_t piece_size = 1; piece_size < 40; piece_size++) {
        begin(1000);
        add_text(0x01, "Hel");
        add_text(0x89, "p");
        add_text(0x00, "");
        add_text(0x80, "lo");
        add_text(0x81, "");
        add_text(0x8a, "");
        struct slice input = slice_make(sent.data, 0);
        enum websocket_event events[8];
        u32 count = 0;
        for (size_t at = 0; at < sent.size || input.size > 0;) {
            if (input.size == 0) {
                input.size = MIN(piece_size, sent.size - at);
                at += input.size;
            }
            enum websocket_event event;
            while ((event = websocket_read(&reader, &input)) != WEBSOCKET_MORE) {
                events[count++] = event;
                if (count == 1) assert_memory_equal(websocket_control(&reader).data, "p", 1);
                if (count == 2) expect_message("Hello");
                if (count == 3) expect_message("");
            }
        }
        assert_int_equal(count, 4);
        assert_int_equal(events[0], WEBSOCKET_PING);
        assert_int_equal(events[1], WEBSOCKET_MESSAGE);
        assert_int_equal(events[2], WEBSOCKET_MESSAGE);
        assert_int_equal(events[3], WEBSOCKET_PONG);
        assert_null(reader.frames); /* nothing is held between frames */
        end();
    }
}

TEST(lengths_of_every_form_are_read)
{
    static const size_t sizes[] = { 0, 1, 125, 126, 127, 65535, 65536, 70000 };
    static char text[70000];
    memset(text, 'x', sizeof text);
    for (u32 index = 0; index < countof(sizes); index++) {
        begin(sizeof text);
        add(0x81, text, sizes[index]);
        assert_int_equal(read_in(1000), WEBSOCKET_MESSAGE);
        assert_int_equal(websocket_message(&reader)->size, sizes[index]);
        end();
    }
}

TEST(lengths_longer_than_needed_are_refused)
{
    static const char two[] = "\x81\xfe\x00\x05\x01\x02\x03\x04",
                      eight[] = "\x81\xff\0\0\0\0\0\0\xff\xff\1\2\3\4",
                      top[] = "\x81\xff\x80\0\0\0\0\0\0\1\1\2\3\4";
    begin(1000);
    buf_append(&sent, two, sizeof two - 1);
    expect_bad(1002);
    buf_append(&sent, eight, sizeof eight - 1);
    expect_bad(1002);
    buf_append(&sent, top, sizeof top - 1);
    expect_bad(1002);
    end();
}

TEST(what_the_rfc_forbids_is_a_protocol_error)
{
    static char much[126];
    begin(1000);
    buf_append(&sent, "\x81\x01x", 3); /* no mask */
    expect_bad(1002);
    for (u32 bit = 0x10; bit <= 0x40; bit <<= 1) {
        add_text(0x81 | bit, "x");
        expect_bad(1002);
    }
    for (u32 opcode = 0; opcode < 16; opcode++) {
        if (opcode == 0 || (opcode > 2 && opcode < 8) || opcode > 10) {
            add_text(0x80 | opcode, "x");
            expect_bad(1002);
        }
    }
    for (u32 opcode = 8; opcode <= 10; opcode++) {
        add_text(opcode, "x"); /* a divided control frame */
        expect_bad(1002);
        add(0x80 | opcode, much, sizeof much);
        expect_bad(1002);
    }
    add_text(0x01, "a");
    add_text(0x81, "b"); /* a message inside a message */
    expect_bad(1002);
    end();
}

TEST(binary_messages_are_refused)
{
    begin(1000);
    add_text(0x82, "x");
    expect_bad(1003);
    add_text(0x02, "x");
    expect_bad(1003);
    end();
}

TEST(a_message_over_its_bound_is_refused_before_its_bytes_are_taken)
{
    static char text[1001];
    begin(1000);
    memset(text, 'x', sizeof text);
    buf_append(&sent, "\x81\xff\0\0\0\0\x40\0\0\0\1\2\3\4x", 15); /* a GiB is announced */
    expect_bad(1009);
    add(0x81, text, 1001);
    expect_bad(1009);
    add(0x01, text, 600);
    add(0x80, text, 401);
    expect_bad(1009);
    websocket_reader_deinit(&reader);
    websocket_reader_init(&reader, &mem, 1000);
    add(0x01, text, 600);
    add(0x80, text, 400);
    assert_int_equal(read_in(100), WEBSOCKET_MESSAGE);
    end();
}

TEST(utf8_may_be_cut_anywhere_but_not_broken)
{
    static const char text[] =
        "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf \xed\x9f\xbf";
    for (size_t cut = 0; cut < sizeof text; cut++) {
        begin(1000);
        add(0x01, text, cut);
        add(0x80, text + cut, sizeof text - cut); /* and a NUL */
        assert_int_equal(read_in(5), WEBSOCKET_MESSAGE);
        assert_memory_equal(websocket_message(&reader)->data, text, sizeof text);
        end();
    }
}

TEST(bytes_that_are_no_utf8_are_refused_where_they_come)
{
    static const char *const cases[] = { "\x80",
                                         "\xc0\xaf",
                                         "\xe0\x80",
                                         "\xed\xa0",
                                         "\xf0\x80",
                                         "\xf4\x90",
                                         "\xf5",
                                         "\xff",
                                         "a\xc3(",
                                         "\xe2\x82(",
                                         "\xce\xba\xe1\xbd\xb9\xed\xa0\x80" };
    begin(1000);
    for (u32 index = 0; index < countof(cases); index++) {
        add_text(0x01, cases[index]); /* more is to come, but it can be seen now */
        expect_bad(1007);
    }
    add_text(0x81, "\xe2\x82"); /* half of one at the end */
    expect_bad(1007);
    add_text(0x01, "\xe2\x82");
    add_text(0x80, "");
    expect_bad(1007);
    end();
}

TEST(close_frames_have_a_code_and_a_reason_or_nothing)
{
    for (u32 code = 0; code < 5100; code++) {
        static const u16 bad[] = { 1004, 1005, 1006, 1015 };
        bool good = (code >= 1000 && code <= 1014) || (code >= 3000 && code <= 4999);
        for (u32 index = 0; index < countof(bad); index++)
            good &= code != bad[index];
        char payload[] = { (char)(code >> 8), (char)code, 'b', 'y', 'e' };
        begin(1000);
        add(0x88, payload, sizeof payload);
        if (good) {
            assert_int_equal(read_in(100), WEBSOCKET_CLOSE);
            assert_int_equal(reader.close_code, code);
        } else {
            expect_bad(1002);
        }
        end();
    }
    begin(1000);
    add_text(0x88, "");
    assert_int_equal(read_in(1), WEBSOCKET_CLOSE);
    assert_int_equal(reader.close_code, WEBSOCKET_CODE_NONE);
    buf_clear(&sent);
    add_text(0x88, "\x03");
    expect_bad(1002);
    add_text(0x88, "\x03\xe8\xff");
    expect_bad(1007);
    end();
}

TEST(a_reason_is_cut_between_characters)
{
    char reason[200] = "x";
    begin(1000);
    for (u32 index = 0; index < 60; index++)
        memcpy(reason + 1 + 3 * index, "\xe2\x82\xac", 4);
    websocket_close_write(1008, reason, &sent);
    assert_int_equal(sent.size, 2 + 2 + 1 + 40 * 3);
    assert_memory_equal(sent.data, "\x88\x7b\x03\xf0x", 5);
    end();
}
