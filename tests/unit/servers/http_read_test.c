#include "servers/http_read.h"

#include <stdio.h>

#include "os/clock.h"
#include "tests/test.h"
#include "tests/unit/servers/world.h"

static struct world world;

static void begin(void)
{
    const struct server_options options = world_options();
    world_open(&world, &options, world_sql);
    post(&world, 201, "/product",
         "[{\"id\":1,\"name\":\"kite\",\"category\":\"toys\",\"price\":9.5},"
         "{\"id\":2,\"name\":\"ball\",\"category\":\"toys\",\"price\":4},"
         "{\"id\":3,\"name\":\"pear\",\"category\":\"food\",\"price\":1.25},"
         "{\"id\":4,\"name\":\"stone\"}]");
}

static const char *get(const char *target)
{
    return ask(&world, 200, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
}

static const char *get_with(u32 status, const char *target, const char *fields)
{
    return ask(&world, status, "GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n", target, fields);
}

static bool head_has(const char *text)
{
    return strstr(ask_answer()->head, text) != NULL;
}

TEST(read_finds_a_row_by_its_key)
{
    begin();
    assert_string_equal(get("/product?id=eq.3"),
                        "[{\"id\":3,\"name\":\"pear\",\"category\":\"food\",\"price\":1.25}]");
    assert_true(head_has("\r\nWeir-Tick: 1\r\n"));
    assert_true(head_has("\r\nContent-Type: application/json"));
    assert_true(head_has("\r\nContent-Range: 0-0/*\r\n"));
    assert_true(head_has("\r\nETag: W/\""));
    assert_string_equal(get("/product?id=eq.99"), "[]");
    assert_true(head_has("\r\nContent-Range: */*\r\n"));
    world_close(&world);
}

/* By an index or by an expression: a value means what it means in SQL. */
TEST(read_by_key_takes_values_as_sql_does)
{
    const struct server_options options = world_options();
    world_open(&world, &options,
               "CREATE TABLE pair (a integer, b text, c text, PRIMARY KEY (a, b));"
               "CREATE TABLE amount (n numeric(10,2) PRIMARY KEY);"
               "CREATE TABLE word (w varchar(3) PRIMARY KEY);");
    post(&world, 201, "/pair", "[{\"a\":1,\"b\":\"x\",\"c\":\"y\"},{\"a\":2,\"b\":\" x\"}]");
    post(&world, 201, "/amount", "[{\"n\":7.00}]");
    post(&world, 201, "/word", "[{\"w\":\"abc\"}]");
    const char *first = "[{\"a\":1,\"b\":\"x\",\"c\":\"y\"}]";
    assert_string_equal(get("/pair?a=eq.1&b=eq.x"), first);
    assert_string_equal(get("/pair?b=eq.x&a=eq.1"), first);
    assert_string_equal(get("/pair?and=(b.eq.x,a.eq.1)"), first);
    assert_string_equal(get("/pair?a=eq.1&b=eq.x&c=eq.y"), first);
    assert_string_equal(get("/pair?a=eq.1&b=eq.x&c=eq.z"), "[]");
    assert_string_equal(get("/pair?a=eq.1"), first);
    assert_string_equal(get("/pair?a=eq.2&b=eq.x"), "[]");
    assert_string_equal(get("/pair?a=eq.1&a=eq.2&b=eq.x"), "[]");
    assert_string_equal(get("/pair?a=not.eq.2&b=eq.x"), first);
    assert_string_equal(get("/pair?a=eq.1&b=eq.x&order=c"), first);
    assert_string_equal(get("/pair?a=eq.1&b=eq.x&limit=0"), "[]");
    get_with(400, "/pair?a=eq.one&b=eq.x", "");
    get_with(400, "/pair?a=eq.99999999999&b=eq.x", "");
    assert_string_equal(get("/amount?n=eq.7"), "[{\"n\":7.00}]");
    assert_string_equal(get("/amount?n=eq.7.001"), "[]");
    assert_string_equal(get("/word?w=eq.abc"), "[{\"w\":\"abc\"}]");
    assert_string_equal(get("/word?w=eq.abcd"), "[]");
    world_close(&world);
}

TEST(read_by_key_finds_the_rows_of_views)
{
    const struct server_options options = world_options();
    world_open(
        &world, &options,
        "CREATE TABLE item (id bigint PRIMARY KEY, name text, kind text);"
        "CREATE MATERIALIZED VIEW kinds AS SELECT count(*) AS n, kind FROM item GROUP BY kind;"
        "CREATE MATERIALIZED VIEW names AS SELECT name FROM item;"
        "CREATE MATERIALIZED VIEW turned AS SELECT name AS id, id AS name FROM item;"
        "CREATE MATERIALIZED VIEW pairs AS SELECT b.name, a.id, b.id AS other FROM item a "
        "JOIN item b ON b.kind = a.kind;");
    post(&world, 201, "/item",
         "[{\"id\":1,\"name\":\"a\",\"kind\":\"x\"},{\"id\":2,\"name\":\"a\",\"kind\":\"y\"},"
         "{\"id\":3,\"name\":\"b\",\"kind\":\"x\"}]");
    assert_string_equal(get("/kinds?kind=eq.x"), "[{\"n\":2,\"kind\":\"x\"}]");
    assert_string_equal(get("/kinds?n=eq.1"), "[{\"n\":1,\"kind\":\"y\"}]");
    assert_string_equal(get("/names?name=eq.a"), "[{\"name\":\"a\"},\n {\"name\":\"a\"}]");
    assert_string_equal(get("/turned?name=eq.2"), "[{\"id\":\"a\",\"name\":2}]");
    assert_string_equal(get("/turned?id=eq.b"), "[{\"id\":\"b\",\"name\":3}]");
    assert_string_equal(get("/pairs?other=eq.3&id=eq.1"),
                        "[{\"name\":\"b\",\"id\":1,\"other\":3}]");
    assert_string_equal(get("/pairs?other=eq.2&id=eq.1"), "[]");
    assert_string_equal(get("/pairs?other=eq.3&order=id"),
                        "[{\"name\":\"b\",\"id\":1,\"other\":3},\n"
                        " {\"name\":\"b\",\"id\":3,\"other\":3}]");
    world_close(&world);
}

TEST(read_filters_renames_casts_and_orders)
{
    begin();
    assert_string_equal(get("/product?select=n:name,p:price::text&price=gt.2&order=price.desc"),
                        "[{\"n\":\"kite\",\"p\":\"9.50\"},\n {\"n\":\"ball\",\"p\":\"4.00\"}]");
    assert_string_equal(get("/product?select=id&or=(price.lt.2,category.is.null)&order=id"),
                        "[{\"id\":3},\n {\"id\":4}]");
    assert_string_equal(get("/product?select=id&category=not.in.(toys)&order=id"), "[{\"id\":3}]");
    assert_string_equal(get("/product?select=id&name=like.*a*&order=id.desc"),
                        "[{\"id\":3},\n {\"id\":2}]");
    assert_string_equal(get("/product?select=id&order=price.nullsfirst,id&limit=2"),
                        "[{\"id\":4},\n {\"id\":3}]");
    assert_string_equal(get("/product?select=id&order=id&limit=2&offset=1"),
                        "[{\"id\":2},\n {\"id\":3}]");
    assert_non_null(strstr(get("/product?select=*,again:id&id=eq.1"), "\"again\":1}"));
    world_close(&world);
}

TEST(read_answers_in_the_form_that_was_asked_for)
{
    begin();
    assert_string_equal(
        get_with(200, "/product?select=id,name&id=lt.3&order=id", "Accept: text/csv\r\n"),
        "id,name\n1,kite\n2,ball\n");
    assert_true(head_has("Content-Type: text/csv"));
    assert_string_equal(
        get_with(200, "/product?select=id&id=lt.3&order=id", "Accept: application/x-ndjson\r\n"),
        "{\"id\":1}\n{\"id\":2}\n");
    assert_string_equal(get_with(200, "/product?select=id&id=eq.3",
                                 "Accept: application/vnd.pgrst.object+json\r\n"),
                        "{\"id\":3}");
    const char *body =
        get_with(406, "/product?select=id", "Accept: application/vnd.pgrst.object+json\r\n");
    assert_non_null(strstr(body, "PGRST116"));
    assert_non_null(strstr(body, "The result contains 4 rows"));
    get_with(406, "/product", "Accept: image/png\r\n");
    world_close(&world);
}

TEST(read_pages_by_range_and_counts)
{
    begin();
    assert_string_equal(
        get_with(206, "/product?select=id&order=id", "Range: 1-2\r\nPrefer: count=exact\r\n"),
        "[{\"id\":2},\n {\"id\":3}]");
    assert_true(head_has("\r\nContent-Range: 1-2/4\r\n"));
    assert_true(head_has("\r\nPreference-Applied: count=exact\r\n"));
    get_with(200, "/product", "Prefer: count=exact\r\n");
    assert_true(head_has("\r\nContent-Range: 0-3/4\r\n"));
    assert_non_null(strstr(get_with(416, "/product?offset=9", "Prefer: count=exact\r\n"),
                           "there are only 4 rows"));
    get_with(416, "/product", "Range: 9-0\r\n");
    get_with(416, "/product?limit=-1", "");
    world_close(&world);
}

TEST(read_is_not_sent_again_while_nothing_changed)
{
    begin();
    char etag[128], field[160];
    get("/category_total");
    sscanf(strstr(ask_answer()->head, "ETag: ") + 6, "%127[^\r]", etag);
    snprintf(field, sizeof field, "If-None-Match: \"other\", %s\r\n", etag);
    assert_string_equal(get_with(304, "/category_total", field), "");
    assert_true(head_has(etag));
    post(&world, 201, "/product", "{\"id\":5,\"category\":\"toys\",\"price\":1}");
    assert_non_null(strstr(get_with(200, "/category_total", field), "14.50"));
    world_close(&world);
}

TEST(read_waits_for_the_tick_that_was_asked_for)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client, "GET /category_total?category=eq.new HTTP/1.1\r\nHost: localhost\r\n"
                         "Weir-Min-Tick: 2\r\n\r\n");
    for (u32 count = 0; count < 10; count++)
        assert_string_equal(client_rest(&client), "");
    post(&world, 201, "/product", "{\"id\":6,\"category\":\"new\",\"price\":1}");
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer.body, "[{\"category\":\"new\",\"products\":1,\"value\":1.00}]");

    client_send(&client, "GET /category_total HTTP/1.1\r\nHost: localhost\r\n"
                         "Weir-Min-Tick: 99\r\nWeir-Timeout: 250ms\r\n\r\n");
    for (u32 count = 0; count < 10; count++)
        assert_string_equal(client_rest(&client), "");
    clock_shift(300 * CLOCK_MS);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 504);
    client_close(&client);
    get_with(400, "/product", "Weir-Min-Tick: soon\r\n");
    world_close(&world);
}

TEST(read_streams_what_is_long_as_it_is_taken)
{
    begin();
    sql(&world, 200,
        "INSERT INTO product SELECT n, repeat('x', 100), 'many', 1 FROM "
        "generate_series(1000, 30999) AS t(n)");
    struct client client;
    client_open(&client, &world, world.data);
    client_send(&client, "GET /product?category=eq.many HTTP/1.1\r\nHost: localhost\r\n\r\n"
                         "GET /product?id=eq.1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (u32 count = 0; count < 300; count++)
        world_turn(&world);
    /* Nobody reads: what is made waits, and is bounded. */
    assert_true(world.server.mem.used < MIB(1));
    struct answer answer;
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 200);
    assert_non_null(strstr(answer.head, "Transfer-Encoding: chunked"));
    u32 rows = 0;
    for (const char *at = answer.body; (at = strstr(at, "\"id\":")); at++)
        rows++;
    assert_int_equal(rows, 30000);
    client_answer(&client, &answer);
    assert_non_null(strstr(answer.body, "kite"));
    client_close(&client);
    get_with(206, "/product?category=eq.many&limit=20000", "Prefer: count=exact\r\n");
    assert_true(head_has("\r\nContent-Range: 0-19999/30000\r\n"));
    world_close(&world);
}

TEST(read_refuses_what_is_not_there)
{
    begin();
    assert_non_null(strstr(get_with(404, "/nothing", ""), "\"code\":\"42P01\""));
    assert_non_null(strstr(get_with(404, "/", ""), "PGRST125"));
    assert_non_null(strstr(get_with(400, "/product?stance=every", ""), "text/event-stream"));
    get_with(404, "/a/b", "");
    assert_non_null(strstr(get_with(400, "/product?nothing=eq.1", ""), "42703"));
    assert_non_null(strstr(get_with(400, "/product?id=eq.x", ""), "22P02"));
    assert_non_null(strstr(get_with(400, "/product?id=above.1", ""), "PGRST100"));
    assert_non_null(strstr(get_with(400, "/product?select=id,other(x)", ""), "0A000"));
    get_with(406, "/product", "Accept-Profile: private\r\n");
    get_with(400, "/product", "Prefer: handling=strict, nonsense\r\n");
    world_close(&world);
}

TEST(head_is_get_without_a_body)
{
    begin();
    struct client client;
    client_open(&client, &world, world.data);
    client_send(&client, "HEAD /product?id=eq.1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
                         "GET /product?select=id&id=eq.1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client_wait_for(&client, "[{\"id\":1}]");
    assert_non_null(strstr(client_rest(&client), "Content-Length: 55\r\n\r\nHTTP/1.1 200 OK"));
    client_close(&client);
    world_close(&world);
}

TEST(plain_views_are_read_like_any_other)
{
    begin();
    sql(&world, 200,
        "CREATE VIEW totals AS SELECT category, count(*) AS n FROM product GROUP BY category");
    sql(&world, 200,
        "INSERT INTO product SELECT n, 'x', 'c' || n % 20000, 1 FROM "
        "generate_series(1000, 30999) AS t(n)");
    assert_string_equal(get_with(206,
                                 "/totals?n=gt.1&order=category.desc&limit=2&select=c:category",
                                 "Prefer: count=exact\r\n"),
                        "[{\"c\":\"toys\"},\n {\"c\":\"c9999\"}]");
    assert_true(head_has("\r\nContent-Range: 0-1/10001\r\n"));
    get_with(200, "/totals?category=like.c*", "Prefer: count=exact\r\n"); /* in many pieces */
    assert_true(head_has("\r\nContent-Range: 0-19999/20000\r\n"));
    get("/totals?n=lt.0");
    const char *etag = strstr(ask_answer()->head, "ETag: ");
    char fields[128];
    assert_non_null(etag);
    snprintf(fields, sizeof fields, "If-None-Match: %.*s\r\n", (int)strcspn(etag + 6, "\r"),
             etag + 6);
    get_with(304, "/totals?n=lt.0", fields);
    post(&world, 201, "/product", "{\"id\":500}");
    get_with(200, "/totals?n=lt.0", fields);
    assert_non_null(strstr(get_with(400, "/totals?none=eq.1", ""), "42703"));
    world_close(&world);
}

TEST(system_tables_are_read_like_any_other)
{
    begin();
    assert_non_null(strstr(get("/weir.views?select=name,rows&name=eq.category_total"),
                           "\"name\":\"category_total\",\"rows\":3"));
    assert_false(head_has("ETag"));
    world_close(&world);
}

TEST(what_is_asked_for_wrongly_is_answered_with_what_to_do)
{
    static const struct {
        u32 status;
        const char *target, *hint;
    } cases[] = {
        { 404, "/products", "Perhaps you meant the relation \\\"product\\\"." },
        { 404, "/nothing", "GET /weir.views tells what there is." },
        { 404, "/metrics", "That is on the admin door (--admin)." },
        { 404, "/product/", "Leave out the slash at the end." },
        { 404, "/rest/v1/product", "A path is the name of one table or view: /product." },
        { 404, "/rpc/total", "There are no functions to be called; declare a view and read it." },
        { 404, "/", "GET /weir.views lists it." },
        { 400, "/product?pric=gt.1", "Perhaps you meant the column \\\"price\\\"." },
        { 400, "/product?select=nam", "Perhaps you meant the column \\\"name\\\"." },
        { 400, "/product?order=cathegory", "Perhaps you meant the column \\\"category\\\"." },
        { 400, "/product?stance=every", "Subscribe with Accept: text/event-stream." },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++)
        if (!strstr(get_with(cases[index].status, cases[index].target, ""), cases[index].hint))
            fail_msg("%s: %s", cases[index].target, ask_answer()->body);
    world_close(&world);
}

TEST(forms_of_the_same_rows_have_tags_of_their_own)
{
    begin();
    char field[128], tag[64];
    get_with(200, "/product", "");
    const char *etag = strstr(ask_answer()->head, "\r\nETag: ");
    assert_non_null(etag);
    snprintf(tag, sizeof tag, "%.*s", (int)strcspn(etag + 8, "\r"), etag + 8);
    snprintf(field, sizeof field, "If-None-Match: %s\r\n", tag);
    get_with(304, "/product", field);
    snprintf(field, sizeof field, "If-None-Match: %s\r\nAccept: text/csv\r\n", tag);
    get_with(200, "/product", field);
    world_close(&world);
}
