#include "servers/http.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "os/clock.h"
#include "tests/test.h"
#include "tests/unit/servers/world.h"

static struct world world;

static void begin(void)
{
    const struct server_options options = world_options();
    world_open(&world, &options, world_sql);
    post(&world, 201, "/product", "[{\"id\":1},{\"id\":2}]");
}

#define GET(id) "GET /product?select=id&id=eq." #id " HTTP/1.1\r\nHost: localhost\r\n\r\n"

TEST(requests_are_answered_in_order_also_when_pipelined)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client, GET(1) GET(2) GET(3) GET(1));
    static const char *const bodies[] = { "[{\"id\":1}]", "[{\"id\":2}]", "[]", "[{\"id\":1}]" };
    for (u32 index = 0; index < countof(bodies); index++) {
        client_answer(&client, &answer);
        assert_string_equal(answer.body, bodies[index]);
    }
    assert_false(client.is_closed);
    client_close(&client);
    world_close(&world);
}

TEST(a_write_and_what_is_behind_it_are_answered_in_order)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client, "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\n"
                         "{\"id\":3}" GET(3) "DELETE /product?id=eq.3 HTTP/1.1\r\n"
                                             "Host: localhost\r\n\r\n" GET(3));
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 201);
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "[{\"id\":3}]");
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 204);
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "[]");
    client_close(&client);
    world_close(&world);
}

TEST(requests_may_come_byte_by_byte)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    const char *text =
        "POST /product HTTP/1.1\r\nHost: localhost\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\n{\"i\r\n5\r\nd\":3}\r\n0\r\n\r\n" GET(3);
    for (const char *at = text; *at; at++) {
        client_send_bytes(&client, at, 1);
        world_turn(&world);
    }
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "{\"rows\":1,\"tick\":2}");
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "[{\"id\":3}]");
    client_close(&client);
    world_close(&world);
}

TEST(connections_stay_or_close_as_the_client_says)
{
    static const struct {
        const char *version, *field;
        bool stays;
    } cases[] = { { "1.1", "", true },
                  { "1.1", "Connection: close\r\n", false },
                  { "1.0", "", false },
                  { "1.0", "Connection: keep-alive\r\n", true } };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        struct client client;
        struct answer answer;
        char text[256];
        snprintf(text, sizeof text, "GET /product?id=eq.1 HTTP/%s\r\nHost: localhost\r\n%s\r\n",
                 cases[index].version, cases[index].field);
        client_open(&client, &world, world.data);
        client_ask(&client, text, &answer);
        assert_int_equal(answer.status, 200);
        if (cases[index].stays)
            client_ask(&client, text, &answer);
        else
            client_wait_closed(&client);
        client_close(&client);
    }
    world_close(&world);
}

/* Each gets this status once, is closed, and nothing behind it is answered. */
TEST(what_could_be_smuggled_is_refused_and_the_connection_closes)
{
    static const struct {
        const char *text;
        const char *status;
    } cases[] = {
        { "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "400" },
        { "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
          "Content-Length: 6\r\n\r\nabcde",
          "400" },
        { "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nabcde", "400" },
        { "POST /product HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n",
          "400" },
        { "POST /product HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
          "400" },
        { "GET /product HTTP/1.1\r\nHost: localhost\r\nA: b\r\n folded\r\n\r\n", "400" },
        { "GET /product HTTP/1.1\r\nHost: localhost\r\nA : b\r\n\r\n", "400" },
        { "GET /product HTTP/1.1\nHost: localhost\n\n", "400" },
        { "GET /product HTTP/1.1\r\n\r\n", "400" },
        { "GET /product HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400" },
        { "GET /product HTTP/1.1\r\nHost: localhost\r\nA: b\001c\r\n\r\n", "400" },
        { "POST /product HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
          "5 \r\n{\"id\"\r\n",
          "400" },
        { "BREW /product HTTP/1.1\r\nHost: localhost\r\n\r\n", "501" },
        { "GET /product HTTP/2.0\r\nHost: localhost\r\n\r\n", "505" },
        { "GET /product HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\n\r\n", "417" },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        struct client client;
        struct answer answer;
        client_open(&client, &world, world.data);
        client_send(&client, cases[index].text);
        client_send(&client, GET(1));
        client_answer(&client, &answer);
        if (answer.status != strtoul(cases[index].status, NULL, 10))
            fail_msg("%s: %u %s", cases[index].text, answer.status, answer.body);
        assert_non_null(strstr(answer.head, "\r\nConnection: close\r\n"));
        client_wait_closed(&client);
        assert_string_equal(client_rest(&client), "");
        client_close(&client);
    }
    world_close(&world);
}

TEST(heads_over_their_limits_are_refused)
{
    begin();
    struct client client;
    struct answer answer;
    struct buf text;
    buf_init(&text, &world.mem);
    buf_puts(&text, "GET /");
    while (text.size < KIB(33))
        buf_putc(&text, 'a');
    client_open(&client, &world, world.data);
    client_send_bytes(&client, text.data, text.size);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 414);
    client_close(&client);
    buf_clear(&text);
    buf_puts(&text, "GET / HTTP/1.1\r\nHost: localhost\r\n");
    while (text.size < KIB(50))
        buf_puts(&text, "Name: value value value value value value value value value\r\n");
    client_open(&client, &world, world.data);
    client_send_bytes(&client, text.data, text.size);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 431);
    client_close(&client);
    buf_deinit(&text);
    world_close(&world);
}

TEST(a_head_that_does_not_come_gets_408_and_an_idle_connection_closes)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client, "GET /product HTTP/1.1\r\n");
    for (u32 count = 0; count < 5; count++)
        world_turn(&world);
    clock_shift(5 * CLOCK_SECOND);
    client_send(&client, "Host: localhost\r\n"); /* the time is that of the whole head */
    for (u32 count = 0; count < 5; count++)
        world_turn(&world);
    clock_shift(6 * CLOCK_SECOND);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 408);
    client_wait_closed(&client);
    client_close(&client);

    client_open(&client, &world, world.data);
    client_ask(&client, GET(1), &answer);
    clock_shift(60 * CLOCK_SECOND);
    client_ask(&client, GET(1), &answer);
    clock_shift(76 * CLOCK_SECOND);
    client_wait_closed(&client);
    assert_string_equal(client_rest(&client), "");
    client_close(&client);
    world_close(&world);
}

TEST(a_body_that_nobody_wants_is_skipped_or_ends_the_connection)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client, "GET /product?id=eq.1&select=id HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Length: 5\r\n\r\nhello" GET(2));
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "[{\"id\":1}]");
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "[{\"id\":2}]");
    client_send(&client, "POST /nothing HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                         "Content-Length: 5\r\n\r\n");
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 404);
    client_wait_closed(&client);
    client_close(&client);
    world_close(&world);
}

TEST(an_early_answer_is_not_lost_in_a_reset)
{
    begin();
    struct client client;
    struct answer answer;
    static char filler[KIB(300)];
    client_open(&client, &world, world.data);
    client_send(&client, "POST /nothing HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Length: 900000\r\n\r\n");
    client_send_bytes(&client, filler, sizeof filler);
    client_send_bytes(&client, filler, sizeof filler);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 404);
    client_close(&client);
    /* Who sends on and on is cut off all the same. */
    client_open(&client, &world, world.data);
    client_send(&client, "POST /nothing HTTP/1.1\r\nHost: localhost\r\n"
                         "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n");
    for (u32 count = 0; count < 50 && !client.is_closed; count++)
        client_send_bytes(&client, filler, sizeof filler);
    client_wait_closed(&client);
    client_close(&client);
    world_close(&world);
}

TEST(connections_over_the_limit_are_told_so)
{
    struct server_options options = world_options();
    options.connection_count_max = 2;
    world_open(&world, &options, world_sql);
    struct client first, second, third;
    struct answer answer;
    client_open(&first, &world, world.data);
    client_open(&second, &world, world.data);
    client_open(&third, &world, world.data);
    client_answer(&third, &answer);
    assert_int_equal(answer.status, 503);
    assert_non_null(strstr(answer.body, "\"53300\""));
    client_wait_closed(&third);
    client_close(&third);
    client_open(&third, &world, world.admin); /* who looks after it gets in all the same */
    client_ask(&third, "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
    client_close(&third);
    client_close(&first);
    client_open(&third, &world, world.data);
    client_ask(&third, GET(1), &answer);
    assert_int_equal(answer.status, 200);
    client_close(&third);
    client_close(&second);
    world_close(&world);
}

TEST(an_idle_connection_holds_no_buffers)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_ask(&client, GET(1), &answer); /* buffers that are kept for the next who needs one */
    client_close(&client);
    u64 before = world.server.mem.used;
    client_open(&client, &world, world.data);
    client_ask(&client, GET(1), &answer);
    world_turn(&world);
    assert_true(world.server.mem.used - before < 2048);
    client_close(&client);
    world_close(&world);
}

TEST(draining_closes_the_doors_and_finishes_what_is_on_its_way)
{
    begin();
    struct client idle, busy;
    struct answer answer;
    client_open(&idle, &world, world.data);
    client_ask(&idle, GET(1), &answer);
    client_open(&busy, &world, world.data);
    client_send(&busy,
                "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8\r\n\r\n{\"id");
    for (u32 count = 0; count < 5; count++)
        world_turn(&world);
    server_drain_begin(&world.server);
    client_wait_closed(&idle);
    assert_false(server_drained(&world.server));
    client_send(&busy, "\":5}");
    client_answer(&busy, &answer);
    assert_int_equal(answer.status, 201);
    assert_non_null(strstr(answer.head, "\r\nConnection: close\r\n"));
    client_wait_closed(&busy);
    client_close(&idle);
    client_close(&busy);
    assert_true(server_drained(&world.server));
    world_close(&world);
}
