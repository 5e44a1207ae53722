/* What the files of the table share. */
#pragma once

#include "ops/table.h"

#define TABLE_KEY_COLUMN_MAX 32 /* as in PostgreSQL */

/* A key with its index, over the table's own pool. Rows with a NULL in a key whose NULLs are distinct are not in its
 * index: they conflict with nothing. */
struct table_unique {
    struct table_key key;
    struct index *index;
};

struct table_slots {
    u32 *slots;
    u32 count;
    u32 capacity;
};

/* A slot that the statement has to do with. */
struct table_touch {
    u32 slot; /* SLOT_NONE: empty */
    bool is_born;
    bool is_updated; /* by DO UPDATE, whose WHERE was true */
    i32 copies;      /* of a bag: moved here by the statement */
    u64 row;         /* of an INSERT's, the last that updated it, from 1; 0: none */
};

struct table {
    struct op op;
    const char *name;
    bool is_append_only;
    bool in_txn; /* it has a savepoint */
    struct table_unique *keys;
    u32 key_count;
    struct index *by_row; /* of a bag: all columns; else NULL */
    u32 position;         /* in dirty: changes before it were emitted */

    /* Of the transaction: slots that came in this tick and went. They leave the indexes when it commits, so that a
     * row that changes a thousand times in a tick does not have a thousand versions there. */
    struct table_slots gone;
    /* Of the statement. */
    struct table_slots moved; /* slots whose keys are checked at its end */
    u64 row_count;            /* of an INSERT's, in the batches before */
    struct table_touch *touched;
    u32 touched_count;
    u32 touched_capacity; /* a power of two, or 0 */
};

static inline struct table *table_of(struct op *op)
{
    return (struct table *)op;
}

/* --- table.c --- */

/* The tick changed the table: it has a turn, and settle will visit it. */
void table_begin_turn(struct op *op);

/* --- table_txn.c --- */

void table_join(struct table_txn *txn, struct table *table);
void table_slots_add(struct table *table, struct table_slots *list, u32 slot);
/* NULL when the statement has nothing to do with it yet. Holds until the next table_touch. */
struct table_touch *table_touched(const struct table *table, u32 slot);
struct table_touch *table_touch(struct table *table, u32 slot);

/* --- table_index.c --- */

/* Hashes of the rows by each key, or, for a bag, by the whole row in hashes[0]. */
u64 **table_hash(struct table *table, const struct batch *rows, struct arena *arena);
/* New rows at slots go into every index. is_unknown: none of these holds one of their keys, nor do two rows have the
 * same. */
void table_index(struct table *table, const struct batch *rows, const u32 *slots,
                 u64 *const *hashes, bool is_unknown);
/* The slot leaves every index: before it is freed. */
void table_unindex(struct table *table, u32 slot);
void table_unindex_batch(struct table *table, const u32 *slots, u32 count);
/* The key's columns of the batch, in the key's order. */
void table_key_columns(const struct table_key *key, const struct batch *rows,
                       struct column columns[TABLE_KEY_COLUMN_MAX]);
/* May rows have a NULL that makes them distinct from all others? */
bool table_may_exempt(const struct table_key *key, const struct batch *rows);
/* Has the row one? */
bool table_is_exempt(const struct table_key *key, const struct batch *rows, u32 row);
/* The live slot with the same key as the row, but not the slot given; SLOT_NONE without. */
u32 table_find_key(const struct table *table, u32 key, const struct batch *rows, u32 row, u64 hash,
                   u32 but);
/* Takes copies of the row away. */
void table_take(struct table *table, u32 slot, i32 copies);

/* --- table_check.c --- */

enum status table_check_not_null(const struct table *table, const struct batch *rows,
                                 struct err *err);
/* Fills err: 23505. */
enum status table_key_exists(const struct table *table, u32 key, const struct batch *rows, u32 row,
                             struct err *err);

/* --- table_update.c --- */

/* Puts new versions of rows into the place of those at slots; made gets where they are. */
enum status table_replace(struct table *table, struct table_txn *txn, const u32 *slots,
                          const struct batch *rows, u32 *made, u64 *row_count, struct err *err);
