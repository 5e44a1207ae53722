/* What values cost: text in and out, hashes, keys, arithmetic in ns a value, images of batches in GB/s
 * and rows a second. CPU time, median of RUN_COUNT. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rand.h"
#include "data/batch_image.h"
#include "data/decimal.h"
#include "data/value.h"

#define RUN_COUNT   5
#define ROW_COUNT   BATCH_ROW_COUNT_MAX
#define ROUND_COUNT 2000

struct world {
    struct mem mem;
    struct arena arena, scratch;
    struct buf buf;
    struct batch *batch;
    u64 sink; /* keeps results alive */
};

static const struct {
    const char *name;
    struct type type;
    const char *texts[4];
} columns[] = {
    { "bigint", TYPE(INT8), { "1", "123456789", "-77", "4102444800" } },
    { "float8", TYPE(FLOAT8), { "0.1", "3.141592653589793", "1e20", "1234.5" } },
    { "numeric(10,2)",
      { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 },
      { "0.99", "1234.56", "-10.00", "99999.95" } },
    { "numeric", TYPE(NUMERIC), { "0.333333333333333333", "12.5", "1000000", "-7.25" } },
    { "text", TYPE(TEXT), { "toys", "a text that is longer", "x", "category 42" } },
    { "timestamptz",
      TYPE(TIMESTAMPTZ),
      { "2026-01-02T03:04:05Z", "2025-12-31 23:59:59.5+00", "2026-03-04 05:06:07+01",
        "2026-01-01 00:00:00.123456Z" } },
    { "interval", TYPE(INTERVAL), { "1 day", "04:05:06", "1 mon 2 days", "-3 hours" } },
    { "uuid",
      TYPE(UUID),
      { "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff", "12345678-1234-1234-1234-123456789abc" } },
};

#define COLUMN_COUNT countof(columns)

static f64 cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (f64)now.tv_sec + (f64)now.tv_nsec * 1e-9;
}

static int compare_f64(const void *a, const void *b)
{
    f64 x = *(const f64 *)a, y = *(const f64 *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds a value: one round handles ROW_COUNT of them. */
static f64 measure(struct world *world, u32 column, void (*round)(struct world *, u32))
{
    f64 runs[RUN_COUNT];
    for (u32 run = 0; run < RUN_COUNT; run++) {
        f64 start = cpu_seconds();
        for (u32 index = 0; index < ROUND_COUNT; index++)
            round(world, column);
        runs[run] = (cpu_seconds() - start) * 1e9 / ((f64)ROUND_COUNT * ROW_COUNT);
    }
    qsort(runs, RUN_COUNT, sizeof *runs, compare_f64);
    return runs[RUN_COUNT / 2];
}

static void parse(struct world *world, u32 column)
{
    struct value value;
    arena_reset(&world->scratch);
    for (u32 row = 0; row < ROW_COUNT; row++) {
        struct slice text = slice_of(columns[column].texts[row % 4]);
        if (value_parse(columns[column].type, text, &world->scratch, &value, NULL)) abort();
        world->sink += (u64)value.i;
    }
}

static void print(struct world *world, u32 column)
{
    char text[VALUE_TEXT_MAX];
    for (u32 row = 0; row < ROW_COUNT; row++)
        world->sink += value_print_at(&world->batch->columns[column], row, text);
}

static void hash(struct world *world, u32 column)
{
    u64 hashes[ROW_COUNT];
    batch_hash(world->batch, &column, 1, world->sink, hashes);
    world->sink += hashes[ROW_COUNT - 1];
}

static void image_write(struct world *world, u32 column)
{
    (void)column;
    buf_clear(&world->buf);
    batch_image_write(world->batch, &world->buf);
}

static void image_read(struct world *world, u32 column)
{
    struct type types[COLUMN_COUNT];
    struct batch *batch;
    size_t size;
    for (u32 index = 0; index < COLUMN_COUNT; index++)
        types[index] = columns[index].type;
    (void)column;
    arena_reset(&world->scratch);
    if (batch_image_read(buf_slice(&world->buf), types, COLUMN_COUNT, &world->scratch, &batch,
                         &size, NULL))
        abort();
    world->sink += size;
}

static void fill(struct world *world)
{
    struct type types[COLUMN_COUNT];
    for (u32 index = 0; index < COLUMN_COUNT; index++)
        types[index] = columns[index].type;
    world->batch = batch_make(&world->arena, types, COLUMN_COUNT, ROW_COUNT);
    world->batch->row_count = ROW_COUNT;
    for (u32 row = 0; row < ROW_COUNT; row++) {
        world->batch->weights[row] = 1;
        for (u32 index = 0; index < COLUMN_COUNT; index++) {
            struct value value;
            struct slice text = slice_of(columns[index].texts[row % 4]);
            if (value_parse(types[index], text, &world->arena, &value, NULL)) abort();
            value_put(&value, &world->batch->columns[index], row, &world->arena, ROW_COUNT);
        }
    }
}

#define DECIMAL_LOOP(name)                                                                         \
    static void name(struct world *world, u32 column)                                              \
    {                                                                                              \
        const struct decimal *values = world->batch->columns[column].data;                         \
        for (u32 row = 0; row + 1 < ROW_COUNT; row++) {                                            \
            struct decimal result = values[row];                                                   \
            if (decimal_##name(&values[row], &values[row + 1], &result)) continue;                 \
            world->sink += result.low;                                                             \
        }                                                                                          \
    }
DECIMAL_LOOP(add)
DECIMAL_LOOP(multiply)
DECIMAL_LOOP(divide)

int main(void)
{
    struct world world = { .sink = 1 };
    mem_init(&world.mem, "bench", NULL, 0);
    arena_init(&world.arena, &world.mem);
    arena_init(&world.scratch, &world.mem);
    buf_init(&world.buf, &world.mem);
    fill(&world);
    printf("ns a value     parse  print   hash\n");
    for (u32 index = 0; index < COLUMN_COUNT; index++) {
        bool text = columns[index].type.id == TYPE_TEXT;
        printf("%-13s %6.1f %6.1f %6.2f\n", columns[index].name, measure(&world, index, parse),
               text ? 0 : measure(&world, index, print), measure(&world, index, hash));
    }
    printf("numeric       + %.1f  * %.1f  / %.1f ns\n", measure(&world, 3, add),
           measure(&world, 3, multiply), measure(&world, 3, divide));
    f64 ns = measure(&world, 0, image_write);
    f64 row_size = (f64)world.buf.size / ROW_COUNT;
    printf("image write   %.2f GB/s, %.1f M rows/s of %.0f bytes\n", row_size / ns, 1e3 / ns,
           row_size);
    ns = measure(&world, 0, image_read);
    printf("image read    %.2f GB/s, %.1f M rows/s\n", row_size / ns, 1e3 / ns);
    buf_deinit(&world.buf);
    arena_deinit(&world.scratch);
    arena_deinit(&world.arena);
    return world.sink == 0;
}
