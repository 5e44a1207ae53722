#include "ops/values.h"

#include "base/assert.h"
#include "data/decimal.h"
#include "data/interval.h"

enum { COLUMN_GROUP, COLUMN_VALUE, COLUMN_COUNT };

static const u32 value_columns[] = { COLUMN_VALUE };
static const struct tree_order value_order[] = { { .column = COLUMN_VALUE } };

struct values {
    struct mem *mem;
    struct type types[COLUMN_COUNT];
    struct rows *rows;
    struct index *index; /* by group and value */
    struct tree *tree;   /* grouped; NULL when order does not matter */
    u64 seed;
};

struct values *values_open(struct mem *mem, struct type type, bool is_ordered, u64 seed)
{
    struct values *values = mem_zalloc(mem, sizeof(*values));
    values->mem = mem;
    values->seed = seed;
    values->types[COLUMN_GROUP] = TYPE(INT8);
    values->types[COLUMN_VALUE] = type;
    values->rows = rows_open(mem, values->types, COLUMN_COUNT);
    values->index = index_open(mem, values->rows, NULL, COLUMN_COUNT, seed);
    if (!is_ordered) return values;
    values->tree = tree_open(mem, values->rows, value_order, countof(value_order));
    tree_set_tie(values->tree, value_columns, countof(value_columns), seed);
    return values;
}

void values_close(struct values *values)
{
    if (values->tree) tree_close(values->tree);
    index_close(values->index);
    rows_close(values->rows);
    mem_free(values->mem, values, sizeof(*values));
}

u64 values_size(const struct values *values)
{
    return sizeof(*values) + rows_size(values->rows) + index_size(values->index) +
           (values->tree ? tree_size(values->tree) : 0);
}

/* --- Taking rows --- */

/* Values that are equal get one form. */
static void canonicalize(struct column *column, u32 count)
{
    enum phys phys = type_phys(column->type);
    for (u32 i = 0; i < count; i++) {
        if (phys == PHYS_F64) {
            f64 *value = (f64 *)column->data + i;
            *value = *value == *value ? *value + 0.0 : __builtin_nan("");
        } else if (phys == PHYS_DECIMAL) {
            struct decimal *value = (struct decimal *)column->data + i;
            *value = decimal_trim(value);
        } else if (phys == PHYS_INTERVAL) {
            struct interval *value = (struct interval *)column->data + i;
            i128 span = interval_span(value), days = span / MICROS_PER_DAY;
            *value = (struct interval){ .days = (i32)(days % 30),
                                        .months = (i32)(days / 30),
                                        .micros = (i64)(span % MICROS_PER_DAY) };
        } else {
            return;
        }
    }
}

/* The rows whose weight is not 0 as (group, value). */
static struct batch *make_batch(const struct values *values, const u32 *groups,
                                const struct column *column, const i32 *weights, u32 count,
                                struct arena *arena)
{
    struct batch *batch = batch_make(arena, values->types, COLUMN_COUNT, MAX(count, 1));
    u32 picks[BATCH_ROW_COUNT_MAX], picked = 0;
    i64 *group_data = batch->columns[COLUMN_GROUP].data;
    for (u32 r = 0; r < count; r++) {
        picks[picked] = r;
        group_data[picked] = groups[r];
        batch->weights[picked] = weights[r];
        picked += weights[r] != 0;
    }
    batch->row_count = picked;
    column_gather(&batch->columns[COLUMN_VALUE], 0, column, picks, picked, arena, MAX(count, 1));
    batch->columns[COLUMN_VALUE].nulls = NULL; /* a NULL has weight 0 here */
    if (!values->tree) canonicalize(&batch->columns[COLUMN_VALUE], picked);
    return batch;
}

bool values_add(struct values *values, const u32 *groups, const struct column *column,
                const i32 *weights, u32 count, struct arena *arena)
{
    struct arena_mark mark = arena_mark(arena);
    struct batch *batch = make_batch(values, groups, column, weights, count, arena);
    u64 hashes[BATCH_ROW_COUNT_MAX];
    u32 found[BATCH_ROW_COUNT_MAX];
    batch_hash(batch, NULL, COLUMN_COUNT, values->seed, hashes);
    index_find_row_batch(values->index, batch, hashes, found);
    bool fits = true, is_grown = false;
    for (u32 r = 0; r < batch->row_count && fits; r++) {
        u32 slot = found[r];
        /* A row before this one may have brought the value. */
        if (slot == SLOT_NONE && is_grown)
            slot = index_find_row(values->index, batch, r, hashes[r]);
        if (slot == SLOT_NONE) {
            is_grown = true;
            slot = rows_add(values->rows, batch, r, batch->weights[r]);
            index_add(values->index, slot, hashes[r]);
            continue;
        }
        i32 sum, before = rows_weight(values->rows, slot, SIDE_NEW);
        fits = !__builtin_add_overflow(before, batch->weights[r], &sum);
        if (fits) rows_change(values->rows, slot, batch->weights[r]);
    }
    arena_rewind(arena, mark);
    return fits;
}

/* --- What changed --- */

u32 values_apply(struct values *values, u32 *position, struct arena *arena,
                 struct values_changes *changes)
{
    u32 dirty_count;
    const u32 *dirty = rows_dirty(values->rows, &dirty_count);
    u32 taken = MIN(dirty_count - *position, BATCH_ROW_COUNT_MAX);
    i32 weights_old[BATCH_ROW_COUNT_MAX], weights_new[BATCH_ROW_COUNT_MAX];
    rows_weights(values->rows, dirty + *position, taken, SIDE_OLD, weights_old);
    rows_weights(values->rows, dirty + *position, taken, SIDE_NEW, weights_new);
    u32 slots[BATCH_ROW_COUNT_MAX], count = 0;
    changes->weights = arena_alloc(arena, sizeof(i32) * MAX(taken, 1));
    changes->groups = arena_alloc(arena, sizeof(u32) * MAX(taken, 1));
    for (u32 i = 0; i < taken; i++) {
        assert(weights_new[i] >= 0);
        slots[count] = dirty[*position + i];
        changes->weights[count] = (weights_new[i] > 0) - (weights_old[i] > 0);
        count += changes->weights[count] != 0;
    }
    struct column columns[COLUMN_COUNT];
    rows_gather(values->rows, slots, count, NULL, COLUMN_COUNT, arena, columns);
    const i64 *groups = columns[COLUMN_GROUP].data;
    for (u32 i = 0; i < count; i++) {
        changes->groups[i] = (u32)groups[i];
        if (!values->tree) continue;
        if (changes->weights[i] > 0) {
            tree_group_add(values->tree, changes->groups[i], slots[i]);
            continue;
        }
        bool was_there = tree_group_remove(values->tree, changes->groups[i], slots[i]);
        assert(was_there);
    }
    changes->column = columns[COLUMN_VALUE];
    changes->count = count;
    *position += taken;
    return taken;
}

/* A slot for each group; groups without a value get that of some other one, and a NULL. */
static u32 edge_slots(const struct values *values, const u32 *groups, u32 count, bool largest,
                      u32 *slots, u8 *nulls)
{
    u32 some = SLOT_NONE;
    for (u32 i = 0; i < count; i++) {
        u64 first = tree_group_seek(values->tree, groups[i], NULL, 0, 0, false);
        u64 end = tree_group_seek(values->tree, groups[i], NULL, 0, 0, true);
        nulls[i] = first == end;
        if (nulls[i]) continue;
        tree_read(values->tree, largest ? end - 1 : first, false, &slots[i], 1);
        some = slots[i];
    }
    for (u32 i = 0; i < count; i++)
        if (nulls[i]) slots[i] = some;
    return some;
}

struct column values_edge(const struct values *values, const u32 *groups, u32 count, bool largest,
                          struct arena *arena)
{
    u32 slots[BATCH_ROW_COUNT_MAX];
    u8 *nulls = arena_alloc(arena, MAX(count, 1));
    struct column column = { 0 };
    if (edge_slots(values, groups, count, largest, slots, nulls) == SLOT_NONE)
        column = column_make(arena, values->types[COLUMN_VALUE], MAX(count, 1));
    else
        rows_gather(values->rows, slots, count, value_columns, 1, arena, &column);
    size_t width = type_width(column.type);
    for (u32 i = 0; i < count; i++)
        if (nulls[i]) memset((u8 *)column.data + i * width, 0, width);
    column.nulls = nulls;
    return column;
}

void values_settle(struct values *values)
{
    u32 dirty_count;
    const u32 *dirty = rows_dirty(values->rows, &dirty_count);
    for (u32 i = 0; i < dirty_count; i++)
        if (rows_weight(values->rows, dirty[i], SIDE_NEW) == 0)
            index_remove(values->index, dirty[i]);
    rows_settle(values->rows);
}
