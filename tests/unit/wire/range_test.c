#include "wire/range.h"

#include "tests/test.h"

static struct err err;
static const struct slice none;

static struct range parsed(const char *text)
{
    struct range range;
    assert_ok(range_parse(slice_of(text), none, &range, &err), &err);
    return range;
}

TEST(range_is_first_and_last_row)
{
    struct range range = parsed("0-9");
    assert_true(range.offset == 0 && range.has_limit && range.limit == 10);
    range = parsed("5-5");
    assert_true(range.offset == 5 && range.limit == 1);
    range = parsed("7-");
    assert_true(range.offset == 7 && !range.has_limit);
    range = parsed("0-9223372036854775807");
    assert_true(range.limit == (u64)INT64_MAX + 1);
    range = parsed("99999999999999999999-");
    assert_true(range.offset == INT64_MAX);
}

/* RFC 9110 14.2: what is not understood is ignored. */
TEST(range_of_another_form_or_unit_is_ignored)
{
    static const char *const texts[] = { "",    "-",     "-5",   "bytes=0-9", "0-9,20-29",
                                         "a-b", "0 - 9", "0-9x", "5" };
    for (size_t index = 0; index < countof(texts); index++) {
        struct range range = parsed(texts[index]);
        assert_true(range.offset == 0 && !range.has_limit);
    }
    struct range range;
    assert_ok(range_parse(SLICE("2-3"), SLICE("bytes"), &range, &err), &err);
    assert_int_equal(range.offset, 0);
    assert_ok(range_parse(SLICE("2-3"), SLICE("Items"), &range, &err), &err);
    assert_int_equal(range.offset, 2);
    assert_ok(range_parse(none, none, &range, &err), &err);
    assert_false(range.has_limit);
}

TEST(range_that_ends_before_it_starts_is_416)
{
    struct range range;
    assert_int_equal(range_parse(SLICE("9-0"), none, &range, &err), FAIL);
    assert_string_equal(err.sqlstate, "PGRST103");
}

TEST(range_intersects_with_limit_and_offset)
{
    struct range range;
    struct range limit = { .offset = 5, .has_limit = true, .limit = 10 };
    assert_ok(range_intersect(parsed("0-9"), limit, &range, &err), &err);
    assert_true(range.offset == 5 && range.has_limit && range.limit == 5);
    assert_ok(range_intersect(parsed("7-"), limit, &range, &err), &err);
    assert_true(range.offset == 7 && range.limit == 8);
    assert_ok(range_intersect(parsed(""), (struct range){ .offset = 3 }, &range, &err), &err);
    assert_true(range.offset == 3 && !range.has_limit);
    assert_int_equal(range_intersect(parsed("20-29"), limit, &range, &err), FAIL);
    assert_string_equal(err.sqlstate, "PGRST103");
    limit.limit = 0;
    assert_ok(range_intersect(parsed("20-29"), limit, &range, &err), &err);
    assert_true(range.has_limit && range.limit == 0);
    limit = (struct range){ .offset = INT64_MAX, .has_limit = true, .limit = UINT64_MAX };
    assert_ok(range_intersect(parsed(""), limit, &range, &err), &err);
}

TEST(range_is_written_as_content_range)
{
    static const struct {
        u64 offset, count;
        i64 total;
        const char *text;
        u32 status;
    } cases[] = {
        { 0, 10, 100, "0-9/100", 206 }, { 0, 3, 3, "0-2/3", 200 },
        { 5, 1, -1, "5-5/*", 200 },     { 0, 0, 0, "*/0", 200 },
        { 0, 0, -1, "*/*", 200 },       { 9, 0, 3, "*/3", 416 },
        { 3, 0, 3, "*/3", 206 },        { 90, 10, 100, "90-99/100", 206 },
    };
    struct mem mem;
    mem_init(&mem, "test", NULL, 0);
    struct buf out;
    buf_init(&out, &mem);
    for (size_t index = 0; index < countof(cases); index++) {
        buf_clear(&out);
        range_write(cases[index].offset, cases[index].count, cases[index].total, &out);
        assert_true(slice_is(buf_slice(&out), cases[index].text));
        assert_int_equal(range_status(cases[index].offset, cases[index].count, cases[index].total),
                         cases[index].status);
    }
    buf_deinit(&out);
    mem_deinit(&mem);
}
