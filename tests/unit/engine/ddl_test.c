#include "tests/unit/engine/fixture.h"

static struct fixture fixture;

static void begin(void)
{
    fixture_open_kept(&fixture);
    assert_run(&fixture, "CREATE TABLE t (id int PRIMARY KEY, a int)", "CREATE TABLE\n");
    assert_run(&fixture, "INSERT INTO t VALUES (1, 10), (2, 20)", "INSERT 0 2\n");
    assert_run(&fixture, "CREATE VIEW v AS SELECT id FROM t WHERE a > 10", "CREATE VIEW\n");
}

TEST(or_replace_by_the_same_changes_nothing)
{
    begin();
    assert_run(&fixture, "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM v",
               "CREATE MATERIALIZED VIEW\n");
    u64 tick = engine_tick(fixture.engine);
    assert_run(&fixture, "create or replace view v as select id from t where a > 10",
               "CREATE VIEW\n");
    assert_run(&fixture, "CREATE OR REPLACE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM v",
               "CREATE MATERIALIZED VIEW\n");
    assert_int_equal(engine_tick(fixture.engine), tick);
    fixture_restart(&fixture);
    assert_run(&fixture, "SELECT n FROM m", "1\nSELECT 1\n");
    fixture_close(&fixture);
}

TEST(or_replace_gives_a_plain_view_that_nobody_uses_another_query)
{
    begin();
    assert_run(&fixture, "COMMENT ON VIEW v IS 'few'", "COMMENT\n");
    assert_run(&fixture, "CREATE OR REPLACE VIEW v AS SELECT id, a * 2 AS b FROM t",
               "CREATE VIEW\n");
    for (u32 round = 0; round < 2; round++) {
        assert_run(&fixture, "SELECT * FROM v ORDER BY id", "1|20\n2|40\nSELECT 2\n");
        assert_run(&fixture, "SELECT comment FROM weir.comments", "few\nSELECT 1\n");
        fixture_restart(&fixture);
    }
    assert_run(&fixture, "CREATE OR REPLACE VIEW v AS SELECT a FROM t",
               "ERROR 42P16 cannot drop columns from view\n");
    assert_run(&fixture, "CREATE OR REPLACE VIEW v AS SELECT id::text AS id, a AS b FROM t",
               "ERROR 42P16 cannot change data type of view column \"id\" from integer to text\n");
    assert_run(&fixture, "CREATE OR REPLACE VIEW v AS SELECT * FROM v",
               "ERROR 42P17 infinite recursion detected in rules for relation \"v\"\n");
    assert_run(&fixture, "SELECT * FROM v ORDER BY id", "1|20\n2|40\nSELECT 2\n");
    fixture_close(&fixture);
}

TEST(or_replace_of_what_is_used_or_kept_is_refused_with_the_reason)
{
    begin();
    assert_run(&fixture, "CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM v",
               "CREATE MATERIALIZED VIEW\n");
    assert_run(&fixture, "CREATE OR REPLACE VIEW v AS SELECT id FROM t",
               "ERROR 0A000 CREATE OR REPLACE of view \"v\" by another definition is not "
               "supported\n");
    assert_string_equal(fixture.err.detail, "materialized view m depends on it.");
    assert_run(&fixture, "CREATE OR REPLACE MATERIALIZED VIEW m AS SELECT 1 AS n",
               "ERROR 0A000 CREATE OR REPLACE of materialized view \"m\" by another definition is "
               "not supported\n");
    assert_run(&fixture, "CREATE OR REPLACE VIEW m AS SELECT 1 AS n",
               "ERROR 42809 \"m\" is not a view\n");
    assert_run(&fixture, "CREATE OR REPLACE VIEW fresh AS SELECT 1 AS n", "CREATE VIEW\n");
    fixture_close(&fixture);
}

TEST(comments_are_kept)
{
    begin();
    assert_run(&fixture, "COMMENT ON TABLE t IS 'things'", "COMMENT\n");
    assert_run(&fixture, "COMMENT ON COLUMN t.a IS 'how many'; COMMENT ON VIEW v IS 'x'",
               "COMMENT\nCOMMENT\n");
    assert_run(&fixture, "COMMENT ON VIEW v IS NULL", "COMMENT\n");
    fixture_restart(&fixture);
    assert_run(&fixture, "SELECT * FROM weir.comments", "t||things\nt|a|how many\nSELECT 2\n");
    assert_run(&fixture, "COMMENT ON VIEW t IS 'x'", "ERROR 42809 \"t\" is not a view\n");
    assert_run(&fixture, "COMMENT ON TABLE nosuch IS 'x'",
               "ERROR 42P01 relation \"nosuch\" does not exist\n");
    assert_run(&fixture, "COMMENT ON COLUMN t.nosuch IS 'x'",
               "ERROR 42703 column \"nosuch\" of relation \"t\" does not exist\n");
    fixture_close(&fixture);
}

TEST(a_file_with_comments_and_replacements_may_be_read_again)
{
    const char *text = "CREATE OR REPLACE VIEW w AS SELECT a FROM t;\n"
                       "COMMENT ON VIEW w IS 'all';\nDROP VIEW IF EXISTS nosuch;\n"
                       "INSERT INTO t VALUES (3, 30);\n";
    begin();
    for (u32 round = 0; round < 3; round++) {
        assert_ok(exec_file(fixture.engine, slice_of(text), "f.sql", &fixture.err), &fixture.err);
        assert_run(&fixture, "SELECT count(*) FROM w", "3\nSELECT 1\n");
        fixture_restart(&fixture);
    }
    fixture_close(&fixture);
}
