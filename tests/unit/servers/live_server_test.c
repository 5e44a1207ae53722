#include "servers/live_server.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "os/clock.h"
#include "tests/test.h"
#include "tests/unit/servers/puppet.h"

#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"

static struct world world;

static void begin_with(const struct server_options *options)
{
    world_open(&world, options, world_sql);
    post(&world, 201, "/product", "{\"id\":1,\"category\":\"toys\",\"price\":9.5}");
}

static void begin(void)
{
    const struct server_options options = world_options();
    begin_with(&options);
}

/* --- the handshake --- */

TEST(a_handshake_is_answered_as_the_rfc_has_it)
{
    struct client client;
    begin();
    puppet_ask(&client, &world, VERSION KEY "Sec-WebSocket-Protocol: chat, weir.v1\r\n");
    client_wait_for(&client, "\r\n\r\n");
    const char *head = client_rest(&client);
    assert_memory_equal(head, "HTTP/1.1 101 Switching Protocols\r\n", 34);
    assert_non_null(strstr(head, "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"));
    assert_non_null(strstr(head, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_non_null(strstr(head, "\r\nSec-WebSocket-Protocol: weir.v1\r\n"));
    assert_null(strstr(head, "Sec-WebSocket-Extensions"));
    assert_null(strstr(head, "Content-Length"));
    client_close(&client);
    world_close(&world);
}

TEST(a_client_that_offers_no_subprotocol_is_told_none)
{
    struct client client;
    begin();
    puppet_ask(&client, &world, VERSION KEY "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    client_wait_for(&client, "\r\n\r\n");
    assert_non_null(strstr(client_rest(&client), " 101 "));
    assert_null(strstr(client_rest(&client), "Sec-WebSocket-Protocol"));
    assert_null(strstr(client_rest(&client), "deflate"));
    client_close(&client);
    world_close(&world);
}

TEST(odd_handshakes_are_refused)
{
    static const struct {
        const char *text, *in_head;
        u32 status;
    } cases[] = {
        { "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n", "\r\nUpgrade: websocket\r\n", 426 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" VERSION KEY "\r\n",
          "\r\nConnection: Upgrade\r\n", 426 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
          "\r\nUpgrade: websocket\r\n", 426 },
        { "GET /live HTTP/1.0\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION KEY "\r\n",
          "", 426 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n" KEY "\r\n",
          "\r\nSec-WebSocket-Version: 13\r\n", 426 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" KEY "\r\n",
          "\r\nConnection: close\r\n", 400 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION "\r\n",
          "\r\nConnection: close\r\n", 400 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION "Sec-WebSocket-Key: short\r\n\r\n",
          "\r\nConnection: close\r\n", 400 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION KEY KEY "\r\n",
          "\r\nConnection: close\r\n", 400 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION KEY "Sec-WebSocket-Protocol: weir.v2\r\n\r\n",
          "\r\nConnection: close\r\n", 400 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION KEY "Content-Length: 5\r\n\r\nhello",
          "\r\nConnection: close\r\n", 400 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION KEY "Weir-Producer: a b\r\n\r\n",
          "", 400 },
        { "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION KEY "Origin: https://evil.example\r\n\r\n",
          "", 403 },
        { "GET /live HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\n"
          "Upgrade: websocket\r\n" VERSION KEY "\r\n",
          "", 403 },
        { "GET /live HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" VERSION KEY "\r\n",
          "", 400 },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        struct client client;
        struct answer answer;
        client_open(&client, &world, world.data);
        client_ask(&client, cases[index].text, &answer);
        if (answer.status != cases[index].status || !strstr(answer.head, cases[index].in_head))
            fail_msg("case %u: %u %s %s", index, answer.status, answer.head, answer.body);
        client_close(&client);
    }
    world_close(&world);
}

TEST(an_allowed_origin_may_open_a_socket)
{
    struct server_options options = world_options();
    const struct slice origin = SLICE("https://shop.example");
    struct client client;
    options.origins = &origin;
    options.origin_count = 1;
    begin_with(&options);
    puppet_ask(&client, &world, VERSION KEY "Origin: https://shop.example\r\n");
    client_wait_for(&client, " 101 ");
    client_close(&client);
    world_close(&world);
}

TEST(frames_may_come_with_the_handshake)
{
    struct client client;
    begin();
    client_open(&client, &world, world.data);
    client_send_bytes(&client,
                      "GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\n"
                      "Upgrade: WebSocket\r\n" VERSION KEY "\r\n\x89\x82\0\0\0\0hi",
                      strlen("GET /live HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, "
                             "Upgrade\r\nUpgrade: WebSocket\r\n" VERSION KEY "\r\n") +
                          8);
    client_wait_for(&client, "\r\n\r\n\x8a\x02hi");
    client_close(&client);
    world_close(&world);
}

/* --- subscriptions --- */

TEST(a_subscription_begins_with_the_state_and_goes_on_with_changes_as_demanded)
{
    struct client client;
    char wanted[256];
    begin();
    puppet_open(&client, &world);
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":7,\"view\":\"category_total\",\"where\":"
                        "\"category=eq.toys\",\"n\":2}");
    snprintf(wanted, sizeof wanted,
             "{\"id\":7,\"event\":\"init\",\"token\":\"%x:1\",\"tick\":1,\"key\":[\"category\"],"
             "\"rows\":[{\"category\":\"toys\",\"products\":1,\"value\":9.50}]}",
             engine_epoch(world.engine));
    assert_string_equal(puppet_expect(&client, "init"), wanted);
    post(&world, 201, "/product", "{\"id\":2,\"category\":\"food\",\"price\":1}");
    post(&world, 201, "/product", "{\"id\":3,\"category\":\"toys\",\"price\":1}");
    snprintf(wanted, sizeof wanted,
             "{\"id\":7,\"event\":\"update\",\"token\":\"%x:3\",\"tick\":3,\"upsert\":"
             "[{\"category\":\"toys\",\"products\":2,\"value\":10.50}],\"delete\":[]}",
             engine_epoch(world.engine));
    assert_string_equal(puppet_expect(&client, "update"), wanted);
    client_close(&client);
    world_close(&world);
}

TEST(a_subscription_resumes_behind_its_token)
{
    struct client client;
    begin();
    post(&world, 201, "/product", "{\"id\":2,\"category\":\"food\",\"price\":1}");
    puppet_open(&client, &world);
    puppet_say(
        &client,
        "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"select\":\"id,n:name\",\"n\":1}");
    puppet_expect(&client, "\"rows\":[{\"id\":1,\"n\":null},{\"id\":2,\"n\":null}]");
    post(&world, 201, "/product", "{\"id\":3,\"category\":\"food\",\"price\":1}");
    puppet_say(&client,
               "{\"op\":\"subscribe\",\"id\":2,\"view\":\"product\",\"n\":1,\"since\":\"%x:2\"}",
               engine_epoch(world.engine));
    assert_null(strstr(puppet_expect(&client, "\"event\":\"update\""), "\"id\":2,\"name\""));
    puppet_say(&client,
               "{\"op\":\"subscribe\",\"id\":3,\"view\":\"product\",\"n\":1,\"since\":\"%x:2\"}",
               engine_epoch(world.engine) ^ 1);
    puppet_expect(&client, "\"reset\":true");
    puppet_say(&client,
               "{\"op\":\"subscribe\",\"id\":4,\"view\":\"product\",\"n\":1,\"since\":\"today\"}");
    puppet_expect(&client, "{\"id\":4,\"event\":\"error\",\"code\":\"22023\"");
    client_close(&client);
    world_close(&world);
}

TEST(messages_that_mean_nothing_are_refused_and_the_socket_goes_on)
{
    static const struct {
        const char *text, *code, *message;
    } cases[] = {
        { "", "22P02", "" },
        { "x", "22P02", "" },
        { "[]", "22P02", "" },
        { "{\"op\":\"cancel\",\"id\":1} {}", "22P02", "" },
        { "{}", "22023", "\\\"op\\\"" },
        { "{\"op\":1,\"id\":1}", "22023", "" },
        { "{\"op\":\"dance\",\"id\":1}", "22023", "dance" },
        { "{\"op\":\"cancel\"}", "22023", "\\\"id\\\"" },
        { "{\"op\":\"cancel\",\"id\":-1}", "22023", "2^53" },
        { "{\"op\":\"cancel\",\"id\":1.5}", "22023", "2^53" },
        { "{\"op\":\"cancel\",\"id\":\"1\"}", "22023", "2^53" },
        { "{\"op\":\"cancel\",\"id\":9007199254740992}", "22023", "2^53" },
        { "{\"op\":\"cancel\",\"id\":1,\"id\":2}", "22023", "twice" },
        { "{\"op\":\"cancel\",\"id\":1,\"x\":2}", "22023", "\\\"x\\\"" },
        { "{\"op\":\"cancel\",\"id\":1,\"n\":2}", "22023", "\\\"n\\\"" },
        { "{\"op\":\"request\",\"id\":1}", "22023", "\\\"n\\\"" },
        { "{\"op\":\"subscribe\",\"id\":1}", "22023", "\\\"view\\\"" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":3}", "22023", "string" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":\"none\"}", "42P01", "" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"where\":\"a\"}", "PGRST100", "" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"where\":\"x=eq.1\"}", "42703",
          "" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"order\":\"id\"}", "0A000", "" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"stance\":\"spill\"}", "0A000",
          "" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"group\":\"a\"}", "0A000",
          "group" },
        { "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"ack_wait\":\"1s\"}", "0A000", "" },
        { "{\"op\":\"ack\",\"id\":1,\"delivery\":\"x\"}", "0A000", "ack" },
        { "{\"op\":\"nack\",\"id\":1}", "0A000", "nack" },
        { "{\"op\":\"insert\",\"id\":1,\"table\":\"product\"}", "22023", "\\\"rows\\\"" },
        { "{\"op\":\"insert\",\"id\":1,\"table\":\"product\",\"rows\":3}", "22023", "array" },
        { "{\"op\":\"insert\",\"id\":1,\"rows\":[]}", "22023", "\\\"table\\\"" },
        { "{\"op\":\"insert\",\"id\":1,\"table\":\"none\",\"rows\":[]}", "42P01", "" },
        { "{\"op\":\"insert\",\"id\":1,\"table\":\"category_total\",\"rows\":[]}", "42809", "" },
        { "{\"op\":\"patch\",\"id\":1,\"table\":\"product\"}", "22023", "\\\"set\\\"" },
        { "{\"op\":\"delete\",\"id\":1,\"table\":\"product\",\"where\":\"select=id\"}", "0A000",
          "" },
        { "{\"op\":\"upsert\",\"id\":1,\"table\":\"product\",\"rows\":[],\"where\":\"\"}", "22023",
          "where" },
    };
    struct client client;
    begin();
    puppet_open(&client, &world);
    for (u32 index = 0; index < countof(cases); index++) {
        char code[32];
        puppet_frame(&client, 0x81, cases[index].text, strlen(cases[index].text));
        snprintf(code, sizeof code, "\"code\":\"%s\"", cases[index].code);
        const char *text = puppet_expect(&client, "\"event\":\"error\"");
        if (!strstr(text, code) || !strstr(text, cases[index].message))
            fail_msg("%s: %s", cases[index].text, text);
    }
    assert_int_equal(puppet_barrier(&client, NULL), 0);
    client_close(&client);
    world_close(&world);
}

TEST(any_filter_and_the_first_rows_of_an_order_are_followed)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_say(&client,
               "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"where\":\"price=gt.5\","
               "\"select\":\"id\",\"n\":1}");
    puppet_expect(&client, "{\"id\":1,\"event\":\"init\"");
    puppet_say(&client,
               "{\"op\":\"subscribe\",\"id\":2,\"view\":\"product\",\"order\":\"price.desc\","
               "\"limit\":1,\"select\":\"id\",\"n\":2}");
    puppet_expect(&client, "\"rows\":[{\"id\":1}]");
    post(&world, 201, "/product", "[{\"id\":2,\"price\":1},{\"id\":3,\"price\":20}]");
    puppet_expect(&client, "{\"id\":2,\"event\":\"update\"");
    assert_int_equal(puppet_barrier(&client, NULL), 0); /* the first has no demand left */
    puppet_say(&client, "{\"op\":\"request\",\"id\":1,\"n\":5}");
    puppet_expect(&client, "\"upsert\":[{\"id\":3}],\"delete\":[]");
    client_close(&client);
    world_close(&world);
}

TEST(an_id_is_one_subscription_at_a_time)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    for (u32 count = 0; count < 2; count++)
        puppet_say(&client, "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"n\":9}");
    /* Whichever came first, after the error the id is free. */
    struct puppet_heard heard;
    do
        puppet_hear(&client, &heard);
    while (!strstr(heard.text, "\"code\":\"42710\""));
    post(&world, 201, "/product", "{\"id\":2}");
    assert_int_equal(puppet_barrier(&client, NULL), 0);
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"n\":9}");
    puppet_expect(&client, "\"event\":\"init\"");
    puppet_say(&client, "{\"op\":\"insert\",\"id\":1,\"table\":\"product\",\"rows\":[{\"id\":3}]}");
    puppet_expect(&client, "\"code\":\"42710\"");
    assert_int_equal(puppet_barrier(&client, NULL), 0);
    client_close(&client);
    world_close(&world);
}

TEST(a_socket_has_so_many_subscriptions_and_no_more)
{
    struct server_options options = world_options();
    struct client client;
    options.live_subscription_count_max = 3;
    begin_with(&options);
    puppet_open(&client, &world);
    for (u32 id = 0; id < 4; id++)
        puppet_say(&client, "{\"op\":\"subscribe\",\"id\":%u,\"view\":\"product\"}", id);
    puppet_expect(&client, "{\"id\":3,\"event\":\"error\",\"code\":\"53300\"");
    puppet_say(&client, "{\"op\":\"cancel\",\"id\":1}");
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":3,\"view\":\"product\",\"n\":1}");
    puppet_expect(&client, "{\"id\":3,\"event\":\"init\"");
    client_close(&client);
    world_close(&world);
}

TEST(a_socket_s_subscriptions_are_seen_and_go_with_it)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    for (u32 id = 0; id < 3; id++)
        puppet_say(&client, "{\"op\":\"subscribe\",\"id\":%u,\"view\":\"product\"}", id);
    puppet_barrier(&client, NULL);
    assert_non_null(strstr(sql(&world, 200, "SELECT view FROM weir.subscriptions"),
                           "[\"product\"],\n  [\"product\"],\n  [\"product\"]"));
    client_close(&client);
    assert_non_null(strstr(sql(&world, 200, "SELECT view FROM weir.subscriptions"), "\"rows\":[]"));
    world_close(&world);
}

/* --- writes --- */

TEST(writes_are_acknowledged_in_their_order_with_their_tick)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_say(&client, "{\"op\":\"insert\",\"id\":1,\"table\":\"product\",\"rows\":"
                        "[{\"id\":2,\"category\":\"food\",\"price\":1},{\"id\":3}]}");
    puppet_expect(&client, "{\"id\":1,\"event\":\"ack\",\"tick\":2,\"rows\":2}");
    puppet_expect(&client, "{\"event\":\"credit\",\"rows\":");
    puppet_say(&client, "{\"op\":\"upsert\",\"id\":2,\"table\":\"product\",\"rows\":"
                        "{\"id\":3,\"name\":\"kite\"},\"on_conflict\":\"id\"}");
    puppet_expect(&client, "{\"id\":2,\"event\":\"ack\",\"tick\":3,\"rows\":1}");
    puppet_expect(&client, "credit");
    puppet_say(&client,
               "{\"op\":\"patch\",\"id\":3,\"table\":\"product\",\"where\":\"id=in.(2,3)\","
               "\"set\":{\"category\":\"toys\"}}");
    puppet_expect(&client, "{\"id\":3,\"event\":\"ack\",\"tick\":4,\"rows\":2}");
    puppet_expect(&client, "credit");
    puppet_say(&client,
               "{\"op\":\"delete\",\"id\":4,\"table\":\"product\",\"where\":\"name=eq.kite\"}");
    puppet_expect(&client, "{\"id\":4,\"event\":\"ack\",\"tick\":5,\"rows\":1}");
    puppet_expect(&client, "credit");
    puppet_say(&client, "{\"op\":\"insert\",\"id\":5,\"table\":\"product\",\"rows\":[]}");
    puppet_expect(&client, "{\"id\":5,\"event\":\"ack\",\"tick\":5,\"rows\":0}");
    puppet_expect(&client, "credit");
    assert_string_equal(ask(&world, 200, "GET /category_total HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                        "[{\"category\":\"toys\",\"products\":2,\"value\":10.50}]");
    client_close(&client);
    world_close(&world);
}

TEST(a_write_that_is_rejected_leaves_nothing_and_the_others_alone)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_say(&client, "{\"op\":\"insert\",\"id\":1,\"table\":\"product\",\"rows\":[{\"id\":2}]}");
    puppet_say(&client, "{\"op\":\"insert\",\"id\":2,\"table\":\"product\",\"rows\":"
                        "[{\"id\":3},{\"id\":1}]}");
    puppet_say(&client, "{\"op\":\"insert\",\"id\":3,\"table\":\"product\",\"rows\":"
                        "[{\"id\":4},{\"id\":\"x\"}]}");
    puppet_say(&client, "{\"op\":\"patch\",\"id\":4,\"table\":\"product\",\"set\":[]}");
    puppet_say(&client, "{\"op\":\"insert\",\"id\":5,\"table\":\"product\",\"rows\":[{\"id\":5}]}");
    struct buf all;
    buf_init(&all, &world.mem);
    do
        puppet_barrier(&client, &all);
    while (!strstr(all.data, "{\"id\":5,"));
    const char *second = strstr(all.data, "{\"id\":2,\"event\":\"error\",\"code\":\"23505\"");
    const char *third = strstr(all.data, "{\"id\":3,\"event\":\"error\",\"code\":\"22P02\"");
    const char *fourth = strstr(all.data, "{\"id\":4,\"event\":\"error\",\"code\":\"PGRST102\"");
    assert_non_null(strstr(all.data, "{\"id\":1,\"event\":\"ack\""));
    assert_non_null(second);
    assert_true(second < third && third < fourth);
    assert_true(fourth < strstr(all.data, "{\"id\":5,\"event\":\"ack\""));
    assert_non_null(strstr(third, "\"row\":2}"));
    buf_deinit(&all);
    assert_string_equal(
        ask(&world, 200, "GET /product?select=id HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "[{\"id\":1},\n {\"id\":2},\n {\"id\":5}]");
    client_close(&client);
    world_close(&world);
}

TEST(writes_of_a_socket_that_is_gone_are_applied)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    for (u32 id = 2; id < 40; id++)
        puppet_say(&client,
                   "{\"op\":\"insert\",\"id\":%u,\"table\":\"product\",\"rows\":{\"id\":%u}}", id,
                   id);
    client_close(&client);
    for (u32 count = 0; count < 100; count++)
        world_turn(&world);
    const char *rows =
        ask(&world, 200, "GET /product?id=gt.1&select=id HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_non_null(strstr(rows, "{\"id\":2}"));
    world_close(&world);
}

TEST(a_long_message_is_one_transaction_and_shares_the_thread)
{
    struct client client, other;
    struct buf text;
    begin();
    buf_init(&text, &world.mem);
    buf_puts(&text, "{\"op\":\"insert\",\"id\":1,\"table\":\"product\",\"rows\":[{\"id\":100000}");
    for (u32 id = 100001; id < 160000; id++)
        buf_format(&text, ",{\"id\":%u,\"category\":\"many\",\"price\":1.25}", id);
    buf_puts(&text, "]}");
    puppet_open(&client, &world);
    puppet_open(&other, &world);
    /* In frames of an odd size, with pings between them. */
    for (size_t at = 0; at < text.size;) {
        size_t size = MIN(text.size - at, (size_t)99991);
        bool is_last = at + size == text.size;
        puppet_frame(&client, (is_last ? 0x80 : 0) | (at == 0 ? 1 : 0), text.data + at, size);
        puppet_frame(&client, 0x89, "p", 1);
        at += size;
    }
    assert_int_equal(puppet_barrier(&other, NULL), 0);
    struct puppet_heard heard;
    do
        puppet_hear(&client, &heard);
    while (heard.opcode != WEBSOCKET_OPCODE_TEXT);
    assert_string_equal(heard.text, "{\"id\":1,\"event\":\"ack\",\"tick\":2,\"rows\":60000}");
    buf_deinit(&text);
    client_close(&client);
    client_close(&other);
    world_close(&world);
}

TEST(a_message_over_its_bound_ends_the_socket_with_1009)
{
    struct server_options options = world_options();
    static char text[5000];
    struct client client;
    options.live_message_size_max = 4096;
    begin_with(&options);
    puppet_open(&client, &world);
    memset(text, ' ', sizeof text);
    puppet_frame(&client, 0x81, text, 4096);
    puppet_expect(&client, "22P02");
    puppet_frame(&client, 0x81, text, 4097);
    puppet_expect_close(&client, 1009);
    client_close(&client);
    world_close(&world);
}

/* --- pressure --- */

TEST(without_credit_the_socket_is_not_read_and_nothing_is_lost)
{
    struct server_options options = world_options();
    struct client client;
    options.receive_size = (u32)KIB(16);
    begin_with(&options);
    puppet_open(&client, &world);
    /* Everything at once: far more than may be on its way. The client reads nothing meanwhile. */
    struct buf frames;
    buf_init(&frames, &world.mem);
    for (u32 id = 1; id <= 3000; id++) {
        char text[128];
        int size =
            snprintf(text, sizeof text,
                     "{\"op\":\"insert\",\"id\":%u,\"table\":\"product\",\"rows\":[{\"id\":%u}]}",
                     id, id + 100);
        frames.size +=
            websocket_head_write(WEBSOCKET_OPCODE_TEXT, (u64)size, buf_reserve(&frames, 16));
        frames.data[frames.size - 1] = (char)(frames.data[frames.size - 1] | 0x80);
        buf_append(&frames, "\0\0\0\0", 4);
        buf_append(&frames, text, (size_t)size);
    }
    client_send_bytes(&client, frames.data, frames.size);
    buf_deinit(&frames);
    u32 next = 1;
    u64 highest = 0;
    while (next <= 3000) {
        struct puppet_heard heard;
        puppet_hear(&client, &heard);
        if (strstr(heard.text, "credit")) continue;
        char wanted[64];
        snprintf(wanted, sizeof wanted, "{\"id\":%u,\"event\":\"ack\",", next++);
        assert_memory_equal(heard.text, wanted, strlen(wanted));
        highest = MAX(highest, world.server.mem.used);
    }
    assert_true(highest < MIB(1));
    client_close(&client);
    world_close(&world);
}

TEST(a_reader_that_stalls_is_not_visited_and_comes_back_to_the_present)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_say(&client,
               "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"n\":9223372036854775807}");
    puppet_expect(&client, "init");
    static char name[4000];
    memset(name, 'x', sizeof name - 1);
    u64 used = 0;
    for (u32 round = 0; round < 400; round++) { /* the world turns, the client does not read */
        char body[4200];
        snprintf(body, sizeof body, "{\"id\":1,\"name\":\"%u%s\"}", round, name);
        ask(&world, 201,
            "POST /product HTTP/1.1\r\nHost: localhost\r\nPrefer: "
            "resolution=merge-duplicates\r\nContent-Length: %zu\r\n\r\n%s",
            strlen(body), body);
        if (round == 200) used = world.server.mem.used;
    }
    assert_true(world.server.mem.used <= used + KIB(32));
    assert_non_null(
        strstr(sql(&world, 200, "SELECT frames < 300 FROM weir.subscriptions"), "true"));
    struct puppet_heard heard;
    do
        puppet_hear(&client, &heard);
    while (!strstr(heard.text, "\"name\":\"399x"));
    client_close(&client);
    world_close(&world);
}

TEST(those_who_are_sent_the_same_hold_one_frame_together)
{
    enum { COUNT = 40, SIZE = 250000 };
    struct client clients[COUNT];
    struct server_options options = world_options();
    static char name[SIZE];
    struct buf body;
    begin_with(&options);
    for (u32 index = 0; index < COUNT; index++) {
        puppet_open(&clients[index], &world);
        puppet_say(&clients[index],
                   "{\"op\":\"subscribe\",\"id\":%u,\"view\":\"product\",\"n\":100}", index);
        puppet_expect(&clients[index], "init");
    }
    u64 used = engine_mem(world.engine)->used;
    memset(name, 'x', SIZE - 1);
    buf_init(&body, &world.mem);
    buf_format(&body,
               "PATCH /product?id=eq.1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n",
               SIZE - 1 + 11);
    buf_puts(&body, "{\"name\":\"");
    buf_append(&body, name, SIZE - 1);
    buf_puts(&body, "\"}");
    struct client writer;
    client_open(&writer, &world, world.data);
    client_send_bytes(&writer, body.data, body.size);
    client_wait_for(&writer, " 204 ");
    for (u32 count = 0; count < 200; count++) /* nobody reads */
        world_turn(&world);
    /* The row, its frame, and what was read of the request; not a frame for each. */
    assert_true(engine_mem(world.engine)->used < used + 8 * SIZE);
    for (u32 index = 0; index < COUNT; index++) {
        struct puppet_heard heard;
        puppet_hear(&clients[index], &heard);
        assert_true(heard.size > SIZE);
        assert_int_equal(strtoul(heard.text + strlen("{\"id\":"), NULL, 10), index);
        client_close(&clients[index]);
    }
    client_close(&writer);
    buf_deinit(&body);
    world_close(&world);
}

TEST(subscriptions_of_one_socket_take_turns)
{
    struct client client;
    begin();
    sql(&world, 200, "CREATE TABLE big (id bigint PRIMARY KEY, t text)");
    struct buf body;
    buf_init(&body, &world.mem);
    for (u32 id = 0; id < 40; id++) {
        buf_clear(&body);
        for (u32 row = 0; row < 100; row++)
            buf_format(&body, "%s{\"id\":%u,\"t\":\"%0400u\"}", row ? "," : "[", id * 100 + row,
                       row);
        buf_puts(&body, "]");
        struct client writer;
        char head[256];
        snprintf(head, sizeof head,
                 "POST /big HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n", body.size);
        client_open(&writer, &world, world.data);
        client_send(&writer, head);
        client_send_bytes(&writer, body.data, body.size);
        client_wait_for(&writer, " 201 ");
        client_close(&writer);
    }
    buf_deinit(&body);
    puppet_open(&client, &world);
    for (u32 id = 1; id <= 3; id++)
        puppet_say(&client, "{\"op\":\"subscribe\",\"id\":%u,\"view\":\"big\",\"n\":1000}", id);
    /* A state of many frames each: nobody gets two while another waits for one. */
    u32 counts[4] = { 0 }, done = 0;
    while (done < 3) {
        struct puppet_heard heard;
        puppet_hear(&client, &heard);
        u32 id = (u32)(heard.text[6] - '0');
        counts[id]++;
        if (!strstr(heard.text + heard.size - 20, "\"more\":true")) done++;
        if (done == 0) {
            u32 least = MIN(counts[1], MIN(counts[2], counts[3]));
            assert_true(counts[id] <= least + 1);
        }
    }
    assert_true(counts[1] > 2);
    assert_int_equal(counts[1], counts[2]);
    client_close(&client);
    world_close(&world);
}

/* --- signs of life, and the end --- */

TEST(a_silent_peer_is_asked_and_closed_when_it_does_not_answer)
{
    struct server_options options = world_options();
    struct client client, good;
    struct puppet_heard heard;
    options.heartbeat_us = 20 * CLOCK_MS;
    begin_with(&options);
    puppet_open(&client, &world);
    puppet_open(&good, &world);
    puppet_hear(&client, &heard);
    assert_int_equal(heard.opcode, WEBSOCKET_OPCODE_PING);
    for (u32 count = 0; count < 20000 && !client.is_closed; count++) {
        client_turn(&client);
        client_turn(&good);
        while (puppet_next(&good, &heard)) {
            assert_int_equal(heard.opcode, WEBSOCKET_OPCODE_PING);
            puppet_frame(&good, 0x8a, heard.text, heard.size);
        }
    }
    assert_true(client.is_closed);
    assert_false(good.is_closed);
    client_close(&client);
    client_close(&good);
    world_close(&world);
}

/* The doors and the sockets, and no engine. */
static void turn_without_engine(void)
{
    bool more = server_step(&world.server);
    poll_wait(&world.loop, more ? 0 : 200);
}

TEST(a_peer_that_is_not_read_is_not_judged)
{
    struct server_options options = world_options();
    struct client client;
    options.heartbeat_us = 5 * CLOCK_MS;
    begin_with(&options);
    puppet_open(&client, &world);
    for (u32 id = 1; id <= 100; id++) /* more than may wait for their answers */
        puppet_say(&client,
                   "{\"op\":\"insert\",\"id\":%u,\"table\":\"product\",\"rows\":{\"id\":%u}}", id,
                   id + 1);
    for (i64 end = clock_now() + 100 * CLOCK_MS; clock_now() < end;)
        turn_without_engine();
    assert_int_equal(world.server.conn_count, 1);
    for (u32 next = 1; next <= 100;) {
        struct puppet_heard heard;
        puppet_hear(&client, &heard);
        if (heard.opcode == WEBSOCKET_OPCODE_PING)
            puppet_frame(&client, 0x8a, "", 0);
        else if (strstr(heard.text, "\"ack\""))
            next++;
    }
    client_close(&client);
    world_close(&world);
}

TEST(a_close_is_answered_with_its_code_and_the_connection_ends)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_frame(&client, 0x88,
                 "\x0f\xa0"
                 "bye",
                 5);
    puppet_expect_close(&client, 4000);
    client_close(&client);
    puppet_open(&client, &world);
    puppet_frame(&client, 0x88, "", 0);
    puppet_expect_close(&client, 0);
    client_close(&client);
    world_close(&world);
}

TEST(nothing_is_taken_after_a_close)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_frame(&client, 0x88, "\x03\xe8", 2);
    puppet_say(&client, "{\"op\":\"insert\",\"id\":1,\"table\":\"product\",\"rows\":[{\"id\":2}]}");
    puppet_expect_close(&client, 1000);
    client_close(&client);
    assert_string_equal(
        ask(&world, 200, "GET /product?select=id HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        "[{\"id\":1}]");
    world_close(&world);
}

TEST(a_peer_that_goes_without_a_word_is_let_go)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":1,\"view\":\"product\",\"n\":5}");
    puppet_expect(&client, "init");
    net_shutdown_write(client.fd);
    client_wait_closed(&client);
    assert_int_equal(world.server.conn_count, 0);
    client_close(&client);
    world_close(&world);
}

TEST(subscriptions_to_what_is_dropped_end_with_an_error)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":1,\"view\":\"category_total\",\"n\":1}");
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":2,\"view\":\"category_total\"}");
    puppet_say(&client, "{\"op\":\"subscribe\",\"id\":3,\"view\":\"product\",\"n\":2}");
    puppet_expect(&client, "init");
    puppet_expect(&client, "init");
    sql(&world, 200, "DROP MATERIALIZED VIEW category_total");
    puppet_expect(&client, "\"event\":\"error\",\"code\":\"55000\"");
    puppet_expect(&client, "\"event\":\"error\",\"code\":\"55000\"");
    post(&world, 201, "/product", "{\"id\":2}");
    puppet_expect(&client, "{\"id\":3,\"event\":\"update\"");
    client_close(&client);
    world_close(&world);
}

TEST(a_stop_answers_what_is_on_its_way_and_says_1001)
{
    struct client client;
    begin();
    puppet_open(&client, &world);
    puppet_say(&client, "{\"op\":\"insert\",\"id\":1,\"table\":\"product\",\"rows\":[{\"id\":2}]}");
    while (engine_tick(world.engine) < 2)
        world_turn(&world);
    server_drain_begin(&world.server);
    puppet_expect(&client, "\"event\":\"ack\"");
    puppet_expect_close(&client, 1001);
    client_close(&client);
    world_close(&world);
}
