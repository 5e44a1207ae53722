/* What subscribers cost: publishing a changed row, one change to 1000 who see the same, and to as many who each
 * follow a value of their own. CPU time, sockets excluded. */
#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"
#include "view/subscription.h"

#define ROW_COUNT    100000u
#define READER_COUNT 1000u
#define ROUND_COUNT  5

static struct schema_column columns[] = { { .name = "id", .type = { .id = TYPE_INT8 } },
                                          { .name = "name", .type = { .id = TYPE_TEXT } },
                                          { .name = "price", .type = { .id = TYPE_INT8 } } };
static u32 key[] = { 0 };
static const struct schema schema = {
    .column_count = 3, .columns = columns, .key_count = 1, .key = key
};

struct bench {
    struct mem mem;
    struct arena arena;
    struct rows *rows;
    struct op op;
    struct view_pools *pools;
    struct view *view;
    u32 *slots; /* by id */
    u64 tick;
    struct subscription *readers;
};

static void on_ready(void *context)
{
    (void)context;
}

static struct batch *make_batch(struct arena *arena, u32 first, u32 count, u64 price)
{
    struct batch *batch = batch_make_for(arena, &schema, count);
    for (u32 row = 0; row < count; row++) {
        ((i64 *)batch->columns[0].data)[row] = first + row;
        ((struct str *)batch->columns[1].data)[row] = str_make("a name of 20 bytes..", 20);
        ((i64 *)batch->columns[2].data)[row] = (i64)price;
        batch->weights[row] = 1;
    }
    batch->row_count = count;
    return batch;
}

/* Rows first..first+count get another price, in a tick; returns what publishing it took. */
static i64 bench_tick(struct bench *bench, u32 first, u32 count)
{
    bench->tick++;
    for (u32 at = 0; at < count; at += BATCH_ROW_COUNT_MAX) {
        u32 taken = MIN(count - at, BATCH_ROW_COUNT_MAX);
        for (u32 row = 0; row < taken && bench->tick > 2; row++)
            rows_change(bench->rows, bench->slots[first + at + row], -1);
        struct batch *batch = make_batch(&bench->arena, first + at, taken, bench->tick);
        rows_add_batch(bench->rows, batch, bench->slots + first + at);
        arena_reset(&bench->arena);
    }
    i64 start_us = clock_cpu_thread();
    view_publish(bench->view, bench->tick);
    i64 spent_us = clock_cpu_thread() - start_us;
    rows_settle(bench->rows);
    subscription_wake(bench->pools, 0, bench->tick, (i64)bench->tick);
    return spent_us;
}

static void bench_open(struct bench *bench)
{
    *bench = (struct bench){ .tick = 1 };
    mem_init(&bench->mem, "bench", NULL, 0);
    arena_init(&bench->arena, &bench->mem);
    const struct type types[] = { columns[0].type, columns[1].type, columns[2].type };
    bench->rows = rows_open(&bench->mem, types, 3);
    bench->op = (struct op){ .rows = bench->rows, .is_whole = true, .is_set = true };
    bench->pools = view_pools_open(&bench->mem);
    bench->view = view_open(&bench->mem, bench->pools, "bench", &bench->op, &schema, 1, 1);
    bench->slots = mem_zalloc(&bench->mem, ROW_COUNT * sizeof(u32));
    bench->readers = mem_zalloc(&bench->mem, READER_COUNT * sizeof *bench->readers);
    bench_tick(bench, 0, ROW_COUNT);
}

/* Each follows all rows, or with by_id one of them. */
static void open_readers(struct bench *bench, u32 count, bool by_id)
{
    static const u32 filter[] = { 0 };
    for (u32 index = 0; index < count; index++) {
        struct err err;
        struct column value = column_make(&bench->arena, columns[0].type, 1);
        ((i64 *)value.data)[0] = index;
        const struct subscription_options options = { .filter = filter,
                                                      .filter_count = by_id,
                                                      .values = &value,
                                                      .resume = !by_id,
                                                      .since = bench->tick,
                                                      .tick = bench->tick,
                                                      .on_ready = on_ready };
        if (subscription_open(&bench->readers[index], bench->view, &options, &err)) abort();
    }
    arena_reset(&bench->arena);
}

static u64 pull_all(struct bench *bench, u32 count)
{
    u64 size = 0;
    for (u32 index = 0; index < count; index++) {
        struct frame *frame;
        while ((frame = subscription_pull(&bench->readers[index], bench->tick))) {
            size += frame->bytes.size;
            frame_release(frame);
        }
    }
    return size;
}

static void close_readers(struct bench *bench, u32 count)
{
    for (u32 index = 0; index < count; index++)
        subscription_close(&bench->readers[index], bench->tick);
}

static void bench_publish(struct bench *bench, u32 count)
{
    open_readers(bench, 1, false);
    i64 best_us = INT64_MAX;
    u32 ticks = MAX(1u, 20000 / count);
    for (u32 round = 0; round < ROUND_COUNT; round++) {
        i64 spent_us = 0;
        for (u32 tick = 0; tick < ticks; tick++)
            spent_us += bench_tick(bench, tick * 13 % 1000, count);
        best_us = MIN(best_us, spent_us);
        view_sweep(bench->view, 0, bench->tick);
    }
    printf("publish, %6u rows a tick: %6.0f ns/row\n", count,
           (f64)best_us * 1e3 / (f64)(ticks * count));
    close_readers(bench, 1);
}

static void bench_fan_out(struct bench *bench, bool by_id, u32 row_count)
{
    open_readers(bench, READER_COUNT, by_id);
    pull_all(bench, READER_COUNT);
    i64 best_us = INT64_MAX;
    u64 size = 0;
    for (u32 round = 0; round < ROUND_COUNT * 10; round++) {
        bench_tick(bench, 0, row_count);
        i64 start_us = clock_cpu_thread();
        size = pull_all(bench, READER_COUNT);
        best_us = MIN(best_us, clock_cpu_thread() - start_us);
    }
    printf("%s, %4u readers, %4u rows a tick: %6.0f ns/reader, %llu bytes each\n",
           by_id ? "a value each" : "all the same", READER_COUNT, row_count,
           (f64)best_us * 1e3 / READER_COUNT, (unsigned long long)size / READER_COUNT);
    close_readers(bench, READER_COUNT);
}

int main(void)
{
    struct bench bench;
    bench_open(&bench);
    bench_publish(&bench, 1);
    bench_publish(&bench, 100);
    bench_publish(&bench, 10000);
    bench_fan_out(&bench, false, 1);
    bench_fan_out(&bench, false, 16);
    bench_fan_out(&bench, true, READER_COUNT);
    view_close(bench.view);
    view_pools_close(bench.pools);
    rows_close(bench.rows);
    mem_free(&bench.mem, bench.slots, ROW_COUNT * sizeof(u32));
    mem_free(&bench.mem, bench.readers, READER_COUNT * sizeof *bench.readers);
    arena_deinit(&bench.arena);
    mem_deinit(&bench.mem);
    return 0;
}
