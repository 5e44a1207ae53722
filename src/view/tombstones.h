/* Rows that went, for those who have not heard of it: one tombstone a key, found by its key's hash.
 *
 * A tombstone goes by the number under which the pool keeps its row (state/rows.h), and stands in the list of
 * what went from its feed_list. It remembers the hash of its key, so that nothing has to read the row to take it out.
 *
 * Invariant: a number is in the table exactly while its entry is in a list. */
#pragma once

#include "view/entries.h"

struct feed_list;

struct tombstone {
    struct entry entry; /* first: entries.h */
    u64 hash;           /* of the key */
    struct feed_list *list;
};

struct tombstones {
    struct entries entries;
    u32 count;
    u32 capacity; /* of the table: a power of two, or 0 */
    u64 *table;   /* the hash's upper half, and number + 1; 0: free. Linear probing */
};

void tombstones_init(struct tombstones *tombstones, struct mem *mem);
void tombstones_deinit(struct tombstones *tombstones);

static inline struct tombstone *tombstones_get(const struct tombstones *tombstones, u32 kept)
{
    return (struct tombstone *)(void *)entries_find(&tombstones->entries, kept);
}
bool tombstones_has(const struct tombstones *tombstones, u32 kept);

/* order is the list's list of what went. */
void tombstones_add(struct tombstones *tombstones, struct feed_list *list, struct entry_list *order,
                    u32 kept, u64 hash, u64 birth, u64 ver);
void tombstones_remove(struct tombstones *tombstones, struct entry_list *order, u32 kept);

/* All numbers with this hash in this list, one after the other: probe begins with tombstones_probe; TOMBSTONE_NONE
 * ends it. The caller compares the keys. */
#define TOMBSTONE_NONE UINT32_MAX
static inline u32 tombstones_probe(u64 hash)
{
    return (u32)(hash >> 32);
}
u32 tombstones_next(const struct tombstones *tombstones, const struct feed_list *list, u64 hash,
                    u32 *probe);
