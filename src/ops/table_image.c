/* The net change of a tick as bytes, for the log, and back.
 *
 * A count u32 of old rows, for each its slot u32 and its change i32; a count u32 of batches of new rows, then their
 * images (data/batch_image.h). Whoever applies it to the state before gets the same rows in the same slots, because new
 * rows take slots in the order in which they stand here. */
#include "base/assert.h"
#include "data/batch_image.h"
#include "ops/table_internal.h"

static void write_old(const struct rows *rows, const u32 *slots, u32 count, struct buf *out)
{
    char *at = buf_reserve(out, sizeof count + count * 2 * sizeof(u32));
    memcpy(at, &count, sizeof count);
    at += sizeof count;
    for (u32 index = 0; index < count; index++) {
        i32 change;
        rows_deltas(rows, slots + index, 1, &change);
        memcpy(at, slots + index, sizeof *slots);
        memcpy(at + sizeof *slots, &change, sizeof change);
        at += 2 * sizeof *slots;
    }
    out->size += sizeof count + count * 2 * sizeof(u32);
}

static void write_new(const struct rows *rows, const u32 *slots, u32 count, struct arena *arena,
                      struct buf *out)
{
    struct arena_mark mark = arena_mark(arena);
    u32 column_count = rows_column_count(rows);
    struct batch batch = { .row_count = count, .column_count = column_count };
    batch.columns = arena_array(arena, struct column, column_count);
    batch.weights = arena_alloc(arena, count * sizeof(i32));
    rows_gather(rows, slots, count, NULL, 0, arena, batch.columns);
    rows_weights(rows, slots, count, SIDE_NEW, batch.weights);
    batch_image_write(&batch, out);
    arena_rewind(arena, mark);
}

void table_image(struct op *op, struct buf *out)
{
    u32 count, old_count = rows_dirty_old_count(op->rows);
    const u32 *dirty = rows_dirty(op->rows, &count);
    write_old(op->rows, dirty, old_count, out);
    u32 batch_count = (count - old_count + BATCH_ROW_COUNT_MAX - 1) / BATCH_ROW_COUNT_MAX;
    buf_append(out, &batch_count, sizeof batch_count);
    for (u32 start = old_count; start < count; start += BATCH_ROW_COUNT_MAX)
        write_new(op->rows, dirty + start, MIN(count - start, BATCH_ROW_COUNT_MAX),
                  &op->graph->tick, out);
}

static enum status bad_image(const struct table *table, struct err *err)
{
    return err_set(err, "XX001", "the log's image of table \"%s\" is damaged", table->name);
}

static bool take_u32(struct slice *image, u32 *out)
{
    if (image->size < sizeof *out) return false;
    memcpy(out, image->data, sizeof *out);
    *image = slice_make(image->data + sizeof *out, image->size - sizeof *out);
    return true;
}

static enum status apply_old(struct table *table, struct slice *image, u32 *count_out,
                             struct err *err)
{
    u32 count, slot, change;
    struct rows *rows = table->op.rows;
    if (!take_u32(image, &count)) return bad_image(table, err);
    for (u32 index = 0; index < count; index++) {
        if (!take_u32(image, &slot) || !take_u32(image, &change) || slot >= rows_slot_end(rows))
            return bad_image(table, err);
        i32 weight = rows_weight(rows, slot, SIDE_NEW), sum;
        bool is_wrong = __builtin_add_overflow(weight, (i32)change, &sum) || sum < 0;
        if (weight == 0 || is_wrong) return bad_image(table, err);
        rows_change(rows, slot, (i32)change);
    }
    *count_out = count;
    return OK;
}

enum status table_apply(struct op *op, struct slice image, struct arena *arena, struct err *err)
{
    struct table *table = table_of(op);
    u32 old_count, batch_count, slots[BATCH_ROW_COUNT_MAX];
    if (apply_old(table, &image, &old_count, err)) return FAIL;
    if (!take_u32(&image, &batch_count)) return bad_image(table, err);
    /* Keys differ, and none of the old rows goes: but rows of a bag may be 1.0 and 1.00, one key for the index. */
    bool is_unknown = old_count == 0 && !table->by_row;
    for (u32 index = 0; index < batch_count; index++) {
        struct batch *batch;
        size_t size;
        if (batch_image_read(image, rows_types(op->rows), op->schema->column_count, arena, &batch,
                             &size, err))
            return FAIL;
        image = slice_make(image.data + size, image.size - size);
        for (u32 row = 0; row < batch->row_count; row++)
            if (batch->weights[row] <= 0) return bad_image(table, err);
        rows_add_batch(op->rows, batch, slots);
        table_index(table, batch, slots, table_hash(table, batch, arena), is_unknown);
        arena_reset(arena);
    }
    if (image.size > 0) return bad_image(table, err);
    table_begin_turn(op);
    return OK;
}
