/* CASE and COALESCE: for each row the number of the argument that gives its value, then one copy.
 *
 * All branches are computed for all rows; the errors of those that a row does not take are dropped. */
#include "base/assert.h"
#include "data/expr_internal.h"

#define NO_ARG UINT16_MAX /* the row has an error already */

static u16 *choice_make(struct func_call *call, u16 first);
static bool any_errors(const struct func_call *call, u32 start, u32 end, u32 stride);
static void choose_cases(const struct func_call *call, u16 *choice);
static void choose_cases_errors(struct func_call *call, u16 *choice);
static void copy_chosen(struct func_call *call, const u16 *choice);

void expr_choice_case(struct func_call *call)
{
    assert(call->arg_count < NO_ARG && call->arg_count % 2 == 1);
    u16 *choice = choice_make(call, (u16)(call->arg_count - 1));
    if (any_errors(call, 0, call->arg_count - 1, 2))
        choose_cases_errors(call, choice);
    else
        choose_cases(call, choice);
    copy_chosen(call, choice);
}

static u16 *choice_make(struct func_call *call, u16 first)
{
    u16 *choice = arena_alloc(call->arena, sizeof *choice * call->count);
    for (u32 row = 0; row < call->count; row++)
        choice[row] = first;
    return choice;
}

static bool any_errors(const struct func_call *call, u32 start, u32 end, u32 stride)
{
    for (u32 i = start; i < end; i += stride) {
        if (call->args[i]->errors) return true;
    }
    return false;
}

/* From the last condition to the first, so that the first true one stands at the end. */
static void choose_cases(const struct func_call *call, u16 *restrict choice)
{
    for (u32 i = call->arg_count - 1; i >= 2; i -= 2) {
        const struct func_vector *condition = call->args[i - 2];
        const u8 *restrict values = condition->data, *restrict nulls = condition->nulls;
        u32 mask = condition->mask;
        u16 taken = (u16)(i - 1);
        if (mask == 0) {
            bool met = values[0] && !(nulls && nulls[0]);
            for (u32 row = 0; row < call->count && met; row++)
                choice[row] = taken;
        } else if (nulls) {
            for (u32 row = 0; row < call->count; row++)
                choice[row] = values[row] & (nulls[row] ^ 1) ? taken : choice[row];
        } else {
            for (u32 row = 0; row < call->count; row++)
                choice[row] = values[row] ? taken : choice[row];
        }
    }
}

static u16 choose_case(struct func_call *call, u32 row);
static bool take_error(struct func_call *call, u32 arg, u32 row);

static void choose_cases_errors(struct func_call *call, u16 *choice)
{
    for (u32 row = 0; row < call->count; row++)
        choice[row] = choose_case(call, row);
}

static u16 choose_case(struct func_call *call, u32 row)
{
    for (u32 i = 0; i + 1 < call->arg_count; i += 2) {
        if (take_error(call, i, row)) return NO_ARG;
        if (!func_call_is_null(call, i, row) && func_call_bool(call, i, row)) return (u16)(i + 1);
    }
    return (u16)(call->arg_count - 1);
}

static bool take_error(struct func_call *call, u32 arg, u32 row)
{
    const struct func_vector *vector = call->args[arg];
    const struct row_error *error = vector->errors ? vector->errors[row & vector->mask] : NULL;
    if (error) func_call_error(call, row, error->sqlstate, "%s", error->message);
    return error != NULL;
}

static void choose_present(const struct func_call *call, u16 *choice);
static void choose_present_errors(struct func_call *call, u16 *choice);

void expr_choice_coalesce(struct func_call *call)
{
    assert(call->arg_count > 0 && call->arg_count < NO_ARG);
    u16 *choice = choice_make(call, (u16)(call->arg_count - 1));
    if (any_errors(call, 0, call->arg_count, 1))
        choose_present_errors(call, choice);
    else
        choose_present(call, choice);
    copy_chosen(call, choice);
}

static void choose_present(const struct func_call *call, u16 *restrict choice)
{
    for (u32 i = call->arg_count; i-- > 0;) {
        const struct func_vector *arg = call->args[i];
        const u8 *restrict nulls = arg->nulls;
        u16 taken = (u16)i;
        if (nulls && arg->mask == 0 && nulls[0]) continue;
        if (nulls && arg->mask != 0) {
            for (u32 row = 0; row < call->count; row++)
                choice[row] = nulls[row] ? choice[row] : taken;
        } else {
            for (u32 row = 0; row < call->count; row++)
                choice[row] = taken;
        }
    }
}

static void choose_present_errors(struct func_call *call, u16 *choice)
{
    for (u32 row = 0; row < call->count; row++) {
        choice[row] = (u16)(call->arg_count - 1);
        for (u32 i = 0; i < call->arg_count; i++) {
            bool error = take_error(call, i, row);
            if (!error && func_call_is_null(call, i, row)) continue;
            choice[row] = error ? NO_ARG : (u16)i;
            break;
        }
    }
}

/* The values of the chosen arguments, which are all of the result's phys. */
static void copy_values(struct func_call *call, const u16 *choice);
static void copy_nulls(struct func_call *call, const u16 *choice);
static void copy_errors(struct func_call *call, const u16 *choice);

static void copy_chosen(struct func_call *call, const u16 *choice)
{
    bool has_nulls = call->out->nulls != NULL, has_errors = false;
    for (u32 i = 0; i < call->arg_count; i++) {
        has_nulls |= call->args[i]->nulls != NULL;
        has_errors |= call->args[i]->errors != NULL;
    }
    copy_values(call, choice);
    if (has_nulls) copy_nulls(call, choice);
    if (has_errors) copy_errors(call, choice);
}

#define COPY_VALUES(name, type)                                                                    \
    static void name(struct func_call *call, const u16 *restrict choice)                           \
    {                                                                                              \
        type *restrict out = call->out->data;                                                      \
        const type **bases = arena_alloc(call->arena, sizeof *bases * call->arg_count);            \
        u32 *masks = arena_alloc(call->arena, sizeof *masks * call->arg_count);                    \
        for (u32 i = 0; i < call->arg_count; i++) {                                                \
            bases[i] = call->args[i]->data;                                                        \
            masks[i] = call->args[i]->mask;                                                        \
        }                                                                                          \
        for (u32 row = 0; row < call->count; row++) {                                              \
            u32 arg = choice[row] == NO_ARG ? call->arg_count - 1u : choice[row];                  \
            out[row] = bases[arg][row & masks[arg]];                                               \
        }                                                                                          \
    }

struct wide {
    u64 words[2];
};

COPY_VALUES(copy_u8, u8)
COPY_VALUES(copy_u64, u64)
COPY_VALUES(copy_wide, struct wide)
COPY_VALUES(copy_decimal, struct decimal)

static void copy_values(struct func_call *call, const u16 *choice)
{
    switch (type_phys(call->out->type)) {
    case PHYS_BOOL: copy_u8(call, choice); return;
    case PHYS_I64:
    case PHYS_F64: copy_u64(call, choice); return;
    case PHYS_DECIMAL: copy_decimal(call, choice); return;
    case PHYS_STR:
    case PHYS_INTERVAL:
    case PHYS_UUID: copy_wide(call, choice); return;
    }
    unreachable();
}

static void copy_nulls(struct func_call *call, const u16 *choice)
{
    u8 *nulls = arena_alloc(call->arena, call->count);
    for (u32 row = 0; row < call->count; row++) {
        const struct func_vector *arg = choice[row] == NO_ARG ? NULL : call->args[choice[row]];
        nulls[row] = !arg || (arg->nulls && arg->nulls[row & arg->mask]);
    }
    call->out->nulls = nulls;
    call->out->nulls_shared = false;
}

static void copy_errors(struct func_call *call, const u16 *choice)
{
    for (u32 row = 0; row < call->count; row++) {
        if (choice[row] == NO_ARG)
            func_call_set_null(call, row);
        else
            take_error(call, choice[row], row);
    }
}
