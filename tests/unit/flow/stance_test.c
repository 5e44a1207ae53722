#include "flow/stance.h"

#include "tests/test.h"

static enum status set(struct stance_options *options, enum stance_where where, const char *name,
                       const char *value, struct err *err)
{
    bool known;
    enum status status = stance_set(options, where, slice_of(name), value, &known, err);
    if (!status) assert_true(known);
    return status;
}

/* Sets stance and, where it needs one, its parameter. */
static enum status check(const char *stance, enum stance_where where, struct err *err)
{
    struct stance_options options;
    stance_options_init(&options);
    assert_ok(set(&options, where, "stance", stance, err), err);
    if (options.stance == STANCE_EXPIRE) assert_ok(set(&options, where, "max_age", "1s", err), err);
    if (options.stance == STANCE_THIN) assert_ok(set(&options, where, "keep", "1/10", err), err);
    if (options.stance == STANCE_DROP_PRIORITY)
        assert_ok(set(&options, where, "priority", "level", err), err);
    return stance_check(&options, where, "totals", err);
}

TEST(stances_that_drop_single_records_are_refused_where_that_leaves_a_view_wrong)
{
    struct err err;
    for (u32 stance = 0; stance < STANCE_COUNT; stance++) {
        const char *name = stance_name(stance);
        assert_int_equal(stance_find(slice_of(name)), stance);
        for (u32 where = STANCE_EVENTS; where <= STANCE_VIEW; where *= 2) {
            bool good = stance_where(stance) & where;
            assert_int_equal(check(name, where, &err), good ? OK : FAIL);
            if (good) continue;
            assert_string_equal(err.sqlstate, "42P17");
            assert_true(err.detail[0] && err.hint[0]);
        }
    }
    static const char *const unsound[] = { "latest",        "drop_newest", "drop_oldest",
                                           "drop_priority", "thin",        "expire" };
    for (u32 i = 0; i < countof(unsound); i++) {
        assert_int_equal(check(unsound[i], STANCE_VIEW, &err), FAIL);
        assert_int_equal(check(unsound[i], STANCE_KEYED, &err), FAIL);
        assert_int_equal(check(unsound[i], STANCE_EVENTS, &err), OK);
    }
    assert_int_equal(check("conflate", STANCE_EVENTS, &err), FAIL);
    assert_int_equal(check("every", STANCE_EVENTS, &err), FAIL);
}

TEST(stance_needs_its_parameter_and_refuses_those_of_others)
{
    struct err err;
    struct stance_options options;
    static const struct {
        const char *stance, *name, *value, *says;
    } cases[] = {
        { "expire", NULL, NULL, "stance \"expire\" needs \"max_age\"" },
        { "thin", NULL, NULL, "stance \"thin\" needs \"keep\"" },
        { "drop_priority", NULL, NULL, "stance \"drop_priority\" needs \"priority\"" },
        { "block", "max_age", "1s", "\"max_age\" is for stance \"expire\" only" },
        { "block", "keep", "10%", "\"keep\" is for stance \"thin\" only" },
        { "latest", "priority", "x", "\"priority\" is for stance \"drop_priority\" only" },
        { "latest", "min_share", "5%", "\"min_share\" is for stance \"drop_priority\" only" },
    };
    for (u32 i = 0; i < countof(cases); i++) {
        stance_options_init(&options);
        assert_ok(set(&options, STANCE_EVENTS, "stance", cases[i].stance, &err), &err);
        if (cases[i].name)
            assert_ok(set(&options, STANCE_EVENTS, cases[i].name, cases[i].value, &err), &err);
        assert_int_equal(stance_check(&options, STANCE_EVENTS, "pipe", &err), FAIL);
        assert_string_equal(err.sqlstate, "22023");
        assert_string_equal(err.message, cases[i].says);
    }
}

TEST(stance_values_that_mean_nothing_are_refused)
{
    struct err err;
    struct stance_options options;
    static const char *const cases[][2] = {
        { "stance", "drop" },    { "protect", "all" }, { "max_items", "0" },   { "max_items", "x" },
        { "max_bytes", "0" },    { "max_age", "0" },   { "max_age", "5" },     { "rate", "0/s" },
        { "rate", "10/parsec" }, { "keep", "0" },      { "min_share", "20%" }, { "keep", "3/2" },
    };
    stance_options_init(&options);
    for (u32 i = 0; i < countof(cases); i++) {
        assert_int_equal(set(&options, STANCE_EVENTS, cases[i][0], cases[i][1], &err), FAIL);
        assert_string_equal(err.sqlstate, "22023");
    }
    bool known;
    assert_ok(stance_set(&options, STANCE_EVENTS, SLICE("colour"), "red", &known, &err), &err);
    assert_false(known);
}

TEST(protect_chooses_the_stance_for_what_passes)
{
    static const struct {
        const char *protect;
        enum stance_where where;
        enum stance stance;
    } cases[] = {
        { "integrity", STANCE_EVENTS, STANCE_BLOCK },
        { "integrity", STANCE_VIEW, STANCE_BLOCK },
        { "timeliness", STANCE_EVENTS, STANCE_EXPIRE },
        { "timeliness", STANCE_VIEW, STANCE_CONFLATE },
        { "stability", STANCE_EVENTS, STANCE_PULL },
        { "stability", STANCE_VIEW, STANCE_PULL },
    };
    struct err err;
    for (u32 i = 0; i < countof(cases); i++) {
        struct stance_options options;
        stance_options_init(&options);
        assert_ok(set(&options, cases[i].where, "protect", cases[i].protect, &err), &err);
        assert_int_equal(options.stance, cases[i].stance);
    }
}

TEST(stance_without_bounds_gets_bounds)
{
    struct err err;
    struct stance_options options;
    stance_options_init(&options);
    assert_ok(stance_check(&options, STANCE_EVENTS, "pipe", &err), &err);
    assert_int_equal(options.items_max, STANCE_ITEMS_MAX_DEFAULT);
    assert_int_equal(options.size_max, STANCE_SIZE_MAX_DEFAULT);
}
