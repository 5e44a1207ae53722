#include "ops/table_internal.h"

#include "base/assert.h"
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
    op->repeats = op->is_set && options->key_count == 0;
    table->name = arena_string(&op->arena, options->name, strlen(options->name));
    table->is_append_only = options->is_append_only;
    table->key_count = options->key_count;
    table->keys = arena_array(&op->arena, struct table_unique, options->key_count);
    for (u32 index = 0; index < options->key_count; index++) {
        struct table_key *key = &table->keys[index].key;
        *key = options->keys[index];
        assert(key->column_count <= TABLE_KEY_COLUMN_MAX);
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
    assert(op->index);
    u64 hash = op->graph->seed;
    for (u32 index = 0; index < op->index_key_count; index++) {
        struct column one = { .type = keys[index].type,
                              .data = (u8 *)keys[index].data +
                                      (size_t)row * type_width(keys[index].type),
                              .nulls = keys[index].nulls ? keys[index].nulls + row : NULL };
        column_hash(&one, 1, &hash);
    }
    return index_find(op->index, keys, row, hash, is_live, op->rows);
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

void table_begin_turn(struct op *op)
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
    if (count == 0) return false;
    table_begin_turn(op);
    return true;
}

void table_undo(struct op *op)
{
    struct table *table = table_of(op);
    assert(!table->in_txn);
    u32 count;
    const u32 *dirty = rows_dirty(op->rows, &count);
    for (u32 at = count; at > 0; at--)
        if (rows_weight(op->rows, dirty[at - 1], SIDE_OLD) == 0)
            table_unindex(table, dirty[at - 1]);
    rows_undo(op->rows);
    table->position = 0;
}

/* --- struct op_class --- */

static enum turn table_turn(struct op *op, u32 rows)
{
    u32 count;
    const u32 *dirty = rows_dirty(op->rows, &count);
    return emit_changes(op, dirty, count, &table_of(op)->position, rows);
}

/* An emptied table forgets all at once. */
static void clear_indexes(struct table *table)
{
    for (u32 key = 0; key < table->key_count; key++)
        index_clear(table->keys[key].index);
    if (table->by_row) index_clear(table->by_row);
}

static void table_settle(struct op *op)
{
    struct table *table = table_of(op);
    u32 count, dead[BATCH_ROW_COUNT_MAX], dead_count = 0;
    i32 weights[BATCH_ROW_COUNT_MAX];
    const u32 *dirty = rows_dirty(op->rows, &count);
    table->position = 0;
    if (count > 0 && rows_count(op->rows) == 0) {
        clear_indexes(table);
        return;
    }
    for (u32 start = 0; start < count; start += BATCH_ROW_COUNT_MAX) {
        u32 taken = MIN(count - start, BATCH_ROW_COUNT_MAX);
        rows_weights(op->rows, dirty + start, taken, SIDE_NEW, weights);
        dead_count = 0;
        for (u32 i = 0; i < taken; i++) {
            dead[dead_count] = dirty[start + i];
            dead_count += weights[i] == 0;
        }
        table_unindex_batch(table, dead, dead_count);
    }
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
    mem_free(&op->mem, table->gone.slots, table->gone.capacity * sizeof(u32));
    mem_free(&op->mem, table->moved.slots, table->moved.capacity * sizeof(u32));
    mem_free(&op->mem, table->touched, table->touched_capacity * sizeof *table->touched);
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
