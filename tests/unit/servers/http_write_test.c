#include "servers/http_write.h"

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
}

static bool head_has(const char *text)
{
    return strstr(ask_answer()->head, text) != NULL;
}

static const char *get(const char *target)
{
    return ask(&world, 200, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", target);
}

/* A request with a body of this type. */
static const char *send_as(u32 status, const char *method, const char *target, const char *fields,
                           const char *type, const char *body)
{
    return ask(&world, status,
               "%s %s HTTP/1.1\r\nHost: localhost\r\n%sContent-Type: %s\r\n"
               "Content-Length: %zu\r\n\r\n%s",
               method, target, fields, type, strlen(body), body);
}

static const char *send_json(u32 status, const char *method, const char *target, const char *fields,
                             const char *body)
{
    return send_as(status, method, target, fields, "application/json", body);
}

TEST(write_says_rows_tick_and_credit)
{
    begin();
    assert_string_equal(post(&world, 201, "/product", "[{\"id\":1},{\"id\":2,\"name\":\"x\"}]"),
                        "{\"rows\":2,\"tick\":1}");
    assert_true(head_has("\r\nWeir-Tick: 1\r\n"));
    assert_true(head_has("\r\nWeir-Credit: rows=65536, bytes=4194304, delay_ms="));
    assert_string_equal(post(&world, 201, "/product", "{\"id\":3}"), "{\"rows\":1,\"tick\":2}");
    assert_string_equal(post(&world, 201, "/product", "[]"), "{\"rows\":0,\"tick\":2}");
    world_close(&world);
}

TEST(write_takes_lines_and_csv)
{
    begin();
    assert_string_equal(send_as(201, "POST", "/product", "", "application/x-ndjson",
                                "{\"id\":1,\"price\":2}\n\n{\"id\":2}\n"),
                        "{\"rows\":2,\"tick\":1}");
    assert_string_equal(
        send_as(201, "POST", "/product", "", "text/csv", "id,name\r\n3,\"a, b\"\r\n4,\r\n"),
        "{\"rows\":2,\"tick\":2}");
    assert_string_equal(get("/product?select=id,name,price&order=id"),
                        "[{\"id\":1,\"name\":null,\"price\":2.00},\n"
                        " {\"id\":2,\"name\":null,\"price\":null},\n"
                        " {\"id\":3,\"name\":\"a, b\",\"price\":null},\n"
                        " {\"id\":4,\"name\":null,\"price\":null}]");
    world_close(&world);
}

TEST(write_upserts_and_ignores_duplicates)
{
    begin();
    post(&world, 201, "/product", "{\"id\":1,\"name\":\"kite\",\"price\":9}");
    assert_non_null(strstr(post(&world, 409, "/product", "[{\"id\":2},{\"id\":1}]"), "\"23505\""));
    assert_non_null(strstr(ask_answer()->body, "\"accepted\":0,\"row\":2,"));
    send_json(201, "POST", "/product", "Prefer: resolution=merge-duplicates\r\n",
              "[{\"id\":1,\"price\":3},{\"id\":2,\"name\":\"ball\"}]");
    assert_true(head_has("Preference-Applied: resolution=merge-duplicates"));
    send_json(201, "POST", "/product?on_conflict=id", "Prefer: resolution=ignore-duplicates\r\n",
              "{\"id\":1,\"name\":\"other\"}");
    assert_string_equal(get("/product?select=id,name,price&order=id"),
                        "[{\"id\":1,\"name\":\"kite\",\"price\":3.00},\n"
                        " {\"id\":2,\"name\":\"ball\",\"price\":null}]");
    world_close(&world);
}

TEST(write_returns_rows_when_asked)
{
    begin();
    assert_string_equal(send_json(201, "POST", "/product?select=id,p:price",
                                  "Prefer: return=representation\r\n",
                                  "[{\"id\":1,\"price\":2},{\"id\":2}]"),
                        "[{\"id\":1,\"p\":2.00},\n {\"id\":2,\"p\":null}]");
    assert_string_equal(send_json(201, "POST", "/product?select=id",
                                  "Prefer: return=representation\r\n"
                                  "Accept: application/vnd.pgrst.object+json\r\n",
                                  "{\"id\":7}"),
                        "{\"id\":7}");
    assert_string_equal(
        send_json(201, "POST", "/product", "Prefer: return=minimal\r\n", "{\"id\":8}"), "");
    assert_string_equal(send_json(200, "PATCH", "/product?id=eq.1&select=id,price",
                                  "Prefer: return=representation\r\n", "{\"price\":5}"),
                        "[{\"id\":1,\"price\":5.00}]");
    assert_string_equal(ask(&world, 200,
                            "DELETE /product?id=gt.1&select=id HTTP/1.1\r\nHost: localhost\r\n"
                            "Prefer: return=representation\r\nAccept: text/csv\r\n\r\n"),
                        "id\n2\n7\n8\n");
    world_close(&world);
}

TEST(patch_and_delete_act_on_what_the_filters_choose)
{
    begin();
    post(&world, 201, "/product",
         "[{\"id\":1,\"category\":\"a\",\"price\":1},{\"id\":2,\"category\":\"a\",\"price\":2},"
         "{\"id\":3,\"category\":\"b\",\"price\":3}]");
    assert_string_equal(send_json(204, "PATCH", "/product?category=eq.a", "", "{\"price\":7}"), "");
    assert_true(head_has("Weir-Tick: 2"));
    assert_string_equal(get("/category_total?order=category&select=category,value"),
                        "[{\"category\":\"a\",\"value\":14.00},\n"
                        " {\"category\":\"b\",\"value\":3.00}]");
    ask(&world, 204,
        "DELETE /product?id=eq.1 HTTP/1.1\r\nHost: localhost\r\n"
        "Prefer: count=exact\r\n\r\n");
    assert_true(head_has("Content-Range: 0-0/1"));
    assert_string_equal(get("/product?select=id&order=id"), "[{\"id\":2},\n {\"id\":3}]");
    ask(&world, 204, "DELETE /product HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_string_equal(get("/product"), "[]");
    send_json(400, "PATCH", "/product", "", "[{\"price\":1},{\"price\":2}]");
    send_json(400, "PATCH", "/product?limit=1", "", "{\"price\":1}");
    world_close(&world);
}

TEST(write_columns_and_missing_are_heeded)
{
    begin();
    sql(&world, 200, "CREATE TABLE d (id bigint PRIMARY KEY, n int DEFAULT 5, t text)");
    assert_non_null(
        strstr(post(&world, 400, "/d", "{\"id\":1,\"other\":2}"), "\"code\":\"42703\""));
    post(&world, 201, "/d?columns=id,t", "{\"id\":1,\"other\":2,\"n\":9,\"t\":\"x\"}");
    send_json(201, "POST", "/d", "Prefer: missing=null\r\n", "{\"id\":2}");
    assert_string_equal(get("/d?order=id"), "[{\"id\":1,\"n\":5,\"t\":\"x\"},\n"
                                            " {\"id\":2,\"n\":null,\"t\":null}]");
    assert_non_null(strstr(post(&world, 400, "/d?columns=none", "{}"), "42703"));
    world_close(&world);
}

TEST(write_refuses_what_it_cannot_take)
{
    begin();
    post(&world, 404, "/nothing", "{}");
    assert_non_null(strstr(post(&world, 405, "/category_total", "{}"), "25006"));
    post(&world, 405, "/weir.views", "{}");
    assert_true(head_has("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
    assert_non_null(strstr(send_as(415, "POST", "/product", "", "application/xml", "<a/>"),
                           "Send Content-Type: application/json, "));
    assert_non_null(strstr(send_as(415, "PATCH", "/product", "", "text/csv", "id\n1\n"),
                           "Send Content-Type: application/json."));
    assert_true(head_has("\r\nWeir-Credit: "));
    assert_non_null(strstr(send_json(400, "POST", "/product", "", "{\"pirce\":1}"),
                           "Perhaps you meant the column \\\"price\\\"."));
    assert_non_null(strstr(send_json(400, "POST", "/product", "", "[{\"id\":1},7]"),
                           "a row must be a JSON object"));
    assert_non_null(
        strstr(send_as(400, "POST", "/product", "", "application/x-ndjson", "{\"id\":1}{\"id\":2}"),
               "--data-binary"));
    send_json(400, "POST", "/product?audit=1s", "", "{\"id\":1}");
    send_json(404, "POST", "/a/b", "", "{\"id\":1}");
    assert_true(head_has("\r\nWeir-Credit: "));
    send_as(415, "POST", "/product", "", "application/json; charset=latin1", "{}");
    send_json(415, "POST", "/product", "Content-Encoding: gzip\r\n", "{}");
    send_json(400, "POST", "/product?id=eq.1", "", "{\"id\":1}");
    send_json(400, "POST", "/product", "Weir-Producer: a b\r\n", "{\"id\":1}");
    send_json(406, "POST", "/product", "Content-Profile: other\r\n", "{\"id\":1}");
    send_json(400, "POST", "/product", "Prefer: tx=rollback\r\n", "{\"id\":1}");
    assert_non_null(
        strstr(ask(&world, 405, "PUT /product?id=eq.1 HTTP/1.1\r\nHost: localhost\r\n\r\n"),
               "resolution=merge-duplicates"));
    assert_true(head_has("\r\nAllow: GET, HEAD, POST, PATCH, DELETE, OPTIONS\r\n"));
    ask(&world, 413,
        "POST /product HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n[");
    assert_string_equal(get("/product"), "[]");
    world_close(&world);
}

/* Rows as lines from first on, at least size bytes of them; returns how many. */
static u32 make_lines(struct buf *out, u32 first, size_t size)
{
    u32 id = first;
    for (; out->size < size; id++)
        buf_format(out, "{\"id\":%u,\"name\":\"row %u\",\"category\":\"c%u\",\"price\":1}\n", id,
                   id, id % 10);
    return id - first;
}

TEST(write_streams_a_long_body_in_transactions)
{
    begin();
    struct buf body;
    struct client client;
    struct answer answer;
    char head[256], wanted[64];
    buf_init(&body, &world.mem);
    u32 count = make_lines(&body, 0, MIB(4));
    snprintf(head, sizeof head,
             "POST /product HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
             "Content-Length: %zu\r\n\r\n",
             body.size);
    client_open(&client, &world, world.data);
    client_send(&client, head);
    client_send_bytes(&client, body.data, body.size);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 201);
    snprintf(wanted, sizeof wanted, "{\"rows\":%u,\"tick\":%llu}", count,
             (unsigned long long)engine_tick(world.engine));
    assert_string_equal(answer.body, wanted);
    assert_true(engine_tick(world.engine) > 3);
    client_close(&client);
    buf_deinit(&body);
    get("/category_total?select=products&category=eq.c3");
    world_close(&world);
}

TEST(a_bad_row_is_answered_at_once_in_the_middle_of_a_body)
{
    begin();
    struct buf body;
    struct client client;
    struct answer answer;
    char wanted[128];
    buf_init(&body, &world.mem);
    u32 count = make_lines(&body, 0, MIB(1));
    size_t byte = body.size;
    client_open(&client, &world, world.data);
    client_send(&client, "POST /product HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Type: application/x-ndjson\r\nContent-Length: 99999999\r\n\r\n");
    client_send_bytes(&client, body.data, body.size);
    client_send(&client, "{\"id\":\"bad\"}\n");
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 400);
    assert_non_null(strstr(answer.head, "\r\nConnection: close\r\n"));
    assert_non_null(strstr(answer.body, "\"code\":\"22P02\""));
    snprintf(wanted, sizeof wanted, "\"row\":%u,\"byte\":%zu,\"tick\":", count + 1, byte);
    if (!strstr(answer.body, wanted)) fail_msg("%s lacks %s", answer.body, wanted);
    u64 accepted = strtoull(strstr(answer.body, "\"accepted\":") + 11, NULL, 10);
    assert_true(accepted > 0 && accepted <= count);
    client_wait_closed(&client);
    client_close(&client);
    buf_deinit(&body);
    snprintf(wanted, sizeof wanted, "\"rows\":%llu,", (unsigned long long)accepted);
    assert_non_null(strstr(get("/weir.views?select=rows,name&name=eq.product"), wanted));
    world_close(&world);
}

TEST(what_was_accepted_is_a_beginning_of_the_body_when_a_constraint_is_violated)
{
    begin();
    struct buf body;
    struct client client;
    struct answer answer;
    char wanted[128];
    buf_init(&body, &world.mem);
    u32 count = make_lines(&body, 0, KIB(700));
    buf_puts(&body, "\n\n");
    size_t byte = body.size;
    buf_puts(&body, "  {\"id\":17}\n");
    make_lines(&body, count, MIB(2));
    client_open(&client, &world, world.data);
    client_send(&client,
                "POST /product HTTP/1.1\r\nHost: localhost\r\n"
                "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
    snprintf(wanted, sizeof wanted, "%zx\r\n", body.size);
    client_send(&client, wanted);
    client_send_bytes(&client, body.data, body.size);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 409);
    snprintf(wanted, sizeof wanted, "\"row\":%u,\"byte\":%zu,\"tick\":", count + 1, byte);
    if (!strstr(answer.body, wanted)) fail_msg("%s lacks %s", answer.body, wanted);
    u64 accepted = strtoull(strstr(answer.body, "\"accepted\":") + 11, NULL, 10);
    assert_true(accepted <= count);
    client_close(&client);
    buf_deinit(&body);
    snprintf(wanted, sizeof wanted, "\"rows\":%llu,", (unsigned long long)accepted);
    assert_non_null(strstr(get("/weir.views?select=rows,name&name=eq.product"), wanted));
    world_close(&world);
}

/* The answer names this row, which begins at this byte of the body. */
static void assert_place(const char *wanted)
{
    if (!strstr(ask_answer()->body, wanted)) fail_msg("%s lacks %s", ask_answer()->body, wanted);
}

TEST(a_bad_row_is_named_alike_in_every_format)
{
    static const struct {
        const char *type, *body;
        u32 status;
        const char *place;
    } cases[] = {
        { "application/json", " [{\"id\":1},\n{\"id\":1}]", 409, "\"row\":2,\"byte\":12," },
        { "application/json", "[{\"id\":1}, {\"name\":\"x\"}]", 409, "\"row\":2,\"byte\":11," },
        { "application/json", "[{\"id\":1}, {\"id\":\"x\"}]", 400, "\"row\":2,\"byte\":11," },
        { "application/json", "[{\"id\":1}, {\"id\":2,\"price\":1e9}]", 400,
          "\"row\":2,\"byte\":11," },
        { "application/json", "[{\"id\":1}, {\"z\":2}]", 400, "\"row\":2,\"byte\":11," },
        { "application/x-ndjson", "{\"id\":1}\n\n{\"id\":1}\n", 409, "\"row\":2,\"byte\":10," },
        { "application/x-ndjson", "{\"id\":1}\n{\"name\":\"x\"}\n", 409, "\"row\":2,\"byte\":9," },
        { "application/x-ndjson", "{\"id\":1}\n{\"id\":2,\"price\":1e9}\n", 400,
          "\"row\":2,\"byte\":9," },
        { "text/csv", "id,price\n1,2\n1,3\n", 409, "\"row\":2,\"byte\":13," },
        { "text/csv", "id,price\n1,2\n,3\n", 409, "\"row\":2,\"byte\":13," },
        { "text/csv", "id,price\n1,2\n2,1e9\n", 400, "\"row\":2,\"byte\":13," },
        { "text/csv", "id,prize\n1,2\n", 400, "\"row\":1,\"byte\":0," },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++) {
        send_as(cases[index].status, "POST", "/product", "", cases[index].type, cases[index].body);
        assert_place(cases[index].place);
        assert_place("\"accepted\":0,");
    }
    assert_string_equal(get("/product"), "[]");
    world_close(&world);
}

TEST(the_row_of_a_constraint_that_is_checked_at_the_end_is_known)
{
    begin();
    sql(&world, 200, "CREATE TABLE u (id bigint PRIMARY KEY, mail text UNIQUE)");
    post(&world, 201, "/u", "[{\"id\":1,\"mail\":\"a\"},{\"id\":2,\"mail\":\"b\"},{\"id\":3}]");
    send_json(409, "POST", "/u", "Prefer: resolution=merge-duplicates\r\n",
              "[{\"id\":3,\"mail\":\"c\"},{\"id\":4},{\"id\":1,\"mail\":\"b\"},{\"id\":3}]");
    assert_place("\"row\":3,\"byte\":30,");
    send_json(409, "POST", "/u", "Prefer: resolution=merge-duplicates\r\n",
              "[{\"id\":1,\"mail\":\"z\"},{\"id\":3,\"mail\":\"x\"},{\"id\":3,\"mail\":\"b\"}]");
    assert_place("\"row\":3,\"byte\":41,");
    /* Two that change places are no conflict. */
    send_json(201, "POST", "/u", "Prefer: resolution=merge-duplicates\r\n",
              "[{\"id\":1,\"mail\":\"b\"},{\"id\":2,\"mail\":\"a\"}]");
    /* The one row of a PATCH is to blame, whichever row it was for. */
    send_json(409, "PATCH", "/u?id=gt.1", "", " {\"mail\":\"b\"}");
    assert_place("\"row\":1,\"byte\":1,");
    send_json(409, "PATCH", "/u", "", "{\"id\":null}");
    assert_place("\"row\":1,\"byte\":0,");
    assert_string_equal(get("/u?order=id"),
                        "[{\"id\":1,\"mail\":\"b\"},\n {\"id\":2,\"mail\":\"a\"},\n"
                        " {\"id\":3,\"mail\":null}]");
    world_close(&world);
}

TEST(a_write_that_promises_one_row_changes_nothing_when_it_is_another_number)
{
    static const char one[] = "Accept: application/vnd.pgrst.object+json\r\n";
    static const char one_back[] = "Prefer: return=representation\r\n"
                                   "Accept: application/vnd.pgrst.object+json\r\n";
    static const char *const fields[] = { one, one_back };
    begin();
    post(&world, 201, "/product", "[{\"id\":1},{\"id\":2}]");
    for (u32 index = 0; index < countof(fields); index++) {
        send_json(406, "PATCH", "/product?id=gt.0", fields[index], "{\"price\":5}");
        assert_place("\"code\":\"PGRST116\",\"details\":\"The result contains 2 rows\"");
        send_json(406, "PATCH", "/product?id=eq.7", fields[index], "{\"price\":5}");
        assert_place("The result contains 0 rows");
        send_json(406, "PATCH", "/product?id=eq.1", fields[index], "{}");
        ask(&world, 406, "DELETE /product HTTP/1.1\r\nHost: localhost\r\n%s\r\n", fields[index]);
        assert_place("The result contains 2 rows");
        send_json(406, "POST", "/product", fields[index], "[{\"id\":3},{\"id\":4}]");
        send_json(406, "POST", "/product", fields[index], "[]");
        assert_place("The result contains 0 rows");
    }
    assert_true(head_has("\r\nWeir-Tick: 1\r\n"));
    assert_string_equal(get("/product?select=id,price&order=id"),
                        "[{\"id\":1,\"price\":null},\n {\"id\":2,\"price\":null}]");
    assert_string_equal(
        send_json(200, "PATCH", "/product?id=eq.1&select=id,price", one_back, "{\"price\":5}"),
        "{\"id\":1,\"price\":5.00}");
    send_json(204, "PATCH", "/product?id=eq.1", one, "{\"price\":6}");
    send_json(201, "POST", "/product", one, "{\"id\":3}");
    assert_string_equal(
        ask(&world, 200, "DELETE /product?id=eq.3&select=id HTTP/1.1\r\nHost: localhost\r\n%s\r\n",
            one_back),
        "{\"id\":3}");
    world_close(&world);
}

TEST(a_write_waits_for_its_tick)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client, "POST /product HTTP/1.1\r\nHost: localhost\r\nWeir-Min-Tick: 2\r\n"
                         "Content-Type: application/json\r\nContent-Length: 8\r\n\r\n{\"id\":3}");
    for (u32 count = 0; count < 20; count++)
        client_turn(&client);
    post(&world, 201, "/product", "{\"id\":1}");
    assert_string_equal(get("/product?select=id"), "[{\"id\":1}]");
    post(&world, 201, "/product", "{\"id\":2}");
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "{\"rows\":1,\"tick\":3}");
    client_close(&client);
    send_json(504, "PATCH", "/product?id=eq.1", "Weir-Min-Tick: 99\r\nWeir-Timeout: 0\r\n",
              "{\"price\":1}");
    send_json(504, "DELETE", "/product", "Weir-Min-Tick: 99\r\nWeir-Timeout: 0\r\n", "");
    send_json(400, "POST", "/product", "Weir-Min-Tick: soon\r\n", "{\"id\":4}");
    assert_string_equal(get("/product?select=id&order=id"),
                        "[{\"id\":1},\n {\"id\":2},\n {\"id\":3}]");
    world_close(&world);
}

TEST(a_live_stream_is_applied_while_it_goes_on)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client,
                "POST /product HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
    client_wait_for(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    client.at = client.in.size;
    client_send(&client, "9\r\n{\"id\":1}\n\r\n");
    for (u32 count = 0; count < 20; count++)
        world_turn(&world);
    assert_string_equal(get("/product?select=id"), "[{\"id\":1}]");
    client_send(&client, "9\r\n{\"id\":2}\n\r\n0\r\n\r\n");
    client_answer(&client, &answer);
    assert_string_equal(answer.body, "{\"rows\":2,\"tick\":2}");
    client_close(&client);
    world_close(&world);
}

TEST(a_body_that_stops_gets_408_and_keeps_what_was_accepted)
{
    begin();
    struct client client;
    struct answer answer;
    client_open(&client, &world, world.data);
    client_send(&client, "POST /product HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "9\r\n{\"id\":1}\n\r\n");
    for (u32 count = 0; count < 20; count++)
        world_turn(&world);
    clock_shift(31 * CLOCK_SECOND);
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 408);
    assert_non_null(strstr(answer.body, "\"accepted\":1,"));
    client_wait_closed(&client);
    client_close(&client);
    world_close(&world);
}

TEST(a_client_that_goes_away_leaves_whole_transactions)
{
    begin();
    struct client client;
    client_open(&client, &world, world.data);
    client_send(&client, "POST /product HTTP/1.1\r\nHost: localhost\r\n"
                         "Content-Type: application/x-ndjson\r\nContent-Length: 20\r\n\r\n"
                         "{\"id\":1}\n{\"id\":2}");
    client_turn(&client);
    client_close(&client);
    assert_string_equal(get("/product"), "[]");
    world_close(&world);
}

/* Reading stops while the producer's edge is full, and goes on behind it. */
TEST(a_full_edge_stops_the_reading)
{
    begin();
    struct client client;
    struct answer answer;
    struct buf body;
    buf_init(&body, &world.mem);
    u32 count = make_lines(&body, 0, MIB(12));
    client_open(&client, &world, world.data);
    client_send(&client,
                "POST /product HTTP/1.1\r\nHost: localhost\r\n"
                "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n");
    char chunk[32];
    snprintf(chunk, sizeof chunk, "%zx\r\n", body.size);
    client_send(&client, chunk);
    /* The engine rests: what is taken in stays within the edge's and the connection's bounds. */
    size_t sent = 0;
    for (u32 turn = 0; turn < 5000; turn++) {
        struct slice rest = slice_make(body.data + sent, body.size - sent);
        size_t now;
        if (net_write(client.fd, &rest, 1, &now) == NET_CLOSED) break;
        sent += now;
        server_step(&world.server);
        poll_wait(&world.loop, 0);
    }
    assert_true(sent < body.size);
    assert_true(engine_mem(world.engine)->used < MIB(12));
    client_send_bytes(&client, body.data + sent, body.size - sent);
    client_send(&client, "\r\n0\r\n\r\n");
    client_answer(&client, &answer);
    assert_int_equal(answer.status, 201);
    snprintf(chunk, sizeof chunk, "{\"rows\":%u,", count);
    assert_non_null(strstr(answer.body, chunk));
    client_close(&client);
    buf_deinit(&body);
    world_close(&world);
}
