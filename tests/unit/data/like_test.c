#include "data/like.h"

#include <stdio.h>
#include <string.h>

#include "base/rand.h"
#include "tests/test.h"

/* The definition, by recursion: what the pattern's first character may take. */
static bool naive(const char *text, const char *pattern)
{
    if (*pattern == '\0') return *text == '\0';
    if (*pattern == '%') return naive(text, pattern + 1) || (*text && naive(text + 1, pattern));
    if (*text == '\0') return false;
    if (*pattern == '_') return naive(text + 1, pattern + 1);
    if (*pattern == '\\') pattern++;
    return *pattern == *text && naive(text + 1, pattern + 1);
}

static void random_text(struct rand *rand, const char *letters, char *out, u32 size_max)
{
    u32 size = (u32)rand_below(rand, size_max + 1), count = (u32)strlen(letters);
    for (u32 i = 0; i < size; i++)
        out[i] = letters[rand_below(rand, count)];
    out[size] = '\0';
}

TEST(like_matches_as_its_definition)
{
    struct mem mem;
    struct arena arena;
    struct rand rand = { .state = test_seed(3) };
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    for (u32 i = 0; i < test_rounds(200000); i++) {
        char text[16], pattern[12];
        random_text(&rand, "ab%_", text, 10);
        random_text(&rand, "ab%%_\\", pattern, 8);
        size_t size = strlen(pattern), slashes = 0;
        while (slashes < size && pattern[size - 1 - slashes] == '\\')
            slashes++;
        if (slashes % 2 == 1) continue; /* ends in an escape: an error, not a match */
        struct like like = like_make(&arena, slice_of(pattern), false);
        enum like_result wanted = naive(text, pattern) ? LIKE_YES : LIKE_NO;
        if (like_match(&like, slice_of(text)) != wanted)
            fail_msg("'%s' LIKE '%s' is not %d", text, pattern, wanted);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
    mem_deinit(&mem);
}

static enum like_kind kind_of(struct arena *arena, const char *pattern)
{
    return like_make(arena, slice_of(pattern), false).kind;
}

TEST(like_finds_parts_in_texts_of_each_length)
{
    struct mem mem;
    struct arena arena;
    struct rand rand = { .state = test_seed(4) };
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    for (u32 i = 0; i < test_rounds(50000); i++) {
        char text[80], part[8], pattern[12];
        random_text(&rand, "abc", text, 70);
        random_text(&rand, "abc", part, 5);
        snprintf(pattern, sizeof pattern, "%%%s%%", part);
        struct like like = like_make(&arena, slice_of(pattern), false);
        enum like_result wanted = strstr(text, part) ? LIKE_YES : LIKE_NO;
        if (like_match(&like, slice_of(text)) != wanted)
            fail_msg("'%s' LIKE '%s' is not %d", text, pattern, wanted);
    }
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(like_knows_simple_patterns)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    assert_int_equal(kind_of(&arena, "abc"), LIKE_EQUAL);
    assert_int_equal(kind_of(&arena, "abc%"), LIKE_PREFIX);
    assert_int_equal(kind_of(&arena, "a\\%c%%"), LIKE_PREFIX);
    assert_int_equal(kind_of(&arena, "%abc"), LIKE_SUFFIX);
    assert_int_equal(kind_of(&arena, "%abc%"), LIKE_CONTAINS);
    assert_int_equal(kind_of(&arena, "%%"), LIKE_ANY);
    assert_int_equal(kind_of(&arena, "a%c"), LIKE_GENERAL);
    assert_int_equal(kind_of(&arena, "a_"), LIKE_GENERAL);
    arena_deinit(&arena);
    mem_deinit(&mem);
}

TEST(like_takes_bounded_time)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    char text[4001];
    memset(text, 'a', 4000);
    text[4000] = '\0';
    struct like like = like_make(&arena, SLICE("%a%a%a%a%a%a%a%a%a%a%b_"), false);
    assert_int_equal(like_match(&like, slice_of(text)), LIKE_NO);
    arena_deinit(&arena);
    mem_deinit(&mem);
}
