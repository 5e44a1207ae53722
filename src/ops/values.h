/* The distinct values of a column in each group, with how often they are there: for DISTINCT, min, max.
 *
 * One pool for all groups: a row is (group, value), its weight the number of copies. So OLD and NEW
 * are there as everywhere, and what the tick changed is asked for once, when the tick is whole: copies
 * that came and went in between leave no trace.
 *
 * Invariant: between ticks the tree, where there is one, holds every slot of the pool. */
#pragma once

#include "state/index.h"
#include "state/tree.h"

struct values;

/* is_ordered: smallest and largest will be asked for. For DISTINCT values are made equal that count as
 * one (trailing zeros of a numeric, -0): is_ordered is false then. */
struct values *values_open(struct mem *mem, struct type type, bool is_ordered, u64 seed);
void values_close(struct values *values);
u64 values_size(const struct values *values);

/* Adds weights[r] copies of row r of column to groups[r]; rows of weight 0 are left out. False: a
 * count does not fit 32 bits. */
MUST_USE bool values_add(struct values *values, const u32 *groups, const struct column *column,
                         const i32 *weights, u32 count, struct arena *arena);

/* The tick is whole: brings the tree up to NEW from *position of what changed on, at most
 * BATCH_ROW_COUNT_MAX of it. Gives the values that came (+1) and went (-1); returns how many were looked at,
 * 0 at the end. */
struct values_changes {
    u32 count;
    u32 *groups;
    struct column column;
    i32 *weights;
};
u32 values_apply(struct values *values, u32 *position, struct arena *arena,
                 struct values_changes *changes);

/* After values_apply: the smallest or largest value of each group, NULL where there is none. */
struct column values_edge(const struct values *values, const u32 *groups, u32 count, bool largest,
                          struct arena *arena);

void values_settle(struct values *values);
