/* Left outer join of two arrangements: the inner join, and each left row that matches nothing with NULLs.
 *
 * It keeps one number a left slot: the weights of the right rows that match it, added up. The inner part
 * changes as in any join, and each change of a pair changes the number; what crossed zero between OLD and NEW is
 * looked at once, when both inputs' changes are through. So an update of the only match, which is a
 * delete and an insert, gives no padded row and takes none away.
 *
 * The origin of a row is its left slot. */
#include "base/assert.h"
#include "ops/emit.h"
#include "ops/join_scan.h"

#define COUNTERS_A_PAGE 512

enum { LEFT, RIGHT };

struct touched {
    u32 slot;
    i64 count_old;
};

struct join_left {
    struct op op;
    struct join_plan *plan;
    u32 page_capacity;
    i64 **pages; /* by left slot: twice the count of matches, plus 1 when it is in touched */
    /* Of this tick: */
    u32 touched_count;
    u32 touched_capacity;
    struct touched *touched;
    u32 path; /* LEFT, RIGHT, then the padded rows */
    u32 position;
    struct join_run *run;
    struct arena_mark mark;
};

static const struct op_class join_left_class;

static struct join_plan *plan_make(struct op *op, struct expr *residual);

struct op *op_join_left_make(struct graph *graph, struct op *left, struct op *right,
                             struct expr *residual, const struct schema *schema)
{
    struct op *inputs[2] = { left, right };
    assert(left->index_key_count == right->index_key_count);
    assert(schema->column_count == left->schema->column_count + right->schema->column_count);
    struct op *op = graph_add(graph, &join_left_class, sizeof(struct join_left), inputs, 2, schema);
    ((struct join_left *)op)->plan = plan_make(op, residual);
    return op;
}

static struct join_plan *plan_make(struct op *op, struct expr *residual)
{
    u32 key_count = op->inputs[LEFT]->index_key_count;
    u32 left_count = op->inputs[LEFT]->schema->column_count;
    u32 *key_inputs = arena_array(&op->arena, u32, key_count * 2);
    for (u32 k = 0; k < key_count; k++)
        key_inputs[key_count + k] = RIGHT;
    struct join_step steps[2];
    struct join_path paths[2];
    for (u32 driver = LEFT; driver <= RIGHT; driver++) {
        u32 other = 1 - driver;
        steps[driver] = (struct join_step){ .input = other,
                                            .arrange = op->inputs[other],
                                            .key_count = key_count,
                                            .key_inputs = key_inputs + driver * key_count,
                                            .key_columns = op->inputs[driver]->index_key,
                                            .residual = residual };
        paths[driver] = (struct join_path){ .step_count = 1, .steps = &steps[driver] };
    }
    u32 output_count = op->schema->column_count;
    struct join_options options = { .input_count = 2,
                                    .inputs = op->inputs,
                                    .paths = paths,
                                    .output_count = output_count,
                                    .output_inputs = arena_array(&op->arena, u32, output_count),
                                    .output_columns = arena_array(&op->arena, u32, output_count) };
    for (u32 c = 0; c < output_count; c++) {
        options.output_inputs[c] = c < left_count ? LEFT : RIGHT;
        options.output_columns[c] = c < left_count ? c : c - left_count;
    }
    return join_plan_make(&op->arena, &options);
}

/* --- Counters --- */

static i64 *counter_get(struct join_left *join, u32 slot)
{
    u32 page = slot / COUNTERS_A_PAGE;
    struct mem *mem = &join->op.mem;
    if (unlikely(page >= join->page_capacity)) {
        u32 capacity = MAX(page + 1, join->page_capacity * 2);
        join->pages = mem_realloc(mem, join->pages, sizeof(*join->pages) * join->page_capacity,
                                  sizeof(*join->pages) * capacity);
        memset(join->pages + join->page_capacity, 0,
               sizeof(*join->pages) * (capacity - join->page_capacity));
        join->page_capacity = capacity;
    }
    if (unlikely(!join->pages[page]))
        join->pages[page] = mem_zalloc(mem, sizeof(i64) * COUNTERS_A_PAGE);
    return &join->pages[page][slot % COUNTERS_A_PAGE];
}

/* The counter, whose value before the tick is kept for the padded rows. */
static i64 *counter_touch(struct join_left *join, u32 slot)
{
    i64 *counter = counter_get(join, slot);
    if (*counter & 1) return counter;
    if (join->touched_count == join->touched_capacity) {
        u32 capacity = MAX(16, join->touched_capacity * 2);
        join->touched = mem_realloc(&join->op.mem, join->touched,
                                    sizeof(*join->touched) * join->touched_capacity,
                                    sizeof(*join->touched) * capacity);
        join->touched_capacity = capacity;
    }
    join->touched[join->touched_count++] =
        (struct touched){ .slot = slot, .count_old = *counter / 2 };
    *counter |= 1;
    return counter;
}

/* Pairs of which the left slot is new count what is there at OLD; afterwards, as those of all others, what
 * the right side's change adds. */
static void count_pairs(struct join_left *join, const struct join_tuples *tuples)
{
    i32 left_old[BATCH_ROW_COUNT_MAX], right[BATCH_ROW_COUNT_MAX];
    const struct op *const *inputs = (const struct op *const *)join->op.inputs;
    const u32 *lefts = tuples->slots[LEFT];
    if (join->path == LEFT) {
        rows_weights(inputs[LEFT]->rows, lefts, tuples->count, SIDE_OLD, left_old);
        rows_weights(inputs[RIGHT]->rows, tuples->slots[RIGHT], tuples->count, SIDE_OLD, right);
    } else {
        memset(left_old, 0, sizeof(*left_old) * tuples->count);
        rows_deltas(inputs[RIGHT]->rows, tuples->slots[RIGHT], tuples->count, right);
    }
    for (u32 i = 0; i < tuples->count; i++)
        if (left_old[i] == 0 && lefts[i] < join->op.watermark)
            *counter_touch(join, lefts[i]) += 2 * (i64)right[i];
}

/* --- Output --- */

/* Left rows with NULLs. */
static struct batch make_padded(struct join_left *join, const u32 *slots, i32 *weights, u32 count)
{
    struct op *op = &join->op, *left = op->inputs[LEFT];
    struct arena *arena = &op->graph->tick;
    u32 left_count = left->schema->column_count;
    struct batch batch = { .row_count = count,
                           .column_count = op->schema->column_count,
                           .weights = weights };
    batch.columns = arena_array(arena, struct column, batch.column_count);
    emit_gather_marked(left, op->needed, slots, count, arena, batch.columns);
    for (u32 c = left_count; c < batch.column_count; c++) {
        struct column *column = &batch.columns[c];
        column->type = op->schema->columns[c].type;
        if (!op->needed[c]) continue;
        *column = column_make(arena, column->type, count);
        memset(column->data, 0, (size_t)type_width(column->type) * count);
        column->nulls = arena_alloc(arena, count);
        memset(column->nulls, 1, count);
    }
    return batch;
}

/* --- The tick --- */

static void report(void *context, const struct batch *batch, const struct row_error *error,
                   i32 weight, u32 origin)
{
    const struct join_left *join = context;
    const struct graph_errors *sink = &join->op.graph->errors;
    if (origin < join->op.watermark && sink->add)
        sink->add(sink->context, &join->op, batch, error, weight);
}

/* The next changed slots of the driver; false at their end. */
static bool drive(struct join_left *join)
{
    const struct op *driver = join->op.inputs[join->path];
    u32 dirty_count, slots[BATCH_ROW_COUNT_MAX], count = 0;
    i32 weights[BATCH_ROW_COUNT_MAX];
    const u32 *dirty = driver->class->dirty(driver, &dirty_count);
    if (join->position == dirty_count) return false;
    u32 taken = MIN(dirty_count - join->position, BATCH_ROW_COUNT_MAX);
    rows_deltas(driver->rows, dirty + join->position, taken, weights);
    for (u32 i = 0; i < taken; i++) {
        slots[count] = dirty[join->position + i];
        weights[count] = weights[i];
        bool counts = join->path == RIGHT || slots[count] < join->op.watermark;
        count += weights[i] != 0 && counts;
    }
    join->position += taken;
    if (join->path == LEFT)
        for (u32 i = 0; i < count; i++)
            counter_touch(join, slots[i]);
    join_run_drive(join->run, slots, weights, count);
    return true;
}

static enum turn run_path(struct join_left *join, u64 end)
{
    struct graph *graph = join->op.graph;
    while (graph->rows_moved < end) {
        const struct join_tuples *tuples;
        u32 work;
        enum join_result result = join_run_next(join->run, &tuples, &work);
        graph->rows_moved += work;
        if (join->run->has_overflown) {
            join_run_suspend(&join->op);
            return TURN_DONE;
        }
        if (result == JOIN_IDLE && !drive(join)) return TURN_DONE;
        if (result != JOIN_TUPLES) continue;
        count_pairs(join, tuples);
        if (op_watermark_max(&join->op) == 0) continue;
        struct arena_mark mark = arena_mark(&graph->tick);
        struct batch batch = join_run_batch(join->run, tuples, &join->op);
        op_emit_from(&join->op, &batch, tuples->slots[LEFT]);
        arena_rewind(&graph->tick, mark);
    }
    return TURN_MORE;
}

/* Both inputs are through: what had no match, and what has none now. */
static void pad_piece(struct join_left *join, const struct touched *touched, u32 taken)
{
    struct rows *lefts = join->op.inputs[LEFT]->rows;
    u32 slots[BATCH_ROW_COUNT_MAX], count = 0;
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 i = 0; i < taken; i++) {
        u32 slot = touched[i].slot;
        i64 *counter = counter_get(join, slot);
        i32 w_old = rows_weight(lefts, slot, SIDE_OLD), w_new = rows_weight(lefts, slot, SIDE_NEW);
        *counter = w_new == 0 ? 0 : *counter & ~(i64)1;
        assert(*counter >= 0);
        i32 padded_old = touched[i].count_old == 0 ? w_old : 0;
        i32 padded_new = *counter == 0 ? w_new : 0;
        slots[count] = slot;
        weights[count] = padded_new - padded_old;
        count += padded_new != padded_old;
    }
    if (count == 0 || op_watermark_max(&join->op) == 0) return;
    struct arena_mark mark = arena_mark(&join->op.graph->tick);
    struct batch batch = make_padded(join, slots, weights, count);
    op_emit_from(&join->op, &batch, slots);
    arena_rewind(&join->op.graph->tick, mark);
}

static enum turn run_padding(struct join_left *join, u64 end)
{
    struct graph *graph = join->op.graph;
    while (join->position < join->touched_count) {
        if (graph->rows_moved >= end) return TURN_MORE;
        u32 taken = MIN(join->touched_count - join->position, BATCH_ROW_COUNT_MAX);
        pad_piece(join, join->touched + join->position, taken);
        join->position += taken;
        graph->rows_moved += taken;
    }
    return TURN_DONE;
}

static enum turn join_left_turn(struct op *op, u32 rows)
{
    struct join_left *join = (struct join_left *)op;
    struct graph *graph = op->graph;
    u64 end = graph->rows_moved + rows;
    graph_touch(graph, op);
    for (; join->path <= RIGHT; join->path++, join->position = 0) {
        if (op->watermark == 0) continue;
        if (!join->run) {
            join->mark = arena_mark(&graph->tick);
            join->run = join_run_make(&graph->tick, graph, join->plan, join->path, report, join);
        }
        if (run_path(join, end) == TURN_MORE) return TURN_MORE;
        arena_rewind(&graph->tick, join->mark);
        join->run = NULL;
        if (op->is_suspended) return TURN_DONE;
    }
    return run_padding(join, end);
}

static void join_left_settle(struct op *op)
{
    struct join_left *join = (struct join_left *)op;
    join->touched_count = join->position = join->path = 0;
    join->run = NULL;
    if (join->touched_capacity <= BATCH_ROW_COUNT_MAX) return;
    mem_free(&op->mem, join->touched, sizeof(*join->touched) * join->touched_capacity);
    join->touched = NULL;
    join->touched_capacity = 0;
}

/* --- Between ticks: preparing the counters, filling a consumer --- */

/* Outside of a tick there is no change: all right rows count. */
static void prepare_take(struct op *op, struct op_scan *scan, const struct join_tuples *tuples)
{
    (void)scan;
    struct join_left *join = (struct join_left *)op;
    i32 right[BATCH_ROW_COUNT_MAX];
    rows_weights(join->op.inputs[RIGHT]->rows, tuples->slots[RIGHT], tuples->count, SIDE_NEW,
                 right);
    for (u32 i = 0; i < tuples->count; i++)
        *counter_get(join, tuples->slots[LEFT][i]) += 2 * (i64)right[i];
}

static void report_prepared(void *context, const struct batch *batch, const struct row_error *error,
                            i32 weight, u32 origin)
{
    (void)origin;
    const struct join_left *join = context;
    const struct graph_errors *sink = &join->op.graph->errors;
    if (sink->add) sink->add(sink->context, &join->op, batch, error, weight);
}

static enum turn join_left_prepare(struct op *op, struct op_scan *scan, u32 rows)
{
    static const struct join_scan_steps steps = { .take = prepare_take };
    join_scan_open(op, scan, ((struct join_left *)op)->plan, report_prepared);
    return join_scan_run(op, scan, rows, &steps);
}

static void scan_rest(struct op *op, struct op_scan *scan)
{
    struct join_left *join = (struct join_left *)op;
    struct join_scan *state = scan->state;
    u32 slots[BATCH_ROW_COUNT_MAX], count = 0;
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 i = 0; i < state->count; i++) {
        slots[count] = state->slots[i];
        count += *counter_get(join, state->slots[i]) == 0;
    }
    state->count = 0;
    if (count == 0) return;
    struct arena_mark mark = arena_mark(&join->op.graph->tick);
    rows_weights(join->op.inputs[LEFT]->rows, slots, count, SIDE_NEW, weights);
    struct batch batch = make_padded(join, slots, weights, count);
    op_give(scan->consumer, scan->input, &batch);
    arena_rewind(&join->op.graph->tick, mark);
}

/* Whoever filled the counters reported the errors. */
static void report_nothing(void *context, const struct batch *batch, const struct row_error *error,
                           i32 weight, u32 origin)
{
    (void)context, (void)batch, (void)error, (void)weight, (void)origin;
}

static enum turn join_left_scan(struct op *op, struct op_scan *scan, u32 rows)
{
    static const struct join_scan_steps steps = { .take = join_scan_give, .rest = scan_rest };
    join_scan_open(op, scan, ((struct join_left *)op)->plan, report_nothing);
    return join_scan_run(op, scan, rows, &steps);
}

static void join_left_close(struct op *op)
{
    struct join_left *join = (struct join_left *)op;
    struct mem *mem = &op->mem;
    for (u32 p = 0; p < join->page_capacity; p++)
        if (join->pages[p]) mem_free(mem, join->pages[p], sizeof(i64) * COUNTERS_A_PAGE);
    mem_free(mem, join->pages, sizeof(*join->pages) * join->page_capacity);
    mem_free(mem, join->touched, sizeof(*join->touched) * join->touched_capacity);
}

static const struct op_class join_left_class = {
    .name = "join left",
    .reads = true,
    .turn = join_left_turn,
    .settle = join_left_settle,
    .prepare = join_left_prepare,
    .scan = join_left_scan,
    .scan_close = join_scan_close,
    .scan_end = join_scan_end,
    .close = join_left_close,
};
