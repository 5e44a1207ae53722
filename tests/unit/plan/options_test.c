#include "plan/options.h"

#include "tests/unit/plan/plan_test.h"

struct values {
    bool is_on;
    u64 count;
    u64 size;
    i64 duration_us;
    const char *text;
};

static const struct options_spec specs[] = {
    { "is_on", OPTIONS_BOOL, offsetof(struct values, is_on) },
    { "count", OPTIONS_COUNT, offsetof(struct values, count) },
    { "size", OPTIONS_SIZE, offsetof(struct values, size) },
    { "duration", OPTIONS_DURATION, offsetof(struct values, duration_us) },
    { "text", OPTIONS_STRING, offsetof(struct values, text) },
};

static enum status read(struct plan_fixture *fixture, const char *with, struct values *values)
{
    const char *sql = arena_format(&fixture->arena, "SUBSCRIBE a WITH (%s)", with);
    struct syntax_statement *statement = plan_parse(fixture, sql);
    err_clear(&fixture->err);
    return options_read(&statement->subscribe->options, specs, countof(specs), values,
                        statement->text, &fixture->err);
}

TEST(options_read_fills_each_kind)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct values values = { .count = 7 };
    assert_ok(read(&fixture, "is_on, size = '64MB', duration = '250ms', text = kafka", &values),
              &fixture.err);
    assert_true(values.is_on);
    assert_int_equal(values.count, 7);
    assert_int_equal(values.size, MIB(64));
    assert_int_equal(values.duration_us, 250000);
    assert_string_equal(values.text, "kafka");
    assert_ok(read(&fixture, "is_on = off, count = '12', size = 100, text = 5", &values),
              &fixture.err);
    assert_false(values.is_on);
    assert_int_equal(values.count, 12);
    assert_int_equal(values.size, 100);
    assert_string_equal(values.text, "5");
    plan_fixture_deinit(&fixture);
}

TEST(options_read_says_what_there_is)
{
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    struct values values;
    assert_int_equal(read(&fixture, "text = 'x', colour = 'red'", &values), FAIL);
    assert_string_equal(fixture.err.message, "unrecognized parameter \"colour\"");
    assert_string_equal(fixture.err.hint, "There are: is_on, count, size, duration, text.");
    assert_int_equal(fixture.err.position, 31);
    plan_fixture_deinit(&fixture);
}

TEST(options_read_refuses_other_values)
{
    static const char *const wrong[] = {
        "count = -1",        "count = 1.5",  "count = x",  "count",
        "size = '5 apples'", "duration = 5", "text",       "count = 99999999999999999999",
        "is_on = 2",         "is_on = 'o'",  "is_on = ''",
    };
    struct plan_fixture fixture;
    plan_fixture_init(&fixture);
    for (size_t i = 0; i < countof(wrong); i++) {
        struct values values;
        assert_int_equal(read(&fixture, wrong[i], &values), FAIL);
        assert_string_equal(fixture.err.sqlstate, "22023");
        assert_int_equal(fixture.err.position, 19);
    }
    plan_fixture_deinit(&fixture);
}

TEST(options_parse_bool_takes_postgresql_s_words)
{
    static const char *const on[] = { "true", "TRUE", "t", "tr", "yes", "y", "on", "1" };
    static const char *const off[] = { "false", "F", "no", "n", "off", "of", "0" };
    static const char *const neither[] = { "", "o", "2", "truer", "yess", "11", " t" };
    bool value = false;
    for (size_t i = 0; i < countof(on); i++) {
        assert_true(options_parse_bool(slice_of(on[i]), &value) && value);
    }
    for (size_t i = 0; i < countof(off); i++) {
        assert_true(options_parse_bool(slice_of(off[i]), &value) && !value);
    }
    for (size_t i = 0; i < countof(neither); i++) {
        assert_false(options_parse_bool(slice_of(neither[i]), &value));
    }
}
