/* No text overflows a stack or takes long: each form is tried at its full length and just below what
 * is refused. */
#include <stdio.h>

#include "tests/unit/plan/plan_test.h"

struct form {
    const char *name;
    const char *head, *open, *middle, *close, *tail;
    u32 count_min; /* of open: what must be read without complaint */
};

static const struct form forms[] = {
    { "plus", "SELECT 1", "+1", "", "", "", 2000 },
    { "concat", "SELECT a", "||b", "", "", "", 2000 },
    { "brackets", "SELECT ", "(", "1", ")", "", 2000 },
    { "nested select", "SELECT ", "(SELECT ", "1", ")", "", 500 },
    { "nested from", "SELECT * FROM ", "(SELECT * FROM ", "t", ") a", "", 500 },
    { "case", "SELECT ", "CASE WHEN a THEN ", "1", " END", "", 500 },
    { "and", "SELECT a", " AND a", "", "", "", 5000 },
    { "or", "SELECT a", " OR b AND c", "", "", "", 4000 },
    { "and in brackets", "SELECT ", "a AND (", "1", ")", "", 1000 },
    { "not", "SELECT ", "NOT ", "a", "", "", 2000 },
    { "minus", "SELECT ", "- ", "a", "", "", 2000 },
    { "join", "SELECT * FROM a", " NATURAL JOIN b", "", "", "", 2000 },
    { "cross join", "SELECT * FROM a", " CROSS JOIN b", "", "", "", 2000 },
    { "union", "SELECT 1", " UNION ALL SELECT 1", "", "", "", 2000 },
    { "union of lists", "SELECT 1, 2", " UNION ALL SELECT 1, 2", "", "", "", 2000 },
    { "cast", "SELECT 1", "::a", "", "", "", 2000 },
    { "is null", "SELECT 1", " ISNULL", "", "", "", 2000 },
    { "between", "SELECT ", "NOT a BETWEEN b AND ", "1", "", "", 500 },
    { "call", "SELECT ", "f(", "1", ")", "", 2000 },
    { "collate", "SELECT a", " COLLATE c", "", "", "", 2000 },
    { "array", "SELECT ", "ARRAY[", "1", "]", "", 2000 },
    { "subscript", "SELECT ", "a[", "1", "]", "", 1000 },
    { "exists", "SELECT ", "EXISTS (SELECT ", "1", ")", "", 500 },
    { "values", "VALUES ", "((VALUES ", "(1)", "))", "", 500 },
    { "over", "SELECT ", "f() OVER (PARTITION BY ", "1", ")", "", 500 },
    { "cube", "SELECT 1 GROUP BY ", "CUBE(", "1", ")", "", 1000 },
    { "with", "", "WITH a AS (", "SELECT 1", ") SELECT 1", "", 500 },
    { "type", "SELECT ", "1::a(", "1", ")", "", 0 },
    { "list", "SELECT 1", ",1", "", "", "", 100000 },
    { "rows", "VALUES (1)", ",(1)", "", "", "", 60000 },
    { "in", "SELECT a IN (1", ",1", "", "", ")", 100000 },
    { "quotes", "SELECT ", "'", "", "", "", 0 },
    { "names", "SELECT ", "\"", "", "", "", 0 },
    { "dollars", "SELECT ", "$", "", "", "", 0 },
    { "comments", "SELECT 1 ", "/*", "", "", "", 0 },
    { "closed comments", "SELECT 1 ", "+/**/", "1", "", "", 0 },
    { "operators", "SELECT 1 ", "+-", "1", "", "", 0 },
    { "short operators", "SELECT 1 ", "+- ", "1", "", "", 500 },
    { "semicolons", "SELECT 1", ";", "", "", "", 0 },
    { "stars", "SELECT 1", "*", "", "", "", 0 },
    { "set columns", "UPDATE t SET (a", ",a", ") = (1", ",1", ")", 0 },
    { "points", "SELECT a", ".a", "", "", "", 0 },
    { "sources", "CREATE SOURCE a (b int DEFAULT ", "(", "1", ")", ")", 2000 },
    { "subscriptions", "SUBSCRIBE ", "(SELECT * FROM ", "t", ") a", "", 0 },
    { "explain", "", "EXPLAIN ", "SELECT 1", "", "", 0 },
};

static struct slice form_text(struct buf *buf, const struct form *form, u32 count)
{
    buf_clear(buf);
    buf_puts(buf, form->head);
    for (u32 i = 0; i < count; i++)
        buf_puts(buf, form->open);
    buf_puts(buf, form->middle);
    for (u32 i = 0; i < count; i++)
        buf_puts(buf, form->close);
    buf_puts(buf, form->tail);
    return buf_slice(buf);
}

static u32 form_count_max(const struct form *form)
{
    size_t fixed = strlen(form->head) + strlen(form->middle) + strlen(form->tail);
    return (u32)((PARSE_SIZE_MAX - fixed) / (strlen(form->open) + strlen(form->close)));
}

static enum status form_parse(struct plan_fixture *fixture, const struct form *form, u32 count)
{
    struct slice text = form_text(&fixture->buf, form, count);
    struct syntax_statement *statement;
    arena_reset(&fixture->arena);
    enum status status =
        parse_statement(text, &plan_runner, &fixture->arena, &statement, &fixture->err);
    if (status) {
        assert_int_equal(strlen(fixture->err.sqlstate), 5);
        assert_true(fixture->err.message[0] != 0);
    }
    return status;
}

TEST(parse_holds_every_form_at_its_full_length)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (u32 i = 0; i < countof(forms); i++) {
        (void)form_parse(&fixture, &forms[i], form_count_max(&forms[i]));
    }
    plan_fixture_deinit(&fixture);
}

TEST(parse_holds_every_form_at_any_length)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (u32 i = 0; i < countof(forms); i++) {
        u32 count_max = form_count_max(&forms[i]);
        for (u32 count = 1000; count < count_max; count *= 2) {
            (void)form_parse(&fixture, &forms[i], count);
        }
    }
    plan_fixture_deinit(&fixture);
}

TEST(parse_reads_what_is_long_but_reasonable)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (u32 i = 0; i < countof(forms); i++) {
        if (forms[i].count_min == 0) continue;
        if (form_parse(&fixture, &forms[i], forms[i].count_min)) {
            fail_msg("%s: %s %s", forms[i].name, fixture.err.sqlstate, fixture.err.message);
        }
    }
    plan_fixture_deinit(&fixture);
}

TEST(parse_says_that_a_statement_is_too_complex)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    const char *deep[] = { "plus", "brackets", "nested select", "case",
                           "not",  "join",     "operators",     "set columns" };
    for (u32 i = 0; i < countof(deep); i++) {
        u32 index = 0;
        while (strcmp(forms[index].name, deep[i]) != 0)
            index += 1;
        assert_int_equal(form_parse(&fixture, &forms[index], form_count_max(&forms[index])), FAIL);
        assert_string_equal(fixture.err.sqlstate, "54001");
        assert_string_equal(fixture.err.message, "statement is too complex");
    }
    plan_fixture_deinit(&fixture);
}

TEST(parse_refuses_a_statement_over_its_size)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct syntax_statement *statement;
    buf_puts(&fixture.buf, "SELECT 1 ");
    while (fixture.buf.size < PARSE_SIZE_MAX)
        buf_putc(&fixture.buf, ' ');
    assert_ok(
        parse_statement(buf_slice(&fixture.buf), NULL, &fixture.arena, &statement, &fixture.err),
        &fixture.err);
    buf_putc(&fixture.buf, ' ');
    assert_int_equal(
        parse_statement(buf_slice(&fixture.buf), NULL, &fixture.arena, &statement, &fixture.err),
        FAIL);
    assert_string_equal(fixture.err.sqlstate, "54000");
    plan_fixture_deinit(&fixture);
}

TEST(parse_without_a_runner_refuses_what_needs_one)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct syntax_statement *statement;
    struct slice text = form_text(&fixture.buf, &forms[0], 1000);
    assert_int_equal(parse_statement(text, NULL, &fixture.arena, &statement, &fixture.err), FAIL);
    assert_string_equal(fixture.err.sqlstate, "54001");
    text = form_text(&fixture.buf, &forms[0], 100);
    assert_ok(parse_statement(text, NULL, &fixture.arena, &statement, &fixture.err), &fixture.err);
    plan_fixture_deinit(&fixture);
}
