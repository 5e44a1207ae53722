#include <stdio.h>

#include "tests/graph_fixture.h"

static struct op *count_by_text(struct fixture *f, struct op *input)
{
    struct agg_call call = { .kind = AGG_COUNT_ROWS,
                             .column = AGG_NO_COLUMN,
                             .filter_column = AGG_NO_COLUMN,
                             .type = TYPE(INT8) };
    return op_aggregate_make(&f->graph, input, (u32[]){ 1 }, 1, &call, 1, false,
                             fixture_schema(f, "text,int8"));
}

static void insert_many(struct fixture *f, struct op *source, u32 first, u32 count)
{
    char number[16];
    for (u32 i = first; i < first + count; i++) {
        snprintf(number, sizeof number, "%u", i);
        fixture_insert(f, source, ROW(number, i % 2 ? "odd" : "even"));
    }
    fixture_tick(f);
}

TEST(fill_of_an_empty_source_makes_the_row_of_a_group_by_nothing)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    struct agg_call call = { .kind = AGG_COUNT_ROWS,
                             .column = AGG_NO_COLUMN,
                             .filter_column = AGG_NO_COLUMN,
                             .type = TYPE(INT8) };
    struct op *view =
        op_aggregate_make(&f.graph, source, NULL, 0, &call, 1, false, fixture_schema(&f, "int8"));
    fixture_install(&f, view);
    fixture_expect(&f, view, "1: 0\n");
    fixture_insert(&f, source, ROW("1", "a"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: 1\n");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(fill_holds_what_lies_below_the_watermark_after_each_tick_in_between)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    insert_many(&f, source, 0, 100); /* number i in slot i */
    u32 id_first = f.graph.op_id_next;
    struct op *view = count_by_text(&f, source);
    graph_hold(view);
    struct fill *fill = fill_open(&f.graph, id_first);
    fill_set_quantum(fill, 10);
    assert_int_equal(fill_step(fill, 1), TURN_MORE);
    fixture_expect(&f, view, "1: even|5\n1: odd|5\n");
    fixture_delete(&f, source, 3);  /* below: leaves at once */
    fixture_delete(&f, source, 50); /* above: is never seen */
    fixture_tick(&f);
    fixture_expect(&f, view, "1: even|5\n1: odd|4\n");
    fixture_insert(&f, source, ROW("200", "odd")); /* takes the slot freed last, 50 */
    fixture_insert(&f, source, ROW("201", "odd")); /* takes slot 3 */
    fixture_tick(&f);
    fixture_expect(&f, view, "1: even|5\n1: odd|5\n");
    while (fill_step(fill, 1) == TURN_MORE)
        ;
    fill_close(fill);
    fixture_expect(&f, view, "1: even|49\n1: odd|51\n");
    fixture_insert(&f, source, ROW("202", "even"));
    fixture_tick(&f);
    fixture_expect(&f, view, "1: even|50\n1: odd|51\n");
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(fill_that_is_cancelled_leaves_nothing_behind)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    insert_many(&f, source, 0, 100);
    u32 id_first = f.graph.op_id_next;
    struct op *map = op_map_make(&f.graph, source, NULL, NULL, 0, source->schema);
    struct op *view = count_by_text(&f, op_arrange_make(&f.graph, map, (u32[]){ 1 }, 1));
    graph_hold(view);
    struct fill *fill = fill_open(&f.graph, id_first);
    fill_set_quantum(fill, 7);
    for (u32 i = 0; i < 9; i++)
        fill_step(fill, 1);
    assert_true(fill_is_at_rest(fill));
    fill_close(fill);
    graph_release(&f.graph, view);
    assert_int_equal(source->output_count, 0);
    assert_int_equal(f.graph.op_live_count, 1);
    fixture_deinit(&f);
}

/* Where a replay stands after as many quanta, rows lie in the same slots. */
TEST(fill_advanced_to_the_same_progress_gives_the_same_slots)
{
    const char *contents[2];
    u32 slots[2][64], counts[2];
    struct fixture runs[2];
    for (u32 run = 0; run < 2; run++) {
        struct fixture *f = &runs[run];
        fixture_init(f);
        struct op *source = fixture_source(f, "int8,text", NULL, 0);
        insert_many(f, source, 0, 60);
        u32 id_first = f->graph.op_id_next;
        struct op *view = count_by_text(f, source);
        graph_hold(view);
        struct fill *fill = fill_open(&f->graph, id_first);
        fill_set_quantum(fill, 4);
        if (run == 0)
            while (fill_progress(fill) < 5)
                fill_step(fill, 1); /* piece by piece, as a live engine does */
        else
            assert_int_equal(fill_advance(fill, 5, UINT32_MAX), TURN_DONE);
        assert_int_equal(fill_progress(fill), 5);
        insert_many(f, source, 60, 7);
        while (fill_advance(fill, UINT64_MAX, 1) == TURN_MORE)
            ;
        fill_close(fill);
        u32 cursor = 0;
        counts[run] = view->class->slots(view, &cursor, slots[run], 64);
        contents[run] = fixture_content(f, view);
        fixture_release(f, view);
    }
    assert_string_equal(contents[0], contents[1]);
    assert_int_equal(counts[0], counts[1]);
    assert_memory_equal(slots[0], slots[1], counts[0] * sizeof(u32));
    fixture_deinit(&runs[0]);
    fixture_deinit(&runs[1]);
}

TEST(fill_tells_how_many_origins_are_done_and_how_many_there_are)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    insert_many(&f, source, 0, 100);
    u32 id_first = f.graph.op_id_next;
    struct op *view = count_by_text(&f, source);
    graph_hold(view);
    struct fill *fill = fill_open(&f.graph, id_first);
    fill_set_quantum(fill, 25);
    u64 done, total;
    fill_origins(fill, &done, &total);
    assert_int_equal(done, 0);
    assert_int_equal(total, 100);
    fill_step(fill, 1);
    fill_origins(fill, &done, &total);
    assert_int_equal(done, 25);
    assert_int_equal(total, 100);
    while (fill_step(fill, 1) == TURN_MORE)
        ;
    fill_origins(fill, &done, &total);
    assert_int_equal(done, 100);
    assert_int_equal(total, 100);
    fill_close(fill);
    fixture_release(&f, view);
    fixture_deinit(&f);
}

TEST(fill_explosion_of_one_row_is_bounded_and_lets_no_tick_come_in_between)
{
    struct fixture f;
    fixture_init(&f);
    struct op *source = fixture_source(&f, "int8,text", NULL, 0);
    fixture_insert(&f, source, ROW("50000", "a"));
    fixture_tick(&f);
    u32 id_first = f.graph.op_id_next;
    struct expr *args[2] = { fixture_constant(&f, TYPE(INT8), "1"),
                             fixture_column(&f, source->schema, 0) };
    struct op *series = op_flatten_make(&f.graph, source, FLATTEN_GENERATE_SERIES, args, 2,
                                        fixture_schema(&f, "int8,text,int8"));
    struct op *view = count_by_text(&f, series);
    graph_hold(view);
    struct fill *fill = fill_open(&f.graph, id_first);
    bool stood_inside = false;
    for (u64 before = f.graph.rows_moved; fill_step(fill, 1000) == TURN_MORE;) {
        stood_inside |= !fill_is_at_rest(fill);
        assert_true(f.graph.rows_moved - before <= 1000 + 2 * BATCH_ROW_COUNT_MAX);
        before = f.graph.rows_moved;
    }
    assert_true(stood_inside);
    fill_close(fill);
    fixture_expect(&f, view, "1: a|50000\n");
    fixture_release(&f, view);
    fixture_deinit(&f);
}
