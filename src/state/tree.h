/* A counted B+tree of slots in an order over their columns: ranges, top-k, min and max, ranks.
 *
 * An entry is a 64-bit prefix of the order-preserving key (data/row_key.h) and a slot; equal prefixes are
 * told apart by the columns in the pool, and equal keys by the slot number, so the order is total.
 * Inner nodes carry counts, so the n-th entry and the rank of an entry cost O(log n). */
#pragma once

#include "state/rows.h"

struct tree;

struct tree_order {
    u32 column;
    bool descending;
    bool nulls_first;
};

struct tree *tree_open(struct mem *mem, const struct rows *rows, const struct tree_order *order,
                       u32 order_count);
void tree_close(struct tree *tree);
u64 tree_size(const struct tree *tree);
u64 tree_count(const struct tree *tree);

void tree_add(struct tree *tree, u32 slot);
/* The slot's content must still be in the pool. Returns whether it was there. */
bool tree_remove(struct tree *tree, u32 slot);

/* The position of the first entry whose leading order columns are not before the key's (key_count
 * columns of keys at row; with after, the first that is behind all equal ones). */
u64 tree_seek(const struct tree *tree, const struct column *keys, u32 key_count, u32 row,
              bool after);
/* The position of an entry. */
u64 tree_rank(const struct tree *tree, u32 slot);
/* Slots from a position on, forwards or backwards; returns how many were written. */
u32 tree_read(const struct tree *tree, u64 position, bool backwards, u32 *slots, u32 capacity);
