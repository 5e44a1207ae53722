#include "base/assert.h"
#include "data/expr_internal.h"

/* One evaluation of a program over a batch. */
struct run {
    const struct program *program;
    struct arena *arena;
    u32 count; /* of rows */
    struct func_vector *vectors;
    void **buffers; /* NULL until used */
};

static struct run run_start(const struct program *program, const struct batch *in,
                            struct arena *arena);
static void run_step(struct run *run, const struct step *step,
                     const struct func_vector **arg_space);
static void run_results(const struct run *run, struct column *out);
static void run_errors(const struct run *run, struct column *out, struct row_errors *errors);

void program_run(const struct program *program, const struct batch *in, struct arena *arena,
                 struct column *out, struct row_errors *errors)
{
    *errors = (struct row_errors){ 0 };
    struct run run = run_start(program, in, arena);
    const struct func_vector **arg_space =
        arena_alloc(arena, sizeof *arg_space * program->arg_count_max);
    if (run.count > 0) {
        for (u32 i = 0; i < program->step_count; i++)
            run_step(&run, &program->steps[i], arg_space);
    }
    run_results(&run, out);
    if (run.count > 0) run_errors(&run, out, errors);
}

static struct run run_start(const struct program *program, const struct batch *in,
                            struct arena *arena)
{
    struct run run = { .program = program, .arena = arena, .count = in->row_count };
    run.vectors = arena_alloc(arena, sizeof *run.vectors * program->vector_count);
    run.buffers = arena_array(arena, void *, program->buffer_count);
    for (u32 i = 0; i < program->column_count; i++) {
        const struct program_column *read = &program->columns[i];
        assert(read->column < in->column_count);
        const struct column *column = &in->columns[read->column];
        slow_assert(type_phys(column->type) == type_phys(read->type));
        run.vectors[read->vector] = (struct func_vector){
            .type = read->type,
            .data = column->data,
            .nulls = column->nulls,
            .mask = UINT32_MAX,
            .nulls_shared = true,
        };
    }
    for (u32 i = 0; i < program->constant_count; i++)
        run.vectors[program->constants[i].vector] = program->constants[i].value;
    return run;
}

static struct func_vector out_vector(struct run *run, const struct step *step, bool constant);
static void merge_nulls(struct func_call *call);
static void merge_errors(struct func_call *call);
static void clear_error_rows(struct func_call *call);

static void run_step(struct run *run, const struct step *step, const struct func_vector **arg_space)
{
    bool constant = true, has_nulls = false, has_errors = false;
    for (u32 i = 0; i < step->arg_count; i++) {
        const struct func_vector *arg = &run->vectors[step->args[i]];
        arg_space[i] = arg;
        constant &= arg->mask == 0;
        has_nulls |= arg->nulls != NULL;
        has_errors |= arg->errors != NULL;
    }
    struct func_vector *out = &run->vectors[step->vector];
    *out = out_vector(run, step, constant);
    struct func_call call = {
        .func = step->func,
        .args = arg_space,
        .arg_count = step->arg_count,
        .count = constant ? 1 : run->count,
        .out = out,
        .state = step->state,
        .arena = run->arena,
    };
    if (has_nulls && step->strict) merge_nulls(&call);
    if (has_errors && !step->lazy) merge_errors(&call);
    if (out->nulls) memset(out->data, 0, (size_t)call.count * type_width(step->type));
    step->body(&call);
    if (has_errors && !step->lazy && !step->strict) clear_error_rows(&call);
}

static struct func_vector out_vector(struct run *run, const struct step *step, bool constant)
{
    struct func_vector out = { .type = step->type, .mask = constant ? 0 : UINT32_MAX };
    size_t size = (size_t)run->count * type_width(step->type);
    if (step->buffer == PROGRAM_NO_BUFFER) {
        out.data = arena_alloc(run->arena, size);
        return out;
    }
    void **buffer = &run->buffers[step->buffer];
    if (!*buffer) *buffer = arena_alloc(run->arena, size);
    out.data = *buffer;
    return out;
}

/* NULL if any argument is. One argument's nulls are borrowed, more are joined in a copy. */
static void merge_nulls(struct func_call *call)
{
    struct func_vector *out = call->out;
    for (u32 i = 0; i < call->arg_count; i++) {
        const struct func_vector *arg = call->args[i];
        if (!arg->nulls) continue;
        if (!out->nulls && arg->mask != 0) {
            out->nulls = arg->nulls;
            out->nulls_shared = true;
            continue;
        }
        if (arg->mask == 0 && arg->nulls[0] == 0) continue;
        if (!out->nulls)
            out->nulls = arena_zalloc(call->arena, call->count);
        else if (out->nulls_shared)
            out->nulls = arena_copy(call->arena, out->nulls, call->count);
        out->nulls_shared = false;
        if (arg->mask == 0) {
            memset(out->nulls, 1, call->count);
            continue;
        }
        u8 *restrict target = out->nulls;
        const u8 *restrict source = arg->nulls;
        for (u32 row = 0; row < call->count; row++)
            target[row] |= source[row];
    }
}

/* The first argument's error is the row's. Rows with one are NULL, so that the body leaves them. */
static void merge_errors(struct func_call *call)
{
    struct func_vector *out = call->out;
    out->errors = arena_array(call->arena, const struct row_error *, call->count);
    u8 *nulls = arena_zalloc(call->arena, call->count);
    if (out->nulls) memcpy(nulls, out->nulls, call->count);
    for (u32 i = 0; i < call->arg_count; i++) {
        const struct func_vector *arg = call->args[i];
        if (!arg->errors) continue;
        for (u32 row = 0; row < call->count; row++) {
            const struct row_error *error = arg->errors[row & arg->mask];
            if (error && !out->errors[row]) out->errors[row] = error;
        }
    }
    for (u32 row = 0; row < call->count; row++)
        nulls[row] |= out->errors[row] != NULL;
    out->nulls = nulls;
    out->nulls_shared = false;
}

/* A body that looks at NULLs itself may have answered for a row that has an error. */
static void clear_error_rows(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        if (call->out->errors[row]) func_call_set_null(call, row);
    }
}

static struct column expand(const struct run *run, const struct func_vector *vector);

static void run_results(const struct run *run, struct column *out)
{
    const struct program *program = run->program;
    for (u32 i = 0; i < program->result_count; i++) {
        const struct func_vector *vector = &run->vectors[program->results[i]];
        if (run->count == 0) {
            out[i] = column_make(run->arena, program->result_types[i], 1);
        } else if (vector->mask == 0) {
            out[i] = expand(run, vector);
        } else {
            out[i] = (struct column){ .data = vector->data, .nulls = vector->nulls };
        }
        out[i].type = program->result_types[i];
    }
}

static struct column expand(const struct run *run, const struct func_vector *vector)
{
    struct column column = column_make(run->arena, vector->type, run->count);
    u32 width = type_width(vector->type);
    for (u32 row = 0; row < run->count; row++)
        memcpy((u8 *)column.data + (size_t)row * width, vector->data, width);
    if (vector->nulls && vector->nulls[0]) {
        column.nulls = arena_alloc(run->arena, run->count);
        memset(column.nulls, 1, run->count);
    }
    return column;
}

static const struct row_error *row_error_of(const struct run *run, u32 row);
static void blank_rows(const struct run *run, struct column *column,
                       const struct row_errors *errors);

static void run_errors(const struct run *run, struct column *out, struct row_errors *errors)
{
    const struct program *program = run->program;
    bool any = false;
    for (u32 i = 0; i < program->result_count; i++)
        any |= run->vectors[program->results[i]].errors != NULL;
    if (!any) return;
    errors->errors = arena_array(run->arena, struct row_error, run->count);
    errors->capacity = run->count;
    for (u32 row = 0; row < run->count; row++) {
        const struct row_error *error = row_error_of(run, row);
        if (!error) continue;
        errors->errors[errors->count] = *error;
        errors->errors[errors->count++].row = row;
    }
    if (errors->count == 0) return;
    for (u32 i = 0; i < program->result_count; i++)
        blank_rows(run, &out[i], errors);
}

static const struct row_error *row_error_of(const struct run *run, u32 row)
{
    const struct program *program = run->program;
    for (u32 i = 0; i < program->result_count; i++) {
        const struct func_vector *vector = &run->vectors[program->results[i]];
        if (!vector->errors) continue;
        const struct row_error *error = vector->errors[row & vector->mask];
        if (error) return error;
    }
    return NULL;
}

/* Other results may share data and nulls with this one or with the input: both are copied. */
static void blank_rows(const struct run *run, struct column *column,
                       const struct row_errors *errors)
{
    if (!column->data) return; /* a column of the input that was left out */
    u32 width = type_width(column->type);
    column->data = arena_copy(run->arena, column->data, (size_t)run->count * width);
    u8 *nulls = arena_zalloc(run->arena, run->count);
    if (column->nulls) memcpy(nulls, column->nulls, run->count);
    column->nulls = nulls;
    for (u32 i = 0; i < errors->count; i++) {
        u32 row = errors->errors[i].row;
        memset((u8 *)column->data + (size_t)row * width, 0, width);
        nulls[row] = 1;
    }
}

u32 program_pick(const struct program *program, const struct batch *in, struct arena *arena,
                 u32 *picks, struct row_errors *errors)
{
    assert(program->result_count == 1);
    struct column out;
    program_run(program, in, arena, &out, errors);
    slow_assert(out.type.id == TYPE_BOOL);
    const u8 *values = out.data;
    u32 count = 0;
    if (out.nulls) {
        for (u32 row = 0; row < in->row_count; row++) {
            picks[count] = row;
            count += values[row] & (out.nulls[row] ^ 1);
        }
    } else {
        for (u32 row = 0; row < in->row_count; row++) {
            picks[count] = row;
            count += values[row];
        }
    }
    return count;
}

enum status expr_constant_value(const struct expr *expr, struct arena *arena, struct value *out,
                                struct err *err)
{
    if (!expr_is_constant(expr)) return err_set(err, "0A000", "the expression is not constant");
    struct expr *exprs[1] = { (struct expr *)(uintptr_t)expr };
    const struct program *program = program_make(arena, exprs, 1);
    struct batch batch = { .row_count = 1 };
    struct column column;
    struct row_errors errors;
    program_run(program, &batch, arena, &column, &errors);
    if (errors.count > 0) {
        const struct row_error *error = &errors.errors[0];
        return err_set(err, error->sqlstate, "%s", error->message);
    }
    *out = value_get(&column, 0);
    return OK;
}
