#include "tests/unit/engine/fixture.h"

static struct fixture fixture;

static void begin(void)
{
    fixture_open(&fixture);
    assert_run(&fixture,
               "CREATE TABLE product (id int PRIMARY KEY, category text, price numeric(10,2))",
               "CREATE TABLE\n");
    assert_run(&fixture,
               "CREATE MATERIALIZED VIEW total AS SELECT category, count(*) AS products, "
               "sum(price) AS value FROM product GROUP BY category",
               "CREATE MATERIALIZED VIEW\n");
    assert_run(&fixture,
               "INSERT INTO product VALUES (1, 'toy', 2.5), (2, 'toy', 1), (3, 'food', 9)",
               "INSERT 0 3\n");
}

/* Without the column of bytes, which depends on the machine. */
static const char *explained(const char *sql)
{
    static char text[1 << 16];
    const char *from = fixture_run(&fixture, sql);
    char *to = text;
    while (*from) {
        size_t size = strcspn(from, "\n");
        bool has_bytes = size > 44 && from[43] >= '0' && from[43] <= '9' && from[44] == ' ';
        for (size_t at = 0; at < size; at++)
            *to++ = has_bytes && at >= 33 && at < 44 ? '.' : from[at];
        *to++ = '\n';
        from += size + (from[size] == '\n');
    }
    *to = 0;
    return text;
}

TEST(explain_of_a_view_that_runs_shows_each_tree_and_the_figures_of_its_operators)
{
    begin();
    assert_string_equal(
        explained("EXPLAIN MATERIALIZED VIEW total"),
        "materialized view total: ready, 2 rows\n"
        "bound\n"
        "  project category, count AS products, sum AS value\n"
        "    aggregate by category: count(*), sum(price)\n"
        "      scan product\n"
        "rewritten by\n"
        "  drop idle projections\n"
        "    - project category, count AS products, sum AS value\n"
        "logical plan\n"
        "  aggregate by category: count(*), sum(price)\n"
        "    scan product\n"
        "operators\n"
        "    rows in   rows out  rows kept      bytes\n"
        "          2          2          2...........  #2 arrange by category  [an index]\n"
        "          3          2          2...........    #1 aggregate by category: count(*), "
        "sum(price)\n"
        "          0          3          3...........      #0 table product\n"
        "notes\n"
        "  key: category\n"
        "EXPLAIN\n");
    fixture_close(&fixture);
}

TEST(explain_of_a_query_shows_what_would_be_made_and_what_runs_already)
{
    begin();
    assert_string_equal(
        explained("EXPLAIN SELECT category, sum(price) AS s, count(*) AS n FROM product "
                  "WHERE 1 + 1 = 2 GROUP BY category ORDER BY s DESC LIMIT 3"),
        "bound\n"
        "  project category, sum AS s, count AS n\n"
        "    aggregate by category: sum(price), count(*)\n"
        "      filter ((1 + 1) = 2)\n"
        "        scan product\n"
        "rewritten by\n"
        "  fold constants\n"
        "    - filter ((1 + 1) = 2)\n"
        "  drop idle projections\n"
        "    - project category, sum AS s, count AS n\n"
        "logical plan\n"
        "  aggregate by category: sum(price), count(*)\n"
        "    scan product\n"
        "operators\n"
        "    rows in   rows out  rows kept      bytes\n"
        "                                         new  #2 arrange by category\n"
        "                                         new    #1 aggregate by category: sum(price), "
        "count(*)\n"
        "          0          3          3...........      #0 table product\n"
        "notes\n"
        "  the result is ordered by s desc\n"
        "  at most 3 rows of it\n"
        "  a dataflow of its own, filled, read once and dropped\n"
        "EXPLAIN\n");
    assert_non_null(
        strstr(explained("EXPLAIN CREATE MATERIALIZED VIEW other AS SELECT category, "
                         "count(*) AS a, sum(price) AS b FROM product GROUP BY category"),
               "#1 aggregate by category: count(*), sum(price)  [runs in total]\n"));
    assert_non_null(strstr(explained("EXPLAIN SELECT * FROM total WHERE category = 'toy'"),
                           "read\n  from materialized view total, where its rows are\n"));
    fixture_close(&fixture);
}

TEST(explain_names_the_other_views_that_use_an_operator)
{
    begin();
    fixture_run(&fixture,
                "CREATE MATERIALIZED VIEW large AS SELECT category, value, products FROM "
                "(SELECT category, count(*) AS products, sum(price) AS value FROM product "
                "GROUP BY category) x WHERE value > 3");
    const char *text = explained("EXPLAIN ANALYZE MATERIALIZED VIEW large");
    assert_non_null(strstr(text, "aggregate by category: count(*), sum(price)  [also in total]\n"));
    fixture_run(&fixture, "DROP MATERIALIZED VIEW total");
    text = explained("EXPLAIN MATERIALIZED VIEW large");
    assert_null(strstr(text, "also in"));
    fixture_close(&fixture);
}

TEST(explain_as_json_has_the_same)
{
    begin();
    const char *text = fixture_run(&fixture, "EXPLAIN (FORMAT JSON) MATERIALIZED VIEW total");
    assert_non_null(strstr(text, "\"title\":\"materialized view total: ready, 2 rows\""));
    assert_non_null(strstr(text, "{\"rule\":\"drop idle projections\",\"changes\":[\"- project "
                                 "category, count AS products, sum AS value\"]}"));
    assert_non_null(strstr(text, "{\"id\":1,\"name\":\"aggregate by category: count(*), "
                                 "sum(price)\",\"inputs\":[0],\"runs\":true,\"rows_in\":3,"
                                 "\"rows_out\":2,\"rows_kept\":2,\"bytes\":"));
    fixture_close(&fixture);
}

TEST(explain_says_what_it_does_not_take)
{
    static const struct {
        const char *sql, *answer;
    } cases[] = {
        { "EXPLAIN ANALYZE SELECT * FROM product",
          "ERROR 0A000 EXPLAIN ANALYZE of a statement is not supported\n" },
        { "EXPLAIN MATERIALIZED VIEW product", "ERROR 42809 \"product\" is not a view\n" },
        { "EXPLAIN MATERIALIZED VIEW nosuch", "ERROR 42P01 relation \"nosuch\" does not exist\n" },
        { "EXPLAIN (FORMAT XML) SELECT 1",
          "ERROR 0A000 EXPLAIN in a format other than TEXT and JSON is not supported\n" },
        { "EXPLAIN (FORMAT csv) VIEW total",
          "ERROR 22023 unrecognized value for EXPLAIN option \"format\": \"csv\"\n" },
        { "EXPLAIN (NOSUCH) SELECT 1", "ERROR 42601 unrecognized EXPLAIN option \"nosuch\"\n" },
        { "EXPLAIN (BUFFERS) SELECT 1",
          "ERROR 0A000 EXPLAIN with BUFFERS or WAL is not supported\n" },
        { "EXPLAIN DELETE FROM product", "ERROR 0A000 EXPLAIN of DELETE is not supported\n" },
        { "EXPLAIN INSERT INTO product VALUES (1)",
          "ERROR 0A000 EXPLAIN of INSERT … VALUES is not supported\n" },
    };
    begin();
    for (u32 index = 0; index < countof(cases); index++)
        assert_run(&fixture, cases[index].sql, cases[index].answer);
    fixture_close(&fixture);
}

TEST(explain_counts_a_table_s_key_once)
{
    begin();
    fixture_run(&fixture, "CREATE TABLE word (id int PRIMARY KEY, product int)");
    fixture_run(&fixture, "CREATE MATERIALIZED VIEW words AS SELECT w.id, p.category FROM word w "
                          "JOIN product p ON p.id = w.product");
    const char *text = explained("EXPLAIN MATERIALIZED VIEW words");
    const char *key = strstr(text, " arrange by id  [the key of #");
    assert_non_null(key);
    while (key[-1] != '\n')
        key--;
    for (u32 column = 0; column < 44; column++)
        assert_int_equal(key[column], ' ');
    fixture_close(&fixture);
}
