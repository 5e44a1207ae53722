/* The slots of a key that has too many for a list.
 *
 * Where rows are searched by content they stand in a tree by (hash of the row, slot). Else only slots are asked for: in one
 * array in the order they came, whose end is known, and past LARGE_SLOTS_MAX in a tree by slot. */
#include "state/index_internal.h"

#define NO_LARGE        UINT32_MAX
#define LARGE_SLOTS_MAX 1024

static struct large *large_of(const struct index *index, u32 number)
{
    return &index->larges[number];
}

void index_large_init(struct index *index)
{
    index->larges = NULL;
    index->large_count = index->large_capacity = 0;
    index->large_free = NO_LARGE;
}

void index_large_deinit(struct index *index)
{
    for (u32 number = 0; number < index->large_count; number++) {
        struct large *large = large_of(index, number);
        tree_close(large->tree);
        mem_free(index->mem, large->slots, large->capacity * sizeof *large->slots);
    }
    mem_free(index->mem, index->larges, index->large_capacity * sizeof *index->larges);
    index_large_init(index);
}

u64 index_large_size(const struct index *index)
{
    u64 size = index->large_capacity * sizeof *index->larges;
    for (u32 number = 0; number < index->large_count; number++) {
        const struct large *large = large_of(index, number);
        size += large->capacity * sizeof *large->slots;
        if (large->tree) size += tree_size(large->tree);
    }
    return size;
}

static u32 number_take(struct index *index)
{
    u32 number = index->large_free;
    if (number != NO_LARGE) {
        index->large_free = index->larges[number].next;
        return number;
    }
    if (index->large_count == index->large_capacity) {
        u32 old = index->large_capacity, new = old ? old * 2 : 4;
        index->larges = mem_realloc(index->mem, index->larges, old * sizeof *index->larges,
                                    new * sizeof *index->larges);
        index->large_capacity = new;
    }
    return index->large_count++;
}

static struct tree_entry entry_for(const struct index *index, u32 slot)
{
    u64 prefix = index->slots_only ? slot : rows_hash(index->rows, slot, NULL, 0, index->seed);
    return (struct tree_entry){ .prefix = prefix, .slot = slot };
}

static void to_tree(struct index *index, struct large *large, const u32 *slots, u32 count)
{
    large->tree = index->slots_only ? tree_open_slots(index->mem, index->rows)
                                    : tree_open_set(index->mem, index->rows);
    for (u32 i = 0; i < count; i++) {
        struct tree_entry entry = entry_for(index, slots[i]);
        tree_entry_add(large->tree, &entry);
    }
}

static void resize(struct index *index, struct large *large, u32 capacity)
{
    large->slots = mem_realloc(index->mem, large->slots, large->capacity * sizeof *large->slots,
                               capacity * sizeof *large->slots);
    large->capacity = capacity;
}

u32 index_large_open(struct index *index, const u32 *slots, u32 count)
{
    u32 number = number_take(index);
    struct large *large = large_of(index, number);
    *large = (struct large){ .sample = slots[0], .count = count };
    if (index->key_is_word) {
        const u8 *row = row_at(index->rows, slots[0]);
        const struct cell *cell = &index->rows->cells[index->key_columns[0]];
        large->word = row_load_i64(row, cell);
        large->word_is_null = row_is_null(row, cell);
    }
    if (index->slots_only) {
        resize(index, large, count * 2);
        memcpy(large->slots, slots, count * sizeof *slots);
    } else {
        to_tree(index, large, slots, count);
    }
    return number;
}

void index_large_close(struct index *index, u32 number)
{
    struct large *large = large_of(index, number);
    tree_close(large->tree);
    mem_free(index->mem, large->slots, large->capacity * sizeof *large->slots);
    *large = (struct large){ .next = index->large_free };
    index->large_free = number;
}

void index_large_add(struct index *index, u32 number, u32 slot)
{
    struct large *large = large_of(index, number);
    if (!large->tree && large->count == LARGE_SLOTS_MAX) {
        to_tree(index, large, large->slots, large->count);
        mem_free(index->mem, large->slots, large->capacity * sizeof *large->slots);
        large->slots = NULL;
        large->capacity = 0;
    }
    if (large->tree) {
        struct tree_entry entry = entry_for(index, slot);
        tree_entry_add(large->tree, &entry);
    } else {
        if (large->count == large->capacity) resize(index, large, large->capacity * 2);
        large->slots[large->count] = slot;
    }
    large->count++;
}

static u32 place_of(const struct large *large, u32 slot)
{
    u32 place = 0;
    while (place < large->count && large->slots[place] != slot)
        place++;
    return place;
}

/* An array again, once the tree has lost half of what it takes to become one. */
static void to_array(struct index *index, struct large *large)
{
    if (!index->slots_only || large->count > LARGE_SLOTS_MAX / 2) return;
    resize(index, large, LARGE_SLOTS_MAX);
    u32 count = tree_read(large->tree, 0, false, large->slots, large->count);
    assert(count == large->count);
    tree_close(large->tree);
    large->tree = NULL;
}

bool index_large_remove(struct index *index, u32 number, u32 slot)
{
    struct large *large = large_of(index, number);
    if (large->tree) {
        struct tree_entry entry = entry_for(index, slot);
        if (!tree_entry_remove(large->tree, &entry)) return false;
        large->count--;
        to_array(index, large);
    } else {
        u32 place = place_of(large, slot);
        if (place == large->count) return false;
        large->count--;
        memmove(large->slots + place, large->slots + place + 1,
                (large->count - place) * sizeof *large->slots);
    }
    if (slot == large->sample) index_large_read(index, number, 0, &large->sample, 1);
    return true;
}

bool index_large_replace(struct index *index, u32 number, u32 slot_old, u32 slot_new)
{
    struct large *large = large_of(index, number);
    if (large->tree) {
        struct tree_entry old = entry_for(index, slot_old), new = entry_for(index, slot_new);
        if (!tree_entry_remove(large->tree, &old)) return false;
        tree_entry_add(large->tree, &new);
    } else {
        u32 place = place_of(large, slot_old);
        if (place == large->count) return false;
        large->slots[place] = slot_new;
    }
    if (slot_old == large->sample) large->sample = slot_new;
    return true;
}

u32 index_large_read(const struct index *index, u32 number, u32 position, u32 *slots, u32 capacity)
{
    const struct large *large = large_of(index, number);
    if (large->tree) return tree_read(large->tree, position, false, slots, capacity);
    u32 count = position < large->count ? MIN(large->count - position, capacity) : 0;
    memcpy(slots, large->slots + position, count * sizeof *slots);
    return count;
}

bool index_large_holds(const struct index *index, u32 number, u32 slot)
{
    const struct large *large = large_of(index, number);
    if (!large->tree) return place_of(large, slot) < large->count;
    struct tree_entry entry = entry_for(index, slot);
    return tree_entry_holds(large->tree, &entry);
}

void index_large_prefetch(const struct index *index, u32 number)
{
    const struct large *large = large_of(index, number);
    if (!index->key_is_word) index_prefetch_row(index, large->sample);
    if (large->slots) __builtin_prefetch(large->slots + large->count);
}

u32 index_large_find_row(const struct index *index, u32 number, u64 hash, const struct batch *batch,
                         u32 row)
{
    assert(!index->slots_only);
    const struct tree *tree = large_of(index, number)->tree;
    struct tree_path path;
    u32 slot;
    tree_find_prefix(tree, hash, &path);
    while ((slot = tree_next_of_prefix(tree, hash, &path)) != SLOT_NONE)
        if (rows_identical(index->rows, slot, batch, row)) return slot;
    return SLOT_NONE;
}
