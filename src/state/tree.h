/* A counted B+tree of slots in an order over their columns: ranges, top-k, min and max, ranks.
 *
 * Entries are ordered by group, then by the order columns, then by a hash of the tie columns, then by slot. A group is
 * any number that its user gives (the slot of the group's own row, say), so that one tree holds the orders
 * of many groups; without groups it is 0. An entry keeps its group and a 64-bit prefix of its order
 * columns; only entries whose prefixes are equal are told apart by their columns in the pool. Without tie columns
 * equal keys are in the order of their slots; with them, in an order that the rows' content
 * alone decides, and slots only tell rows apart that are the same in all those columns.
 *
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
/* Before the first entry: equal keys are told apart by these columns (copied; a primary key, or NULL for all). */
void tree_set_tie(struct tree *tree, const u32 *columns, u32 column_count, u64 seed);
u64 tree_size(const struct tree *tree);
u64 tree_count(const struct tree *tree);

void tree_add(struct tree *tree, u32 slot);
/* The slot's content must still be in the pool. Returns whether it was there. */
bool tree_remove(struct tree *tree, u32 slot);
void tree_group_add(struct tree *tree, u32 group, u32 slot);
bool tree_group_remove(struct tree *tree, u32 group, u32 slot);

/* The position of the first entry whose leading order columns are not before the key's (key_count
 * columns of keys at row; with after, the first that is behind all equal ones). */
u64 tree_seek(const struct tree *tree, const struct column *keys, u32 key_count, u32 row,
              bool after);
/* The same within a group; key_count 0 gives the group's first position, or with after the one behind it. */
u64 tree_group_seek(const struct tree *tree, u32 group, const struct column *keys, u32 key_count,
                    u32 row, bool after);
/* How two slots of one group stand to each other, in the tree or not: < 0, a is before b. 0: they are one. */
int tree_compare(const struct tree *tree, u32 a, u32 b);
/* The position of an entry, UINT64_MAX when it is not there. */
u64 tree_rank(const struct tree *tree, u32 slot);
u64 tree_group_rank(const struct tree *tree, u32 group, u32 slot);
/* Slots from a position on, forwards or backwards; returns how many were written. */
u32 tree_read(const struct tree *tree, u64 position, bool backwards, u32 *slots, u32 capacity);
