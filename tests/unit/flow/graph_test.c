#include "tests/graph_fixture.h"

static struct agg_call count_rows(void)
{
    return (struct agg_call){ .kind = AGG_COUNT_ROWS,
                              .column = AGG_NO_COLUMN,
                              .filter_column = AGG_NO_COLUMN,
                              .type = TYPE(INT8) };
}

static struct op *count_by_text(struct fixture *f, struct op *input)
{
    struct agg_call call = count_rows();
    return op_aggregate_make(&f->graph, input, (u32[]){ 1 }, 1, &call, 1, false,
                             fixture_schema(f, "text,int8"));
}

TEST(graph_settles_only_what_a_tick_touched)
{
    struct fixture f;
    fixture_init(&f);
    struct op *one = fixture_source(&f, "int8,text", NULL, 0);
    struct op *other = fixture_source(&f, "int8,text", NULL, 0);
    struct op *views[2] = { count_by_text(&f, one), count_by_text(&f, other) };
    fixture_install(&f, views[0]);
    fixture_install(&f, views[1]);
    fixture_insert(&f, one, ROW("1", "a"));
    fixture_step(&f);
    assert_int_equal(f.graph.touched_count, 2); /* the source and its view */
    assert_true(views[0]->is_touched);
    assert_false(views[1]->is_touched);
    graph_settle(&f.graph);
    assert_int_equal(f.graph.touched_count, 0);
    fixture_release(&f, views[0]);
    fixture_release(&f, views[1]);
    fixture_deinit(&f);
}

TEST(graph_runs_inputs_before_consumers_across_words_of_the_bitmap)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0), *chain[150];
    struct op *input = source;
    for (u32 i = 0; i < countof(chain); i++) {
        chain[i] = op_arrange_make(&f.graph, input, (u32[]){ i % 2 }, 1);
        input = chain[i];
    }
    fixture_install(&f, input);
    fixture_insert(&f, source, ROW("1", "a"));
    fixture_tick(&f);
    for (u32 i = 0; i < countof(chain); i++) {
        assert_int_equal(chain[i]->rows_in, 1);
        assert_true(i == 0 || chain[i]->rank > chain[i - 1]->rank);
    }
    fixture_release(&f, input);
    fixture_deinit(&f);
}

TEST(graph_release_takes_what_nobody_else_holds_and_leaves_the_rest)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct op *shared = op_arrange_make(&f.graph, source, (u32[]){ 1 }, 1);
    struct op *first = count_by_text(&f, shared), *second = count_by_text(&f, shared);
    fixture_install(&f, first);
    fixture_install(&f, second);
    assert_int_equal(f.graph.op_live_count, 4);
    fixture_release(&f, first);
    assert_int_equal(f.graph.op_live_count, 3);
    fixture_insert(&f, source, ROW("1", "a"));
    fixture_tick(&f);
    fixture_expect(&f, second, "1: a|1\n");
    fixture_release(&f, second);
    assert_int_equal(f.graph.op_live_count, 1);
    fixture_deinit(&f);
}

TEST(graph_sweep_removes_the_remains_of_a_plan_that_failed)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct op *map = op_map_make(&f.graph, source, NULL, NULL, 0, source->schema);
    count_by_text(&f, map);
    assert_int_equal(f.graph.op_live_count, 3);
    graph_sweep(&f.graph);
    assert_int_equal(f.graph.op_live_count, 1);
    fixture_deinit(&f);
}

TEST(graph_keeps_its_order_when_thousands_of_operators_come_and_go)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0), *held[40] = { 0 };
    for (u32 i = 0; i < 2000; i++) {
        u32 at = i * 17 % countof(held);
        if (held[at]) fixture_release(&f, held[at]);
        held[at] = count_by_text(&f, source);
        fixture_install(&f, held[at]);
    }
    assert_true(f.graph.op_capacity <= 256);
    fixture_insert(&f, source, ROW("1", "a"));
    fixture_tick(&f);
    for (u32 i = 0; i < countof(held); i++) {
        assert_true(held[i]->rank > source->rank);
        fixture_expect(&f, held[i], "1: a|1\n");
        fixture_release(&f, held[i]);
    }
    fixture_deinit(&f);
}

TEST(graph_step_returns_after_about_so_many_rows)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct op *view = count_by_text(&f, source);
    fixture_install(&f, view);
    for (u32 i = 0; i < 5000; i++)
        fixture_insert(&f, source, ROW("1", "a"));
    u32 steps = 1;
    for (u64 before = f.graph.rows_moved; graph_step(&f.graph, 100) == TURN_MORE; steps++) {
        assert_true(f.graph.rows_moved - before <= 100 + 2 * BATCH_ROW_COUNT_MAX);
        before = f.graph.rows_moved;
    }
    assert_true(steps >= 9);
    graph_settle(&f.graph);
    fixture_expect(&f, view, "1: a|5000\n");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(graph_suspend_stops_an_operator_and_all_above_it_but_nothing_else)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct op *arrange = op_arrange_make(&f.graph, source, (u32[]){ 1 }, 1);
    struct op *above = count_by_text(&f, arrange), *beside = count_by_text(&f, source);
    fixture_install(&f, above);
    fixture_install(&f, beside);
    fixture_insert(&f, source, ROW("1", "a"));
    graph_suspend(&f.graph, arrange, "memory");
    fixture_tick(&f);
    assert_true(above->is_suspended);
    assert_int_equal(above->rows_in, 0);
    fixture_expect(&f, beside, "1: a|1\n");
    fixture_release(&f, above);
    fixture_release(&f, beside);
    fixture_deinit(&f);
}

TEST(graph_counts_rows_and_asks_for_the_time_only_where_it_may)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct op *view = count_by_text(&f, source);
    fixture_install(&f, view);
    fixture_insert(&f, source, ROW("1", "a"));
    fixture_insert(&f, source, ROW("2", "a"));
    fixture_tick(&f);
    assert_int_equal(source->rows_out, 2);
    assert_int_equal(view->rows_in, 2);
    assert_int_equal(view->busy_ns, 0);
    fixture_release(&f, view);
    fixture_deinit(&f);
}
