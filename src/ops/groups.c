#include "ops/groups.h"

#include "base/assert.h"

/* Batches of distinct keys before one is looked through for equal keys again. */
#define UNASKED_MAX 8

/* A list that was longer than this in one tick gives its memory back. */
#define DIRTY_KEPT_MAX 64

static void dirty_shrink(struct groups *groups);

void groups_init(struct groups *groups, struct mem *mem, u64 seed, const u32 *columns,
                 const struct type *types, u32 column_count, u32 record_size)
{
    assert(record_size >= sizeof(struct group) && record_size % 8 == 0);
    *groups = (struct groups){ .mem = mem,
                               .seed = seed,
                               .column_count = column_count,
                               .columns = (u32 *)(uintptr_t)columns,
                               .record_size = record_size };
    if (column_count == 0) return;
    groups->keys = rows_open(mem, types, column_count);
    groups->index = index_open(mem, groups->keys, NULL, column_count, seed);
}

void groups_deinit(struct groups *groups)
{
    struct mem *mem = groups->mem;
    for (u32 p = 0; p < groups->page_capacity; p++)
        if (groups->pages[p])
            mem_free(mem, groups->pages[p], (size_t)groups->record_size * GROUPS_A_PAGE);
    mem_free(mem, groups->pages, sizeof(*groups->pages) * groups->page_capacity);
    mem_free(mem, groups->dirty, sizeof(u32) * groups->dirty_capacity);
    if (!groups->keys) return;
    index_close(groups->index);
    rows_close(groups->keys);
}

static u32 find_repeats(const struct batch *keys, const u64 *hashes, u32 *firsts, u32 *picks);
static void find_distinct(struct groups *groups, const struct batch *keys, const u64 *hashes,
                          u32 *numbers);

void groups_find(struct groups *groups, const struct batch *batch, struct arena *arena,
                 u32 *numbers)
{
    u32 count = batch->row_count;
    if (!groups->keys) {
        memset(numbers, 0, sizeof(*numbers) * count);
        return;
    }
    u64 hashes[BATCH_ROW_COUNT_MAX], picked_hashes[BATCH_ROW_COUNT_MAX];
    struct batch keys = { .row_count = count, .column_count = groups->column_count };
    keys.columns = arena_alloc(arena, sizeof(struct column) * groups->column_count);
    for (u32 k = 0; k < groups->column_count; k++)
        keys.columns[k] = batch->columns[groups->columns[k]];
    batch_hash(&keys, NULL, groups->column_count, groups->seed, hashes);
    if (!groups->has_repeats && ++groups->unasked_count < UNASKED_MAX) {
        find_distinct(groups, &keys, hashes, numbers);
        return;
    }
    u32 firsts[BATCH_ROW_COUNT_MAX], picks[BATCH_ROW_COUNT_MAX];
    u32 distinct = find_repeats(&keys, hashes, firsts, picks);
    groups->has_repeats = distinct * 4 <= count * 3;
    groups->unasked_count = 0;
    if (!groups->has_repeats) {
        find_distinct(groups, &keys, hashes, numbers);
        return;
    }
    keys.weights = batch->weights;
    struct batch *few = batch_pick(arena, &keys, picks, distinct);
    for (u32 i = 0; i < distinct; i++)
        picked_hashes[i] = hashes[picks[i]];
    u32 few_numbers[BATCH_ROW_COUNT_MAX];
    find_distinct(groups, few, picked_hashes, few_numbers);
    for (u32 r = 0; r < count; r++)
        numbers[r] = few_numbers[firsts[r]];
}

/* For each row the place in picks of the first row of the batch with its key; a row that finds another
 * hash in its place of the table counts as a first one too. Returns how many first ones there are. */
static u32 find_repeats(const struct batch *keys, const u64 *hashes, u32 *firsts, u32 *picks)
{
    u16 table[256] = { 0 };
    u32 count = 0;
    for (u32 r = 0; r < keys->row_count; r++) {
        u16 *place = &table[hashes[r] & (countof(table) - 1)];
        u32 first = *place ? picks[*place - 1] : r;
        bool equal = *place && hashes[first] == hashes[r];
        for (u32 k = 0; k < keys->column_count && equal; k++)
            equal = column_equal_key(&keys->columns[k], first, &keys->columns[k], r);
        if (equal) {
            firsts[r] = *place - 1u;
            continue;
        }
        firsts[r] = count;
        picks[count++] = r;
        *place = (u16)count;
    }
    return count;
}

static void find_distinct(struct groups *groups, const struct batch *keys, const u64 *hashes,
                          u32 *numbers)
{
    u32 count = keys->row_count;
    index_find_batch(groups->index, keys->columns, hashes, count, true, SIDE_NEW, numbers);
    for (u32 r = 0; r < count; r++) {
        if (numbers[r] != SLOT_NONE) continue;
        /* A row before this one may have made the group. */
        numbers[r] = index_find(groups->index, keys->columns, r, hashes[r], NULL, NULL);
        if (numbers[r] != SLOT_NONE) continue;
        numbers[r] = rows_add(groups->keys, keys, r, 1);
        index_add(groups->index, numbers[r], hashes[r]);
    }
}

static void records_reserve(struct groups *groups, u32 group)
{
    u32 page = group / GROUPS_A_PAGE;
    if (page >= groups->page_capacity) {
        u32 capacity = MAX(page + 1, groups->page_capacity * 2);
        groups->pages =
            mem_realloc(groups->mem, groups->pages, sizeof(*groups->pages) * groups->page_capacity,
                        sizeof(*groups->pages) * capacity);
        memset(groups->pages + groups->page_capacity, 0,
               sizeof(*groups->pages) * (capacity - groups->page_capacity));
        groups->page_capacity = capacity;
    }
    if (!groups->pages[page])
        groups->pages[page] = mem_zalloc(groups->mem, (size_t)groups->record_size * GROUPS_A_PAGE);
}

static void dirty_add(struct groups *groups, u32 group)
{
    if (groups->dirty_count == groups->dirty_capacity) {
        u32 capacity = MAX(8, groups->dirty_capacity * 2);
        groups->dirty = mem_realloc(groups->mem, groups->dirty,
                                    sizeof(u32) * groups->dirty_capacity, sizeof(u32) * capacity);
        groups->dirty_capacity = capacity;
    }
    groups->dirty[groups->dirty_count++] = group;
}

struct group *groups_touch(struct groups *groups, u32 group)
{
    u32 page = group / GROUPS_A_PAGE;
    if (unlikely(page >= groups->page_capacity || !groups->pages[page]))
        records_reserve(groups, group);
    struct group *record = groups_get(groups, group);
    if (record->is_dirty) return record;
    record->is_dirty = true;
    dirty_add(groups, group);
    return record;
}

void groups_touch_batch(struct groups *groups, const u32 *numbers, u32 count, u8 **records)
{
    for (u32 i = 0; i < count; i++) {
        u32 page = numbers[i] / GROUPS_A_PAGE;
        if (unlikely(page >= groups->page_capacity || !groups->pages[page]))
            records_reserve(groups, numbers[i]);
        records[i] = (u8 *)groups_get(groups, numbers[i]);
        __builtin_prefetch(records[i]);
        __builtin_prefetch(records[i] + groups->record_size - 1);
    }
    for (u32 i = 0; i < count; i++) {
        struct group *record = (struct group *)(void *)records[i];
        if (record->is_dirty) continue;
        record->is_dirty = true;
        dirty_add(groups, numbers[i]);
    }
}

void groups_gather(const struct groups *groups, const u32 *numbers, u32 count, struct arena *arena,
                   struct column *out)
{
    if (groups->keys)
        rows_gather(groups->keys, numbers, count, NULL, groups->column_count, arena, out);
}

void groups_remove(struct groups *groups, u32 group)
{
    assert(groups->keys);
    memset(groups_get(groups, group), 0, groups->record_size);
    rows_change(groups->keys, group, -1);
}

void groups_each(const struct groups *groups, void (*visit)(void *context, u32 group),
                 void *context)
{
    if (!groups->keys) {
        if (groups->page_capacity > 0) visit(context, 0);
        return;
    }
    u32 cursor = 0, count, slots[BATCH_ROW_COUNT_MAX], end = rows_slot_end(groups->keys);
    i32 weights[BATCH_ROW_COUNT_MAX];
    while ((count = rows_scan(groups->keys, &cursor, end, SIDE_NEW, BATCH_ROW_COUNT_MAX, slots,
                              weights)) > 0)
        for (u32 i = 0; i < count; i++)
            visit(context, slots[i]);
}

void groups_settle(struct groups *groups)
{
    groups->dirty_count = 0;
    dirty_shrink(groups);
    if (!groups->keys) return;
    u32 count, dead[BATCH_ROW_COUNT_MAX], dead_count = 0;
    const u32 *dirty = rows_dirty(groups->keys, &count);
    for (u32 i = 0; i < count; i++) {
        dead[dead_count] = dirty[i];
        dead_count += rows_weight(groups->keys, dirty[i], SIDE_NEW) == 0;
        if (dead_count < BATCH_ROW_COUNT_MAX && i + 1 < count) continue;
        index_remove_batch(groups->index, dead, dead_count);
        dead_count = 0;
    }
}

static void dirty_shrink(struct groups *groups)
{
    if (groups->dirty_capacity <= DIRTY_KEPT_MAX) return;
    mem_free(groups->mem, groups->dirty, sizeof(u32) * groups->dirty_capacity);
    groups->dirty = NULL;
    groups->dirty_capacity = 0;
}

void groups_settle_rows(struct groups *groups)
{
    if (groups->keys) rows_settle(groups->keys);
}
