#include "wire/prefer.h"

#include "tests/test.h"

static struct prefer prefer;

static void parse(const char *line)
{
    prefer = (struct prefer){ .has_max_affected = false };
    prefer_add(&prefer, slice_of(line));
}

static void expect_applied(const char *expected)
{
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct buf out;
    buf_init(&out, &mem);
    prefer_write_applied(&prefer, &out);
    if (!slice_is(buf_slice(&out), expected))
        fail_msg("\"%.*s\" instead of \"%s\"", (int)out.size, out.data, expected);
    buf_deinit(&out);
    mem_deinit(&mem);
}

TEST(prefer_reads_all_of_postgrests)
{
    parse("return=representation, resolution=merge-duplicates,count=exact, missing=default,"
          "handling=strict,tx=rollback,max-affected=5");
    assert_int_equal(prefer.returning, PREFER_RETURN_REPRESENTATION);
    assert_int_equal(prefer.resolution, PREFER_RESOLUTION_MERGE_DUPLICATES);
    assert_int_equal(prefer.count, PREFER_COUNT_EXACT);
    assert_int_equal(prefer.missing, PREFER_MISSING_DEFAULT);
    assert_int_equal(prefer.handling, PREFER_HANDLING_STRICT);
    assert_int_equal(prefer.tx, PREFER_TX_ROLLBACK);
    assert_true(prefer.has_max_affected && prefer.max_affected == 5);
    assert_string_equal(prefer.invalid, "");
    struct err err;
    assert_ok(prefer_check(&prefer, &err), &err);
    expect_applied("resolution=merge-duplicates, missing=default, return=representation, "
                   "count=exact, tx=rollback, handling=strict, max-affected=5");
    parse("");
    expect_applied("");
}

/* RFC 7240 2: the first mention counts, names have no case, values may be quoted. */
TEST(prefer_takes_the_first_mention)
{
    parse("Return=\"Minimal\"; foo=bar, return=representation");
    prefer_add(&prefer, SLICE("count=planned, return=representation"));
    assert_int_equal(prefer.returning, PREFER_RETURN_MINIMAL);
    assert_int_equal(prefer.count, PREFER_COUNT_PLANNED);
}

TEST(prefer_ignores_what_it_does_not_know_unless_strict)
{
    struct err err;
    parse("respond-async, return=everything, wait=10, return=minimal");
    assert_int_equal(prefer.returning, PREFER_RETURN_MINIMAL);
    assert_string_equal(prefer.invalid, "respond-async, return=everything, wait=10");
    assert_ok(prefer_check(&prefer, &err), &err);
    prefer_add(&prefer, SLICE("handling=strict, max-affected=x"));
    assert_int_equal(prefer_check(&prefer, &err), FAIL);
    assert_string_equal(err.sqlstate, "PGRST122");
    assert_string_equal(err.detail, "Invalid preferences: respond-async, return=everything, "
                                    "wait=10, max-affected=x");
}

TEST(prefer_bounds_what_it_repeats)
{
    char line[2000] = "";
    for (u32 count = 0; count < 100; count++)
        strcat(line, "unknown-thing,");
    parse(line);
    assert_true(strlen(prefer.invalid) < sizeof prefer.invalid);
    assert_true(strlen(prefer.invalid) > 200);
}
