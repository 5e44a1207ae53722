/* AND, OR, NOT and IS NULL over vectors of booleans.
 *
 * AND is decided by a false, OR by a true; what stands after the deciding argument of a row does not
 * count, nor do its errors. An undecided row is NULL if an argument is. */
#include "base/assert.h"
#include "data/expr_internal.h"

static void decide(struct func_call *call, u8 decider);

void expr_logic_and(struct func_call *call)
{
    decide(call, 0);
}

void expr_logic_or(struct func_call *call)
{
    decide(call, 1);
}

static void decide_plain(struct func_call *call, u8 decider);
static void decide_nulls(struct func_call *call, u8 decider);
static void decide_errors(struct func_call *call, u8 decider);

static void decide(struct func_call *call, u8 decider)
{
    bool has_nulls = false, has_errors = false;
    for (u32 i = 0; i < call->arg_count; i++) {
        has_nulls |= call->args[i]->nulls != NULL;
        has_errors |= call->args[i]->errors != NULL;
    }
    if (has_errors)
        decide_errors(call, decider);
    else if (has_nulls)
        decide_nulls(call, decider);
    else
        decide_plain(call, decider);
}

/* Adds to found[row] where the argument has the value. */
static void mark_value(u8 *restrict found, const struct func_vector *arg, u8 value, u32 count)
{
    const u8 *restrict values = arg->data;
    if (arg->mask == 0) {
        if (values[0] == value) memset(found, 1, count);
        return;
    }
    u8 flip = value ^ 1;
    for (u32 row = 0; row < count; row++)
        found[row] |= values[row] ^ flip;
}

static void decide_plain(struct func_call *call, u8 decider)
{
    u8 *restrict out = call->out->data;
    memset(out, 0, call->count);
    for (u32 i = 0; i < call->arg_count; i++)
        mark_value(out, call->args[i], decider, call->count);
    if (decider == 1) return;
    for (u32 row = 0; row < call->count; row++)
        out[row] ^= 1;
}

static void mark_value_nulls(u8 *restrict found, u8 *restrict unknown,
                             const struct func_vector *arg, u8 value, u32 count)
{
    const u8 *restrict values = arg->data, *restrict nulls = arg->nulls;
    if (arg->mask == 0) {
        if (nulls[0])
            memset(unknown, 1, count);
        else
            mark_value(found, arg, value, count);
        return;
    }
    u8 flip = value ^ 1;
    for (u32 row = 0; row < count; row++) {
        found[row] |= (values[row] ^ flip) & (nulls[row] ^ 1);
        unknown[row] |= nulls[row];
    }
}

static void decide_nulls(struct func_call *call, u8 decider)
{
    u8 *restrict found = call->out->data;
    u8 *restrict unknown = arena_zalloc(call->arena, call->count);
    memset(found, 0, call->count);
    for (u32 i = 0; i < call->arg_count; i++) {
        const struct func_vector *arg = call->args[i];
        if (arg->nulls)
            mark_value_nulls(found, unknown, arg, decider, call->count);
        else
            mark_value(found, arg, decider, call->count);
    }
    u8 flip = decider ^ 1;
    for (u32 row = 0; row < call->count; row++) {
        unknown[row] &= found[row] ^ 1;
        found[row] = (found[row] ^ flip) & (unknown[row] ^ 1);
    }
    call->out->nulls = unknown;
}

static void decide_row(struct func_call *call, u8 decider, u32 row);

static void decide_errors(struct func_call *call, u8 decider)
{
    for (u32 row = 0; row < call->count; row++)
        decide_row(call, decider, row);
}

static void decide_row(struct func_call *call, u8 decider, u32 row)
{
    bool unknown = false;
    for (u32 i = 0; i < call->arg_count; i++) {
        const struct func_vector *arg = call->args[i];
        const struct row_error *error = arg->errors ? arg->errors[row & arg->mask] : NULL;
        if (error) {
            func_call_error(call, row, error->sqlstate, "%s", error->message);
            return;
        }
        if (func_call_is_null(call, i, row)) {
            unknown = true;
        } else if (func_call_bool(call, i, row) == decider) {
            ((u8 *)call->out->data)[row] = decider;
            return;
        }
    }
    ((u8 *)call->out->data)[row] = decider ^ 1;
    if (unknown) func_call_set_null(call, row);
}

void expr_logic_not(struct func_call *call)
{
    const struct func_vector *arg = call->args[0];
    const u8 *restrict values = arg->data;
    u8 *restrict out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = values[row & arg->mask] ^ 1;
}

void expr_logic_is_null(struct func_call *call)
{
    const struct func_vector *arg = call->args[0];
    u8 *restrict out = call->out->data;
    if (!arg->nulls) {
        memset(out, 0, call->count);
        return;
    }
    for (u32 row = 0; row < call->count; row++)
        out[row] = arg->nulls[row & arg->mask];
}
