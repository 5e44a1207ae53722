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

/* How an error says where it was and what was done. */
static void assert_error(const char *text, u32 status, const char *code, const char *place)
{
    const char *body = sql(&world, status, text);
    if (!strstr(body, code) || !strstr(body, place)) fail_msg("%s: %s", text, body);
}

TEST(the_changes_of_a_request_are_one_transaction)
{
    begin();
    assert_error("INSERT INTO product (id) VALUES (1); INSERT INTO product (id) VALUES (1)", 409,
                 "23505", "\"completed\":0,\"tick\":0}");
    assert_error("SELECT 1; INSERT INTO product (id) VALUES (1);\nUPDATE product SET \xC3\xA9 = 1",
                 400, "42703", "\"position\":67,\"completed\":1,\"tick\":0}");
    sql(&world, 200,
        "INSERT INTO product (id) VALUES (1); DELETE FROM product; TRUNCATE product;"
        "INSERT INTO product (id) VALUES (2)");
    assert_int_equal(engine_tick(world.engine), 1);
    assert_non_null(strstr(sql(&world, 200, "SELECT id FROM product"), "[[2]]"));
    /* Blocks stand for themselves; what a failed one leaves is what was done before it. */
    assert_error("BEGIN; SELECT 1; INSERT INTO product (id) VALUES (3); COMMIT;"
                 "BEGIN; INSERT INTO product (id) VALUES (4), (4); COMMIT",
                 409, "23505", "\"completed\":5,\"tick\":2}");
    assert_error("BEGIN; INSERT INTO product (id) VALUES (5)", 400, "25P01", "\"completed\":1,");
    assert_error("BEGIN; INSERT INTO product (id) VALUES (5); ROLLBACK; COMMIT", 400, "25P01",
                 "\"position\":55,");
    assert_non_null(strstr(sql(&world, 200, "SELECT count(*), max(id) FROM product"), "[[2,3]]"));
    world_close(&world);
}

TEST(what_cannot_be_one_transaction_is_refused_before_anything_runs)
{
    begin();
    assert_error("INSERT INTO product (id) VALUES (1); CREATE TABLE t (a int)", 400, "25001",
                 "\"position\":38,\"completed\":0,");
    assert_error("CREATE TABLE t (a int); INSERT INTO t VALUES (1)", 400, "25001",
                 "\"position\":25,");
    assert_error("INSERT INTO product (id) VALUES (1); SELECT 1", 400, "0A000", "\"position\":38,");
    assert_error("DELETE FROM product; INSERT INTO product SELECT * FROM product", 400, "0A000",
                 "\"position\":22,");
    assert_error("INSERT INTO product SELECT * FROM product; DELETE FROM product", 400, "0A000",
                 "\"position\":44,");
    assert_error("BEGIN; CREATE TABLE t (a int); COMMIT", 400, "25001", "\"position\":8,");
    assert_int_equal(engine_tick(world.engine), 0);
    world_close(&world);
}

TEST(ddl_of_a_request_stands_alone_one_after_the_other)
{
    begin();
    assert_error("CREATE TABLE t (a int); CREATE TABLE u (a int); CREATE TABLE t (a int); "
                 "CREATE TABLE v (a int)",
                 400, "42P07", "\"completed\":2,");
    sql(&world, 200, "SELECT * FROM t; SELECT * FROM u; DROP TABLE t");
    assert_error("SELECT * FROM v", 404, "42P01", "\"position\":15,");
    sql(&world, 200,
        "CREATE TABLE w (a int); BEGIN; INSERT INTO w VALUES (1); COMMIT; SELECT a FROM w");
    world_close(&world);
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
