#include "ops/emit.h"

#include "base/assert.h"

static struct batch make_batch(const struct op *op, u32 *slots, i32 *weights, u32 count);

enum turn emit_changes(struct op *op, const u32 *dirty, u32 dirty_count, u32 *position, u32 rows)
{
    if (op_watermark_max(op) == 0) *position = dirty_count; /* nobody is pushed anything */
    u32 slots[BATCH_ROW_COUNT_MAX];
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 seen = 0; *position < dirty_count;) {
        if (seen >= rows) return TURN_MORE;
        u32 taken = MIN(dirty_count - *position, BATCH_ROW_COUNT_MAX), count = 0;
        const u32 *piece = &dirty[*position];
        rows_deltas(op->rows, piece, taken, weights);
        for (u32 i = 0; i < taken; i++) {
            slots[count] = piece[i];
            weights[count] = weights[i];
            count += weights[i] != 0;
        }
        *position += taken;
        seen += taken;
        emit_slots(op, slots, weights, count);
    }
    return TURN_DONE;
}

void emit_slots(struct op *op, u32 *slots, i32 *weights, u32 count)
{
    if (count == 0) return;
    struct arena_mark mark = arena_mark(&op->graph->tick);
    struct batch batch = make_batch(op, slots, weights, count);
    op_emit(op, &batch);
    arena_rewind(&op->graph->tick, mark);
}

static struct batch make_batch(const struct op *op, u32 *slots, i32 *weights, u32 count)
{
    u32 column_count = op->schema->column_count;
    struct arena *arena = &op->graph->tick;
    struct batch batch = { .row_count = count,
                           .column_count = column_count,
                           .columns = arena_alloc(arena, sizeof(struct column) * column_count),
                           .weights = weights,
                           .rows = slots,
                           .consolidated = !op->repeats };
    emit_gather_marked(op, op->needed, slots, count, arena, batch.columns);
    return batch;
}

void emit_gather(const struct op *op, const u32 *slots, u32 count, const u32 *columns,
                 u32 column_count, struct arena *arena, struct column *out)
{
    if (!op->pool_columns) {
        rows_gather(op->rows, slots, count, columns, column_count, arena, out);
        return;
    }
    u32 *mapped = arena_alloc(arena, sizeof(u32) * column_count);
    for (u32 c = 0; c < column_count; c++)
        mapped[c] = op->pool_columns[columns ? columns[c] : c];
    rows_gather(op->rows, slots, count, mapped, column_count, arena, out);
}

void emit_gather_marked(const struct op *op, const bool *marks, const u32 *slots, u32 count,
                        struct arena *arena, struct column *out)
{
    u32 columns[SCHEMA_COLUMN_COUNT_MAX], column_count = 0;
    for (u32 c = 0; c < op->schema->column_count; c++) {
        out[c] = (struct column){ .type = op->schema->columns[c].type };
        columns[column_count] = c;
        column_count += marks[c];
    }
    if (column_count == 0) return;
    struct column *fetched = arena_alloc(arena, sizeof(*fetched) * column_count);
    emit_gather(op, slots, count, columns, column_count, arena, fetched);
    for (u32 i = 0; i < column_count; i++)
        out[columns[i]] = fetched[i];
}

struct batch emit_complete(const struct op *op, const struct batch *batch, struct arena *arena)
{
    struct batch whole = *batch;
    bool absent[SCHEMA_COLUMN_COUNT_MAX], any = false;
    for (u32 c = 0; c < batch->column_count; c++) {
        absent[c] = !batch->columns[c].data;
        any |= absent[c];
    }
    if (!any) return whole;
    assert(batch->rows);
    whole.columns = arena_array(arena, struct column, batch->column_count);
    emit_gather_marked(op, absent, batch->rows, batch->row_count, arena, whole.columns);
    for (u32 c = 0; c < batch->column_count; c++)
        if (!absent[c]) whole.columns[c] = batch->columns[c];
    return whole;
}

enum turn emit_scan(struct op *op, struct op_scan *scan, u32 rows)
{
    return emit_scan_if(op, scan, rows, NULL);
}

static u32 pick_members(const struct index *members, u32 *slots, i32 *weights, u32 count)
{
    u32 picked = 0;
    for (u32 i = 0; i < count; i++) {
        slots[picked] = slots[i];
        weights[picked] = weights[i];
        picked += index_holds(members, slots[i]);
    }
    return picked;
}

enum turn emit_scan_if(struct op *op, struct op_scan *scan, u32 rows, const struct index *members)
{
    u32 slots[BATCH_ROW_COUNT_MAX];
    i32 weights[BATCH_ROW_COUNT_MAX];
    u32 slot_end = rows_slot_end(op->rows);
    u32 end = slot_end - scan->cursor > rows ? scan->cursor + rows : slot_end;
    while (scan->cursor < end) {
        u32 count =
            rows_scan(op->rows, &scan->cursor, end, SIDE_NEW, BATCH_ROW_COUNT_MAX, slots, weights);
        if (count == 0) break;
        if (members) count = pick_members(members, slots, weights, count);
        if (count == 0) continue;
        struct arena_mark mark = arena_mark(&op->graph->tick);
        struct batch batch = make_batch(op, slots, weights, count);
        op_give(scan->consumer, scan->input, &batch);
        arena_rewind(&op->graph->tick, mark);
    }
    scan->cursor = end;
    return end < slot_end ? TURN_MORE : TURN_DONE;
}

u32 emit_scan_end(const struct op *op)
{
    return rows_slot_end(op->rows);
}

u32 emit_slots_live(struct op *op, u32 *cursor, u32 *slots, u32 capacity)
{
    i32 weights[BATCH_ROW_COUNT_MAX];
    assert(capacity <= BATCH_ROW_COUNT_MAX);
    return rows_scan(op->rows, cursor, rows_slot_end(op->rows), SIDE_NEW, capacity, slots, weights);
}

const u32 *emit_dirty(const struct op *op, u32 *count)
{
    return rows_dirty(op->rows, count);
}

void emit_settle_rows(struct op *op)
{
    rows_settle(op->rows);
}
