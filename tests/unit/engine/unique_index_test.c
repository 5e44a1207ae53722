#include "tests/unit/engine/fixture.h"

static struct fixture fixture;

static void begin(void)
{
    fixture_open_kept(&fixture);
    assert_run(&fixture, "CREATE TABLE t (id int PRIMARY KEY, a int, b text)", "CREATE TABLE\n");
    assert_run(&fixture,
               "INSERT INTO t VALUES (1, 1, 'x'), (2, 2, 'x'), (3, NULL, 'x'), (4, NULL, NULL)",
               "INSERT 0 4\n");
}

#define TWICE "ERROR 23505 duplicate key value violates unique constraint \"t_a_idx\"\n"

TEST(a_unique_index_is_held_from_then_on_and_after_a_restart)
{
    begin();
    assert_run(&fixture, "CREATE UNIQUE INDEX ON t (a)", "CREATE INDEX\n");
    for (u32 round = 0; round < 2; round++) {
        assert_run(&fixture, "INSERT INTO t VALUES (9, 2, 'y')", TWICE);
        assert_string_equal(fixture.err.detail, "Key (a)=(2) already exists.");
        assert_run(&fixture, "UPDATE t SET a = 1 WHERE id <= 2", TWICE);
        assert_run(&fixture, "INSERT INTO t VALUES (9, NULL, 'y'); DELETE FROM t WHERE id = 9",
                   "INSERT 0 1\nDELETE 1\n");
        assert_run(&fixture, "UPDATE t SET a = 3 - a WHERE a IS NOT NULL", "UPDATE 2\n");
        assert_run(&fixture,
                   "INSERT INTO t VALUES (8, 2, 'z') ON CONFLICT (a) DO UPDATE SET b = excluded.b "
                   "RETURNING a, b",
                   "2|z\nINSERT 0 1\n");
        assert_run(&fixture,
                   "INSERT INTO t VALUES (8, 2, 'z') ON CONFLICT ON CONSTRAINT t_a_idx DO NOTHING",
                   "INSERT 0 0\n");
        fixture_restart(&fixture);
    }
    assert_run(&fixture, "DROP INDEX t_a_idx", "DROP INDEX\n");
    assert_run(&fixture, "INSERT INTO t VALUES (9, 2, 'y')", "INSERT 0 1\n");
    fixture_restart(&fixture);
    assert_run(&fixture, "SELECT count(*) FROM t WHERE a = 2", "2\nSELECT 1\n");
    fixture_close(&fixture);
}

TEST(a_unique_index_over_rows_that_violate_it_is_refused)
{
    begin();
    assert_run(&fixture, "CREATE UNIQUE INDEX u ON t (b)",
               "ERROR 23505 could not create unique index \"u\"\n");
    assert_string_equal(fixture.err.detail, "Key (b)=(x) is duplicated.");
    assert_run(&fixture, "CREATE UNIQUE INDEX u ON t (b, a) NULLS NOT DISTINCT", "CREATE INDEX\n");
    assert_run(&fixture, "INSERT INTO t VALUES (5, NULL, 'x')",
               "ERROR 23505 duplicate key value violates unique constraint \"u\"\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX w ON t (a) NULLS NOT DISTINCT",
               "ERROR 23505 could not create unique index \"w\"\n");
    assert_string_equal(fixture.err.detail, "Key (a)=(null) is duplicated.");
    assert_run(&fixture, "CREATE UNIQUE INDEX u ON t (a)",
               "ERROR 42P07 relation \"u\" already exists\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX IF NOT EXISTS u ON t (a)", "CREATE INDEX\n");
    assert_run(&fixture, "INSERT INTO t VALUES (5, 2, 'q')", "INSERT 0 1\n");
    fixture_close(&fixture);
}

TEST(a_unique_index_goes_with_its_table_and_comes_back_with_another)
{
    begin();
    assert_run(&fixture, "CREATE UNIQUE INDEX u ON t (a); DROP TABLE t",
               "CREATE INDEX\nDROP TABLE\n");
    assert_run(&fixture, "CREATE TABLE t (a int, b int) WITH (append_only = true)",
               "CREATE TABLE\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX u ON t (a, b)", "CREATE INDEX\n");
    assert_run(&fixture, "INSERT INTO t VALUES (1, 2), (1, 2)",
               "ERROR 23505 duplicate key value violates unique constraint \"u\"\n");
    fixture_restart(&fixture);
    assert_run(&fixture, "INSERT INTO t VALUES (1, 2)", "INSERT 0 1\n");
    assert_run(&fixture, "INSERT INTO t VALUES (1, 2)",
               "ERROR 23505 duplicate key value violates unique constraint \"u\"\n");
    fixture_close(&fixture);
}

TEST(a_unique_index_is_refused_where_equal_rows_are_one)
{
    begin();
    assert_run(&fixture, "CREATE TABLE bag (a int)", "CREATE TABLE\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX ON bag (a)",
               "ERROR 0A000 CREATE UNIQUE INDEX on a table without a key is not supported\n");
    assert_run(&fixture, "CREATE MATERIALIZED VIEW v AS SELECT a FROM t",
               "CREATE MATERIALIZED VIEW\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX ON v (a)",
               "ERROR 0A000 a unique index on a materialized view is not supported: its rows "
               "follow from its query\n");
    assert_run(&fixture, "CREATE TABLE k (a int UNIQUE)", "CREATE TABLE\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX k_a_key ON k (a)",
               "ERROR 42P07 relation \"k_a_key\" already exists\n");
    fixture_close(&fixture);
}

TEST(a_unique_index_holds_over_many_rows)
{
    begin();
    assert_run(&fixture, "INSERT INTO t SELECT n, n + 100, 'y' FROM generate_series(100, 20000) n",
               "INSERT 0 19901\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX u ON t (a)", "CREATE INDEX\n");
    assert_run(&fixture, "INSERT INTO t VALUES (50000, 15000, '')",
               "ERROR 23505 duplicate key value violates unique constraint \"u\"\n");
    assert_run(&fixture, "INSERT INTO t VALUES (50000, 50000, '')", "INSERT 0 1\n");
    assert_run(&fixture, "DROP INDEX u; UPDATE t SET a = 7 WHERE id = 19999",
               "DROP INDEX\nUPDATE 1\n");
    assert_run(&fixture, "UPDATE t SET a = 7 WHERE id = 20000", "UPDATE 1\n");
    assert_run(&fixture, "CREATE UNIQUE INDEX u ON t (a)",
               "ERROR 23505 could not create unique index \"u\"\n");
    fixture_close(&fixture);
}
