/* Inner join of several arrangements. It keeps nothing: the change of each input is led along a path
 * through the others, those before it as they are after the tick, those behind it as they were.
 *
 *   d(A B C) = dA B_old C_old + A_new dB C_old + A_new B_new dC
 *
 * The origin of a row is its slot in the first input, so that one consumer can be filled while others
 * get every change. */
#include "base/assert.h"
#include "ops/join_scan.h"

struct join {
    struct op op;
    struct join_plan *plan;
    u32 reported_to; /* errors of tuples with origins below it are in the graph's errors */
    /* Within a turn: */
    u32 path;
    u32 position;         /* in the dirty slots of the driver */
    struct join_run *run; /* in the tick arena */
    struct arena_mark mark;
};

static const struct op_class join_class;

static u32 add_input(struct op **inputs, u32 count, struct op *input);

struct op *op_join_make(struct graph *graph, const struct join_options *options,
                        const struct schema *schema)
{
    assert(options->output_count == schema->column_count);
    u32 capacity = options->input_count * options->input_count, count = 0;
    struct op *inputs[JOIN_INPUT_COUNT_MAX * JOIN_INPUT_COUNT_MAX];
    assert(capacity <= countof(inputs));
    for (u32 i = 0; i < options->input_count; i++) {
        count = add_input(inputs, count, options->inputs[i]);
        for (u32 s = 0; s < options->paths[i].step_count; s++)
            count = add_input(inputs, count, options->paths[i].steps[s].arrange);
    }
    struct op *op = graph_add(graph, &join_class, sizeof(struct join), inputs, count, schema);
    ((struct join *)op)->plan = join_plan_make(&op->arena, options);
    return op;
}

/* An operator that stands in several places is held once. */
static u32 add_input(struct op **inputs, u32 count, struct op *input)
{
    for (u32 i = 0; i < count; i++)
        if (inputs[i] == input) return count;
    inputs[count] = input;
    return count + 1;
}

/* --- The tick --- */

static void report(void *context, const struct batch *batch, const struct row_error *error,
                   i32 weight, u32 origin)
{
    const struct join *join = context;
    const struct graph_errors *sink = &join->op.graph->errors;
    if (origin < join->reported_to && sink->add)
        sink->add(sink->context, &join->op, batch, error, weight);
}

/* The next changed slots of the driver; false at their end. */
static bool drive(struct join *join)
{
    const struct op *driver = join->plan->inputs[join->path];
    u32 origin_end = join->path == 0 ? op_watermark_max(&join->op) : OP_WATERMARK_ALL;
    u32 dirty_count, slots[BATCH_ROW_COUNT_MAX], count = 0;
    i32 weights[BATCH_ROW_COUNT_MAX];
    const u32 *dirty = driver->class->dirty(driver, &dirty_count);
    if (join->position == dirty_count) return false;
    u32 taken = MIN(dirty_count - join->position, BATCH_ROW_COUNT_MAX);
    rows_deltas(driver->rows, dirty + join->position, taken, weights);
    for (u32 i = 0; i < taken; i++) {
        slots[count] = dirty[join->position + i];
        weights[count] = weights[i];
        count += weights[i] != 0 && slots[count] < origin_end;
    }
    join->position += taken;
    join_run_drive(join->run, slots, weights, count);
    return true;
}

/* The change of one input; TURN_DONE when all of it is through. */
static enum turn run_path(struct join *join, u32 rows)
{
    struct join_run *run = join->run;
    struct graph *graph = join->op.graph;
    for (u64 end = graph->rows_moved + rows; graph->rows_moved < end;) {
        const struct join_tuples *tuples;
        u32 work;
        enum join_result result = join_run_next(run, &tuples, &work);
        graph->rows_moved += work;
        if (run->has_overflown) {
            join_run_suspend(&join->op);
            return TURN_DONE;
        }
        if (result == JOIN_IDLE && !drive(join)) return TURN_DONE;
        if (result != JOIN_TUPLES) continue;
        struct arena_mark mark = arena_mark(&graph->tick);
        struct batch batch = join_run_batch(run, tuples, &join->op);
        op_emit_from(&join->op, &batch, tuples->slots[0]);
        arena_rewind(&graph->tick, mark);
    }
    return TURN_MORE;
}

static enum turn join_turn(struct op *op, u32 rows)
{
    struct join *join = (struct join *)op;
    struct graph *graph = op->graph;
    u64 end = graph->rows_moved + rows;
    for (; join->path < join->plan->input_count && op_watermark_max(op) > 0; join->path++) {
        if (!join->run) {
            u32 dirty_count;
            const struct op *driver = join->plan->inputs[join->path];
            driver->class->dirty(driver, &dirty_count);
            if (dirty_count == 0) continue;
            if (graph->rows_moved >= end) return TURN_MORE;
            join->mark = arena_mark(&graph->tick);
            join->run = join_run_make(&graph->tick, graph, join->plan, join->path, report, join);
            join->position = 0;
        }
        if (run_path(join, (u32)(end - graph->rows_moved)) == TURN_MORE) return TURN_MORE;
        arena_rewind(&graph->tick, join->mark);
        join->run = NULL;
        if (op->is_suspended) break;
    }
    join->path = 0;
    return TURN_DONE;
}

/* --- Filling a consumer --- */

/* A consumer that came first brings the errors; a later one sees rows that were reported. */
static void report_scanned(void *context, const struct batch *batch, const struct row_error *error,
                           i32 weight, u32 origin)
{
    const struct join *join = context;
    const struct graph_errors *sink = &join->op.graph->errors;
    if (origin >= join->reported_to && sink->add)
        sink->add(sink->context, &join->op, batch, error, weight);
}

static void scan_rest(struct op *op, struct op_scan *scan)
{
    struct join *join = (struct join *)op;
    join->reported_to = MAX(join->reported_to, scan->cursor);
}

static enum turn scan_turn(struct op *op, struct op_scan *scan, u32 rows)
{
    static const struct join_scan_steps steps = { .take = join_scan_give, .rest = scan_rest };
    struct join *join = (struct join *)op;
    join_scan_open(op, scan, join->plan, report_scanned);
    enum turn turn = join_scan_run(op, scan, rows, &steps);
    if (turn == TURN_DONE && !op->is_suspended) join->reported_to = OP_WATERMARK_ALL;
    return turn;
}

static void join_explain(const struct op *op, struct buf *out)
{
    const struct join_plan *plan = ((const struct join *)op)->plan;
    buf_format(out, "of %u", plan->input_count);
}

static const struct op_class join_class = {
    .name = "join",
    .reads = true,
    .turn = join_turn,
    .scan = scan_turn,
    .scan_close = join_scan_close,
    .scan_end = join_scan_end,
    .explain = join_explain,
};
