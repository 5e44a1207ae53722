/* All rows of several inputs: UNION ALL. It keeps nothing and passes batches on.
 *
 * Several inputs may lie in one pool, and then a slot could come twice in a tick; so slots are
 * forgotten here. */
#include "ops/ops.h"

static const struct op_class concat_class;

struct op *op_concat_make(struct graph *graph, struct op *const *inputs, u32 input_count,
                          const struct schema *schema)
{
    return graph_add(graph, &concat_class, sizeof(struct op), inputs, input_count, schema);
}

static void concat_push(struct op *op, u32 input, const struct batch *batch)
{
    (void)input;
    struct batch out = *batch;
    out.rows = NULL;
    op_emit(op, &out);
}

static void concat_needs(const struct op *op, u32 input, bool *marks)
{
    (void)input;
    for (u32 c = 0; c < op->schema->column_count; c++)
        marks[c] |= op->needed[c];
}

static const struct op_class concat_class = {
    .name = "concat",
    .push = concat_push,
    .needs = concat_needs,
};
