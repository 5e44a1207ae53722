#include "tests/unit/servers/puppet.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/test.h"

#define TURN_COUNT_MAX 20000

void puppet_ask(struct client *client, struct world *world, const char *fields)
{
    char text[1024];
    client_open(client, world, world->data);
    snprintf(text, sizeof text,
             "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
             "Upgrade: websocket\r\n%s\r\n",
             fields);
    client_send(client, text);
}

void puppet_open(struct client *client, struct world *world)
{
    puppet_ask(client, world,
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
               "Sec-WebSocket-Protocol: weir.v1\r\n");
    client_wait_for(client, "\r\n\r\n");
    const char *begin = client->in.data + client->at, *end = strstr(begin, "\r\n\r\n") + 4;
    assert_memory_equal(begin, "HTTP/1.1 101 Switching Protocols\r\n", 34);
    client->at += (size_t)(end - begin);
}

void puppet_frame(struct client *client, u32 first, const void *payload, size_t size)
{
    static const u8 mask[4] = { 0x12, 0x34, 0x56, 0x78 };
    struct buf frame;
    buf_init(&frame, &client->world->mem);
    frame.size = websocket_head_write(first & 15, size, buf_reserve(&frame, 16));
    frame.data[0] = (char)first;
    frame.data[1] = (char)(frame.data[1] | 0x80);
    buf_append(&frame, mask, sizeof mask);
    char *target = buf_reserve(&frame, size + 1);
    for (size_t index = 0; index < size; index++)
        target[index] = (char)(((const u8 *)payload)[index] ^ mask[index % 4]);
    frame.size += size;
    client_send_bytes(client, frame.data, frame.size);
    buf_deinit(&frame);
}

void puppet_say(struct client *client, const char *format, ...)
{
    struct buf text;
    char line[8192];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    assert_true(size >= 0 && (size_t)size < sizeof line);
    buf_init(&text, &client->world->mem);
    puppet_frame(client, 0x80 | WEBSOCKET_OPCODE_TEXT, line, (size_t)size);
    buf_deinit(&text);
}

bool puppet_next(struct client *client, struct puppet_heard *heard)
{
    static char text[PUPPET_TEXT_SIZE_MAX + 1];
    const u8 *head = (const u8 *)client->in.data + client->at;
    size_t left = client->in.size - client->at, at = 2;
    if (left < 2) return false;
    assert_int_equal(head[0] & 0xf0, 0x80); /* whole frames without reserved bits */
    assert_true(head[1] < 128);             /* and without a mask */
    u64 size = head[1];
    u32 length_size = size == 127 ? 8 : size == 126 ? 2 : 0;
    if (left < at + length_size) return false;
    if (length_size > 0) size = 0;
    for (u32 index = 0; index < length_size; index++)
        size = size << 8 | head[at++];
    if (left < at + size) return false;
    assert_true(size <= PUPPET_TEXT_SIZE_MAX);
    memcpy(text, head + at, size);
    text[size] = '\0';
    *heard = (struct puppet_heard){ .opcode = head[0] & 15, .size = size, .text = text };
    if (heard->opcode == WEBSOCKET_OPCODE_CLOSE && size >= 2) {
        heard->code = (u32)(u8)text[0] << 8 | (u8)text[1];
        heard->text += 2;
    }
    client->at += at + size;
    if (client->at > MIB(1)) { /* what was read goes */
        buf_consume(&client->in, client->at);
        client->at = 0;
    }
    return true;
}

void puppet_hear(struct client *client, struct puppet_heard *heard)
{
    for (u32 count = 0; count < TURN_COUNT_MAX; count++) {
        if (puppet_next(client, heard)) return;
        if (client->is_closed) fail_msg("the server closed");
        client_turn(client);
    }
    fail_msg("no frame came");
}

const char *puppet_expect(struct client *client, const char *text)
{
    struct puppet_heard heard;
    puppet_hear(client, &heard);
    if (heard.opcode != WEBSOCKET_OPCODE_TEXT || !strstr(heard.text, text))
        fail_msg("\"%s\" was to come, not %u \"%s\"", text, heard.opcode, heard.text);
    return heard.text;
}

void puppet_expect_close(struct client *client, u32 code)
{
    struct puppet_heard heard;
    do
        puppet_hear(client, &heard);
    while (heard.opcode != WEBSOCKET_OPCODE_CLOSE);
    if (heard.code != code) fail_msg("closed with %u \"%s\"", heard.code, heard.text);
    client_wait_closed(client);
}

u32 puppet_barrier(struct client *client, struct buf *all)
{
    u32 texts = 0, before = 1;
    for (u32 round = 0; round < 2 || texts > before; round++) {
        struct puppet_heard heard;
        before = texts;
        puppet_frame(client, 0x80 | WEBSOCKET_OPCODE_PING, "b", 1);
        for (puppet_hear(client, &heard); heard.opcode != WEBSOCKET_OPCODE_PONG;
             puppet_hear(client, &heard)) {
            assert_int_equal(heard.opcode, WEBSOCKET_OPCODE_TEXT);
            if (all) buf_append(all, heard.text, heard.size);
            texts++;
        }
        assert_string_equal(heard.text, "b");
    }
    if (all) *buf_reserve(all, 1) = '\0';
    return texts;
}
