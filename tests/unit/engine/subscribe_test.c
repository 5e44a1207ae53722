#include "engine/subscribe.h"

#include "engine/engine_internal.h"
#include "engine/hidden.h"
#include "tests/unit/engine/following.h"

static const char shop[] =
    "CREATE TABLE product (id bigint PRIMARY KEY, category text, price bigint);"
    "CREATE VIEW cheap AS SELECT * FROM product WHERE price < 10;"
    "CREATE VIEW totals AS SELECT category, count(*) AS n FROM product GROUP BY category;"
    "CREATE MATERIALIZED VIEW prices AS SELECT category, price FROM product";

static void fill(struct fixture *f)
{
    fixture_run(f, shop);
    fixture_run(f, "INSERT INTO product VALUES (1,'toys',5),(2,'food',15),(3,'toys',25)");
}

static void begin(struct fixture *f)
{
    fixture_open(f);
    fill(f);
}

static void begin_kept(struct fixture *f)
{
    fixture_open_kept(f);
    fill(f);
}

#define HIDDEN "SELECT name, status, rows, subscriptions FROM weir.views WHERE kind = 'hidden view'"

TEST(subscribe_follows_any_filter_in_a_view_of_its_own)
{
    struct fixture f;
    struct following one;
    begin(&f);
    following_open(&one, &f, "product?price=gt.10", 0);
    assert_null(following_pull(&one)); /* it is filled between ticks */
    fixture_settle(&f);
    assert_int_equal(one.ready, 1);
    assert_string_equal(following_pull(&one), "{\"tick\":1,\"key\":[\"id\"],\"rows\":["
                                              "{\"id\":2,\"category\":\"food\",\"price\":15},"
                                              "{\"id\":3,\"category\":\"toys\",\"price\":25}]}");
    assert_null(following_pull(&one));
    assert_run(&f, HIDDEN, "product WHERE (price > '10'::bigint)|ready|2|1\nSELECT 1\n");
    fixture_run(&f, "UPDATE product SET price = 20 - price");
    assert_int_equal(one.ready, 2);
    assert_string_equal(following_pull(&one),
                        "{\"tick\":2,\"upsert\":[{\"id\":1,\"category\":\"toys\",\"price\":15}],"
                        "\"delete\":[{\"id\":2},{\"id\":3}]}");
    following_close(&one);
    fixture_close(&f);
}

TEST(subscribe_shares_a_hidden_view_among_all_who_ask_for_the_same)
{
    static const char *const urls[] = {
        "product?price=gt.10&id=lt.9",
        "product?id=lt.9&price=gt.10",
        "product?and=(price.gt.10,id.lt.9)",
        "product?price=gt.10&id=lt.9&price=gt.10",
        "product?price=gt.10&id=lt.9&category=eq.food", /* its own part is the list it follows */
        "product?price=gt.10&id=lt.9&select=what:category",
    };
    struct fixture f;
    struct following all[countof(urls)];
    begin(&f);
    for (u32 index = 0; index < countof(urls); index++)
        following_open(&all[index], &f, urls[index], 0);
    for (u32 index = 0; index < countof(urls); index++)
        assert_non_null(following_wait(&all[index]));
    assert_run(&f, HIDDEN,
               "product WHERE (id < '9'::bigint) AND (price > '10'::bigint)|ready|2|6\n"
               "SELECT 1\n");
    assert_string_equal(all[4].frame.data, "{\"tick\":1,\"key\":[\"id\"],\"rows\":["
                                           "{\"id\":2,\"category\":\"food\",\"price\":15}]}");
    assert_string_equal(all[5].frame.data,
                        "{\"tick\":1,\"key\":[\"id\"],\"rows\":[{\"what\":\"food\",\"id\":2},"
                        "{\"what\":\"toys\",\"id\":3}]}");
    for (u32 index = 0; index < countof(urls); index++)
        following_close(&all[index]);
    fixture_close(&f);
}

TEST(subscribe_needs_no_hidden_view_for_equalities)
{
    struct fixture f;
    struct following one, two;
    begin(&f);
    following_open(&one, &f, "product?category=eq.toys&price=eq.5&select=price", 0);
    following_open(&two, &f, "prices", 0);
    assert_string_equal(following_pull(&one), "{\"tick\":1,\"key\":[\"id\"],\"rows\":["
                                              "{\"price\":5,\"id\":1}]}");
    assert_non_null(following_pull(&two));
    assert_run(&f, HIDDEN, "SELECT 0\n");
    following_close(&one);
    following_close(&two);
    fixture_close(&f);
}

TEST(subscribe_follows_the_first_rows_of_an_order)
{
    struct fixture f;
    struct following one;
    begin(&f);
    following_open(&one, &f, "product?category=neq.none&order=price.desc&limit=1&offset=1", 0);
    assert_string_equal(following_wait(&one), "{\"tick\":1,\"key\":[\"id\"],\"rows\":["
                                              "{\"id\":2,\"category\":\"food\",\"price\":15}]}");
    fixture_run(&f, "DELETE FROM product WHERE id = 3");
    assert_string_equal(following_pull(&one),
                        "{\"tick\":2,\"upsert\":[{\"id\":1,\"category\":\"toys\",\"price\":5}],"
                        "\"delete\":[{\"id\":2}]}");
    following_close(&one);
    /* Under a limit an equality decides which rows are the first. */
    following_open(&one, &f, "product?category=eq.toys&order=price.desc&limit=1", 0);
    assert_string_equal(following_wait(&one), "{\"tick\":2,\"key\":[\"id\"],\"rows\":["
                                              "{\"id\":1,\"category\":\"toys\",\"price\":5}]}");
    following_close(&one);
    assert_int_equal(following_try(&one, &f, "product?order=price", 0), FAIL);
    assert_string_equal(f.err.sqlstate, "0A000");
    fixture_close(&f);
}

TEST(subscribe_casts_and_projects_as_a_read_does)
{
    struct fixture f;
    struct following one;
    begin(&f);
    following_open(&one, &f, "product?id=eq.2&select=cost:price::text", 0);
    assert_string_equal(following_wait(&one),
                        "{\"tick\":1,\"key\":[\"id\"],\"rows\":[{\"cost\":\"15\",\"id\":2}]}");
    following_close(&one);
    following_open(&one, &f, "product?id=eq.2&select=*,cost:price::text", 0);
    assert_string_equal(following_wait(&one),
                        "{\"tick\":1,\"key\":[\"id\"],\"rows\":[{\"id\":2,\"category\":\"food\","
                        "\"price\":15,\"cost\":\"15\"}]}");
    following_close(&one);
    assert_int_equal(following_try(&one, &f, "product?select=id::text", 0), FAIL);
    assert_string_equal(f.err.sqlstate, "42701"); /* the key is shown beside it */
    fixture_close(&f);
}

TEST(subscribe_counts_the_rows_of_a_bag_without_some_of_its_columns)
{
    struct fixture f;
    struct following one;
    begin(&f);
    following_open(&one, &f, "prices?price=gt.1&select=category", 0);
    assert_string_equal(following_wait(&one),
                        "{\"tick\":1,\"rows\":[{\"category\":\"toys\",\"_count\":2},"
                        "{\"category\":\"food\",\"_count\":1}]}");
    fixture_run(&f, "DELETE FROM product WHERE id > 1");
    assert_string_equal(following_pull(&one),
                        "{\"tick\":2,\"upsert\":[{\"category\":\"toys\",\"_count\":1},"
                        "{\"category\":\"food\",\"_count\":0}]}");
    following_close(&one);
    fixture_close(&f);
}

TEST(subscribe_counts_the_rows_of_a_table_without_a_key)
{
    struct fixture f;
    struct following one;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE bid (price bigint) WITH (append_only = true)");
    fixture_run(&f, "INSERT INTO bid VALUES (7),(7),(8)");
    following_open(&one, &f, "bid?price=eq.7", 0);
    assert_string_equal(following_wait(&one), "{\"tick\":1,\"rows\":[{\"price\":7,\"_count\":2}]}");
    following_close(&one);
    fixture_close(&f);
}

TEST(plain_views_are_read_and_followed_as_the_queries_they_stand_for)
{
    struct fixture f;
    struct following one;
    begin(&f);
    assert_read(&f, "cheap", "{\"id\":1,\"category\":\"toys\",\"price\":5}\n");
    assert_read(&f, "totals", "{\"category\":\"toys\",\"n\":2}\n{\"category\":\"food\",\"n\":1}\n");
    following_open(&one, &f, "totals?n=gt.1", 0);
    assert_string_equal(following_wait(&one), "{\"tick\":1,\"key\":[\"category\"],\"rows\":["
                                              "{\"category\":\"toys\",\"n\":2}]}");
    fixture_run(&f, "INSERT INTO product VALUES (4,'food',1)");
    assert_string_equal(following_pull(&one),
                        "{\"tick\":2,\"upsert\":[{\"category\":\"food\",\"n\":2}],\"delete\":[]}");
    assert_run(&f, HIDDEN, "totals WHERE (n > '1'::bigint)|ready|2|1\nSELECT 1\n");
    fixture_run(&f, "DROP VIEW totals");
    assert_true(subscribe_ended(one.subscriber));
    following_close(&one);
    fixture_run(&f, "CREATE VIEW seen AS SELECT name FROM weir.views WHERE kind = 'table'");
    assert_read(&f, "seen", "{\"name\":\"product\"}\n");
    assert_int_equal(following_try(&one, &f, "seen", 0), FAIL);
    assert_string_equal(f.err.sqlstate, "0A000");
    fixture_close(&f);
}

/* --- going and coming back --- */

TEST(hidden_views_go_when_their_last_subscriber_has_been_away_for_the_window)
{
    struct fixture f;
    struct following one, two;
    begin(&f);
    following_open(&one, &f, "product?price=gt.10", 0);
    following_open(&two, &f, "product?price=gt.10", 0);
    assert_non_null(following_wait(&one));
    u64 before = f.engine->graph.op_count;
    following_close(&one);
    f.engine->options.resume_window_us = 1;
    hidden_sweep(f.engine, 0);
    assert_run(&f, HIDDEN, "product WHERE (price > '10'::bigint)|ready|2|1\nSELECT 1\n");
    following_close(&two);
    while (!list_empty(&f.engine->hidden))
        hidden_sweep(f.engine, 0);
    assert_true(f.engine->graph.op_count <= before);
    assert_run(&f, HIDDEN, "SELECT 0\n");
    fixture_close(&f);
}

TEST(subscribers_of_hidden_views_resume_within_the_window)
{
    struct fixture f;
    struct following one;
    begin(&f);
    following_open(&one, &f, "product?price=gt.10", 0);
    assert_non_null(following_wait(&one));
    following_close(&one);
    fixture_run(&f, "DELETE FROM product WHERE id = 2");
    fixture_run(&f, "INSERT INTO product VALUES (4,'toys',40)");
    following_open(&one, &f, "product?price=gt.10", 1);
    assert_string_equal(following_pull(&one), "{\"tick\":3,\"conflated\":2,\"upsert\":["
                                              "{\"id\":4,\"category\":\"toys\",\"price\":40}],"
                                              "\"delete\":[{\"id\":2}]}");
    following_close(&one);
    fixture_close(&f);
}

TEST(subscribers_of_hidden_views_resume_after_a_restart_while_nothing_below_has_changed)
{
    struct fixture f;
    struct following one;
    begin_kept(&f);
    fixture_run(&f, "CREATE TABLE other (i bigint PRIMARY KEY)");
    fixture_run(&f, "INSERT INTO other VALUES (1)");
    fixture_restart(&f);
    following_open(&one, &f, "product?price=gt.10", 1);
    assert_null(following_wait(&one)); /* it lacks nothing */
    fixture_run(&f, "INSERT INTO product VALUES (4,'toys',40)");
    assert_string_equal(following_pull(&one),
                        "{\"tick\":3,\"upsert\":[{\"id\":4,\"category\":\"toys\",\"price\":40}],"
                        "\"delete\":[]}");
    following_close(&one);
    fixture_restart(&f);
    following_open(&one, &f, "product?price=gt.20", 1);
    assert_string_equal(following_wait(&one),
                        "{\"tick\":3,\"reset\":true,\"key\":[\"id\"],\"rows\":["
                        "{\"id\":3,\"category\":\"toys\",\"price\":25},"
                        "{\"id\":4,\"category\":\"toys\",\"price\":40}]}");
    following_close(&one);
    fixture_close(&f);
}

TEST(subscribers_of_a_relation_that_was_made_anew_begin_again)
{
    struct fixture f;
    struct following one;
    begin(&f);
    fixture_run(&f, "DROP VIEW cheap");
    fixture_run(&f, "CREATE VIEW cheap AS SELECT * FROM product WHERE price < 20");
    fixture_run(&f, "DROP MATERIALIZED VIEW prices");
    fixture_run(&f, "CREATE MATERIALIZED VIEW prices AS SELECT price FROM product WHERE id = 1");
    following_open(&one, &f, "cheap?id=gt.1", 1);
    assert_string_equal(following_wait(&one),
                        "{\"tick\":1,\"reset\":true,\"key\":[\"id\"],\"rows\":["
                        "{\"id\":2,\"category\":\"food\",\"price\":15}]}");
    following_close(&one);
    following_open(&one, &f, "prices", 1);
    assert_string_equal(following_wait(&one),
                        "{\"tick\":1,\"reset\":true,\"rows\":[{\"price\":5,\"_count\":1}]}");
    following_close(&one);
    fixture_close(&f);
}

TEST(hidden_views_end_with_what_they_read)
{
    struct fixture f;
    struct following one, waiting;
    begin(&f);
    following_open(&one, &f, "prices?price=gt.10", 0);
    assert_non_null(following_wait(&one));
    assert_null(following_pull(&one));
    following_open(&waiting, &f, "prices?price=lt.10", 0);
    assert_string_equal(fixture_run(&f, "DROP TABLE product CASCADE"), "DROP TABLE\n");
    assert_true(subscribe_ended(one.subscriber) && subscribe_ended(waiting.subscriber));
    assert_null(following_pull(&one));
    assert_int_equal(one.ready, 2);
    following_close(&one);
    following_close(&waiting);
    assert_run(&f, "SELECT name FROM weir.views", "SELECT 0\n");
    assert_run(&f, "SELECT name FROM weir.operators", "SELECT 0\n");
    fixture_close(&f);
}

TEST(hidden_views_end_when_the_query_of_their_plain_view_is_replaced)
{
    struct fixture f;
    struct following one;
    begin(&f);
    following_open(&one, &f, "cheap", 0);
    assert_non_null(following_wait(&one));
    assert_null(following_pull(&one));
    fixture_run(&f, "CREATE OR REPLACE VIEW cheap AS SELECT * FROM product WHERE price > 20");
    assert_true(subscribe_ended(one.subscriber));
    following_close(&one);
    following_open(&one, &f, "cheap", 1); /* the tick is known, the rows are others */
    assert_string_equal(following_wait(&one),
                        "{\"tick\":1,\"reset\":true,\"key\":[\"id\"],\"rows\":["
                        "{\"id\":3,\"category\":\"toys\",\"price\":25}]}");
    following_close(&one);
    fixture_close(&f);
}

/* --- bounds --- */

TEST(hidden_views_are_bounded_in_number)
{
    struct fixture f;
    struct following first, second, third;
    begin(&f);
    f.engine->options.hidden_count_max = 2;
    following_open(&first, &f, "product?price=gt.1", 0);
    following_open(&second, &f, "product?price=gt.2", 0);
    assert_int_equal(following_try(&third, &f, "product?price=gt.3", 0), FAIL);
    assert_string_equal(f.err.sqlstate, "53400");
    following_close(&first); /* nobody follows it: it gives way */
    following_open(&third, &f, "product?price=gt.3", 0);
    assert_non_null(following_wait(&third));
    assert_non_null(following_wait(&second));
    assert_run(&f, HIDDEN " ORDER BY name",
               "product WHERE (price > '2'::bigint)|ready|3|1\n"
               "product WHERE (price > '3'::bigint)|ready|3|1\nSELECT 2\n");
    following_close(&second);
    following_close(&third);
    fixture_close(&f);
}

TEST(hidden_views_that_do_not_fit_are_suspended_alone)
{
    struct fixture f;
    struct following one;
    begin(&f);
    fixture_run(&f, "INSERT INTO product SELECT g, 'toys', g FROM generate_series(10, 50000) g(g)");
    u64 max = f.engine->mem.max;
    following_open(&one, &f, "product?price=gt.10", 0);
    /* Room to be asked for, none to be filled. */
    f.engine->mem.max = f.engine->mem.used * 100 / 84;
    for (u32 count = 0; count < 1000 && !subscribe_ended(one.subscriber); count++)
        fixture_settle(&f);
    assert_true(subscribe_ended(one.subscriber));
    assert_int_equal(one.ready, 1);
    following_close(&one);
    f.engine->mem.max = max;
    assert_run(&f, HIDDEN,
               "product WHERE (price > '10'::bigint)|suspended: memory|0|0\nSELECT 1\n");
    assert_int_equal(following_try(&one, &f, "product?price=gt.10", 0), FAIL);
    assert_string_equal(f.err.sqlstate, "53200");
    following_open(&one, &f, "product?price=gt.49999", 0);
    assert_non_null(following_wait(&one));
    following_close(&one);
    fixture_close(&f);
}

TEST(hidden_views_count_the_rows_that_they_cannot_compute)
{
    struct fixture f;
    struct following one;
    begin(&f);
    following_open(&one, &f, "product?select=category::bigint", 0);
    assert_string_equal(following_wait(&one), "{\"tick\":1,\"key\":[\"id\"],\"rows\":[]}");
    assert_run(&f, "SELECT view, sqlstate, count FROM weir.errors LIMIT 1",
               "product|22P02|1\nSELECT 1\n");
    following_close(&one);
    fixture_close(&f);
}

/* --- beside the log --- */

/* The row's order is that of its slots, which a replay must give again. */
TEST(views_of_the_log_do_not_depend_on_hidden_ones)
{
    struct fixture f;
    struct following one;
    begin_kept(&f);
    fixture_run(&f, "INSERT INTO product SELECT g, g::text, g FROM generate_series(10, 9000) g(g)");
    following_open(&one, &f, "totals", 0);
    assert_non_null(following_wait(&one));
    fixture_run(&f, "CREATE MATERIALIZED VIEW kept AS SELECT category, count(*) AS n FROM product "
                    "GROUP BY category");
    fixture_run(&f, "DELETE FROM product WHERE id % 7 = 0");
    following_close(&one);
    fixture_run(&f,
                "INSERT INTO product SELECT g, g::text, g FROM generate_series(9001, 9500) g(g)");
    struct buf before;
    buf_init(&before, &f.mem);
    buf_puts(&before, fixture_read(&f, "kept"));
    buf_putc(&before, '\0');
    fixture_restart(&f);
    assert_read(&f, "kept", before.data);
    buf_deinit(&before);
    fixture_close(&f);
}
