#include "data/type.h"

#include "data/schema.h"
#include "tests/test.h"

static void assert_name(const char *name, const i32 *modifiers, u32 count, const char *wanted)
{
    struct type type;
    struct err err;
    char text[64];
    assert_ok(type_find(name, modifiers, count, &type, &err), &err);
    type_name(type, text);
    assert_string_equal(text, wanted);
}

TEST(type_names_are_those_of_format_type)
{
    assert_name("int4", NULL, 0, "integer");
    assert_name("numeric", (const i32[]){ 10, 2 }, 2, "numeric(10,2)");
    assert_name("numeric", (const i32[]){ 10 }, 1, "numeric(10,0)");
    assert_name("varchar", (const i32[]){ 20 }, 1, "character varying(20)");
    assert_name("bpchar", (const i32[]){ 1 }, 1, "character(1)");
    assert_name("bpchar", NULL, 0, "bpchar");
    assert_name("timestamptz", NULL, 0, "timestamp with time zone");
}

static void assert_refused(const char *name, const i32 *modifiers, u32 count, const char *sqlstate)
{
    struct type type;
    struct err err;
    assert_int_equal(type_find(name, modifiers, count, &type, &err), FAIL);
    assert_string_equal(err.sqlstate, sqlstate);
}

TEST(type_modifiers_out_of_bounds_are_refused)
{
    assert_refused("foo", NULL, 0, "42704");
    assert_refused("jsonb", NULL, 0, "0A000");
    assert_refused("numeric", (const i32[]){ 0 }, 1, "22023");
    assert_refused("numeric", (const i32[]){ 1001 }, 1, "22023");
    assert_refused("numeric", (const i32[]){ 39 }, 1, "0A000");
    assert_refused("numeric", (const i32[]){ 5, 6 }, 2, "0A000");
    assert_refused("varchar", (const i32[]){ 0 }, 1, "22023");
    assert_refused("timestamp", (const i32[]){ 3 }, 1, "0A000");
    assert_refused("text", (const i32[]){ 3 }, 1, "42601");
}

TEST(type_of_numeric_lies_in_an_integer_up_to_18_digits)
{
    struct type type = { .id = TYPE_NUMERIC, .precision = 18, .scale = 2 };
    assert_int_equal(type_phys(type), PHYS_I64);
    assert_int_equal(type_typmod(type), (18 << 16 | 2) + 4);
    type.precision = 19;
    assert_int_equal(type_phys(type), PHYS_DECIMAL);
    assert_int_equal(type_phys(TYPE(NUMERIC)), PHYS_DECIMAL);
}

TEST(str_order_is_that_of_bytes)
{
    struct str short_one = str_make("abc", 3), zero = str_make("abc\0", 4);
    struct str long_one = str_make("abcdefghijklmnop", 16), high = str_make("\xC3\xA4", 2);
    assert_true(str_compare(&short_one, &zero) < 0);
    assert_true(str_compare(&short_one, &long_one) < 0);
    assert_true(str_compare(&long_one, &high) < 0);
    assert_false(str_equal(&short_one, &zero));
    assert_true(str_equal(&long_one, &long_one));
}

TEST(schema_copy_lives_by_itself)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    arena_init(&arena, &mem);
    char name[] = "price";
    struct schema_column columns[] = { { .name = "id", .type = TYPE(INT8), .not_null = true },
                                       { .name = name, .type = TYPE(NUMERIC) } };
    u32 key[] = { 0 };
    struct schema schema = { .column_count = 2, .columns = columns, .key_count = 1, .key = key };
    struct schema *copy = schema_copy(&schema, &arena);
    name[0] = 'x';
    key[0] = 1;
    assert_int_equal(schema_find(copy, SLICE("price")), 1);
    assert_int_equal(schema_find(copy, SLICE("none")), -1);
    assert_int_equal(copy->key[0], 0);
    arena_deinit(&arena);
    mem_deinit(&mem);
}
