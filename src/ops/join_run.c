#include "ops/join_run.h"

#include "base/assert.h"
#include "ops/emit.h"

static void filter_tuples(struct join_run *run, const struct join_condition *condition,
                          struct join_tuples *tuples);
static void resolve_suspects(struct join_run *run, struct join_tuples *tuples);
static void probe_begin(struct join_run *run);
static void extend(struct join_run *run, const struct join_tuples *source, const u32 *probe_rows,
                   const u32 *slots, u32 count);

struct join_run *join_run_make(struct arena *arena, struct graph *graph,
                               const struct join_plan *plan, u32 path, join_report_fn report,
                               void *report_context)
{
    struct join_run *run = arena_new(arena, struct join_run);
    *run = (struct join_run){ .plan = plan,
                              .path = &plan->paths[path],
                              .graph = graph,
                              .arena = arena,
                              .report = report,
                              .report_context = report_context };
    u32 level_count = run->path->step_count + 1;
    run->levels = arena_array(arena, struct join_level, level_count);
    for (u32 l = 0; l < level_count; l++) {
        struct join_tuples *tuples = &run->levels[l].tuples;
        tuples->slots = arena_array(arena, u32 *, plan->input_count);
        tuples->weights = arena_alloc(arena, sizeof(i32) * BATCH_ROW_COUNT_MAX);
        tuples->suspects = arena_alloc(arena, BATCH_ROW_COUNT_MAX);
        tuples->slots[run->path->driver] = arena_alloc(arena, sizeof(u32) * BATCH_ROW_COUNT_MAX);
        for (u32 s = 0; s < l; s++)
            tuples->slots[run->path->steps[s].input] =
                arena_alloc(arena, sizeof(u32) * BATCH_ROW_COUNT_MAX);
    }
    return run;
}

void join_run_drive(struct join_run *run, const u32 *slots, const i32 *weights, u32 count)
{
    assert(run->depth == 0 && !run->is_driven && count <= BATCH_ROW_COUNT_MAX);
    struct join_tuples *tuples = &run->levels[0].tuples;
    tuples->count = count;
    tuples->has_suspects = false;
    memcpy(tuples->slots[run->path->driver], slots, sizeof(*slots) * count);
    memcpy(tuples->weights, weights, sizeof(*weights) * count);
    run->is_driven = true;
}

/* Tuples that have just come to the level at depth: through its condition, then on to the next probe, or out. */
static enum join_result arrive(struct join_run *run, const struct join_condition *condition,
                               const struct join_tuples **out)
{
    struct join_tuples *tuples = &run->levels[run->depth].tuples;
    if (condition->all && tuples->count > 0) filter_tuples(run, condition, tuples);
    bool is_complete = run->depth == run->path->step_count;
    if (is_complete && tuples->count > 0 && tuples->has_suspects) resolve_suspects(run, tuples);
    if (tuples->count == 0) return JOIN_WORKED;
    if (!is_complete) {
        probe_begin(run);
        return JOIN_WORKED;
    }
    *out = tuples;
    return JOIN_TUPLES;
}

enum join_result join_run_next(struct join_run *run, const struct join_tuples **out, u32 *work)
{
    *work = 0;
    if (run->is_driven) {
        run->is_driven = false;
        *work = run->levels[0].tuples.count;
        return arrive(run, &run->path->condition, out);
    }
    u32 probe_rows[BATCH_ROW_COUNT_MAX], slots[BATCH_ROW_COUNT_MAX], count;
    for (;;) {
        if (run->depth == 0) return JOIN_IDLE;
        struct join_level *level = &run->levels[run->depth - 1];
        count = index_probe_next(&level->probe, probe_rows, slots, BATCH_ROW_COUNT_MAX);
        if (count > 0) break;
        run->depth--;
        arena_rewind(run->arena, level->mark);
    }
    *work = count;
    extend(run, &run->levels[run->depth - 1].tuples, probe_rows, slots, count);
    return arrive(run, &run->path->steps[run->depth - 1].condition, out);
}

static void gather_item(struct join_run *run, const struct join_gather *item,
                        const struct join_tuples *tuples, struct column *columns)
{
    struct column *fetched = arena_alloc(run->arena, sizeof(*fetched) * item->count);
    rows_gather(run->plan->inputs[item->input]->rows, tuples->slots[item->input], tuples->count,
                item->columns, item->count, run->arena, fetched);
    for (u32 c = 0; c < item->count; c++)
        columns[item->targets[c]] = fetched[c];
}

static void gather(struct join_run *run, const struct join_gathers *gathers,
                   const struct join_tuples *tuples, struct column *columns)
{
    for (u32 g = 0; g < gathers->count; g++)
        gather_item(run, &gathers->items[g], tuples, columns);
}

/* Begins the next step with the tuples that stand before it. */
static void probe_begin(struct join_run *run)
{
    struct join_level *level = &run->levels[run->depth];
    const struct join_plan_step *step = &run->path->steps[run->depth];
    level->mark = arena_mark(run->arena);
    struct column *keys = arena_array(run->arena, struct column, step->key_count);
    u64 *hashes = arena_alloc(run->arena, sizeof(u64) * level->tuples.count);
    gather(run, &step->keys, &level->tuples, keys);
    struct batch batch = { .row_count = level->tuples.count,
                           .column_count = step->key_count,
                           .columns = keys };
    batch_hash(&batch, NULL, step->key_count, run->graph->seed, hashes);
    index_probe_init(&level->probe, step->arrange->index, keys, hashes, level->tuples.count, false);
    run->depth++;
}

/* The weights that the slots of a step's input have for this path. */
static void step_weights(const struct join_run *run, const struct join_plan_step *step,
                         const u32 *slots, u32 count, i32 *weights)
{
    const struct op *arrange = step->arrange;
    if (arrange->is_set && !arrange->is_touched) { /* every slot in the index is there once */
        for (u32 i = 0; i < count; i++)
            weights[i] = 1;
        return;
    }
    enum side side = step->input < run->path->driver ? SIDE_NEW : SIDE_OLD;
    rows_weights(arrange->rows, slots, count, side, weights);
}

/* Tuples of the next level: those of source at probe_rows with the slots found. */
static void extend(struct join_run *run, const struct join_tuples *source, const u32 *probe_rows,
                   const u32 *slots, u32 count)
{
    const struct join_plan_step *step = &run->path->steps[run->depth - 1];
    struct join_tuples *target = &run->levels[run->depth].tuples;
    i32 weights[BATCH_ROW_COUNT_MAX];
    u32 picks[BATCH_ROW_COUNT_MAX], picked = 0;
    step_weights(run, step, slots, count, weights);
    u32 *bound = target->slots[step->input];
    for (u32 i = 0; i < count; i++) {
        picks[picked] = probe_rows[i];
        bound[picked] = slots[i];
        i32 weight = source->weights[probe_rows[i]];
        run->has_overflown |= __builtin_mul_overflow(weight, weights[i], &target->weights[picked]);
        picked += weights[i] != 0;
    }
    target->count = run->has_overflown ? 0 : picked;
    for (u32 input = 0; input < run->plan->input_count; input++) {
        if (input == step->input || !target->slots[input]) continue;
        for (u32 i = 0; i < picked; i++)
            target->slots[input][i] = source->slots[input][picks[i]];
    }
    target->has_suspects = source->has_suspects;
    for (u32 i = 0; source->has_suspects && i < picked; i++)
        target->suspects[i] = source->suspects[picks[i]];
}

/* What nobody reads is left out. */
static struct join_gather needed_part(struct arena *arena, const struct join_gather *whole,
                                      const bool *needed)
{
    struct join_gather part = { .input = whole->input,
                                .columns = arena_alloc(arena, sizeof(u32) * whole->count),
                                .targets = arena_alloc(arena, sizeof(u32) * whole->count) };
    for (u32 c = 0; c < whole->count; c++) {
        if (!needed[whole->targets[c]]) continue;
        part.columns[part.count] = whole->columns[c];
        part.targets[part.count++] = whole->targets[c];
    }
    return part;
}

struct batch join_run_batch(struct join_run *run, const struct join_tuples *tuples,
                            const struct op *op)
{
    const struct join_gathers *outputs = &run->plan->outputs;
    struct batch batch = { .row_count = tuples->count,
                           .column_count = run->plan->output_count,
                           .weights = tuples->weights };
    batch.columns = arena_alloc(run->arena, sizeof(*batch.columns) * batch.column_count);
    for (u32 c = 0; c < batch.column_count; c++)
        batch.columns[c] = (struct column){ .type = op->schema->columns[c].type };
    for (u32 g = 0; g < outputs->count; g++) {
        struct join_gather part = needed_part(run->arena, &outputs->items[g], op->needed);
        if (part.count > 0) gather_item(run, &part, tuples, batch.columns);
    }
    return batch;
}

void join_run_suspend(struct op *op)
{
    graph_suspend(op->graph, op, "more than 2147483647 copies of a row");
}

/* --- Conditions --- */

enum verdict { VERDICT_TRUE, VERDICT_OUT, VERDICT_ERROR };

/* The concatenated columns that a condition reads, of these tuples. */
static struct batch condition_batch(struct join_run *run, const struct join_condition *condition,
                                    const struct join_tuples *tuples)
{
    struct batch batch = { .row_count = tuples->count,
                           .column_count = run->plan->column_count,
                           .weights = tuples->weights };
    batch.columns = arena_array(run->arena, struct column, batch.column_count);
    gather(run, &condition->columns, tuples, batch.columns);
    return batch;
}

/* What one part says of each row joins what was said before: false is stronger than an error, and the first
 * error is the one that counts. */
static void join_verdicts(struct join_run *run, const struct program *part,
                          const struct batch *batch, u8 *verdicts, struct row_error *found)
{
    u32 picks[BATCH_ROW_COUNT_MAX], next_pick = 0, next_error = 0;
    struct row_errors errors = { 0 };
    u32 count = program_pick(part, batch, run->arena, picks, &errors);
    for (u32 r = 0; r < batch->row_count; r++) {
        bool is_picked = next_pick < count && picks[next_pick] == r;
        bool is_error = next_error < errors.count && errors.errors[next_error].row == r;
        if (is_error && verdicts[r] == VERDICT_TRUE) {
            verdicts[r] = VERDICT_ERROR;
            if (found) found[r] = errors.errors[next_error];
        }
        if (!is_picked && !is_error) verdicts[r] = VERDICT_OUT;
        next_pick += is_picked;
        next_error += is_error;
    }
}

static void keep_tuples(const struct join_plan *plan, struct join_tuples *tuples, const u32 *picks,
                        u32 count)
{
    if (count == tuples->count) return;
    for (u32 i = 0; i < count; i++)
        tuples->weights[i] = tuples->weights[picks[i]];
    for (u32 input = 0; input < plan->input_count; input++) {
        u32 *slots = tuples->slots[input];
        for (u32 i = 0; slots && i < count; i++)
            slots[i] = slots[picks[i]];
    }
    for (u32 i = 0; tuples->has_suspects && i < count; i++)
        tuples->suspects[i] = tuples->suspects[picks[i]];
    tuples->count = count;
}

/* The whole condition at once; part by part only when it could not be computed for some row. */
static void filter_tuples(struct join_run *run, const struct join_condition *condition,
                          struct join_tuples *tuples)
{
    struct arena_mark mark = arena_mark(run->arena);
    struct batch batch = condition_batch(run, condition, tuples);
    struct row_errors errors = { 0 };
    u32 picks[BATCH_ROW_COUNT_MAX];
    u32 count = program_pick(condition->all, &batch, run->arena, picks, &errors);
    if (errors.count > 0) {
        u8 verdicts[BATCH_ROW_COUNT_MAX] = { VERDICT_TRUE };
        if (!tuples->has_suspects) memset(tuples->suspects, 0, tuples->count);
        tuples->has_suspects = true;
        for (u32 p = 0; p < condition->part_count; p++)
            join_verdicts(run, condition->parts[p], &batch, verdicts, NULL);
        count = 0;
        for (u32 i = 0; i < tuples->count; i++) {
            if (verdicts[i] == VERDICT_ERROR) tuples->suspects[i] = 1;
            picks[count] = i;
            count += verdicts[i] != VERDICT_OUT;
        }
    }
    keep_tuples(run->plan, tuples, picks, count);
    arena_rewind(run->arena, mark);
}

static void condition_verdicts(struct join_run *run, const struct join_condition *condition,
                               const struct join_tuples *tuples, u8 *verdicts,
                               struct row_error *found)
{
    if (!condition->all) return;
    struct batch batch = condition_batch(run, condition, tuples);
    for (u32 p = 0; p < condition->part_count; p++)
        join_verdicts(run, condition->parts[p], &batch, verdicts, found);
}

static void report_tuple(struct join_run *run, const struct join_tuples *tuples, u32 tuple,
                         const struct row_error *found)
{
    const struct join_plan *plan = run->plan;
    struct batch *batch = batch_make(run->arena, plan->column_types, plan->column_count, 1);
    batch->row_count = 1;
    batch->weights[0] = tuples->weights[tuple];
    for (u32 i = 0; i < plan->input_count; i++)
        emit_gather(plan->inputs[i], &tuples->slots[i][tuple], 1, NULL,
                    plan->inputs[i]->schema->column_count, run->arena,
                    &batch->columns[plan->column_offsets[i]]);
    struct row_error error = *found;
    error.row = 0;
    run->report(run->report_context, batch, &error, batch->weights[0], tuples->slots[0][tuple]);
}

/* All conditions of path 0 again, so that every path decides alike. */
static void resolve_suspects(struct join_run *run, struct join_tuples *tuples)
{
    struct arena_mark mark = arena_mark(run->arena);
    const struct join_plan_path *path = &run->plan->paths[0];
    u8 verdicts[BATCH_ROW_COUNT_MAX] = { VERDICT_TRUE };
    struct row_error *found = arena_array(run->arena, struct row_error, tuples->count);
    condition_verdicts(run, &path->condition, tuples, verdicts, found);
    for (u32 s = 0; s < path->step_count; s++)
        condition_verdicts(run, &path->steps[s].condition, tuples, verdicts, found);
    u32 picks[BATCH_ROW_COUNT_MAX], count = 0;
    for (u32 i = 0; i < tuples->count; i++) {
        bool is_suspect = tuples->suspects[i];
        if (is_suspect && verdicts[i] == VERDICT_ERROR) report_tuple(run, tuples, i, &found[i]);
        picks[count] = i;
        count += !is_suspect || verdicts[i] == VERDICT_TRUE;
    }
    keep_tuples(run->plan, tuples, picks, count);
    tuples->has_suspects = false;
    arena_rewind(run->arena, mark);
}
