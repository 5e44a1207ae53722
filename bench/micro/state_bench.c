/* What the state of operators costs: rows into a pool and out of it, keys in an index and a tree, in ns of CPU time
 * each, and bytes, for pools of a thousand to ten million rows. Arguments: row counts instead of these. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/rand.h"
#include "state/index.h"
#include "state/tree.h"

#define BATCH       512u
#define COLUMNS     4
#define ROUNDS_ROWS 4000000u /* rows that one measurement moves at least */

static const struct type types[COLUMNS] = { { .id = TYPE_INT8 },
                                            { .id = TYPE_TEXT },
                                            { .id = TYPE_INT4 },
                                            { .id = TYPE_NUMERIC, .precision = 10, .scale = 2 } };

static f64 now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (f64)time.tv_sec * 1e9 + (f64)time.tv_nsec;
}

struct bench {
    struct mem mem;
    struct mem arena_mem;
    struct arena arena;
    struct rows *rows;
    struct index *index;
    struct tree *tree;
    struct rand rand;
    u32 count;
    u32 *order; /* the slots in random order */
    f64 spent;  /* in the calls that are measured */
    f64 begun;
    u64 done;
};

static void start(struct bench *b)
{
    b->begun = now_ns();
}

static void stop(struct bench *b, u64 done)
{
    b->spent += now_ns() - b->begun;
    b->done += done;
}

static void say(struct bench *b, const char *what)
{
    printf("  %-44s %7.1f ns  %7.1f M/s\n", what, b->spent / (f64)b->done,
           (f64)b->done * 1e3 / b->spent);
    b->spent = 0;
    b->done = 0;
}

/* Keys far apart and in no order. */
static i64 key_of(u32 number)
{
    return (i64)(number * UINT64_C(0x9E3779B97F4A7C15) >> 8);
}

static struct batch *make_batch(struct bench *b, const u32 *numbers, u32 count)
{
    struct batch *batch = batch_make(&b->arena, types, COLUMNS, count);
    batch->row_count = count;
    for (u32 row = 0; row < count; row++) {
        char text[13];
        int size = snprintf(text, sizeof text, "item %u", numbers[row] % 10000);
        batch->weights[row] = 1;
        ((i64 *)batch->columns[0].data)[row] = key_of(numbers[row]);
        ((struct str *)batch->columns[1].data)[row] = str_make(text, (size_t)size);
        ((i64 *)batch->columns[2].data)[row] = numbers[row] % 1000;
        ((i64 *)batch->columns[3].data)[row] = numbers[row] % 100000;
    }
    return batch;
}

static void fill(struct bench *b)
{
    u32 slots[BATCH], numbers[BATCH], dirty;
    u64 hashes[BATCH];
    f64 index_spent = 0;
    for (u32 at = 0; at < b->count; at += BATCH) {
        u32 count = MIN(BATCH, b->count - at);
        for (u32 i = 0; i < count; i++)
            numbers[i] = at + i;
        struct batch *batch = make_batch(b, numbers, count);
        batch_hash(batch, (u32[]){ 0 }, 1, 1, hashes);
        start(b);
        rows_add_batch(b->rows, batch, slots);
        rows_dirty(b->rows, &dirty);
        if (dirty >= 4096) rows_settle(b->rows);
        stop(b, count);
        f64 begun = now_ns();
        index_add_batch(b->index, slots, hashes, count);
        index_spent += now_ns() - begun;
        arena_reset(&b->arena);
    }
    rows_settle(b->rows);
    say(b, "rows_add_batch and settle, a row");
    b->spent = index_spent;
    b->done = b->count;
    say(b, "index_add_batch, a key");
    printf("  %-44s %7.1f bytes\n", "a row (width, pages)", (f64)rows_size(b->rows) / b->count);
    printf("  %-44s %7.1f bytes\n", "an index entry", (f64)index_size(b->index) / b->count);
}

static struct column *random_keys(struct bench *b, u64 *hashes, u32 offset)
{
    struct column *keys = arena_array(&b->arena, struct column, 1);
    *keys = column_make(&b->arena, types[0], BATCH);
    for (u32 i = 0; i < BATCH; i++) {
        ((i64 *)keys->data)[i] = key_of((u32)rand_below(&b->rand, b->count) + offset);
        hashes[i] = 1;
    }
    column_hash(keys, BATCH, hashes);
    return keys;
}

static void find(struct bench *b)
{
    u32 slots[BATCH], rows[BATCH];
    u64 hashes[BATCH];
    for (u32 round = 0; round < ROUNDS_ROWS / BATCH; round++) {
        struct column *keys = random_keys(b, hashes, 0);
        start(b);
        struct index_probe probe;
        index_probe_init(&probe, b->index, keys, hashes, BATCH, false);
        u64 pairs = 0;
        for (u32 n; (n = index_probe_next(&probe, rows, slots, BATCH)) > 0;)
            pairs += n;
        stop(b, BATCH);
        if (pairs != BATCH) abort();
        arena_reset(&b->arena);
    }
    say(b, "index_probe, a key that is there");
    for (u32 round = 0; round < ROUNDS_ROWS / BATCH; round++) {
        struct column *keys = random_keys(b, hashes, 0);
        start(b);
        index_find_batch(b->index, keys, hashes, BATCH, false, SIDE_NEW, slots);
        stop(b, BATCH);
        arena_reset(&b->arena);
    }
    say(b, "index_find_batch, a key that is there");
    for (u32 round = 0; round < ROUNDS_ROWS / BATCH; round++) {
        struct column *keys = random_keys(b, hashes, 1u << 30);
        start(b);
        index_find_batch(b->index, keys, hashes, BATCH, false, SIDE_NEW, slots);
        stop(b, BATCH);
        arena_reset(&b->arena);
    }
    say(b, "index_find_batch, a key that is not there");
    u32 sum = 0;
    for (u32 round = 0; round < ROUNDS_ROWS / BATCH / 8; round++) {
        struct column *keys = random_keys(b, hashes, 0);
        start(b);
        for (u32 i = 0; i < BATCH; i++)
            sum += index_find(b->index, keys, i, hashes[i], NULL, NULL);
        stop(b, BATCH);
        arena_reset(&b->arena);
    }
    say(b, "index_find, one key at a time");
    if (sum == 1) puts("");
}

static void gather(struct bench *b)
{
    struct column out[COLUMNS];
    static const u32 wanted[] = { 0, 3, 1, 2 };
    for (u32 column_count = 1; column_count <= COLUMNS; column_count += 3) {
        for (u32 at = 0; at + BATCH <= b->count || b->done < ROUNDS_ROWS; at += BATCH) {
            if (at + BATCH > b->count) at = 0;
            start(b);
            rows_gather(b->rows, b->order + at, BATCH, wanted, column_count, &b->arena, out);
            stop(b, BATCH * column_count);
            arena_reset(&b->arena);
        }
        say(b, column_count == 1 ? "rows_gather of 1 column, a value, random"
                                 : "rows_gather of 4 columns, a value, random");
    }
}

#define PREPARED 2048u /* batches, made before the clock starts */

static void update_one(struct bench *b, struct batch *batch, const u64 *hashes)
{
    u32 slots[BATCH], old[BATCH], count = batch->row_count;
    index_find_batch(b->index, &batch->columns[0], hashes, count, false, SIDE_NEW, old);
    rows_add_batch(b->rows, batch, slots);
    for (u32 i = 0; i < count; i++)
        rows_change(b->rows, old[i], -1);
    index_add_batch(b->index, slots, hashes, count);
    index_remove_batch(b->index, old, count);
    rows_settle(b->rows);
}

/* A row gets a new version: both are in the index until the tick settles. */
static void update(struct bench *b, u32 tick)
{
    u32 numbers[BATCH], prepared = tick == 1 ? PREPARED : 1;
    static struct batch *batches[PREPARED];
    static u64 hashes[PREPARED][BATCH];
    for (u32 round = 0; round < ROUNDS_ROWS / 4 / tick / prepared; round++) {
        for (u32 k = 0; k < prepared; k++) {
            for (u32 i = 0; i < tick; i++)
                numbers[i] = ((round * prepared + k) * tick + i) * 7919u % b->count;
            batches[k] = make_batch(b, numbers, tick);
            batch_hash(batches[k], (u32[]){ 0 }, 1, 1, hashes[k]);
        }
        start(b);
        for (u32 k = 0; k < prepared; k++)
            update_one(b, batches[k], hashes[k]);
        stop(b, (u64)prepared * tick);
        arena_reset(&b->arena);
    }
    say(b, tick == 1 ? "a row found, replaced, settled, one a tick"
                     : "a row found, replaced, settled, 512 a tick");
}

static void shuffle(struct bench *b)
{
    for (u32 i = 0; i < b->count; i++)
        b->order[i] = i;
    for (u32 i = b->count; i > 1; i--) {
        u32 other = (u32)rand_below(&b->rand, i), slot = b->order[i - 1];
        b->order[i - 1] = b->order[other];
        b->order[other] = slot;
    }
}

static void trees(struct bench *b)
{
    struct tree_order order = { .column = 0 };
    b->tree = tree_open(&b->mem, b->rows, &order, 1);
    start(b);
    for (u32 i = 0; i < b->count; i++)
        tree_add(b->tree, b->order[i]);
    stop(b, b->count);
    say(b, "tree_add, random order");
    printf("  %-44s %7.1f bytes\n", "a tree entry", (f64)tree_size(b->tree) / b->count);
    u64 sum = 0;
    u32 tries = MIN(b->count, 1000000u);
    start(b);
    for (u32 i = 0; i < tries; i++)
        sum += tree_rank(b->tree, b->order[i]);
    stop(b, tries);
    say(b, "tree_rank");
    u32 slots[BATCH];
    start(b);
    for (u64 at = 0; at + BATCH <= b->count; at += BATCH)
        sum += tree_read(b->tree, at, false, slots, BATCH);
    stop(b, b->count);
    say(b, "tree_read, a slot of 512");
    start(b);
    for (u32 i = 0; i < b->count; i++)
        tree_remove(b->tree, b->order[i]);
    stop(b, b->count);
    say(b, "tree_remove, random order");
    tree_close(b->tree);
    if (sum == 1) puts("");
}

static void empty(struct bench *b)
{
    for (u32 at = 0; at < b->count; at += BATCH) {
        u32 count = MIN(BATCH, b->count - at);
        start(b);
        index_remove_batch(b->index, b->order + at, count);
        stop(b, count);
    }
    say(b, "index_remove_batch, a key, random");
    start(b);
    for (u32 i = 0; i < b->count; i++)
        rows_change(b->rows, b->order[i], -1);
    rows_settle(b->rows);
    stop(b, b->count);
    say(b, "rows_change and settle, a row, random");
}

static void run(u32 count)
{
    struct bench *b = &(struct bench){ .count = count, .rand.state = 1 };
    mem_init(&b->mem, "bench", NULL, 0);
    mem_init(&b->arena_mem, "arena", NULL, 0);
    arena_init(&b->arena, &b->arena_mem);
    b->order = mem_alloc(&b->arena_mem, count * sizeof *b->order);
    b->rows = rows_open(&b->mem, types, COLUMNS);
    b->index = index_open(&b->mem, b->rows, (u32[]){ 0 }, 1, 1);
    printf("%u rows of bigint, text, integer, numeric(10,2): %u bytes wide\n", count,
           rows_width(b->rows));
    fill(b);
    shuffle(b);
    find(b);
    gather(b);
    trees(b);
    empty(b);
    fill(b);
    update(b, 1);
    update(b, BATCH);
    index_close(b->index);
    rows_close(b->rows);
    mem_free(&b->arena_mem, b->order, count * sizeof *b->order);
    arena_deinit(&b->arena);
}

int main(int argc, char **argv)
{
    static const u32 counts[] = { 1000, 100000, 10000000 };
    for (int i = 1; i < argc; i++)
        run((u32)strtoul(argv[i], NULL, 10));
    for (u32 i = 0; argc == 1 && i < countof(counts); i++)
        run(counts[i]);
    return 0;
}
