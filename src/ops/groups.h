/* The groups of an operator: a number for each distinct key, and a record of memory under each number.
 *
 * A group's number is the slot of its key in a pool of keys, so numbers are dense, used again, and the same in
 * every replay. Records are zero at first and never move. A group touched in a tick stands in the dirty list,
 * once. Without key columns there is one group, number 0, for ever.
 *
 * Invariant: keys, index and records hold the same groups; a removed one leaves at settle. */
#pragma once

#include "state/index.h"

#define GROUPS_A_PAGE 32

/* The head of a record. */
struct group {
    i64 weight; /* rows, counted with their weights; kept by the user */
    bool is_dirty;
    u8 flaw; /* the user's */
    u16 unused;
    u32 row; /* the user's */
};

struct groups {
    struct mem *mem;
    u64 seed;
    u32 column_count;
    u32 *columns;        /* of the batches: the key */
    struct rows *keys;   /* NULL without key columns */
    struct index *index; /* by all of them */
    u32 record_size;
    u32 page_capacity;
    u8 **pages;
    u32 dirty_count;
    u32 dirty_capacity;
    u32 *dirty;
    bool
        has_repeats; /* the last batch had equal keys: they are put together before they are found */
    u32 unasked_count; /* batches since that was last asked */
};

/* columns is borrowed; types are those of the key. record_size counts the head. */
void groups_init(struct groups *groups, struct mem *mem, u64 seed, const u32 *columns,
                 const struct type *types, u32 column_count, u32 record_size);
/* Memory that records point to was freed before. */
void groups_deinit(struct groups *groups);

static inline struct group *groups_get(const struct groups *groups, u32 group)
{
    u8 *page = groups->pages[group / GROUPS_A_PAGE];
    return (struct group *)(void *)(page + (size_t)(group % GROUPS_A_PAGE) * groups->record_size);
}

/* The group of each row of the batch, made where it is new. */
void groups_find(struct groups *groups, const struct batch *batch, struct arena *arena,
                 u32 *numbers);
/* The record, made where it is new; the group stands in the dirty list from now on. */
struct group *groups_touch(struct groups *groups, u32 group);
/* The same for many, with prefetch. */
void groups_touch_batch(struct groups *groups, const u32 *numbers, u32 count, u8 **records);
/* The key columns of some groups. */
void groups_gather(const struct groups *groups, const u32 *numbers, u32 count, struct arena *arena,
                   struct column *out);
/* The record becomes zero, the key goes at settle. */
void groups_remove(struct groups *groups, u32 group);
/* Calls visit for every group there is. */
void groups_each(const struct groups *groups, void (*visit)(void *context, u32 group),
                 void *context);

/* The two passes of settle; groups that are still dirty are forgotten. */
void groups_settle(struct groups *groups);
void groups_settle_rows(struct groups *groups);
