/* A client of /live inside a world: what it says is masked and framed, what it hears is taken apart. */
#pragma once

#include "tests/unit/servers/world.h"
#include "wire/websocket.h"

#define PUPPET_TEXT_SIZE_MAX MIB(4)

/* The handshake's request with these fields after the usual ones. */
void puppet_ask(struct client *client, struct world *world, const char *fields);
/* A socket whose handshake is done. */
void puppet_open(struct client *client, struct world *world);
/* A frame; first holds fin, the reserved bits and the opcode. */
void puppet_frame(struct client *client, u32 first, const void *payload, size_t size);
/* A text message. */
void puppet_say(struct client *client, const char *format, ...) PRINTF(2, 3);

struct puppet_heard {
    u32 opcode;
    u32 code; /* of a close frame */
    size_t size;
    char *text; /* ends in NUL; until the next one */
};

/* The next frame, if it is there. */
bool puppet_next(struct client *client, struct puppet_heard *heard);
/* Waits for the next frame. */
void puppet_hear(struct client *client, struct puppet_heard *heard);
/* Waits for the next text, which has to hold this; returns it. */
const char *puppet_expect(struct client *client, const char *text);
/* Waits for the end, with this code. */
void puppet_expect_close(struct client *client, u32 code);

/* Pings, each behind the answer to the one before, until nothing came between two: then whatever was due has come. Returns the
 * number of texts that came meanwhile; they are added up in all, which ends in a NUL, if that is not NULL. */
u32 puppet_barrier(struct client *client, struct buf *all);
