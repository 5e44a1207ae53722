#include "ops/join_scan.h"

static bool drive(struct op *op, struct join_scan *state, u32 rows);

void join_scan_open(struct op *op, struct op_scan *scan, const struct join_plan *plan,
                    join_report_fn report)
{
    if (scan->state) return;
    struct join_scan *state = mem_zalloc(&op->mem, sizeof(*state));
    arena_init(&state->arena, &op->mem);
    state->next = scan->cursor;
    state->run = join_run_make(&state->arena, op->graph, plan, 0, report, op);
    scan->state = state;
}

enum turn join_scan_run(struct op *op, struct op_scan *scan, u32 rows,
                        const struct join_scan_steps *steps)
{
    struct graph *graph = op->graph;
    struct join_scan *state = scan->state;
    for (u64 end = graph->rows_moved + rows;;) {
        const struct join_tuples *tuples;
        u32 work;
        enum join_result result = join_run_next(state->run, &tuples, &work);
        graph->rows_moved += work;
        if (state->run->has_overflown) {
            join_run_suspend(op);
            scan->inside = false;
            return TURN_DONE;
        }
        if (result == JOIN_IDLE) {
            scan->cursor = state->next;
            scan->inside = false;
            if (steps->rest) steps->rest(op, scan);
            if (graph->rows_moved >= end) return TURN_MORE;
            if (!drive(op, state, rows)) return TURN_DONE;
            scan->inside = true;
        }
        if (result == JOIN_TUPLES) steps->take(op, scan, tuples);
        if (graph->rows_moved >= end + JOIN_OVERRUN_MAX) return TURN_MORE;
    }
}

/* The next slots; false at their end. */
static bool drive(struct op *op, struct join_scan *state, u32 rows)
{
    struct op *driver = op->inputs[0];
    i32 weights[BATCH_ROW_COUNT_MAX];
    state->count = driver->class->slots(driver, &state->next, state->slots,
                                        MIN(rows, (u32)BATCH_ROW_COUNT_MAX));
    rows_weights(driver->rows, state->slots, state->count, SIDE_NEW, weights);
    if (state->count > 0) join_run_drive(state->run, state->slots, weights, state->count);
    return state->count > 0;
}

void join_scan_give(struct op *op, struct op_scan *scan, const struct join_tuples *tuples)
{
    struct join_scan *state = scan->state;
    struct arena_mark mark = arena_mark(&state->arena);
    struct batch batch = join_run_batch(state->run, tuples, op);
    op_give(scan->consumer, scan->input, &batch);
    arena_rewind(&state->arena, mark);
}

void join_scan_close(struct op *op, struct op_scan *scan)
{
    struct join_scan *state = scan->state;
    if (!state) return;
    arena_deinit(&state->arena);
    mem_free(&op->mem, state, sizeof(*state));
    scan->state = NULL;
}

u32 join_scan_end(const struct op *op)
{
    return op->inputs[0]->class->scan_end(op->inputs[0]);
}
