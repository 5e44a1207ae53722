#include "engine/exec.h"

#include "tests/unit/engine/fixture.h"

static struct fixture fixture;

TEST(a_block_may_read_before_it_writes)
{
    fixture_open(&fixture);
    fixture_run(&fixture, "CREATE TABLE t (a int)");
    assert_run(&fixture, "BEGIN; SELECT 1; INSERT INTO t VALUES (1); COMMIT; SELECT a FROM t",
               "BEGIN\n1\nSELECT 1\nINSERT 0 1\nCOMMIT\n1\nSELECT 1\n");
    assert_run(&fixture, "BEGIN; SELECT 1; COMMIT", "BEGIN\n1\nSELECT 1\nCOMMIT\n");
    assert_run(&fixture, "INSERT INTO t VALUES (2); COMMIT",
               "INSERT 0 1\nERROR 25P01 there is no transaction in progress\n");
    fixture_close(&fixture);
}

static void on_done(void *context, const struct ingest_result *result)
{
    assert_int_equal(result->status, OK);
    ++*(u32 *)context;
}

/* A transaction of a batch of rows; false when the producer's edge is full. */
static bool push_batch(u32 *done_count)
{
    const struct ingest_options options = {
        .kind = INGEST_INSERT, .deadline_us = INT64_MAX, .on_done = on_done, .context = done_count
    };
    struct ingest *ingest;
    assert_ok(
        ingest_open(fixture.engine, fixture.producer, SLICE("t"), &options, &ingest, &fixture.err),
        &fixture.err);
    struct batch *batch =
        batch_make_for(ingest_arena(ingest), ingest_schema(ingest), BATCH_ROW_COUNT_MAX);
    for (u32 row = 0; row < BATCH_ROW_COUNT_MAX; row++) {
        ((i64 *)batch->columns[0].data)[row] = row;
        batch->weights[row] = 1;
    }
    batch->row_count = BATCH_ROW_COUNT_MAX;
    ingest_add(ingest, batch);
    if (ingest_push(ingest) == INGEST_TAKEN) return true;
    ingest_cancel(ingest);
    return false;
}

TEST(a_block_that_waits_for_room_begins_once)
{
    u32 pushed = 0, done = 0;
    fixture_open(&fixture);
    fixture_run(&fixture, "CREATE TABLE t (a int)");
    while (push_batch(&done))
        pushed++;
    assert_run(&fixture,
               "BEGIN; INSERT INTO t VALUES (-1), (-2); DELETE FROM t WHERE a = -1; COMMIT",
               "BEGIN\nINSERT 0 2\nDELETE 1\nCOMMIT\n");
    assert_int_equal(done, pushed);
    assert_run(&fixture, "SELECT min(a) FROM t", "-2\nSELECT 1\n");
    fixture_close(&fixture);
}
