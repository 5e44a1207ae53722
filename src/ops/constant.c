/* Rows that stand in the query. They never change, so all they do is to be scanned. */
#include "base/assert.h"
#include "ops/ops.h"

struct constant {
    struct op op;
    u32 batch_count;
    struct batch **batches;
};

static const struct op_class constant_class;

struct op *op_constant_make(struct graph *graph, const struct batch *const *batches,
                            u32 batch_count, const struct schema *schema)
{
    struct op *op = graph_add(graph, &constant_class, sizeof(struct constant), NULL, 0, schema);
    struct constant *constant = (struct constant *)op;
    constant->batches = arena_array(&op->arena, struct batch *, batch_count);
    constant->batch_count = batch_count;
    for (u32 i = 0; i < batch_count; i++) {
        assert(batches[i]->column_count == schema->column_count);
        constant->batches[i] = batch_copy(&op->arena, batches[i]);
        constant->batches[i]->rows = NULL;
        constant->batches[i]->consolidated = false;
    }
    op->is_filled = true;
    return op;
}

/* The origin of a row is the number of its batch. */
static enum turn constant_scan(struct op *op, struct op_scan *scan, u32 rows)
{
    const struct constant *constant = (const struct constant *)op;
    for (u32 given = 0; scan->cursor < constant->batch_count && given < rows; scan->cursor++) {
        const struct batch *batch = constant->batches[scan->cursor];
        op_give(scan->consumer, scan->input, batch);
        given += batch->row_count;
    }
    return scan->cursor < constant->batch_count ? TURN_MORE : TURN_DONE;
}

static u32 constant_scan_end(const struct op *op)
{
    return ((const struct constant *)op)->batch_count;
}

static const struct op_class constant_class = {
    .name = "constant",
    .scan = constant_scan,
    .scan_end = constant_scan_end,
};
