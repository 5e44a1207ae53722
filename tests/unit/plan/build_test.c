#include "plan/build.h"

#include <stdio.h>

#include "plan/rewrite.h"
#include "tests/graph_fixture.h"
#include "tests/unit/plan/bind_test.h"

#define RELATION_COUNT_MAX 8

/* A catalog of SQL and a graph of operators, with the registry between them. */
struct world {
    struct bind_fixture bind;
    struct fixture graph;
    struct build_registry *registry;
    struct op *ops[RELATION_COUNT_MAX]; /* of the relation with that id */
    struct op *item, *tag;
    u32 op_count; /* of the graph without a view */
};

static struct op *source_of(void *context, const struct catalog_relation *relation)
{
    const struct world *w = context;
    assert_true(relation->id < RELATION_COUNT_MAX);
    return w->ops[relation->id];
}

static void world_add(struct world *w, const char *name, struct op *op)
{
    w->ops[catalog_find(&w->bind.catalog, NULL, name)->id] = op;
}

static void world_init(struct world *w)
{
    static const u32 key[] = { 0 };
    *w = (struct world){ 0 };
    bind_fixture_init(&w->bind);
    fixture_init(&w->graph);
    bind_define(&w->bind, "CREATE TABLE item (id bigint PRIMARY KEY, kind text, price bigint);"
                          "CREATE TABLE tag (id bigint PRIMARY KEY, item bigint, word text)");
    world_add(w, "item", w->item = fixture_source(&w->graph, "int8!,text,int8", key, 1));
    world_add(w, "tag", w->tag = fixture_source(&w->graph, "int8!,int8,text", key, 1));
    const struct build_sources sources = { .context = w, .op = source_of };
    w->registry = build_registry_open(&w->graph.mem, &w->graph.graph, &sources);
    w->op_count = w->graph.graph.op_live_count;
}

/* Every operator that a view made must be gone, and all memory. */
static void world_deinit(struct world *w)
{
    assert_int_equal(w->graph.graph.op_live_count, w->op_count);
    build_registry_close(w->registry);
    fixture_deinit(&w->graph);
    bind_fixture_deinit(&w->bind);
}

static void insert_items(struct world *w, u32 first, u32 end)
{
    char id[16], price[16];
    for (u32 i = first; i < end; i++) {
        snprintf(id, sizeof id, "%u", i);
        snprintf(price, sizeof price, "%u", i * 10);
        fixture_insert(&w->graph, w->item, ROW(id, i % 2 ? "odd" : "even", price));
    }
    fixture_tick(&w->graph);
}

static const struct delta_plan *plan_of(struct world *w, const char *query)
{
    struct bind_query bound;
    struct delta_plan *plan;
    struct err *err = &w->bind.plan.err;
    struct arena *arena = &w->bind.plan.arena;
    const char *sql = arena_format(arena, "create materialized view v as %s", query);
    struct syntax_statement *statement = bind_parse(&w->bind, sql);
    assert_ok(bind_view(&w->bind.options, statement->create_view, &bound, err), err);
    struct logical *root = rewrite(arena, bound.root, NULL);
    assert_ok(delta_plan(arena, root, true, build_statistics(w->registry), w->bind.options.text,
                         &plan, err),
              err);
    return plan;
}

static struct build *begin(struct world *w, const char *query)
{
    return build_open(w->registry, plan_of(w, query), false);
}

static void finish(struct build *build)
{
    while (build_step(build, 100) == TURN_MORE)
        ;
    assert_true(build_is_done(build));
}

static struct build *view(struct world *w, const char *query)
{
    struct build *build = begin(w, query);
    finish(build);
    return build;
}

static void expect(struct world *w, struct build *build, const char *rows)
{
    fixture_expect(&w->graph, build_root(build), rows);
}

/* Operators that both have. */
static u32 common(const struct build *a, const struct build *b)
{
    u32 count = 0;
    for (u32 i = 0; i < build_op_count(a); i++)
        for (u32 j = 0; j < build_op_count(b); j++)
            count += build_op(a, i) == build_op(b, j);
    return count;
}

/* One that the log does not know. */
static struct build *passing(struct world *w, const char *query)
{
    struct build *build = build_open(w->registry, plan_of(w, query), true);
    finish(build);
    return build;
}

#define BY_KIND "SELECT kind, count(*) AS n, sum(price) AS s FROM item GROUP BY kind"
#define LARGE   BY_KIND " HAVING sum(price) > 15"
#define DOUBLED "SELECT kind, n * 2 AS d, s FROM (" BY_KIND ") x"

TEST(build_shares_what_another_view_computes)
{
    struct world w;
    world_init(&w);
    insert_items(&w, 0, 3);
    struct build *a = view(&w, BY_KIND), *same = view(&w, BY_KIND), *b = view(&w, LARGE);
    assert_int_equal(build_op_count(same), 1); /* what it stands on is the root's own business */
    assert_ptr_equal(build_root(a), build_root(same));
    assert_int_equal(common(a, b), 1);
    assert_true(build_owns(a, build_root(a)));
    assert_false(build_owns(same, build_root(same)));
    for (u32 i = 0; i < build_op_count(b); i++) {
        bool is_aggregate = strcmp(build_op(b, i)->class->name, "aggregate") == 0;
        assert_int_equal(build_op_holders(b, i), is_aggregate ? 2 : 1);
    }
    insert_items(&w, 3, 4);
    expect(&w, a, "1: even|2|20\n1: odd|2|40\n");
    expect(&w, b, "1: even|2|20\n1: odd|2|40\n");
    build_close(a);
    build_close(same);
    build_close(b);
    world_deinit(&w);
}

/* A replay does not find it running, so it must make no difference. */
TEST(build_uses_nothing_that_only_passing_dataflows_hold)
{
    struct world w;
    world_init(&w);
    insert_items(&w, 0, 3);
    struct build *query = passing(&w, LARGE), *kept = view(&w, LARGE);
    assert_int_equal(common(query, kept), 0);
    struct build *other = passing(&w, LARGE);
    assert_true(common(other, kept) + common(other, query) > 0);
    struct build *second = passing(&w, DOUBLED), *third = view(&w, BY_KIND);
    assert_true(common(third, kept) > 0);
    build_close(kept);
    build_close(third); /* what passing ones still hold of it is theirs from now on */
    struct build *again = view(&w, BY_KIND);
    assert_int_equal(common(again, second) + common(again, query) + common(again, other), 0);
    insert_items(&w, 3, 4);
    expect(&w, query, "1: even|2|20\n1: odd|2|40\n");
    expect(&w, other, "1: even|2|20\n1: odd|2|40\n");
    expect(&w, again, "1: even|2|20\n1: odd|2|40\n");
    build_close(query);
    build_close(other);
    build_close(second);
    build_close(again);
    world_deinit(&w);
}

TEST(build_may_be_taken_down_in_any_order)
{
    static const u32 orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                     { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    static const char *const queries[] = { BY_KIND, LARGE, DOUBLED };
    static const char *const rows[] = {
        "1: even|%u|%u\n1: odd|%u|%u\n",
        "1: even|%u|%u\n1: odd|%u|%u\n",
        "1: even|%u|%u\n1: odd|%u|%u\n",
    };
    for (u32 o = 0; o < countof(orders); o++) {
        struct world w;
        struct build *builds[3];
        world_init(&w);
        insert_items(&w, 0, 4);
        for (u32 i = 0; i < 3; i++)
            builds[i] = view(&w, queries[i]);
        for (u32 gone = 0; gone < 3; gone++) {
            build_close(builds[orders[o][gone]]);
            insert_items(&w, 4 + 2 * gone, 6 + 2 * gone);
            u32 n = 3 + gone, even = 0;
            for (u32 i = 0; i < n; i++)
                even += 20 * i;
            for (u32 left = gone + 1; left < 3; left++) {
                u32 which = orders[o][left], factor = which == 2 ? 2 : 1;
                char text[128];
                snprintf(text, sizeof text, rows[which], n * factor, even, n * factor,
                         even + 10 * n);
                expect(&w, builds[which], text);
            }
        }
        world_deinit(&w);
    }
}

TEST(build_taken_down_in_the_middle_of_its_filling_leaves_nothing)
{
    static const char *const queries[] = {
        BY_KIND,
        "SELECT i.id, t.word FROM item i JOIN tag t ON t.item = i.id",
        "SELECT i.id, t.word FROM item i LEFT JOIN tag t ON t.item = i.id AND t.id > 3",
        "SELECT kind FROM item UNION SELECT word FROM tag",
        "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY price) AS r FROM "
        "item) "
        "x WHERE r <= 2",
    };
    for (u32 q = 0; q < countof(queries); q++) {
        struct world w;
        world_init(&w);
        insert_items(&w, 0, 40);
        for (u32 i = 0; i < 40; i++) {
            char id[16];
            snprintf(id, sizeof id, "%u", i);
            fixture_insert(&w.graph, w.tag, ROW(id, id, "w"));
        }
        fixture_tick(&w.graph);
        struct build *kept = view(&w, queries[q]);
        struct arena_mark mark = arena_mark(&w.graph.arena);
        u32 op_count = w.graph.graph.op_live_count;
        const char *whole = fixture_content(&w.graph, build_root(kept));
        build_close(kept);
        bool is_done = false;
        for (u32 steps = 0; !is_done; steps++) {
            struct build *build = begin(&w, queries[q]);
            for (u32 step = 0; step < steps && !is_done; step++)
                is_done = build_step(build, 1) == TURN_DONE;
            if (is_done) {
                assert_int_equal(w.graph.graph.op_live_count, op_count);
                assert_string_equal(fixture_content(&w.graph, build_root(build)), whole);
            }
            build_close(build);
            fixture_tick(&w.graph);
            assert_int_equal(w.graph.graph.op_live_count, w.op_count);
        }
        arena_rewind(&w.graph.arena, mark);
        world_deinit(&w);
    }
}

TEST(build_that_is_being_filled_is_not_shared)
{
    struct world w;
    world_init(&w);
    insert_items(&w, 0, 20000);
    struct build *slow = begin(&w, BY_KIND);
    assert_int_equal(build_step(slow, 1), TURN_MORE);
    assert_null(build_find(w.registry, plan_of(&w, BY_KIND)->root->inputs[0]));
    struct build *other = view(&w, BY_KIND);
    assert_int_equal(common(slow, other), 0);
    insert_items(&w, 20000, 20002);
    finish(slow);
    const char *rows = fixture_content(&w.graph, build_root(other));
    expect(&w, slow, rows);
    build_close(slow);
    insert_items(&w, 20002, 20004);
    struct build *third = view(&w, BY_KIND);
    assert_ptr_equal(build_root(third), build_root(other));
    build_close(other);
    build_close(third);
    world_deinit(&w);
}

TEST(build_of_a_view_that_stopped_may_be_made_again_over_other_rows)
{
    struct world w;
    world_init(&w);
    insert_items(&w, 0, 10);
    for (u32 round = 1; round < 5; round++) {
        struct build *build = view(&w, BY_KIND);
        char text[128];
        u32 n = 5 * round, even = 0;
        for (u32 i = 0; i < n; i++)
            even += 20 * i;
        snprintf(text, sizeof text, "1: even|%u|%u\n1: odd|%u|%u\n", n, even, n, even + 10 * n);
        expect(&w, build, text);
        build_close(build);
        insert_items(&w, 10 * round, 10 * round + 10);
    }
    world_deinit(&w);
}

TEST(build_over_a_view_reads_its_root_and_follows_it)
{
    struct world w;
    world_init(&w);
    insert_items(&w, 0, 4);
    bind_define(&w.bind, "CREATE MATERIALIZED VIEW total AS " BY_KIND);
    struct build *below = view(&w, BY_KIND);
    world_add(&w, "total", build_root(below));
    struct build *above = view(&w, "SELECT max(s) AS top FROM total");
    expect(&w, above, "1: 40\n");
    insert_items(&w, 4, 6);
    expect(&w, above, "1: 90\n");
    build_close(above);
    build_close(below);
    world_deinit(&w);
}

/* Arrangements of one stream by different keys: the first has the rows, the second indexes them. */
TEST(build_keeps_a_pool_while_an_index_lies_over_it)
{
    static const char *const by_item =
        "SELECT i.kind, t.word FROM item i JOIN (SELECT id, item, word "
        "FROM tag WHERE length(word) > 0) t ON t.item = i.id";
    static const char *const by_word =
        "SELECT i.id, t.item FROM item i JOIN (SELECT id, item, word "
        "FROM tag WHERE length(word) > 0) t ON t.word = i.kind";
    for (u32 first = 0; first < 2; first++) {
        struct world w;
        world_init(&w);
        insert_items(&w, 0, 2);
        fixture_insert(&w.graph, w.tag, ROW("1", "0", "odd"));
        fixture_insert(&w.graph, w.tag, ROW("2", "1", ""));
        fixture_tick(&w.graph);
        struct build *a = view(&w, by_item), *b = view(&w, by_word);
        expect(&w, a, "1: even|odd\n");
        expect(&w, b, "1: 1|0\n");
        build_close(first ? b : a);
        fixture_insert(&w.graph, w.tag, ROW("3", "1", "even"));
        fixture_tick(&w.graph);
        if (first)
            expect(&w, a, "1: even|odd\n1: odd|even\n");
        else
            expect(&w, b, "1: 0|1\n1: 1|0\n");
        build_close(first ? a : b);
        world_deinit(&w);
    }
}

TEST(build_does_not_share_what_was_suspended)
{
    struct world w;
    world_init(&w);
    insert_items(&w, 0, 4);
    struct build *old = view(&w, BY_KIND);
    struct op *aggregate = build_root(old)->inputs[0];
    graph_suspend(&w.graph.graph, aggregate, "memory");
    struct build *fresh = view(&w, BY_KIND);
    assert_int_equal(common(old, fresh), 0);
    insert_items(&w, 4, 6);
    expect(&w, fresh, "1: even|3|60\n1: odd|3|90\n");
    build_close(old);
    insert_items(&w, 6, 8);
    expect(&w, fresh, "1: even|4|120\n1: odd|4|160\n");
    build_close(fresh);
    world_deinit(&w);
}

/* A replay advances to the numbers that the log has, between the same ticks. */
TEST(build_advanced_to_the_same_quanta_has_the_same_rows_in_the_same_slots)
{
    u64 quanta[4] = { 0 };
    u32 slots[2][2] = { { 0 } };
    for (u32 round = 0; round < 2; round++) {
        struct world w;
        world_init(&w);
        insert_items(&w, 0, 3000);
        struct build *build = begin(&w, BY_KIND);
        for (u32 tick = 0; tick < 3; tick++) {
            if (round == 0) {
                build_step(build, 700);
                while (!build_is_at_rest(build))
                    build_step(build, 700);
                quanta[tick] = build_quanta(build);
            } else {
                while (build_advance(build, quanta[tick], 100) == TURN_MORE)
                    ;
                assert_int_equal(build_quanta(build), quanta[tick]);
            }
            insert_items(&w, 3000 + tick, 3001 + tick);
        }
        finish(build);
        u64 done, total;
        build_progress(build, &done, &total);
        assert_int_equal(done, total);
        struct op *root = build_root(build);
        u32 cursor = 0;
        assert_int_equal(root->class->slots(root, &cursor, slots[round], 2), 2);
        build_close(build);
        world_deinit(&w);
    }
    assert_memory_equal(slots[0], slots[1], sizeof slots[0]);
}

TEST(build_finds_what_runs_and_tells_where_it_stands)
{
    struct world w;
    world_init(&w);
    insert_items(&w, 0, 2);
    const struct delta_plan *plan = plan_of(&w, BY_KIND);
    assert_null(build_find(w.registry, plan->root));
    struct build *build = view(&w, BY_KIND);
    assert_ptr_equal(build_find(w.registry, plan->root), build_root(build));
    const struct delta_outline *outline = build_outline(build);
    assert_int_equal(outline->count, 3);
    assert_ptr_equal(build_line_op(build, &outline->lines[0]), build_root(build));
    assert_string_equal(outline->lines[2].label, "table item");
    assert_ptr_equal(build_line_op(build, &outline->lines[2]), w.item);
    build_close(build);
    assert_null(build_find(w.registry, plan->root));
    world_deinit(&w);
}
