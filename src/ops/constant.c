/* Rows that stand in the query. They never change, so all they do is to be scanned. */
#include "base/assert.h"
#include "ops/ops.h"

struct constant {
    struct op op;
    struct batch *batch;
};

static const struct op_class constant_class;

struct op *op_constant_make(struct graph *graph, const struct batch *rows,
                            const struct schema *schema)
{
    assert(rows->column_count == schema->column_count);
    struct op *op = graph_add(graph, &constant_class, sizeof(struct constant), NULL, 0, schema);
    struct constant *constant = (struct constant *)op;
    constant->batch = batch_copy(&op->arena, rows);
    constant->batch->rows = NULL;
    constant->batch->consolidated = false;
    op->is_filled = true;
    return op;
}

/* One batch is at most BATCH_ROW_COUNT_MAX rows: a quantum. */
static enum turn constant_scan(struct op *op, struct op_scan *scan, u32 rows)
{
    (void)rows;
    const struct constant *constant = (const struct constant *)op;
    op_give(scan->consumer, scan->input, constant->batch);
    scan->cursor = constant->batch->row_count;
    return TURN_DONE;
}

static u32 constant_scan_end(const struct op *op)
{
    return ((const struct constant *)op)->batch->row_count;
}

static const struct op_class constant_class = {
    .name = "constant",
    .scan = constant_scan,
    .scan_end = constant_scan_end,
};
