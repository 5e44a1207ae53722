#include "state/rows_internal.h"
#include "state/span.h"

#define SLOT_COUNT_MIN 8

static void reserve(struct rows *rows, u32 count);
static u32 slot_take(struct rows *rows, i32 weight);
static void dirty_reserve(struct rows *rows, u32 count);

struct rows *rows_open(struct mem *mem, const struct type *types, u32 column_count)
{
    struct rows *rows = mem_zalloc(mem, sizeof *rows);
    rows->mem = mem;
    rows->column_count = column_count;
    rows->types = mem_alloc(mem, column_count * sizeof *types);
    rows->cells = mem_zalloc(mem, column_count * sizeof *rows->cells);
    for (u32 column = 0; column < column_count; column++)
        rows->types[column] = types[column];
    rows->width = rows_layout(types, column_count, rows->cells);
    for (u32 column = 0; column < column_count; column++)
        rows->str_count += rows->cells[column].kind == CELL_STR;
    rows->free_first = rows->kept_free = SLOT_NONE;
    rows->dirty_old_count = SLOT_NONE;
    list_init(&rows->pins);
    heap_init(&rows->heap, mem);
    return rows;
}

void rows_close(struct rows *rows)
{
    if (!rows) return;
    assert(list_empty(&rows->pins));
    struct mem *mem = rows->mem;
    rows_free_base(rows);
    heap_deinit(&rows->heap);
    mem_free(mem, rows->kept, (size_t)rows->kept_capacity * rows->width);
    mem_free(mem, rows->dirty, rows->dirty_capacity * sizeof *rows->dirty);
    mem_free(mem, rows->journal, rows->journal_capacity * sizeof *rows->journal);
    mem_free(mem, rows->types, rows->column_count * sizeof *rows->types);
    mem_free(mem, rows->cells, rows->column_count * sizeof *rows->cells);
    mem_free(mem, rows, sizeof *rows);
}

void rows_free_base(struct rows *rows)
{
    struct span span = { .base = rows->base, .size = rows->base_size };
    span_free(&span, rows->mem);
    rows->base = NULL;
    rows->base_size = 0;
    rows->slot_capacity = 0;
}

u32 rows_column_count(const struct rows *rows)
{
    return rows->column_count;
}

const struct type *rows_types(const struct rows *rows)
{
    return rows->types;
}

u32 rows_width(const struct rows *rows)
{
    return rows->width;
}

u64 rows_count(const struct rows *rows)
{
    return rows->count;
}

u32 rows_slot_end(const struct rows *rows)
{
    return rows->slot_end;
}

u64 rows_size(const struct rows *rows)
{
    return sizeof *rows + rows->column_count * (sizeof *rows->types + sizeof *rows->cells) +
           rows->base_size + (u64)rows->kept_capacity * rows->width + heap_size(&rows->heap) +
           rows->dirty_capacity * sizeof *rows->dirty +
           rows->journal_capacity * sizeof *rows->journal;
}

u32 rows_add(struct rows *rows, const struct batch *batch, u32 row, i32 weight)
{
    assert(batch->column_count == rows->column_count && row < batch->row_count);
    reserve(rows, 1);
    u32 slot = slot_take(rows, weight);
    rows_store(rows, slot, batch, row);
    return slot;
}

void rows_add_batch(struct rows *rows, const struct batch *batch, u32 *slots)
{
    assert(batch->column_count == rows->column_count);
    reserve(rows, batch->row_count);
    for (u32 row = 0; row < batch->row_count; row++)
        slots[row] = slot_take(rows, batch->weights[row]);
    rows_store_batch(rows, slots, batch);
}

/* Makes room for count more slots, and for them on the dirty list. */
static void reserve(struct rows *rows, u32 count)
{
    u64 fresh = count > rows->free_count ? count - rows->free_count : 0;
    u64 needed = rows->slot_end + fresh;
    assert(needed <= SLOT_COUNT_MAX);
    if (needed > rows->slot_capacity) {
        struct span span = { .base = rows->base, .size = rows->base_size };
        span_grow(&span, rows->mem, MAX(needed, (u64)SLOT_COUNT_MIN) * rows->width);
        rows->base = span.base;
        rows->base_size = span.size;
        rows->slot_capacity = (u32)MIN(span.size / rows->width, (u64)SLOT_COUNT_MAX);
    }
    dirty_reserve(rows, count);
}

static void dirty_reserve(struct rows *rows, u32 count)
{
    u64 needed = (u64)rows->dirty_count + count;
    if (needed <= rows->dirty_capacity) return;
    u64 capacity = MAX(needed, MAX((u64)16, (u64)rows->dirty_capacity * 2));
    assert(capacity <= UINT32_MAX);
    rows->dirty = mem_realloc(rows->mem, rows->dirty, rows->dirty_capacity * sizeof *rows->dirty,
                              capacity * sizeof *rows->dirty);
    rows->dirty_capacity = (u32)capacity;
}

/* There is room. The slot is dirty, its NULL bits are clear. */
static u32 slot_take(struct rows *rows, i32 weight)
{
    assert(rows->dirty_old_count == SLOT_NONE); /* no change after rows_compact */
    u32 slot = rows->free_first;
    u8 *row;
    if (slot != SLOT_NONE) {
        row = row_at(rows, slot);
        assert(row[ROW_FLAGS] == ROW_FREE);
        memcpy(&rows->free_first, row + ROW_FREE_NEXT, sizeof rows->free_first);
        rows->free_count--;
    } else {
        slot = rows->slot_end++;
        row = row_at(rows, slot);
    }
    row_set_weights(row, weight, 0);
    row_clear_flags(row, rows->column_count);
    rows->dirty[rows->dirty_count++] = slot;
    rows->count += weight != 0;
    return slot;
}

void rows_slot_give(struct rows *rows, u32 slot)
{
    u8 *row = row_at(rows, slot);
    row_set_weights(row, 0, 0);
    row[ROW_FLAGS] = ROW_FREE;
    memcpy(row + ROW_FREE_NEXT, &rows->free_first, sizeof rows->free_first);
    rows->free_first = slot;
    rows->free_count++;
}

void rows_slot_ungive(struct rows *rows, u32 slot)
{
    if (slot < rows->slot_end_old) {
        rows_slot_give(rows, slot);
    } else {
        assert(slot + 1 == rows->slot_end);
        rows->slot_end--;
    }
}

static void journal_append(struct rows *rows, u32 slot, i32 delta)
{
    if (rows->journal_count == rows->journal_capacity) {
        u32 old = rows->journal_capacity, new = old ? old * 2 : 16;
        rows->journal = mem_realloc(rows->mem, rows->journal, old * sizeof *rows->journal,
                                    new * sizeof *rows->journal);
        rows->journal_capacity = new;
    }
    rows->journal[rows->journal_count++] = (struct row_change){ .slot = slot, .delta = delta };
}

void rows_change(struct rows *rows, u32 slot, i32 delta)
{
    assert(slot < rows->slot_end);
    assert(rows->dirty_old_count == SLOT_NONE); /* no change after rows_compact */
    u8 *row = row_at(rows, slot);
    assert((row[ROW_FLAGS] & ROW_FREE) == 0);
    if (row[ROW_FLAGS] & ROW_DIRTY) {
        if (rows->saved) journal_append(rows, slot, delta);
    } else {
        dirty_reserve(rows, 1);
        row[ROW_FLAGS] |= ROW_DIRTY;
        rows->dirty[rows->dirty_count++] = slot;
    }
    rows_weight_add(rows, row, delta);
}

const u32 *rows_dirty(const struct rows *rows, u32 *count)
{
    *count = rows->dirty_count;
    return rows->dirty;
}
