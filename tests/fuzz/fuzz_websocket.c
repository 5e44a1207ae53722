/* Frames of WebSockets, and the messages of /live in them: the events are the same however the bytes are cut, and a message
 * is either understood or refused with a sentence. */
#include "servers/live_message.h"
#include "tests/fuzz/fuzz.h"
#include "wire/query.h"
#include "wire/websocket.h"

#define MESSAGE_SIZE_MAX 2000

/* What happened, as bytes. */
struct story {
    struct mem *mem;
    struct buf text;
    struct json_members *members;
    struct arena arena;
};

static void read_message(struct story *story, struct buf *text)
{
    struct live_message message;
    struct query query;
    struct err err;
    assert(text->size <= MESSAGE_SIZE_MAX);
    arena_reset(&story->arena);
    err_clear(&err);
    if (live_message_parse(&message, story->members, text, &story->arena, &err)) {
        assert(err.sqlstate[0] && err.message[0]);
        buf_puts(&story->text, err.sqlstate);
    } else {
        assert(message.has_id);
        buf_format(&story->text, "%d %llu %lld", (int)message.op, (unsigned long long)message.id,
                   (long long)message.n);
        enum status status = query_parse(message.query, &story->arena, &query, &err);
        buf_putc(&story->text, status ? 'q' : 'Q');
    }
    json_members_forget(story->members);
}

static enum websocket_event tell(struct story *story, struct websocket_reader *reader,
                                 struct slice *input)
{
    enum websocket_event event = websocket_read(reader, input);
    if (event == WEBSOCKET_MORE) return event;
    buf_format(&story->text, "[%d %d ", (int)event, reader->close_code);
    if (event == WEBSOCKET_MESSAGE) {
        struct buf *message = websocket_message(reader);
        buf_append(&story->text, message->data, message->size);
        read_message(story, message);
    }
    if (event == WEBSOCKET_PING || event == WEBSOCKET_PONG)
        buf_append(&story->text, websocket_control(reader).data, websocket_control(reader).size);
    return event;
}

static void read_all(struct story *story, struct slice bytes, size_t piece_size)
{
    struct websocket_reader reader;
    bool is_over = false;
    websocket_reader_init(&reader, story->mem, MESSAGE_SIZE_MAX);
    buf_clear(&story->text);
    for (size_t at = 0; at < bytes.size && !is_over; at += piece_size) {
        /* In memory of its own, so that nothing is read behind it. */
        struct buf piece;
        buf_init(&piece, story->mem);
        buf_append(&piece, bytes.data + at, MIN(piece_size, bytes.size - at));
        struct slice input = buf_slice(&piece);
        enum websocket_event event;
        do {
            event = tell(story, &reader, &input);
            is_over = event == WEBSOCKET_BAD || event == WEBSOCKET_CLOSE;
        } while (event != WEBSOCKET_MORE && !is_over);
        buf_deinit(&piece);
    }
    websocket_reader_deinit(&reader);
}

/* The same bytes as the payload of one text frame. */
static void read_as_message(struct story *story, struct slice bytes)
{
    struct buf text;
    buf_init(&text, story->mem);
    buf_append(&text, bytes.data, MIN(bytes.size, (size_t)MESSAGE_SIZE_MAX));
    buf_reserve(&text, 1);
    read_message(story, &text);
    buf_deinit(&text);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct mem mem;
    struct buf whole;
    mem_init(&mem, "fuzz", NULL, 0);
    struct story story = { .mem = &mem, .members = json_members_open(&mem) };
    buf_init(&story.text, &mem);
    buf_init(&whole, &mem);
    arena_init(&story.arena, &mem);
    struct slice bytes = slice_make((const char *)data, size);
    read_as_message(&story, bytes);
    read_all(&story, bytes, size + 1);
    buf_append(&whole, story.text.data, story.text.size);
    for (size_t piece_size = 1; piece_size < 8; piece_size += 3) {
        read_all(&story, bytes, piece_size);
        assert(slice_equal(buf_slice(&whole), buf_slice(&story.text)));
    }
    arena_deinit(&story.arena);
    buf_deinit(&whole);
    buf_deinit(&story.text);
    json_members_close(story.members);
    mem_deinit(&mem);
    return 0;
}
