#include "wire/pgrst.h"

#include "tests/test.h"
#include "wire/http1_write.h"

TEST(pgrst_answers_codes_with_statuses)
{
    static const struct {
        const char *code;
        u32 status;
    } cases[] = {
        { "PGRST100", 400 }, { "PGRST103", 416 }, { "PGRST116", 406 }, { "PGRST122", 400 },
        { "22P02", 400 },    { "42601", 400 },    { "42703", 400 },    { "0A000", 400 },
        { "42P01", 404 },    { "23505", 409 },    { "23502", 409 },    { "54000", 413 },
        { "53200", 503 },    { "53400", 503 },    { "55000", 503 },    { "55006", 500 },
        { "57014", 503 },    { "57P01", 503 },    { "58030", 500 },    { "XX001", 500 },
        { "42501", 403 },    { "25006", 405 },    { "P0001", 400 },    { "", 400 },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        if (pgrst_status(cases[index].code) != cases[index].status)
            fail_msg("%u for %s", pgrst_status(cases[index].code), cases[index].code);
        assert_true(strlen(http1_write_phrase(cases[index].status)) > 0);
    }
}
