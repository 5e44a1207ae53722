/* What durability costs: rows of 100 bytes appended in batches of 1, 100 and 10 000, and their replay.
 *
 * "waits" is one producer that waits for each batch's acknowledgement; "fills" appends while there is
 * room, so that groups form. The directory is the first argument, and is removed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/rand.h"
#include "log/log.h"
#include "os/clock.h"

#define ROW_SIZE        100
#define BATCH_COUNT_MAX 10000

static char rows[ROW_SIZE * BATCH_COUNT_MAX];
static struct err err;

static void must(enum status status)
{
    if (!status) return;
    fprintf(stderr, "log_bench: %s\n", err.message);
    exit(1);
}

static void log_begin(struct log *log, const struct log_options *options)
{
    must(log_open(log, options, &err));
    struct log_record record;
    enum log_read result;
    while ((result = log_read_next(log, &record, &err)) == LOG_READ_RECORD) {
    }
    must(result == LOG_READ_END ? OK : FAIL);
}

static void bench_append(const struct log_options *options, u32 batch_count, u64 row_count,
                         bool waits)
{
    static const char *const modes[] = { "always", "interval", "never" };
    struct log log;
    log_begin(&log, options);
    must(log_start(&log, &err));
    struct slice batch = slice_make(rows, (size_t)ROW_SIZE * batch_count);
    i64 begin_us = clock_now(), cpu_us = clock_cpu_process(), engine_us = clock_cpu_thread();
    u64 sequence = 0;
    for (u64 count = 0; count < row_count; count += batch_count) {
        while (!log_has_room(&log, batch.size))
            must(log_wait(&log, log_durable(&log) + 1, &err));
        must(log_append(&log, 1, log.tick_last + 1, &batch, 1, &sequence, &err));
        if (waits)
            must(log_wait(&log, sequence, &err));
        else
            log_flush(&log);
    }
    must(log_wait(&log, sequence, &err));
    f64 elapsed_us = (f64)(clock_now() - begin_us), count = (f64)row_count;
    struct log_stats stats;
    log_stats(&log, &stats);
    printf("%-8s batch %5u %s %9.0f rows/s  cpu ns/row %6.0f (engine %6.0f)  groups %6llu  "
           "sync p50 %llu p99 %llu us\n",
           modes[options->sync], batch_count, waits ? "waits" : "fills", count * 1e6 / elapsed_us,
           (f64)(clock_cpu_process() - cpu_us) * 1e3 / count,
           (f64)(clock_cpu_thread() - engine_us) * 1e3 / count,
           (unsigned long long)stats.group_count,
           (unsigned long long)histogram_percentile(&stats.sync_us, 0.5),
           (unsigned long long)histogram_percentile(&stats.sync_us, 0.99));
    must(log_close(&log, &err));
}

static void bench_replay(const struct log_options *options)
{
    struct log log;
    i64 begin_us = clock_now(), cpu_us = clock_cpu_process();
    must(log_open(&log, options, &err));
    struct log_record record;
    u64 record_count = 0, size = 0;
    while (log_read_next(&log, &record, &err) == LOG_READ_RECORD) {
        record_count++;
        size += record.payload.size;
    }
    f64 elapsed_us = (f64)(clock_now() - begin_us);
    printf("replay of %llu records: %.0f MB/s, %.1f M rows/s, %.0f MB/s of cpu\n",
           (unsigned long long)record_count, (f64)size / elapsed_us,
           (f64)size / ROW_SIZE / elapsed_us, (f64)size / (f64)(clock_cpu_process() - cpu_us));
    must(log_close(&log, &err));
}

static void dir_remove(const char *dir, struct mem *mem)
{
    struct arena arena;
    arena_init(&arena, mem);
    struct file_list list;
    if (!file_dir_list(dir, &arena, &list, NULL))
        for (u32 index = 0; index < list.count; index++)
            (void)!file_remove(arena_format(&arena, "%s/%s", dir, list.names[index]), NULL);
    arena_deinit(&arena);
}

int main(int argc, char **argv)
{
    struct mem mem;
    mem_init(&mem, "bench", NULL, 0);
    struct rand rand = { .state = 1 };
    for (size_t index = 0; index < sizeof rows; index++)
        rows[index] = (char)rand_next(&rand);
    static const struct {
        enum log_sync sync;
        u32 batch_count;
        u64 row_count;
        bool waits;
    } cases[] = {
        { LOG_SYNC_ALWAYS, 1, 20000, true },         { LOG_SYNC_ALWAYS, 100, 1000000, true },
        { LOG_SYNC_ALWAYS, 10000, 10000000, true },  { LOG_SYNC_ALWAYS, 1, 3000000, false },
        { LOG_SYNC_ALWAYS, 10000, 20000000, false }, { LOG_SYNC_INTERVAL, 1, 100000, true },
        { LOG_SYNC_NEVER, 1, 100000, true },         { LOG_SYNC_NEVER, 1, 3000000, false },
    };
    for (size_t index = 0; index < countof(cases); index++) {
        struct log_options options = { .dir = argc > 1 ? argv[1] : "log-bench-data",
                                       .mem = &mem,
                                       .sync = cases[index].sync };
        dir_remove(options.dir, &mem);
        bench_append(&options, cases[index].batch_count, cases[index].row_count,
                     cases[index].waits);
        bench_replay(&options);
        dir_remove(options.dir, &mem);
    }
    mem_deinit(&mem);
    return 0;
}
