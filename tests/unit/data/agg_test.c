#include "data/agg.h"

#include <string.h>

#include "tests/test.h"

/* "kind result cast" of an aggregate over one argument, or the error's SQLSTATE. */
static void check(const char *name, struct type arg, enum agg_kind kind, struct type result,
                  struct type cast)
{
    const struct agg *agg;
    struct type given_cast, given_result;
    struct err err;
    assert_ok(agg_find(slice_of(name), &arg, 1, false, &agg, &given_cast, &given_result, &err),
              &err);
    assert_int_equal(agg->kind, kind);
    assert_true(type_equal(given_result, result));
    assert_true(type_equal(given_cast, cast));
}

static void check_fails(const char *name, struct type arg, u32 arg_count, bool is_star,
                        const char *sqlstate, const char *message)
{
    const struct agg *agg;
    struct type cast, result, args[2] = { arg, arg };
    struct err err;
    assert_int_equal(agg_find(slice_of(name), args, arg_count, is_star, &agg, &cast, &result, &err),
                     FAIL);
    assert_string_equal(err.sqlstate, sqlstate);
    assert_string_equal(err.message, message);
}

static const struct type money = { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 };
static const struct type name20 = { .id = TYPE_VARCHAR, .length = 20 };

TEST(agg_results_have_the_types_of_postgresql)
{
    check("sum", TYPE(INT2), AGG_SUM, TYPE(INT8), TYPE(INT2));
    check("sum", TYPE(INT4), AGG_SUM, TYPE(INT8), TYPE(INT4));
    check("sum", TYPE(INT8), AGG_SUM, TYPE(NUMERIC), TYPE(INT8));
    check("sum", TYPE(FLOAT4), AGG_SUM, TYPE(FLOAT4), TYPE(FLOAT4));
    check("sum", money, AGG_SUM, TYPE(NUMERIC), money);
    check("sum", TYPE(INTERVAL), AGG_SUM, TYPE(INTERVAL), TYPE(INTERVAL));
    check("avg", TYPE(INT4), AGG_AVG, TYPE(NUMERIC), TYPE(INT4));
    check("avg", TYPE(FLOAT4), AGG_AVG, TYPE(FLOAT8), TYPE(FLOAT4));
    check("avg", money, AGG_AVG, TYPE(NUMERIC), money);
    check("count", name20, AGG_COUNT, TYPE(INT8), name20);
    check("every", TYPE(BOOL), AGG_BOOL_AND, TYPE(BOOL), TYPE(BOOL));
    check("bool_or", TYPE(UNKNOWN), AGG_BOOL_OR, TYPE(BOOL), TYPE(BOOL));
}

TEST(agg_min_and_max_keep_what_they_look_at)
{
    check("min", TYPE(INT2), AGG_MIN, TYPE(INT2), TYPE(INT2));
    check("max", money, AGG_MAX, money, money);
    check("max", name20, AGG_MAX, TYPE(TEXT), TYPE(TEXT));
    check("min", TYPE(DATE), AGG_MIN, TYPE(DATE), TYPE(DATE));
    check("max", TYPE(UNKNOWN), AGG_MAX, TYPE(TEXT), TYPE(TEXT));
}

TEST(agg_star_is_for_count_alone)
{
    const struct agg *agg;
    struct type cast, result;
    struct err err;
    assert_ok(agg_find(SLICE("count"), NULL, 0, true, &agg, &cast, &result, &err), &err);
    assert_int_equal(agg->kind, AGG_COUNT_ROWS);
    check_fails("sum", TYPE(INT4), 0, true, "42883", "function sum() does not exist");
    check_fails("count", TYPE(INT4), 0, false, "42809",
                "count(*) must be used to call a parameterless aggregate function");
}

TEST(agg_refuses_by_name_what_is_not_there)
{
    check_fails("sum", TYPE(TEXT), 1, false, "42883", "function sum(text) does not exist");
    check_fails("min", TYPE(BOOL), 1, false, "42883", "function min(boolean) does not exist");
    check_fails("sum", TYPE(INT4), 2, false, "42883",
                "function sum(integer, integer) does not exist");
    check_fails("stddev", TYPE(INT4), 1, false, "0A000",
                "aggregate function stddev is not supported");
    check_fails("sum", TYPE(UNKNOWN), 1, false, "42725", "function sum(unknown) is not unique");
    assert_true(agg_is_name(SLICE("string_agg")));
    assert_false(agg_is_name(SLICE("lower")));
}
