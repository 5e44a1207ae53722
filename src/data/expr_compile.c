#include "base/assert.h"
#include "base/hash.h"
#include "data/expr_compile_internal.h"

static u32 node_bound(const struct expr *expr);
static void compiler_init(struct compiler *compiler, struct arena *arena, u32 bound);
static void place_buffers(struct compiler *compiler);

struct program *program_make(struct arena *arena, struct expr *const *exprs, u32 expr_count)
{
    u32 bound = 0;
    for (u32 i = 0; i < expr_count; i++)
        bound += node_bound(exprs[i]);
    struct compiler compiler;
    compiler_init(&compiler, arena, bound);
    struct program *program = compiler.program;
    program->result_count = expr_count;
    program->results = arena_array(arena, u32, expr_count);
    program->result_types = arena_array(arena, struct type, expr_count);
    for (u32 i = 0; i < expr_count; i++) {
        program->results[i] = expr_compile_vector(&compiler, exprs[i]);
        program->result_types[i] = exprs[i]->type;
    }
    place_buffers(&compiler);
    return program;
}

/* A node is at most three vectors: as it is, as a scaled integer, and at another scale or widened. */
static u32 node_bound(const struct expr *expr)
{
    u32 bound = 3;
    u32 count = expr_compile_form_is_set(expr) ? 1 : expr->arg_count;
    for (u32 i = 0; i < count; i++)
        bound += node_bound(expr->args[i]);
    return bound;
}

static void compiler_init(struct compiler *compiler, struct arena *arena, u32 bound)
{
    struct program *program = arena_new(arena, struct program);
    program->columns = arena_array(arena, struct program_column, bound);
    program->constants = arena_array(arena, struct program_constant, bound);
    program->steps = arena_array(arena, struct step, bound);
    u32 slot_count = 4;
    while (slot_count < 2 * bound)
        slot_count *= 2;
    *compiler = (struct compiler){
        .arena = arena,
        .program = program,
        .nodes = arena_array(arena, struct node, bound),
        .slots = arena_array(arena, u32, slot_count),
        .slot_mask = slot_count - 1,
        .node_bound = bound,
    };
}

static u32 compile_column(struct compiler *compiler, const struct expr *expr);

u32 expr_compile_vector(struct compiler *compiler, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_COLUMN: return compile_column(compiler, expr);
    case EXPR_CONST: return expr_compile_constant(compiler, &expr->constant);
    case EXPR_CALL: return expr_compile_call(compiler, expr);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT:
    case EXPR_IS_NULL:
    case EXPR_CASE:
    case EXPR_COALESCE:
    case EXPR_IN: return expr_compile_form(compiler, expr);
    }
    unreachable();
}

/* --- Equal vectors are found again by hash --- */

/* The slot in which a node of this hash and content lies, or the empty one where it belongs. */
typedef bool (*node_same)(const struct program *program, u32 index, const void *wanted);

static u32 node_find(struct compiler *compiler, enum node_kind kind, u64 hash, node_same same,
                     const void *wanted, u32 *slot)
{
    *slot = (u32)hash & compiler->slot_mask;
    while (compiler->slots[*slot]) {
        u32 vector = compiler->slots[*slot] - 1;
        const struct node *node = &compiler->nodes[vector];
        if (node->hash == hash && node->kind == kind &&
            same(compiler->program, node->index, wanted))
            return vector;
        *slot = (*slot + 1) & compiler->slot_mask;
    }
    return UINT32_MAX;
}

static u32 node_add(struct compiler *compiler, u32 slot, enum node_kind kind, u64 hash, u32 index)
{
    u32 vector = compiler->program->vector_count++;
    assert(vector < compiler->node_bound);
    compiler->nodes[vector] = (struct node){ .hash = hash, .kind = kind, .index = index };
    compiler->slots[slot] = vector + 1;
    return vector;
}

static u64 type_hash(struct type type, u64 hash)
{
    u64 word = (u64)type.id | (u64)type.precision << 8 | (u64)type.scale << 16;
    return hash_mix(hash, word << 32 | (u32)type.length);
}

static bool column_same(const struct program *program, u32 index, const void *wanted)
{
    const struct program_column *a = &program->columns[index], *b = wanted;
    return a->column == b->column && type_equal(a->type, b->type);
}

static u32 compile_column(struct compiler *compiler, const struct expr *expr)
{
    struct program *program = compiler->program;
    struct program_column read = { .column = expr->column, .type = expr->type };
    u64 hash = hash_mix(type_hash(expr->type, NODE_COLUMN), expr->column);
    u32 slot, found = node_find(compiler, NODE_COLUMN, hash, column_same, &read, &slot);
    if (found != UINT32_MAX) return found;
    u32 index = program->column_count++;
    read.vector = node_add(compiler, slot, NODE_COLUMN, hash, index);
    program->columns[index] = read;
    return read.vector;
}

static bool constant_same(const struct program *program, u32 index, const void *wanted)
{
    const struct func_vector *vector = &program->constants[index].value;
    struct column column = { .type = vector->type, .data = vector->data, .nulls = vector->nulls };
    struct expr a = { .kind = EXPR_CONST, .type = vector->type, .constant = value_get(&column, 0) };
    const struct value *value = wanted;
    struct expr b = { .kind = EXPR_CONST, .type = value->type, .constant = *value };
    return expr_equal(&a, &b);
}

u32 expr_compile_constant(struct compiler *compiler, const struct value *value)
{
    struct program *program = compiler->program;
    struct expr as_expr = { .kind = EXPR_CONST, .type = value->type, .constant = *value };
    u64 hash = hash_mix(expr_hash(&as_expr), NODE_CONST);
    u32 slot, found = node_find(compiler, NODE_CONST, hash, constant_same, value, &slot);
    if (found != UINT32_MAX) return found;
    struct column column = column_make(compiler->arena, value->type, 1);
    value_put(value, &column, 0, compiler->arena, 1);
    if (!value->null) column_own_strings(&column, 1, compiler->arena);
    u32 index = program->constant_count++;
    u32 vector = node_add(compiler, slot, NODE_CONST, hash, index);
    program->constants[index] = (struct program_constant){
        .vector = vector,
        .value = { .type = value->type,
                   .data = column.data,
                   .nulls = value->null ? column.nulls : NULL,
                   .nulls_shared = true },
    };
    return vector;
}

static bool step_same(const struct program *program, u32 index, const void *wanted)
{
    const struct step *step = &program->steps[index];
    const struct wish *wish = wanted;
    return step->body == wish->body && step->func == wish->func &&
           type_equal(step->type, wish->type) && step->arg_count == wish->arg_count &&
           (wish->prepare || step->state == wish->state) &&
           memcmp(step->args, wish->args, sizeof *step->args * step->arg_count) == 0;
}

static const void *prepare_step(struct compiler *compiler, const struct wish *wish);

u32 expr_compile_step(struct compiler *compiler, const struct wish *wish)
{
    struct program *program = compiler->program;
    u64 hash = type_hash(wish->type, (u64)(uintptr_t)wish->func + NODE_STEP);
    hash = hash_mix(hash, (u64)(uintptr_t)wish->body);
    for (u32 i = 0; i < wish->arg_count; i++)
        hash = hash_mix(hash, wish->args[i]);
    u32 slot, found = node_find(compiler, NODE_STEP, hash, step_same, wish, &slot);
    if (found != UINT32_MAX) return found;
    u32 index = program->step_count++;
    u32 vector = node_add(compiler, slot, NODE_STEP, hash, index);
    struct step *step = &program->steps[index];
    *step = (struct step){
        .body = wish->body,
        .func = wish->func,
        .state = wish->prepare ? prepare_step(compiler, wish) : wish->state,
        .type = wish->type,
        .strict = wish->strict,
        .lazy = wish->lazy,
        .vector = vector,
        .arg_count = wish->arg_count,
        .args = wish->args,
    };
    program->arg_count_max = MAX(program->arg_count_max, step->arg_count);
    return vector;
}

const struct func_vector *expr_compile_fixed(const struct compiler *compiler, u32 vector)
{
    const struct node *node = &compiler->nodes[vector];
    if (node->kind != NODE_CONST) return NULL;
    return &compiler->program->constants[node->index].value;
}

static const void *prepare_step(struct compiler *compiler, const struct wish *wish)
{
    const struct func_vector **args =
        arena_array(compiler->arena, const struct func_vector *, wish->arg_count);
    for (u32 i = 0; i < wish->arg_count; i++)
        args[i] = expr_compile_fixed(compiler, wish->args[i]);
    struct func_fixed fixed = { .func = wish->func,
                                .args = args,
                                .arg_count = wish->arg_count,
                                .result = wish->type,
                                .arena = compiler->arena };
    return wish->prepare(&fixed);
}

struct type expr_compile_type(const struct compiler *compiler, u32 vector)
{
    const struct node *node = &compiler->nodes[vector];
    switch (node->kind) {
    case NODE_COLUMN: return compiler->program->columns[node->index].type;
    case NODE_CONST: return compiler->program->constants[node->index].value.type;
    case NODE_STEP: return compiler->program->steps[node->index].type;
    }
    unreachable();
}

/* --- Buffers --- */

/* A buffer is free again after the last step that reads it. Results, and what depends on constants
 * only, keep memory of their own. */
static u32 *last_readers(const struct compiler *compiler)
{
    const struct program *program = compiler->program;
    u32 *last = arena_array(compiler->arena, u32, program->vector_count);
    for (u32 i = 0; i < program->step_count; i++) {
        const struct step *step = &program->steps[i];
        for (u32 j = 0; j < step->arg_count; j++)
            last[step->args[j]] = i;
    }
    for (u32 i = 0; i < program->result_count; i++)
        last[program->results[i]] = UINT32_MAX;
    return last;
}

static u32 take_buffer(struct program *program, bool *taken, u32 width)
{
    for (u32 i = 0; i < program->buffer_count; i++) {
        if (taken[i] || program->buffer_widths[i] != width) continue;
        taken[i] = true;
        return i;
    }
    u32 buffer = program->buffer_count++;
    program->buffer_widths[buffer] = width;
    taken[buffer] = true;
    return buffer;
}

static void place_buffers(struct compiler *compiler)
{
    struct program *program = compiler->program;
    const u32 *last = last_readers(compiler);
    program->buffer_widths = arena_array(compiler->arena, u32, program->step_count);
    bool *taken = arena_array(compiler->arena, bool, program->step_count);
    for (u32 i = 0; i < program->step_count; i++) {
        struct step *step = &program->steps[i];
        bool result = last[step->vector] == UINT32_MAX;
        step->buffer =
            result ? PROGRAM_NO_BUFFER : take_buffer(program, taken, type_width(step->type));
        for (u32 j = 0; j < step->arg_count; j++) {
            const struct node *node = &compiler->nodes[step->args[j]];
            if (node->kind != NODE_STEP || last[step->args[j]] != i) continue;
            u32 buffer = program->steps[node->index].buffer;
            if (buffer != PROGRAM_NO_BUFFER) taken[buffer] = false;
        }
    }
}
