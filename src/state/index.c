#include "state/index_internal.h"

/* Never nothing: a key of no columns is not a key of all, which is what NULL says. */
static size_t key_size(const struct index *index)
{
    return MAX(index->key_count, 1u) * sizeof *index->key_columns;
}

struct index *index_open(struct mem *mem, const struct rows *rows, const u32 *key_columns,
                         u32 key_count, u64 seed)
{
    struct index *index = mem_zalloc(mem, sizeof *index);
    index->mem = mem;
    index->rows = rows;
    index->seed = seed;
    index->key_count = key_columns ? key_count : rows->column_count;
    index->key_columns = mem_alloc(mem, key_size(index));
    for (u32 i = 0; i < index->key_count; i++) {
        index->key_columns[i] = key_columns ? key_columns[i] : i;
        assert(index->key_columns[i] < rows->column_count);
        index->key_reach = MAX(index->key_reach, rows->cells[index->key_columns[i]].offset + 7);
    }
    index->key_is_word =
        index->key_count == 1 && rows->cells[index->key_columns[0]].phys == PHYS_I64;
    index_table_init(index);
    index_lists_init(index);
    return index;
}

void index_set_slots_only(struct index *index)
{
    assert(index->slot_count == 0);
    index->slots_only = true;
}

void index_close(struct index *index)
{
    if (!index) return;
    struct mem *mem = index->mem;
    index_table_deinit(index);
    index_lists_deinit(index);
    mem_free(mem, index->key_columns, key_size(index));
    mem_free(mem, index, sizeof *index);
}

u64 index_size(const struct index *index)
{
    return sizeof *index + key_size(index) + (sizeof(struct segment *) << index->depth) +
           index->segments_size + blocks_size(&index->blocks) + index_lists_size(index);
}

u64 index_count(const struct index *index)
{
    return index->slot_count;
}

u32 index_key_count(const struct index *index)
{
    return index->key_count;
}

const u32 *index_key_columns(const struct index *index)
{
    return index->key_columns;
}

u64 index_seed(const struct index *index)
{
    return index->seed;
}

/* --- Changes --- */

static bool cells_are_equal(const struct rows *rows, const u8 *a_row, const u8 *b_row, u32 column)
{
    const struct cell *cell = &rows->cells[column];
    bool a_null = row_is_null(a_row, cell), b_null = row_is_null(b_row, cell);
    if (a_null || b_null) return a_null == b_null;
    if (cell->phys == PHYS_I64) return row_load_i64(a_row, cell) == row_load_i64(b_row, cell);
    if (cell->phys == PHYS_STR) {
        struct str a = row_load_str(rows, a_row + cell->offset);
        struct str b = row_load_str(rows, b_row + cell->offset);
        return str_equal(&a, &b);
    }
    struct rows_one a_one, b_one;
    rows_load_one(rows, a_row, column, &a_one);
    rows_load_one(rows, b_row, column, &b_one);
    return column_equal_key(&a_one.column, 0, &b_one.column, 0);
}

/* Has the entry the key of this slot? */
static bool entry_has_key_of(const struct index *index, u32 ref, u32 slot)
{
    const struct rows *rows = index->rows;
    const u8 *row = row_at(rows, slot);
    if (index->key_is_word && ref >= REF_MANY && ref_class(ref) == REF_LARGE) {
        const struct large *large = &index->larges[ref_number(ref)];
        const struct cell *cell = &rows->cells[index->key_columns[0]];
        bool null = row_is_null(row, cell);
        return large->word_is_null == null && (null || large->word == row_load_i64(row, cell));
    }
    const u8 *first = row_at(rows, ref_first(index, ref));
    for (u32 i = 0; i < index->key_count; i++)
        if (!cells_are_equal(rows, first, row, index->key_columns[i])) return false;
    return true;
}

/* The entry that has the slot's key, or NULL. */
static struct entry *entry_of(const struct index *index, const struct spot *spot, u32 slot)
{
    struct candidates walk = candidates_of(spot);
    struct entry *entry = candidates_next(&walk);
    while (entry && !entry_has_key_of(index, entry->ref, slot))
        entry = candidates_next(&walk);
    return entry;
}

static void add_at(struct index *index, const struct spot *spot, u32 slot, u64 hash)
{
    struct entry *entry = candidate_first(spot);
    index->slot_count++;
    if (unlikely(entry && !entry_has_key_of(index, entry->ref, slot)))
        entry = entry_of(index, spot, slot);
    if (entry)
        index_list_add(index, &entry->ref, slot);
    else
        index_table_insert(index, spot, hash, slot);
}

void index_add(struct index *index, u32 slot, u64 hash)
{
    slow_assert(hash ==
                rows_hash(index->rows, slot, index->key_columns, index->key_count, index->seed));
    struct spot spot = spot_of(index, hash);
    add_at(index, &spot, slot, hash);
}

/* A block of keys at a time: ask for the groups, ask for the rows and lists of keys that are there already, add. */
void index_add_batch(struct index *index, const u32 *slots, const u64 *hashes, u32 count)
{
    struct flight flights[INDEX_BLOCK_COUNT];
    for (u32 start = 0; start < count; start += INDEX_BLOCK_COUNT) {
        u32 taken = MIN(count - start, INDEX_BLOCK_COUNT);
        index_flights_start(index, NULL, hashes, true, start, taken, flights);
        u64 version = index->version;
        for (u32 i = 0; i < taken; i++) {
            if (version == index->version)
                add_at(index, &flights[i].spot, slots[start + i], hashes[start + i]);
            else
                index_add(index, slots[start + i], hashes[start + i]);
        }
    }
}

void index_add_new_batch(struct index *index, const u32 *slots, const u64 *hashes, u32 count)
{
    struct spot spots[INDEX_BLOCK_COUNT];
    index->slot_count += count;
    for (u32 start = 0; start < count; start += INDEX_BLOCK_COUNT) {
        u32 taken = MIN(count - start, INDEX_BLOCK_COUNT);
        for (u32 i = 0; i < taken; i++) {
            spots[i] = spot_of(index, hashes[start + i]);
            __builtin_prefetch(spots[i].segment, 1);
            spot_prefetch(&spots[i]);
        }
        u64 version = index->version;
        for (u32 i = 0; i < taken; i++) {
            u64 hash = hashes[start + i];
            if (version != index->version) spots[i] = spot_of(index, hash);
            slow_assert(!entry_of(index, &spots[i], slots[start + i]));
            index_table_insert(index, &spots[i], hash, slots[start + i]);
        }
    }
}

/* The entry that holds the slot, with the walk standing at it; or NULL. */
static struct entry *entry_holding(const struct index *index, u32 slot, u64 hash,
                                   struct candidates *walk)
{
    struct spot spot = spot_of(index, hash);
    *walk = candidates_of(&spot);
    for (struct entry *entry; (entry = candidates_next(walk));)
        if (index_list_holds(index, entry->ref, slot)) return entry;
    return NULL;
}

static u64 hash_of_slot(const struct index *index, u32 slot)
{
    return rows_hash(index->rows, slot, index->key_columns, index->key_count, index->seed);
}

static bool remove_hashed(struct index *index, u32 slot, u64 hash)
{
    struct candidates walk;
    struct entry *entry = entry_holding(index, slot, hash, &walk);
    if (!entry) return false;
    index->slot_count--;
    if (entry->ref >= REF_MANY) return index_list_remove(index, &entry->ref, slot);
    index_table_erase(index, &walk);
    if (index->slot_count == 0 && index->list_end > 0) index_lists_deinit(index);
    return true;
}

bool index_remove(struct index *index, u32 slot)
{
    return remove_hashed(index, slot, hash_of_slot(index, slot));
}

void index_remove_batch(struct index *index, const u32 *slots, u32 count)
{
    u64 hashes[INDEX_BLOCK_COUNT];
    for (u32 start = 0; start < count; start += INDEX_BLOCK_COUNT) {
        u32 taken = MIN(count - start, INDEX_BLOCK_COUNT);
        for (u32 i = 0; i < taken; i++)
            index_prefetch_row(index, slots[start + i]);
        for (u32 i = 0; i < taken; i++) {
            hashes[i] = hash_of_slot(index, slots[start + i]);
            struct spot spot = spot_of(index, hashes[i]);
            spot_prefetch(&spot);
        }
        for (u32 i = 0; i < taken; i++)
            remove_hashed(index, slots[start + i], hashes[i]);
    }
}

void index_clear(struct index *index)
{
    index->slot_count = 0;
    index_table_deinit(index);
    index_table_init(index);
    index_lists_deinit(index);
}

bool index_replace(struct index *index, u32 slot_old, u32 slot_new)
{
    struct candidates walk;
    struct entry *entry = entry_holding(index, slot_old, hash_of_slot(index, slot_new), &walk);
    return entry && index_list_replace(index, &entry->ref, slot_old, slot_new);
}

bool index_holds(const struct index *index, u32 slot)
{
    struct candidates walk;
    return entry_holding(index, slot, hash_of_slot(index, slot), &walk) != NULL;
}

/* --- Single keys --- */

u32 index_find(const struct index *index, const struct column *keys, u32 row, u64 hash,
               index_accept_fn accept, const void *context)
{
    struct spot spot = spot_of(index, hash);
    struct candidates walk = candidates_of(&spot);
    for (struct entry *entry; (entry = candidates_next(&walk));) {
        u32 first = ref_first(index, entry->ref);
        if (!index_entry_is(index, entry->ref, keys, row)) continue;
        if (!accept || accept(context, first)) return first;
        u32 slots[LIST_COUNT_MAX], position = 1, count;
        do {
            count = index_list_read(index, entry->ref, position, slots, LIST_COUNT_MAX);
            for (u32 i = 0; i < count; i++)
                if (accept(context, slots[i])) return slots[i];
            position += count;
        } while (count == LIST_COUNT_MAX);
        return SLOT_NONE;
    }
    return SLOT_NONE;
}

u32 index_find_row(const struct index *index, const struct batch *batch, u32 row, u64 hash)
{
    assert(!index->slots_only);
    struct spot spot = spot_of(index, hash);
    struct candidates walk = candidates_of(&spot);
    for (struct entry *entry; (entry = candidates_next(&walk));) {
        u32 slot = index_list_find_row(index, entry->ref, batch, row);
        if (slot != SLOT_NONE || index_entry_is_row(index, entry->ref, batch, row)) return slot;
    }
    return SLOT_NONE;
}
