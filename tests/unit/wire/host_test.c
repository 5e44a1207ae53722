#include "wire/host.h"

#include "tests/test.h"

/* RFC 3986 3.2.2, 3.2.3. */
TEST(host_parses_names_and_literals)
{
    static const struct {
        const char *text;
        enum host_kind kind;
        const char *name;
        i32 port; /* -1: none */
    } cases[] = {
        { "localhost", HOST_NAME, "localhost", -1 },
        { "Example.com:80", HOST_NAME, "Example.com", 80 },
        { "my-host_1.local:65535", HOST_NAME, "my-host_1.local", 65535 },
        { "127.0.0.1", HOST_IPV4, "127.0.0.1", -1 },
        { "255.255.255.255:1", HOST_IPV4, "255.255.255.255", 1 },
        { "0.0.0.0", HOST_IPV4, "0.0.0.0", -1 },
        { "127.1", HOST_NAME, "127.1", -1 },
        { "127.0.0.01", HOST_NAME, "127.0.0.01", -1 },
        { "256.0.0.1", HOST_NAME, "256.0.0.1", -1 },
        { "1.2.3.4.5", HOST_NAME, "1.2.3.4.5", -1 },
        { "1.2.3.4.", HOST_NAME, "1.2.3.4.", -1 },
        { "[::1]", HOST_IPV6, "::1", -1 },
        { "[::]:80", HOST_IPV6, "::", 80 },
        { "[1:2:3:4:5:6:7:8]", HOST_IPV6, "1:2:3:4:5:6:7:8", -1 },
        { "[fe80::1:ABCD]", HOST_IPV6, "fe80::1:ABCD", -1 },
        { "[1::]", HOST_IPV6, "1::", -1 },
        { "[::ffff:127.0.0.1]", HOST_IPV6, "::ffff:127.0.0.1", -1 },
        { "[1:2:3:4:5:6:1.2.3.4]", HOST_IPV6, "1:2:3:4:5:6:1.2.3.4", -1 },
        { "[1:2:3:4:5:6:7::]", HOST_IPV6, "1:2:3:4:5:6:7::", -1 },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        struct host host;
        if (!host_parse(slice_of(cases[index].text), &host))
            fail_msg("refused: %s", cases[index].text);
        if (host.kind != cases[index].kind) fail_msg("kind %d: %s", host.kind, cases[index].text);
        assert_true(slice_is(host.name, cases[index].name));
        assert_int_equal(host.has_port ? (i32)host.port : -1, cases[index].port);
    }
}

TEST(host_refuses_what_is_not_one)
{
    static const char *const texts[] = {
        "",
        ":80",
        "a:",
        "a:x",
        "a:65536",
        "a:123456",
        "a:-1",
        "a b",
        "a/b",
        "user@a",
        "a%41",
        "a,b",
        "[",
        "[]",
        "[::1",
        "[::1]x",
        "[::1]80",
        "[1:2:3:4:5:6:7]",
        "[1:2:3:4:5:6:7:8:9]",
        "[1::2::3]",
        "[12345::]",
        "[:1]",
        "[1:]",
        "[g::]",
        "[1:2:3:4:5:6:7:8::]",
        "[::1%25eth0]",
        "[1.2.3.4]",
        "[1:2:3:4:5:6:7:1.2.3.4]",
        "[::1.2.3]",
        "[:::]",
        "::1",
        "a]",
        "\xc3\xa9",
        "[1:2:3:4::5:6:7:8]",
    };
    for (size_t index = 0; index < countof(texts); index++) {
        struct host host;
        if (host_parse(slice_of(texts[index]), &host)) fail_msg("accepted: %s", texts[index]);
    }
}

/* A name that somebody else's DNS points at loopback is not ours. */
TEST(host_allowed_are_literals_localhost_and_named_ones)
{
    struct slice names[] = { SLICE("weir.example"), SLICE("other.example:8080") };
    static const char *const allowed[] = { "127.0.0.1:8080",  "[::1]",
                                           "localhost",       "LOCALHOST:1",
                                           "10.1.2.3",        "weir.example",
                                           "Weir.Example:99", "other.example:8080" };
    static const char *const refused[] = {
        "evil.example",     "localhost.evil.example", "127.1", "other.example",
        "other.example:80", "a.weir.example",         "",      "localhost@evil"
    };
    for (size_t index = 0; index < countof(allowed); index++)
        if (!host_allowed(slice_of(allowed[index]), names, countof(names)))
            fail_msg("refused: %s", allowed[index]);
    for (size_t index = 0; index < countof(refused); index++)
        if (host_allowed(slice_of(refused[index]), names, countof(names)))
            fail_msg("allowed: %s", refused[index]);
}

/* RFC 6454 6.2, 7. */
TEST(host_origins_are_scheme_host_and_port)
{
    struct host_origin origin;
    assert_true(host_origin_parse(SLICE("http://localhost"), &origin));
    assert_int_equal(origin.port, 80);
    assert_true(host_origin_parse(SLICE("https://a.example:8443"), &origin));
    assert_int_equal(origin.port, 8443);
    assert_true(host_origin_parse(SLICE("null"), &origin) && origin.is_null);
    static const char *const bad[] = { "",          "a.example",  "http:/a", "http://",
                                       "http://a/", "http://a?b", "://a",    "http://u@a",
                                       "1://a",     "http://a b", "Null" };
    for (size_t index = 0; index < countof(bad); index++)
        if (host_origin_parse(slice_of(bad[index]), &origin)) fail_msg("accepted: %s", bad[index]);
}

TEST(host_origins_match_named_ones)
{
    struct slice names[] = { SLICE("https://app.example"), SLICE("http://localhost:3000") };
    assert_true(host_origin_allowed(SLICE("https://app.example"), names, 2));
    assert_true(host_origin_allowed(SLICE("https://APP.example:443"), names, 2));
    assert_true(host_origin_allowed(SLICE("http://localhost:3000"), names, 2));
    assert_false(host_origin_allowed(SLICE("http://app.example"), names, 2));
    assert_false(host_origin_allowed(SLICE("http://localhost"), names, 2));
    assert_false(host_origin_allowed(SLICE("https://app.example.evil"), names, 2));
    assert_false(host_origin_allowed(SLICE("null"), names, 2));
    struct slice null = SLICE("null");
    assert_true(host_origin_allowed(SLICE("null"), &null, 1));
    assert_false(host_origin_allowed(SLICE("http://a"), NULL, 0));
}
