/* Every line of the files in golden: an expression and what PostgreSQL answered. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/data/expr_make.h"
#include "tests/unit/data/expr_sql.h"

static void unescape(char *text)
{
    char *out = text;
    for (; *text; text++) {
        if (*text != '\\') {
            *out++ = *text;
            continue;
        }
        text++;
        *out++ = *text == 't' ? '\t' : *text == 'n' ? '\n' : *text;
    }
    *out = '\0';
}

/* The answer in the form of the files. */
static const char *answer(struct arena *arena, const char *text)
{
    struct expr *expr;
    struct err err;
    if (expr_sql_bind(arena, NULL, text, &expr, &err))
        return arena_format(arena, "! %s %s", err.sqlstate, err.message);
    struct value value;
    if (expr_constant_value(expr_fold(expr, arena), arena, &value, &err))
        return arena_format(arena, "! %s %s", err.sqlstate, err.message);
    if (value.null) return "~";
    struct buf buf;
    buf_init(&buf, arena->mem);
    value_print(&value, &buf);
    const char *printed = arena_format(arena, "= %.*s", (int)buf.size, buf.data);
    buf_deinit(&buf);
    return printed;
}

/* What Weir refuses by design: more than 38 digits, NaN as numeric, other types and options. */
static bool is_refusal(const char *ours)
{
    return strncmp(ours, "! 0A000", 7) == 0 ||
           strcmp(ours, "! 22003 value overflows numeric format") == 0;
}

struct tally {
    u32 right, refused, wrong;
};

static void check_line(struct mem *mem, char *line, struct tally *tally)
{
    char *tab = strchr(line, '\t');
    assert_non_null(tab);
    *tab = '\0';
    char *wanted = tab + 1;
    wanted[strcspn(wanted, "\n")] = '\0';
    unescape(line);
    unescape(wanted);
    struct arena arena;
    arena_init(&arena, mem);
    const char *ours = answer(&arena, line);
    if (strcmp(ours, wanted) == 0) {
        tally->right++;
    } else if (is_refusal(ours)) {
        tally->refused++;
        if (getenv("WEIR_SHOW_REFUSED")) printf("%s\n  refused: %s\n", line, ours);
    } else {
        tally->wrong++;
        printf("%s\n  wanted %s\n  got    %s\n", line, wanted, ours);
    }
    arena_deinit(&arena);
}

static void check_file(const char *name, u32 refused_max)
{
    char path[512];
    snprintf(path, sizeof path, "%s/unit/data/golden/%s.golden", WEIR_TESTS_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct tally tally = { 0 };
    static char line[65536];
    while (fgets(line, sizeof line, file))
        check_line(&mem, line, &tally);
    fclose(file);
    mem_deinit(&mem);
    printf("%s: %u as PostgreSQL, %u refused, %u wrong\n", name, tally.right, tally.refused,
           tally.wrong);
    assert_true(tally.right > 0);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.refused <= refused_max);
}

TEST(func_numbers_answer_as_postgresql)
{
    check_file("numbers", 1);
}

TEST(func_functions_of_numbers_answer_as_postgresql)
{
    check_file("functions", 1);
}

TEST(func_comparisons_answer_as_postgresql)
{
    check_file("comparisons", 0);
}

TEST(func_texts_answer_as_postgresql)
{
    check_file("texts", 0);
}

TEST(func_patterns_answer_as_postgresql)
{
    check_file("patterns", 0);
}

TEST(func_times_answer_as_postgresql)
{
    /* A zone that is written out is refused before it is seen that nobody needs it. */
    check_file("times", 12);
}

TEST(func_to_char_answers_as_postgresql)
{
    check_file("to_char", 0);
}

TEST(func_casts_answer_as_postgresql)
{
    check_file("casts", 3);
}

TEST(func_errors_are_those_of_postgresql)
{
    check_file("errors", 0);
}
