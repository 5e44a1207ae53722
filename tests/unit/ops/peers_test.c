/* Where others went wrong, one test a fault. */
#include <stdio.h>
#include <string.h>

#include "tests/graph_fixture.h"

static struct agg_call call_of(enum agg_kind kind, u32 column, struct type type)
{
    return (struct agg_call){
        .kind = kind, .column = column, .filter_column = AGG_NO_COLUMN, .type = type
    };
}

/* left.a = right.a, all columns. */
static struct op *join_by_first(struct fixture *f, struct op *left, struct op *right,
                                struct expr *residual)
{
    struct op *inputs[2] = { left, right };
    u32 zero[] = { 0 }, one[] = { 1 };
    struct join_step to_right = { 1,    op_arrange_make(&f->graph, right, zero, 1),
                                  1,    zero,
                                  zero, residual };
    struct join_step to_left = { 0,       op_arrange_make(&f->graph, left, zero, 1), 1, one, zero,
                                 residual };
    struct join_path paths[2] = { { 1, &to_right, NULL }, { 1, &to_left, NULL } };
    u32 count = left->schema->column_count + right->schema->column_count;
    u32 *output_inputs = arena_array(&f->arena, u32, count);
    u32 *output_columns = arena_array(&f->arena, u32, count);
    for (u32 c = 0; c < count; c++) {
        output_inputs[c] = c >= left->schema->column_count;
        output_columns[c] = output_inputs[c] ? c - left->schema->column_count : c;
    }
    struct join_options options = { 2, inputs, paths, count, output_inputs, output_columns };
    return op_join_make(&f->graph, &options, fixture_concat(f, left->schema, right->schema));
}

static struct op *left_by_first(struct fixture *f, struct op *left, struct op *right,
                                struct expr *residual)
{
    u32 zero[] = { 0 };
    return op_join_left_make(&f->graph, op_arrange_make(&f->graph, left, zero, 1),
                             op_arrange_make(&f->graph, right, zero, 1), residual,
                             fixture_concat(f, left->schema, right->schema));
}

static struct op *keep(struct fixture *f, struct op *input)
{
    struct op *arrange = op_arrange_make(&f->graph, input, (u32[]){ 0 }, 1);
    fixture_install(f, arrange);
    return arrange;
}

TEST(both_sides_changed_in_one_tick_are_not_counted_twice)
{
    struct fixture f;
    fixture_init(&f);
    struct op *left = fixture_source(&f, "int8,text", NULL, 0);
    struct op *right = fixture_source(&f, "int8,text", NULL, 0);
    struct op *view = keep(&f, join_by_first(&f, left, right, NULL));
    fixture_insert(&f, left, ROW("1", "l"));
    fixture_insert(&f, right, ROW("1", "r"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 1|l|1|r\n");
    fixture_delete_row(&f, left, ROW("1", "l"));
    fixture_insert(&f, left, ROW("1", "m"));
    fixture_delete_row(&f, right, ROW("1", "r"));
    fixture_insert(&f, right, ROW("1", "s"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 1|m|1|s\n");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(one_table_three_times_in_a_plan)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct op *pairs = join_by_first(&f, source, source, NULL);
    struct op *view = keep(&f, join_by_first(&f, keep(&f, pairs), source, NULL));
    fixture_insert(&f, source, ROW("1", "a"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 1|a|1|a|1|a\n");
    fixture_insert(&f, source, ROW("1", "b"));
    fixture_tick(&f);
    fixture_expect(&f, view,
                   "1: 1|a|1|a|1|a\n1: 1|a|1|a|1|b\n1: 1|a|1|b|1|a\n1: 1|a|1|b|1|b\n"
                   "1: 1|b|1|a|1|a\n1: 1|b|1|a|1|b\n1: 1|b|1|b|1|a\n1: 1|b|1|b|1|b\n");
    fixture_delete_row(&f, source, ROW("1", "a"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 1|b|1|b|1|b\n");
    fixture_release(&f, view->inputs[0]->inputs[0]); /* the pairs */
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(a_group_emptied_and_revived_in_one_tick_says_nothing)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct agg_call call = call_of(AGG_SUM, 0, TYPE(NUMERIC));
    struct op *view = op_aggregate_make(&f.graph, source, (u32[]){ 1 }, 1, &call, 1, false,
                                        fixture_schema(&f, "text,numeric"));
    struct op *sink = fixture_sink(&f, view);
    fixture_install(&f, sink);
    fixture_insert(&f, source, ROW("5", "a"));
    fixture_tick(&f);
    u64 rows_out = view->rows_out;
    fixture_delete_row(&f, source, ROW("5", "a"));
    fixture_insert(&f, source, ROW("2", "a"));
    fixture_insert(&f, source, ROW("3", "a"));
    fixture_tick(&f);
    assert_int_equal(view->rows_out, rows_out);
    fixture_expect(&f, view, "1: a|5\n");
    fixture_release(&f, sink);
    fixture_deinit(&f);
}

TEST(an_update_of_the_only_match_neither_adds_nor_loses_a_padded_row)
{
    struct fixture f;
    fixture_init(&f);
    struct op *left = fixture_source(&f, "int8,text", NULL, 0);
    struct op *right = fixture_source(&f, "int8,text", NULL, 0);
    struct op *join = left_by_first(&f, left, right, NULL);
    struct op *sink = fixture_sink(&f, join);
    fixture_install(&f, sink);
    fixture_insert(&f, left, ROW("1", "l"));
    fixture_tick(&f);
    assert_string_equal(fixture_sink_content(&f, sink), "1: 1|l|NULL|NULL\n");
    fixture_insert(&f, right, ROW("1", "r"));
    fixture_tick(&f);
    assert_string_equal(fixture_sink_content(&f, sink), "1: 1|l|1|r\n");
    fixture_delete_row(&f, right, ROW("1", "r"));
    fixture_insert(&f, right, ROW("1", "s"));
    fixture_tick(&f);
    assert_string_equal(fixture_sink_content(&f, sink), "1: 1|l|1|s\n");
    assert_int_equal(fixture_sink_row_count(sink), 2); /* only the match itself */
    fixture_delete_row(&f, right, ROW("1", "s"));
    fixture_tick(&f);
    assert_string_equal(fixture_sink_content(&f, sink), "1: 1|l|NULL|NULL\n");
    fixture_release(&f, sink);
    fixture_deinit(&f);
}

TEST(a_key_with_thousands_of_rows_on_both_sides_changes_in_bounded_steps)
{
    struct fixture f;
    fixture_init(&f);
    struct op *left = fixture_source(&f, "int8,int8", NULL, 0);
    struct op *right = fixture_source(&f, "int8,int8", NULL, 0);
    struct agg_call call = call_of(AGG_COUNT_ROWS, AGG_NO_COLUMN, TYPE(INT8));
    struct op *view = op_aggregate_make(&f.graph, join_by_first(&f, left, right, NULL), NULL, 0,
                                        &call, 1, false, fixture_schema(&f, "int8"));
    fixture_install(&f, view);
    char number[16];
    u32 slot = 0;
    for (u32 i = 0; i < 1500; i++) {
        snprintf(number, sizeof number, "%u", i);
        slot = fixture_insert(&f, left, ROW("7", number));
        fixture_insert(&f, right, ROW("7", number));
    }
    u32 steps = 1;
    for (u64 before = f.graph.rows_moved; graph_step(&f.graph, 5000) == TURN_MORE; steps++) {
        assert_true(f.graph.rows_moved - before < 5000 + 4 * BATCH_ROW_COUNT_MAX);
        before = f.graph.rows_moved;
    }
    graph_settle(&f.graph);
    assert_true(steps > 400);
    fixture_expect(&f, view, "1: 2250000\n");
    fixture_delete(&f, left, slot);
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 2248500\n");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(a_thousand_empty_arrangements_over_one_source_take_at_most_4_kib_each)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text,int8,numeric,text", NULL, 0);
    struct op *arranged[1000];
    u64 before = f.mem.used;
    for (u32 i = 0; i < countof(arranged); i++) {
        struct op *map = op_map_make(&f.graph, source, NULL, NULL, 0, source->schema);
        arranged[i] = op_arrange_make(&f.graph, map, (u32[]){ i % 5 }, 1);
        fixture_install(&f, arranged[i]);
    }
    fixture_insert(&f, source, ROW("1", "a", "2", "3.5", NULL));
    fixture_tick(&f);
    assert_true((f.mem.used - before) / countof(arranged) <= 2 * KIB(4)); /* with its map */
    for (u32 i = 0; i < countof(arranged); i++) {
        assert_true(op_size(arranged[i]) <= KIB(4));
        fixture_release(&f, arranged[i]);
    }
    fixture_deinit(&f);
}

TEST(nulls_match_nothing_in_joins_and_each_other_in_groups)
{
    struct fixture f;
    fixture_init(&f);
    struct op *left = fixture_source(&f, "int8,text", NULL, 0);
    struct op *right = fixture_source(&f, "int8,text", NULL, 0);
    struct op *inner = keep(&f, join_by_first(&f, left, right, NULL));
    struct op *outer = keep(&f, left_by_first(&f, left, right, NULL));
    struct agg_call call = call_of(AGG_COUNT, 1, TYPE(INT8));
    struct op *groups = op_aggregate_make(&f.graph, left, (u32[]){ 0 }, 1, &call, 1, false,
                                          fixture_schema(&f, "int8,int8"));
    fixture_install(&f, groups);
    fixture_insert(&f, left, ROW(NULL, "l"));
    fixture_insert(&f, left, ROW(NULL, NULL));
    fixture_insert(&f, right, ROW(NULL, "r"));
    fixture_tick(&f);
    fixture_expect(&f, inner, "");
    fixture_expect(&f, outer, "1: NULL|l|NULL|NULL\n1: NULL|NULL|NULL|NULL\n");
    fixture_expect(&f, groups, "1: NULL|1\n");
    fixture_release(&f, inner);
    fixture_release(&f, outer);
    fixture_release(&f, groups);
    fixture_deinit(&f);
}

TEST(floats_do_not_drift_under_a_million_changes)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,float8", NULL, 0);
    struct agg_call call = call_of(AGG_SUM, 1, TYPE(FLOAT8));
    struct op *view =
        op_aggregate_make(&f.graph, source, NULL, 0, &call, 1, false, fixture_schema(&f, "float8"));
    fixture_install(&f, view);
    static const char *const values[] = { "1e16", "0.1", "-3.3e-9", "7e200", "-1e16", "2.5" };
    u32 slots[countof(values)];
    fixture_insert(&f, source, ROW("0", "0.3"));
    for (u32 round = 0; round < 200; round++) {
        for (u32 i = 0; i < countof(values); i++)
            slots[i] = fixture_insert(&f, source, ROW("1", values[i]));
        fixture_tick(&f);
        for (u32 i = 0; i < countof(values); i++)
            fixture_delete(&f, source, slots[i]);
        fixture_tick(&f);
        fixture_expect(&f, view, "1: 0.3\n");
    }
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(the_first_rows_of_equal_ones_do_not_depend_on_how_they_came)
{
    const char *contents[2];
    struct fixture f[2];
    for (u32 run = 0; run < 2; run++) {
        fixture_init(&f[run]);
        struct op *source = fixture_source(&f[run], "int8,text", NULL, 0);
        struct tree_order order = { .column = 0 };
        struct topk_options options = { .order_count = 1, .order = &order, .limit = 3 };
        struct op *view = op_topk_make(&f[run].graph, source, &options, source->schema);
        fixture_install(&f[run], view);
        static const char *const texts[] = { "a", "b", "c", "d", "e", "f" };
        for (u32 i = 0; i < 6; i++) {
            fixture_insert(&f[run], source, ROW("1", texts[run ? 5 - i : i]));
            if (run) fixture_tick(&f[run]);
        }
        fixture_tick(&f[run]);
        contents[run] = fixture_content(&f[run], view);
        fixture_release(&f[run], view);
    }
    assert_string_equal(contents[0], contents[1]);
    fixture_deinit(&f[0]);
    fixture_deinit(&f[1]);
}

TEST(a_row_that_cannot_be_computed_leaves_the_errors_with_its_cause)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,int8", NULL, 0);
    struct expr *exprs[] = { fixture_operator(&f, "/", fixture_column(&f, source->schema, 0),
                                              fixture_column(&f, source->schema, 1)) };
    struct op *view =
        keep(&f, op_map_make(&f.graph, source, NULL, exprs, 1, fixture_schema(&f, "int8")));
    fixture_insert(&f, source, ROW("6", "3"));
    fixture_insert(&f, source, ROW("6", "0"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 2\n");
    assert_string_equal(fixture_errors(&f), "1: 22012 division by zero | 6|0\n");
    fixture_delete_row(&f, source, ROW("6", "0"));
    fixture_tick(&f);
    assert_string_equal(fixture_errors(&f), "");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(a_sum_that_overflows_is_an_error_until_it_fits_again)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "float8,text", NULL, 0);
    struct agg_call call = call_of(AGG_SUM, 0, TYPE(FLOAT8));
    struct op *view = op_aggregate_make(&f.graph, source, (u32[]){ 1 }, 1, &call, 1, false,
                                        fixture_schema(&f, "text,float8"));
    fixture_install(&f, view);
    fixture_insert(&f, source, ROW("1.7e308", "a"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: a|1.7e+308\n");
    u32 slot = fixture_insert(&f, source, ROW("1.7e308", "a"));
    fixture_tick(&f);
    fixture_expect(&f, view, "");
    assert_non_null(strstr(fixture_errors(&f), "22003"));
    fixture_delete(&f, source, slot);
    fixture_tick(&f);
    fixture_expect(&f, view, "1: a|1.7e+308\n");
    assert_string_equal(fixture_errors(&f), "");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(a_sum_shows_the_digits_of_the_rows_that_are_left)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "numeric,numeric(10,2)", NULL, 0);
    struct agg_call calls[] = { call_of(AGG_SUM, 0, TYPE(NUMERIC)),
                                call_of(AGG_AVG, 0, TYPE(NUMERIC)),
                                call_of(AGG_SUM, 1, TYPE(NUMERIC)) };
    struct op *view = op_aggregate_make(&f.graph, source, NULL, 0, calls, countof(calls), false,
                                        fixture_schema(&f, "numeric,numeric,numeric"));
    fixture_install(&f, view);
    fixture_expect(&f, view, "1: NULL|NULL|NULL\n");
    fixture_insert(&f, source, ROW("1.5", "2"));
    u32 slot = fixture_insert(&f, source, ROW("0.125", "0.5"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 1.625|0.81250000000000000000|2.50\n");
    fixture_delete(&f, source, slot);
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 1.5|1.50000000000000000000|2.00\n");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(a_consumer_filled_later_does_not_count_the_errors_of_a_join_again)
{
    struct fixture f;
    fixture_init(&f);
    struct op *left = fixture_source(&f, "int8,int8", NULL, 0);
    struct op *right = fixture_source(&f, "int8,int8", NULL, 0);
    struct schema *both = fixture_concat(&f, left->schema, right->schema);
    struct expr *quotient =
        fixture_operator(&f, "/", fixture_column(&f, both, 1), fixture_column(&f, both, 3));
    struct expr *residual =
        fixture_operator(&f, ">", quotient, fixture_constant(&f, TYPE(INT8), "1"));
    fixture_insert(&f, left, ROW("1", "4"));
    fixture_insert(&f, right, ROW("1", "0"));
    fixture_tick(&f);
    struct op *join = join_by_first(&f, left, right, residual);
    struct op *first = keep(&f, join);
    assert_int_equal(f.errors[0].weight, 1);
    struct op *second = op_arrange_make(&f.graph, join, (u32[]){ 1 }, 1);
    fixture_install(&f, second);
    assert_int_equal(f.errors[0].weight, 1);
    fixture_delete_row(&f, left, ROW("1", "4"));
    fixture_tick(&f);
    assert_int_equal(f.errors[0].weight, 0);
    fixture_release(&f, first);
    fixture_release(&f, second);
    fixture_deinit(&f);
}
