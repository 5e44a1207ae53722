#include "data/value.h"

#include "data/decimal.h"
#include "tests/test.h"
#include "tests/unit/data/random_batch.h"

struct fixture {
    struct mem mem;
    struct arena arena;
    struct buf buf;
};

static void setup(struct fixture *fixture)
{
    mem_init(&fixture->mem, "test", NULL, 0);
    arena_init(&fixture->arena, &fixture->mem);
    buf_init(&fixture->buf, &fixture->mem);
}

static void teardown(struct fixture *fixture)
{
    buf_deinit(&fixture->buf);
    arena_deinit(&fixture->arena);
    mem_deinit(&fixture->mem);
}

TEST(value_of_every_type_reads_back_from_its_text)
{
    struct fixture f;
    struct err err;
    setup(&f);
    struct rand rand = { test_seed(1) };
    for (u32 round = 0; round < test_rounds(20000); round++) {
        arena_reset(&f.arena);
        struct type type = random_type(round);
        struct value value = random_value(&rand, type, &f.arena), back;
        buf_clear(&f.buf);
        value_print(&value, &f.buf);
        assert_ok(value_parse(type, buf_slice(&f.buf), &f.arena, &back, &err), &err);
        struct column a = column_make(&f.arena, type, 2);
        value_put(&value, &a, 0, &f.arena, 2);
        value_put(&back, &a, 1, &f.arena, 2);
        if (type.id == TYPE_FLOAT8 || type.id == TYPE_FLOAT4)
            assert_int_equal(column_compare(&a, 0, &a, 1), 0); /* a NaN has many forms */
        else
            assert_true(column_identical(&a, 0, &a, 1));
        if (type_phys(type) == PHYS_STR) continue;
        char text[VALUE_TEXT_MAX];
        assert_int_equal(value_print_at(&a, 1, text), f.buf.size);
        assert_memory_equal(text, f.buf.data, f.buf.size);
    }
    teardown(&f);
}

static void assert_error(struct type type, const char *text, const char *sqlstate,
                         const char *message)
{
    struct fixture f;
    struct value value;
    struct err err;
    setup(&f);
    assert_int_equal(value_parse(type, slice_of(text), &f.arena, &value, &err), FAIL);
    assert_string_equal(err.sqlstate, sqlstate);
    assert_string_equal(err.message, message);
    teardown(&f);
}

TEST(value_strings_keep_to_their_length)
{
    struct type varchar = { .id = TYPE_VARCHAR, .length = 3 };
    struct type bpchar = { .id = TYPE_BPCHAR, .length = 5 };
    assert_error(varchar, "abcd", "22001", "value too long for type character varying(3)");
    assert_error(bpchar, "abcdef", "22001", "value too long for type character(5)");
    assert_error(TYPE(TEXT), "a\xC3", "22021", "invalid byte sequence for encoding \"UTF8\": 0xc3");

    struct fixture f;
    struct value value;
    setup(&f);
    assert_int_equal(
        value_parse(varchar, SLICE("\xC3\xA4\xC3\xB6\xC3\xBC  "), &f.arena, &value, NULL), OK);
    assert_true(slice_is(str_slice(&value.str), "\xC3\xA4\xC3\xB6\xC3\xBC"));
    assert_int_equal(value_parse(bpchar, SLICE("\xC3\xA4 b  "), &f.arena, &value, NULL), OK);
    assert_true(slice_is(str_slice(&value.str), "\xC3\xA4 b"));
    value_print(&value, &f.buf);
    assert_true(slice_is(buf_slice(&f.buf), "\xC3\xA4 b  "));
    teardown(&f);
}

TEST(value_errors_are_in_postgresqls_words)
{
    struct type numeric = { .id = TYPE_NUMERIC, .precision = 5, .scale = 2 };
    assert_error(TYPE(INT4), "x", "22P02", "invalid input syntax for type integer: \"x\"");
    assert_error(TYPE(INT2), "40000", "22003", "value \"40000\" is out of range for type smallint");
    assert_error(TYPE(FLOAT8), "1e999", "22003",
                 "\"1e999\" is out of range for type double precision");
    assert_error(numeric, "12345", "22003", "numeric field overflow");
    assert_error(TYPE(NUMERIC), "NaN", "0A000",
                 "NaN and infinity are not supported for type numeric");
    assert_error(TYPE(TIMESTAMP), "300000-01-01", "22008",
                 "timestamp out of range: \"300000-01-01\"");
    assert_error(TYPE(BYTEA), "\\xg", "22023", "invalid hexadecimal digit: \"g\"");
}
