#include "base/assert.h"
#include "base/hash.h"
#include "data/decimal.h"
#include "data/expr_internal.h"
#include "data/func_bodies.h"
#include "data/func_internal.h"

/* What a vector is, so that an equal one is found again. */
enum node_kind { NODE_COLUMN, NODE_CONST, NODE_STEP };

struct node {
    u64 hash;
    enum node_kind kind;
    u32 index; /* into the program's columns, constants or steps */
};

struct compiler {
    struct arena *arena;
    struct program *program;
    struct node *nodes; /* by vector number */
    u32 *slots;         /* hash table of vector number + 1 */
    u32 slot_mask;
};

/* A step that is wanted, before it is known whether an equal one is there. */
struct wish {
    func_body body;
    func_prepare prepare;
    const struct func *func;
    struct type type;
    bool strict;
    bool lazy;
    u32 arg_count;
    u32 *args;
};

static u32 node_bound(const struct expr *expr);
static void compiler_init(struct compiler *compiler, struct arena *arena, u32 bound);
static u32 compile(struct compiler *compiler, const struct expr *expr);
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
        program->results[i] = compile(&compiler, exprs[i]);
        program->result_types[i] = exprs[i]->type;
    }
    place_buffers(&compiler);
    return program;
}

/* Each node may need one more step to widen its value. */
static u32 node_bound(const struct expr *expr)
{
    u32 bound = 2;
    for (u32 i = 0; i < expr->arg_count; i++)
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
    };
}

static u32 compile_column(struct compiler *compiler, const struct expr *expr);
static u32 compile_constant(struct compiler *compiler, const struct value *value);
static u32 compile_call(struct compiler *compiler, const struct expr *expr);
static u32 compile_form(struct compiler *compiler, const struct expr *expr);

static u32 compile(struct compiler *compiler, const struct expr *expr)
{
    switch (expr->kind) {
    case EXPR_COLUMN: return compile_column(compiler, expr);
    case EXPR_CONST: return compile_constant(compiler, &expr->constant);
    case EXPR_CALL: return compile_call(compiler, expr);
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT:
    case EXPR_IS_NULL:
    case EXPR_CASE:
    case EXPR_COALESCE:
    case EXPR_IN: return compile_form(compiler, expr);
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

static u32 compile_constant(struct compiler *compiler, const struct value *value)
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
           memcmp(step->args, wish->args, sizeof *step->args * step->arg_count) == 0;
}

static const void *prepare_step(struct compiler *compiler, const struct wish *wish);

static u32 add_step(struct compiler *compiler, const struct wish *wish)
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
    program->arg_count_max = MAX(program->arg_count_max, wish->arg_count);
    program->steps[index] = (struct step){
        .body = wish->body,
        .func = wish->func,
        .state = wish->prepare ? prepare_step(compiler, wish) : NULL,
        .type = wish->type,
        .strict = wish->strict,
        .lazy = wish->lazy,
        .vector = vector,
        .arg_count = wish->arg_count,
        .args = wish->args,
    };
    return vector;
}

static const void *prepare_step(struct compiler *compiler, const struct wish *wish)
{
    const struct func_vector **args =
        arena_array(compiler->arena, const struct func_vector *, wish->arg_count);
    for (u32 i = 0; i < wish->arg_count; i++) {
        const struct node *node = &compiler->nodes[wish->args[i]];
        if (node->kind == NODE_CONST) args[i] = &compiler->program->constants[node->index].value;
    }
    struct func_fixed fixed = { .func = wish->func,
                                .args = args,
                                .arg_count = wish->arg_count,
                                .result = wish->type,
                                .arena = compiler->arena };
    return wish->prepare(&fixed);
}

static struct type vector_type(const struct compiler *compiler, u32 vector)
{
    const struct node *node = &compiler->nodes[vector];
    switch (node->kind) {
    case NODE_COLUMN: return compiler->program->columns[node->index].type;
    case NODE_CONST: return compiler->program->constants[node->index].value.type;
    case NODE_STEP: return compiler->program->steps[node->index].type;
    }
    unreachable();
}

/* --- Calls, and numerics that lie as scaled integers --- */

/* A body that reads struct decimal gets one, whatever numeric(p,s) lies as. */
static u32 widen(struct compiler *compiler, u32 vector)
{
    if (type_phys(vector_type(compiler, vector)) == PHYS_DECIMAL) return vector;
    u32 *args = arena_array(compiler->arena, u32, 1);
    args[0] = vector;
    return add_step(compiler, &(struct wish){ .body = func_scaled_widen,
                                              .type = TYPE(NUMERIC),
                                              .strict = true,
                                              .arg_count = 1,
                                              .args = args });
}

static u32 compile_relabel(struct compiler *compiler, const struct expr *expr);
static u32 compile_scaled(struct compiler *compiler, const struct expr *expr);
static func_body scaled_body(struct compiler *compiler, const struct func *func, u32 *args);

static u32 compile_call(struct compiler *compiler, const struct expr *expr)
{
    const struct func *func = expr->func;
    if (func->kind == FUNC_CAST && func_cast_is_free(func, expr->args[0]->type, expr->type))
        return compile_relabel(compiler, expr);
    assert(func->body); /* the binder has replaced what is not immutable */
    struct wish wish = {
        .body = func->body,
        .prepare = func->prepare,
        .func = func,
        .type = expr->type,
        .strict = func->strict,
        .arg_count = expr->arg_count,
        .args = arena_array(compiler->arena, u32, expr->arg_count),
    };
    bool numeric = func->kind != FUNC_CAST;
    for (u32 i = 0; i < expr->arg_count; i++) {
        u32 place = MIN(i, func->arg_count - 1u);
        bool scaled = numeric && func->args[place] == TYPE_NUMERIC;
        const struct expr *arg = expr->args[i];
        wish.args[i] = scaled ? compile_scaled(compiler, arg) : compile(compiler, arg);
    }
    func_body scaled = numeric ? scaled_body(compiler, func, wish.args) : NULL;
    if (scaled) {
        wish.body = scaled;
        return add_step(compiler, &wish);
    }
    for (u32 i = 0; i < expr->arg_count && numeric; i++) {
        u32 place = MIN(i, func->arg_count - 1u);
        if (func->args[place] == TYPE_NUMERIC) wish.args[i] = widen(compiler, wish.args[i]);
    }
    return add_step(compiler, &wish);
}

/* A cast that changes no bytes: the value as it is, under another type. */
static u32 compile_relabel(struct compiler *compiler, const struct expr *expr)
{
    u32 *args = arena_array(compiler->arena, u32, 1);
    args[0] = compile(compiler, expr->args[0]);
    if (type_equal(expr->args[0]->type, expr->type)) return args[0];
    return add_step(compiler, &(struct wish){ .body = func_arith_same,
                                              .type = expr->type,
                                              .strict = true,
                                              .arg_count = 1,
                                              .args = args });
}

static bool scaled_constant(const struct value *value, struct value *out);

/* A numeric as a scaled integer where it lies as one: a column numeric(p,s), an integer under a
 * cast, a constant that fits. Else as it is. */
static u32 compile_scaled(struct compiler *compiler, const struct expr *expr)
{
    if (expr->kind == EXPR_CALL && expr->func->kind == FUNC_CAST && expr->type.precision == 0) {
        const struct expr *inner = expr->args[0];
        bool integer = type_is_integer(inner->type);
        bool scaled = inner->type.id == TYPE_NUMERIC && type_phys(inner->type) == PHYS_I64;
        if (integer || scaled) return compile(compiler, inner);
    }
    struct value value;
    if (expr->kind == EXPR_CONST && scaled_constant(&expr->constant, &value))
        return compile_constant(compiler, &value);
    return compile(compiler, expr);
}

#define SCALED_DIGITS_MAX 18

static bool scaled_constant(const struct value *value, struct value *out)
{
    if (value->null || type_phys(value->type) != PHYS_DECIMAL) return false;
    struct decimal decimal = value->decimal;
    i64 scaled;
    if (decimal.scale > SCALED_DIGITS_MAX ||
        decimal_to_scaled(&decimal, SCALED_DIGITS_MAX, decimal.scale, &scaled))
        return false;
    struct type type = TYPE(NUMERIC);
    type.precision = SCALED_DIGITS_MAX;
    type.scale = (u8)decimal.scale;
    *out = (struct value){ .type = type, .i = scaled };
    return true;
}

static bool is_scaled(struct compiler *compiler, u32 vector)
{
    return type_phys(vector_type(compiler, vector)) == PHYS_I64;
}

static bool align_constant(struct compiler *compiler, u32 *args, u32 constant, u32 other);

/* The body that reads scaled integers where all arguments are such, else NULL. Comparisons of
 * one scale, or with a constant that can take it, are those of integers. */
static func_body scaled_body(struct compiler *compiler, const struct func *func, u32 *args)
{
    const struct func_scaled *scaled = func_scaled_find(func->body);
    if (!scaled) return NULL;
    for (u32 i = 0; i < func->arg_count; i++) {
        if (!is_scaled(compiler, args[i])) return NULL;
    }
    if (!scaled->aligned) return scaled->any;
    bool aligned = vector_type(compiler, args[0]).scale == vector_type(compiler, args[1]).scale ||
                   align_constant(compiler, args, 0, 1) || align_constant(compiler, args, 1, 0);
    return aligned ? scaled->aligned : scaled->any;
}

static bool align_constant(struct compiler *compiler, u32 *args, u32 constant, u32 other)
{
    const struct node *node = &compiler->nodes[args[constant]];
    if (node->kind != NODE_CONST) return false;
    const struct func_vector *vector = &compiler->program->constants[node->index].value;
    u32 scale = vector_type(compiler, args[other]).scale;
    i64 value = *(const i64 *)vector->data;
    if (vector->nulls || vector->type.scale > scale) return false;
    u32 places = scale - vector->type.scale;
    i128 moved = (i128)value * (i128)decimal_powers[places];
    if (moved != (i64)moved) return false;
    struct type type = TYPE(NUMERIC);
    type.precision = SCALED_DIGITS_MAX;
    type.scale = (u8)scale;
    args[constant] = compile_constant(compiler, &(struct value){ .type = type, .i = (i64)moved });
    return true;
}

/* --- AND, CASE and their like --- */

static bool constants_after_first(const struct compiler *compiler, const u32 *args, u32 count);

static u32 compile_form(struct compiler *compiler, const struct expr *expr)
{
    struct wish wish = { .type = expr->type,
                         .lazy = true,
                         .arg_count = expr->arg_count,
                         .args = arena_array(compiler->arena, u32, expr->arg_count) };
    bool widens = expr->kind == EXPR_CASE || expr->kind == EXPR_COALESCE;
    for (u32 i = 0; i < expr->arg_count; i++) {
        u32 arg = compile(compiler, expr->args[i]);
        bool numeric = widens && type_phys(expr->type) == PHYS_DECIMAL;
        bool result = expr->kind == EXPR_COALESCE || i % 2 == 1 || i + 1 == expr->arg_count;
        wish.args[i] = numeric && result ? widen(compiler, arg) : arg;
    }
    switch (expr->kind) {
    case EXPR_AND: wish.body = expr_logic_and; break;
    case EXPR_OR: wish.body = expr_logic_or; break;
    case EXPR_CASE: wish.body = expr_choice_case; break;
    case EXPR_COALESCE: wish.body = expr_choice_coalesce; break;
    case EXPR_NOT:
        wish.body = expr_logic_not;
        wish.lazy = false;
        wish.strict = true;
        break;
    case EXPR_IS_NULL:
        wish.body = expr_logic_is_null;
        wish.lazy = false;
        break;
    case EXPR_IN:
        wish.body = expr_in_any;
        if (constants_after_first(compiler, wish.args, wish.arg_count)) {
            wish.body = expr_in_set;
            wish.prepare = expr_in_prepare;
            wish.lazy = false;
        }
        break;
    case EXPR_COLUMN:
    case EXPR_CONST:
    case EXPR_CALL: unreachable();
    }
    return add_step(compiler, &wish);
}

static bool constants_after_first(const struct compiler *compiler, const u32 *args, u32 count)
{
    for (u32 i = 1; i < count; i++) {
        if (compiler->nodes[args[i]].kind != NODE_CONST) return false;
    }
    return true;
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
