#include "plan/delta.h"

#include "plan/delta_print.h"
#include "plan/rewrite.h"
#include "tests/unit/plan/bind_test.h"

/* The plan of a view over the query, or NULL with the fixture's err filled. */
static struct delta_plan *plan_of(struct bind_fixture *fixture, const char *query)
{
    struct bind_query bound;
    struct err *err = &fixture->plan.err;
    const char *sql = arena_format(&fixture->plan.arena, "create materialized view v as %s", query);
    struct syntax_statement *statement = bind_parse(fixture, sql);
    if (bind_view(&fixture->options, statement->create_view, &bound, err)) return NULL;
    struct logical *root = rewrite(&fixture->plan.arena, bound.root, NULL);
    struct delta_plan *plan = NULL;
    if (delta_plan(&fixture->plan.arena, root, true, NULL, fixture->options.text, &plan, err))
        return NULL;
    return plan;
}

static const struct {
    const char *sql, *text;
} plans[] = {
    { "select id, name from product", "#2 arrange by id\n"
                                      "  #1 map to id, name\n"
                                      "    #0 table product\n" },
    { "select name from product where price > 1", "#2 keep rows by name\n"
                                                  "  #1 map where (price > '1'::numeric) to name\n"
                                                  "    #0 table product\n" },
    { "select category, count(*) n from product group by category",
      "#2 arrange by category\n"
      "  #1 aggregate by category: count(*)\n"
      "    #0 table product\n" },
    { "select a.day from trade a, trade b where a.account = b.account",
      "#3 arrange by day\n"
      "  #2 join of 2\n"
      "    change of #1: #1 by account = account, about 10 rows\n"
      "    change of #1: #1 by account = account, about 10 rows\n"
      "    #1 arrange by account\n"
      "      #0 table trade\n"
      "    #1 arrange by account (above)\n" },
    { "select o.owner, p.name from account o left join product p on o.id = p.id and p.price > 2",
      "#7 arrange by owner, name\n"
      "  #6 map to owner, name\n"
      "    #5 left join on id#0 = id#6\n"
      "      #3 arrange by id\n"
      "        #0 table account\n"
      "      #4 arrange by id\n"
      "        #2 map where (price > '2'::numeric)\n"
      "          #1 table product\n" },
};

static void print_outline(struct bind_fixture *fixture, const struct delta_plan *plan)
{
    struct delta_outline outline;
    struct buf *buf = &fixture->plan.buf;
    buf_clear(buf);
    delta_outline(plan, &fixture->plan.arena, &outline);
    for (u32 i = 0; i < outline.count; i++) {
        const struct delta_line *line = &outline.lines[i];
        int indent = (int)line->depth * 2;
        buf_format(buf, "%*s#%u %s%s\n", indent, "", line->node, line->label,
                   line->is_told ? " (above)" : "");
        for (u32 p = 0; p < line->path_count; p++)
            buf_format(buf, "%*s  %s\n", indent, "", line->paths[p]);
    }
    buf_putc(buf, 0);
}

TEST(delta_plans_are_as_expected)
{
    for (u32 i = 0; i < countof(plans); i++) {
        struct bind_fixture fixture;
        bind_fixture_init(&fixture);
        bind_define(&fixture, bind_tables);
        const struct delta_plan *plan = plan_of(&fixture, plans[i].sql);
        assert_non_null(plan);
        print_outline(&fixture, plan);
        assert_string_equal(fixture.plan.buf.data, plans[i].text);
        bind_fixture_deinit(&fixture);
    }
}

TEST(delta_gives_equal_parts_of_two_views_one_name)
{
    struct bind_fixture fixture;
    bind_fixture_init(&fixture);
    bind_define(&fixture, bind_tables);
    const struct delta_plan *a =
        plan_of(&fixture, "select category, sum(price) s from product group by 1");
    const struct delta_plan *b = plan_of(&fixture, "select x.s + 1 as s from (select sum(price) s, "
                                                   "category c from product group by c) x");
    const struct delta *of_a = a->root->inputs[0], *of_b = b->root->inputs[0]->inputs[0];
    assert_int_equal(of_a->kind, DELTA_AGGREGATE);
    assert_string_equal(of_a->name, of_b->name);
    const struct delta_plan *other =
        plan_of(&fixture, "select category, sum(id) s from product group by 1");
    assert_string_not_equal(of_a->name, other->root->inputs[0]->name);
    bind_fixture_deinit(&fixture);
}

TEST(delta_takes_a_product_only_where_nothing_else_is_left)
{
    struct bind_fixture fixture;
    bind_fixture_init(&fixture);
    bind_define(&fixture, bind_tables);
    const struct delta_plan *chain = plan_of(
        &fixture, "select p.id, t.symbol, a.owner from product p, trade t, account a where p.id = "
                  "t.account and t.account = a.id");
    assert_int_equal(chain->cross_count, 0);
    const struct delta_plan *product =
        plan_of(&fixture, "select p.id, a.owner from product p, account a where p.id > a.id");
    assert_int_equal(product->cross_count, 2);
    bind_fixture_deinit(&fixture);
}

TEST(delta_refuses_row_number_without_a_bound)
{
    struct bind_fixture fixture;
    bind_fixture_init(&fixture);
    bind_define(&fixture, bind_tables);
    assert_null(plan_of(&fixture, "select id, row_number() over (order by id) as n from product"));
    assert_string_equal(fixture.plan.err.sqlstate, "0A000");
    assert_int_equal(fixture.plan.err.position, 42);
    bind_fixture_deinit(&fixture);
}
