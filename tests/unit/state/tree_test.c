#include "state/tree.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/decimal.h"
#include "state/rows.h"
#include "tests/test.h"
#include "tests/unit/state/fixture.h"

#define SLOT_COUNT  3000
#define ENTRY_MAX   6000
#define COLUMN_KEYS 6

static const struct type key_types[COLUMN_KEYS] = {
    { .id = TYPE_INT4 },   { .id = TYPE_TEXT }, { .id = TYPE_NUMERIC },
    { .id = TYPE_FLOAT8 }, { .id = TYPE_INT8 }, { .id = TYPE_BOOL },
};

/* Few values, so that many are equal, and those at the ends of each type. */
static void put_value(struct column *column, u32 row, struct rand *rand)
{
    static const char *const words[] = {
        "",         "a",  "ab",      "same prefix 1", "same prefix 2",
        "same pre", "zz", "1234567", "12345678",      "123456789"
    };
    static const f64 floats[] = { 0.0, -0.0, 1.5, -1.5, INFINITY, -INFINITY, NAN, 1e300 };
    static const i64 longs[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX };
    switch (type_phys(column->type)) {
    case PHYS_BOOL: ((u8 *)column->data)[row] = (u8)rand_below(rand, 2); return;
    case PHYS_I64:
        ((i64 *)column->data)[row] = column->type.id == TYPE_INT4
                                         ? (i64)rand_below(rand, 40) - 20
                                         : longs[rand_below(rand, countof(longs))];
        return;
    case PHYS_F64: ((f64 *)column->data)[row] = floats[rand_below(rand, countof(floats))]; return;
    case PHYS_DECIMAL: {
        u32 scale = (u32)rand_below(rand, 12);
        i128 value = (i128)rand_below(rand, 41) - 20;
        if (rand_chance(rand, 1, 4)) value *= (i128)1000000007 * 1000000007;
        ((struct decimal *)column->data)[row] = decimal_make(value, scale);
        return;
    }
    case PHYS_STR: {
        const char *word = words[rand_below(rand, countof(words))];
        ((struct str *)column->data)[row] = str_make(word, strlen(word));
        return;
    }
    case PHYS_INTERVAL:
    case PHYS_UUID: fail();
    }
}

static struct batch *random_batch(struct arena *arena, struct rand *rand, u32 count)
{
    struct batch *batch = batch_make(arena, key_types, COLUMN_KEYS, count);
    batch->row_count = count;
    for (u32 row = 0; row < count; row++) {
        batch->weights[row] = 1;
        for (u32 index = 0; index < COLUMN_KEYS; index++) {
            struct column *column = &batch->columns[index];
            u32 width = type_width(column->type);
            memset((u8 *)column->data + (size_t)row * width, 0, width);
            if (!rand_chance(rand, 1, 8)) {
                put_value(column, row, rand);
                continue;
            }
            column_need_nulls(column, arena, count);
            column->nulls[row] = 1;
        }
    }
    return batch;
}

struct world {
    struct mem mem;
    struct mem arena_mem;
    struct arena arena;
    struct rand rand;
    struct rows *rows;
    struct tree *tree;
    struct column all[COLUMN_KEYS]; /* by slot */
    u64 hashes[SLOT_COUNT];
    bool has_tie;
    const struct tree_order *order;
    u32 order_count;
    u32 entry_count;
    struct {
        u32 group;
        u32 slot;
    } entries[ENTRY_MAX];
};

static struct world world;

static int compare_null(const struct tree_order *order, const struct column *a, u32 a_row,
                        const struct column *b, u32 b_row)
{
    bool a_null = column_is_null(a, a_row), b_null = column_is_null(b, b_row);
    if (a_null != b_null) return a_null == order->nulls_first ? -1 : 1;
    if (a_null) return 0;
    int sign = column_compare(a, a_row, b, b_row);
    return order->descending ? -sign : sign;
}

static int compare(const struct world *w, u32 a_group, u32 a, u32 b_group, u32 b)
{
    if (a_group != b_group) return a_group < b_group ? -1 : 1;
    for (u32 index = 0; index < w->order_count; index++) {
        const struct column *column = &w->all[w->order[index].column];
        int sign = compare_null(&w->order[index], column, a, column, b);
        if (sign) return sign;
    }
    if (w->has_tie && w->hashes[a] >> 32 != w->hashes[b] >> 32)
        return w->hashes[a] >> 32 < w->hashes[b] >> 32 ? -1 : 1;
    return a < b ? -1 : a > b;
}

/* The first entry that is not before (group, slot). */
static u32 model_place(const struct world *w, u32 group, u32 slot)
{
    u32 low = 0, high = w->entry_count;
    while (low < high) {
        u32 middle = (low + high) / 2;
        if (compare(w, w->entries[middle].group, w->entries[middle].slot, group, slot) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void world_open(struct world *w, u64 seed, const struct tree_order *order, u32 order_count,
                       bool has_tie)
{
    memset(w, 0, sizeof *w);
    mem_init(&w->mem, "test", NULL, 0);
    mem_init(&w->arena_mem, "arena", NULL, 0);
    arena_init(&w->arena, &w->arena_mem);
    w->rand.state = seed;
    w->rows = rows_open(&w->mem, key_types, COLUMN_KEYS);
    u32 slots[SLOT_COUNT];
    for (u32 at = 0; at < SLOT_COUNT; at += 300)
        rows_add_batch(w->rows, random_batch(&w->arena, &w->rand, 300), slots + at);
    rows_settle(w->rows);
    rows_gather(w->rows, slots, SLOT_COUNT, NULL, 0, &w->arena, w->all);
    for (u32 slot = 0; slot < SLOT_COUNT; slot++) {
        assert_int_equal(slots[slot], slot);
        w->hashes[slot] = rows_hash(w->rows, slot, NULL, 0, 5);
    }
    w->tree = tree_open(&w->mem, w->rows, order, order_count);
    w->has_tie = has_tie;
    if (has_tie) tree_set_tie(w->tree, NULL, 0, 5);
    w->order = order;
    w->order_count = order_count;
}

static void world_close(struct world *w)
{
    tree_close(w->tree);
    rows_close(w->rows);
    arena_deinit(&w->arena);
    mem_deinit(&w->arena_mem);
    mem_deinit(&w->mem);
}

static void toggle(struct world *w, u32 group, u32 slot)
{
    u32 place = model_place(w, group, slot);
    bool there = place < w->entry_count && w->entries[place].group == group &&
                 w->entries[place].slot == slot;
    u32 moved = w->entry_count - place;
    assert_int_equal(tree_group_rank(w->tree, group, slot), there ? place : UINT64_MAX);
    if (there) {
        assert_true(tree_group_remove(w->tree, group, slot));
        memmove(&w->entries[place], &w->entries[place + 1], (moved - 1) * sizeof *w->entries);
        w->entry_count--;
    } else if (w->entry_count < ENTRY_MAX) {
        assert_false(tree_group_remove(w->tree, group, slot));
        tree_group_add(w->tree, group, slot);
        memmove(&w->entries[place + 1], &w->entries[place], moved * sizeof *w->entries);
        w->entries[place].group = group;
        w->entries[place].slot = slot;
        w->entry_count++;
    }
}

static void check_all(struct world *w)
{
    assert_int_equal(tree_count(w->tree), w->entry_count);
    u32 slots[ENTRY_MAX];
    assert_int_equal(tree_read(w->tree, 0, false, slots, ENTRY_MAX), w->entry_count);
    for (u32 i = 0; i < w->entry_count; i++)
        assert_int_equal(slots[i], w->entries[i].slot);
    if (w->entry_count == 0) return;
    assert_int_equal(tree_read(w->tree, w->entry_count - 1, true, slots, ENTRY_MAX),
                     w->entry_count);
    for (u32 i = 0; i < w->entry_count; i++)
        assert_int_equal(slots[i], w->entries[w->entry_count - 1 - i].slot);
    u32 start = (u32)rand_below(&w->rand, w->entry_count);
    u32 wanted = 1 + (u32)rand_below(&w->rand, 200);
    u32 count = tree_read(w->tree, start, false, slots, wanted);
    assert_int_equal(count, MIN(wanted, w->entry_count - start));
    for (u32 i = 0; i < count; i++)
        assert_int_equal(slots[i], w->entries[start + i].slot);
}

/* Positions are those that counting gives. */
static void check_seek(struct world *w)
{
    u32 key_count = (u32)rand_below(&w->rand, w->order_count + 1);
    u32 row = (u32)rand_below(&w->rand, 300), group = (u32)rand_below(&w->rand, 4);
    struct arena_mark mark = arena_mark(&w->arena);
    struct batch *batch = random_batch(&w->arena, &w->rand, 300);
    struct column keys[COLUMN_KEYS];
    for (u32 index = 0; index < key_count; index++)
        keys[index] = batch->columns[w->order[index].column];
    u64 before = 0, equal = 0;
    for (u32 i = 0; i < w->entry_count; i++) {
        int sign = w->entries[i].group < group ? -1 : w->entries[i].group > group;
        for (u32 index = 0; index < key_count && !sign; index++)
            sign = compare_null(&w->order[index], &w->all[w->order[index].column],
                                w->entries[i].slot, &keys[index], row);
        before += sign < 0;
        equal += sign == 0;
    }
    assert_int_equal(tree_group_seek(w->tree, group, keys, key_count, row, false), before);
    assert_int_equal(tree_group_seek(w->tree, group, keys, key_count, row, true), before + equal);
    arena_rewind(&w->arena, mark);
}

static void run(const struct tree_order *order, u32 order_count, bool has_tie, u32 group_count)
{
    struct world *w = &world;
    world_open(w, test_seed(11) + order_count, order, order_count, has_tie);
    u32 steps = test_rounds(30000);
    for (u32 step = 0; step < steps; step++) {
        u32 group = (u32)rand_below(&w->rand, group_count);
        u32 slot = (u32)rand_below(&w->rand, step % 8000 < 7000 ? SLOT_COUNT : 64);
        toggle(w, group, slot);
        if (step % 64 == 0) check_seek(w);
        if (step % 997 == 0) check_all(w);
        if (step % 10000 == 9999)
            while (w->entry_count > 0)
                toggle(w, w->entries[w->entry_count / 3].group,
                       w->entries[w->entry_count / 3].slot);
        if (w->entry_count == 0) {
            assert_int_equal(w->mem.used, rows_size(w->rows) + tree_size(w->tree));
            assert_true(tree_size(w->tree) < 512);
        }
    }
    check_all(w);
    assert_int_equal(w->mem.used, rows_size(w->rows) + tree_size(w->tree));
    world_close(w);
}

TEST(tree_orders_by_one_column_and_slot)
{
    run((struct tree_order[]){ { .column = 0 } }, 1, false, 1);
    run((struct tree_order[]){ { .column = 0, .descending = true } }, 1, false, 3);
    run((struct tree_order[]){ { .column = 4, .nulls_first = true } }, 1, false, 2);
    run((struct tree_order[]){ { .column = 5 } }, 1, false, 1);
}

TEST(tree_orders_by_what_a_prefix_cannot_tell)
{
    run((struct tree_order[]){ { .column = 1 } }, 1, false, 1);
    run((struct tree_order[]){ { .column = 1, .descending = true, .nulls_first = true } }, 1, false,
        2);
    run((struct tree_order[]){ { .column = 2 } }, 1, false, 1);
    run((struct tree_order[]){ { .column = 2, .descending = true } }, 1, false, 1);
    run((struct tree_order[]){ { .column = 3, .nulls_first = true } }, 1, false, 1);
}

TEST(tree_orders_by_many_columns)
{
    run((struct tree_order[]){ { .column = 5 }, { .column = 2, .descending = true } }, 2, false, 2);
    run((struct tree_order[]){ { .column = 0 },
                               { .column = 1, .nulls_first = true },
                               { .column = 4 } },
        3, false, 1);
}

TEST(tree_with_ties_orders_equal_keys_by_content)
{
    run((struct tree_order[]){ { .column = 5 } }, 1, true, 2);
    run((struct tree_order[]){ { .column = 5 }, { .column = 0 } }, 2, true, 1);
}

TEST(tree_of_rising_keys_fills_its_nodes)
{
    struct mem mem;
    struct arena arena;
    mem_init(&mem, "test", NULL, 0);
    struct mem arena_mem;
    mem_init(&arena_mem, "arena", NULL, 0);
    arena_init(&arena, &arena_mem);
    struct type type = TYPE(INT8);
    struct rows *rows = rows_open(&mem, &type, 1);
    struct tree *tree = tree_open(&mem, rows, &(struct tree_order){ .column = 0 }, 1);
    for (i64 i = 0; i < 100000; i++) {
        i64 value = i;
        tree_add(tree, rows_add(rows, fixture_int8(&arena, &value, 1), 0, 1));
        arena_reset(&arena);
    }
    assert_true(tree_size(tree) < 100000 * 22);
    tree_close(tree);
    rows_close(rows);
    arena_deinit(&arena);
    mem_deinit(&arena_mem);
    mem_deinit(&mem);
}
