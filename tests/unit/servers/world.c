#include "tests/unit/servers/world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "engine/exec.h"
#include "os/clock.h"
#include "tests/test.h"

#define TURN_COUNT_MAX 20000

const char world_sql[] =
    "CREATE TABLE product (id bigint PRIMARY KEY, name text, category text, price numeric(10,2));"
    "CREATE MATERIALIZED VIEW category_total AS SELECT category, count(*) AS products, "
    "sum(price) AS value FROM product GROUP BY category;";

struct server_options world_options(void)
{
    return (struct server_options){
        .connection_count_max = 100,
        .head = HTTP1_LIMITS_DEFAULT,
        .document_size_max = MIB(16),
        .whole_size_max = KIB(256),
        .record_size_max = (u32)MIB(1),
        .statement_size_max = KIB(256),
        .live_message_size_max = MIB(16),
        .live_subscription_count_max = 256,
        .piece_row_count_max = 4096,
        .piece_size_max = KIB(256),
        .head_timeout_us = 10 * CLOCK_SECOND,
        .body_timeout_us = 30 * CLOCK_SECOND,
        .idle_timeout_us = 75 * CLOCK_SECOND,
        .send_timeout_us = 60 * CLOCK_SECOND,
        .wait_timeout_us = 5 * CLOCK_SECOND,
        .drain_timeout_us = 10 * CLOCK_SECOND,
        .heartbeat_us = 15 * CLOCK_SECOND,
        .push_send_size = (u32)KIB(16),
        .push_unsent_size = (u32)KIB(16),
        .receive_size = (u32)KIB(256),
    };
}

static void ignore_wake(void *context)
{
    (void)context;
}

void world_open(struct world *world, const struct server_options *options, const char *text)
{
    struct err err;
    *world = (struct world){ .engine = NULL };
    mem_init(&world->mem, "world", NULL, 0);
    assert_ok(poll_open(&world->loop, &world->mem, &err), &err);
    const struct engine_options engine = { .memory_max = GIB(1), .on_wake = ignore_wake };
    assert_ok(engine_open(&world->engine, &engine, &err), &err);
    assert_ok(exec_file(world->engine, slice_of(text), "world.sql", &err), &err);
    server_init(&world->server, &world->loop, world->engine, options);
    assert_ok(listener_open(&world->server, "127.0.0.1:0", &http_data_protocol,
                            http_server_refusal(), &world->data, &err),
              &err);
    assert_ok(listener_open(&world->server, "127.0.0.1:0", &http_admin_protocol,
                            http_server_refusal(), &world->admin, &err),
              &err);
}

void world_close(struct world *world)
{
    while (!engine_drain(world->engine))
        world_turn(world);
    server_deinit(&world->server);
    engine_close(world->engine);
    poll_close(&world->loop);
    mem_deinit(&world->mem);
}

void world_turn(struct world *world)
{
    bool more = engine_step(world->engine);
    more |= server_step(&world->server);
    poll_wait(&world->loop, more ? 0 : 200);
}

/* --- clients --- */

void client_open(struct client *client, struct world *world, struct listener *door)
{
    struct err err;
    *client = (struct client){ .world = world };
    buf_init(&client->in, &world->mem);
    assert_ok(net_connect(&client->fd, listener_address(door), &err), &err);
    world_turn(world);
    assert_ok(net_connect_finish(client->fd, &err), &err);
}

void client_close(struct client *client)
{
    net_close(client->fd);
    buf_deinit(&client->in);
    for (u32 count = 0; count < 3; count++)
        world_turn(client->world);
}

void client_send_bytes(struct client *client, const char *data, size_t size)
{
    while (size > 0 && !client->is_closed) {
        struct slice rest = slice_make(data, size);
        size_t sent;
        enum net_result result = net_write(client->fd, &rest, 1, &sent);
        if (result == NET_CLOSED) return;
        data += sent;
        size -= sent;
        if (size > 0) client_turn(client);
    }
}

void client_send(struct client *client, const char *text)
{
    client_send_bytes(client, text, strlen(text));
}

void client_turn(struct client *client)
{
    world_turn(client->world);
    for (;;) {
        char *room = buf_reserve(&client->in, KIB(64) + 1);
        size_t got;
        enum net_result result = net_read(client->fd, room, KIB(64), &got);
        if (result == NET_CLOSED) client->is_closed = true;
        if (result != NET_OK) break;
        client->in.size += got;
    }
    client->in.data[client->in.size] = '\0';
}

const char *client_rest(struct client *client)
{
    client_turn(client);
    return client->in.data + client->at;
}

void client_wait_for(struct client *client, const char *text)
{
    for (u32 count = 0; count < TURN_COUNT_MAX; count++) {
        if (strstr(client_rest(client), text)) return;
        if (client->is_closed) break;
    }
    fail_msg("\"%s\" did not come, but \"%s\"", text, client_rest(client));
}

void client_wait_closed(struct client *client)
{
    for (u32 count = 0; count < TURN_COUNT_MAX && !client->is_closed; count++)
        client_turn(client);
    assert_true(client->is_closed);
}

static bool parse(struct client *client, struct answer *answer)
{
    struct http1_scan scan = { .at = 0 };
    static struct http1_response response;
    struct slice input = slice_make(client->in.data + client->at, client->in.size - client->at);
    const struct http1_limits limits = HTTP1_LIMITS_DEFAULT;
    enum http1_result result = http1_response_parse(&scan, &limits, input, &response);
    assert_int_not_equal(result, HTTP1_BAD);
    if (result == HTTP1_MORE) return false;
    struct http1_body body;
    http1_response_body(&response, HTTP1_GET, UINT64_MAX, &body);
    if (body.kind == HTTP1_BODY_UNTIL_CLOSE && !client->is_closed) return false;
    size_t consumed, decoded;
    /* Decoded in a copy: what is not whole yet must stay as it came. */
    char *copy = malloc(input.size + 1);
    memcpy(copy, input.data, input.size);
    enum http1_body_result read = http1_body_compact(
        &body, copy + response.head_size, input.size - response.head_size, &consumed, &decoded);
    bool whole = read == HTTP1_BODY_DONE || http1_body_complete(&body);
    if (whole) {
        answer->status = response.status;
        assert_true(response.head_size < sizeof answer->head);
        memcpy(answer->head, input.data, response.head_size);
        answer->head[response.head_size] = '\0';
        memcpy(client->in.data + client->at, copy + response.head_size, decoded);
        answer->body = client->in.data + client->at;
        answer->size = decoded;
        client->at += response.head_size + consumed;
        /* The body lies before at least four bytes of head that were moved over. */
        answer->body[decoded] = '\0';
    }
    free(copy);
    return whole;
}

void client_answer(struct client *client, struct answer *answer)
{
    for (u32 count = 0; count < TURN_COUNT_MAX; count++) {
        client_turn(client);
        if (parse(client, answer)) return;
        if (client->is_closed) break;
    }
    fail_msg("no whole answer came: \"%.2000s\"", client_rest(client));
}

void client_ask(struct client *client, const char *text, struct answer *answer)
{
    client_send(client, text);
    client_answer(client, answer);
}

/* --- single requests --- */

static struct answer last;

const struct answer *ask_answer(void)
{
    return &last;
}

static const char *ask_at(struct world *world, struct listener *door, u32 status, const char *text)
{
    static char *kept;
    static size_t kept_size;
    struct client client;
    client_open(&client, world, door);
    client_ask(&client, text, &last);
    if (last.status != status)
        fail_msg("status %u, not %u: %s\n%s", last.status, status, last.head, last.body);
    if (kept_size < last.size + 1) {
        free(kept);
        kept = malloc(last.size + 1);
        kept_size = last.size + 1;
    }
    memcpy(kept, last.body, last.size + 1);
    last.body = kept;
    client_close(&client);
    return kept;
}

const char *ask(struct world *world, u32 status, const char *format, ...)
{
    char text[8192];
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(size > 0 && (size_t)size < sizeof text);
    return ask_at(world, world->data, status, text);
}

const char *post(struct world *world, u32 status, const char *path, const char *body)
{
    return ask(world, status,
               "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
               "Content-Length: %zu\r\n\r\n%s",
               path, strlen(body), body);
}

const char *sql(struct world *world, u32 status, const char *text)
{
    char request[8192];
    snprintf(request, sizeof request,
             "POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(text), text);
    return ask_at(world, world->admin, status, request);
}
