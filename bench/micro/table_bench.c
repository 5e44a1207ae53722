/* What a table costs, in ns of CPU time a row: transactions, the tick's end, the log's image and its replay. No
 * consumers, so that it is the table alone. Argument: rows in the table (a million). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ops/table.h"

#define BATCH     512u
#define TICK_ROWS 4096u

static struct schema_column narrow_columns[] = { { "id", { .id = TYPE_INT8 }, true },
                                                 { "value", { .id = TYPE_INT8 }, false } };
static struct schema_column product_columns[] = {
    { "id", { .id = TYPE_INT8 }, true },
    { "name", { .id = TYPE_TEXT }, false },
    { "category", { .id = TYPE_TEXT }, false },
    { "price", { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 }, false }
};
static u32 key_columns[] = { 0 };
static struct schema narrow = { 2, narrow_columns, 1, key_columns };
static struct schema product = { 4, product_columns, 1, key_columns };
static const struct table_key primary = { "pkey", key_columns, 1, true, false };

struct bench {
    struct mem mem;
    struct graph graph;
    struct arena rows_arena;
    struct arena arena;
    struct op *table;
    struct err err;
    u32 count;
    u32 batch_count;
    struct batch **batches;
    struct table_insert how;
    bool with_image;
    u64 image_size;
    struct buf image;
};

static f64 now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (f64)time.tv_sec * 1e9 + (f64)time.tv_nsec;
}

static void say(const char *what, f64 ns, u64 rows)
{
    printf("  %-56s %7.1f ns  %6.2f M/s\n", what, ns / (f64)rows, (f64)rows * 1e3 / ns);
}

static void check(enum status status, const struct err *err)
{
    if (!status) return;
    fprintf(stderr, "%s\n", err->message);
    exit(1);
}

static struct batch *make_batch(struct bench *b, const struct schema *schema, u32 first, u32 count,
                                u32 version)
{
    struct batch *batch = batch_make_for(&b->rows_arena, schema, count);
    batch->row_count = count;
    for (u32 row = 0; row < count; row++) {
        u64 number = first + row;
        batch->weights[row] = 1;
        ((i64 *)batch->columns[0].data)[row] = (i64)(number * UINT64_C(0x9E3779B97F4A7C15) >> 8);
        if (schema == &narrow) {
            ((i64 *)batch->columns[1].data)[row] = (i64)number + version;
            continue;
        }
        char *name = arena_format(&b->rows_arena, "product no. %llu", (unsigned long long)number);
        ((struct str *)batch->columns[1].data)[row] = str_make(name, strlen(name));
        char *category =
            arena_format(&b->rows_arena, "category %llu", (unsigned long long)number % 97);
        ((struct str *)batch->columns[2].data)[row] = str_make(category, strlen(category));
        ((i64 *)batch->columns[3].data)[row] = (i64)number % 10000 + version;
    }
    return batch;
}

static void make_batches(struct bench *b, const struct schema *schema, u32 size, u32 version)
{
    arena_reset(&b->rows_arena);
    b->batch_count = (b->count + size - 1) / size;
    b->batches = arena_array(&b->rows_arena, struct batch *, b->batch_count);
    for (u32 index = 0; index < b->batch_count; index++)
        b->batches[index] =
            make_batch(b, schema, index * size, MIN(size, b->count - index * size), version);
}

static void bench_open(struct bench *b, const struct schema *schema, u32 key_count, u32 count)
{
    memset(b, 0, sizeof *b);
    mem_init(&b->mem, "bench", NULL, 0);
    graph_init(&b->graph, &b->mem, 1);
    arena_init(&b->arena, &b->mem);
    arena_init(&b->rows_arena, &b->mem);
    buf_init(&b->image, &b->mem);
    b->count = count;
    b->table = op_table_make(
        &b->graph, &(struct table_options){
                       .name = "t", .schema = schema, .keys = &primary, .key_count = key_count });
    graph_hold(b->table);
}

static void bench_close(struct bench *b)
{
    graph_release(&b->graph, b->table);
    buf_deinit(&b->image);
    arena_deinit(&b->arena);
    arena_deinit(&b->rows_arena);
    graph_deinit(&b->graph);
    mem_deinit(&b->mem);
}

static void finish_tick(struct bench *b)
{
    while (graph_step(&b->graph, 100000) == TURN_MORE)
        ;
    graph_settle(&b->graph);
}

static void end_tick(struct bench *b)
{
    if (table_compact(b->table) && b->with_image) {
        buf_clear(&b->image);
        table_image(b->table, &b->image);
        b->image_size += b->image.size;
    }
    finish_tick(b);
}

/* Each batch a transaction; a tick after tick_rows rows. */
static f64 insert_all(struct bench *b, u32 tick_rows)
{
    f64 begin = now_ns();
    u32 in_tick = 0;
    for (u32 index = 0; index < b->batch_count; index++) {
        struct table_txn txn;
        struct table_result result = { .row_count = 0 };
        table_begin(&txn, &b->graph, &b->arena);
        table_statement_begin(&txn, b->table);
        check(table_insert(&txn, b->table, b->batches[index], &b->how, &result, &b->err), &b->err);
        check(table_statement_end(&txn, b->table, &b->err), &b->err);
        table_commit(&txn);
        arena_reset(&b->arena);
        in_tick += b->batches[index]->row_count;
        if (in_tick < tick_rows) continue;
        end_tick(b);
        in_tick = 0;
    }
    end_tick(b);
    return now_ns() - begin;
}

/* By key: find, change, settle. */
static f64 update_all(struct bench *b, u32 tick_rows)
{
    f64 begin = now_ns();
    u32 in_tick = 0;
    for (u32 index = 0; index < b->batch_count; index++) {
        const struct batch *rows = b->batches[index];
        u32 slots[BATCH];
        for (u32 row = 0; row < rows->row_count; row++)
            slots[row] = table_find_new(b->table, rows->columns, row);
        struct table_txn txn;
        struct table_result result = { .row_count = 0 };
        table_begin(&txn, &b->graph, &b->arena);
        table_statement_begin(&txn, b->table);
        check(table_update(&txn, b->table, slots, rows, &result, &b->err), &b->err);
        check(table_statement_end(&txn, b->table, &b->err), &b->err);
        table_commit(&txn);
        arena_reset(&b->arena);
        in_tick += rows->row_count;
        if (in_tick < tick_rows) continue;
        end_tick(b);
        in_tick = 0;
    }
    end_tick(b);
    return now_ns() - begin;
}

static enum status take_excluded(void *context, const struct batch *existing,
                                 const struct batch *excluded, struct arena *arena,
                                 struct batch **updated, u32 *picks, struct err *err)
{
    (void)context;
    (void)existing;
    (void)err;
    *updated = arena_new(arena, struct batch);
    **updated = *excluded;
    for (u32 row = 0; row < excluded->row_count; row++)
        picks[row] = row;
    return OK;
}

static f64 delete_all(struct bench *b)
{
    f64 begin = now_ns();
    for (;;) {
        u32 cursor = 0, slots[BATCH], count, in_tick = 0;
        struct table_txn txn;
        struct table_result result = { .row_count = 0 };
        table_begin(&txn, &b->graph, &b->arena);
        while (in_tick < TICK_ROWS && (count = table_scan_new(b->table, &cursor, slots, BATCH))) {
            check(table_delete(&txn, b->table, slots, count, &result, &b->err), &b->err);
            in_tick += count;
        }
        table_commit(&txn);
        arena_reset(&b->arena);
        end_tick(b);
        if (in_tick == 0) return now_ns() - begin;
    }
}

static void run_narrow(u32 count)
{
    struct bench b;
    printf("narrow (id bigint primary key, value bigint), %u rows\n", count);
    bench_open(&b, &narrow, 1, count);
    make_batches(&b, &narrow, BATCH, 0);
    say("insert, 512 a transaction, 4096 a tick", insert_all(&b, TICK_ROWS), count);
    printf("  %-56s %7.1f bytes\n", "memory a row",
           (f64)(rows_size(b.table->rows) + index_size(b.table->index)) / count);
    make_batches(&b, &narrow, BATCH, 1);
    say("update by key, 512 a transaction, 4096 a tick", update_all(&b, TICK_ROWS), count);
    make_batches(&b, &narrow, BATCH, 2);
    b.how =
        (struct table_insert){ TABLE_CONFLICT_UPDATE, &primary, take_excluded, NULL, true, false };
    say("upsert, 512 a transaction, 4096 a tick", insert_all(&b, TICK_ROWS), count);
    make_batches(&b, &narrow, 1, 3);
    say("upsert, 1 a transaction, 1 a tick", insert_all(&b, 1), count);
    make_batches(&b, &narrow, 1, 4);
    say("update by key, 1 a transaction, 1 a tick", update_all(&b, 1), count);
    say("delete, 4096 a tick", delete_all(&b), count);
    make_batches(&b, &narrow, 1, 0);
    b.how = (struct table_insert){ TABLE_CONFLICT_ERROR, NULL, NULL, NULL, false, false };
    say("insert, 1 a transaction, 4096 a tick", insert_all(&b, TICK_ROWS), count);
    bench_close(&b);
}

static void run_product(u32 count)
{
    struct bench b;
    printf(
        "product (id bigint primary key, name text, category text, price numeric(10,2)), %u rows\n",
        count);
    bench_open(&b, &product, 1, count);
    make_batches(&b, &product, BATCH, 0);
    say("insert, 512 a transaction, 4096 a tick", insert_all(&b, TICK_ROWS), count);
    printf("  %-56s %7.1f bytes\n", "memory a row",
           (f64)(rows_size(b.table->rows) + index_size(b.table->index)) / count);
    make_batches(&b, &product, BATCH, 1);
    b.with_image = true;
    say("update by key, with the log's image", update_all(&b, TICK_ROWS), count);
    printf("  %-56s %7.1f bytes\n", "image a row", (f64)b.image_size / count);
    bench_close(&b);

    bench_open(&b, &product, 0, count);
    make_batches(&b, &product, BATCH, 0);
    say("insert without a key (a bag)", insert_all(&b, TICK_ROWS), count);
    bench_close(&b);
}

static void run_replay(u32 count)
{
    struct bench b;
    printf("product, replay of images of %u rows\n", TICK_ROWS);
    bench_open(&b, &product, 1, count);
    struct op *replica = op_table_make(
        &b.graph, &(struct table_options){
                      .name = "replica", .schema = &product, .keys = &primary, .key_count = 1 });
    graph_hold(replica);
    f64 image_ns = 0, apply_ns = 0;
    for (u32 first = 0; first < count; first += TICK_ROWS) {
        b.count = TICK_ROWS;
        arena_reset(&b.rows_arena);
        b.batch_count = TICK_ROWS / BATCH;
        b.batches = arena_array(&b.rows_arena, struct batch *, b.batch_count);
        for (u32 index = 0; index < b.batch_count; index++)
            b.batches[index] = make_batch(&b, &product, first + index * BATCH, BATCH, 0);
        struct table_txn txn;
        struct table_result result = { .row_count = 0 };
        table_begin(&txn, &b.graph, &b.arena);
        table_statement_begin(&txn, b.table);
        for (u32 index = 0; index < b.batch_count; index++)
            check(table_insert(&txn, b.table, b.batches[index], &b.how, &result, &b.err), &b.err);
        table_commit(&txn);
        if (!table_compact(b.table)) exit(1);
        f64 begin = now_ns();
        buf_clear(&b.image);
        table_image(b.table, &b.image);
        image_ns += now_ns() - begin;
        begin = now_ns();
        check(table_apply(replica, buf_slice(&b.image), &b.arena, &b.err), &b.err);
        apply_ns += now_ns() - begin;
        finish_tick(&b);
        arena_reset(&b.arena);
    }
    say("table_image", image_ns, count);
    say("table_apply", apply_ns, count);
    graph_release(&b.graph, replica);
    bench_close(&b);
}

int main(int argc, char **argv)
{
    u32 count = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 1000000;
    run_narrow(count);
    run_product(count);
    run_replay(count / TICK_ROWS * TICK_ROWS);
    return 0;
}
