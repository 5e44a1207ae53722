#include "wire/url.h"

#include "tests/test.h"

static struct mem mem;
static struct arena arena;

static void begin(void)
{
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
}

static void end(void)
{
    arena_deinit(&arena);
    mem_deinit(&mem);
}

/* RFC 3986 2.1. */
TEST(url_decodes_escapes)
{
    begin();
    struct slice decoded;
    assert_true(url_decode(SLICE("a%20b%2Fc%c3%A9+"), URL_PATH, &arena, &decoded));
    assert_true(slice_is(decoded, "a b/c\xc3\xa9+"));
    assert_true(url_decode(SLICE("a+b%2B"), URL_QUERY, &arena, &decoded));
    assert_true(slice_is(decoded, "a b+"));
    assert_true(url_decode(slice_make(NULL, 0), URL_QUERY, &arena, &decoded));
    assert_int_equal(decoded.size, 0);
    end();
}

TEST(url_does_not_copy_what_has_no_escapes)
{
    begin();
    struct slice decoded, text = SLICE("plain+");
    assert_true(url_decode(text, URL_PATH, &arena, &decoded));
    assert_ptr_equal(decoded.data, text.data);
    end();
}

TEST(url_refuses_bad_escapes_nul_and_bytes_that_are_not_utf8)
{
    begin();
    static const char *const texts[] = { "%",      "%4",        "a%4",   "%4g",          "%g4",
                                         "%%41",   "%00",       "a%00b", "%ff",          "%c3",
                                         "%c0%80", "%ed%a0%80", "\xff",  "%f4%90%80%80", "%e2%82",
                                         "%80",    "% 41" };
    struct slice decoded;
    for (size_t index = 0; index < countof(texts); index++)
        if (url_decode(slice_of(texts[index]), URL_QUERY, &arena, &decoded))
            fail_msg("accepted: %s", texts[index]);
    assert_false(url_decode(slice_make("a\0b", 3), URL_QUERY, &arena, &decoded));
    end();
}

/* RFC 3629 4. */
TEST(url_knows_utf8_by_its_shortest_forms)
{
    static const char *const good[] = { "",
                                        "a",
                                        "\x7f",
                                        "\xc2\x80",
                                        "\xdf\xbf",
                                        "\xe0\xa0\x80",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf" };
    static const char *const bad[] = { "\x80",
                                       "\xc1\xbf",
                                       "\xc2",
                                       "\xc2*",
                                       "\xe0\x9f\xbf",
                                       "\xe1\x80",
                                       "\xed\xa0\x80",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xfe" };
    for (size_t index = 0; index < countof(good); index++)
        if (!url_is_utf8(slice_of(good[index]))) fail_msg("refused %zu", index);
    for (size_t index = 0; index < countof(bad); index++)
        if (url_is_utf8(slice_of(bad[index]))) fail_msg("accepted %zu", index);
}

TEST(url_walks_segments_and_parameters)
{
    struct slice path = SLICE("/a//b%2F/"), segment;
    static const char *const segments[] = { "a", "", "b%2F", "" };
    for (size_t index = 0; index < countof(segments); index++) {
        assert_true(url_next_segment(&path, &segment));
        assert_true(slice_is(segment, segments[index]));
    }
    assert_false(url_next_segment(&path, &segment));

    struct slice query = SLICE("&a=b&&c&d==e&=f&"), key, value;
    assert_true(url_next_parameter(&query, &key, &value));
    assert_true(slice_is(key, "a") && slice_is(value, "b"));
    assert_true(url_next_parameter(&query, &key, &value));
    assert_true(slice_is(key, "c") && value.data == NULL);
    assert_true(url_next_parameter(&query, &key, &value));
    assert_true(slice_is(key, "d") && slice_is(value, "=e"));
    assert_true(url_next_parameter(&query, &key, &value));
    assert_true(key.size == 0 && slice_is(value, "f"));
    assert_false(url_next_parameter(&query, &key, &value));
    query = slice_make(NULL, 0);
    assert_false(url_next_parameter(&query, &key, &value));
}
