/* The making of a program: each part of an expression becomes a numbered vector, equal parts the same one. */
#pragma once

#include "data/expr_internal.h"

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
    u32 node_bound;
};

/* A step that is wanted, before it is known whether an equal one is there. */
struct wish {
    func_body body;
    func_prepare prepare; /* makes the state */
    const void *state;    /* or it is given */
    const struct func *func;
    struct type type;
    bool strict;
    bool lazy;
    u32 arg_count;
    u32 *args;
};

/* --- expr_compile.c --- */
/* The vector that holds the expression's value. */
u32 expr_compile_vector(struct compiler *compiler, const struct expr *expr);
u32 expr_compile_constant(struct compiler *compiler, const struct value *value);
/* The vector of a step like this: one that is there already, or a new one. */
u32 expr_compile_step(struct compiler *compiler, const struct wish *wish);
struct type expr_compile_type(const struct compiler *compiler, u32 vector);
/* The value if the vector is a constant, else NULL. */
const struct func_vector *expr_compile_fixed(const struct compiler *compiler, u32 vector);

/* --- expr_compile_call.c --- */
u32 expr_compile_call(struct compiler *compiler, const struct expr *expr);

/* --- expr_compile_form.c: AND, CASE and the others --- */
u32 expr_compile_form(struct compiler *compiler, const struct expr *expr);
/* True for x IN (constants): the constants become no vectors. */
bool expr_compile_form_is_set(const struct expr *expr);

/* --- expr_compile_scaled.c: numerics that lie as scaled integers --- */
/* The vector of a numeric expression as a scaled integer, where it lies as one: a column numeric(p,s), an integer
 * under a cast, a constant that fits. Else as it is. */
u32 expr_compile_scaled(struct compiler *compiler, const struct expr *expr);
/* The vector as struct decimal, however it lies. */
u32 expr_compile_scaled_widen(struct compiler *compiler, u32 vector);
/* The body that reads scaled integers, where all args lie so and there is one; else NULL. Constants in
 * args may be replaced by others that have the scale of what they are compared with. */
func_body expr_compile_scaled_body(struct compiler *compiler, const struct func *func, u32 *args);
/* For x IN (constants) over numerics: x and the constants as scaled integers of x's scale. False when
 * they do not lie as such. A constant that x can never equal is left out; *count is that of values. */
bool expr_compile_scaled_in(struct compiler *compiler, const struct expr *expr, u32 *x,
                            struct value *values, u32 *count);
