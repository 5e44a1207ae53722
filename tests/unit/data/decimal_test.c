#include "data/decimal.h"

#include "tests/test.h"

static struct decimal parse(const char *text)
{
    struct decimal out = { 0 };
    assert_int_equal(decimal_parse(slice_of(text), 0, 0, &out), FLAW_NONE);
    return out;
}

static void assert_text(const struct decimal *a, const char *text)
{
    char out[DECIMAL_TEXT_MAX + 1];
    out[decimal_print(a, out)] = '\0';
    assert_string_equal(out, text);
}

TEST(decimal_keeps_the_scale_that_was_written)
{
    struct decimal a = parse(" -001.500 ");
    assert_text(&a, "-1.500");
    a = parse("1.5e-3");
    assert_text(&a, "0.0015");
    a = parse("1.5e3");
    assert_text(&a, "1500");
}

TEST(decimal_refuses_what_has_more_than_38_digits)
{
    struct decimal a, b = parse("99999999999999999999999999999999999999");
    assert_int_equal(decimal_parse(SLICE("100000000000000000000000000000000000000"), 0, 0, &a),
                     FLAW_NUMERIC);
    assert_int_equal(decimal_add(&b, &b, &a), FLAW_NUMERIC);
    struct decimal negative = decimal_negate(&b);
    assert_int_equal(decimal_subtract(&negative, &b, &a), FLAW_NUMERIC);
    assert_int_equal(decimal_multiply(&b, &b, &a), FLAW_NUMERIC);
    struct decimal tiny = parse("0.1");
    assert_int_equal(decimal_add(&b, &tiny, &a), FLAW_NUMERIC);
}

TEST(decimal_of_any_length_is_rounded_to_its_type)
{
    struct decimal a;
    const char *text = "0.12500000000000000000000000000000000000000000000000000001";
    assert_int_equal(decimal_parse(slice_of(text), 5, 2, &a), FLAW_NONE);
    assert_text(&a, "0.13");
    assert_int_equal(decimal_parse(SLICE("999.995"), 5, 2, &a), FLAW_NUMERIC_FIELD);
    struct err err;
    assert_int_equal(decimal_fit_error(5, 2, &err), FAIL);
    assert_string_equal(err.detail, "A field with precision 5, scale 2 must round to an absolute "
                                    "value less than 10^3.");
}

TEST(decimal_equal_values_hash_alike_at_any_scale)
{
    struct decimal a = parse("1500"), b = parse("1500.00000000000000000000");
    struct decimal zero = parse("0"), zeros = parse("0.00000000000000000");
    assert_int_equal(decimal_compare(&a, &b), 0);
    assert_true(decimal_hash(&a, 7) == decimal_hash(&b, 7));
    assert_true(decimal_hash(&zero, 7) == decimal_hash(&zeros, 7));
}

TEST(decimal_compare_aligns_without_overflow)
{
    struct decimal large = parse("99999999999999999999999999999999999999");
    struct decimal small = parse("0.00000000000000000000000000000000000001");
    assert_true(decimal_compare(&large, &small) > 0);
    assert_true(decimal_compare(&small, &large) < 0);
    struct decimal negative = decimal_negate(&large);
    assert_true(decimal_compare(&negative, &small) < 0);
}
