#include "tests/unit/engine/fixture.h"

#include <errno.h>
#include <string.h>

#include "engine/dml_rows.h"
#include "engine/engine_internal.h"
#include "engine/reader.h"
#include "os/fault.h"

static const char shop[] =
    "CREATE TABLE product (id bigint PRIMARY KEY, category text, price numeric(10,2));"
    "CREATE MATERIALIZED VIEW category_total AS SELECT category, count(*) AS products, "
    "sum(price) AS value FROM product GROUP BY category";

TEST(engine_keeps_a_view_up_to_date_through_inserts_updates_and_deletes)
{
    struct fixture f;
    fixture_open(&f);
    assert_run(&f, shop, "CREATE TABLE\nCREATE MATERIALIZED VIEW\n");
    assert_run(&f, "INSERT INTO product VALUES (1,'toys',2.50),(2,'toys',1),(3,'food',9.99)",
               "INSERT 0 3\n");
    assert_run(&f, "SELECT * FROM category_total ORDER BY category",
               "food|1|9.99\ntoys|2|3.50\nSELECT 2\n");
    assert_run(&f, "UPDATE product SET price = price * 2 WHERE category = 'toys'", "UPDATE 2\n");
    assert_run(&f, "DELETE FROM product WHERE id = 3", "DELETE 1\n");
    assert_run(&f, "SELECT * FROM category_total", "toys|2|7.00\nSELECT 1\n");
    fixture_close(&f);
}

TEST(engine_rejects_a_transaction_that_violates_a_key_alone)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, shop);
    fixture_run(&f, "INSERT INTO product VALUES (1,'toys',2.50)");
    assert_run(&f, "INSERT INTO product VALUES (2,'toys',1),(1,'food',3)",
               "ERROR 23505 duplicate key value violates unique constraint \"product_pkey\"\n");
    assert_string_equal(f.err.detail, "Key (id)=(1) already exists.");
    assert_run(&f, "SELECT id FROM product", "1\nSELECT 1\n");
    assert_run(&f, "INSERT INTO product VALUES (NULL,'toys',1)",
               "ERROR 23502 null value in column \"id\" of relation \"product\" violates "
               "not-null constraint\n");
    assert_run(&f, "INSERT INTO product VALUES (3,'toys',1),(1,'toys',1),(NULL,'toys',1)",
               "ERROR 23505 duplicate key value violates unique constraint \"product_pkey\"\n");
    fixture_close(&f);
}

TEST(engine_leaves_tables_out_of_a_tick_that_changed_others_only)
{
    struct fixture f;
    fixture_open_kept(&f);
    fixture_run(&f, "CREATE TABLE a (i int PRIMARY KEY); CREATE TABLE b (i int PRIMARY KEY)");
    assert_run(&f, "DELETE FROM a WHERE i > 1; INSERT INTO b VALUES (1)", "DELETE 0\nINSERT 0 1\n");
    assert_run(&f, "INSERT INTO a VALUES (1); DELETE FROM a; DELETE FROM b",
               "INSERT 0 1\nDELETE 1\nDELETE 1\n");
    assert_run(&f, "INSERT INTO a VALUES (2)", "INSERT 0 1\n");
    fixture_restart(&f);
    assert_run(&f, "SELECT i FROM a UNION ALL SELECT -i FROM b", "2\nSELECT 1\n");
    fixture_close(&f);
}

TEST(engine_computes_no_argument_of_a_row_that_filter_leaves_out)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE t (a text); CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n, "
                    "sum(a::int) FILTER (WHERE a ~ '^[0-9]+$') AS total FROM t");
    fixture_run(&f, "INSERT INTO t VALUES ('1'), ('x'), ('2')");
    assert_run(&f, "SELECT * FROM v", "3|3\nSELECT 1\n");
    assert_run(&f, "SELECT view FROM weir.errors", "SELECT 0\n");
    fixture_close(&f);
}

TEST(engine_may_meet_a_row_again_that_where_left_as_it_was)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE t (a int PRIMARY KEY, b int); INSERT INTO t VALUES (1, 1)");
    assert_run(&f,
               "INSERT INTO t VALUES (1, 1), (1, 2) ON CONFLICT (a) DO UPDATE SET b = excluded.b "
               "WHERE t.b IS DISTINCT FROM excluded.b",
               "INSERT 0 1\n");
    assert_run(&f,
               "INSERT INTO t VALUES (1, 3), (1, 3) ON CONFLICT (a) DO UPDATE SET b = excluded.b "
               "WHERE t.b IS DISTINCT FROM excluded.b",
               "ERROR 21000 ON CONFLICT DO UPDATE command cannot affect row a second time\n");
    assert_run(&f, "SELECT * FROM t", "1|2\nSELECT 1\n");
    fixture_close(&f);
}

TEST(engine_returns_every_copy_of_a_row_that_changed)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE bag (a int, b text)");
    fixture_run(&f, "INSERT INTO bag VALUES (1, 'x'), (1, 'x'), (2, 'y')");
    assert_run(&f, "UPDATE bag SET a = 2, b = 'y' RETURNING a, b", "2|y\n2|y\n2|y\nUPDATE 3\n");
    assert_run(&f, "DELETE FROM bag RETURNING b", "y\ny\ny\nDELETE 3\n");
    fixture_close(&f);
}

TEST(engine_upserts_with_excluded_and_merges_given_cells)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, shop);
    fixture_run(&f, "INSERT INTO product VALUES (1,'toys',2.50)");
    assert_run(&f,
               "INSERT INTO product VALUES (1,'food',5),(2,'food',6) ON CONFLICT (id) DO UPDATE "
               "SET price = product.price + excluded.price RETURNING *",
               "1|toys|7.50\n2|food|6.00\nINSERT 0 2\n");
    assert_string_equal(
        fixture_push(&f, "product", "{\"id\":1,\"price\":1}\n{\"id\":9}\n", INGEST_INSERT_OR_MERGE),
        "2 rows\n");
    assert_run(&f, "SELECT * FROM product ORDER BY id",
               "1|toys|1.00\n2|food|6.00\n9||\nSELECT 3\n");
    fixture_close(&f);
}

TEST(engine_fills_a_view_over_rows_that_are_there)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE n (i bigint PRIMARY KEY)");
    assert_run(&f, "INSERT INTO n SELECT * FROM generate_series(1, 100000)", "INSERT 0 100000\n");
    assert_run(&f, "CREATE MATERIALIZED VIEW total AS SELECT count(*), sum(i) FROM n",
               "CREATE MATERIALIZED VIEW\n");
    assert_run(&f, "SELECT * FROM total", "100000|5000050000\nSELECT 1\n");
    fixture_close(&f);
}

TEST(engine_gives_the_same_after_a_restart)
{
    struct fixture f;
    fixture_open_kept(&f);
    fixture_run(&f, shop);
    fixture_run(&f, "INSERT INTO product VALUES (1,'toys',2.50),(2,'toys',1),(3,'food',9.99)");
    fixture_run(&f, "UPDATE product SET price = 3 WHERE id = 2");
    fixture_run(&f, "CREATE MATERIALIZED VIEW dear AS SELECT * FROM product WHERE price > 2.6");
    fixture_run(&f, "DELETE FROM product WHERE id = 1");
    u64 tick = engine_tick(f.engine);
    u32 epoch = engine_epoch(f.engine);
    char before[3][512];
    static const char *const relations[] = { "product", "category_total", "dear" };
    for (u32 index = 0; index < 3; index++)
        strcpy(before[index], fixture_read(&f, relations[index]));
    fixture_restart(&f);
    assert_int_equal(engine_tick(f.engine), tick);
    assert_int_equal(engine_epoch(f.engine), epoch);
    for (u32 index = 0; index < 3; index++)
        assert_read(&f, relations[index], before[index]);
    assert_run(&f, "INSERT INTO product VALUES (7,'food',1) RETURNING id", "7\nINSERT 0 1\n");
    fixture_close(&f);
}

TEST(engine_shows_rows_that_a_view_cannot_compute_until_their_cause_leaves)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b bigint);"
                    "CREATE MATERIALIZED VIEW q AS SELECT id, a / b AS ratio FROM t");
    fixture_run(&f, "INSERT INTO t VALUES (1,6,3),(2,1,0)");
    assert_run(&f, "SELECT * FROM q", "1|2\nSELECT 1\n");
    assert_run(&f, "SELECT view, sqlstate, message, count FROM weir.errors",
               "q|22012|division by zero|1\nSELECT 1\n");
    fixture_run(&f, "UPDATE t SET b = 1 WHERE id = 2");
    assert_run(&f, "SELECT * FROM weir.errors", "SELECT 0\n");
    assert_run(&f, "SELECT * FROM q ORDER BY id", "1|2\n2|1\nSELECT 2\n");
    fixture_close(&f);
}

/* One operator computes for all of them. */
TEST(engine_shows_an_error_under_each_view_that_lacks_the_row)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE t (id bigint PRIMARY KEY, x bigint);"
                    "CREATE MATERIALIZED VIEW one AS SELECT id, 10 / x AS y FROM t;"
                    "CREATE MATERIALIZED VIEW two AS SELECT id, 10 / x AS y FROM t;"
                    "CREATE MATERIALIZED VIEW above AS SELECT count(*) AS n FROM one;"
                    "INSERT INTO t VALUES (1, 5), (2, 0)");
    assert_run(&f, "SELECT view, sqlstate, count FROM weir.errors ORDER BY view",
               "one|22012|1\ntwo|22012|1\nSELECT 2\n");
    assert_read(&f, "above", "{\"n\":1}\n");
    fixture_run(&f, "DROP MATERIALIZED VIEW one CASCADE");
    assert_run(&f, "SELECT view, count FROM weir.errors", "two|1\nSELECT 1\n");
    fixture_close(&f);
}

TEST(engine_fails_a_query_with_a_row_that_a_running_view_could_not_compute)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(
        &f,
        "CREATE TABLE t (id bigint PRIMARY KEY, x bigint);"
        "CREATE MATERIALIZED VIEW v AS SELECT 10 / x AS y, count(*) AS n FROM t GROUP BY 10 / x;"
        "INSERT INTO t VALUES (1, 5), (2, 0)");
    assert_run(&f, "SELECT 10 / x AS y, count(*) AS n FROM t GROUP BY 10 / x",
               "ERROR 22012 division by zero\n");
    assert_run(
        &f, "SELECT count(*) FROM (SELECT 10 / x AS y, count(*) AS n FROM t GROUP BY 10 / x) AS q",
        "ERROR 22012 division by zero\n");
    assert_run(&f, "SELECT y, n FROM v", "2|1\nSELECT 1\n");
    assert_run(&f, "SELECT count(*) FROM v", "1\nSELECT 1\n");
    fixture_run(&f, "DELETE FROM t WHERE x = 0");
    assert_run(&f, "SELECT 10 / x AS y, count(*) AS n FROM t GROUP BY 10 / x", "2|1\nSELECT 1\n");
    fixture_close(&f);
}

/* More rows than there is room for: the rest is counted, and a query still fails. */
TEST(engine_bounds_what_errors_take_and_forgets_none)
{
    struct fixture f;
    fixture_open(&f);
    f.engine->mem.max = MIB(64);
    fixture_run(&f, "CREATE TABLE t (id bigint PRIMARY KEY, x text);"
                    "CREATE MATERIALIZED VIEW v AS SELECT id, x::bigint AS y FROM t;"
                    "INSERT INTO t SELECT g, repeat('x', 3000) FROM generate_series(1, 3000) AS g");
    assert_true(f.engine->errors.mem.used < MIB(2));
    assert_true(f.engine->errors.overflowed > 0);
    fixture_run(&f, "SELECT count(*) FROM (SELECT id, x::bigint AS y FROM t) AS q WHERE y > 5");
    assert_string_equal(f.err.sqlstate, "22P02");
    fixture_run(&f, "DELETE FROM t");
    assert_int_equal(f.engine->errors.overflowed, 0);
    assert_int_equal(f.engine->errors.count, 0);
    assert_run(&f, "SELECT count(*) FROM (SELECT id, x::bigint AS y FROM t) AS q WHERE y > 5",
               "0\nSELECT 1\n");
    fixture_close(&f);
}

/* What was marked for a tick that the disk did not take is marked no more. */
TEST(engine_goes_on_after_a_tick_that_the_disk_did_not_take)
{
    struct fixture f;
    fixture_open_kept(&f);
    fixture_run(&f,
                "CREATE TABLE a (id bigint PRIMARY KEY); CREATE TABLE b (id bigint PRIMARY KEY);"
                "CREATE MATERIALIZED VIEW v AS SELECT a.id FROM a JOIN b ON a.id = b.id;"
                "INSERT INTO b VALUES (1)");
    fault_set(&(struct fault_plan){
        .fail_from = 1, .fail_count = 1, .fail_errno = ENOSPC, .calls = 1u << FAULT_WRITE });
    fixture_run(&f, "INSERT INTO a VALUES (1)");
    assert_string_equal(f.err.sqlstate, "53100");
    fault_clear();
    assert_run(&f, "INSERT INTO a VALUES (2); DELETE FROM a", "INSERT 0 1\nDELETE 1\n");
    assert_run(&f, "SELECT count(*) FROM a JOIN b ON a.id = b.id", "0\nSELECT 1\n");
    assert_run(&f, "INSERT INTO a VALUES (1)", "INSERT 0 1\n");
    assert_read(&f, "v", "{\"id\":1}\n");
    fixture_close(&f);
}

/* That a view is ready stands in the group of the log that the disk refuses: it is written again. */
TEST(engine_knows_after_a_full_disk_what_was_filled_before)
{
    struct fixture f;
    fixture_open_kept(&f);
    fixture_run(&f, "CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t VALUES (1), (2);"
                    "CREATE MATERIALIZED VIEW v AS SELECT id FROM t WHERE id > 1");
    fault_set(&(struct fault_plan){
        .fail_from = 1, .fail_count = 1, .fail_errno = ENOSPC, .calls = 1u << FAULT_WRITE });
    fixture_run(&f, "INSERT INTO t VALUES (3)");
    assert_string_equal(f.err.sqlstate, "53100");
    fault_clear();
    fixture_run(&f, "CREATE MATERIALIZED VIEW above AS SELECT count(*) AS n FROM v;"
                    "INSERT INTO t VALUES (4)");
    fixture_restart(&f);
    assert_read(&f, "above", "{\"n\":2}\n");
    fixture_close(&f);
}

TEST(engine_drops_only_what_nothing_depends_on)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, shop);
    assert_run(&f, "DROP TABLE product",
               "ERROR 2BP01 cannot drop table product because other objects depend on it\n");
    assert_run(&f, "DROP TABLE product CASCADE", "DROP TABLE\n");
    assert_read(&f, "category_total", "ERROR 42P01 relation \"category_total\" does not exist\n");
    fixture_close(&f);
}

static void count_ready(void *context)
{
    ++*(u32 *)context;
}

static const char *pull(struct fixture *f, struct subscriber *subscriber)
{
    buf_clear(&f->out);
    struct frame *frame = subscribe_pull(subscriber);
    if (!frame) return NULL;
    struct subscribe_frame shown = subscribe_frame(frame);
    buf_append(&f->out, shown.bytes.data, shown.bytes.size);
    buf_putc(&f->out, '\0');
    subscribe_release(frame);
    return f->out.data;
}

TEST(engine_pushes_the_net_change_to_a_subscriber)
{
    struct fixture f;
    struct subscriber *subscriber;
    u32 ready = 0;
    fixture_open(&f);
    fixture_run(&f, shop);
    fixture_run(&f, "INSERT INTO product VALUES (1,'toys',2.50),(2,'food',1)");
    const struct subscribe_options options = { .relation = SLICE("category_total"),
                                               .on_ready = count_ready,
                                               .context = &ready };
    assert_ok(subscribe_open(f.engine, &options, &subscriber, &f.err), &f.err);
    assert_string_equal(pull(&f, subscriber),
                        "{\"tick\":1,\"key\":[\"category\"],\"rows\":["
                        "{\"category\":\"toys\",\"products\":1,\"value\":2.50},"
                        "{\"category\":\"food\",\"products\":1,\"value\":1.00}]}");
    assert_null(pull(&f, subscriber));
    fixture_run(&f, "INSERT INTO product VALUES (3,'toys',1)");
    fixture_run(&f, "DELETE FROM product WHERE id = 2");
    assert_int_equal(ready, 1);
    assert_string_equal(pull(&f, subscriber),
                        "{\"tick\":3,\"conflated\":2,\"upsert\":["
                        "{\"category\":\"toys\",\"products\":2,\"value\":3.50}],"
                        "\"delete\":[{\"category\":\"food\"}]}");
    subscribe_close(subscriber);
    fixture_close(&f);
}

TEST(engine_counts_equal_rows_of_a_table_that_has_no_key)
{
    struct fixture f;
    struct subscriber *subscriber;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE bid (price bigint) WITH (append_only = true);"
                    "CREATE MATERIALIZED VIEW v AS SELECT price FROM bid");
    fixture_run(&f, "INSERT INTO bid VALUES (7),(7),(8)");
    const struct subscribe_options options = { .relation = SLICE("v"), .on_ready = count_ready };
    assert_ok(subscribe_open(f.engine, &options, &subscriber, &f.err), &f.err);
    assert_string_equal(pull(&f, subscriber), "{\"tick\":1,\"rows\":[{\"price\":7,\"_count\":2},"
                                              "{\"price\":8,\"_count\":1}]}");
    subscribe_close(subscriber);
    fixture_close(&f);
}

TEST(engine_lets_a_subscriber_go_on_by_its_token_after_a_restart)
{
    struct fixture f;
    struct subscriber *subscriber;
    fixture_open_kept(&f);
    fixture_run(&f, shop);
    fixture_run(&f, "INSERT INTO product VALUES (1,'toys',2.50),(2,'food',1)");
    u64 tick = engine_tick(f.engine);
    fixture_run(&f, "DELETE FROM product WHERE id = 2");
    fixture_restart(&f);
    const struct subscribe_options options = {
        .relation = SLICE("category_total"),
        .resume = true,
        .since = { .epoch = engine_epoch(f.engine), .tick = tick },
    };
    assert_ok(subscribe_open(f.engine, &options, &subscriber, &f.err), &f.err);
    assert_string_equal(pull(&f, subscriber),
                        "{\"tick\":2,\"upsert\":[],\"delete\":[{\"category\":\"food\"}]}");
    subscribe_close(subscriber);
    fixture_close(&f);
}

TEST(engine_drops_a_view_that_cannot_be_filled_and_says_so_to_the_log)
{
    struct fixture f;
    fixture_open_kept(&f);
    fixture_run(&f, "CREATE TABLE n (i bigint PRIMARY KEY)");
    fixture_run(&f, "INSERT INTO n SELECT * FROM generate_series(1, 50000)");
    u64 max = f.engine->mem.max;
    /* Room to be created, none to be filled. */
    f.engine->mem.max = f.engine->mem.used * 100 / 84;
    const char *answer =
        fixture_run(&f, "CREATE MATERIALIZED VIEW \"a \"\"b\" AS SELECT i % 40000 AS k, "
                        "count(*) FROM n GROUP BY 1");
    assert_string_equal(answer, "ERROR 53200 \"a \"b\" does not fit into the memory budget\n");
    f.engine->mem.max = max;
    fixture_restart(&f);
    assert_read(&f, "a \"b", "ERROR 42P01 relation \"a \"b\" does not exist\n");
    assert_run(&f, "SELECT count(*) FROM n", "50000\nSELECT 1\n");
    fixture_close(&f);
}

TEST(engine_reads_by_an_index_in_its_order_and_between_keys)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE n (i bigint PRIMARY KEY, v bigint)");
    fixture_run(&f,
                "INSERT INTO n SELECT g, g * 7919 % 10007 FROM generate_series(1, 10000) AS s(g)");
    assert_run(&f, "CREATE INDEX ON n (v)", "CREATE INDEX\n");
    assert_run(&f, "SELECT v FROM n ORDER BY v LIMIT 3", "1\n2\n3\nSELECT 3\n");
    assert_run(&f, "SELECT v FROM n ORDER BY v DESC LIMIT 2", "10006\n10005\nSELECT 2\n");
    assert_run(&f, "SELECT count(*) FROM n WHERE v >= 100 AND v < 110", "10\nSELECT 1\n");
    fixture_run(&f, "DELETE FROM n WHERE v BETWEEN 2 AND 9999");
    assert_run(&f, "SELECT v FROM n WHERE v > 1 ORDER BY v LIMIT 1", "10000\nSELECT 1\n");
    assert_run(&f, "DROP INDEX n_v_idx", "DROP INDEX\n");
    fixture_close(&f);
}

/* Between a statement's start and its first row a tick may come, and an index may go. */
TEST(engine_looks_rows_up_when_it_reads_them)
{
    struct fixture f;
    fixture_open(&f);
    fixture_run(&f, "CREATE TABLE t (id bigint PRIMARY KEY, x bigint); CREATE INDEX by_x ON t (x);"
                    "INSERT INTO t VALUES (1, 10), (2, 20)");
    struct reader *readers[2];
    struct relation *relation;
    struct err err;
    const struct batch *rows;
    assert_ok(relation_find(f.engine, SLICE("t"), &relation, &err), &err);
    struct arena arena;
    arena_init(&arena, &f.mem);
    struct reader_options options = { .op = relation->table,
                                      .view = relation->view,
                                      .exprs = dml_all_columns(relation->catalog->row, &arena),
                                      .expr_count = 2,
                                      .column_count = 2,
                                      .limit = UINT64_MAX };
    readers[0] = reader_open(f.engine, &options);
    readers[1] = reader_open(f.engine, &options);
    fixture_run(&f, "UPDATE t SET x = x + 1; INSERT INTO t VALUES (3, 30)");
    assert_int_equal(reader_next(readers[0], &rows, &err), READER_ROWS);
    assert_int_equal(rows->row_count, 3);
    fixture_run(&f, "DROP INDEX by_x");
    assert_int_equal(reader_next(readers[1], &rows, &err), READER_ROWS);
    assert_int_equal(rows->row_count, 3);
    reader_close(readers[0]);
    reader_close(readers[1]);
    arena_deinit(&arena);
    fixture_close(&f);
}
