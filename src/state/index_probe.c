/* Many keys at once. A block of them goes through steps, each over all: ask for the groups, ask for the rows that
 * the tags point at (for a key of many slots: the list, then its first row), compare. So the memory of a whole block is on
 * its way at the same time. */
#include "state/index_internal.h"

static void skip_nulls(const struct column *keys, u32 key_count, u32 first, u32 count,
                       struct flight *flights)
{
    for (u32 key = 0; key < key_count; key++)
        for (u32 i = 0; keys[key].nulls && i < count; i++)
            flights[i].is_skipped |= keys[key].nulls[first + i];
}

/* The first candidates that stand in their home groups; those that stand elsewhere, or nowhere, are left to beyond. Returns
 * how many. */
static u32 find_at_home(struct flight *flights, u32 count, u8 *beyond)
{
    u32 beyond_count = 0;
    for (u32 i = 0; i < count; i++) {
        struct flight *flight = &flights[i];
        flight->entry = flight->is_skipped ? NULL : candidate_home(&flight->spot);
        if (flight->entry || !spot_has_overflown(&flight->spot)) continue;
        spot_prefetch_next(&flight->spot);
        beyond[beyond_count] = (u8)i;
        beyond_count += !flight->is_skipped;
    }
    return beyond_count;
}

void index_flights_start(const struct index *index, const struct column *keys, const u64 *hashes,
                         bool null_matches, u32 first, u32 count, struct flight *flights)
{
    for (u32 i = 0; i < count; i++) {
        struct flight *flight = &flights[i];
        flight->is_skipped = false;
        flight->spot = spot_of(index, hashes[first + i]);
        spot_prefetch(&flight->spot);
    }
    if (!null_matches) skip_nulls(keys, index->key_count, first, count, flights);
    u8 beyond[INDEX_BLOCK_COUNT];
    u32 many[INDEX_BLOCK_COUNT], many_count = 0;
    u32 beyond_count = find_at_home(flights, count, beyond);
    for (u32 i = 0; i < beyond_count; i++)
        flights[beyond[i]].entry = index_candidate_beyond(&flights[beyond[i]].spot);
    for (u32 i = 0; i < count; i++) {
        if (!flights[i].entry) continue;
        u32 ref = flights[i].entry->ref;
        index_prefetch_ref(index, ref);
        many[many_count] = ref;
        many_count += ref >= REF_MANY;
    }
    for (u32 i = 0; i < many_count; i++)
        index_prefetch_many(index, many[i]);
}

/* The last step: the entry with the key, or NULL. */
static const struct entry *flight_end(const struct index *index, const struct column *keys, u32 row,
                                      const struct flight *flight)
{
    if (!flight->entry) return NULL;
    if (likely(index_entry_is(index, flight->entry->ref, keys, row))) return flight->entry;
    struct candidates walk = candidates_of(&flight->spot);
    for (const struct entry *entry; (entry = candidates_next(&walk));)
        if (index_entry_is(index, entry->ref, keys, row)) return entry;
    return NULL;
}

static u32 first_on_side(const struct index *index, u32 ref, enum side side)
{
    if (likely(ref < REF_MANY))
        return row_weight(row_at(index->rows, ref), side) != 0 ? ref : SLOT_NONE;
    u32 slots[LIST_COUNT_MAX], position = 0, count;
    do {
        count = index_list_read(index, ref, position, slots, LIST_COUNT_MAX);
        for (u32 i = 0; i < count; i++)
            if (row_weight(row_at(index->rows, slots[i]), side) != 0) return slots[i];
        position += count;
    } while (count == LIST_COUNT_MAX);
    return SLOT_NONE;
}

bool index_find_batch(const struct index *index, const struct column *keys, const u64 *hashes,
                      u32 row_count, bool null_matches, enum side side, u32 *slots)
{
    struct flight flights[INDEX_BLOCK_COUNT];
    bool any = false;
    for (u32 start = 0; start < row_count; start += INDEX_BLOCK_COUNT) {
        u32 count = MIN(row_count - start, INDEX_BLOCK_COUNT);
        index_flights_start(index, keys, hashes, null_matches, start, count, flights);
        for (u32 i = 0; i < count; i++) {
            const struct entry *entry = flight_end(index, keys, start + i, &flights[i]);
            slots[start + i] = entry ? first_on_side(index, entry->ref, side) : SLOT_NONE;
            any |= entry != NULL;
        }
    }
    return any;
}

/* Nearly always the first candidate is the row, if any is. */
static u32 flight_find_row(const struct index *index, const struct batch *batch, u32 row, u64 hash,
                           const struct flight *flight)
{
    if (!flight->entry) return SLOT_NONE;
    u32 ref = flight->entry->ref;
    if (likely(ref < REF_MANY)) {
        if (rows_identical(index->rows, ref, batch, row)) return ref;
        if (likely(index_entry_is_row(index, ref, batch, row))) return SLOT_NONE;
    }
    return index_find_row(index, batch, row, hash);
}

bool index_find_row_batch(const struct index *index, const struct batch *batch, const u64 *hashes,
                          u32 *slots)
{
    struct flight flights[INDEX_BLOCK_COUNT];
    bool any = false;
    for (u32 start = 0; start < batch->row_count; start += INDEX_BLOCK_COUNT) {
        u32 count = MIN(batch->row_count - start, INDEX_BLOCK_COUNT);
        index_flights_start(index, NULL, hashes, true, start, count, flights);
        for (u32 i = 0; i < count; i++)
            if (flights[i].entry && flights[i].entry->ref < REF_MANY)
                row_prefetch(index->rows, flights[i].entry->ref);
        for (u32 i = 0; i < count; i++) {
            any |= flights[i].entry != NULL;
            slots[start + i] =
                flight_find_row(index, batch, start + i, hashes[start + i], &flights[i]);
        }
    }
    return any;
}

void index_probe_init(struct index_probe *probe, const struct index *index,
                      const struct column *keys, const u64 *hashes, u32 row_count,
                      bool null_matches)
{
    *probe = (struct index_probe){ .index = index,
                                   .keys = keys,
                                   .hashes = hashes,
                                   .row_count = row_count,
                                   .null_matches = null_matches };
}

/* Gives the slots of one row from probe->position on; false when capacity did not hold all. */
static bool probe_give(struct index_probe *probe, u32 ref, u32 *probe_rows, u32 *slots, u32 *count,
                       u32 capacity)
{
    if (likely(ref < REF_MANY)) {
        if (*count == capacity) return false;
        probe_rows[*count] = probe->row;
        slots[(*count)++] = ref;
        return true;
    }
    u32 room = capacity - *count;
    u32 given = index_list_read(probe->index, ref, probe->position, slots + *count, room);
    for (u32 i = 0; i < given; i++)
        probe_rows[*count + i] = probe->row;
    *count += given;
    probe->position += given;
    return given < room;
}

u32 index_probe_next(struct index_probe *probe, u32 *probe_rows, u32 *slots, u32 capacity)
{
    struct flight flights[INDEX_BLOCK_COUNT];
    const struct index *index = probe->index;
    u32 count = 0;
    while (probe->row < probe->row_count) {
        u32 start = probe->row, taken = MIN(probe->row_count - start, INDEX_BLOCK_COUNT);
        index_flights_start(index, probe->keys, probe->hashes, probe->null_matches, start, taken,
                            flights);
        for (u32 i = 0; i < taken; i++) {
            const struct entry *entry = flight_end(index, probe->keys, probe->row, &flights[i]);
            if (entry && !probe_give(probe, entry->ref, probe_rows, slots, &count, capacity))
                return count;
            probe->row++;
            probe->position = 0;
        }
    }
    return count;
}
