#include "state/rows_internal.h"

i32 rows_weight(const struct rows *rows, u32 slot, enum side side)
{
    return row_weight(row_at(rows, slot), side);
}

void rows_weights(const struct rows *rows, const u32 *slots, u32 count, enum side side,
                  i32 *weights)
{
    if (count == 0) return; /* then there may be no pages yet */
    const u8 *base = rows->base + (side == SIDE_OLD ? 4 : 0);
    size_t width = rows->width;
    for (u32 i = 0; i < count; i++)
        memcpy(&weights[i], base + slots[i] * width, sizeof *weights);
}

void rows_deltas(const struct rows *rows, const u32 *slots, u32 count, i32 *deltas)
{
    for (u32 i = 0; i < count; i++) {
        struct row_weights weights = row_weights(row_at(rows, slots[i]));
        deltas[i] = weights.w_new - weights.w_old;
    }
}

u32 rows_scan(const struct rows *rows, u32 *cursor, u32 slot_end, enum side side, u32 capacity,
              u32 *slots, i32 *weights)
{
    u32 count = 0, slot = *cursor, end = MIN(slot_end, rows->slot_end);
    for (; slot < end && count < capacity; slot++) {
        const u8 *row = row_at(rows, slot);
        i32 weight = row_weight(row, side);
        slots[count] = slot;
        weights[count] = weight;
        count += weight != 0;
    }
    *cursor = slot;
    return count;
}

void rows_gather(const struct rows *rows, const u32 *slots, u32 count, const u32 *columns,
                 u32 column_count, struct arena *arena, struct column *out)
{
    rows_load(rows, rows->base, slots, count, columns, column_count, arena, out);
}

void rows_prefetch(const struct rows *rows, u32 slot)
{
    row_prefetch(rows, slot);
}

static bool cell_identical(const struct rows *rows, const u8 *row, const struct cell *cell,
                           const struct column *column, u32 index)
{
    bool null = row_is_null(row, cell);
    if (null || column_is_null(column, index)) return null && column_is_null(column, index);
    const u8 *at = row + cell->offset;
    switch ((enum cell_kind)cell->kind) {
    case CELL_BOOL:
    case CELL_I16:
    case CELL_I32:
        return row_load_i64(row, cell) == (cell->phys == PHYS_BOOL
                                               ? ((const u8 *)column->data)[index]
                                               : ((const i64 *)column->data)[index]);
    case CELL_F32: {
        f32 single = (f32)((const f64 *)column->data)[index];
        return memcmp(at, &single, 4) == 0;
    }
    case CELL_WORD: return memcmp(at, (const i64 *)column->data + index, 8) == 0;
    case CELL_DECIMAL: {
        const struct decimal *decimal = (const struct decimal *)column->data + index;
        return memcmp(at, decimal, 16) == 0 && at[16] == decimal->scale;
    }
    case CELL_STR: {
        struct str str = row_load_str(rows, at);
        return str_equal(&str, (const struct str *)column->data + index);
    }
    case CELL_PAIR: return memcmp(at, (const struct uuid *)column->data + index, 16) == 0;
    }
    unreachable();
}

bool rows_identical(const struct rows *rows, u32 slot, const struct batch *batch, u32 row)
{
    const u8 *stored = row_at(rows, slot);
    for (u32 column = 0; column < rows->column_count; column++)
        if (!cell_identical(rows, stored, &rows->cells[column], &batch->columns[column], row))
            return false;
    return true;
}

/* Types of one phys may differ in width, as int4 and int8 do. */
static bool cell_equal_key(const struct rows *rows, const u8 *row, u32 column,
                           const struct column *keys, u32 index)
{
    const struct cell *cell = &rows->cells[column];
    slow_assert(type_phys(keys->type) == (enum phys)cell->phys);
    if (cell->phys == PHYS_I64 && !column_is_null(keys, index))
        return !row_is_null(row, cell) &&
               row_load_i64(row, cell) == ((const i64 *)keys->data)[index];
    if (cell->phys == PHYS_STR && !column_is_null(keys, index)) {
        struct str str = row_load_str(rows, row + cell->offset);
        return !row_is_null(row, cell) && str_equal(&str, (const struct str *)keys->data + index);
    }
    struct rows_one one;
    rows_load_one(rows, row, column, &one);
    return column_equal_key(&one.column, 0, keys, index);
}

bool rows_equal_key(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count,
                    const struct column *keys, u32 row)
{
    const u8 *stored = row_at(rows, slot);
    for (u32 index = 0; index < column_count; index++)
        if (!cell_equal_key(rows, stored, columns ? columns[index] : index, &keys[index], row))
            return false;
    return true;
}

bool rows_has_null(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count)
{
    const u8 *row = row_at(rows, slot);
    for (u32 index = 0; index < column_count; index++)
        if (row_is_null(row, &rows->cells[columns ? columns[index] : index])) return true;
    return false;
}

u64 rows_hash(const struct rows *rows, u32 slot, const u32 *columns, u32 column_count, u64 seed)
{
    const u8 *row = row_at(rows, slot);
    if (!columns) column_count = rows->column_count;
    u64 hash = seed;
    for (u32 index = 0; index < column_count; index++) {
        struct rows_one one;
        rows_load_one(rows, row, columns ? columns[index] : index, &one);
        column_hash(&one.column, 1, &hash);
    }
    return hash;
}

void rows_hash_batch(const struct rows *rows, const u32 *slots, u32 count, const u32 *columns,
                     u32 column_count, u64 seed, struct arena *arena, u64 *hashes)
{
    if (!columns) column_count = rows->column_count;
    for (u32 i = 0; i < count; i++)
        hashes[i] = seed;
    for (u32 index = 0; index < column_count; index++) {
        u32 column = columns ? columns[index] : index;
        struct arena_mark mark = arena_mark(arena);
        struct column values;
        rows_gather(rows, slots, count, &column, 1, arena, &values);
        column_hash(&values, count, hashes);
        arena_rewind(arena, mark);
    }
}
