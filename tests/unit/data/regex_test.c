#include "data/regex.h"

#include <string.h>

#include "tests/test.h"

static struct mem mem;
static struct arena arena;

static void start(void)
{
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
}

static void stop(void)
{
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(regex_bounds_what_backtracks_without_end)
{
    start();
    struct regex *regex;
    struct err err;
    bool found;
    char text[64];
    memset(text, 'a', 40);
    struct regex_options options = { 0 };
    assert_ok(regex_make(&arena, SLICE("(a*)*(a*)*(a*)*[bc]"), options, &regex, &err), &err);
    struct regex_scratch *scratch = regex_scratch_make(regex, &arena);
    assert_int_equal(regex_find(regex, scratch, slice_make(text, 40), 0, &found, NULL, &err), FAIL);
    assert_string_equal(err.sqlstate, "2201B");
    assert_true(mem.peak < MIB(16));
    stop();
}

TEST(regex_matches_from_an_offset_and_gives_groups)
{
    start();
    struct regex *regex;
    struct err err;
    bool found;
    struct regex_match match;
    struct regex_options options = { 0 };
    struct slice text = SLICE("a1 b22 c");
    assert_ok(regex_make(&arena, SLICE("([a-z])(\\d+)?"), options, &regex, &err), &err);
    assert_int_equal(regex_group_count(regex), 2);
    struct regex_scratch *scratch = regex_scratch_make(regex, &arena);
    assert_ok(regex_find(regex, scratch, text, 1, &found, &match, &err), &err);
    assert_true(found);
    assert_int_equal(match.groups[0].start, 3);
    assert_int_equal(match.groups[0].end, 6);
    assert_int_equal(match.groups[2].start, 4);
    assert_ok(regex_find(regex, scratch, text, 6, &found, &match, &err), &err);
    assert_int_equal(match.groups[0].start, 7);
    assert_int_equal(match.groups[2].start, -1);
    assert_ok(regex_find(regex, scratch, text, 8, &found, &match, &err), &err);
    assert_false(found);
    stop();
}

TEST(regex_refuses_what_only_pcre_knows)
{
    start();
    static const char *const patterns[] = { "(*UTF)a", "a++",      "(?>a)", "(?<n>a)", "\\K",
                                            "\\Qa\\E", "(?P<n>a)", "a*+",   "(?i:a)",  "\\R" };
    for (u32 i = 0; i < countof(patterns); i++) {
        struct regex *regex;
        struct err err;
        struct regex_options options = { 0 };
        assert_int_equal(regex_make(&arena, slice_of(patterns[i]), options, &regex, &err), FAIL);
        assert_string_equal(err.sqlstate, "2201B");
    }
    stop();
}

TEST(regex_newline_option_keeps_dot_and_sets_on_their_line)
{
    start();
    struct regex *regex;
    struct err err;
    bool found;
    struct regex_options options = { .newline = true };
    struct slice text = SLICE("a\nb");
    assert_ok(regex_make(&arena, SLICE("a.b|a[^x]b"), options, &regex, &err), &err);
    assert_ok(regex_find(regex, regex_scratch_make(regex, &arena), text, 0, &found, NULL, &err),
              &err);
    assert_false(found);
    assert_ok(regex_make(&arena, SLICE("^b$"), options, &regex, &err), &err);
    assert_ok(regex_find(regex, regex_scratch_make(regex, &arena), text, 0, &found, NULL, &err),
              &err);
    assert_true(found);
    stop();
}
