/* Rows that outlive their slot: copies under numbers of their own, so that readers never decide which slot
 * comes next. A kept row has its holders counted in w_new; its long strings stay where they were. */
#include "state/rows_internal.h"

static u8 *kept_at(const struct rows *rows, u32 kept)
{
    assert(kept < rows->kept_end);
    return rows->kept + (size_t)kept * rows->width;
}

static u32 kept_next(const struct rows *rows)
{
    return rows->kept_free != SLOT_NONE ? rows->kept_free : rows->kept_end;
}

u32 rows_kept_take(struct rows *rows, u32 slot)
{
    u32 kept = kept_next(rows);
    if (kept == rows->kept_end) {
        if (kept == rows->kept_capacity) {
            u32 capacity = MAX(8u, kept * 2);
            rows->kept = mem_realloc(rows->mem, rows->kept, (size_t)kept * rows->width,
                                     (size_t)capacity * rows->width);
            rows->kept_capacity = capacity;
        }
        rows->kept_end++;
    } else {
        memcpy(&rows->kept_free, kept_at(rows, kept) + ROW_FREE_NEXT, sizeof rows->kept_free);
    }
    u8 *row = kept_at(rows, kept);
    memcpy(row, row_at(rows, slot), rows->width);
    row_set_weights(row, 1, 0);
    rows->kept_count++;
    return kept;
}

void rows_kept_share(struct rows *rows, u32 kept)
{
    u8 *row = kept_at(rows, kept);
    row_set_weights(row, row_weights(row).w_new + 1, 0);
}

void rows_kept_free(struct rows *rows, u32 kept)
{
    u8 *row = kept_at(rows, kept);
    i32 holders = row_weights(row).w_new;
    assert(holders > 0);
    row_set_weights(row, holders - 1, 0);
    if (holders > 1) return;
    rows_free_strings(rows, row);
    memcpy(row + ROW_FREE_NEXT, &rows->kept_free, sizeof rows->kept_free);
    rows->kept_free = kept;
    if (--rows->kept_count > 0) return;
    mem_free(rows->mem, rows->kept, (size_t)rows->kept_capacity * rows->width);
    rows->kept = NULL;
    rows->kept_end = rows->kept_capacity = 0;
    rows->kept_free = SLOT_NONE;
    if (rows->slot_end == 0) heap_drop(&rows->heap);
}

void rows_kept_gather(const struct rows *rows, const u32 *kept, u32 count, const u32 *columns,
                      u32 column_count, struct arena *arena, struct column *out)
{
    rows_load(rows, rows->kept, kept, count, columns, column_count, arena, out);
}

const u8 *rows_kept_row(const struct rows *rows, u32 kept)
{
    return kept_at(rows, kept);
}

void rows_set_keeper(struct rows *rows, rows_keep_fn keep, void *context)
{
    assert(!keep || !rows->keep);
    rows->keep = keep;
    rows->keep_context = context;
}

bool rows_keep(struct rows *rows, u32 slot)
{
    u32 kept = rows_pin_note(rows, slot);
    if (!rows->keep || row_weights(row_at(rows, slot)).w_new != 0) return kept != SLOT_NONE;
    u32 number = kept != SLOT_NONE ? kept : kept_next(rows);
    if (!rows->keep(rows->keep_context, slot, number)) return kept != SLOT_NONE;
    if (kept != SLOT_NONE)
        rows_kept_share(rows, kept);
    else
        kept = rows_kept_take(rows, slot);
    assert(kept == number);
    return true;
}
