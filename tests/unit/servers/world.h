/* A whole server inside the test: an engine that keeps nothing, its doors, and clients over loopback sockets. One
 * thread drives all of it, so a test sees every step and sleeps nowhere. */
#pragma once

#include "engine/engine.h"
#include "servers/http_server.h"
#include "servers/listener.h"
#include "wire/http1_response.h"

struct world {
    struct mem mem;
    struct poll_loop loop;
    struct engine *engine;
    struct server server;
    struct listener *data;
    struct listener *admin;
};

/* The tables of PROTOCOL.md: product, and the view category_total. */
extern const char world_sql[];
struct server_options world_options(void);
void world_open(struct world *world, const struct server_options *options, const char *sql);
void world_close(struct world *world);
/* One turn of everything. */
void world_turn(struct world *world);

struct client {
    struct world *world;
    int fd;
    bool is_closed; /* the server closed it */
    struct buf in;
    size_t at; /* answers before it were read */
};

void client_open(struct client *client, struct world *world, struct listener *door);
void client_close(struct client *client);
/* All of it, turning the world when the socket is full. */
void client_send(struct client *client, const char *text);
void client_send_bytes(struct client *client, const char *data, size_t size);
/* Reads what is there, after a turn. */
void client_turn(struct client *client);
/* Turns until the text stands in what was not read yet; fails the test when it does not come. */
void client_wait_for(struct client *client, const char *text);
/* Turns until the server closed. */
void client_wait_closed(struct client *client);
/* Everything received and not read yet, ending in NUL. */
const char *client_rest(struct client *client);

struct answer {
    u32 status;
    char head[8192];
    char *body; /* ends in NUL; of client.in's memory */
    size_t size;
};

/* The next whole answer. */
void client_answer(struct client *client, struct answer *answer);
/* Sends and reads one. */
void client_ask(struct client *client, const char *text, struct answer *answer);
/* One request on a connection of its own; fails the test when the answer is not of this status. Returns the body, good until
 * the next call. */
const char *ask(struct world *world, u32 status, const char *format, ...) PRINTF(3, 4);
/* The answer to the last ask. */
const struct answer *ask_answer(void);
/* POST of a JSON body to path. */
const char *post(struct world *world, u32 status, const char *path, const char *body);
/* POST /sql. */
const char *sql(struct world *world, u32 status, const char *text);
