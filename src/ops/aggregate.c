/* GROUP BY and DISTINCT: one row a group, kept in a pool, so that those above need no copy.
 *
 * A group is a slot of the pool of keys and a record of accumulators with the same number. A batch finds the
 * groups of its rows and adds to their accumulators; when the tick is whole, each touched group's row is made
 * again, and only if it differs the old one goes and the new one comes. So a group that is emptied and
 * revived in one tick shows nothing of it.
 *
 * Without aggregates (DISTINCT) the pool of keys is the result itself. */
#include "ops/aggregate.h"
#include "base/assert.h"
#include "ops/acc.h"
#include "ops/emit.h"

static const struct op_class aggregate_class;

struct op *op_aggregate_make(struct graph *graph, struct op *input, const u32 *group,
                             u32 group_count, const struct agg_call *calls, u32 call_count,
                             bool append_only, const struct schema *schema)
{
    assert(schema->column_count == group_count + call_count);
    struct op *op = graph_add(graph, &aggregate_class, sizeof(struct aggregate), &input, 1, schema);
    struct aggregate *agg = (struct aggregate *)op;
    aggregate_plan_calls(agg, input->schema, calls, call_count, append_only);
    struct type *types = arena_array(&op->arena, struct type, schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++)
        types[c] = schema->columns[c].type;
    u32 *columns = arena_copy(&op->arena, group, sizeof(*group) * group_count);
    groups_init(&agg->groups, &op->mem, graph->seed, columns, types, group_count, agg->record_size);
    agg->is_distinct = call_count == 0;
    assert(!agg->is_distinct || group_count > 0);
    op->is_whole = op->is_set = true;
    op->rows =
        agg->is_distinct ? agg->groups.keys : rows_open(&op->mem, types, schema->column_count);
    if (agg->is_distinct) {
        op->index = agg->groups.index;
        op->index_key_count = group_count;
        op->index_key = arena_array(&op->arena, u32, group_count);
        for (u32 k = 0; k < group_count; k++)
            op->index_key[k] = k;
    }
    if (group_count == 0) groups_touch(&agg->groups, 0);
    return op;
}

/* --- Taking rows --- */

/* The weights of the rows that count for acc: the column is not NULL, the filter is true. */
static const i32 *weights_for(const struct acc *acc, const struct batch *batch, i32 *weights)
{
    const u8 *nulls = acc->column == ACC_NO_COLUMN ? NULL : batch->columns[acc->column].nulls;
    if (!nulls && acc->filter_column == ACC_NO_COLUMN) return batch->weights;
    for (u32 r = 0; r < batch->row_count; r++)
        weights[r] = nulls && nulls[r] ? 0 : batch->weights[r];
    if (acc->filter_column == ACC_NO_COLUMN) return weights;
    const struct column *filter = &batch->columns[acc->filter_column];
    for (u32 r = 0; r < batch->row_count; r++)
        if (column_is_null(filter, r) || !((const u8 *)filter->data)[r]) weights[r] = 0;
    return weights;
}

static void add_rows(struct aggregate *agg, const struct batch *batch, const u32 *groups,
                     u8 *const *records, struct arena *arena)
{
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 a = 0; a < agg->acc_count; a++) {
        const struct acc *acc = &agg->accs[a];
        if (acc->source != ACC_NO_COLUMN) continue;
        const i32 *counting = weights_for(acc, batch, weights);
        const struct column *column =
            acc->column == ACC_NO_COLUMN ? NULL : &batch->columns[acc->column];
        if (acc->kind != ACC_VALUES) {
            acc_add(acc, &agg->op.mem, records, column, counting, batch->row_count);
        } else if (!values_add(acc->values, groups, column, counting, batch->row_count, arena)) {
            graph_suspend(agg->op.graph, &agg->op, "more than 2147483647 copies of a value");
            return;
        }
    }
}

static void aggregate_needs(const struct op *op, u32 input, bool *marks)
{
    const struct aggregate *agg = (const struct aggregate *)op;
    (void)input;
    for (u32 k = 0; k < agg->groups.column_count; k++)
        marks[agg->groups.columns[k]] = true;
    for (u32 a = 0; a < agg->acc_count; a++) {
        if (agg->accs[a].column != ACC_NO_COLUMN) marks[agg->accs[a].column] = true;
        if (agg->accs[a].filter_column != ACC_NO_COLUMN) marks[agg->accs[a].filter_column] = true;
    }
}

static void aggregate_push(struct op *op, u32 input, const struct batch *batch)
{
    struct aggregate *agg = (struct aggregate *)op;
    struct arena *arena = &op->graph->tick;
    assert(input == 0);
    graph_touch(op->graph, op);
    graph_mark_dirty(op->graph, op);
    struct arena_mark mark = arena_mark(arena);
    u32 groups[BATCH_ROW_COUNT_MAX];
    u8 *records[BATCH_ROW_COUNT_MAX];
    groups_find(&agg->groups, batch, arena, groups);
    groups_touch_batch(&agg->groups, groups, batch->row_count, records);
    for (u32 r = 0; r < batch->row_count; r++)
        ((struct group *)(void *)records[r])->weight += batch->weights[r];
    add_rows(agg, batch, groups, records, arena);
    arena_rewind(arena, mark);
}

/* --- The turn --- */

/* Values that came or went by the net sum of the tick, to the accumulators of DISTINCT. False: there are
 * no more. */
static bool apply_values(struct aggregate *agg)
{
    struct arena *arena = &agg->op.graph->tick;
    for (; agg->values_at < agg->acc_count; agg->values_at++, agg->values_position = 0) {
        const struct acc *source = &agg->accs[agg->values_at];
        if (source->kind != ACC_VALUES) continue;
        struct arena_mark mark = arena_mark(arena);
        struct values_changes changes;
        u32 seen = values_apply(source->values, &agg->values_position, arena, &changes);
        u8 *records[BATCH_ROW_COUNT_MAX];
        for (u32 i = 0; i < changes.count; i++)
            records[i] = (u8 *)groups_get(&agg->groups, changes.groups[i]);
        for (u32 a = 0; a < agg->acc_count; a++)
            if (agg->accs[a].source == agg->values_at)
                acc_add(&agg->accs[a], &agg->op.mem, records, &changes.column, changes.weights,
                        changes.count);
        arena_rewind(arena, mark);
        agg->op.graph->rows_moved += seen;
        if (seen > 0) return true;
    }
    return false;
}

/* Some groups in the making of their rows. */
struct piece {
    u32 count;
    const u32 *groups;
    u8 *records[AGGREGATE_PIECE];
    u8 flaws[AGGREGATE_PIECE];
    struct batch rows; /* as they are now; those of empty groups mean nothing */
    u32 change_count;
    u32 slots[AGGREGATE_PIECE * 2];
    i32 weights[AGGREGATE_PIECE * 2];
};

static void make_rows(struct aggregate *agg, struct piece *piece)
{
    struct arena *arena = &agg->op.graph->tick;
    struct batch *rows = &piece->rows;
    *rows =
        (struct batch){ .row_count = piece->count, .column_count = agg->op.schema->column_count };
    rows->columns = arena_array(arena, struct column, rows->column_count);
    for (u32 i = 0; i < piece->count; i++) {
        piece->records[i] = (u8 *)groups_get(&agg->groups, piece->groups[i]);
        for (u32 offset = 0; offset < agg->record_size; offset += 64)
            __builtin_prefetch(piece->records[i] + offset);
        __builtin_prefetch(piece->records[i] + agg->record_size - 1);
    }
    for (u32 i = 0; i < piece->count; i++) {
        u32 row = ((const struct group *)(const void *)piece->records[i])->row;
        if (row) rows_prefetch(agg->op.rows, row - 1);
    }
    memset(piece->flaws, 0, piece->count);
    groups_gather(&agg->groups, piece->groups, piece->count, arena, rows->columns);
    for (u32 c = 0; c < agg->call_count; c++) {
        const struct aggregate_call *call = &agg->calls[c];
        struct column *out = &rows->columns[agg->groups.column_count + c];
        const struct acc *acc = &agg->accs[call->acc];
        if (acc->kind == ACC_VALUES)
            *out =
                values_edge(acc->values, piece->groups, piece->count, call->kind == AGG_MAX, arena);
        else
            *out = acc_result(acc, call->scales == ACC_NO_COLUMN ? NULL : &agg->accs[call->scales],
                              call->kind, call->type, piece->records, piece->count, arena,
                              piece->flaws);
    }
}

/* An error's row is the group with NULLs for its results, so that it goes as it came. */
static void report(struct aggregate *agg, const struct piece *piece, u32 index, enum flaw flaw,
                   i32 weight)
{
    const struct graph_errors *sink = &agg->op.graph->errors;
    if (flaw == FLAW_NONE || !sink->add) return;
    struct arena *arena = &agg->op.graph->tick;
    struct batch batch = piece->rows;
    batch.columns = arena_copy(arena, batch.columns, sizeof(struct column) * batch.column_count);
    for (u32 c = agg->groups.column_count; c < batch.column_count; c++) {
        struct type type = agg->op.schema->columns[c].type;
        batch.columns[c] = column_make(arena, type, batch.row_count);
        memset(batch.columns[c].data, 0, (size_t)type_width(type) * batch.row_count);
        batch.columns[c].nulls = arena_alloc(arena, batch.row_count);
        memset(batch.columns[c].nulls, 1, batch.row_count);
    }
    struct row_error error = { .row = index, .message = flaw_message(flaw) };
    memcpy(error.sqlstate, flaw_sqlstate(flaw), sizeof error.sqlstate);
    sink->add(sink->context, &agg->op, &batch, &error, weight);
}

static void change_add(struct piece *piece, u32 slot, i32 weight)
{
    piece->slots[piece->change_count] = slot;
    piece->weights[piece->change_count++] = weight;
}

static void group_remove(struct aggregate *agg, u32 group)
{
    struct group *record = groups_get(&agg->groups, group);
    for (u32 a = 0; a < agg->acc_count; a++)
        acc_clear(&agg->accs[a], &agg->op.mem, (u8 *)record);
    groups_remove(&agg->groups, group);
}

/* Takes the old row of a group away if the new one differs. True: the new row is to be added. */
static bool replace_row(struct aggregate *agg, struct piece *piece, u32 index)
{
    struct rows *rows = agg->op.rows;
    struct group *record = (struct group *)(void *)piece->records[index];
    assert(record->weight >= 0);
    record->is_dirty = false;
    bool exists = record->weight > 0 || agg->groups.column_count == 0;
    enum flaw flaw_old = record->flaw, flaw_new = exists ? piece->flaws[index] : FLAW_NONE;
    if (flaw_old != flaw_new) {
        report(agg, piece, index, flaw_old, -1);
        report(agg, piece, index, flaw_new, 1);
        record->flaw = (u8)flaw_new;
    }
    bool has_row = exists && flaw_new == FLAW_NONE;
    u32 slot_old = record->row; /* slot + 1 */
    if (slot_old && has_row && rows_identical(rows, slot_old - 1, &piece->rows, index))
        return false;
    if (slot_old) {
        rows_change(rows, slot_old - 1, -1);
        change_add(piece, slot_old - 1, -1);
        record->row = 0;
    }
    if (!exists) group_remove(agg, piece->groups[index]);
    return has_row;
}

static void add_new_rows(struct aggregate *agg, struct piece *piece, const u32 *picks, u32 count)
{
    struct arena *arena = &agg->op.graph->tick;
    struct batch *batch = &piece->rows;
    u32 slots[AGGREGATE_PIECE];
    if (count == 0) return;
    batch->weights = arena_alloc(arena, sizeof(i32) * batch->row_count);
    for (u32 i = 0; i < batch->row_count; i++)
        batch->weights[i] = 1;
    if (count < batch->row_count) batch = batch_pick(arena, batch, picks, count);
    rows_add_batch(agg->op.rows, batch, slots);
    for (u32 i = 0; i < count; i++) {
        change_add(piece, slots[i], 1);
        ((struct group *)(void *)piece->records[picks[i]])->row = slots[i] + 1;
    }
}

static void replace_rows(struct aggregate *agg, const u32 *groups, u32 count)
{
    struct arena_mark mark = arena_mark(&agg->op.graph->tick);
    struct piece piece; /* some KiB, most of which are not touched */
    piece.count = count;
    piece.groups = groups;
    piece.change_count = 0;
    make_rows(agg, &piece);
    u32 picks[AGGREGATE_PIECE], picked = 0;
    for (u32 i = 0; i < count; i++) {
        picks[picked] = i;
        picked += replace_row(agg, &piece, i);
    }
    add_new_rows(agg, &piece, picks, picked);
    if (op_watermark_max(&agg->op) > 0)
        emit_slots(&agg->op, piece.slots, piece.weights, piece.change_count);
    arena_rewind(&agg->op.graph->tick, mark);
}

/* DISTINCT: keys whose rows all left go; the pool of keys knows the rest. */
static enum turn distinct_turn(struct aggregate *agg, u32 rows)
{
    for (; agg->dirty_at < agg->groups.dirty_count; agg->dirty_at++) {
        struct group *record = groups_get(&agg->groups, agg->groups.dirty[agg->dirty_at]);
        assert(record->weight >= 0);
        record->is_dirty = false;
        if (record->weight == 0) group_remove(agg, agg->groups.dirty[agg->dirty_at]);
    }
    u32 count;
    const u32 *dirty = rows_dirty(agg->op.rows, &count);
    return emit_changes(&agg->op, dirty, count, &agg->emit_at, rows);
}

static enum turn aggregate_turn(struct op *op, u32 rows)
{
    struct aggregate *agg = (struct aggregate *)op;
    if (agg->is_distinct) return distinct_turn(agg, rows);
    u64 end = op->graph->rows_moved + rows;
    while (apply_values(agg))
        if (op->graph->rows_moved >= end) return TURN_MORE;
    while (agg->dirty_at < agg->groups.dirty_count) {
        u32 count = MIN(agg->groups.dirty_count - agg->dirty_at, AGGREGATE_PIECE);
        replace_rows(agg, agg->groups.dirty + agg->dirty_at, count);
        agg->dirty_at += count;
        op->graph->rows_moved += count;
        if (op->graph->rows_moved >= end && agg->dirty_at < agg->groups.dirty_count)
            return TURN_MORE;
    }
    return TURN_DONE;
}

/* --- The end of the tick --- */

static void aggregate_settle(struct op *op)
{
    struct aggregate *agg = (struct aggregate *)op;
    groups_settle(&agg->groups);
    for (u32 a = 0; a < agg->acc_count; a++)
        if (agg->accs[a].kind == ACC_VALUES) values_settle(agg->accs[a].values);
    agg->dirty_at = agg->emit_at = 0;
    agg->values_at = agg->values_position = 0;
}

static void aggregate_settle_rows(struct op *op)
{
    struct aggregate *agg = (struct aggregate *)op;
    groups_settle_rows(&agg->groups);
    if (!agg->is_distinct) rows_settle(op->rows);
}

static void aggregate_explain(const struct op *op, struct buf *out)
{
    const struct aggregate *agg = (const struct aggregate *)op;
    buf_puts(out, "by (");
    for (u32 k = 0; k < agg->groups.column_count; k++)
        buf_format(out, "%s%s", k ? ", " : "", op->schema->columns[k].name);
    buf_format(out, "), %u accumulators", agg->acc_count);
}

static void clear_group(void *context, u32 group)
{
    struct aggregate *agg = context;
    for (u32 a = 0; a < agg->acc_count; a++)
        acc_clear(&agg->accs[a], &agg->op.mem, (u8 *)groups_get(&agg->groups, group));
}

static void aggregate_close(struct op *op)
{
    struct aggregate *agg = (struct aggregate *)op;
    groups_each(&agg->groups, clear_group, agg);
    for (u32 a = 0; a < agg->acc_count; a++)
        if (agg->accs[a].kind == ACC_VALUES) values_close(agg->accs[a].values);
    if (!agg->is_distinct) rows_close(op->rows);
    groups_deinit(&agg->groups);
}

static const struct op_class aggregate_class = {
    .name = "aggregate",
    .push = aggregate_push,
    .needs = aggregate_needs,
    .turn = aggregate_turn,
    .settle = aggregate_settle,
    .settle_rows = aggregate_settle_rows,
    .scan = emit_scan,
    .scan_end = emit_scan_end,
    .slots = emit_slots_live,
    .dirty = emit_dirty,
    .explain = aggregate_explain,
    .close = aggregate_close,
};
