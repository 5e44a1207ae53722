/* Filter and projection in one: rows for which a condition is true, as expressions give them.
 *
 * It keeps nothing. Slots pass through, and columns that are taken as they are stay known in the
 * pool, so that an arrangement above needs no copy of the rows. */
#include "base/assert.h"
#include "ops/emit.h"
#include "ops/ops.h"

struct map {
    struct op op;
    struct program *filter; /* or NULL */
    bool is_plain;          /* every output column is an input column */
    u32 *plain;             /* which, or OP_COLUMN_COMPUTED */
    struct program *exprs;  /* else */
    bool *computed;         /* input columns that the filter or an expression computes with */
    bool *used;             /* input columns that the output may show, or computes with */
};

static const struct op_class map_class;

static bool is_plain_column(const struct op *input, struct expr *const *exprs, u32 column);
static void columns_used(const struct expr *expr, bool *used);
static void set_slots(struct map *map, struct op *input, struct expr *const *exprs,
                      bool is_filtered);
struct op *op_map_make(struct graph *graph, struct op *input, struct expr *filter,
                       struct expr *const *exprs, u32 expr_count, const struct schema *schema)
{
    assert(!exprs || expr_count == schema->column_count);
    struct op *op = graph_add(graph, &map_class, sizeof(struct map), &input, 1, schema);
    struct map *map = (struct map *)op;
    u32 input_columns = input->schema->column_count;
    map->is_plain = true;
    map->used = arena_array(&op->arena, bool, input_columns);
    map->computed = arena_array(&op->arena, bool, input_columns);
    map->plain = arena_array(&op->arena, u32, schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++) {
        bool is_column = is_plain_column(input, exprs, c);
        map->is_plain &= is_column;
        map->plain[c] = !is_column ? OP_COLUMN_COMPUTED : exprs ? exprs[c]->column : c;
        if (!is_column) columns_used(exprs[c], map->computed);
        if (exprs)
            columns_used(exprs[c], map->used);
        else
            map->used[c] = true;
    }
    if (filter) columns_used(filter, map->computed);
    if (filter) map->filter = program_make(&op->arena, &filter, 1);
    if (!map->is_plain) map->exprs = program_make(&op->arena, exprs, expr_count);
    set_slots(map, input, exprs, filter != NULL);
    return op;
}

/* A column of the input as it is. Under another type, though its bytes are the same (integer as bigint,
 * timestamp as timestamptz), it is computed: in the slot it would be read as what it was. */
static bool is_plain_column(const struct op *input, struct expr *const *exprs, u32 column)
{
    if (!exprs) return true;
    const struct expr *expr = exprs[column];
    return expr->kind == EXPR_COLUMN &&
           type_equal(expr->type, input->schema->columns[expr->column].type);
}

static void columns_used(const struct expr *expr, bool *used)
{
    if (expr->kind == EXPR_COLUMN) used[expr->column] = true;
    for (u32 i = 0; i < expr->arg_count; i++)
        columns_used(expr->args[i], used);
}

static void set_slots(struct map *map, struct op *input, struct expr *const *exprs,
                      bool is_filtered)
{
    struct op *op = &map->op;
    if (!input->rows) return;
    op->rows = input->rows;
    op->is_whole = input->is_whole && !is_filtered && map->is_plain;
    op->is_set = input->is_set;
    u32 column_count = op->schema->column_count;
    op->pool_columns = arena_array(&op->arena, u32, column_count);
    for (u32 c = 0; c < column_count; c++) {
        bool is_column = is_plain_column(input, exprs, c);
        u32 column = exprs ? exprs[c]->column : c;
        op->pool_columns[c] = is_column ? op_pool_column(input, column) : OP_COLUMN_COMPUTED;
    }
}

static bool is_in_pool(const struct op *op, u32 column)
{
    return op->rows && op_pool_column(op, column) != OP_COLUMN_COMPUTED;
}

/* A row that cannot be computed is shown whole: what is not in its slot must be in the batch. */
static void map_needs(const struct op *op, u32 input, bool *marks)
{
    const struct map *map = (const struct map *)op;
    const struct op *from = op->inputs[input];
    bool computes = map->filter || map->exprs;
    for (u32 c = 0; c < from->schema->column_count; c++)
        marks[c] |= map->computed[c] || (computes && !is_in_pool(from, c));
    for (u32 c = 0; c < op->schema->column_count; c++)
        if (op->needed[c] && map->plain[c] != OP_COLUMN_COMPUTED) marks[map->plain[c]] = true;
}

/* --- A batch --- */

/* Rows of the input on their way to the output. */
struct stage {
    const struct batch *batch; /* as it came */
    u32 *picks;                /* rows of it that are left, or NULL: all */
    u32 count;
};

static void report(struct op *op, const struct stage *stage, const struct row_errors *errors)
{
    const struct graph_errors *sink = &op->graph->errors;
    if (errors->count == 0 || !sink->add) return;
    struct batch whole = emit_complete(op->inputs[0], stage->batch, &op->graph->tick);
    for (u32 i = 0; i < errors->count; i++) {
        struct row_error error = errors->errors[i];
        if (stage->picks) error.row = stage->picks[error.row];
        sink->add(sink->context, op, &whole, &error, whole.weights[error.row]);
    }
}

static void run_filter(struct map *map, struct stage *stage)
{
    struct arena *arena = &map->op.graph->tick;
    struct row_errors errors = { 0 };
    u32 *picks = arena_alloc(arena, sizeof(u32) * stage->count);
    stage->count = program_pick(map->filter, stage->batch, arena, picks, &errors);
    report(&map->op, stage, &errors);
    if (stage->count < stage->batch->row_count) stage->picks = picks;
}

/* The columns that the output reads, of the rows that are left. */
static struct column *gather_used(const struct map *map, const struct stage *stage)
{
    const struct batch *batch = stage->batch;
    struct arena *arena = &map->op.graph->tick;
    if (!stage->picks) return batch->columns;
    struct column *columns = arena_array(arena, struct column, batch->column_count);
    for (u32 c = 0; c < batch->column_count; c++) {
        columns[c] = (struct column){ .type = batch->columns[c].type };
        if (!map->used[c] || !batch->columns[c].data) continue;
        columns[c] = column_make(arena, batch->columns[c].type, stage->count);
        column_gather(&columns[c], 0, &batch->columns[c], stage->picks, stage->count, arena,
                      stage->count);
    }
    return columns;
}

static void *gather_u32(struct arena *arena, const void *source, const u32 *picks, u32 count)
{
    const u32 *from = source;
    u32 *to = arena_alloc(arena, sizeof(u32) * count);
    for (u32 i = 0; i < count; i++)
        to[i] = from[picks[i]];
    return to;
}

/* The rows of out whose row has no error. */
static const struct batch *drop_failed(struct arena *arena, const struct batch *out,
                                       const struct row_errors *errors)
{
    u32 *picks = arena_alloc(arena, sizeof(u32) * out->row_count), count = 0, next = 0;
    for (u32 r = 0; r < out->row_count; r++) {
        bool failed = next < errors->count && errors->errors[next].row == r;
        next += failed;
        picks[count] = r;
        count += !failed;
    }
    return batch_pick(arena, out, picks, count);
}

static void map_push(struct op *op, u32 input, const struct batch *batch)
{
    struct map *map = (struct map *)op;
    assert(input == 0);
    struct arena *arena = &op->graph->tick;
    struct arena_mark mark = arena_mark(arena);
    struct stage stage = { .batch = batch, .count = batch->row_count };
    if (map->filter) run_filter(map, &stage);

    struct column *columns = gather_used(map, &stage);
    struct batch out = { .row_count = stage.count,
                         .column_count = op->schema->column_count,
                         .weights = batch->weights,
                         .rows = op->rows ? batch->rows : NULL };
    out.columns = arena_array(arena, struct column, out.column_count);
    if (stage.picks) {
        out.weights = gather_u32(arena, batch->weights, stage.picks, stage.count);
        if (out.rows) out.rows = gather_u32(arena, batch->rows, stage.picks, stage.count);
    }
    const struct batch *result = &out;
    if (map->is_plain) {
        for (u32 c = 0; c < out.column_count; c++)
            out.columns[c] = columns[map->plain[c]];
    } else if (stage.count > 0) {
        struct batch in = out;
        in.column_count = batch->column_count;
        in.columns = columns;
        struct row_errors errors = { 0 };
        program_run(map->exprs, &in, arena, out.columns, &errors);
        report(op, &stage, &errors);
        if (errors.count > 0) result = drop_failed(arena, &out, &errors);
    }
    op_emit(op, result);
    arena_rewind(arena, mark);
}

static const struct op_class map_class = {
    .name = "map",
    .push = map_push,
    .needs = map_needs,
};
