#include "state/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/test.h"
#include "tests/unit/state/fixture.h"

/* Rows are (bigint, text, int): the first two follow from a key number, 0 stands for NULLs. */
#define KEY_MAX  5000
#define SLOT_MAX 60000

static const struct type types[] = { { .id = TYPE_INT8 },
                                     { .id = TYPE_TEXT },
                                     { .id = TYPE_INT4 } };

struct slot_model {
    u32 key;
    i64 payload;
    bool there; /* in the pool */
    bool held;  /* by the index */
};

struct world {
    struct mem mem;
    struct mem arena_mem;
    struct arena arena;
    struct rand rand;
    struct rows *rows;
    struct index *index;
    u32 key_columns[2];
    u32 key_column_count;
    u32 key_count; /* key numbers in use */
    u64 held_count;
    u32 key_held[KEY_MAX];
    struct slot_model slots[SLOT_MAX];
};

static struct world world;

static struct batch *make_batch(struct world *w, const u32 *keys, const i64 *payloads, u32 count)
{
    struct batch *batch = batch_make(&w->arena, types, 3, MAX(count, 1u));
    batch->row_count = count;
    for (u32 row = 0; row < count; row++) {
        batch->weights[row] = 1;
        ((i64 *)batch->columns[0].data)[row] = (i64)keys[row] * 1000003;
        char *text =
            arena_format(&w->arena, keys[row] % 2 ? "k%u" : "a long key of number %u", keys[row]);
        ((struct str *)batch->columns[1].data)[row] = str_make(text, strlen(text));
        ((i64 *)batch->columns[2].data)[row] = payloads[row];
        if (keys[row] != 0) continue;
        for (u32 column = 0; column < 2; column++) {
            column_need_nulls(&batch->columns[column], &w->arena, count);
            batch->columns[column].nulls[row] = 1;
        }
        ((i64 *)batch->columns[0].data)[row] = 0;
        ((struct str *)batch->columns[1].data)[row] = (struct str){ .size = 0 };
    }
    return batch;
}

static const struct column *key_of(const struct world *w, const struct batch *batch,
                                   struct column *keys)
{
    for (u32 i = 0; i < w->key_column_count; i++)
        keys[i] = batch->columns[w->key_columns[i]];
    return keys;
}

static void world_open(struct world *w, u64 seed, u32 key_column_count, u32 key_count)
{
    memset(w, 0, sizeof *w);
    mem_init(&w->mem, "test", NULL, 0);
    mem_init(&w->arena_mem, "arena", NULL, 0);
    arena_init(&w->arena, &w->arena_mem);
    w->rand.state = seed;
    w->rows = rows_open(&w->mem, types, 3);
    w->key_columns[0] = key_column_count == 1 ? 0 : 1;
    w->key_columns[1] = 0;
    w->key_column_count = key_column_count;
    w->key_count = key_count;
    w->index = index_open(&w->mem, w->rows, w->key_columns, key_column_count, 42);
}

static void world_close(struct world *w)
{
    index_close(w->index);
    rows_close(w->rows);
    arena_deinit(&w->arena);
    mem_deinit(&w->arena_mem);
    mem_deinit(&w->mem);
}

/* Half of all rows have one of three keys. */
static u32 random_key(struct world *w)
{
    if (rand_chance(&w->rand, 1, 2)) return (u32)rand_below(&w->rand, MIN(w->key_count, 3u));
    return (u32)rand_below(&w->rand, w->key_count);
}

static void do_add(struct world *w, u32 count_max)
{
    u32 keys[512], slots[512];
    i64 payloads[512];
    u64 hashes[512];
    u32 count = 1 + (u32)rand_below(&w->rand, count_max);
    for (u32 i = 0; i < count; i++) {
        keys[i] = random_key(w);
        payloads[i] = (i64)rand_below(&w->rand, 3000);
    }
    struct batch *batch = make_batch(w, keys, payloads, count);
    rows_add_batch(w->rows, batch, slots);
    batch_hash(batch, w->key_columns, w->key_column_count, 42, hashes);
    if (rand_chance(&w->rand, 1, 2)) {
        index_add_batch(w->index, slots, hashes, count);
    } else {
        for (u32 i = 0; i < count; i++)
            index_add(w->index, slots[i], hashes[i]);
    }
    for (u32 i = 0; i < count; i++) {
        assert_true(slots[i] < SLOT_MAX);
        w->slots[slots[i]] = (struct slot_model){
            .key = keys[i], .payload = payloads[i], .there = true, .held = true
        };
        w->key_held[keys[i]]++;
    }
    w->held_count += count;
}

static u32 random_slot(struct world *w)
{
    u32 end = rows_slot_end(w->rows);
    for (u32 try = 0; end > 0 && try < 20; try++) {
        u32 slot = (u32)rand_below(&w->rand, end);
        if (w->slots[slot].there) return slot;
    }
    return SLOT_NONE;
}

static void unhold(struct world *w, u32 slot)
{
    w->slots[slot].held = false;
    w->key_held[w->slots[slot].key]--;
    w->held_count--;
}

static void do_remove(struct world *w, u32 count)
{
    u32 slots[512], removed = 0;
    for (u32 i = 0; i < count; i++) {
        u32 slot = random_slot(w);
        if (slot == SLOT_NONE) continue;
        bool known = false;
        for (u32 k = 0; k < removed; k++)
            known = known || slots[k] == slot;
        if (!known) slots[removed++] = slot;
    }
    if (rand_chance(&w->rand, 1, 2)) {
        index_remove_batch(w->index, slots, removed);
    } else {
        for (u32 i = 0; i < removed; i++)
            assert_int_equal(index_remove(w->index, slots[i]), w->slots[slots[i]].held);
    }
    for (u32 i = 0; i < removed; i++) {
        assert_false(index_holds(w->index, slots[i]));
        if (w->slots[slots[i]].held) unhold(w, slots[i]);
        rows_change(w->rows, slots[i], -1);
        w->slots[slots[i]].there = false;
    }
    rows_settle(w->rows);
}

/* As when a row is updated: the new version comes, at the end of the tick the old one goes. */
static void do_update(struct world *w)
{
    u32 slot = random_slot(w);
    if (slot == SLOT_NONE || !w->slots[slot].held) return;
    i64 payload = (i64)rand_below(&w->rand, 3000);
    struct batch *batch = make_batch(w, &w->slots[slot].key, &payload, 1);
    u32 new = rows_add(w->rows, batch, 0, 1);
    w->slots[new] = w->slots[slot];
    w->slots[new].payload = payload;
    if (rand_chance(&w->rand, 1, 2)) {
        index_replace(w->index, slot, new);
    } else {
        index_add(w->index, new, rows_hash(w->rows, new, w->key_columns, w->key_column_count, 42));
        assert_true(index_remove(w->index, slot));
    }
    rows_change(w->rows, slot, -1);
    rows_settle(w->rows);
    w->slots[slot].there = w->slots[slot].held = false;
}

static int compare_u32(const void *a, const void *b)
{
    u32 x = *(const u32 *)a, y = *(const u32 *)b;
    return (x > y) - (x < y);
}

static u32 expected_slots(const struct world *w, u32 key, u32 *out)
{
    u32 count = 0;
    for (u32 slot = 0; count < w->key_held[key]; slot++)
        if (w->slots[slot].held && w->slots[slot].key == key) out[count++] = slot;
    return count;
}

static void check_probe(struct world *w)
{
    enum { ROWS = 130 };
    u32 keys[ROWS];
    i64 payloads[ROWS] = { 0 };
    u64 hashes[ROWS];
    for (u32 i = 0; i < ROWS; i++)
        keys[i] = (u32)rand_below(&w->rand, w->key_count);
    struct batch *batch = make_batch(w, keys, payloads, ROWS);
    struct column columns[2];
    batch_hash(batch, w->key_columns, w->key_column_count, 42, hashes);
    bool null_matches = rand_chance(&w->rand, 1, 2);
    u32 capacity = 1 + (u32)rand_below(&w->rand, 700);
    struct index_probe probe;
    index_probe_init(&probe, w->index, key_of(w, batch, columns), hashes, ROWS, null_matches);
    static u32 rows[SLOT_MAX * 4], slots[SLOT_MAX * 4], expected[SLOT_MAX];
    u32 total = 0;
    for (u32 count;
         (count = index_probe_next(&probe, rows + total, slots + total, capacity)) > 0;) {
        assert_true(count <= capacity);
        total += count;
        assert_true(total + 700 < countof(slots));
    }
    u32 at = 0;
    for (u32 i = 0; i < ROWS; i++) {
        if (keys[i] == 0 && !null_matches) continue;
        u32 count = expected_slots(w, keys[i], expected);
        for (u32 k = 0; k < count; k++)
            assert_int_equal(rows[at + k], i);
        qsort(slots + at, count, sizeof *slots, compare_u32);
        assert_memory_equal(slots + at, expected, count * sizeof *slots);
        at += count;
    }
    assert_int_equal(at, total);
}

static bool is_even(const void *context, u32 slot)
{
    (void)context;
    return slot % 2 == 0;
}

static void check_single(struct world *w)
{
    u32 key = (u32)rand_below(&w->rand, w->key_count);
    static u32 expected[SLOT_MAX];
    u32 count = expected_slots(w, key, expected), evens = 0;
    for (u32 i = 0; i < count; i++)
        evens += expected[i] % 2 == 0;
    i64 payload = (i64)rand_below(&w->rand, 3000);
    u64 hash;
    struct column columns[2];
    struct batch *batch = make_batch(w, &key, &payload, 1);
    batch_hash(batch, w->key_columns, w->key_column_count, 42, &hash);
    key_of(w, batch, columns);
    u32 found = index_find(w->index, columns, 0, hash, NULL, NULL);
    assert_int_equal(found == SLOT_NONE, count == 0);
    if (count > 0) assert_int_equal(w->slots[found].key, key);
    found = index_find(w->index, columns, 0, hash, is_even, NULL);
    assert_int_equal(found == SLOT_NONE, evens == 0);
    if (evens > 0) assert_true(w->slots[found].key == key && found % 2 == 0);

    bool there = false;
    for (u32 i = 0; i < count; i++)
        there = there || w->slots[expected[i]].payload == payload;
    found = index_find_row(w->index, batch, 0, hash);
    assert_int_equal(found != SLOT_NONE, there);
    u32 in_batch;
    index_find_row_batch(w->index, batch, &hash, &in_batch);
    assert_int_equal(in_batch, found);
    if (there) {
        assert_int_equal(w->slots[found].key, key);
        assert_int_equal(w->slots[found].payload, payload);
        assert_true(index_holds(w->index, found));
    }
    u32 slot;
    index_find_batch(w->index, columns, &hash, 1, true, SIDE_NEW, &slot);
    assert_int_equal(slot == SLOT_NONE, count == 0);
    if (count > 0) assert_int_equal(w->slots[slot].key, key);
}

static void check_size(const struct world *w)
{
    assert_int_equal(index_count(w->index), w->held_count);
    assert_int_equal(w->mem.used, rows_size(w->rows) + index_size(w->index));
}

static void run(u64 seed, u32 key_column_count, u32 key_count, u32 rounds)
{
    struct world *w = &world;
    world_open(w, seed, key_column_count, key_count);
    for (u32 round = 0; round < rounds; round++) {
        u32 what = (u32)rand_below(&w->rand, 100);
        bool full = rows_count(w->rows) > SLOT_MAX / 4;
        if (what < 30 && !full)
            do_add(w, rand_chance(&w->rand, 1, 10) ? 512 : 8);
        else if (what < 50)
            do_remove(w, rand_chance(&w->rand, 1, 10) ? 300 : 8);
        else if (what < 75)
            do_update(w);
        else if (what < 95)
            check_single(w);
        else if (what < 97)
            check_probe(w);
        if (full)
            while (w->held_count > 200)
                do_remove(w, 512);
        check_size(w);
        if (round % 64 == 0) arena_reset(&w->arena);
    }
    if (seed % 2) {
        index_clear(w->index);
        w->held_count = 0;
    }
    while (w->held_count > 0)
        do_remove(w, 512);
    check_size(w);
    assert_true(index_size(w->index) < 1024);
    world_close(w);
}

TEST(index_finds_what_a_plain_model_finds)
{
    for (u32 round = 0; round < test_rounds(2); round++) {
        run(test_seed(5) + round, 1, 300, 4000);
        run(test_seed(6) + round, 2, KEY_MAX, 4000);
        run(test_seed(7) + round, 2, 10, 4000);
        run(test_seed(8) + round, 1, KEY_MAX, 4000);
    }
}

TEST(index_when_empty_takes_less_than_a_kilobyte)
{
    struct world *w = &world;
    world_open(w, 1, 1, 10);
    assert_true(index_size(w->index) < 1024);
    world_close(w);
}

struct int_world {
    struct mem mem;
    struct mem arena_mem;
    struct arena arena;
    struct rows *rows;
    struct index *index;
};

static void int_open(struct int_world *w)
{
    struct type type = TYPE(INT8);
    mem_init(&w->mem, "test", NULL, 0);
    mem_init(&w->arena_mem, "arena", NULL, 0);
    arena_init(&w->arena, &w->arena_mem);
    w->rows = rows_open(&w->mem, &type, 1);
    w->index = index_open(&w->mem, w->rows, (u32[]){ 0 }, 1, 9);
}

static void int_close(struct int_world *w)
{
    index_close(w->index);
    rows_close(w->rows);
    arena_deinit(&w->arena);
    mem_deinit(&w->arena_mem);
    mem_deinit(&w->mem);
}

static void int_add(struct int_world *w, const i64 *values, u32 count)
{
    u32 slots[512];
    u64 hashes[512];
    struct batch *batch = fixture_int8(&w->arena, values, count);
    batch_hash(batch, NULL, 0, 9, hashes);
    rows_add_batch(w->rows, batch, slots);
    index_add_batch(w->index, slots, hashes, count);
    arena_reset(&w->arena);
}

TEST(index_takes_at_most_16_bytes_a_key_at_any_size)
{
    struct int_world w;
    int_open(&w);
    i64 next = 0, values[500];
    while (next < 600000) {
        for (u32 i = 0; i < 500; i++)
            values[i] = next++;
        int_add(&w, values, 500);
        u64 size = index_size(w.index);
        /* A chunk of 2 MiB may be nearly empty. */
        if (next > 200000) assert_true(size < (u64)next * 16 + MIB(2));
    }
    for (i64 i = 0; i < next; i++) {
        struct column *key = &fixture_int8(&w.arena, &i, 1)->columns[0];
        u64 hash = 9;
        column_hash(key, 1, &hash);
        assert_int_equal(index_find(w.index, key, 0, hash, NULL, NULL), i);
        arena_reset(&w.arena);
    }
    int_close(&w);
}

/* Adds the numbers from *next on, as keys that the index does not hold. */
static void int_add_new(struct int_world *w, i64 *next, u32 count)
{
    u32 slots[512];
    u64 hashes[512];
    i64 values[512];
    for (u32 i = 0; i < count; i++)
        values[i] = (*next)++;
    struct batch *batch = fixture_int8(&w->arena, values, count);
    batch_hash(batch, NULL, 0, 9, hashes);
    rows_add_batch(w->rows, batch, slots);
    index_add_new_batch(w->index, slots, hashes, count);
    arena_reset(&w->arena);
}

/* Whether the index holds any of the numbers; if so, each must be in the slot of its own number. */
static bool int_holds(struct int_world *w, i64 first, u32 count)
{
    u32 slots[512];
    u64 hashes[512];
    i64 values[512];
    for (u32 i = 0; i < count; i++)
        values[i] = first + i;
    struct batch *batch = fixture_int8(&w->arena, values, count);
    batch_hash(batch, NULL, 0, 9, hashes);
    bool any = index_find_batch(w->index, batch->columns, hashes, count, true, SIDE_NEW, slots);
    for (u32 i = 0; any && i < count; i++)
        assert_int_equal(slots[i], first + i);
    arena_reset(&w->arena);
    return any;
}

TEST(index_splits_keep_every_key_and_let_every_key_go)
{
    enum { COUNT = 60000, STRIDE = 7919 }; /* some forty segments, each split while it was full */
    struct int_world w;
    i64 next = 0;
    int_open(&w);
    while (next < COUNT) {
        int_add_new(&w, &next, 500);
        assert_true(int_holds(&w, next - 500, 500));
    }
    for (i64 first = 0; first < COUNT; first += 500)
        assert_true(int_holds(&w, first, 500));
    assert_false(int_holds(&w, COUNT, 500));
    for (u32 i = 0; i < COUNT; i++)
        assert_true(index_remove(w.index, i * STRIDE % COUNT));
    assert_int_equal(index_count(w.index), 0);
    assert_true(index_size(w.index) < 1024);
    int_close(&w);
}

TEST(index_knows_a_key_whose_rows_are_on_their_way_out)
{
    struct int_world w;
    i64 next = 0;
    u32 slot;
    u64 hash = 9;
    int_open(&w);
    int_add_new(&w, &next, 2);
    rows_settle(w.rows);
    rows_change(w.rows, 0, -1);
    struct column *key = &fixture_int8(&w.arena, (i64[]){ 0 }, 1)->columns[0];
    column_hash(key, 1, &hash);
    assert_true(index_find_batch(w.index, key, &hash, 1, false, SIDE_NEW, &slot));
    assert_int_equal(slot, SLOT_NONE);
    assert_true(index_find_batch(w.index, key, &hash, 1, false, SIDE_OLD, &slot));
    assert_int_equal(slot, 0);
    int_close(&w);
}

/* Many slots under one key, all of the same content. */
TEST(index_of_one_key_stays_fast_in_both_directions)
{
    struct int_world w;
    int_open(&w);
    i64 values[500] = { 0 };
    enum { COUNT = 200000 };
    for (u32 i = 0; i < COUNT / 500; i++)
        int_add(&w, values, 500);
    assert_int_equal(index_count(w.index), COUNT);
    for (u32 i = 0; i < COUNT; i++)
        assert_true(index_remove(w.index, i * 7919u % COUNT));
    assert_int_equal(index_count(w.index), 0);
    assert_true(index_size(w.index) < 1024);
    int_close(&w);
}

TEST(index_list_keeps_the_order_in_which_slots_came)
{
    struct int_world w;
    int_open(&w);
    i64 values[60] = { 0 };
    int_add(&w, values, 60);
    for (u32 slot = 0; slot < 60; slot += 3)
        assert_true(index_remove(w.index, slot));
    struct column *key = &fixture_int8(&w.arena, values, 1)->columns[0];
    u64 hash = 9;
    column_hash(key, 1, &hash);
    struct index_probe probe;
    index_probe_init(&probe, w.index, key, &hash, 1, false);
    u32 rows[64], slots[64];
    u32 count = index_probe_next(&probe, rows, slots, 64);
    assert_int_equal(count, 40);
    for (u32 i = 1; i < count; i++)
        assert_true(slots[i - 1] < slots[i]);
    int_close(&w);
}

TEST(index_by_no_columns_keeps_every_row_under_one_key)
{
    struct int_world w;
    int_open(&w);
    i64 values[3] = { 5, 6, 7 };
    int_add(&w, values, 3);
    u32 none = 0;
    struct index *index = index_open(&w.mem, w.rows, &none, 0, 9);
    for (u32 slot = 0; slot < 3; slot++)
        index_add(index, slot, 9); /* of no columns the seed is what is left */
    for (u32 slot = 0; slot < 3; slot++)
        assert_true(index_remove(index, slot));
    assert_int_equal(index_count(index), 0);
    index_close(index);
    int_close(&w);
}

TEST(index_finds_each_of_many_rows_of_a_key_by_content)
{
    enum { COUNT = 400 };
    i64 values[COUNT];
    for (u32 i = 0; i < COUNT; i++)
        values[i] = i * 7919;
    for (u64 seed = 1; seed <= 64; seed++) {
        struct int_world w;
        int_open(&w);
        int_add(&w, values, COUNT);
        u32 none = 0;
        struct index *index = index_open(&w.mem, w.rows, &none, 0, seed);
        for (u32 slot = 0; slot < COUNT; slot++)
            index_add(index, slot, seed);
        struct batch *batch = fixture_int8(&w.arena, values, COUNT);
        for (u32 row = 0; row < COUNT; row++)
            assert_int_equal(index_find_row(index, batch, row, seed), row);
        index_close(index);
        int_close(&w);
    }
}

TEST(index_of_slots_only_keeps_a_key_through_array_and_tree_and_back)
{
    enum { COUNT = 5000 };
    struct int_world w;
    int_open(&w);
    i64 values[500] = { 0 };
    for (u32 i = 0; i < COUNT / 500; i++)
        int_add(&w, values, 500);
    u32 column = 0;
    struct index *index = index_open(&w.mem, w.rows, &column, 1, 9);
    index_set_slots_only(index);
    u64 hash = rows_hash(w.rows, 0, &column, 1, 9);
    for (u32 slot = 0; slot < COUNT; slot++)
        index_add(index, slot, hash);
    for (u32 i = 0; i < COUNT; i++) {
        u32 slot = i * 7919u % COUNT;
        assert_true(index_holds(index, slot));
        assert_true(index_remove(index, slot));
        assert_false(index_holds(index, slot));
        assert_false(index_remove(index, slot));
        assert_int_equal(index_count(index), COUNT - 1 - i);
    }
    assert_true(index_size(index) < 1024);
    index_close(index);
    int_close(&w);
}

/* Slots of one key: the lower half rising, then others between and behind them in no order. */
TEST(index_of_slots_only_keeps_them_in_order_at_five_bytes_each)
{
    enum { COUNT = 60000 };
    struct int_world w;
    int_open(&w);
    i64 value = 0, values[500] = { 0 };
    for (u32 i = 0; i < COUNT / 500; i++)
        int_add(&w, values, 500);
    u32 column = 0;
    struct index *index = index_open(&w.mem, w.rows, &column, 1, 9);
    index_set_slots_only(index);
    u64 hash = rows_hash(w.rows, 0, &column, 1, 9);
    for (u32 slot = 0; slot < COUNT; slot += 2)
        index_add(index, slot, hash);
    assert_true(index_size(index) < COUNT / 2 * 5);
    for (u32 i = 0; i < COUNT / 2; i++)
        index_add(index, i * 7919u % (COUNT / 2) * 2 + 1, hash);
    const struct column *keys = fixture_int8(&w.arena, &value, 1)->columns;
    struct index_probe probe;
    u32 rows[500], slots[500], next = 0;
    index_probe_init(&probe, index, keys, &hash, 1, false);
    for (u32 count; (count = index_probe_next(&probe, rows, slots, 500)) > 0;)
        for (u32 i = 0; i < count; i++)
            assert_int_equal(slots[i], next++);
    assert_int_equal(next, COUNT);
    index_close(index);
    int_close(&w);
}
