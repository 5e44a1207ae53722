#include "plan/rewrite.h"

#include "tests/unit/plan/bind_test.h"

/* Two queries a rule: one that it changes, and one that looks alike and that it must leave. That the rows stay the
 * same is what the comparisons with PostgreSQL in tests/oracle are for. */
static const struct {
    const char *rule, *fires, *leaves;
} cases[] = {
    { "inline WITH",
      "with w as (select id from product where price > 1) select a.id from w a, w b where a.id = "
      "b.id",
      /* grouping is not done twice */
      "with w as (select category, count(*) n from product group by 1) select a.n from w a, w b "
      "where a.n = b.n" },
    { "fold constants", "select id + (1 + 2) from product", "select id + 1 from product" },
    { "OR to IN and common factors",
      "select id from product where (name = 'a' and price > 1) or (name = 'a' and id = 2)",
      "select id from product where (name = 'a' and price > 1) or (name = 'b' and id = 2)" },
    { "cut what gives nothing", "select id from product where false",
      "select count(*) from product where price > 1" },
    { "merge projections", "select i + 1 from (select id + 2 as i from product) x",
      /* the sum would be computed twice */
      "select i + i from (select id * 3 + 7 as i from product) x" },
    { "drop idle projections", "select * from (select * from product) x",
      "select name, id from product" },
    { "merge unions",
      "select id from product union all select id from account union all select account from trade",
      "select id from product union all select id::bigint from account" },
    { "merge filters", "select * from (select * from product where id > 1) x where price > 1",
      "select * from product where id > 1 and price > 1" },
    { "filter below projection", "select * from (select id as i from product) x where i > 1",
      "select id as i from product where id > 1" },
    { "filter into join", "select p.id from product p, account a where p.id = a.id",
      /* what the padded side decides is decided behind the join */
      "select p.id from product p left join account a on p.id = a.id where a.note is null" },
    { "filter below union",
      "select * from (select id from product union all select id from account) x where id > 1",
      "select * from (select id from product where id > 1 union all select id from account) x" },
    { "filter below groups",
      "select category, count(*) from product group by category having category = 'a'",
      /* what counts the group decides behind it */
      "select category, count(*) from product group by category having count(*) > 1" },
    { "filter below set",
      "select * from (select id, n from product, generate_series(1, 3) n) x where id > 1",
      "select * from (select id, n from product, generate_series(1, 3) n) x where n > 1" },
    { "row_number to top k",
      "select * from (select id, row_number() over (partition by category order by price) r from "
      "product) x where r <= 3",
      /* not the first rows */
      "select * from (select id, row_number() over (partition by category order by price) r from "
      "product) x where r > 3" },
    { "projection above join",
      "select x.i, a.owner from (select id + 1 as i, id from product) x join account a on x.id = "
      "a.id",
      /* computed where the right side may be padded with NULL */
      "select a.owner, x.i from account a left join (select id, coalesce(name, 'x') as i from "
      "product) "
      "x on x.id = a.id" },
    { "flatten joins",
      "select 1 from product p join account a on p.id = a.id join trade t on t.account = a.id",
      "select 1 from product p join account a on p.id = a.id left join trade t on t.account = "
      "a.id" },
    { "outer to inner join",
      "select p.id from product p left join account a on p.id = a.id where a.active",
      /* padded rows pass */
      "select p.id from product p left join account a on p.id = a.id where a.active is null" },
    { "join condition to its input",
      "select p.id from product p join account a on p.id = a.id and p.price > 1",
      /* of an outer join the left row stays, whatever it is */
      "select p.id from product p left join account a on p.id = a.id and p.price > 1" },
    { "constant across equality",
      "select t.day from account a join trade t on a.id = t.account where a.id = 7",
      "select t.day from account a join trade t on a.id = t.account where a.id > 7" },
    { "drop idle DISTINCT", "select distinct id, name from product",
      "select distinct name, category from product" },
};

struct fired {
    const char *names[512];
    u32 count;
};

static void on_rule(void *context, const char *rule, const struct logical *root)
{
    struct fired *fired = context;
    assert_non_null(root);
    assert_true(fired->count < countof(fired->names));
    fired->names[fired->count++] = rule;
}

static bool fires(const char *rule, const char *query)
{
    struct bind_fixture fixture;
    struct fired fired = { .count = 0 };
    bind_fixture_init(&fixture);
    bind_define(&fixture, bind_tables);
    struct syntax_statement *statement = bind_parse(&fixture, query);
    struct bind_query bound;
    struct err *err = &fixture.plan.err;
    assert_ok(bind_select(&fixture.options, statement->select, &bound, err), err);
    const struct rewrite_trace trace = { .on_rule = on_rule, .context = &fired };
    rewrite(&fixture.plan.arena, bound.root, &trace);
    bind_fixture_deinit(&fixture);
    for (u32 i = 0; i < fired.count; i++)
        if (strcmp(fired.names[i], rule) == 0) return true;
    return false;
}

TEST(rewrite_rules_change_what_they_are_for_and_leave_what_looks_alike)
{
    for (u32 i = 0; i < countof(cases); i++) {
        if (!fires(cases[i].rule, cases[i].fires))
            fail_msg("%s: %s", cases[i].rule, cases[i].fires);
        if (fires(cases[i].rule, cases[i].leaves))
            fail_msg("%s changes: %s", cases[i].rule, cases[i].leaves);
    }
}

TEST(rewrite_rules_have_their_two_queries)
{
    u32 count = 0;
    for (; rewrite_rule_name(count); count++) {
        u32 found = 0;
        while (found < countof(cases) && strcmp(cases[found].rule, rewrite_rule_name(count)) != 0)
            found++;
        if (found == countof(cases)) fail_msg("no queries for %s", rewrite_rule_name(count));
    }
    assert_int_equal(count, countof(cases));
}

TEST(rewrite_comes_to_an_end_and_finds_nothing_more)
{
    for (u32 i = 0; i < countof(cases); i++) {
        struct bind_fixture fixture;
        struct fired fired = { .count = 0 };
        struct bind_query bound;
        bind_fixture_init(&fixture);
        bind_define(&fixture, bind_tables);
        struct syntax_statement *statement = bind_parse(&fixture, cases[i].fires);
        struct err *err = &fixture.plan.err;
        assert_ok(bind_select(&fixture.options, statement->select, &bound, err), err);
        struct logical *root = rewrite(&fixture.plan.arena, bound.root, NULL);
        const struct rewrite_trace trace = { .on_rule = on_rule, .context = &fired };
        rewrite(&fixture.plan.arena, root, &trace);
        if (fired.count > 0) fail_msg("%s again: %s", fired.names[0], cases[i].fires);
        bind_fixture_deinit(&fixture);
    }
}

/* What takes in a level's expression at each level stops growing, so the work is not the cube of the levels. */
TEST(rewrite_keeps_a_condition_where_it_is_when_it_has_grown)
{
    struct bind_fixture fixture;
    struct buf sql;
    bind_fixture_init(&fixture);
    bind_define(&fixture, bind_tables);
    buf_init(&sql, &fixture.plan.mem);
    for (u32 i = 0; i < 200; i++)
        buf_format(&sql, "select id + %u as id from (", i);
    buf_puts(&sql, "select id from product");
    for (u32 i = 0; i < 200; i++)
        buf_format(&sql, ") x%u where id > %u", i, i);
    buf_putc(&sql, '\0');
    u64 used = fixture.plan.arena.used;
    const char *tree = bind_tree(&fixture, sql.data, true);
    assert_non_null(strstr(tree, "scan product"));
    assert_true(fixture.plan.arena.used - used < 100 << 20);
    buf_deinit(&sql);
    bind_fixture_deinit(&fixture);
}
