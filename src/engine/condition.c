#include "engine/condition.h"

#include "plan/bind.h"

static enum status bind_children(const struct condition *condition, const struct schema *schema,
                                 struct arena *arena, struct expr **out, struct err *err)
{
    struct expr **args = arena_array(arena, struct expr *, condition->child_count);
    for (u32 index = 0; index < condition->child_count; index++)
        if (condition_bind(&condition->children[index], schema, arena, &args[index], err))
            return FAIL;
    enum expr_kind kind = condition->kind == CONDITION_AND ? EXPR_AND : EXPR_OR;
    *out = condition->child_count == 1
               ? args[0]
               : bind_condition_join(arena, kind, args, condition->child_count);
    return OK;
}

enum status condition_bind(const struct condition *condition, const struct schema *schema,
                           struct arena *arena, struct expr **out, struct err *err)
{
    struct expr *bound;
    enum status status =
        condition->kind == CONDITION_COMPARE
            ? bind_condition(arena, schema, condition->column, condition->op, condition->values,
                             condition->value_count, &bound, err)
            : bind_children(condition, schema, arena, &bound, err);
    if (status) return FAIL;
    *out = condition->negated ? bind_condition_join(arena, EXPR_NOT, &bound, 1) : bound;
    return OK;
}

/* Equalities so far. */
struct equalities {
    const struct schema *schema;
    struct arena *arena;
    u32 *columns;
    struct column *values;
    u32 capacity;
    u32 count;
};

/* Keeps the columns ascending. False: it is no equality, or its column is there already, or its value is none. */
static bool add_equality(struct equalities *equalities, const struct condition *condition)
{
    if (condition->negated || condition->kind != CONDITION_COMPARE) return false;
    if (!slice_is(condition->op, "eq") || condition->value_count != 1) return false;
    i32 found = schema_find(equalities->schema, condition->column);
    if (found < 0 || equalities->count == equalities->capacity) return false;
    u32 column = (u32)found, at = 0;
    while (at < equalities->count && equalities->columns[at] < column)
        at++;
    if (at < equalities->count && equalities->columns[at] == column) return false;
    struct value value;
    struct type type = equalities->schema->columns[column].type;
    if (value_parse(type, condition->values[0], equalities->arena, &value, NULL)) return false;
    for (u32 index = equalities->count; index > at; index--) {
        equalities->columns[index] = equalities->columns[index - 1];
        equalities->values[index] = equalities->values[index - 1];
    }
    equalities->columns[at] = column;
    equalities->values[at] = column_make(equalities->arena, type, 1);
    value_put(&value, &equalities->values[at], 0, equalities->arena, 1);
    equalities->count++;
    return true;
}

static bool is_all_of(const struct condition *condition)
{
    return !condition->negated && condition->kind == CONDITION_AND;
}

static bool add_all(struct equalities *equalities, const struct condition *condition)
{
    if (!is_all_of(condition)) return add_equality(equalities, condition);
    for (u32 index = 0; index < condition->child_count; index++)
        if (!add_all(equalities, &condition->children[index])) return false;
    return true;
}

u32 condition_equalities(const struct condition *condition, const struct schema *schema,
                         struct arena *arena, u32 *columns, struct column *values, u32 capacity)
{
    struct equalities equalities = {
        .schema = schema, .arena = arena, .columns = columns, .values = values, .capacity = capacity
    };
    return add_all(&equalities, condition) ? equalities.count : 0;
}

static u32 leaf_count(const struct condition *condition)
{
    if (!is_all_of(condition)) return 1;
    u32 count = 0;
    for (u32 index = 0; index < condition->child_count; index++)
        count += leaf_count(&condition->children[index]);
    return count;
}

static enum status divide(struct equalities *equalities, const struct condition *condition,
                          struct condition_parts *parts, struct err *err)
{
    if (is_all_of(condition)) {
        for (u32 index = 0; index < condition->child_count; index++)
            if (divide(equalities, &condition->children[index], parts, err)) return FAIL;
        return OK;
    }
    if (add_equality(equalities, condition)) return OK;
    struct expr **bound = &parts->rest[parts->rest_count++];
    return condition_bind(condition, equalities->schema, equalities->arena, bound, err);
}

enum status condition_divide(const struct condition *condition, const struct schema *schema,
                             u32 equal_count_max, struct arena *arena,
                             struct condition_parts *parts, struct err *err)
{
    *parts = (struct condition_parts){ .equal_count = 0 };
    if (!condition) return OK;
    parts->columns = arena_array(arena, u32, equal_count_max);
    parts->values = arena_array(arena, struct column, equal_count_max);
    parts->rest = arena_array(arena, struct expr *, leaf_count(condition));
    struct equalities equalities = { .schema = schema,
                                     .arena = arena,
                                     .columns = parts->columns,
                                     .values = parts->values,
                                     .capacity = equal_count_max };
    if (divide(&equalities, condition, parts, err)) return FAIL;
    parts->equal_count = equalities.count;
    return OK;
}
