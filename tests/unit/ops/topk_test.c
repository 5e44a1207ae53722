#include "tests/graph_fixture.h"

/* The first 100 of a bigint column. */
static struct op *first_hundred(struct fixture *f, struct op *source, bool with_rank)
{
    struct tree_order order = { .column = 0 };
    struct topk_options options = {
        .order_count = 1, .order = &order, .limit = 100, .with_rank = with_rank
    };
    const struct schema *schema = source->schema;
    if (with_rank) schema = fixture_concat(f, schema, fixture_schema(f, "int8"));
    return op_topk_make(&f->graph, source, &options, schema);
}

/* The rows that a tick moves. */
static u64 tick_cost(struct fixture *f)
{
    u64 before = f->graph.rows_moved;
    fixture_tick(f);
    return f->graph.rows_moved - before;
}

TEST(topk_reads_no_window_that_changes_lie_behind)
{
    struct fixture f;
    for (u32 with_rank = 0; with_rank < 2; with_rank++) {
        fixture_init(&f);
        struct op *source = fixture_source(&f, "int8,text", NULL, 0);
        struct op *topk = first_hundred(&f, source, with_rank);
        struct op *sink = fixture_sink(&f, topk);
        fixture_install(&f, sink);
        u32 slots[200];
        for (u32 i = 0; i < countof(slots); i++)
            slots[i] = fixture_insert(&f, source, ROW(arena_format(&f.arena, "%u", 10 * i), "x"));
        fixture_tick(&f);
        const char *content = fixture_content(&f, topk);

        fixture_insert(&f, source, ROW("995", "x")); /* the last chosen one is 990 */
        fixture_delete(&f, source, slots[150]);
        assert_true(tick_cost(&f) < 10);
        assert_string_equal(fixture_content(&f, topk), content);

        fixture_delete(&f, source, slots[99]); /* 990 goes, 995 comes */
        assert_true(tick_cost(&f) >= 100);
        assert_int_equal(fixture_sink_row_count(sink), 2);
        u32 slot = fixture_insert(&f, source, ROW("992", "x"));
        fixture_tick(&f);
        fixture_delete(&f, source, slot);
        fixture_insert(&f, source, ROW("990", "x"));
        fixture_tick(&f);
        assert_string_equal(fixture_content(&f, topk), content);

        for (u32 i = 101; i < 150; i++) /* more than are worth asking for */
            fixture_delete(&f, source, slots[i]);
        fixture_tick(&f);
        assert_string_equal(fixture_content(&f, topk), content);
        fixture_release(&f, sink);
        fixture_deinit(&f);
    }
}
