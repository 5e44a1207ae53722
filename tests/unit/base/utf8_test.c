#include "base/utf8.h"

#include "base/rand.h"
#include "tests/test.h"

TEST(utf8_every_code_point_reads_back)
{
    for (u32 code = 1; code < 0x110000; code++) {
        char bytes[4];
        u32 size = utf8_encode(code, bytes), read;
        if (code >= 0xD800 && code < 0xE000) {
            assert_int_equal(size, 0);
            continue;
        }
        struct slice text = slice_make(bytes, size);
        assert_int_equal(utf8_check(text), size);
        assert_int_equal(utf8_decode(text, &read), code);
        assert_int_equal(read, size);
        assert_int_equal(utf8_length(text), 1);
        if (size > 1) assert_int_equal(utf8_check(slice_make(bytes, size - 1)), 0);
    }
    char bytes[4];
    assert_int_equal(utf8_encode(0x110000, bytes), 0);
}

TEST(utf8_check_names_the_first_wrong_byte)
{
    assert_int_equal(utf8_check(SLICE("plain text of some length")), 25);
    assert_int_equal(utf8_check(slice_make("eight by\0tes and more", 21)), 8);
    assert_int_equal(utf8_check(SLICE("abc\xC0\x80")), 3);         /* too long for its code */
    assert_int_equal(utf8_check(SLICE("abc\xED\xA0\x80")), 3);     /* a surrogate */
    assert_int_equal(utf8_check(SLICE("abc\xF4\x90\x80\x80")), 3); /* above U+10FFFF */
    assert_int_equal(utf8_check(SLICE("abc\x80")), 3);
    assert_int_equal(utf8_check(SLICE("")), 0);
}

TEST(utf8_offset_counts_code_points)
{
    struct slice text = SLICE("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80z");
    assert_int_equal(utf8_length(text), 5);
    assert_int_equal(utf8_offset(text, 0), 0);
    assert_int_equal(utf8_offset(text, 3), 6);
    assert_int_equal(utf8_offset(text, 5), 11);
    assert_int_equal(utf8_offset(text, 9), 11);
}
