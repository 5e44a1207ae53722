#include "servers/sse_server.h"

#include <stdio.h>

#include "base/assert.h"
#include "os/clock.h"
#include "os/fault.h"
#include "tests/test.h"
#include "tests/unit/servers/world.h"

static struct world world;

static void begin(void)
{
    const struct server_options options = world_options();
    world_open(&world, &options, world_sql);
    post(&world, 201, "/product", "{\"id\":1,\"category\":\"toys\",\"price\":9.5}");
}

static void subscribe(struct client *client, const char *target, const char *fields)
{
    char text[512];
    snprintf(text, sizeof text,
             "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n%s\r\n", target,
             fields);
    client_open(client, &world, world.data);
    client_send(client, text);
}

/* What came is read. */
static void forget(struct client *client)
{
    client->at = client->in.size;
}

TEST(a_subscription_begins_with_the_state_and_goes_on_with_changes)
{
    begin();
    struct client client;
    char wanted[256];
    subscribe(&client, "/category_total", "");
    snprintf(wanted, sizeof wanted,
             "event: init\nid: %x:1\ndata: {\"tick\":1,\"key\":[\"category\"],\"rows\":"
             "[{\"category\":\"toys\",\"products\":1,\"value\":9.50}]}\n\n\r\n",
             engine_epoch(world.engine));
    client_wait_for(&client, wanted);
    assert_non_null(strstr(client_rest(&client), "\r\nContent-Type: text/event-stream\r\n"));
    assert_non_null(strstr(client_rest(&client), "\r\nCache-Control: no-store\r\n"));
    assert_non_null(strstr(client_rest(&client), "\nretry: 2"));
    forget(&client);
    post(&world, 201, "/product", "{\"id\":2,\"category\":\"food\",\"price\":1}");
    client_wait_for(&client, ":2\ndata: {\"tick\":2,\"upsert\":[{\"category\":\"food\","
                             "\"products\":1,\"value\":1.00}]");
    forget(&client);
    ask(&world, 204, "DELETE /product?id=eq.2 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client_wait_for(&client, "\"delete\":[{\"category\":\"food\"}]");
    client_close(&client);
    world_close(&world);
}

TEST(a_subscription_resumes_behind_its_last_id)
{
    begin();
    struct client client;
    char field[64];
    subscribe(&client, "/category_total", "");
    client_wait_for(&client, "event: init");
    client_close(&client);
    post(&world, 201, "/product", "{\"id\":2,\"category\":\"food\",\"price\":1}");
    snprintf(field, sizeof field, "Last-Event-ID: %x:1\r\n", engine_epoch(world.engine));
    subscribe(&client, "/category_total", field);
    client_wait_for(&client, "event: update\n");
    assert_null(strstr(client_rest(&client), "toys"));
    assert_null(strstr(client_rest(&client), "event: init"));
    client_close(&client);
    snprintf(field, sizeof field, "Last-Event-ID: %x:1\r\n", engine_epoch(world.engine) ^ 1);
    subscribe(&client, "/category_total", field);
    client_wait_for(&client, "\"reset\":true");
    client_close(&client);
    world_close(&world);
}

TEST(subscriptions_are_filtered_and_projected)
{
    begin();
    struct client client;
    subscribe(&client, "/category_total?category=eq.toys&select=category,n:products", "");
    client_wait_for(&client, "\"rows\":[{\"category\":\"toys\",\"n\":1}]");
    forget(&client);
    post(&world, 201, "/product", "{\"id\":2,\"category\":\"food\",\"price\":1}");
    for (u32 count = 0; count < 10; count++)
        assert_string_equal(client_rest(&client), "");
    client_close(&client);
    world_close(&world);
}

TEST(subscriptions_take_any_filter_and_the_first_rows_of_an_order)
{
    begin();
    struct client client, first;
    post(&world, 201, "/product", "{\"id\":2,\"category\":\"food\",\"price\":1}");
    subscribe(&client,
              "/product?or=(price.lt.2,category.like.to*)&price=lt.5&select=cost:price::text", "");
    client_wait_for(&client, "\"rows\":[{\"cost\":\"1.00\",\"id\":2}]");
    forget(&client);
    subscribe(&first, "/category_total?order=value.desc&limit=1", "");
    client_wait_for(&first, "\"rows\":[{\"category\":\"toys\",\"products\":1,\"value\":9.50}]");
    forget(&first);
    post(&world, 201, "/product", "{\"id\":3,\"category\":\"toys\",\"price\":4}");
    client_wait_for(&client, "\"upsert\":[{\"cost\":\"4.00\",\"id\":3}],\"delete\":[]");
    post(&world, 201, "/product", "{\"id\":4,\"category\":\"food\",\"price\":40}");
    client_wait_for(&first, "\"upsert\":[{\"category\":\"food\",\"products\":2,\"value\":41.00}],"
                            "\"delete\":[{\"category\":\"toys\"}]");
    client_close(&client);
    client_close(&first);
    world_close(&world);
}

TEST(a_subscription_to_a_plain_view_is_kept_and_ends_with_it)
{
    begin();
    struct client client;
    sql(&world, 200, "CREATE VIEW cheap AS SELECT id FROM product WHERE price < 10");
    subscribe(&client, "/cheap", "");
    client_wait_for(&client, "\"key\":[\"id\"],\"rows\":[{\"id\":1}]}");
    sql(&world, 200, "DROP VIEW cheap");
    client_wait_for(&client, "event: end\ndata: {\"code\":\"55000\"");
    client_wait_closed(&client);
    client_close(&client);
    world_close(&world);
}

TEST(subscriptions_refuse_what_they_have_not)
{
    static const struct {
        const char *target, *fields, *code;
        u32 status;
    } cases[] = {
        { "/nothing", "", "42P01", 404 },
        { "/category_total?order=category", "", "0A000", 400 },
        { "/category_total?value=gt.x", "", "22P02", 400 },
        { "/category_total?select=category::text", "", "42701", 400 },
        { "/category_total", "Range: 0-1\r\n", "0A000", 400 },
        { "/category_total?stance=every", "", "0A000", 400 },
        { "/category_total?stance=drop_oldest", "", "42P17", 400 },
        { "/category_total?stance=sometimes", "", "22023", 400 },
        { "/category_total?audit=100", "", "22023", 400 },
        { "/category_total?sample=1us", "", "22023", 400 },
        { "/category_total?audit=1s&sample=1s", "", "22023", 400 },
        { "/category_total?sample=1s&max_wait=2s", "", "22023", 400 },
        { "/category_total?debounce=1s&max_wait=100ms", "", "22023", 400 },
        { "/category_total", "Last-Event-ID: yesterday\r\n", "22023", 400 },
        { "/category_total?none=eq.1", "", "42703", 400 },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        struct client client;
        struct answer answer;
        subscribe(&client, cases[index].target, cases[index].fields);
        client_answer(&client, &answer);
        if (answer.status != cases[index].status || !strstr(answer.body, cases[index].code))
            fail_msg("%s: %u %s", cases[index].target, answer.status, answer.body);
        client_close(&client);
    }
    world_close(&world);
}

TEST(a_quiet_subscription_gets_signs_of_life)
{
    begin();
    struct client client;
    subscribe(&client, "/category_total", "");
    client_wait_for(&client, "event: init");
    for (u32 round = 0; round < 3; round++) {
        forget(&client);
        for (u32 count = 0; count < 5; count++)
            client_turn(&client);
        assert_string_equal(client_rest(&client), "");
        clock_shift(15 * CLOCK_SECOND);
        client_wait_for(&client, ": \n");
    }
    /* Also after every other deadline. */
    clock_shift(200 * CLOCK_SECOND);
    forget(&client);
    client_wait_for(&client, ": \n");
    client_close(&client);
    world_close(&world);
}

TEST(a_subscription_ends_with_its_view_and_with_the_server)
{
    begin();
    struct client client, other;
    subscribe(&client, "/category_total", "");
    subscribe(&other, "/product", "");
    client_wait_for(&client, "event: init");
    client_wait_for(&other, "event: init");
    sql(&world, 200, "DROP MATERIALIZED VIEW category_total");
    client_wait_for(&client, "event: end\ndata: {\"code\":\"55000\"");
    client_wait_closed(&client);
    server_drain_begin(&world.server);
    client_wait_for(&other, "event: end\ndata: {\"code\":\"57P01\"");
    client_wait_closed(&other);
    client_close(&client);
    client_close(&other);
    world_close(&world);
}

static void check_event(struct client *client, const char *data, const char *end)
{
    char event[512], wanted[640];
    int size = snprintf(event, sizeof event, "event: update\nid: %x:2\ndata: %s\n\n",
                        engine_epoch(world.engine), data);
    bool is_chunked = end[0] != '\0';
    if (is_chunked)
        snprintf(wanted, sizeof wanted, "%x\r\n%s%s", (u32)size, event, end);
    else
        snprintf(wanted, sizeof wanted, "%s", event);
    client_wait_for(client, wanted);
    assert_string_equal(client_rest(client), wanted);
}

/* The same frame in one step, for who takes chunks, who does not, and who is shown something else; sent whole or in
 * pieces of seven bytes. */
TEST(a_change_is_the_same_for_all_however_it_is_sent)
{
    for (u32 pieces = 0; pieces < 2; pieces++) {
        begin();
        struct client clients[6];
        for (u32 index = 0; index < countof(clients); index++) {
            if (index == 2)
                subscribe(&clients[index], "/category_total?select=n:products", "");
            else if (index != 4)
                subscribe(&clients[index], "/category_total", "");
            else {
                client_open(&clients[index], &world, world.data);
                client_send(&clients[index], "GET /category_total HTTP/1.0\r\n"
                                             "Accept: text/event-stream\r\n\r\n");
            }
            client_wait_for(&clients[index], "event: init");
            forget(&clients[index]);
        }
        if (pieces) fault_set(&(struct fault_plan){ .net_size_max = 7 });
        post(&world, 201, "/product", "{\"id\":2,\"category\":\"food\",\"price\":1}");
        for (u32 index = 0; index < countof(clients); index++)
            check_event(
                &clients[index],
                index == 2
                    ? "{\"tick\":2,\"upsert\":[{\"n\":1,\"category\":\"food\"}],\"delete\":[]}"
                    : "{\"tick\":2,\"upsert\":[{\"category\":\"food\",\"products\":1,"
                      "\"value\":1.00}],\"delete\":[]}",
                index == 4 ? "" : "\r\n");
        fault_clear();
        for (u32 index = 0; index < countof(clients); index++)
            client_close(&clients[index]);
        world_close(&world);
    }
}

/* Many changes of a state of some 100 KiB, while readers do not read: nothing grows but what one send holds. */
TEST(readers_that_do_not_read_cost_one_frame)
{
    begin();
    sql(&world, 200,
        "INSERT INTO product SELECT n, 'p', repeat('c', 60) || n, 1 FROM "
        "generate_series(1000, 1999) AS t(n)");
    static struct client stalled[10];
    struct client healthy;
    u64 used = 0;
    for (u32 index = 0; index < countof(stalled); index++)
        subscribe(&stalled[index], "/category_total", "");
    subscribe(&healthy, "/category_total", "");
    client_wait_for(&healthy, "event: init");
    for (u32 round = 0; round < 300; round++) {
        char change[128];
        snprintf(change, sizeof change, "UPDATE product SET price = %u WHERE id >= 1000", round);
        sql(&world, 200, change);
        if (round == 100) used = engine_mem(world.engine)->used;
        client_turn(&healthy);
        forget(&healthy);
    }
    assert_true(engine_mem(world.engine)->used < used + MIB(2));
    /* Who reads again is brought to the newest state. */
    client_turn(&stalled[0]);
    client_wait_for(&stalled[0], "\"value\":299.00");
    for (u32 index = 0; index < countof(stalled); index++)
        client_close(&stalled[index]);
    client_close(&healthy);
    world_close(&world);
}

TEST(a_subscription_over_http_1_0_is_not_chunked)
{
    begin();
    struct client client;
    client_open(&client, &world, world.data);
    client_send(&client, "GET /category_total HTTP/1.0\r\nAccept: text/event-stream\r\n\r\n");
    client_wait_for(&client, "\"value\":9.50}]}\n\n");
    assert_null(strstr(client_rest(&client), "chunked"));
    client_close(&client);
    world_close(&world);
}
