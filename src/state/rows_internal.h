/* How a row lies in its slot; for the files of this folder that read rows in place.
 *
 *   0   i32 w_new
 *   4   i32 w_old
 *   8   flags and NULL bits: bit 0 dirty, bit 1 free, bit 2 + c: column c is NULL
 *   ..  columns, the widest first, without gaps
 *
 * A slot is a multiple of 4 bytes long, at least 16. A free slot has weights 0 and at 12 the number of the next
 * free one. All slots lie one behind the other in one block, which may move when it grows. */
#pragma once

#include <string.h>

#include "base/assert.h"
#include "base/list.h"
#include "state/heap.h"
#include "state/rows.h"

#define ROW_FLAGS     8
#define ROW_DIRTY     1
#define ROW_FREE      2
#define ROW_FREE_NEXT 12
#define ROW_WIDTH_MIN 16

enum cell_kind {
    CELL_BOOL,
    CELL_I16,
    CELL_I32,
    CELL_F32,
    CELL_WORD,    /* i64 and f64 as they are */
    CELL_DECIMAL, /* low, high, scale in a byte */
    CELL_STR,     /* struct str; longer than 12 bytes: a heap reference in place of data */
    CELL_PAIR     /* interval and uuid as they are */
};

struct cell {
    u32 offset; /* of the value in the row */
    u16 null_offset;
    u8 null_bit;    /* mask */
    u8 kind;        /* enum cell_kind */
    u8 phys;        /* enum phys */
    bool null_seen; /* a NULL was stored since the pool was empty */
};

struct row_change {
    u32 slot;
    i32 delta;
};

struct rows {
    u8 *base;
    u32 width;
    u32 slot_end;
    u32 slot_end_old; /* when the tick began */
    u32 slot_capacity;
    u32 free_first; /* SLOT_NONE: none */
    u32 free_count;
    u32 column_count;
    u64 count; /* NEW weight not 0 */
    struct cell *cells;
    struct type *types;
    struct mem *mem;
    u64 base_size; /* bytes of base */

    u32 *dirty;
    u32 dirty_count;
    u32 dirty_capacity;
    u32 dirty_old_count; /* SLOT_NONE unless rows_compact ran in this tick */

    bool saved; /* a savepoint is open */
    u32 saved_dirty;
    u32 journal_count; /* changes of slots that were dirty at the savepoint */
    u32 journal_capacity;
    struct row_change *journal;

    rows_keep_fn keep;
    void *keep_context;
    struct link pins;

    /* Rows that outlive their slots: as in base, w_new counts holders, w_old is 0. */
    u8 *kept;
    u32 kept_end;
    u32 kept_capacity;
    u32 kept_free;
    u32 kept_count;

    u32 str_count; /* columns of CELL_STR */
    struct heap heap;
};

struct row_weights {
    i32 w_new;
    i32 w_old;
};

static inline u8 *row_at(const struct rows *rows, u32 slot)
{
    slow_assert(slot < rows->slot_end);
    return rows->base + (size_t)slot * rows->width;
}

/* All lines of the row, or the first of a very wide one. */
static inline void row_prefetch(const struct rows *rows, u32 slot)
{
    const u8 *row = rows->base + (size_t)slot * rows->width;
    const u8 *last = row + MIN(rows->width, 256u) - 1;
    for (const u8 *at = row; at < last; at += 64)
        __builtin_prefetch(at);
    __builtin_prefetch(last);
}

static inline struct row_weights row_weights(const u8 *row)
{
    struct row_weights weights;
    memcpy(&weights, row, sizeof weights);
    return weights;
}

static inline void row_set_weights(u8 *row, i32 w_new, i32 w_old)
{
    struct row_weights weights = { .w_new = w_new, .w_old = w_old };
    memcpy(row, &weights, sizeof weights);
}

static inline i32 row_weight(const u8 *row, enum side side)
{
    i32 weight;
    memcpy(&weight, row + (side == SIDE_OLD ? 4 : 0), sizeof weight);
    return weight;
}

/* Of a row whose columns are to be written: dirty, nothing is NULL. */
static inline void row_clear_flags(u8 *row, u32 column_count)
{
    u64 first = ROW_DIRTY; /* as wide as the shortest row allows, be it columns */
    static_assert(ROW_FLAGS + sizeof first <= ROW_WIDTH_MIN, "a row holds it");
    memcpy(row + ROW_FLAGS, &first, sizeof first);
    u32 size = (2 + column_count + 7) / 8;
    if (unlikely(size > sizeof first))
        memset(row + ROW_FLAGS + sizeof first, 0, size - sizeof first);
}

static inline bool row_is_null(const u8 *row, const struct cell *cell)
{
    return (row[cell->null_offset] & cell->null_bit) != 0;
}

static inline i64 row_load_i64(const u8 *row, const struct cell *cell)
{
    const u8 *at = row + cell->offset;
    i64 word;
    i32 half;
    i16 quarter;
    switch ((enum cell_kind)cell->kind) {
    case CELL_WORD: memcpy(&word, at, 8); return word;
    case CELL_I32: memcpy(&half, at, 4); return half;
    case CELL_I16: memcpy(&quarter, at, 2); return quarter;
    case CELL_BOOL: return *at;
    case CELL_F32:
    case CELL_DECIMAL:
    case CELL_STR:
    case CELL_PAIR: break;
    }
    unreachable();
}

static inline struct decimal row_load_decimal(const u8 *at)
{
    struct decimal decimal = { .scale = at[16] };
    memcpy(&decimal.low, at, 8);
    memcpy(&decimal.high, at + 8, 8);
    return decimal;
}

/* Long strings are borrowed from the heap. */
static inline struct str row_load_str(const struct rows *rows, const u8 *at)
{
    struct str str;
    memcpy(&str, at, sizeof str);
    if (str.size > STR_INLINE_MAX) {
        u64 reference;
        memcpy(&reference, str.tail, sizeof reference);
        str.data = heap_get(&rows->heap, reference);
    }
    return str;
}

static inline f64 row_load_f64(const u8 *row, const struct cell *cell)
{
    f64 value;
    if (cell->kind == CELL_F32) {
        f32 single;
        memcpy(&single, row + cell->offset, sizeof single);
        return single;
    }
    memcpy(&value, row + cell->offset, sizeof value);
    return value;
}

/* rows_layout.c: where the columns lie. */
u32 rows_layout(const struct type *types, u32 column_count, struct cell *cells);

/* rows_cells.c: batches into rows and back. */
void rows_store(struct rows *rows, u32 slot, const struct batch *batch, u32 row);
void rows_store_batch(struct rows *rows, const u32 *slots, const struct batch *batch);
void rows_load(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
               const u32 *columns, u32 column_count, struct arena *arena, struct column *out);
/* The value of one cell as a column of one row, in the caller's memory. */
struct rows_one {
    struct column column;
    u8 null;
    u64 words[3];
};
void rows_load_one(const struct rows *rows, const u8 *row, u32 column, struct rows_one *one);
void rows_free_strings(struct rows *rows, const u8 *row);

/* rows.c */
void rows_free_base(struct rows *rows);
/* Onto the list of free slots. */
void rows_slot_give(struct rows *rows, u32 slot);
/* The last slot taken is given back, as if it had not been taken. */
void rows_slot_ungive(struct rows *rows, u32 slot);

static inline void rows_weight_add(struct rows *rows, u8 *row, i32 delta)
{
    struct row_weights weights = row_weights(row);
    i32 sum;
    bool overflow = __builtin_add_overflow(weights.w_new, delta, &sum);
    assert(!overflow);
    rows->count += (u64)(sum != 0) - (u64)(weights.w_new != 0);
    row_set_weights(row, sum, weights.w_old);
}

/* rows_kept.c, called at settle for a slot that changed, before it is freed. True when the row's strings now
 * belong to a kept row. */
bool rows_keep(struct rows *rows, u32 slot);
u32 rows_kept_take(struct rows *rows, u32 slot);   /* a copy with one holder */
void rows_kept_share(struct rows *rows, u32 kept); /* one holder more */
const u8 *rows_kept_row(const struct rows *rows, u32 kept);

/* rows_pin.c: tells the pins that the slot changes. The kept row if one of them needs it, or SLOT_NONE. */
u32 rows_pin_note(struct rows *rows, u32 slot);
