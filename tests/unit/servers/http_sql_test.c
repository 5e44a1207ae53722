#include "servers/http_sql.h"

#include <stdio.h>

#include "tests/test.h"
#include "tests/unit/servers/world.h"

static struct world world;

static void begin(void)
{
    const struct server_options options = world_options();
    world_open(&world, &options, world_sql);
}

TEST(statements_give_an_object_each)
{
    begin();
    assert_string_equal(
        sql(&world, 200, "INSERT INTO product VALUES (1, 'a', 'x', 2), (2, NULL, 'x', 3);"),
        "[{\"command\":\"INSERT 0 2\",\"tick\":1}]\n");
    assert_string_equal(
        sql(&world, 200,
            "SELECT id, name FROM product ORDER BY id; SELECT sum(price) FROM product"),
        "[{\"columns\":[{\"name\":\"id\",\"type\":\"bigint\"},{\"name\":\"name\",\"type\":\"text\"}"
        "],"
        "\"rows\":[[1,\"a\"],\n  [2,null]],\"command\":\"SELECT 2\",\"tick\":1},\n"
        " {\"columns\":[{\"name\":\"sum\",\"type\":\"numeric\"}],\"rows\":[[5.00]],"
        "\"command\":\"SELECT 1\",\"tick\":1}]\n");
    assert_string_equal(sql(&world, 200, ""), "[]\n");
    world_close(&world);
}

TEST(statements_fail_with_a_position)
{
    begin();
    const char *body = sql(&world, 400, "SELECT nothing FROM product");
    assert_non_null(strstr(body, "\"code\":\"42703\""));
    assert_non_null(strstr(body, "\"position\":8"));
    assert_non_null(strstr(sql(&world, 400, "SELEC 1"), "\"code\":\"42601\""));
    assert_non_null(strstr(sql(&world, 409, "INSERT INTO product (id) VALUES (1), (1)"), "23505"));
    world_close(&world);
}

static void request_sql(char text[512], const char *timeout)
{
    snprintf(text, 512,
             "POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\n"
             "Weir-Min-Tick: 1\r\nWeir-Timeout: %s\r\nContent-Length: 29\r\n\r\n"
             "SELECT count(*) FROM product;",
             timeout);
}

TEST(statements_wait_for_their_tick)
{
    begin();
    char text[512];
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.admin);
    request_sql(text, "0");
    client_ask(&client, text, &answer);
    assert_int_equal(answer.status, 504);
    request_sql(text, "5s");
    client_send(&client, text);
    for (u32 count = 0; count < 20; count++)
        client_turn(&client);
    post(&world, 201, "/product", "{\"id\":1}");
    client_answer(&client, &answer);
    assert_non_null(strstr(answer.body, "\"rows\":[[1]]"));
    client_close(&client);
    world_close(&world);
}

TEST(statements_come_as_application_sql_and_have_a_limit)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.admin);
    client_ask(&client,
               "POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
               "Content-Length: 8\r\n\r\nSELECT 1",
               &answer);
    assert_int_equal(answer.status, 415);
    client_ask(&client, "GET /sql HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_int_equal(answer.status, 405);
    client_ask(&client, "GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_int_equal(answer.status, 404);
    client_ask(&client,
               "POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\n"
               "Content-Length: 300000\r\n\r\nSELECT 1",
               &answer);
    assert_int_equal(answer.status, 413);
    client_close(&client);
    world_close(&world);
}

TEST(a_long_result_is_made_only_as_fast_as_it_is_taken)
{
    begin();
    sql(&world, 200,
        "INSERT INTO product SELECT n, repeat('x', 100), 'many', 1 FROM "
        "generate_series(1, 30000) AS t(n)");
    struct client client;
    struct answer answer;
    const char *text = "SELECT id, name FROM product";
    char request[256];
    snprintf(request, sizeof request,
             "POST /sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             strlen(text), text);
    client_open(&client, &world, world.admin);
    client_send(&client, request);
    for (u32 count = 0; count < 300; count++)
        world_turn(&world);
    assert_true(world.server.mem.used < MIB(1));
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.body, "\"command\":\"SELECT 30000\""));
    client_close(&client);
    /* A client that goes away in the middle takes its statement with it. */
    client_open(&client, &world, world.admin);
    client_send(&client, request);
    for (u32 count = 0; count < 10; count++)
        world_turn(&world);
    client_close(&client);
    world_close(&world);
}

TEST(health_and_metrics_are_told)
{
    begin();
    post(&world, 201, "/product", "{\"id\":1}");
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.admin);
    client_ask(&client, "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
    client_ask(&client, "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
    client_ask(&client, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "text/plain; version=0.0.4"));
    assert_non_null(strstr(answer.body, "\nweir_views_rows{name=\"product\",kind=\"table\","));
    assert_non_null(strstr(answer.body, "# TYPE weir_ticks_rows_total counter\n"));
    assert_non_null(strstr(answer.body, "weir_http_requests_total 3\n"));
    client_close(&client);
    world_close(&world);
}
