/* What the files of the table share. */
#pragma once

#include "ops/table.h"

/* A key with its index, over the table's own pool. */
struct table_unique {
    struct table_key key;
    struct index *index;
};

struct table {
    struct op op;
    const char *name;
    bool is_append_only;
    struct table_unique *keys;
    u32 key_count;
    struct index *by_row; /* of a bag: all columns; else NULL */
    bool in_txn;          /* it has a savepoint */
    u32 *moved;           /* slots whose key must be checked at the statement's end */
    u32 moved_count;
    u32 moved_capacity;
    u32 *touched; /* slots that the statement made or found, as a hash set of slot + 1 */
    u32 touched_count;
    u32 touched_capacity;
    u32 position; /* in dirty: changes before it were emitted */
};

static inline struct table *table_of(struct op *op)
{
    return (struct table *)op;
}

/* Takes the slot out of every index: before it is freed. */
void table_unindex(struct table *table, u32 slot);
