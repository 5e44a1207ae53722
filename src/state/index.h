/* A hash index over the slots of a row pool: key columns to slots, many slots a key.
 *
 * Extendible hashing: a directory of segments of 16 KiB, each an open-addressing table of groups of 14 slots with
 * 8-bit tags, 128 bytes a group; a full segment splits alone, so growth never stops the world. The
 * hash bits that choose a segment are skewed a little, so that segments fill up at different times
 * and the memory a key takes does not swing by two. One slot a key lies inline, up to 64 in
 * a small array in the order they came, more in a tree ordered by (hash of the whole row, slot), so that a
 * skewed key costs O(log n) to change; where rows are not searched by content, in an array to 1024 and in a tree by slot beyond. About 15 bytes a key when each key has one slot; an empty index
 * takes less than 1 KiB.
 *
 * The index stores no keys: it reads them from the pool. Only index_find_batch looks at weights. */
#pragma once

#include "state/rows.h"

struct index;

/* key_columns (copied) NULL means all columns in order. */
struct index *index_open(struct mem *mem, const struct rows *rows, const u32 *key_columns,
                         u32 key_count, u64 seed);
/* Before the first slot: index_find_row will not be asked. Keys with many slots then cost less. */
void index_set_slots_only(struct index *index);
void index_close(struct index *index);
u64 index_size(const struct index *index);
u64 index_count(const struct index *index); /* slots held */
u32 index_key_count(const struct index *index);
const u32 *index_key_columns(const struct index *index);
u64 index_seed(const struct index *index);

/* The slot must not be in the index. hash is rows_hash / batch_hash of the key columns with the seed. */
void index_add(struct index *index, u32 slot, u64 hash);
/* For a whole batch of new slots, with prefetch. */
void index_add_batch(struct index *index, const u32 *slots, const u64 *hashes, u32 count);
/* The same where no slot in the index has one of these keys and no two of these slots have the same: nothing is
 * compared. */
void index_add_new_batch(struct index *index, const u32 *slots, const u64 *hashes, u32 count);
/* Does nothing when the slot is not there; returns whether it was. Its row must still be in the pool. */
bool index_remove(struct index *index, u32 slot);
void index_remove_batch(struct index *index, const u32 *slots, u32 count);
/* All slots at once: when the pool has become empty. */
void index_clear(struct index *index);
/* Puts another slot with an equal key in the place of one, if that is there; returns whether it was. Both rows must be
 * in the pool. */
bool index_replace(struct index *index, u32 slot_old, u32 slot_new);

/* The first slot with this key for which accept (may be NULL) says yes, or SLOT_NONE. */
typedef bool (*index_accept_fn)(const void *context, u32 slot);
u32 index_find(const struct index *index, const struct column *keys, u32 row, u64 hash,
               index_accept_fn accept, const void *context);
/* For each row of keys the first slot of that key whose weight on that side is not 0, or SLOT_NONE, with
 * prefetch. Rows with a NULL among their keys match nothing, unless null_matches. Returns whether the index holds any
 * of the keys, be its slots on that side or not. */
bool index_find_batch(const struct index *index, const struct column *keys, const u64 *hashes,
                      u32 row_count, bool null_matches, enum side side, u32 *slots);
/* Whether the index holds this very slot (its row must still be in the pool); O(log n) in a skewed key. */
bool index_holds(const struct index *index, u32 slot);
/* The slot whose whole row is identical to row of the batch, or SLOT_NONE. Compares up to 64 rows of a key, or walks a
 * tree. */
u32 index_find_row(const struct index *index, const struct batch *batch, u32 row, u64 hash);
/* The same for all rows of the batch, with prefetch. False: the index holds none of their keys. */
bool index_find_row_batch(const struct index *index, const struct batch *batch, const u64 *hashes,
                          u32 *slots);

/* Looks up many keys at once, with prefetch, and gives pairs (row of keys, slot) a chunk at a time;
 * pairs come in the order of rows. Rows with a NULL among their keys match nothing, unless
 * null_matches. The probe lives on the caller's stack or arena; the index must not change between calls. */
struct index_probe {
    const struct index *index;
    const struct column *keys; /* key_count columns */
    const u64 *hashes;
    u32 row_count;
    bool null_matches;
    /* where it stands */
    u32 row;
    u32 position; /* slots of that row given already */
};

void index_probe_init(struct index_probe *probe, const struct index *index,
                      const struct column *keys, const u64 *hashes, u32 row_count,
                      bool null_matches);
/* Up to capacity pairs; returns their number, 0 at the end. */
u32 index_probe_next(struct index_probe *probe, u32 *probe_rows, u32 *slots, u32 capacity);
