#include "log/log.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/crc.h"
#include "log/record.h"
#include "os/clock.h"
#include "tests/unit/log/log_fixture.h"

TEST(log_gives_back_what_was_appended)
{
    struct fixture *f = fixture_make();
    struct rand rand = { .state = test_seed(1) };
    u64 seed = 0;
    u32 epoch = 0;
    for (u32 run = 0; run < 4; run++) {
        u64 count = f->count;
        fixture_must_start(f);
        assert_int_equal(f->count, count);
        assert_true(f->log.clean);
        if (run > 0) assert_true(f->log.hash_seed == seed && f->log.epoch == epoch);
        seed = f->log.hash_seed;
        epoch = f->log.epoch;
        for (u32 round = 0; round < 300; round++) {
            u64 size = rand_below(&rand, round % 50 == 0 ? 3000 : 200);
            if (!log_has_room(&f->log, size)) log_flush(&f->log);
            fixture_must_append(f, size);
            if (rand_chance(&rand, 1, 5)) log_flush(&f->log);
        }
        assert_ok(log_close(&f->log, &f->err), &f->err);
    }
    fixture_remove(f);
}

TEST(log_rolls_to_new_files_and_takes_records_larger_than_a_file)
{
    struct fixture *f = fixture_make();
    f->options.segment_size = KIB(4);
    fixture_must_start(f);
    for (u32 round = 0; round < 40; round++) {
        u64 size = round % 10 == 5 ? KIB(40) : 500;
        if (!log_has_room(&f->log, size)) log_flush(&f->log);
        assert_true(log_has_room(&f->log, size));
        fixture_must_append(f, size);
    }
    log_flush(&f->log);
    assert_int_equal(fixture_durable(f), 40);
    struct log_stats stats;
    log_stats(&f->log, &stats);
    char names[64][64];
    assert_int_equal(fixture_segments(f, names, 64), stats.segment_count);
    assert_true(stats.segment_count > 8);
    assert_string_equal(names[0], "00000000000000000001.log");
    assert_ok(log_close(&f->log, &f->err), &f->err);

    fixture_must_start(f);
    assert_int_equal(f->count, 40);
    log_stats(&f->log, &stats);
    assert_int_equal(fixture_segments(f, names, 64), stats.segment_count);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(log_without_a_directory_keeps_nothing_and_is_durable_at_once)
{
    struct fixture *f = fixture_make();
    f->options.dir = NULL;
    fixture_must_start(f);
    fixture_must_append(f, 100);
    assert_int_equal(fixture_durable(f), 1);
    assert_ok(log_wait(&f->log, 1, &f->err), &f->err);
    assert_ok(log_trim(&f->log, 1, &f->err), &f->err);
    assert_ok(log_status(&f->log, &f->err), &f->err);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(log_refuses_a_directory_in_use)
{
    struct fixture *f = fixture_make();
    fixture_must_start(f);
    struct log second;
    assert_int_equal(log_open(&second, &f->options, &f->err), FAIL);
    assert_string_equal(f->err.sqlstate, "55006");
    assert_ok(log_close(&second, &f->err), &f->err);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(log_draws_a_new_epoch_only_where_ticks_may_be_lost)
{
    for (enum log_sync sync = LOG_SYNC_ALWAYS; sync <= LOG_SYNC_NEVER; sync++) {
        struct fixture *f = fixture_make();
        f->options.sync = sync;
        fixture_must_start(f);
        u32 epoch = f->log.epoch;
        fixture_must_append(f, 10);
        log_flush(&f->log);
        assert_ok(log_close(&f->log, &f->err), &f->err);
        fixture_must_start(f);
        assert_int_equal(f->log.epoch, epoch);
        fixture_must_append(f, 10);
        log_flush(&f->log);
        fixture_crash(f);
        f->options.sync = LOG_SYNC_ALWAYS; /* what the last run promised counts */
        fixture_must_start(f);
        assert_false(f->log.clean);
        assert_int_equal(f->count, 2);
        assert_int_equal(f->log.epoch == epoch, sync == LOG_SYNC_ALWAYS);
        epoch = f->log.epoch;
        fixture_crash(f);
        fixture_must_start(f);
        assert_int_equal(f->log.epoch, epoch);
        assert_ok(log_close(&f->log, &f->err), &f->err);
        fixture_remove(f);
    }
}

TEST(log_refuses_another_format_version)
{
    struct fixture *f = fixture_make();
    fixture_must_start(f);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    u64 size;
    u8 *data = fixture_load(f, "00000000000000000001.log", &size);
    data[12]++; /* the version; its crc is computed anew */
    u32 crc = crc32c(0, data + 12, 52);
    memcpy(data + 8, &crc, 4);
    fixture_store(f, "00000000000000000001.log", data, size);
    free(data);
    assert_int_equal(fixture_start(f), FAIL);
    assert_string_equal(f->err.sqlstate, "0A000");
    fixture_remove(f);
}

TEST(log_trims_whole_files_and_reads_from_a_tick)
{
    struct fixture *f = fixture_make();
    f->options.segment_size = KIB(4);
    fixture_must_start(f);
    for (u32 round = 0; round < 100; round++) {
        fixture_must_append(f, 200);
        log_flush(&f->log);
    }
    assert_ok(log_trim(&f->log, 60, &f->err), &f->err);
    char names[32][64];
    struct log_stats stats;
    log_stats(&f->log, &stats);
    assert_int_equal(fixture_segments(f, names, 32), stats.segment_count);
    assert_string_not_equal(names[0], "00000000000000000001.log");
    fixture_must_append(f, 200);
    assert_ok(log_close(&f->log, &f->err), &f->err);

    assert_int_equal(fixture_start(f), FAIL); /* from the beginning, which is not there */
    assert_string_equal(f->err.sqlstate, "58P01");

    for (u64 tick_from = 60; tick_from <= 103; tick_from++) {
        f->options.tick_from = tick_from;
        assert_ok(log_open(&f->log, &f->options, &f->err), &f->err);
        assert_ok(fixture_read(f, tick_from - 1), &f->err);
        if (tick_from < 103) assert_int_equal(f->read_count, 101);
        assert_true(f->log.clean);
        assert_int_equal(f->log.tick_last, 101);
        assert_ok(log_close(&f->log, &f->err), &f->err);
    }
    f->options.tick_from = 60;
    assert_ok(log_open(&f->log, &f->options, &f->err), &f->err);
    assert_ok(fixture_read(f, 59), &f->err);
    assert_ok(log_start(&f->log, &f->err), &f->err);
    assert_ok(log_trim(&f->log, UINT64_MAX, &f->err), &f->err);
    assert_int_equal(fixture_segments(f, names, 32), 1);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(log_reader_tells_its_progress)
{
    struct fixture *f = fixture_make();
    fixture_must_start(f);
    for (u32 round = 0; round < 20; round++)
        fixture_must_append(f, 100);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    assert_ok(log_open(&f->log, &f->options, &f->err), &f->err);
    u64 done, total, before = 0;
    struct log_record record;
    while (log_read_next(&f->log, &record, &f->err) == LOG_READ_RECORD) {
        log_read_progress(&f->log, &done, &total);
        assert_true(done > before && done <= total);
        before = done;
    }
    log_read_progress(&f->log, &done, &total);
    assert_int_equal(done, total);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(log_interval_syncs_in_its_time_and_counts_as_durable_before)
{
    struct fixture *f = fixture_make();
    f->options.sync = LOG_SYNC_INTERVAL;
    f->options.interval_us = CLOCK_SECOND;
    fixture_must_start(f);
    struct log_stats before, after;
    log_stats(&f->log, &before);
    fixture_must_append(f, 10);
    log_flush(&f->log);
    assert_int_equal(fixture_durable(f), 1);
    log_stats(&f->log, &after);
    assert_int_equal(after.sync_count, before.sync_count);
    clock_shift(CLOCK_SECOND);
    fixture_must_append(f, 10);
    log_flush(&f->log);
    log_stats(&f->log, &after);
    assert_int_equal(after.sync_count, before.sync_count + 1);
    assert_int_equal(after.sequence_synced, after.sequence_durable);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

/* The disk is full. */

static void check_retry(bool preallocated)
{
    struct fixture *f = fixture_make();
    f->options.segment_size = KIB(16);
    u64 space = preallocated ? KIB(16) : KIB(8);
    fault_set(&(struct fault_plan){ .space_limited = true, .space = space });
    fixture_must_start(f);
    enum status status = OK;
    while (!status) {
        for (u32 index = 0; index < 4; index++)
            fixture_must_append(f, 300);
        log_flush(&f->log);
        status = log_status(&f->log, &f->err);
        assert_true(f->count < 100);
    }
    assert_string_equal(f->err.sqlstate, "53100");
    u64 kept = fixture_durable(f);
    assert_true(kept >= 16 && kept < f->count);
    u64 sequence;
    assert_int_equal(log_append(&f->log, 1, 1000, NULL, 0, &sequence, &f->err), FAIL);

    /* Still full: refused again, and nothing comes twice. */
    f->count = kept;
    assert_ok(log_retry(&f->log, kept, &f->err), &f->err);
    for (u32 index = 0; index < 40; index++)
        fixture_must_append(f, 300);
    log_flush(&f->log);
    assert_int_equal(log_status(&f->log, &f->err), FAIL);
    kept = fixture_durable(f);

    f->count = kept;
    fault_set(&(struct fault_plan){ .space_limited = true, .space = MIB(1) });
    assert_ok(log_retry(&f->log, kept, &f->err), &f->err);
    for (u32 index = 0; index < 40; index++) {
        fixture_must_append(f, 299);
        log_flush(&f->log);
    }
    assert_int_equal(fixture_durable(f), f->count);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    u64 count = f->count;
    fixture_must_start(f);
    assert_int_equal(f->count, count);
    assert_true(f->log.clean && !f->log.cut.happened);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(log_takes_records_again_after_the_disk_was_full)
{
    check_retry(true);
    check_retry(false);
}

TEST(log_does_not_go_on_after_a_failed_sync)
{
    struct fixture *f = fixture_make();
    fixture_must_start(f);
    fixture_must_append(f, 10);
    fault_set(&(struct fault_plan){
        .fail_from = 1, .fail_count = 1, .calls = 1 << FAULT_SYNC, .fail_errno = 28 });
    log_flush(&f->log);
    assert_int_equal(fixture_durable(f), 0);
    assert_int_equal(log_status(&f->log, &f->err), FAIL);
    assert_non_null(strstr(f->err.message, "fsync"));
    assert_int_equal(log_retry(&f->log, 0, &f->err), FAIL);
    fault_clear();
    assert_int_equal(log_close(&f->log, &f->err), FAIL);
    fixture_remove(f);
}

/* Threads. */

static void count_group(void *context)
{
    _Atomic(u32) *count = context;
    (*count)++;
}

TEST(log_thread_makes_groups_while_the_engine_appends)
{
    for (enum log_sync sync = LOG_SYNC_ALWAYS; sync <= LOG_SYNC_NEVER; sync++) {
        struct fixture *f = fixture_make();
        _Atomic(u32) told = 0;
        f->options.no_thread = false;
        f->options.sync = sync;
        f->options.interval_us = 500;
        f->options.on_durable = count_group;
        f->options.context = &told;
        fixture_must_start(f);
        u64 durable = 0;
        for (u32 index = 0; index < 5000; index++) {
            if (!log_has_room(&f->log, 100))
                assert_ok(log_wait(&f->log, f->log.sequence_next - 1, &f->err), &f->err);
            fixture_must_append(f, 100);
            log_flush(&f->log);
            u64 now = log_durable(&f->log);
            assert_true(now >= durable && now < f->log.sequence_next);
            durable = now;
        }
        assert_ok(log_wait(&f->log, f->log.sequence_next - 1, &f->err), &f->err);
        struct log_stats stats;
        log_stats(&f->log, &stats);
        assert_int_equal(stats.sequence_durable, f->log.sequence_next - 1);
        assert_true(stats.segment_count >= 5);
        if (sync == LOG_SYNC_ALWAYS) assert_true(stats.sync_count <= stats.record_count);
        assert_ok(log_close(&f->log, &f->err), &f->err);
        assert_true(told > 0);
        fixture_must_start(f);
        assert_int_equal(f->count, 5000);
        assert_ok(log_close(&f->log, &f->err), &f->err);
        fixture_remove(f);
    }
}

TEST(log_under_never_has_written_a_small_group_when_flush_returns)
{
    struct fixture *f = fixture_make();
    f->options.no_thread = false;
    f->options.sync = LOG_SYNC_NEVER;
    f->options.segment_size = MIB(4);
    f->options.group_size = MIB(1);
    fixture_must_start(f);
    struct rand rand = { 7 };
    for (u32 index = 0; index < 300; index++) {
        bool is_large = index >= 50 && rand_below(&rand, 3) == 0;
        fixture_must_append(f, is_large ? KIB(64) : rand_below(&rand, KIB(16)));
        log_flush(&f->log);
        /* Later a small one may find the other thread writing. */
        if (index < 50) assert_int_equal(log_durable(&f->log), f->log.sequence_next - 1);
        if (index % 2) assert_ok(log_wait(&f->log, f->log.sequence_next - 1, &f->err), &f->err);
    }
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_must_start(f);
    assert_int_equal(f->count, 300);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

TEST(log_thread_syncs_after_the_interval_without_being_asked)
{
    struct fixture *f = fixture_make();
    f->options.no_thread = false;
    f->options.sync = LOG_SYNC_INTERVAL;
    f->options.interval_us = 2000;
    fixture_must_start(f);
    fixture_must_append(f, 100);
    log_flush(&f->log);
    struct log_stats stats;
    do {
        log_stats(&f->log, &stats);
        usleep(200);
    } while (stats.sequence_synced < f->sequences[0]);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

static void fill_the_disk(enum log_sync sync)
{
    struct fixture *f = fixture_make();
    f->options.no_thread = false;
    f->options.sync = sync;
    f->options.segment_size = KIB(8);
    fault_set(&(struct fault_plan){ .space_limited = true, .space = KIB(20) });
    fixture_must_start(f);
    u32 retry_count = 0;
    for (u32 index = 0; index < 400; index++) {
        enum status status = fixture_append(f, 200);
        if (!status) status = log_wait(&f->log, f->log.sequence_next - 1, &f->err);
        if (!status) continue;
        assert_string_equal(f->err.sqlstate, "53100");
        retry_count++;
        f->count = fixture_durable(f);
        fault_set(&(struct fault_plan){ .space_limited = true, .space = KIB(20) });
        assert_ok(log_retry(&f->log, f->count, &f->err), &f->err);
    }
    assert_true(retry_count >= 3);
    fault_clear();
    u64 count = f->count;
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_must_start(f);
    assert_int_equal(f->count, count);
    assert_ok(log_close(&f->log, &f->err), &f->err);
    fixture_remove(f);
}

/* Also where the engine's thread writes. */
TEST(log_thread_reports_a_full_disk_and_goes_on_after_a_retry)
{
    fill_the_disk(LOG_SYNC_ALWAYS);
    fill_the_disk(LOG_SYNC_NEVER);
}

/* The child appends and says through a pipe what is durable, until it is killed. */
static void append_until_killed(struct fixture *f, int out)
{
    /* Under never the process dies alone: what was written outlives it. */
    bool is_synced = f->options.sync == LOG_SYNC_ALWAYS;
    if ((is_synced && fault_set_text("discard-unsynced", NULL)) || fixture_start(f)) _exit(1);
    for (;;) {
        /* The parent knows the model too: sizes follow from the number. */
        u64 size = f->count * 7 % 500;
        if (!log_has_room(&f->log, size) && log_wait(&f->log, f->log.sequence_next - 1, &f->err))
            _exit(1);
        if (fixture_append(f, size)) _exit(1);
        log_flush(&f->log);
        u64 durable = fixture_durable(f);
        if (write(out, &durable, sizeof durable) != sizeof durable) _exit(1);
        if (f->count > MODEL_COUNT_MAX - 10) _exit(2);
    }
}

static void kill_under_load(enum log_sync sync)
{
    struct fixture *f = fixture_make();
    f->options.no_thread = false;
    f->options.sync = sync;
    struct rand rand = { .state = test_seed(4) };
    for (u32 round = 0; round < 10 * test_rounds(1); round++) {
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        pid_t child = fork();
        if (child == 0) append_until_killed(f, fds[1]);
        close(fds[1]);
        u64 durable = 0, said;
        u64 answer_count = 1 + rand_below(&rand, 400);
        while (answer_count-- > 0 && read(fds[0], &said, sizeof said) == sizeof said)
            durable = said;
        kill(child, SIGKILL);
        while (read(fds[0], &said, sizeof said) == sizeof said)
            durable = said;
        close(fds[0]);
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));

        f->count = MODEL_COUNT_MAX;
        for (u64 number = 0; number < MODEL_COUNT_MAX; number++)
            f->sizes[number] = number * 7 % 500;
        fixture_must_start(f);
        assert_true(f->count >= durable);
        fixture_crash(f);
    }
    fixture_remove(f);
}

TEST(log_killed_under_load_loses_nothing_that_was_durable)
{
    kill_under_load(LOG_SYNC_ALWAYS);
    kill_under_load(LOG_SYNC_NEVER);
}
