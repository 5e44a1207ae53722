/* Which columns of a batch are fetched: those that somebody who is pushed it reads. */
#include "tests/graph_fixture.h"

static struct op *sum_by(struct fixture *f, struct op *input, u32 group, u32 column)
{
    struct agg_call call = {
        .kind = AGG_SUM, .column = column, .filter_column = AGG_NO_COLUMN, .type = TYPE(NUMERIC)
    };
    struct schema_column columns[2] = { input->schema->columns[group],
                                        { "sum", { .id = TYPE_NUMERIC }, false } };
    struct schema schema = { 2, columns, 0, NULL };
    return op_aggregate_make(&f->graph, input, &group, 1, &call, 1, false, &schema);
}

static void expect_needed(const struct op *op, const char *marks)
{
    for (u32 c = 0; c < op->schema->column_count; c++)
        assert_int_equal(op->needed[c], marks[c] == '1');
}

TEST(needs_are_those_of_all_consumers_and_go_with_them)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text,int8,text", NULL, 0);
    expect_needed(source, "0000");
    struct op *sums = sum_by(&f, source, 1, 2);
    fixture_install(&f, sums);
    expect_needed(source, "0110");
    struct op *rows = op_arrange_make(&f.graph, source, (u32[]){ 0 }, 1);
    fixture_install(&f, rows);
    expect_needed(source, "1110");
    fixture_insert(&f, source, ROW("1", "a", "5", "x"));
    fixture_tick(&f);
    fixture_expect(&f, sums, "1: a|5\n");
    fixture_expect(&f, rows, "1: 1|a|5|x\n");
    fixture_release(&f, sums);
    expect_needed(source, "1000");
    fixture_release(&f, rows);
    expect_needed(source, "0000");
    fixture_deinit(&f);
}

/* source -> arrange by a -> map (d, c) -> sum of c by d */
TEST(needs_go_down_through_arrangements_and_plain_columns)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text,int8,text", NULL, 0);
    struct op *by_a = op_arrange_make(&f.graph, source, (u32[]){ 0 }, 1);
    fixture_install(&f, by_a);
    expect_needed(source, "1000");
    struct expr *exprs[] = { fixture_column(&f, source->schema, 3),
                             fixture_column(&f, source->schema, 2) };
    struct op *map = op_map_make(&f.graph, by_a, NULL, exprs, 2, fixture_schema(&f, "text,int8"));
    struct op *sums = sum_by(&f, map, 0, 1);
    fixture_install(&f, sums);
    expect_needed(by_a, "0011");
    expect_needed(source, "1011");
    fixture_insert(&f, source, ROW("1", "a", "5", "x"));
    fixture_tick(&f);
    fixture_expect(&f, sums, "1: x|5\n");
    fixture_release(&f, sums);
    expect_needed(source, "1000");
    fixture_release(&f, by_a);
    fixture_deinit(&f);
}

TEST(an_error_shows_its_row_with_the_columns_that_nobody_else_reads)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text,int8,text", NULL, 0);
    struct expr *quotient = fixture_operator(&f, "/", fixture_constant(&f, TYPE(INT8), "10"),
                                             fixture_column(&f, source->schema, 2));
    struct expr *exprs[] = { fixture_column(&f, source->schema, 1), quotient };
    struct op *map = op_map_make(&f.graph, source, NULL, exprs, 2, fixture_schema(&f, "text,int8"));
    struct op *sums = sum_by(&f, map, 0, 1);
    fixture_install(&f, sums);
    expect_needed(source, "0110");
    u32 slot = fixture_insert(&f, source, ROW("1", "a", "0", "x"));
    fixture_insert(&f, source, ROW("2", "a", "5", "y"));
    fixture_tick(&f);
    fixture_expect(&f, sums, "1: a|2\n");
    assert_string_equal(fixture_errors(&f), "1: 22012 division by zero | 1|a|0|x\n");
    fixture_delete(&f, source, slot);
    fixture_tick(&f);
    assert_string_equal(fixture_errors(&f), "");
    fixture_release(&f, sums);
    fixture_deinit(&f);
}

/* The padded rows of a left join and its pairs leave out the same columns. */
TEST(a_left_join_gives_the_columns_that_are_read)
{
    struct fixture f;
    fixture_init(&f);
    struct op *left = fixture_source(&f, "int8,text", (u32[]){ 0 }, 1);
    struct op *right = fixture_source(&f, "int8,int8", (u32[]){ 0 }, 1);
    struct op *join = op_join_left_make(&f.graph, left, right, NULL,
                                        fixture_concat(&f, left->schema, right->schema));
    struct op *sums = sum_by(&f, join, 1, 3);
    fixture_install(&f, sums);
    expect_needed(join, "0101");
    fixture_insert(&f, left, ROW("1", "a"));
    fixture_insert(&f, left, ROW("2", "b"));
    fixture_insert(&f, right, ROW("1", "7"));
    fixture_tick(&f);
    fixture_expect(&f, sums, "1: a|7\n1: b|NULL\n");
    fixture_release(&f, sums);
    fixture_deinit(&f);
}
