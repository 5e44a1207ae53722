#include "wire/etag.h"

#include "tests/test.h"

TEST(etag_is_written_weak)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct buf out;
    buf_init(&out, &mem);
    etag_write(SLICE("3f2a:17"), &out);
    assert_true(slice_is(buf_slice(&out), "W/\"3f2a:17\""));
    assert_int_equal(etag_match(buf_slice(&out), SLICE("3f2a:17")), ETAG_MATCHES);
    buf_deinit(&out);
    mem_deinit(&mem);
}

/* RFC 9110 13.1.2, 8.8.3.2: weak comparison. */
TEST(etag_matches_weakly_in_lists_and_star)
{
    static const char *const matching[] = {
        "*",       "\"a\"",       "W/\"a\"",      "\"b\", \"a\"", "W/\"b\" ,W/\"a\"",
        ",\"a\",", "\"a\",\"b\"", "\"b\",, \"a\""
    };
    static const char *const others[] = { "\"b\"", "W/\"b\", \"c\"", "\"A\"", "\"a \"", "\"\"" };
    for (size_t index = 0; index < countof(matching); index++)
        if (etag_match(slice_of(matching[index]), SLICE("a")) != ETAG_MATCHES)
            fail_msg("no match: %s", matching[index]);
    for (size_t index = 0; index < countof(others); index++)
        if (etag_match(slice_of(others[index]), SLICE("a")) != ETAG_OTHER)
            fail_msg("match: %s", others[index]);
}

TEST(etag_malformed_lines_match_nothing)
{
    static const char *const lines[] = { "",         "a",        "\"a",         "a\"",
                                         "w/\"a\"",  "W/a",      "\"a\" \"b\"", "\"a\"b",
                                         "W/ \"a\"", "\"a\", b", "**",          "\"a\", *" };
    for (size_t index = 0; index < countof(lines); index++)
        if (etag_match(slice_of(lines[index]), SLICE("a")) != ETAG_OTHER)
            fail_msg("match: %s", lines[index]);
    assert_int_equal(etag_match(slice_make(NULL, 0), SLICE("a")), ETAG_OTHER);
}
