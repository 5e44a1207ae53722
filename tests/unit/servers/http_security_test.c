#include "servers/http_security.h"

#include "tests/test.h"
#include "tests/unit/servers/world.h"

static struct world world;
static const struct slice hosts[] = { { "weir.example", 12 } };
static const struct slice origins[] = { { "https://app.example", 19 } };

static void begin(void)
{
    struct server_options options = world_options();
    options.hosts = hosts;
    options.host_count = 1;
    options.origins = origins;
    options.origin_count = 1;
    world_open(&world, &options, world_sql);
}

TEST(a_host_is_a_literal_or_localhost_or_named)
{
    static const struct {
        const char *host;
        u32 status;
    } cases[] = { { "localhost:8080", 200 }, { "127.0.0.1", 200 },    { "[::1]:80", 200 },
                  { "weir.example:1", 200 }, { "evil.example", 403 }, { "localhost.evil", 403 } };
    begin();
    for (u32 index = 0; index < countof(cases); index++)
        ask(&world, cases[index].status, "GET /product HTTP/1.1\r\nHost: %s\r\n\r\n",
            cases[index].host);
    ask(&world, 403, "GET http://evil.example/product HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ask(&world, 200, "GET /product HTTP/1.0\r\n\r\n");
    world_close(&world);
}

TEST(pages_may_ask_only_when_they_are_named)
{
    begin();
    ask(&world, 403,
        "GET /product HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n");
    assert_null(strstr(ask_answer()->head, "Access-Control"));
    ask(&world, 403, "GET /product HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n\r\n");
    ask(&world, 200,
        "GET /product HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n\r\n");
    assert_non_null(strstr(ask_answer()->head,
                           "\r\nAccess-Control-Allow-Origin: https://app.example\r\nVary: Origin"));
    assert_non_null(strstr(ask_answer()->head, "Access-Control-Expose-Headers: Content-Range, "));
    ask(&world, 204,
        "OPTIONS /product HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n"
        "Access-Control-Request-Method: POST\r\n\r\n");
    assert_non_null(strstr(ask_answer()->head, "Access-Control-Allow-Methods: GET, HEAD, POST"));
    assert_non_null(strstr(ask_answer()->head, "Access-Control-Allow-Headers: Accept, "));
    /* Errors too, so that the page can read them. */
    ask(&world, 404,
        "GET /nothing HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n\r\n");
    assert_non_null(strstr(ask_answer()->head, "Access-Control-Allow-Origin"));
    world_close(&world);
}
