#include "flow/op.h"

#include <string.h>

#include "base/assert.h"
#include "flow/graph.h"

static void give_below(struct op *op, const struct op_output *output, const struct batch *batch,
                       const u32 *origins);

bool op_is_slotted(const struct op *op)
{
    if (!op->rows) return false;
    if (!op->pool_columns) return true;
    for (u32 c = 0; c < op->schema->column_count; c++)
        if (op->pool_columns[c] == OP_COLUMN_COMPUTED) return false;
    return true;
}

/* --- Which columns are read --- */

static void mark_needs(const struct op *consumer, u32 input, u32 column_count, bool *marks)
{
    if (consumer->class->needs)
        consumer->class->needs(consumer, input, marks);
    else
        memset(marks, true, column_count);
}

/* What is needed of op has changed, and so has what op needs. As deep as the plan. */
static void needs_set(struct op *op, const bool *marks, void (*update)(struct op *input))
{
    u32 column_count = op->schema->column_count;
    if (memcmp(op->needed, marks, column_count) == 0) return;
    memcpy(op->needed, marks, column_count);
    for (u32 i = 0; i < op->input_count && !op->class->reads; i++)
        if (update)
            update(op->inputs[i]);
        else
            op_needs_add(op->inputs[i], op, i);
}

/* Without a look at the other consumers, of which there may be thousands. */
void op_needs_add(struct op *op, const struct op *consumer, u32 input)
{
    bool marks[SCHEMA_COLUMN_COUNT_MAX];
    memcpy(marks, op->needed, op->schema->column_count);
    mark_needs(consumer, input, op->schema->column_count, marks);
    needs_set(op, marks, NULL);
}

void op_needs_update(struct op *op)
{
    bool marks[SCHEMA_COLUMN_COUNT_MAX];
    memset(marks, false, op->schema->column_count);
    for (u32 i = 0; i < op->output_count; i++) {
        const struct op_output *output = &op->outputs[i];
        if (output->is_read) continue;
        mark_needs(output->consumer, output->input, op->schema->column_count, marks);
    }
    needs_set(op, marks, op_needs_update);
}

/* --- Giving --- */

void op_emit(struct op *op, const struct batch *batch)
{
    op_emit_from(op, batch, batch->rows);
}

void op_emit_from(struct op *op, const struct batch *batch, const u32 *origins)
{
    if (batch->row_count == 0) return;
    assert(batch->row_count <= BATCH_ROW_COUNT_MAX);
    op->rows_out += batch->row_count;
    for (u32 i = 0; i < op->output_count; i++) {
        const struct op_output *output = &op->outputs[i];
        if (output->is_read || output->watermark == 0) continue;
        if (output->watermark == OP_WATERMARK_ALL)
            op_give(output->consumer, output->input, batch);
        else
            give_below(op, output, batch, origins);
    }
}

/* Only the rows that come from what the consumer has been given. */
static void give_below(struct op *op, const struct op_output *output, const struct batch *batch,
                       const u32 *origins)
{
    assert(origins);
    struct arena *arena = &op->graph->tick;
    struct arena_mark mark = arena_mark(arena);
    u32 picks[BATCH_ROW_COUNT_MAX], count = 0;
    for (u32 r = 0; r < batch->row_count; r++) {
        picks[count] = r;
        count += origins[r] < output->watermark;
    }
    if (count == batch->row_count)
        op_give(output->consumer, output->input, batch);
    else if (count > 0)
        op_give(output->consumer, output->input, batch_pick(arena, batch, picks, count));
    arena_rewind(arena, mark);
}

void op_give(struct op *consumer, u32 input, const struct batch *batch)
{
    struct graph *graph = consumer->graph;
    if (unlikely(graph->size_max > 0 && graph->mem->used > graph->size_max))
        graph_suspend(graph, consumer, "memory");
    if (unlikely(consumer->is_suspended) || batch->row_count == 0) return;
    slow_assert(batch->column_count == consumer->inputs[input]->schema->column_count);
    consumer->rows_in += batch->row_count;
    consumer->graph->rows_moved += batch->row_count;
    consumer->class->push(consumer, input, batch);
}

u32 op_watermark_max(const struct op *op)
{
    u32 max = 0;
    for (u32 i = 0; i < op->output_count; i++)
        if (!op->outputs[i].is_read) max = MAX(max, op->outputs[i].watermark);
    return max;
}
