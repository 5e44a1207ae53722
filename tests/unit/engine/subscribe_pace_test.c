#include <stdio.h>

#include "os/clock.h"
#include "tests/unit/engine/fixture.h"

#define MS CLOCK_MS

struct reader {
    struct subscriber *subscriber;
    u32 ready_count;
};

static void on_ready(void *context)
{
    struct reader *reader = context;
    reader->ready_count++;
}

static void open_reader(struct fixture *f, struct reader *reader, struct pace pace)
{
    *reader = (struct reader){ .ready_count = 0 };
    const struct subscribe_options options = {
        .relation = SLICE("v"), .pace = pace, .on_ready = on_ready, .context = reader
    };
    assert_ok(subscribe_open(f->engine, &options, &reader->subscriber, &f->err), &f->err);
}

/* The tick of the next frame, 0 when there is none. */
static u64 pull(struct reader *reader)
{
    struct frame *frame = subscribe_pull(reader->subscriber);
    if (!frame) return 0;
    u64 tick = subscribe_frame(frame).tick;
    subscribe_release(frame);
    return tick;
}

/* Time passes, and the engine looks at it. */
static void pass(struct fixture *f, i64 duration_us)
{
    clock_shift(duration_us);
    fixture_settle(f);
}

static void change(struct fixture *f)
{
    static int number;
    char sql[64];
    snprintf(sql, sizeof sql, "INSERT INTO t VALUES (%d)", ++number);
    assert_run(f, sql, "INSERT 0 1\n");
}

static void open_world(struct fixture *f)
{
    fixture_open(f);
    assert_run(f, "CREATE TABLE t (a int PRIMARY KEY)", "CREATE TABLE\n");
    assert_run(f, "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t",
               "CREATE MATERIALIZED VIEW\n");
}

TEST(subscriber_without_a_pace_is_told_of_each_change)
{
    struct fixture f;
    struct reader reader;
    open_world(&f);
    open_reader(&f, &reader, (struct pace){ .kind = PACE_NONE });
    (void)pull(&reader);
    assert_int_equal(pull(&reader), 0);
    change(&f);
    assert_int_equal(reader.ready_count, 1);
    assert_int_equal(pull(&reader), engine_tick(f.engine));
    subscribe_close(reader.subscriber);
    fixture_close(&f);
}

/* The durations are so long that the test's own time does not count. */
TEST(audit_gives_the_last_state_so_long_after_the_first_change)
{
    struct fixture f;
    struct reader reader;
    open_world(&f);
    open_reader(&f, &reader, (struct pace){ .kind = PACE_AUDIT, .duration_us = 3600000 * MS });
    struct frame *state = subscribe_pull(reader.subscriber);
    assert_non_null(state); /* the first state is not put off */
    subscribe_release(state);
    assert_int_equal(pull(&reader), 0);
    change(&f);
    change(&f);
    assert_int_equal(reader.ready_count, 0);
    assert_int_equal(pull(&reader), 0);
    pass(&f, 1800000 * MS);
    change(&f);
    assert_int_equal(reader.ready_count, 0);
    pass(&f, 1800000 * MS);
    assert_int_equal(reader.ready_count, 1);
    assert_int_equal(pull(&reader), engine_tick(f.engine));
    /* What comes while it is being told begins a new wait. */
    change(&f);
    assert_int_equal(pull(&reader), 0);
    pass(&f, 3600000 * MS);
    assert_int_equal(reader.ready_count, 2);
    assert_int_equal(pull(&reader), engine_tick(f.engine));
    assert_int_equal(pull(&reader), 0);
    subscribe_close(reader.subscriber);
    fixture_close(&f);
}

TEST(sample_gives_at_the_boundaries_of_one_clock_to_all)
{
    struct fixture f;
    struct reader readers[2];
    const struct pace pace = { .kind = PACE_SAMPLE, .duration_us = 3600000 * MS };
    open_world(&f);
    /* Just behind a boundary, so that none falls into the test's own time. */
    clock_shift(pace.duration_us - clock_now() % pace.duration_us + 1);
    for (u32 i = 0; i < 2; i++) {
        open_reader(&f, &readers[i], pace);
        (void)pull(&readers[i]);
        assert_int_equal(pull(&readers[i]), 0);
    }
    change(&f);
    assert_int_equal(readers[0].ready_count + readers[1].ready_count, 0);
    pass(&f, pace.duration_us);
    for (u32 i = 0; i < 2; i++) {
        assert_int_equal(readers[i].ready_count, 1);
        assert_int_equal(pull(&readers[i]), engine_tick(f.engine));
        subscribe_close(readers[i].subscriber);
    }
    fixture_close(&f);
}

TEST(debounce_waits_for_quiet_and_no_longer_than_its_bound)
{
    struct fixture f;
    struct reader reader;
    const struct pace pace = { .kind = PACE_DEBOUNCE,
                               .duration_us = 3600000 * MS,
                               .wait_us_max = 3 * 3600000 * MS };
    open_world(&f);
    open_reader(&f, &reader, pace);
    (void)pull(&reader);
    assert_int_equal(pull(&reader), 0);
    change(&f);
    pass(&f, 2400000 * MS);
    change(&f); /* 40 minutes later: not quiet */
    pass(&f, 2400000 * MS);
    assert_int_equal(reader.ready_count, 0);
    pass(&f, 1200000 * MS); /* an hour after the second */
    assert_int_equal(reader.ready_count, 1);
    assert_int_equal(pull(&reader), engine_tick(f.engine));
    assert_int_equal(pull(&reader), 0);
    for (u32 i = 0; i < 4; i++) { /* never quiet: changes every 40 minutes */
        change(&f);
        pass(&f, 2400000 * MS);
        assert_int_equal(reader.ready_count, 1);
    }
    change(&f);
    pass(&f, 1200000 * MS); /* three hours after the first of them */
    assert_int_equal(reader.ready_count, 2);
    assert_int_equal(pull(&reader), engine_tick(f.engine));
    subscribe_close(reader.subscriber);
    fixture_close(&f);
}

TEST(subscriber_with_a_pace_is_told_of_the_end_at_once)
{
    struct fixture f;
    struct reader reader;
    open_world(&f);
    open_reader(&f, &reader, (struct pace){ .kind = PACE_AUDIT, .duration_us = 3600000 * MS });
    (void)pull(&reader);
    assert_int_equal(pull(&reader), 0);
    change(&f);
    assert_run(&f, "DROP MATERIALIZED VIEW v", "DROP MATERIALIZED VIEW\n");
    assert_int_equal(reader.ready_count, 1);
    assert_true(subscribe_ended(reader.subscriber));
    assert_int_equal(pull(&reader), 0);
    subscribe_close(reader.subscriber);
    fixture_close(&f);
}
