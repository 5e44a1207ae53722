/* A table: the pool of its rows, its keys, and the transactions that change it.
 *
 * It is the operator where a tick begins. In the resolve phase, transactions change it one after the other, each decided
 * against all before it: a transaction that violates a constraint is taken back alone. What is left is compacted to
 * the tick's net change, which the log takes as an image and a replay applies, with the same slots.
 * On its turn it emits that change.
 *
 * Constraints: NOT NULL (23502), primary key and unique keys (23505), both with PostgreSQL's sentences and details. Inside one
 * statement keys are checked when all of its rows are in, so an UPDATE may permute them. NULLs are distinct in
 * UNIQUE, unless the key says otherwise.
 *
 * A table without a primary key that is not append-only finds equal rows by an index over whole rows, and holds them as
 * one slot with a weight; an append-only table gives every row a slot of its own. */
#pragma once

#include "base/status.h"
#include "flow/graph.h"
#include "state/index.h"

struct table_key {
    const char *name; /* of the constraint, for messages: product_pkey */
    const u32 *columns;
    u32 column_count;
    bool is_primary;
    bool is_nulls_not_distinct;
};

struct table_options {
    const char *name; /* for messages */
    const struct schema *schema;
    const struct table_key *keys; /* the primary one first */
    u32 key_count;
    bool is_append_only;
};

/* Copies its options. The op is an arrangement; op->index is that of the primary key, where there is one. */
struct op *op_table_make(struct graph *graph, const struct table_options *options);

/* --- Keys that come and go, between ticks: CREATE UNIQUE INDEX --- */

/* Not for a bag (neither a key nor append-only), whose equal rows are one slot. */
bool table_may_add_key(const struct op *table);
/* 23505 when rows have the same key. Takes time and, for the while, memory in the number of rows. */
enum status table_check_key(struct op *table, const struct table_key *key, struct err *err);
/* table_check_key said that it can be. Its index is filled at once. */
void table_add_key(struct op *table, const struct table_key *key);
/* By its name. The primary key stays. */
void table_drop_key(struct op *table, const char *name);

/* --- Transactions, in the resolve phase; one at a time in a graph --- */

struct table_txn {
    struct graph *graph;
    struct arena *arena; /* of the transaction: lists, rows given back */
    struct op **tables;  /* those that it changed, in the order of their first change */
    u32 table_count;
    u32 table_capacity;
};

/* The arena is the caller's and outlives the transaction. */
void table_begin(struct table_txn *txn, struct graph *graph, struct arena *arena);
/* The changes stay in the tick. */
void table_commit(struct table_txn *txn);
/* The changes never were. */
void table_rollback(struct table_txn *txn);

enum table_conflict {
    TABLE_CONFLICT_ERROR,
    TABLE_CONFLICT_IGNORE, /* the new row is left out */
    TABLE_CONFLICT_UPDATE  /* update decides, row by row of those that conflict */
};

struct table_insert {
    enum table_conflict conflict;
    const struct table_key
        *conflict_key; /* on which key; NULL with IGNORE: any. Others are errors */
    /* For the rows of excluded that conflict: existing[i] is the row that is there for excluded row i. Gives the new rows
     * into *updated (as many, or fewer with picks naming those that are to change, in order). */
    enum status (*update)(void *context, const struct batch *existing, const struct batch *excluded,
                          struct arena *arena, struct batch **updated, u32 *picks, struct err *err);
    void *context;
    bool may_repeat; /* a row may be updated twice in one statement: the last one wins */
    bool returns;    /* the rows as they were stored are wanted */
};

struct table_result {
    u64 row_count;      /* inserted, updated or deleted */
    u32 returned_count; /* with returns */
    u32 *returned; /* slots, in the transaction's arena; readable at NEW until the tick settles */
    i32 *copies;   /* UPDATE of a bag: how many of each row were changed; NULL: one */
};

/* err->row counts from 1 within rows. A row that conflicts twice in one statement with UPDATE is 21000. rows have all
 * columns of the schema, weights are not looked at. An INSERT of several batches is one statement:
 * table_statement_begin before the first, table_statement_end behind the last, which checks what was put off and whose
 * err->row counts within all of them; 0 after table_update. */
void table_statement_begin(struct table_txn *txn, struct op *table);
enum status table_insert(struct table_txn *txn, struct op *table, const struct batch *rows,
                         const struct table_insert *how, struct table_result *result,
                         struct err *err);
/* new_rows has a row for each slot; a slot whose row does not change is not touched. 42809 on append-only tables, as
 * for delete. */
enum status table_update(struct table_txn *txn, struct op *table, const u32 *slots,
                         const struct batch *new_rows, struct table_result *result,
                         struct err *err);
/* All copies of a row of a bag go when its slot is given. */
enum status table_delete(struct table_txn *txn, struct op *table, const u32 *slots, u32 count,
                         struct table_result *result, struct err *err);
/* 42809 on append-only tables too: views over them never take rows back. */
enum status table_truncate(struct table_txn *txn, struct op *table, struct table_result *result,
                           struct err *err);
enum status table_statement_end(struct table_txn *txn, struct op *table, struct err *err);

/* --- The tick --- */

/* Slots whose NEW weight is not 0, in slot order, from *cursor on: to find the rows of an UPDATE. */
u32 table_scan_new(struct op *table, u32 *cursor, u32 *slots, u32 capacity);
/* The slot with this primary key at NEW, or SLOT_NONE. keys has the key's columns. */
u32 table_find_new(struct op *table, const struct column *keys, u32 row);

/* After the last transaction: brings the tick to its net change (rows_compact). False: nothing changed. */
bool table_compact(struct op *table);
/* Appends the net change: a flat image, for the log, in the order of the dirty list. */
void table_image(struct op *table, struct buf *out);
/* At replay: makes the same change, in the same slots, and leaves the table ready for its turn. XX001 when the image does not fit. */
enum status table_apply(struct op *table, struct slice image, struct arena *arena, struct err *err);
/* The tick is not made: every table goes back to OLD (the log failed). */
void table_undo(struct op *table);
u64 table_row_count(const struct op *table);
