#include "data/batch.h"

#include "base/assert.h"

static struct batch *make_frame(struct arena *arena, u32 column_count, u32 capacity);

struct batch *batch_make(struct arena *arena, const struct type *types, u32 column_count,
                         u32 capacity)
{
    struct batch *batch = make_frame(arena, column_count, capacity);
    for (u32 index = 0; index < column_count; index++)
        batch->columns[index] = column_make(arena, types[index], capacity);
    return batch;
}

struct batch *batch_make_for(struct arena *arena, const struct schema *schema, u32 capacity)
{
    struct batch *batch = make_frame(arena, schema->column_count, capacity);
    for (u32 index = 0; index < schema->column_count; index++)
        batch->columns[index] = column_make(arena, schema->columns[index].type, capacity);
    return batch;
}

static struct batch *make_frame(struct arena *arena, u32 column_count, u32 capacity)
{
    assert(capacity >= 1 && capacity <= BATCH_ROW_COUNT_MAX);
    struct batch *batch = arena_new(arena, struct batch);
    batch->column_count = column_count;
    batch->columns = arena_array(arena, struct column, column_count);
    batch->weights = arena_alloc(arena, capacity * sizeof *batch->weights);
    return batch;
}

struct batch *batch_pick(struct arena *arena, const struct batch *source, const u32 *picks,
                         u32 count)
{
    u32 capacity = MAX(count, 1u);
    struct batch *batch = make_frame(arena, source->column_count, capacity);
    batch->row_count = count;
    batch->consolidated = source->consolidated;
    for (u32 index = 0; index < source->column_count; index++) {
        const struct column *column = &source->columns[index];
        batch->columns[index] = (struct column){ .type = column->type };
        if (!column->data) continue;
        batch->columns[index] = column_make(arena, column->type, capacity);
        column_gather(&batch->columns[index], 0, column, picks, count, arena, capacity);
    }
    for (u32 row = 0; row < count; row++)
        batch->weights[row] = source->weights[picks[row]];
    if (!source->rows) return batch;
    batch->rows = arena_alloc(arena, capacity * sizeof *batch->rows);
    for (u32 row = 0; row < count; row++)
        batch->rows[row] = source->rows[picks[row]];
    return batch;
}

struct batch *batch_copy(struct arena *arena, const struct batch *source)
{
    u32 count = source->row_count;
    struct batch *copy = make_frame(arena, source->column_count, MAX(count, 1u));
    copy->row_count = count;
    copy->consolidated = source->consolidated;
    for (u32 index = 0; index < source->column_count; index++) {
        const struct column *column = &source->columns[index];
        copy->columns[index] = (struct column){ .type = column->type };
        if (!column->data) continue;
        copy->columns[index].data =
            arena_copy(arena, column->data, (size_t)type_width(column->type) * count);
        if (column->nulls) copy->columns[index].nulls = arena_copy(arena, column->nulls, count);
        column_own_strings(&copy->columns[index], count, arena);
    }
    memcpy(copy->weights, source->weights, count * sizeof *copy->weights);
    if (source->rows) copy->rows = arena_copy(arena, source->rows, count * sizeof *copy->rows);
    return copy;
}

void batch_hash(const struct batch *batch, const u32 *columns, u32 column_count, u64 seed,
                u64 *hashes)
{
    for (u32 row = 0; row < batch->row_count; row++)
        hashes[row] = seed;
    if (!columns) column_count = batch->column_count;
    for (u32 index = 0; index < column_count; index++) {
        u32 column = columns ? columns[index] : index;
        assert(column < batch->column_count);
        column_hash(&batch->columns[column], batch->row_count, hashes);
    }
}
