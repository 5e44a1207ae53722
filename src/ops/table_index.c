/* The indexes of a table: what goes into them, what leaves, what is found. */
#include "base/assert.h"
#include "ops/table_internal.h"

u64 **table_hash(struct table *table, const struct batch *rows, struct arena *arena)
{
    u64 **hashes = arena_array(arena, u64 *, table->key_count + 1);
    u64 seed = table->op.graph->seed;
    for (u32 key = 0; key < table->key_count; key++) {
        const struct table_key *unique = &table->keys[key].key;
        hashes[key] = arena_alloc(arena, rows->row_count * sizeof(u64));
        batch_hash(rows, unique->columns, unique->column_count, seed, hashes[key]);
    }
    if (table->by_row) {
        hashes[0] = arena_alloc(arena, rows->row_count * sizeof(u64));
        batch_hash(rows, NULL, 0, seed, hashes[0]);
    }
    return hashes;
}

void table_key_columns(const struct table_key *key, const struct batch *rows,
                       struct column columns[TABLE_KEY_COLUMN_MAX])
{
    for (u32 index = 0; index < key->column_count; index++)
        columns[index] = rows->columns[key->columns[index]];
}

bool table_is_exempt(const struct table_key *key, const struct batch *rows, u32 row)
{
    if (key->is_nulls_not_distinct) return false;
    for (u32 index = 0; index < key->column_count; index++)
        if (column_is_null(&rows->columns[key->columns[index]], row)) return true;
    return false;
}

bool table_may_exempt(const struct table_key *key, const struct batch *rows)
{
    if (key->is_nulls_not_distinct) return false;
    for (u32 index = 0; index < key->column_count; index++)
        if (rows->columns[key->columns[index]].nulls) return true;
    return false;
}

typedef void (*add_fn)(struct index *index, const u32 *slots, const u64 *hashes, u32 count);

/* Only the rows that the key concerns. */
static void index_some(const struct table_unique *unique, const struct batch *rows,
                       const u32 *slots, const u64 *hashes, add_fn add)
{
    u32 count = 0, some_slots[BATCH_ROW_COUNT_MAX];
    u64 some_hashes[BATCH_ROW_COUNT_MAX];
    for (u32 row = 0; row < rows->row_count; row++) {
        some_slots[count] = slots[row];
        some_hashes[count] = hashes[row];
        count += !table_is_exempt(&unique->key, rows, row);
    }
    add(unique->index, some_slots, some_hashes, count);
}

void table_index(struct table *table, const struct batch *rows, const u32 *slots,
                 u64 *const *hashes, bool is_unknown)
{
    add_fn add = is_unknown ? index_add_new_batch : index_add_batch;
    for (u32 key = 0; key < table->key_count; key++) {
        const struct table_unique *unique = &table->keys[key];
        if (table_may_exempt(&unique->key, rows))
            index_some(unique, rows, slots, hashes[key], add);
        else
            add(unique->index, slots, hashes[key], rows->row_count);
    }
    if (table->by_row) add(table->by_row, slots, hashes[0], rows->row_count);
}

void table_unindex(struct table *table, u32 slot)
{
    table_unindex_batch(table, &slot, 1);
}

void table_unindex_batch(struct table *table, const u32 *slots, u32 count)
{
    for (u32 key = 0; key < table->key_count; key++)
        index_remove_batch(table->keys[key].index, slots, count);
    if (table->by_row) index_remove_batch(table->by_row, slots, count);
}

struct other {
    const struct rows *rows;
    u32 slot; /* not this one */
};

static bool is_other_live(const void *context, u32 slot)
{
    const struct other *other = context;
    return slot != other->slot && rows_weight(other->rows, slot, SIDE_NEW) != 0;
}

u32 table_find_key(const struct table *table, u32 key, const struct batch *rows, u32 row, u64 hash,
                   u32 but)
{
    const struct table_unique *unique = &table->keys[key];
    if (table_is_exempt(&unique->key, rows, row)) return SLOT_NONE;
    struct column columns[TABLE_KEY_COLUMN_MAX];
    table_key_columns(&unique->key, rows, columns);
    const struct other other = { .rows = table->op.rows, .slot = but };
    return index_find(unique->index, columns, row, hash, is_other_live, &other);
}

void table_take(struct table *table, u32 slot, i32 copies)
{
    struct rows *rows = table->op.rows;
    rows_change(rows, slot, -copies);
    if (rows_weight(rows, slot, SIDE_NEW) != 0 || rows_weight(rows, slot, SIDE_OLD) != 0) return;
    /* Nobody can come back to a version that this statement itself made. */
    const struct table_touch *touch = table_touched(table, slot);
    if (touch && touch->is_born)
        table_unindex(table, slot);
    else
        table_slots_add(table, &table->gone, slot);
}
