/* A compiled program: numbered vectors, and steps that compute one vector each from earlier ones.
 *
 * Vectors are first the columns that are read, then constants, then what steps compute. A vector whose last
 * reader has run gives its buffer to a later step, so a long expression touches few buffers and they
 * stay in the first level of cache. */
#pragma once

#include "data/expr.h"
#include "data/func_call.h"

#define PROGRAM_NO_BUFFER UINT32_MAX

struct program_column {
    u32 vector;
    u32 column; /* of the input batch */
    struct type type;
};

struct program_constant {
    u32 vector;
    struct func_vector value; /* mask 0 */
};

struct step {
    func_body body;
    const struct func *func; /* or NULL */
    const void *state;
    struct type type;
    bool strict;
    bool lazy; /* the body decides which errors of its arguments count */
    u32 vector;
    u32 buffer; /* or PROGRAM_NO_BUFFER: a result, or constant */
    u32 arg_count;
    u32 *args; /* vectors */
};

struct program {
    u32 vector_count;
    u32 column_count;
    struct program_column *columns;
    u32 constant_count;
    struct program_constant *constants;
    u32 step_count;
    struct step *steps;
    u32 buffer_count;
    u32 *buffer_widths;
    u32 arg_count_max;
    u32 result_count;
    u32 *results; /* vectors */
    struct type *result_types;
};

/* --- Bodies of what is no function: expr_logic.c, expr_choice.c, expr_in.c --- */
void expr_logic_and(struct func_call *call);
void expr_logic_or(struct func_call *call);
void expr_logic_not(struct func_call *call);
void expr_logic_is_null(struct func_call *call);
void expr_choice_case(struct func_call *call);
void expr_choice_coalesce(struct func_call *call);
void expr_in_any(struct func_call *call);
/* The one argument is searched in the set of constants that is the state. */
void expr_in_set(struct func_call *call);

struct in_set;
/* The set of values, each of phys as type or NULL. */
const struct in_set *expr_in_make(struct arena *arena, struct type type, const struct value *values,
                                  u32 count);
bool expr_in_same(const struct in_set *a, const struct in_set *b);
