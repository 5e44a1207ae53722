#include "base/assert.h"
#include "ops/join_run.h"

static struct join_gathers gathers_make(struct arena *arena, const struct join_plan *plan,
                                        const u32 *inputs, const u32 *columns, const u32 *targets,
                                        u32 count);
static struct join_condition condition_make(struct arena *arena, const struct join_plan *plan,
                                            struct expr *expr);
static void path_make(struct arena *arena, const struct join_plan *plan,
                      const struct join_path *source, u32 driver, struct join_plan_path *path);

struct join_plan *join_plan_make(struct arena *arena, const struct join_options *options)
{
    u32 input_count = options->input_count;
    assert(input_count >= 1 && input_count <= JOIN_INPUT_COUNT_MAX);
    struct join_plan *plan = arena_new(arena, struct join_plan);
    plan->input_count = input_count;
    plan->inputs = arena_copy(arena, options->inputs, sizeof(*options->inputs) * input_count);
    plan->column_offsets = arena_array(arena, u32, input_count);
    for (u32 i = 0; i < input_count; i++) {
        plan->column_offsets[i] = plan->column_count;
        plan->column_count += options->inputs[i]->schema->column_count;
    }
    plan->column_types = arena_array(arena, struct type, plan->column_count);
    for (u32 i = 0, at = 0; i < input_count; i++)
        for (u32 c = 0; c < options->inputs[i]->schema->column_count; c++)
            plan->column_types[at++] = options->inputs[i]->schema->columns[c].type;

    plan->paths = arena_array(arena, struct join_plan_path, input_count);
    for (u32 i = 0; i < input_count; i++)
        path_make(arena, plan, &options->paths[i], i, &plan->paths[i]);
    plan->output_count = options->output_count;
    plan->outputs = gathers_make(arena, plan, options->output_inputs, options->output_columns, NULL,
                                 options->output_count);
    return plan;
}

static void path_make(struct arena *arena, const struct join_plan *plan,
                      const struct join_path *source, u32 driver, struct join_plan_path *path)
{
    path->driver = driver;
    path->condition = condition_make(arena, plan, source->residual);
    assert(source->step_count == plan->input_count - 1);
    path->step_count = source->step_count;
    path->steps = arena_array(arena, struct join_plan_step, source->step_count);
    for (u32 s = 0; s < source->step_count; s++) {
        const struct join_step *from = &source->steps[s];
        struct join_plan_step *step = &path->steps[s];
        assert(from->arrange->index && from->arrange->index_key_count == from->key_count);
        assert(from->arrange->rows == plan->inputs[from->input]->rows);
        *step = (struct join_plan_step){ .input = from->input,
                                         .arrange = from->arrange,
                                         .key_count = from->key_count };
        step->keys =
            gathers_make(arena, plan, from->key_inputs, from->key_columns, NULL, from->key_count);
        step->condition = condition_make(arena, plan, from->residual);
    }
}

/* columns[i] of input inputs[i] goes to targets[i] (NULL: i), grouped by input. */
static struct join_gathers gathers_make(struct arena *arena, const struct join_plan *plan,
                                        const u32 *inputs, const u32 *columns, const u32 *targets,
                                        u32 count)
{
    struct join_gathers gathers = { .items =
                                        arena_array(arena, struct join_gather, plan->input_count) };
    for (u32 input = 0; input < plan->input_count; input++) {
        struct join_gather *gather = &gathers.items[gathers.count];
        *gather = (struct join_gather){ .input = input,
                                        .columns = arena_array(arena, u32, count),
                                        .targets = arena_array(arena, u32, count) };
        for (u32 i = 0; i < count; i++) {
            if (inputs[i] != input) continue;
            u32 column = op_pool_column(plan->inputs[input], columns[i]);
            assert(column != OP_COLUMN_COMPUTED);
            gather->columns[gather->count] = column;
            gather->targets[gather->count++] = targets ? targets[i] : i;
        }
        gathers.count += gather->count > 0;
    }
    return gathers;
}

static void columns_used(const struct expr *expr, bool *used)
{
    if (expr->kind == EXPR_COLUMN) used[expr->column] = true;
    for (u32 i = 0; i < expr->arg_count; i++)
        columns_used(expr->args[i], used);
}

static struct join_condition condition_make(struct arena *arena, const struct join_plan *plan,
                                            struct expr *expr)
{
    struct join_condition condition = { 0 };
    if (!expr) return condition;
    condition.all = program_make(arena, &expr, 1);
    bool is_and = expr->kind == EXPR_AND;
    struct expr **parts = is_and ? expr->args : &expr;
    condition.part_count = is_and ? expr->arg_count : 1;
    condition.parts = arena_array(arena, struct program *, condition.part_count);
    for (u32 i = 0; i < condition.part_count; i++)
        condition.parts[i] = program_make(arena, &parts[i], 1);

    bool *used = arena_array(arena, bool, plan->column_count);
    columns_used(expr, used);
    u32 *inputs = arena_array(arena, u32, plan->column_count);
    u32 *columns = arena_array(arena, u32, plan->column_count);
    u32 *targets = arena_array(arena, u32, plan->column_count);
    u32 count = 0;
    for (u32 i = 0; i < plan->input_count; i++)
        for (u32 c = 0; c < plan->inputs[i]->schema->column_count; c++) {
            u32 target = plan->column_offsets[i] + c;
            inputs[count] = i, columns[count] = c, targets[count] = target;
            count += used[target];
        }
    condition.columns = gathers_make(arena, plan, inputs, columns, targets, count);
    return condition;
}
