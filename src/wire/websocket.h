/* WebSocket (RFC 6455) as a server speaks it: the handshake's key, frames in, frames out.
 *
 * Reading goes from bytes to whole text messages and control frames, however they were cut. Everything that
 * the RFC forbids a client ends in WEBSOCKET_BAD with the close code to answer: no mask, reserved bits and opcodes,
 * lengths longer than needed, long or divided control frames, a message inside a message (1002), binary messages
 * (1003), bytes that are no UTF-8 (1007), messages over their bound (1009, before their bytes are taken).
 *
 * wslay takes the frames apart. Its context holds 4 KiB, so there is one only while a frame is half here: a
 * connection between two frames holds no memory.
 *
 * Invariant: the events are a function of the bytes alone, never of how they were split. */
#pragma once

#include "base/bytes.h"

/* --- the handshake --- */

#define WEBSOCKET_ACCEPT_SIZE 28

/* A key is the base64 of 16 bytes (4.1). */
bool websocket_key_valid(struct slice key);
/* Sec-WebSocket-Accept for this key (4.2.2); no NUL. */
void websocket_accept(struct slice key, char accept[WEBSOCKET_ACCEPT_SIZE]);

/* --- frames in --- */

enum websocket_opcode {
    WEBSOCKET_OPCODE_CONTINUATION = 0x0,
    WEBSOCKET_OPCODE_TEXT = 0x1,
    WEBSOCKET_OPCODE_BINARY = 0x2,
    WEBSOCKET_OPCODE_CLOSE = 0x8,
    WEBSOCKET_OPCODE_PING = 0x9,
    WEBSOCKET_OPCODE_PONG = 0xa,
};

enum websocket_code {
    WEBSOCKET_CODE_NONE = 0, /* a close frame without one */
    WEBSOCKET_CODE_NORMAL = 1000,
    WEBSOCKET_CODE_GOING_AWAY = 1001,
    WEBSOCKET_CODE_PROTOCOL = 1002,
    WEBSOCKET_CODE_UNSUPPORTED = 1003,
    WEBSOCKET_CODE_INVALID_DATA = 1007,
    WEBSOCKET_CODE_TOO_BIG = 1009,
    WEBSOCKET_CODE_TRY_LATER = 1013,
};

#define WEBSOCKET_CONTROL_SIZE_MAX 125

enum websocket_event {
    WEBSOCKET_MORE,    /* all of the input is taken */
    WEBSOCKET_MESSAGE, /* a whole text: websocket_message */
    WEBSOCKET_PING,    /* to be answered with websocket_control's bytes */
    WEBSOCKET_PONG,
    WEBSOCKET_CLOSE, /* close_code; nothing more is to be read */
    WEBSOCKET_BAD,   /* close_code and why; nothing more is to be read */
};

struct websocket_frames;

struct websocket_reader {
    struct mem *mem;
    size_t message_size_max;
    struct websocket_frames *frames; /* NULL between two frames */
    bool in_frame;                   /* some of its payload is to come */
    bool in_message;                 /* some of its frames are to come */
    bool is_done;                    /* the message was given whole */
    u8 opcode;                       /* of the frame */
    bool is_last;                    /* of its message */
    u64 left;                        /* of the frame's payload */
    struct buf message;
    size_t checked; /* of the message: these bytes are whole sequences of UTF-8 */
    u32 control_size;
    u16 close_code;
    const char *why;
    u8 control[WEBSOCKET_CONTROL_SIZE_MAX];
};

void websocket_reader_init(struct websocket_reader *reader, struct mem *mem,
                           size_t message_size_max);
void websocket_reader_deinit(struct websocket_reader *reader);
/* The next event; takes what it needs off the front of input, perhaps more than the event's own bytes. */
enum websocket_event websocket_read(struct websocket_reader *reader, struct slice *input);
/* The text of WEBSOCKET_MESSAGE, until the next read. The caller may reserve room behind it. */
struct buf *websocket_message(struct websocket_reader *reader);
/* Gives its memory back before that. */
void websocket_message_forget(struct websocket_reader *reader);
/* The payload of WEBSOCKET_PING and WEBSOCKET_PONG, until the next read. */
struct slice websocket_control(const struct websocket_reader *reader);

/* --- frames out --- */

#define WEBSOCKET_HEAD_SIZE_MAX 10

/* The head of an unmasked, undivided frame; returns its size. */
size_t websocket_head_write(enum websocket_opcode opcode, u64 size, char *target);
void websocket_write(enum websocket_opcode opcode, struct slice payload, struct buf *out);
/* The close frame; the reason is cut to what fits. WEBSOCKET_CODE_NONE: empty. */
void websocket_close_write(u32 code, const char *reason, struct buf *out);
/* May a peer send this code (7.4)? */
bool websocket_code_valid(u32 code);
