#include "plan/lex.h"

#include "tests/unit/plan/plan_test.h"

/* Kinds as letters, one a token: w n s d p o and the punctuation itself. */
static const char *lex_kinds(struct plan_fixture *fixture, const char *text)
{
    static const char letters[] = { [LEX_WORD] = 'w',   [LEX_NAME] = 'n',  [LEX_STRING] = 's',
                                    [LEX_NUMBER] = 'd', [LEX_PARAM] = 'p', [LEX_OPERATOR] = 'o' };
    struct lex lex = lex_make(slice_of(text));
    buf_clear(&fixture->buf);
    u64 end = 0;
    for (struct lex_token token = lex_next(&lex); token.kind != LEX_END; token = lex_next(&lex)) {
        assert_true(token.offset >= end && token.text.size > 0);
        end = token.offset + token.text.size;
        bool is_punct = token.kind == LEX_PUNCT;
        buf_putc(&fixture->buf, is_punct ? token.text.data[0] : letters[token.kind]);
        if (token.is_open) buf_putc(&fixture->buf, '!');
    }
    buf_putc(&fixture->buf, 0);
    return fixture->buf.data;
}

TEST(lex_sees_tokens_as_postgresql_does)
{
    static const struct {
        const char *text, *kinds;
    } cases[] = {
        { "", "" },
        { "  -- a\n /* b /* c */ d */ ", "" },
        { "select a.b, \"c\"\"d\"", "ww.w,n" },
        { "'a''b' 'c'", "ss" },
        { "'a'\n'b' 'c'", "ss" },
        { "'a' -- x\n 'b'", "s" },
        { "'a' /* x\n */ 'b'", "ss" },
        { "E'a\\'b' e'\\\\'", "ss" },
        { "E'a'\n'b\\'c'", "s" },
        { "'a\\' b", "sw" },
        { "b'1' X'f' n'a' U&'a' u&\"b\" u & 'c'", "ssssnwos" },
        { "abce'x'", "ws" },
        { "$$a$$ $x$ $$ $y$ $x$ $1 $12a $", "sspp"
                                            "w$" },
        { "a$b$c $ä$ x $ä$", "ws" },
        { "1 1.5 .5 1. 1e5 1e 1.e2 1..2", "ddddddwdd.d" },
        { "a<-1 a<>-1 a@-1 a->b a->>b +-+", "woodwoodwodwowwowooo" },
        { "a+--x\nb*/*x*/c", "wowow" },
        { "a::b:=c[1:2]", "w:w:w[d:d]" },
        { "'a", "s!" },
        { "\"a", "n!" },
        { "$$a$", "s!" },
        { "E'a\\", "s!" },
        { "\x01 é", "\x01w" },
    };
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (size_t i = 0; i < countof(cases); i++) {
        assert_string_equal(lex_kinds(&fixture, cases[i].text), cases[i].kinds);
    }
    plan_fixture_deinit(&fixture);
}

TEST(lex_says_that_a_comment_is_open)
{
    struct lex lex = lex_make(SLICE("a /* b /* c */"));
    struct lex_token token = lex_next(&lex);
    assert_true(lex_is_word(&token, "a"));
    token = lex_next(&lex);
    assert_int_equal(token.kind, LEX_END);
    assert_true(token.is_open);
}

static struct lex_measure measure(struct plan_fixture *fixture, const char *text)
{
    return lex_measure(slice_of(text), &fixture->arena);
}

TEST(lex_measure_counts_a_path_not_a_list)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    assert_int_equal(measure(&fixture, "").depth, 0);
    assert_int_equal(measure(&fixture, "a").depth, 1);
    assert_int_equal(measure(&fixture, "a + b").depth, 3);
    assert_int_equal(measure(&fixture, "a, b, c, d + e").depth, 3);
    assert_int_equal(measure(&fixture, "f(a, b, c + d)").depth, 5);
    assert_int_equal(measure(&fixture, "f(a) + g(h(b))").depth, 8);
    assert_int_equal(measure(&fixture, "a, b union c, d union e, f").depth, 5);
    assert_int_equal(measure(&fixture, "((a").depth, 3);
    assert_int_equal(measure(&fixture, "a)) b").depth, 4);
    plan_fixture_deinit(&fixture);
}

TEST(lex_measure_knows_runs_and_rows)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    assert_int_equal(measure(&fixture, "a +-+ b /*** c ***/ '+-+-+-+-'").run_size, 4);
    assert_int_equal(measure(&fixture, "a +/**/+ b").run_size, 6);
    assert_int_equal(measure(&fixture, "-- +-+-+-+-\n a").run_size, 0);
    assert_int_equal(measure(&fixture, "SET (a, b, c) = (1, 2, 3, 4)").row_width, 3);
    assert_int_equal(measure(&fixture, "SET (a, b /* */ )\n=(1, 2), (a)=(1)").row_width, 2);
    assert_int_equal(measure(&fixture, "f(a, b) IN (c, d)").row_width, 0);
    plan_fixture_deinit(&fixture);
}

TEST(lex_measure_gives_up_where_brackets_are_too_many)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (u32 i = 0; i + 1 < LEX_LEVEL_MAX; i++)
        buf_putc(&fixture.buf, i % 2 ? '(' : '[');
    assert_int_equal(lex_measure(buf_slice(&fixture.buf), &fixture.arena).depth, LEX_LEVEL_MAX - 1);
    buf_putc(&fixture.buf, '(');
    assert_int_equal(lex_measure(buf_slice(&fixture.buf), &fixture.arena).depth, UINT32_MAX);
    plan_fixture_deinit(&fixture);
}
