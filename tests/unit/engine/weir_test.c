#include "weir.h"

#include <string.h>

#include "tests/test.h"

static void assert_pushes_badly(struct weir *weir, const char *format, const char *bytes,
                                const char *sqlstate, i64 row, i64 byte)
{
    struct weir_error error;
    assert_int_equal(weir_push(weir, "t", format, bytes, strlen(bytes), NULL, NULL, &error),
                     WEIR_FAILED);
    if (strcmp(error.sqlstate, sqlstate) != 0 || error.row != row || error.byte != byte)
        fail_msg("%s: %s %s, row %lld, byte %lld", bytes, error.sqlstate, error.message,
                 (long long)error.row, (long long)error.byte);
}

TEST(what_is_pushed_badly_is_told_by_row_and_byte)
{
    struct weir *weir;
    struct weir_error error;
    u64 row_count;
    assert_int_equal(weir_open(&weir, &(struct weir_options){ .data_dir = NULL }, &error), WEIR_OK);
    assert_int_equal(
        weir_exec(weir, "CREATE TABLE t (a int PRIMARY KEY, b text NOT NULL)", NULL, NULL, &error),
        WEIR_OK);
    assert_pushes_badly(weir, "ndjson", "{\"a\":1,\"b\":\"\"}\n\n {\"a\":1,\"b\":\"\"}\n", "23505",
                        2, 16);
    assert_pushes_badly(weir, "json", "[{\"a\":1,\"b\":\"\"}, {\"a\":2}]", "23502", 2, 17);
    assert_pushes_badly(weir, "csv", "a,b\n1,x\n2,y\n1,z\n", "23505", 3, 12);
    assert_pushes_badly(weir, "csv", "a,b\n1,x\nz,y\n", "22P02", 2, 8);
    assert_int_equal(weir_push(weir, "t", "csv", "a,b\n1,x\n", 8, &row_count, NULL, &error),
                     WEIR_OK);
    assert_int_equal(row_count, 1);
    weir_close(weir);
}
