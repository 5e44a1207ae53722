#include "wire/field.h"

#include "tests/test.h"

/* RFC 9110 5.6.1: lists may have empty elements; quoted strings hide commas. */
TEST(field_walks_the_elements_of_a_list)
{
    static const char *const expected[] = { "a", "b;c=\"d, e\"", "\"f\\\", g\"", "h i" };
    struct slice rest = SLICE(" ,a ,, b;c=\"d, e\",\"f\\\", g\",\th i\t, "), element;
    size_t count = 0;
    while (field_next_element(&rest, &element)) {
        assert_true(count < countof(expected));
        assert_true(slice_is(element, expected[count]));
        count++;
    }
    assert_int_equal(count, countof(expected));
    rest = slice_make(NULL, 0);
    assert_false(field_next_element(&rest, &element));
    rest = SLICE("\"unclosed, ");
    assert_true(field_next_element(&rest, &element));
    assert_true(slice_is(element, "\"unclosed,"));
}

/* RFC 9110 5.6.6. */
TEST(field_walks_parameters)
{
    struct slice rest, name, value;
    assert_true(slice_is(field_main(SLICE(" a/b ; c=d;E = \"f;g\" ;h"), &rest), "a/b"));
    assert_true(field_next_parameter(&rest, &name, &value));
    assert_true(slice_is(name, "c") && slice_is(value, "d"));
    assert_true(field_next_parameter(&rest, &name, &value));
    assert_true(slice_is(name, "E") && slice_is(value, "f;g"));
    assert_true(field_next_parameter(&rest, &name, &value));
    assert_true(slice_is(name, "h") && value.data == NULL);
    assert_false(field_next_parameter(&rest, &name, &value));
}

TEST(field_numbers_are_digits_within_64_bits)
{
    u64 number;
    assert_true(field_parse_u64(SLICE("0"), &number) && number == 0);
    assert_true(field_parse_u64(SLICE("18446744073709551615"), &number) && number == UINT64_MAX);
    static const char *const bad[] = { "", " 1", "1 ", "-1", "+1", "1a", "18446744073709551616" };
    for (size_t index = 0; index < countof(bad); index++)
        assert_false(field_parse_u64(slice_of(bad[index]), &number));
}
