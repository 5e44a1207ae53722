/* Batches into rows and back, a column at a time. Each loop below is one kind of cell: the compiler sees
 * two fixed-size copies and an address that is one multiplication away. */
#include "state/rows_internal.h"

/* Pools smaller than this are in the cache anyway. */
#define PREFETCH_SIZE_MIN KIB(512)

static void store_column(struct rows *rows, const u32 *slots, u32 count, u32 index,
                         const struct column *column, u32 first);
static void store_strings(struct rows *rows, const u32 *slots, u32 count, const struct cell *cell,
                          const struct column *column, u32 first);
static void store_nulls(struct rows *rows, const u32 *slots, u32 count, struct cell *cell,
                        const u8 *nulls);
static void load_column(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
                        const struct cell *cell, void *data);
static void load_nulls(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
                       const struct cell *cell, struct column *out, struct arena *arena);
static void prefetch_rows(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
                          const u32 *columns, u32 column_count);

/* Runs body for each row with `at` at its cell. */
#define EACH_CELL(base_pointer, body)                                                              \
    do {                                                                                           \
        if (count == 0) break; /* then there may be no pages yet */                                \
        u8 *cells_at = (base_pointer) + cell->offset;                                              \
        size_t width = rows->width;                                                                \
        for (u32 i = 0; i < count; i++) {                                                          \
            u8 *at = cells_at + slots[i] * width;                                                  \
            body                                                                                   \
        }                                                                                          \
    } while (0)

void rows_store(struct rows *rows, u32 slot, const struct batch *batch, u32 row)
{
    for (u32 index = 0; index < rows->column_count; index++)
        store_column(rows, &slot, 1, index, &batch->columns[index], row);
}

void rows_store_batch(struct rows *rows, const u32 *slots, const struct batch *batch)
{
    for (u32 index = 0; index < rows->column_count; index++)
        store_column(rows, slots, batch->row_count, index, &batch->columns[index], 0);
}

/* Values first..first+count of column into the slots. */
static void store_column(struct rows *rows, const u32 *slots, u32 count, u32 index,
                         const struct column *column, u32 first)
{
    struct cell *cell = &rows->cells[index];
    slow_assert(type_phys(column->type) == (enum phys)cell->phys);
    const void *data = column->data;
    const u8 *bools = (const u8 *)data + first;
    const i64 *words = (const i64 *)data + first;
    const f64 *floats = (const f64 *)data + first;
    const struct decimal *decimals = (const struct decimal *)data + first;
    const struct uuid *pairs = (const struct uuid *)data + first;
    switch ((enum cell_kind)cell->kind) {
    case CELL_BOOL: EACH_CELL(rows->base, { *at = bools[i]; }); break;
    case CELL_I16:
        EACH_CELL(rows->base, {
            i16 value = (i16)words[i];
            memcpy(at, &value, 2);
        });
        break;
    case CELL_I32:
        EACH_CELL(rows->base, {
            i32 value = (i32)words[i];
            memcpy(at, &value, 4);
        });
        break;
    case CELL_F32:
        EACH_CELL(rows->base, {
            f32 value = (f32)floats[i];
            memcpy(at, &value, 4);
        });
        break;
    case CELL_WORD: EACH_CELL(rows->base, { memcpy(at, &words[i], 8); }); break;
    case CELL_DECIMAL:
        EACH_CELL(rows->base, {
            memcpy(at, &decimals[i], 16);
            at[16] = (u8)decimals[i].scale;
        });
        break;
    case CELL_STR: store_strings(rows, slots, count, cell, column, first); break;
    case CELL_PAIR: EACH_CELL(rows->base, { memcpy(at, &pairs[i], 16); }); break;
    }
    if (column->nulls) store_nulls(rows, slots, count, cell, column->nulls + first);
}

static void store_strings(struct rows *rows, const u32 *slots, u32 count, const struct cell *cell,
                          const struct column *column, u32 first)
{
    const struct str *strings = (const struct str *)column->data + first;
    const u8 *nulls = column->nulls ? column->nulls + first : NULL;
    EACH_CELL(rows->base, {
        struct str str = strings[i];
        if (str.size > STR_INLINE_MAX) {
            bool null = nulls && nulls[i];
            u64 reference = null ? 0 : heap_put(&rows->heap, str.data, str.size);
            memcpy(str.tail, &reference, sizeof reference);
        }
        memcpy(at, &str, sizeof str);
    });
}

/* The slots' NULL bits are clear. What lies under a NULL is zero, so that rows can be compared as bytes. */
static void store_nulls(struct rows *rows, const u32 *slots, u32 count, struct cell *cell,
                        const u8 *nulls)
{
    static const u8 widths[] = {
        [CELL_BOOL] = 1, [CELL_I16] = 2,      [CELL_I32] = 4,  [CELL_F32] = 4,
        [CELL_WORD] = 8, [CELL_DECIMAL] = 17, [CELL_STR] = 16, [CELL_PAIR] = 16
    };
    for (u32 i = 0; i < count; i++) {
        if (!nulls[i]) continue;
        u8 *row = row_at(rows, slots[i]);
        row[cell->null_offset] |= cell->null_bit;
        memset(row + cell->offset, 0, widths[cell->kind]);
        cell->null_seen = true;
    }
}

void rows_load(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
               const u32 *columns, u32 column_count, struct arena *arena, struct column *out)
{
    if (!columns) column_count = rows->column_count;
    if (count >= 4 && rows->base_size >= PREFETCH_SIZE_MIN)
        prefetch_rows(rows, base, slots, count, columns, column_count);
    for (u32 index = 0; index < column_count; index++) {
        u32 column = columns ? columns[index] : index;
        assert(column < rows->column_count);
        const struct cell *cell = &rows->cells[column];
        out[index] = column_make(arena, rows->types[column], MAX(count, 1u));
        load_column(rows, base, slots, count, cell, out[index].data);
        if (cell->null_seen) load_nulls(rows, base, slots, count, cell, &out[index], arena);
    }
}

/* Every line between the first and the last column that is asked for. */
static void prefetch_rows(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
                          const u32 *columns, u32 column_count)
{
    u32 low = rows->width, high = 0;
    for (u32 index = 0; index < column_count; index++) {
        u32 offset = rows->cells[columns ? columns[index] : index].offset;
        low = MIN(low, offset);
        high = MAX(high, offset);
    }
    for (u32 i = 0; i < count; i++) {
        const u8 *row = base + (size_t)slots[i] * rows->width;
        for (const u8 *at = row + low; at < row + high; at += 64)
            __builtin_prefetch(at);
        __builtin_prefetch(row + high);
    }
}

static void load_column(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
                        const struct cell *cell, void *data)
{
    u8 *start = (u8 *)(uintptr_t)base; /* only read */
    u8 *bools = data;
    i64 *words = data;
    f64 *floats = data;
    struct decimal *decimals = data;
    struct str *strings = data;
    struct uuid *pairs = data;
    switch ((enum cell_kind)cell->kind) {
    case CELL_BOOL: EACH_CELL(start, { bools[i] = *at; }); return;
    case CELL_I16:
        EACH_CELL(start, {
            i16 value;
            memcpy(&value, at, 2);
            words[i] = value;
        });
        return;
    case CELL_I32:
        EACH_CELL(start, {
            i32 value;
            memcpy(&value, at, 4);
            words[i] = value;
        });
        return;
    case CELL_F32:
        EACH_CELL(start, {
            f32 value;
            memcpy(&value, at, 4);
            floats[i] = value;
        });
        return;
    case CELL_WORD: EACH_CELL(start, { memcpy(&words[i], at, 8); }); return;
    case CELL_DECIMAL: EACH_CELL(start, { decimals[i] = row_load_decimal(at); }); return;
    case CELL_STR: EACH_CELL(start, { strings[i] = row_load_str(rows, at); }); return;
    case CELL_PAIR: EACH_CELL(start, { memcpy(&pairs[i], at, 16); }); return;
    }
    unreachable();
}

static void load_nulls(const struct rows *rows, const u8 *base, const u32 *slots, u32 count,
                       const struct cell *cell, struct column *out, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    u8 *nulls = arena_alloc(arena, MAX(count, 1u));
    const u8 *bytes = base + cell->null_offset;
    u8 bit = cell->null_bit, any = 0;
    for (u32 i = 0; i < count; i++) {
        nulls[i] = (bytes[(size_t)slots[i] * rows->width] & bit) != 0;
        any |= nulls[i];
    }
    if (any)
        out->nulls = nulls;
    else
        arena_rewind(arena, mark);
}

void rows_load_one(const struct rows *rows, const u8 *row, u32 column, struct rows_one *one)
{
    const struct cell *cell = &rows->cells[column];
    u32 slot = 0;
    *one = (struct rows_one){ .null = row_is_null(row, cell) };
    one->column = (struct column){ .type = rows->types[column], .data = one->words };
    one->column.nulls = one->null ? &one->null : NULL;
    load_column(rows, row, &slot, 1, cell, one->words);
}

void rows_free_strings(struct rows *rows, const u8 *row)
{
    if (rows->str_count == 0) return;
    for (u32 column = 0; column < rows->column_count; column++) {
        const struct cell *cell = &rows->cells[column];
        if (cell->kind != CELL_STR) continue;
        struct str str;
        memcpy(&str, row + cell->offset, sizeof str);
        if (str.size <= STR_INLINE_MAX) continue;
        u64 reference;
        memcpy(&reference, str.tail, sizeof reference);
        heap_free(&rows->heap, reference, str.size);
    }
}
