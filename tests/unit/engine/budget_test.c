/* The memory budget in one process: what is suspended, what goes on, what a replay makes of it. */
#include "engine/engine_internal.h"
#include "tests/unit/engine/fixture.h"

#define TABLES                                                                                     \
    "CREATE TABLE a (id bigint PRIMARY KEY, k bigint);"                                            \
    "CREATE TABLE b (id bigint PRIMARY KEY, k bigint);"                                            \
    "CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM b;"
#define PAIRS                                                                                      \
    "CREATE MATERIALIZED VIEW pairs AS SELECT a.id AS a, b.id AS b FROM a JOIN b ON a.k = b.k;"
#define ROWS                                                                                       \
    "INSERT INTO a SELECT g, 1 FROM generate_series(1, 1200) AS g;"                                \
    "INSERT INTO b SELECT g, 2 FROM generate_series(1, 1200) AS g;"
/* 1.4 M rows of a view. */
#define EXPLOSION "UPDATE b SET k = 1;"
#define STATUS    "SELECT name, status FROM weir.views WHERE kind = 'materialized view' ORDER BY name"

static void open_small(struct fixture *fixture, u64 memory_max)
{
    fixture_open_kept(fixture);
    fixture->options.memory_max = memory_max;
    fixture_restart(fixture);
}

static void restart_with(struct fixture *fixture, u64 memory_max)
{
    fixture->options.memory_max = memory_max;
    fixture_restart(fixture);
}

TEST(budget_suspends_what_explodes_in_a_tick_and_nothing_else)
{
    struct fixture fixture;
    open_small(&fixture, MIB(24));
    fixture_run(
        &fixture, TABLES PAIRS
        "CREATE MATERIALIZED VIEW matches AS SELECT count(*) AS n FROM a JOIN b ON a.k = b.k;"
        "CREATE MATERIALIZED VIEW above AS SELECT a, count(*) AS n FROM pairs GROUP BY a;" ROWS);
    assert_run(&fixture, EXPLOSION, "UPDATE 1200\n");
    assert_true(fixture.engine->mem.peak < MIB(24));
    assert_run(&fixture, STATUS,
               "above|suspended: memory\ncounted|ready\nmatches|ready\npairs|suspended: memory\n"
               "SELECT 4\n");
    assert_read(&fixture, "matches", "{\"n\":1440000}\n");
    assert_read(&fixture, "pairs", "ERROR 53200 \"pairs\" is suspended: memory\n");
    assert_true(fixture.engine->mem.used < MIB(16)); /* most of it the log's buffers */
    fixture_close(&fixture);
}

TEST(budget_at_a_replay_suspends_as_well_and_more_memory_brings_a_view_back)
{
    struct fixture fixture;
    open_small(&fixture, MIB(24));
    fixture_run(&fixture, TABLES PAIRS ROWS EXPLOSION);
    fixture_restart(&fixture);
    assert_run(&fixture, STATUS, "counted|ready\npairs|suspended: memory\nSELECT 2\n");
    restart_with(&fixture, GIB(1));
    assert_run(&fixture, STATUS, "counted|ready\npairs|ready\nSELECT 2\n");
    assert_run(&fixture, "SELECT count(*) FROM pairs", "1440000\nSELECT 1\n");
    fixture_close(&fixture);
}

/* What was made while there was memory stands in the log, over what does not fit any more. */
TEST(budget_replays_with_less_memory_than_the_log_was_written_with)
{
    struct fixture fixture;
    open_small(&fixture, GIB(1));
    fixture_run(&fixture, TABLES ROWS EXPLOSION PAIRS
                "CREATE MATERIALIZED VIEW above AS SELECT a, count(*) AS n FROM pairs GROUP BY a;"
                "CREATE VIEW named AS SELECT * FROM above WHERE n > 0;"
                "CREATE MATERIALIZED VIEW top AS SELECT count(*) AS n FROM named;"
                "CREATE INDEX by_b ON pairs (b);");
    assert_read(&fixture, "top", "{\"n\":1200}\n");
    fixture_run(&fixture, "UPDATE b SET k = 2 WHERE id > 10");
    restart_with(&fixture, MIB(24));
    assert_true(fixture.engine->mem.peak < MIB(24));
    assert_run(&fixture, STATUS,
               "above|suspended: memory\ncounted|ready\npairs|suspended: memory\n"
               "top|suspended: memory\nSELECT 4\n");
    assert_read(&fixture, "counted", "{\"n\":1200}\n");
    assert_run(&fixture, "SELECT * FROM named", "ERROR 53200 \"above\" is suspended: memory\n");
    assert_run(&fixture, "DROP MATERIALIZED VIEW pairs CASCADE", "DROP MATERIALIZED VIEW\n");
    assert_run(&fixture, PAIRS, "CREATE MATERIALIZED VIEW\n");
    assert_run(&fixture, "SELECT count(*) FROM pairs", "12000\nSELECT 1\n");
    fixture_restart(&fixture);
    assert_run(&fixture, "SELECT count(*) FROM pairs", "12000\nSELECT 1\n");
    fixture_close(&fixture);
}

TEST(budget_too_small_for_the_tables_is_refused_at_the_start)
{
    struct fixture fixture;
    char dir[SCRATCH_SIZE];
    scratch_make(dir);
    fixture_open(&fixture);
    fixture.options.data_dir = dir;
    fixture_restart(&fixture);
    fixture_run(&fixture, "CREATE TABLE t (id bigint PRIMARY KEY);"
                          "INSERT INTO t SELECT * FROM generate_series(1, 1000000)");
    fixture_close(&fixture);
    struct engine *engine;
    struct err err;
    fixture.options.memory_max = MIB(16);
    assert_int_equal(engine_open(&engine, &fixture.options, &err), FAIL);
    assert_string_equal(err.sqlstate, "53200");
    assert_string_equal(err.message,
                        "the tables do not fit into the memory budget of 16 MiB, at tick 1");
    scratch_remove(dir);
}

TEST(budget_refuses_what_collects_more_than_there_is)
{
    struct fixture fixture;
    fixture_open(&fixture);
    fixture.engine->mem.max = MIB(24);
    fixture_run(&fixture, TABLES ROWS);
    static const char *const queries[] = {
        "SELECT a.id, b.id FROM a, b",
        "SELECT g FROM generate_series(1, 50000000) AS g ORDER BY g",
        "INSERT INTO a SELECT a.id * 100000 + b.id, 1 FROM a, b",
        "CREATE MATERIALIZED VIEW v AS SELECT a.id, b.id AS b FROM a, b",
        "SELECT DISTINCT a.id * 10000 + b.id FROM a, b",
    };
    for (u32 index = 0; index < countof(queries); index++) {
        fixture_run(&fixture, queries[index]);
        assert_true(fixture.failed);
        assert_string_equal(fixture.err.sqlstate, "53200");
        /* The last doubling of a pool counts whole, though most of its pages are never touched. */
        assert_true(fixture.engine->mem.peak < MIB(24) + MIB(4));
        assert_true(fixture.engine->mem.used < MIB(8));
    }
    assert_run(&fixture, "SELECT count(*) FROM a, b", "1440000\nSELECT 1\n");
    fixture_close(&fixture);
}

TEST(budget_where_nobody_could_free_memory_refuses_instead_of_waiting)
{
    struct fixture fixture;
    fixture_open(&fixture);
    fixture_run(&fixture, TABLES "INSERT INTO b SELECT g, 2 FROM generate_series(1, 200000) AS g");
    fixture.engine->mem.max = fixture.engine->mem.used;
    fixture.engine->options.refuses_when_full = true;
    fixture_run(&fixture, "INSERT INTO a VALUES (1, 1)");
    assert_string_equal(fixture.err.sqlstate, "53200");
    fixture_run(&fixture, "CREATE TABLE c (id bigint)");
    assert_string_equal(fixture.err.sqlstate, "53200");
    assert_run(&fixture, "DELETE FROM b WHERE id > 100", "DELETE 199900\n");
    assert_run(&fixture, "DROP TABLE b CASCADE", "DROP TABLE\n");
    fixture.engine->mem.max = 0;
    assert_run(&fixture, "INSERT INTO a VALUES (1, 1)", "INSERT 0 1\n");
    fixture_close(&fixture);
}

static void count_room(void *context)
{
    ++*(u32 *)context;
}

TEST(budget_lets_delete_pass_who_waits_and_tells_them_when_there_is_room)
{
    struct fixture fixture;
    u32 told = 0;
    fixture_open(&fixture);
    fixture_run(&fixture,
                "CREATE TABLE t (id bigint PRIMARY KEY, body text);"
                "INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(1, 10000) AS g");
    fixture.engine->mem.max = fixture.engine->mem.used;
    struct ingest *ingest;
    const struct ingest_options options = { .deadline_us = INT64_MAX };
    assert_ok(
        ingest_open(fixture.engine, fixture.producer, SLICE("t"), &options, &ingest, &fixture.err),
        &fixture.err);
    assert_int_equal(ingest_push(ingest), INGEST_FULL);
    producer_on_room(fixture.producer, count_room, &told);
    fixture_settle(&fixture);
    assert_int_equal(told, 0);
    assert_run(&fixture, "DELETE FROM t", "DELETE 10000\n");
    fixture.engine->mem.max = GIB(1);
    fixture_settle(&fixture);
    assert_int_equal(told, 1);
    ingest_cancel(ingest);
    fixture_close(&fixture);
}

TEST(budget_ends_reads_of_what_it_suspends)
{
    struct fixture fixture;
    fixture_open(&fixture);
    fixture.engine->mem.max = MIB(24);
    fixture_run(&fixture, TABLES PAIRS ROWS "UPDATE b SET k = 1 WHERE id < 20");
    struct read *read;
    const struct batch *batch;
    const struct read_options options = { .relation = SLICE("pairs"), .limit = UINT64_MAX };
    assert_ok(read_open(fixture.engine, &options, &read, &fixture.err), &fixture.err);
    assert_int_equal(read_next(read, &batch, &fixture.err), READ_ROWS);
    fixture_run(&fixture, EXPLOSION);
    assert_true(fixture.engine->mem.used < MIB(8)); /* the reader holds nothing of it */
    assert_int_equal(read_next(read, &batch, &fixture.err), READ_FAIL);
    assert_string_equal(fixture.err.sqlstate, "53200");
    read_close(read);
    fixture_close(&fixture);
}
