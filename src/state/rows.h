/* A pool of rows: one copy of each row of a relation, in slots of 64 KiB pages, named by a 32-bit
 * number, with its weight before and after the current tick.
 *
 * A slot's header is {w_new, w_old, tick}: when tick is the pool's current mark, OLD is w_old and NEW is
 * w_new; otherwise both are w_new. So the relation can be read as it was before the tick and as it is
 * after it, in place. A slot whose weight became 0 stays until settle, which frees it; freed slots are
 * used again, last freed first, so the same history gives the same slots.
 *
 * Rows are stored in rows (not columns): integers in their own width, strings to 12 bytes inside, longer ones in
 * the pool's heap; there is no pointer in a page. Nothing is allocated for a single row.
 *
 * Invariant: dirty holds every slot whose tick is the current mark, once. */
#pragma once

#include "data/batch.h"

struct rows;

#define SLOT_NONE UINT32_MAX

/* Which side of the tick a reader sees. */
enum side { SIDE_OLD, SIDE_NEW };

struct rows *rows_open(struct mem *mem, const struct type *types, u32 column_count);
void rows_close(struct rows *rows);

u32 rows_column_count(const struct rows *rows);
const struct type *rows_types(const struct rows *rows);
/* Live rows (weight not 0 at NEW), distinct slots. */
u64 rows_count(const struct rows *rows);
/* One past the highest slot ever used: the bound of a scan in slot order. */
u32 rows_slot_end(const struct rows *rows);
/* Bytes of pages, heap and lists. */
u64 rows_size(const struct rows *rows);

/* Stores a row of the batch with OLD 0 and NEW weight. */
u32 rows_add(struct rows *rows, const struct batch *batch, u32 row, i32 weight);
/* The same for all rows of the batch with its weights; slots gets batch->row_count numbers. */
void rows_add_batch(struct rows *rows, const struct batch *batch, u32 *slots);
/* Adds to NEW. The slot stays readable until settle even at weight 0. */
void rows_change(struct rows *rows, u32 slot, i32 delta);

i32 rows_weight(const struct rows *rows, u32 slot, enum side side);
void rows_weights(const struct rows *rows, const u32 *slots, u32 count, enum side side,
                  i32 *weights);
/* Slots touched in this tick, in the order of their first touch. Valid until the next change. */
const u32 *rows_dirty(const struct rows *rows, u32 *count);

/* Columns columns[0..column_count) of the given slots into out (made in the arena). Long strings are
 * borrowed from the heap and hold until settle. columns NULL means all. */
void rows_gather(const struct rows *rows, const u32 *slots, u32 count, const u32 *columns,
                 u32 column_count, struct arena *arena, struct column *out);
/* Asks the processor for the slots' memory ahead of a gather. */
void rows_prefetch(const struct rows *rows, u32 slot);

/* Is the stored row the same, byte for byte, as this row of the batch? */
bool rows_identical(const struct rows *rows, u32 slot, const struct batch *batch, u32 row);
/* Are the key columns equal (NULL equal to NULL, 1.0 equal to 1.00) to row of keys? */
bool rows_equal_key(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count,
                    const struct column *keys, u32 row);
/* The hash of the slot's columns: the same as batch_hash of the same values. */
u64 rows_hash(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count, u64 seed);

/* Asked at settle for each slot that became 0: true keeps it (with its content) until rows_free.
 * One keeper a pool: the version list of a view's subscribers. */
typedef bool (*rows_keep_fn)(void *context, u32 slot);
void rows_set_keeper(struct rows *rows, rows_keep_fn keep, void *context);
void rows_free(struct rows *rows, u32 slot);

/* Ends the tick: frees what is 0 and not kept, forgets OLD, moves the mark. Indexes over the pool must have
 * removed those slots before (arrange does, in its settle). */
void rows_settle(struct rows *rows);
/* Takes the tick back instead: every dirty slot gets its OLD weight, new slots are freed.
 * Indexes must have removed the new slots before. */
void rows_undo(struct rows *rows);

/* A reader that outlasts a tick. While it is open, no slot that it may see is freed, and
 * rows_pin_weight tells the weight at the time of the pin. It costs a map entry for each slot changed
 * since; past entry_count_max the pin is revoked and says so. */
struct rows_pin;
struct rows_pin *rows_pin_open(struct rows *rows, u32 entry_count_max);
void rows_pin_close(struct rows_pin *pin);
bool rows_pin_revoked(const struct rows_pin *pin);
i32 rows_pin_weight(const struct rows_pin *pin, u32 slot);
