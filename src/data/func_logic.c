/* Functions that look at NULL themselves, and those that work on all types: greatest, nullif,
 * IS DISTINCT FROM, IS TRUE. */
#include "base/assert.h"
#include "data/func_bodies.h"
#include "data/func_kernel.h"

/* --- IS TRUE and its like: never NULL --- */

static void test(struct func_call *call, u8 on_true, u8 on_false, u8 on_null)
{
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        u8 value = func_call_bool(call, 0, row) ? on_true : on_false;
        out[row] = func_call_is_null(call, 0, row) ? on_null : value;
    }
}

void func_logic_is_true(struct func_call *call)
{
    test(call, 1, 0, 0);
}
void func_logic_is_not_true(struct func_call *call)
{
    test(call, 0, 1, 1);
}
void func_logic_is_false(struct func_call *call)
{
    test(call, 0, 1, 0);
}
void func_logic_is_not_false(struct func_call *call)
{
    test(call, 1, 0, 1);
}
void func_logic_is_unknown(struct func_call *call)
{
    test(call, 0, 0, 1);
}
void func_logic_is_not_unknown(struct func_call *call)
{
    test(call, 1, 1, 0);
}

/* --- Comparing values of one type --- */

static struct column column_of(const struct func_vector *vector)
{
    return (struct column){ .type = vector->type, .data = vector->data, .nulls = vector->nulls };
}

static void distinct(struct func_call *call, u8 on_equal)
{
    struct column a = column_of(call->args[0]), b = column_of(call->args[1]);
    u32 a_mask = call->args[0]->mask, b_mask = call->args[1]->mask;
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++)
        out[row] = column_equal_key(&a, row & a_mask, &b, row & b_mask) == on_equal;
}

void func_logic_is_distinct(struct func_call *call)
{
    distinct(call, 0);
}
void func_logic_is_not_distinct(struct func_call *call)
{
    distinct(call, 1);
}

static void copy_value(struct func_call *call, u32 arg, u32 row)
{
    const struct func_vector *vector = call->args[arg];
    u32 width = type_width(call->out->type);
    memcpy((u8 *)call->out->data + (size_t)row * width,
           (const u8 *)vector->data + (size_t)(row & vector->mask) * width, width);
}

/* The first argument, NULL if it equals the second. */
void func_logic_nullif(struct func_call *call)
{
    struct column a = column_of(call->args[0]), b = column_of(call->args[1]);
    u32 a_mask = call->args[0]->mask, b_mask = call->args[1]->mask;
    for (u32 row = 0; row < call->count; row++) {
        bool null = func_call_is_null(call, 0, row);
        if (null || column_equal_key(&a, row & a_mask, &b, row & b_mask))
            func_call_set_null(call, row);
        else
            copy_value(call, 0, row);
    }
}

/* The greatest or least of those that are not NULL. */
static void extreme(struct func_call *call, int sign)
{
    for (u32 row = 0; row < call->count; row++) {
        u32 best = UINT32_MAX;
        for (u32 i = 0; i < call->arg_count; i++) {
            if (func_call_is_null(call, i, row)) continue;
            if (best != UINT32_MAX) {
                struct column a = column_of(call->args[i]), b = column_of(call->args[best]);
                int order =
                    column_compare(&a, row & call->args[i]->mask, &b, row & call->args[best]->mask);
                if (sign * order <= 0) continue;
            }
            best = i;
        }
        if (best == UINT32_MAX)
            func_call_set_null(call, row);
        else
            copy_value(call, best, row);
    }
}

void func_logic_greatest(struct func_call *call)
{
    extreme(call, 1);
}
void func_logic_least(struct func_call *call)
{
    extreme(call, -1);
}

static void count_nulls(struct func_call *call, bool counted)
{
    i64 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        out[row] = 0;
        for (u32 i = 0; i < call->arg_count; i++)
            out[row] += func_call_is_null(call, i, row) == counted;
    }
}

void func_logic_num_nulls(struct func_call *call)
{
    count_nulls(call, true);
}
void func_logic_num_nonnulls(struct func_call *call)
{
    count_nulls(call, false);
}
