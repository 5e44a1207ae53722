/* Each input row once for each value of a function of it. A row may give millions, so batches wait until
 * the turn and are unfolded a piece at a time: the memory is that of the input. */
#include "ops/flatten.h"

#include "base/assert.h"

/* A batch that waits, its arguments as more columns behind its own. */
struct waiting {
    struct waiting *next;
    struct batch *batch;
};

struct flatten {
    struct op op;
    const struct flatten_function *function;
    struct program *args;
    u32 arg_count;
    struct arena kept; /* of what the function keeps from row to row */
    struct flatten_cursor *cursor;
    /* Of this tick: */
    struct arena arena; /* of what waits */
    struct waiting *first;
    struct waiting **last;
    u32 row; /* of the first one */
    bool is_open;
};

static const struct op_class flatten_class;

struct op *op_flatten_make(struct graph *graph, struct op *input, enum flatten_kind kind,
                           struct expr *const *args, u32 arg_count, const struct schema *schema)
{
    assert(schema->column_count == input->schema->column_count + 1);
    struct op *op = graph_add(graph, &flatten_class, sizeof(struct flatten), &input, 1, schema);
    struct flatten *flatten = (struct flatten *)op;
    switch (kind) {
    case FLATTEN_GENERATE_SERIES: flatten->function = &flatten_generate_series; break;
    case FLATTEN_REGEXP_SPLIT_TO_TABLE: flatten->function = &flatten_regexp_split; break;
    }
    flatten->args = program_make(&op->arena, args, arg_count);
    flatten->arg_count = arg_count;
    flatten->cursor = arena_zalloc(&op->arena, flatten->function->cursor_size);
    arena_init(&flatten->arena, &op->mem);
    arena_init(&flatten->kept, &op->mem);
    flatten->last = &flatten->first;
    return op;
}

static void report(struct flatten *flatten, const struct batch *batch,
                   const struct row_error *error)
{
    struct graph_errors *sink = &flatten->op.graph->errors;
    if (sink->add) sink->add(sink->context, &flatten->op, batch, error, batch->weights[error->row]);
}

static void flatten_push(struct op *op, u32 input, const struct batch *batch)
{
    struct flatten *flatten = (struct flatten *)op;
    struct arena *arena = &op->graph->tick;
    assert(input == 0);
    graph_touch(op->graph, op);
    graph_mark_dirty(op->graph, op);
    struct arena_mark mark = arena_mark(arena);
    struct batch with_args = *batch;
    with_args.column_count += flatten->arg_count;
    with_args.columns = arena_array(arena, struct column, with_args.column_count);
    memcpy(with_args.columns, batch->columns, sizeof(struct column) * batch->column_count);
    struct row_errors errors = { 0 };
    program_run(flatten->args, batch, arena, with_args.columns + batch->column_count, &errors);
    for (u32 i = 0; i < errors.count; i++)
        report(flatten, batch, &errors.errors[i]); /* their arguments are NULL and give no row */
    struct waiting *waiting = arena_new(&flatten->arena, struct waiting);
    waiting->batch = batch_copy(&flatten->arena, &with_args);
    *flatten->last = waiting;
    flatten->last = &waiting->next;
    arena_rewind(arena, mark);
}

/* --- The turn --- */

/* The input's columns of a batch that waits, without the arguments. */
static struct batch input_part(const struct flatten *flatten, const struct batch *batch)
{
    struct batch part = *batch;
    part.column_count -= flatten->arg_count;
    return part;
}

static void fail_row(struct flatten *flatten, const struct batch *batch, const struct err *err)
{
    struct batch part = input_part(flatten, batch);
    struct row_error error = { .row = flatten->row, .message = err->message };
    memcpy(error.sqlstate, err->sqlstate, sizeof error.sqlstate);
    report(flatten, &part, &error);
}

/* False: the row gives nothing. */
static bool row_open(struct flatten *flatten, const struct batch *batch)
{
    struct value args[FUNC_ARG_COUNT_MAX];
    u32 first = batch->column_count - flatten->arg_count;
    for (u32 a = 0; a < flatten->arg_count; a++) {
        args[a] = value_get(&batch->columns[first + a], flatten->row);
        if (args[a].null) return false;
    }
    struct err err;
    struct type type = flatten->op.schema->columns[first].type;
    const struct flatten_row row = { .type = type,
                                     .args = args,
                                     .arg_count = flatten->arg_count,
                                     .arena = &flatten->arena,
                                     .kept = &flatten->kept };
    flatten->is_open = flatten->function->open(flatten->cursor, &row, &err) == OK;
    if (!flatten->is_open) fail_row(flatten, batch, &err);
    return flatten->is_open;
}

/* Unfolds rows of a batch into picks (its rows) and values, up to a full batch. */
static u32 unfold(struct flatten *flatten, const struct batch *batch, u32 *picks,
                  struct column *values)
{
    u32 count = 0;
    while (count < BATCH_ROW_COUNT_MAX && flatten->row < batch->row_count) {
        if (!flatten->is_open && !row_open(flatten, batch)) {
            flatten->row++;
            continue;
        }
        u32 given = 0, capacity = BATCH_ROW_COUNT_MAX - count;
        struct err err;
        enum status status =
            flatten->function->next(flatten->cursor, values, count, capacity, &given, &err);
        for (u32 i = 0; i < given; i++)
            picks[count + i] = flatten->row;
        count += given;
        if (!status && given == capacity) break;
        if (status) fail_row(flatten, batch, &err);
        flatten->is_open = false;
        flatten->row++;
    }
    return count;
}

static void emit_unfolded(struct flatten *flatten, const struct batch *batch)
{
    struct op *op = &flatten->op;
    struct arena *arena = &op->graph->tick;
    struct arena_mark mark = arena_mark(arena);
    u32 input_columns = batch->column_count - flatten->arg_count;
    u32 picks[BATCH_ROW_COUNT_MAX];
    struct column values =
        column_make(arena, op->schema->columns[input_columns].type, BATCH_ROW_COUNT_MAX);
    u32 count = unfold(flatten, batch, picks, &values);
    struct batch part = input_part(flatten, batch);
    part.rows = NULL;
    struct batch *out = batch_pick(arena, &part, picks, count);
    struct column *columns = arena_array(arena, struct column, input_columns + 1);
    memcpy(columns, out->columns, sizeof(*columns) * input_columns);
    columns[input_columns] = values;
    out->columns = columns;
    out->column_count = input_columns + 1;
    out->consolidated = false;
    op_emit(op, out);
    arena_rewind(arena, mark);
}

static enum turn flatten_turn(struct op *op, u32 rows)
{
    struct flatten *flatten = (struct flatten *)op;
    u64 end = op->graph->rows_moved + rows;
    while (flatten->first) {
        const struct batch *batch = flatten->first->batch;
        if (flatten->row == batch->row_count) {
            flatten->first = flatten->first->next;
            flatten->row = 0;
            continue;
        }
        if (op->graph->rows_moved >= end) return TURN_MORE;
        emit_unfolded(flatten, batch);
        op->graph->rows_moved++;
    }
    return TURN_DONE;
}

static void flatten_settle(struct op *op)
{
    struct flatten *flatten = (struct flatten *)op;
    flatten->first = NULL;
    flatten->last = &flatten->first;
    flatten->row = 0;
    flatten->is_open = false;
    arena_deinit(&flatten->arena);
}

static void flatten_explain(const struct op *op, struct buf *out)
{
    buf_puts(out, ((const struct flatten *)op)->function->name);
}

static void flatten_close(struct op *op)
{
    arena_deinit(&((struct flatten *)op)->arena);
    arena_deinit(&((struct flatten *)op)->kept);
}

static const struct op_class flatten_class = {
    .name = "flatten",
    .push = flatten_push,
    .turn = flatten_turn,
    .settle = flatten_settle,
    .explain = flatten_explain,
    .close = flatten_close,
};
