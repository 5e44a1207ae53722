#include "base/nearest.h"

#include "tests/test.h"

TEST(names_are_near_by_what_it_takes_to_write_one_for_the_other)
{
    assert_int_equal(nearest_distance("product", "product"), 0);
    assert_int_equal(nearest_distance("prodcut", "product"), 2);
    assert_int_equal(nearest_distance("", "abc"), 3);
    assert_int_equal(nearest_distance("kitten", "sitting"), 3);
}

TEST(the_nearest_name_is_one_or_none)
{
    struct nearest nearest = nearest_make("pric");
    nearest_look(&nearest, "price");
    nearest_look(&nearest, "name");
    assert_string_equal(nearest_found(&nearest), "price");
    nearest_look(&nearest, "prick");
    assert_null(nearest_found(&nearest)); /* equally near */
    nearest = nearest_make("id");
    nearest_look(&nearest, "name");
    assert_null(nearest_found(&nearest)); /* too far for a short one */
    nearest_look(&nearest, "a_name_that_is_much_longer_than_any_that_people_would_want_to_type");
    assert_null(nearest_found(&nearest));
}
