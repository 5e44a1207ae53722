/* x IN (a, b, ...): true at the first equal one, else NULL if x or one of them is NULL.
 *
 * Equality is that of keys, which is PostgreSQL's = for all types that are here. */
#include "base/assert.h"
#include "data/expr_internal.h"

static bool in_row(struct func_call *call, u32 row, bool *unknown);
static struct column as_column(const struct func_vector *vector);

/* Arguments that are not constant: one after the other, and the errors of those after the first equal one
 * do not count. */
void expr_in_any(struct func_call *call)
{
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        bool unknown = false;
        out[row] = 0;
        bool found = in_row(call, row, &unknown);
        bool failed = call->out->errors && call->out->errors[row];
        if (failed) continue;
        out[row] = found;
        if (unknown && !found) func_call_set_null(call, row);
    }
}

static bool row_fails(struct func_call *call, u32 arg, u32 row)
{
    const struct func_vector *vector = call->args[arg];
    const struct row_error *error = vector->errors ? vector->errors[row & vector->mask] : NULL;
    if (error) func_call_error(call, row, error->sqlstate, "%s", error->message);
    return error != NULL;
}

static bool in_row(struct func_call *call, u32 row, bool *unknown)
{
    if (row_fails(call, 0, row)) return false;
    const struct column x = as_column(call->args[0]);
    u32 x_row = row & call->args[0]->mask;
    for (u32 i = 1; i < call->arg_count; i++) {
        if (row_fails(call, i, row)) return false;
        if (func_call_is_null(call, 0, row) || func_call_is_null(call, i, row)) {
            *unknown = true;
            continue;
        }
        const struct column other = as_column(call->args[i]);
        if (column_compare(&x, x_row, &other, row & call->args[i]->mask) == 0) return true;
    }
    return false;
}

static struct column as_column(const struct func_vector *vector)
{
    return (struct column){ .type = vector->type, .data = vector->data, .nulls = vector->nulls };
}

/* --- Constants --- */

struct in_set {
    bool has_null;
    u32 count;
    struct column values; /* count, no NULL */
    u64 *hashes;
    u32 *slots; /* index into values + 1 */
    u32 slot_mask;
};

/* Up to this many integers are compared one by one, which needs no hash. */
#define COMPARED_COUNT_MAX 4

const struct in_set *expr_in_make(struct arena *arena, struct type type, const struct value *values,
                                  u32 count)
{
    struct in_set *set = arena_new(arena, struct in_set);
    set->values = column_make(arena, type, MAX(count, 1u));
    for (u32 i = 0; i < count; i++) {
        set->has_null |= values[i].null;
        if (values[i].null) continue;
        struct value value = values[i];
        value.type = type;
        value_put(&value, &set->values, set->count++, arena, count);
    }
    column_own_strings(&set->values, set->count, arena);
    set->hashes = arena_array(arena, u64, set->count);
    column_hash(&set->values, set->count, set->hashes);
    u32 slot_count = 4;
    while (slot_count < 2 * set->count)
        slot_count *= 2;
    set->slots = arena_array(arena, u32, slot_count);
    set->slot_mask = slot_count - 1;
    for (u32 i = 0; i < set->count; i++) {
        u32 slot = (u32)set->hashes[i] & set->slot_mask;
        while (set->slots[slot])
            slot = (slot + 1) & set->slot_mask;
        set->slots[slot] = i + 1;
    }
    return set;
}

bool expr_in_same(const struct in_set *a, const struct in_set *b)
{
    if (a->count != b->count || a->has_null != b->has_null) return false;
    if (!type_equal(a->values.type, b->values.type)) return false;
    for (u32 i = 0; i < a->count; i++) {
        if (!column_identical(&a->values, i, &b->values, i)) return false;
    }
    return true;
}

static void compare_integers(struct func_call *call, const struct in_set *set);
static void search_set(struct func_call *call, const struct in_set *set);

void expr_in_set(struct func_call *call)
{
    const struct in_set *set = call->state;
    const struct func_vector *x = call->args[0];
    if (type_phys(x->type) == PHYS_I64 && set->count <= COMPARED_COUNT_MAX)
        compare_integers(call, set);
    else
        search_set(call, set);
    if (!x->nulls && !set->has_null) return;
    u8 *out = call->out->data;
    u8 *nulls = arena_alloc(call->arena, call->count);
    for (u32 row = 0; row < call->count; row++) {
        bool x_null = func_call_is_null(call, 0, row);
        nulls[row] = x_null || (set->has_null && !out[row]);
        out[row] &= !x_null;
    }
    call->out->nulls = nulls;
    call->out->nulls_shared = false;
}

static void compare_integers(struct func_call *call, const struct in_set *set)
{
    const struct func_vector *x = call->args[0];
    const i64 *restrict values = x->data, *known = set->values.data;
    u8 *restrict out = call->out->data;
    memset(out, 0, call->count);
    for (u32 i = 0; i < set->count; i++) {
        i64 value = known[i];
        for (u32 row = 0; row < call->count; row++)
            out[row] |= values[row & x->mask] == value;
    }
}

static void search_set(struct func_call *call, const struct in_set *set)
{
    struct column x = as_column(call->args[0]);
    x.nulls = NULL;
    u32 mask = call->args[0]->mask;
    u64 *hashes = arena_array(call->arena, u64, call->count);
    column_hash(&x, mask == 0 ? 1 : call->count, hashes);
    u8 *out = call->out->data;
    for (u32 row = 0; row < call->count; row++) {
        u64 hash = hashes[row & mask];
        u32 slot = (u32)hash & set->slot_mask;
        bool found = false;
        while (set->slots[slot] && !found) {
            u32 index = set->slots[slot] - 1;
            found = set->hashes[index] == hash &&
                    column_compare(&x, row & mask, &set->values, index) == 0;
            slot = (slot + 1) & set->slot_mask;
        }
        out[row] = found;
    }
}
