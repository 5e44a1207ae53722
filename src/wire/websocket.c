#include "wire/websocket.h"

#include <wslay/wslay.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "wire/chars.h"
#include "wire/sha1.h"

/* Room that a frame's head may ask for at once; more only as the bytes come. */
#define RESERVE_SIZE_MAX KIB(16)
/* About what wslay takes for its context: a buffer of 4 KiB and some state. */
#define FRAMES_CHARGE (KIB(4) + 256)

/* The frame that is half here. */
struct websocket_frames {
    struct wslay_frame_context *context;
    struct slice *input; /* lent for a read */
    u64 held;            /* bytes taken off the input that were not given yet */
};

static enum websocket_event fail(struct websocket_reader *reader, u32 code, const char *why);
static enum websocket_event begin_frame(struct websocket_reader *reader,
                                        const struct wslay_frame_iocb *frame);
static enum websocket_event take_payload(struct websocket_reader *reader,
                                         const struct wslay_frame_iocb *frame);
static enum websocket_event end_frame(struct websocket_reader *reader);

/* --- the handshake --- */

#define KEY_SIZE 24
#define GUID     "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool websocket_key_valid(struct slice key)
{
    if (key.size != KEY_SIZE || key.data[22] != '=' || key.data[23] != '=') return false;
    for (size_t index = 0; index < 22; index++)
        if (!key.data[index] || !strchr(digits, key.data[index])) return false;
    /* The last digit before the padding has two bits of the last byte. */
    return (strchr(digits, key.data[21]) - digits) % 16 == 0;
}

void websocket_accept(struct slice key, char accept[WEBSOCKET_ACCEPT_SIZE])
{
    char text[KEY_SIZE + sizeof GUID - 1];
    u8 digest[SHA1_SIZE + 1] = { 0 }; /* 21 bytes are seven groups of three */
    assert(key.size == KEY_SIZE);
    memcpy(text, key.data, KEY_SIZE);
    memcpy(text + KEY_SIZE, GUID, sizeof GUID - 1);
    sha1(slice_make(text, sizeof text), digest);
    for (u32 index = 0; index < WEBSOCKET_ACCEPT_SIZE; index++) {
        const u8 *group = digest + index / 4 * 3;
        u32 bits = (u32)group[0] << 16 | (u32)group[1] << 8 | group[2];
        accept[index] = digits[bits >> (18 - index % 4 * 6) & 63];
    }
    accept[WEBSOCKET_ACCEPT_SIZE - 1] = '=';
}

/* --- frames in --- */

void websocket_reader_init(struct websocket_reader *reader, struct mem *mem,
                           size_t message_size_max)
{
    *reader = (struct websocket_reader){ .mem = mem, .message_size_max = message_size_max };
    buf_init(&reader->message, mem);
}

static void frames_close(struct websocket_reader *reader)
{
    struct websocket_frames *frames = reader->frames;
    if (!frames) return;
    wslay_frame_context_free(frames->context);
    mem_discharge(reader->mem, FRAMES_CHARGE);
    mem_free(reader->mem, frames, sizeof *frames);
    reader->frames = NULL;
}

void websocket_reader_deinit(struct websocket_reader *reader)
{
    frames_close(reader);
    buf_deinit(&reader->message);
}

static ssize_t on_receive(u8 *target, size_t size, int flags, void *context)
{
    struct websocket_frames *frames = context;
    size_t taken = MIN(size, frames->input->size);
    (void)flags;
    if (taken == 0) return -1;
    memcpy(target, frames->input->data, taken);
    *frames->input = slice_make(frames->input->data + taken, frames->input->size - taken);
    frames->held += taken;
    return (ssize_t)taken;
}

static void frames_open(struct websocket_reader *reader)
{
    const struct wslay_frame_callbacks callbacks = { .recv_callback = on_receive };
    struct websocket_frames *frames = mem_zalloc(reader->mem, sizeof *frames);
    mem_charge(reader->mem, FRAMES_CHARGE);
    int failed = wslay_frame_context_init(&frames->context, &callbacks, frames);
    assert(failed == 0); /* it fails without memory only, and then the process stops */
    reader->frames = frames;
}

void websocket_message_forget(struct websocket_reader *reader)
{
    buf_deinit(&reader->message);
    buf_init(&reader->message, reader->mem);
    reader->checked = 0;
    reader->is_done = false;
}

enum websocket_event websocket_read(struct websocket_reader *reader, struct slice *input)
{
    enum websocket_event event = WEBSOCKET_MORE;
    if (reader->is_done) websocket_message_forget(reader);
    if (!reader->frames && input->size == 0) return WEBSOCKET_MORE;
    if (!reader->frames) frames_open(reader);
    struct websocket_frames *frames = reader->frames;
    frames->input = input;
    while (event == WEBSOCKET_MORE) {
        struct wslay_frame_iocb frame = { 0 };
        ssize_t got = wslay_frame_recv(frames->context, &frame);
        if (got == WSLAY_ERR_WANT_READ && input->size == 0) break;
        if (got == WSLAY_ERR_WANT_READ) continue;
        if (got < 0) {
            event = fail(reader, WEBSOCKET_CODE_PROTOCOL, "the head of a frame is malformed");
            break;
        }
        if (!reader->in_frame) event = begin_frame(reader, &frame);
        if (event == WEBSOCKET_MORE) event = take_payload(reader, &frame);
        if (event == WEBSOCKET_MORE && reader->left == 0) event = end_frame(reader);
    }
    frames->input = NULL;
    if (event == WEBSOCKET_BAD || (!reader->in_frame && frames->held == 0)) frames_close(reader);
    return event;
}

struct buf *websocket_message(struct websocket_reader *reader)
{
    return &reader->message;
}

struct slice websocket_control(const struct websocket_reader *reader)
{
    return slice_make((const char *)reader->control, reader->control_size);
}

static enum websocket_event fail(struct websocket_reader *reader, u32 code, const char *why)
{
    reader->close_code = (u16)code;
    reader->why = why;
    return WEBSOCKET_BAD;
}

static bool is_control(u8 opcode)
{
    return opcode >= WEBSOCKET_OPCODE_CLOSE;
}

/* What a client may not send (RFC 6455, 5). wslay has looked at lengths and at the form of control frames. */
static const char *refuse(const struct websocket_reader *reader,
                          const struct wslay_frame_iocb *frame)
{
    if (!frame->mask) return "a frame of a client has to be masked";
    if (frame->rsv) return "a reserved bit is set, and no extension was agreed on";
    switch (frame->opcode) {
    case WEBSOCKET_OPCODE_CONTINUATION:
        return reader->in_message ? NULL : "a message begins with a continuation";
    case WEBSOCKET_OPCODE_TEXT:
    case WEBSOCKET_OPCODE_BINARY:
        return reader->in_message ? "a message begins inside another" : NULL;
    case WEBSOCKET_OPCODE_CLOSE:
    case WEBSOCKET_OPCODE_PING:
    case WEBSOCKET_OPCODE_PONG: return NULL;
    default: return "the opcode of a frame is reserved";
    }
}

static enum websocket_event begin_frame(struct websocket_reader *reader,
                                        const struct wslay_frame_iocb *frame)
{
    u64 size = frame->payload_length;
    const char *why = refuse(reader, frame);
    if (why) return fail(reader, WEBSOCKET_CODE_PROTOCOL, why);
    if (frame->opcode == WEBSOCKET_OPCODE_BINARY)
        return fail(reader, WEBSOCKET_CODE_UNSUPPORTED, "messages are text");
    u64 head_size = 6 + (size > UINT16_MAX ? 8 : size > WEBSOCKET_CONTROL_SIZE_MAX ? 2 : 0);
    assert(reader->frames->held >= head_size);
    reader->frames->held -= head_size;
    reader->in_frame = true;
    reader->opcode = frame->opcode;
    reader->is_last = frame->fin;
    reader->left = size;
    if (is_control(frame->opcode)) {
        reader->control_size = 0;
        return WEBSOCKET_MORE;
    }
    reader->in_message = true;
    if (size > reader->message_size_max - reader->message.size)
        return fail(reader, WEBSOCKET_CODE_TOO_BIG, "the message is too long");
    if (size > 0) buf_reserve(&reader->message, (size_t)MIN(size, RESERVE_SIZE_MAX));
    return WEBSOCKET_MORE;
}

/* Bytes at the end of a text that are no whole sequence: may the rest of one follow? */
static bool is_begun(struct slice tail)
{
    char whole[4];
    u32 size = utf8_size(tail.data[0]);
    if (tail.size >= size) return false;
    for (u32 try = 0; try < 2; try++) { /* the least and the greatest byte that may follow */
        memset(whole, try ? 0xbf : 0x80, sizeof whole);
        memcpy(whole, tail.data, tail.size);
        if (utf8_check(slice_make(whole, size)) == size) return true;
    }
    return false;
}

/* Looks at the bytes that came. A NUL is UTF-8 too, though not PostgreSQL's. */
static bool check_text(struct websocket_reader *reader, bool whole)
{
    const struct buf *message = &reader->message;
    while (reader->checked < message->size) {
        struct slice rest =
            slice_make(message->data + reader->checked, message->size - reader->checked);
        size_t good = utf8_check(rest);
        reader->checked += good;
        if (good == rest.size) return true;
        if (rest.data[good] == '\0')
            reader->checked++;
        else
            return !whole && is_begun(slice_make(rest.data + good, rest.size - good));
    }
    return true;
}

static enum websocket_event take_payload(struct websocket_reader *reader,
                                         const struct wslay_frame_iocb *frame)
{
    assert(frame->data_length <= reader->left);
    assert(frame->data_length <= reader->frames->held);
    reader->left -= frame->data_length;
    reader->frames->held -= frame->data_length;
    if (is_control(reader->opcode)) {
        assert(reader->control_size + frame->data_length <= sizeof reader->control);
        memcpy(reader->control + reader->control_size, frame->data, frame->data_length);
        reader->control_size += (u32)frame->data_length;
        return WEBSOCKET_MORE;
    }
    buf_append(&reader->message, frame->data, frame->data_length);
    if (check_text(reader, reader->is_last && reader->left == 0)) return WEBSOCKET_MORE;
    return fail(reader, WEBSOCKET_CODE_INVALID_DATA, "the text is not UTF-8");
}

/* A code and a reason, or nothing (5.5.1). */
static enum websocket_event end_close(struct websocket_reader *reader)
{
    const u8 *control = reader->control;
    reader->close_code = WEBSOCKET_CODE_NONE;
    if (reader->control_size == 0) return WEBSOCKET_CLOSE;
    if (reader->control_size == 1)
        return fail(reader, WEBSOCKET_CODE_PROTOCOL, "a close frame has half a code");
    u32 code = (u32)control[0] << 8 | control[1];
    if (!websocket_code_valid(code))
        return fail(reader, WEBSOCKET_CODE_PROTOCOL, "the code of a close frame is not one");
    struct slice reason = slice_make((const char *)control + 2, reader->control_size - 2);
    for (size_t good; (good = utf8_check(reason)) < reason.size;) {
        if (reason.data[good])
            return fail(reader, WEBSOCKET_CODE_INVALID_DATA, "the reason is not UTF-8");
        reason = slice_make(reason.data + good + 1, reason.size - good - 1);
    }
    reader->close_code = (u16)code;
    return WEBSOCKET_CLOSE;
}

static enum websocket_event end_frame(struct websocket_reader *reader)
{
    reader->in_frame = false;
    if (reader->opcode == WEBSOCKET_OPCODE_CLOSE) return end_close(reader);
    if (reader->opcode == WEBSOCKET_OPCODE_PING) return WEBSOCKET_PING;
    if (reader->opcode == WEBSOCKET_OPCODE_PONG) return WEBSOCKET_PONG;
    if (!reader->is_last) return WEBSOCKET_MORE;
    reader->in_message = false;
    /* An empty last frame may leave a sequence open. */
    if (!check_text(reader, true))
        return fail(reader, WEBSOCKET_CODE_INVALID_DATA, "the text is not UTF-8");
    reader->is_done = true;
    return WEBSOCKET_MESSAGE;
}

/* --- frames out --- */

size_t websocket_head_write(enum websocket_opcode opcode, u64 size, char *target)
{
    u32 length_size = size > UINT16_MAX ? 8 : size > WEBSOCKET_CONTROL_SIZE_MAX ? 2 : 0;
    target[0] = (char)(0x80 | opcode);
    target[1] = (char)(length_size == 8 ? 127 : length_size == 2 ? 126 : size);
    for (u32 index = 0; index < length_size; index++)
        target[2 + index] = (char)(size >> (length_size - 1 - index) * 8);
    return 2 + length_size;
}

void websocket_write(enum websocket_opcode opcode, struct slice payload, struct buf *out)
{
    out->size +=
        websocket_head_write(opcode, payload.size, buf_reserve(out, WEBSOCKET_HEAD_SIZE_MAX));
    buf_append(out, payload.data, payload.size);
}

void websocket_close_write(u32 code, const char *reason, struct buf *out)
{
    char payload[WEBSOCKET_CONTROL_SIZE_MAX] = { (char)(code >> 8), (char)code };
    if (code == WEBSOCKET_CODE_NONE) {
        websocket_write(WEBSOCKET_OPCODE_CLOSE, SLICE(""), out);
        return;
    }
    size_t size = MIN(strlen(reason), sizeof payload - 2);
    while (size > 0 && ((u8)reason[size] & 0xc0) == 0x80) /* not inside a character */
        size--;
    memcpy(payload + 2, reason, size);
    websocket_write(WEBSOCKET_OPCODE_CLOSE, slice_make(payload, 2 + size), out);
}

bool websocket_code_valid(u32 code)
{
    if (code >= 3000) return code <= 4999;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}
