/* Whole loads in process: rows made as columns, pushed through transactions, log and views.
 *
 *     load_bench shop ROWS [DIR]        products by id; count, sum and average a category
 *     load_bench portfolio ROWS [DIR]   positions x prices x sectors, three views with joins
 *     load_bench restart NAME ROWS DIR  the same, closed and opened again: the replay alone
 *
 * Prints one line of JSON: rows, rows/s by CPU time, elapsed and CPU seconds, bytes a row. The clocks stand while the
 * rows of a transaction are made (two snprintf a row); what that took is make_cpu_s, a figure of its own. system_s is the
 * kernel's part, above all clearing new pages: where a machine lends its memory anew to each process, it may be half. */
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/rand.h"
#include "engine/engine_internal.h"
#include "engine/exec.h"
#include "os/clock.h"
#include "os/process.h"

#define TXN_ROW_COUNT 4096
#define SYMBOL_COUNT  500
#define ACCOUNT_COUNT 1000

static const char shop_schema[] =
    "CREATE TABLE product (id bigint PRIMARY KEY, name text, category text, price numeric(10,2));"
    "CREATE MATERIALIZED VIEW category_total AS SELECT category, count(*) AS products, "
    "sum(price) AS value, avg(price) AS mean FROM product GROUP BY category";

static const char portfolio_schema[] =
    "CREATE TABLE price (symbol text PRIMARY KEY, price double precision);"
    "CREATE TABLE sector (symbol text PRIMARY KEY, sector text);"
    "CREATE TABLE position (id bigint PRIMARY KEY, account integer, symbol text, quantity integer);"
    "CREATE MATERIALIZED VIEW position_value AS SELECT p.id, p.account, p.symbol, "
    "p.quantity * r.price AS value FROM position p JOIN price r ON r.symbol = p.symbol;"
    "CREATE MATERIALIZED VIEW account_value AS SELECT p.account, sum(p.quantity * r.price) AS "
    "value, count(*) AS positions FROM position p JOIN price r ON r.symbol = p.symbol "
    "GROUP BY p.account;"
    "CREATE MATERIALIZED VIEW sector_value AS SELECT s.sector, sum(p.quantity * r.price) AS value "
    "FROM position p JOIN price r ON r.symbol = p.symbol JOIN sector s ON s.symbol = p.symbol "
    "GROUP BY s.sector";

static bool done;
static u64 waiting;
static i64 make_cpu_us,
    make_wall_us; /* what making rows took so far; no part of the engine's figures */

static void ignore(void *context)
{
    (void)context;
}

static void on_end(void *context, const struct err *err)
{
    (void)context;
    done = true;
    if (!err) return;
    fprintf(stderr, "%s %s\n", err->sqlstate, err->message);
    exit(1);
}

static void on_columns(void *context, const struct schema *schema)
{
    (void)context, (void)schema;
}

static void on_rows(void *context, const struct batch *batch)
{
    (void)context, (void)batch;
}

static void on_done(void *context, const struct ingest_result *result)
{
    (void)context;
    waiting--;
    if (!result->status) return;
    fprintf(stderr, "%s %s\n", result->err.sqlstate, result->err.message);
    exit(1);
}

static void move(struct engine *engine)
{
    struct err err;
    if (engine_step(engine) || engine->phase != PHASE_LOGGED) return;
    if (log_wait(&engine->log, engine->sequence, &err)) exit(1);
}

static void run(struct engine *engine, struct producer *producer, const char *sql)
{
    const struct exec_callbacks callbacks = { .on_end = on_end,
                                              .on_columns = on_columns,
                                              .on_rows = on_rows };
    struct exec *exec;
    done = false;
    exec_open(engine, producer, slice_of(sql), EXEC_SCRIPT, &callbacks, &exec);
    while (!done)
        move(engine);
}

static void put_text(struct batch *batch, u32 column, u32 row, struct arena *arena,
                     const char *format, u64 number)
{
    char text[64];
    int size = snprintf(text, sizeof text, format, (unsigned long long)number);
    const char *data = size > STR_INLINE_MAX ? arena_string(arena, text, (size_t)size) : text;
    ((struct str *)batch->columns[column].data)[row] = str_make(data, (size_t)size);
}

static void put_int(struct batch *batch, u32 column, u32 row, i64 value)
{
    ((i64 *)batch->columns[column].data)[row] = value;
}

typedef void (*make_fn)(struct batch *batch, u32 row, u64 number, struct arena *arena,
                        struct rand *rand);

static void make_product(struct batch *batch, u32 row, u64 number, struct arena *arena,
                         struct rand *rand)
{
    put_int(batch, 0, row, (i64)number);
    put_text(batch, 1, row, arena, "product number %llu", number);
    put_text(batch, 2, row, arena, "category-%llu", rand_below(rand, 100));
    put_int(batch, 3, row, (i64)rand_below(rand, 100000));
}

static void make_position(struct batch *batch, u32 row, u64 number, struct arena *arena,
                          struct rand *rand)
{
    put_int(batch, 0, row, (i64)number);
    put_int(batch, 1, row, (i64)rand_below(rand, ACCOUNT_COUNT));
    put_text(batch, 2, row, arena, "SYM%03llu", rand_below(rand, SYMBOL_COUNT));
    put_int(batch, 3, row, (i64)rand_below(rand, 1000));
}

static void make_price(struct batch *batch, u32 row, u64 number, struct arena *arena,
                       struct rand *rand)
{
    put_text(batch, 0, row, arena, "SYM%03llu", number);
    ((f64 *)batch->columns[1].data)[row] = (f64)rand_below(rand, 100000) / 100;
}

static void make_sector(struct batch *batch, u32 row, u64 number, struct arena *arena,
                        struct rand *rand)
{
    (void)rand;
    put_text(batch, 0, row, arena, "SYM%03llu", number);
    put_text(batch, 1, row, arena, "sector %llu", number % 11);
}

/* Rows number.. of the table, a transaction at most; returns the number behind them. */
static u64 fill(struct ingest *ingest, u64 number, u64 rows, make_fn make, struct rand *rand)
{
    struct arena *arena = ingest_arena(ingest);
    i64 cpu = clock_cpu_thread(), wall = clock_now();
    while (number < rows && ingest_row_count(ingest) < TXN_ROW_COUNT) {
        u32 count = (u32)MIN(rows - number, (u64)BATCH_ROW_COUNT_MAX);
        struct batch *batch = batch_make_for(arena, ingest_schema(ingest), count);
        for (u32 row = 0; row < count; row++) {
            make(batch, row, number++, arena, rand);
            batch->weights[row] = 1;
        }
        batch->row_count = count;
        ingest_add(ingest, batch);
    }
    make_cpu_us += clock_cpu_thread() - cpu;
    make_wall_us += clock_now() - wall;
    return number;
}

static void load(struct engine *engine, struct producer *producer, const char *table, u64 rows,
                 make_fn make)
{
    struct rand rand = { 7 };
    const struct ingest_options options = { .deadline_us = INT64_MAX, .on_done = on_done };
    for (u64 number = 0; number < rows;) {
        struct ingest *ingest;
        struct err err;
        if (ingest_open(engine, producer, slice_of(table), &options, &ingest, &err)) exit(1);
        number = fill(ingest, number, rows, make, &rand);
        waiting++;
        while (ingest_push(ingest) == INGEST_FULL)
            move(engine);
    }
    while (waiting > 0)
        move(engine);
}

static struct engine *open_engine(const char *dir)
{
    struct engine *engine;
    struct err err;
    const struct engine_options options = {
        .data_dir = dir, .sync = ENGINE_SYNC_ALWAYS, .memory_max = GIB(16), .on_wake = ignore
    };
    if (engine_open(&engine, &options, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return engine;
}

struct meter {
    i64 cpu_us, wall_us, make_cpu_us, make_wall_us;
    i64 system_us; /* in the kernel, above all clearing new pages */
};

static struct meter meter_now(void)
{
    return (struct meter){ .cpu_us = clock_cpu_process(),
                           .wall_us = clock_now(),
                           .make_cpu_us = make_cpu_us,
                           .make_wall_us = make_wall_us,
                           .system_us = process_cpu().system_us };
}

/* What happened since the meter was read. */
static void report(const char *name, u64 rows, const struct meter *since, u64 size)
{
    struct meter now = meter_now();
    i64 make_us = now.make_cpu_us - since->make_cpu_us;
    i64 cpu_us = now.cpu_us - since->cpu_us - make_us;
    i64 wall_us = now.wall_us - since->wall_us - (now.make_wall_us - since->make_wall_us);
    printf("{\"name\":\"%s\",\"rows\":%llu,\"rows_per_cpu_second\":%.0f,\"cpu_s\":%.3f,"
           "\"system_s\":%.3f,\"elapsed_s\":%.3f,\"make_cpu_s\":%.3f,\"bytes_per_row\":%.1f,"
           "\"peak_rss_mib\":%llu}\n",
           name, (unsigned long long)rows, (f64)rows * 1e6 / (f64)cpu_us, (f64)cpu_us / 1e6,
           (f64)(now.system_us - since->system_us) / 1e6, (f64)wall_us / 1e6, (f64)make_us / 1e6,
           (f64)size / (f64)rows, (unsigned long long)(process_memory_resident_peak() >> 20));
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    const char *name = argv[1];
    u64 rows = strtoull(argv[2], NULL, 10);
    const char *dir = argc > 3 ? argv[3] : NULL;
    bool restart = argc > 4;
    bool shop = name[0] == 's';
    struct engine *engine = open_engine(dir);
    struct producer *producer = producer_get(engine, SLICE("bench"));
    run(engine, producer, shop ? shop_schema : portfolio_schema);
    if (!shop) {
        load(engine, producer, "price", SYMBOL_COUNT, make_price);
        load(engine, producer, "sector", SYMBOL_COUNT, make_sector);
    }
    u64 size = engine->mem.used;
    struct meter meter = meter_now();
    load(engine, producer, shop ? "product" : "position", rows,
         shop ? make_product : make_position);
    report(name, rows, &meter, engine->mem.used - size);
    producer_release(producer);
    while (!engine_drain(engine))
        move(engine);
    engine_close(engine);
    if (!restart) return 0;
    meter = meter_now();
    engine = open_engine(dir);
    report("restart", rows, &meter, engine->mem.used);
    engine_close(engine);
    return 0;
}
