#include "ops/table_internal.h"

#include "base/assert.h"
#include "data/batch_image.h"
#include "ops/emit.h"

static const struct op_class table_class;

static struct index *open_index(struct table *table, const u32 *columns, u32 count);

struct op *op_table_make(struct graph *graph, const struct table_options *options)
{
    const struct schema *schema = options->schema;
    struct op *op = graph_add(graph, &table_class, sizeof(struct table), NULL, 0, schema);
    struct table *table = table_of(op);
    struct type types[SCHEMA_COLUMN_COUNT_MAX];
    for (u32 column = 0; column < schema->column_count; column++)
        types[column] = schema->columns[column].type;
    op->rows = rows_open(&op->mem, types, schema->column_count);
    op->is_whole = op->is_filled = true;
    op->is_set = options->key_count > 0 || options->is_append_only;
    table->name = arena_string(&op->arena, options->name, strlen(options->name));
    table->is_append_only = options->is_append_only;
    table->key_count = options->key_count;
    table->keys = arena_array(&op->arena, struct table_unique, options->key_count);
    for (u32 index = 0; index < options->key_count; index++) {
        struct table_key *key = &table->keys[index].key;
        *key = options->keys[index];
        key->name = arena_string(&op->arena, key->name, strlen(key->name));
        key->columns = arena_copy(&op->arena, key->columns, key->column_count * sizeof(u32));
        table->keys[index].index = open_index(table, key->columns, key->column_count);
    }
    if (options->key_count == 0 && !options->is_append_only)
        table->by_row = open_index(table, NULL, schema->column_count);
    if (table->key_count > 0 && table->keys[0].key.is_primary) {
        op->index = table->keys[0].index;
        op->index_key_count = table->keys[0].key.column_count;
        op->index_key =
            arena_copy(&op->arena, table->keys[0].key.columns, op->index_key_count * sizeof(u32));
    }
    return op;
}

/* columns NULL: all. */
static struct index *open_index(struct table *table, const u32 *columns, u32 count)
{
    struct op *op = &table->op;
    if (!columns) {
        u32 *all = arena_array(&op->arena, u32, count);
        for (u32 column = 0; column < count; column++)
            all[column] = column;
        columns = all;
    }
    return index_open(&op->mem, op->rows, columns, count, op->graph->seed);
}

void table_unindex(struct table *table, u32 slot)
{
    for (u32 index = 0; index < table->key_count; index++)
        index_remove(table->keys[index].index, slot);
    if (table->by_row) index_remove(table->by_row, slot);
}

u32 table_scan_new(struct op *op, u32 *cursor, u32 *slots, u32 capacity)
{
    i32 weights[BATCH_ROW_COUNT_MAX];
    assert(capacity <= BATCH_ROW_COUNT_MAX);
    return rows_scan(op->rows, cursor, rows_slot_end(op->rows), SIDE_NEW, capacity, slots, weights);
}

static bool is_live(const void *context, u32 slot)
{
    return rows_weight(context, slot, SIDE_NEW) != 0;
}

u32 table_find_new(struct op *op, const struct column *keys, u32 row)
{
    struct batch batch = { .row_count = row + 1, .column_count = op->index_key_count };
    struct column columns[32];
    assert(op->index && batch.column_count <= countof(columns));
    memcpy(columns, keys, batch.column_count * sizeof *columns);
    batch.columns = columns;
    u64 hashes[BATCH_ROW_COUNT_MAX];
    batch_hash(&batch, NULL, 0, op->graph->seed, hashes);
    return index_find(op->index, keys, row, hashes[row], is_live, op->rows);
}

u64 table_row_count(const struct op *op)
{
    return rows_count(op->rows);
}

/* --- the tick --- */

static void slot_gone(void *context, u32 slot)
{
    table_unindex(context, slot);
}

static void slot_moved(void *context, u32 from, u32 to)
{
    struct table *table = context;
    for (u32 index = 0; index < table->key_count; index++)
        index_replace(table->keys[index].index, from, to);
    if (table->by_row) index_replace(table->by_row, from, to);
}

static void begin_turn(struct op *op)
{
    graph_touch(op->graph, op);
    graph_mark_dirty(op->graph, op);
}

bool table_compact(struct op *op)
{
    struct table *table = table_of(op);
    assert(!table->in_txn);
    const struct rows_compact_hooks hooks = { .context = table,
                                              .gone = slot_gone,
                                              .moved = slot_moved };
    u32 count;
    rows_compact(op->rows, &hooks);
    rows_dirty(op->rows, &count);
    if (count == 0) {
        rows_settle(op->rows); /* it takes no part in this tick, so nobody will settle it */
        return false;
    }
    begin_turn(op);
    return true;
}

/* The slots that are in rows_dirty and were not there before the tick leave the indexes. */
static void unindex_new(struct table *table, u32 start)
{
    u32 count;
    const u32 *dirty = rows_dirty(table->op.rows, &count);
    for (u32 index = start; index < count; index++)
        if (rows_weight(table->op.rows, dirty[index], SIDE_OLD) == 0)
            table_unindex(table, dirty[index]);
}

void table_undo(struct op *op)
{
    struct table *table = table_of(op);
    unindex_new(table, 0);
    rows_undo(op->rows);
    table->position = 0;
}

/* --- the image: count of old rows u32, (slot u32, change i32) each, count of batches u32, images --- */

void table_image(struct op *op, struct buf *out)
{
    u32 count, old_count = rows_dirty_old_count(op->rows);
    const u32 *dirty = rows_dirty(op->rows, &count);
    buf_append(out, &old_count, sizeof old_count);
    for (u32 index = 0; index < old_count; index++) {
        i32 change;
        rows_deltas(op->rows, dirty + index, 1, &change);
        buf_append(out, dirty + index, sizeof *dirty);
        buf_append(out, &change, sizeof change);
    }
    u32 batch_count = (count - old_count + BATCH_ROW_COUNT_MAX - 1) / BATCH_ROW_COUNT_MAX;
    buf_append(out, &batch_count, sizeof batch_count);
    struct arena arena;
    arena_init(&arena, &op->mem);
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 start = old_count; start < count; start += BATCH_ROW_COUNT_MAX) {
        struct batch batch = { .row_count = MIN(count - start, BATCH_ROW_COUNT_MAX),
                               .column_count = op->schema->column_count,
                               .weights = weights };
        batch.columns = arena_array(&arena, struct column, batch.column_count);
        rows_gather(op->rows, dirty + start, batch.row_count, NULL, batch.column_count, &arena,
                    batch.columns);
        rows_weights(op->rows, dirty + start, batch.row_count, SIDE_NEW, weights);
        batch_image_write(&batch, out);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
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

static enum status apply_old(struct table *table, struct slice *image, struct err *err)
{
    u32 count, slot, change;
    struct rows *rows = table->op.rows;
    if (!take_u32(image, &count)) return bad_image(table, err);
    for (u32 index = 0; index < count; index++) {
        if (!take_u32(image, &slot) || !take_u32(image, &change) || slot >= rows_slot_end(rows) ||
            rows_weight(rows, slot, SIDE_NEW) + (i32)change < 0)
            return bad_image(table, err);
        rows_change(rows, slot, (i32)change);
    }
    return OK;
}

static void index_batch(struct table *table, const struct batch *batch, const u32 *slots)
{
    u64 hashes[BATCH_ROW_COUNT_MAX];
    for (u32 index = 0; index < table->key_count; index++) {
        const struct table_key *key = &table->keys[index].key;
        batch_hash(batch, key->columns, key->column_count, table->op.graph->seed, hashes);
        index_add_batch(table->keys[index].index, slots, hashes, batch->row_count);
    }
    if (!table->by_row) return;
    batch_hash(batch, NULL, 0, table->op.graph->seed, hashes);
    index_add_batch(table->by_row, slots, hashes, batch->row_count);
}

enum status table_apply(struct op *op, struct slice image, struct arena *arena, struct err *err)
{
    struct table *table = table_of(op);
    u32 batch_count, slots[BATCH_ROW_COUNT_MAX];
    if (apply_old(table, &image, err)) return FAIL;
    if (!take_u32(&image, &batch_count)) return bad_image(table, err);
    for (u32 index = 0; index < batch_count; index++) {
        struct batch *batch;
        size_t size;
        if (batch_image_read(image, rows_types(op->rows), op->schema->column_count, arena, &batch,
                             &size, err))
            return FAIL;
        image = slice_make(image.data + size, image.size - size);
        rows_add_batch(op->rows, batch, slots);
        index_batch(table, batch, slots);
        arena_reset(arena);
    }
    if (image.size > 0) return bad_image(table, err);
    begin_turn(op);
    return OK;
}

/* --- struct op_class --- */

static enum turn table_turn(struct op *op, u32 rows)
{
    u32 count;
    const u32 *dirty = rows_dirty(op->rows, &count);
    return emit_changes(op, dirty, count, &table_of(op)->position, rows);
}

static void table_settle(struct op *op)
{
    struct table *table = table_of(op);
    u32 count;
    const u32 *dirty = rows_dirty(op->rows, &count);
    for (u32 index = 0; index < count; index++)
        if (rows_weight(op->rows, dirty[index], SIDE_NEW) == 0) table_unindex(table, dirty[index]);
    table->position = 0;
}

static void table_explain(const struct op *op, struct buf *out)
{
    const struct table *table = (const struct table *)op;
    buf_format(out, "%s%s", table->name, table->is_append_only ? ", append-only" : "");
}

static void table_close(struct op *op)
{
    struct table *table = table_of(op);
    for (u32 index = 0; index < table->key_count; index++)
        index_close(table->keys[index].index);
    if (table->by_row) index_close(table->by_row);
    mem_free(&op->mem, table->moved, table->moved_capacity * sizeof(u32));
    mem_free(&op->mem, table->touched, table->touched_capacity * sizeof(u32));
    rows_close(op->rows);
}

static const struct op_class table_class = {
    .name = "table",
    .turn = table_turn,
    .settle = table_settle,
    .settle_rows = emit_settle_rows,
    .scan = emit_scan,
    .scan_end = emit_scan_end,
    .slots = emit_slots_live,
    .dirty = emit_dirty,
    .explain = table_explain,
    .close = table_close,
};
