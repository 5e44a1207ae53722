#include "view/tombstones.h"

#include <string.h>

#include "base/assert.h"

#define CAPACITY_MIN 16u

/* A place of the table: half of the hash decides where it is wanted, and spares most looks at the item. */
static u64 place_make(u64 hash, u32 kept)
{
    return hash >> 32 << 32 | (kept + 1);
}

static u32 place_home(u64 place)
{
    return (u32)(place >> 32);
}

static u32 place_kept(u64 place)
{
    return (u32)place - 1;
}

void tombstones_init(struct tombstones *tombstones, struct mem *mem)
{
    *tombstones = (struct tombstones){ .count = 0 };
    entries_init(&tombstones->entries, mem, sizeof(struct tombstone));
}

void tombstones_deinit(struct tombstones *tombstones)
{
    mem_free(tombstones->entries.mem, tombstones->table,
             tombstones->capacity * sizeof *tombstones->table);
    entries_deinit(&tombstones->entries);
    *tombstones = (struct tombstones){ .count = 0 };
}

bool tombstones_has(const struct tombstones *tombstones, u32 kept)
{
    const struct entry *entry = entries_find(&tombstones->entries, kept);
    return entry && entry->ver != 0;
}

static void table_put(u64 *table, u32 capacity, u64 place)
{
    u32 at = place_home(place) & (capacity - 1);
    while (table[at])
        at = (at + 1) & (capacity - 1);
    table[at] = place;
}

static void table_resize(struct tombstones *tombstones, u32 capacity)
{
    struct mem *mem = tombstones->entries.mem;
    u64 *table = mem_zalloc(mem, capacity * sizeof *table);
    for (u32 at = 0; at < tombstones->capacity; at++)
        if (tombstones->table[at]) table_put(table, capacity, tombstones->table[at]);
    mem_free(mem, tombstones->table, tombstones->capacity * sizeof *table);
    tombstones->table = table;
    tombstones->capacity = capacity;
}

void tombstones_add(struct tombstones *tombstones, struct feed_list *list, struct entry_list *order,
                    u32 kept, u64 hash, u64 birth, u64 ver)
{
    struct tombstone *tombstone =
        (struct tombstone *)(void *)entries_need(&tombstones->entries, kept);
    if ((tombstones->count + 1) * 4 > tombstones->capacity * 3)
        table_resize(tombstones, MAX(tombstones->capacity * 2, CAPACITY_MIN));
    entries_append(&tombstones->entries, order, kept, ver);
    tombstone->entry.birth = birth;
    tombstone->hash = hash;
    tombstone->list = list;
    table_put(tombstones->table, tombstones->capacity, place_make(hash, kept));
    tombstones->count++;
}

/* Those behind it move up, so that no probe ends too early. */
static void table_remove(struct tombstones *tombstones, u64 place)
{
    u64 *table = tombstones->table;
    u32 mask = tombstones->capacity - 1, hole = place_home(place) & mask;
    while (table[hole] != place)
        hole = (hole + 1) & mask;
    for (u32 at = (hole + 1) & mask; table[at]; at = (at + 1) & mask) {
        u32 home = place_home(table[at]) & mask;
        if (((at - home) & mask) < ((at - hole) & mask)) continue;
        table[hole] = table[at];
        hole = at;
    }
    table[hole] = 0;
}

void tombstones_remove(struct tombstones *tombstones, struct entry_list *order, u32 kept)
{
    struct tombstone *tombstone = tombstones_get(tombstones, kept);
    assert(tombstone && tombstone->entry.ver != 0 && tombstones->count > 0);
    table_remove(tombstones, place_make(tombstone->hash, kept));
    entries_remove(&tombstones->entries, order, kept);
    *tombstone = (struct tombstone){ .hash = 0 };
    tombstones->count--;
    u32 capacity = tombstones->capacity;
    if (capacity > CAPACITY_MIN && tombstones->count < capacity / 8)
        table_resize(tombstones, capacity / 2);
}

u32 tombstones_next(const struct tombstones *tombstones, const struct feed_list *list, u64 hash,
                    u32 *probe)
{
    if (tombstones->count == 0) return TOMBSTONE_NONE;
    u32 mask = tombstones->capacity - 1;
    u64 place;
    while ((place = tombstones->table[*probe & mask])) {
        *probe = (*probe & mask) + 1;
        if (place_home(place) != (u32)(hash >> 32)) continue;
        const struct tombstone *tombstone = tombstones_get(tombstones, place_kept(place));
        if (tombstone->hash == hash && tombstone->list == list) return place_kept(place);
    }
    return TOMBSTONE_NONE;
}
