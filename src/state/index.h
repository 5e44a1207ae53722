/* A hash index over the slots of a row pool: key columns to slots, many slots a key.
 *
 * Extendible hashing: a directory of segments, each an open-addressing table of groups of 16 slots with 8-bit
 * tags; a full segment splits alone, so growth never stops the world. One slot a key lies inline, a few in
 * a small array, more than 64 in a B+tree ordered by (hash of the whole row, slot), so that a skewed key
 * costs O(log n) to change. Aim: <= 16 bytes a key when each key has one slot; an empty index takes
 * less than 1 KiB.
 *
 * The index stores no keys: it reads them from the pool. It knows nothing of weights. */
#pragma once

#include "state/rows.h"

struct index;

struct index *index_open(struct mem *mem, const struct rows *rows, const u32 *key_columns,
                         u32 key_count, u64 seed);
void index_close(struct index *index);
u64 index_size(const struct index *index);
u64 index_count(const struct index *index); /* slots held */

/* The slot must not be in the index. hash is rows_hash / batch_hash of the key columns with the seed. */
void index_add(struct index *index, u32 slot, u64 hash);
/* For a whole batch of new slots, with prefetch. */
void index_add_batch(struct index *index, const u32 *slots, const u64 *hashes, u32 count);
/* Does nothing when the slot is not there; returns whether it was. */
bool index_remove(struct index *index, u32 slot);
/* Puts another slot with an equal key in the place of one. */
void index_replace(struct index *index, u32 slot_old, u32 slot_new);

/* The first slot with this key for which accept (may be NULL) says yes, or SLOT_NONE. */
typedef bool (*index_accept_fn)(const void *context, u32 slot);
u32 index_find(const struct index *index, const struct column *keys, u32 row, u64 hash,
               index_accept_fn accept, const void *context);
/* The slot whose whole row is identical to row of the batch, or SLOT_NONE. */
u32 index_find_row(const struct index *index, const struct batch *batch, u32 row, u64 hash);

/* Looks up many keys at once, with a rolling prefetch, and gives pairs (row of keys, slot) a chunk at a time;
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
    u32 position;
    bool started;
    u64 inner[4];
};

void index_probe_init(struct index_probe *probe, const struct index *index,
                      const struct column *keys, const u64 *hashes, u32 row_count,
                      bool null_matches);
/* Up to capacity pairs; returns their number, 0 at the end. */
u32 index_probe_next(struct index_probe *probe, u32 *probe_rows, u32 *slots, u32 capacity);
