#include "base/status.h"

#include <string.h>

#include "base/utf8.h"
#include "tests/test.h"

TEST(err_message_is_cut_between_characters)
{
    char text[600];
    for (u32 start = 0; start < 4; start++) {
        memset(text, 'a', start);
        for (u32 index = start; index + 4 < sizeof text; index += 4)
            memcpy(text + index, "\xF0\x9F\x98\x80", 5);
        struct err err;
        assert_int_equal(err_set(&err, "22P02", "%s", text), FAIL);
        struct slice message = slice_of(err.message);
        assert_int_equal(utf8_check(message), message.size);
        assert_true(message.size > sizeof err.message - 5);
    }
}
