#include "plan/logical.h"

#include "base/assert.h"
#include "plan/grow.h"

static struct logical *node_new(struct arena *arena, enum logical_kind kind, u32 input_count)
{
    struct logical *node = arena_new(arena, struct logical);
    node->kind = kind;
    node->input_count = input_count;
    node->inputs = arena_array(arena, struct logical *, input_count);
    return node;
}

static struct logical *node_over(struct arena *arena, enum logical_kind kind, struct logical *input)
{
    struct logical *node = node_new(arena, kind, 1);
    node->inputs[0] = input;
    return node;
}

/* A schema with room for count columns and as many key columns, all still empty. */
static struct schema *schema_room(struct arena *arena, u32 count)
{
    struct schema *schema = arena_new(arena, struct schema);
    schema->column_count = count;
    schema->columns = arena_array(arena, struct schema_column, count);
    schema->key = arena_array(arena, u32, count);
    return schema;
}

struct logical *logical_scan(struct arena *arena, const struct catalog_relation *relation)
{
    struct logical *node = node_new(arena, LOGICAL_SCAN, 0);
    node->scan.relation = relation;
    logical_derive(arena, node);
    return node;
}

struct logical *logical_constant(struct arena *arena, struct value **rows, u32 row_count,
                                 const struct schema_column *columns, u32 column_count)
{
    struct logical *node = node_new(arena, LOGICAL_CONSTANT, 0);
    node->constant.rows = rows;
    node->constant.row_count = row_count;
    node->schema = schema_room(arena, column_count);
    memcpy(node->schema->columns, columns, column_count * sizeof *columns);
    logical_derive(arena, node);
    return node;
}

struct logical *logical_unit(struct arena *arena)
{
    struct schema_column column = { .name = "unit", .type = TYPE(BOOL), .not_null = true };
    struct value **rows = arena_array(arena, struct value *, 1);
    rows[0] = arena_new(arena, struct value);
    *rows[0] = (struct value){ .type = TYPE(BOOL), .boolean = 1 };
    return logical_constant(arena, rows, 1, &column, 1);
}

struct logical *logical_filter(struct arena *arena, struct logical *input, struct expr **items,
                               u32 count)
{
    struct logical *node = node_over(arena, LOGICAL_FILTER, input);
    node->conditions.items = items;
    node->conditions.count = count;
    logical_derive(arena, node);
    return node;
}

struct logical *logical_project(struct arena *arena, struct logical *input, struct expr **exprs,
                                const char *const *names, u32 count)
{
    struct logical *node = node_over(arena, LOGICAL_PROJECT, input);
    node->project.exprs = exprs;
    node->schema = schema_room(arena, count);
    for (u32 i = 0; i < count; i++)
        node->schema->columns[i].name = names[i];
    logical_derive(arena, node);
    return node;
}

struct logical *logical_join(struct arena *arena, struct logical **inputs, u32 input_count,
                             struct expr **items, u32 count)
{
    struct logical *node = node_new(arena, LOGICAL_JOIN, input_count);
    memcpy(node->inputs, inputs, input_count * sizeof *inputs);
    node->conditions.items = items;
    node->conditions.count = count;
    logical_derive(arena, node);
    return node;
}

struct logical *logical_join_left(struct arena *arena, struct logical *left, struct logical *right,
                                  struct expr **items, u32 count)
{
    struct logical *node = node_new(arena, LOGICAL_JOIN_LEFT, 2);
    node->inputs[0] = left;
    node->inputs[1] = right;
    node->conditions.items = items;
    node->conditions.count = count;
    logical_derive(arena, node);
    return node;
}

struct logical *logical_aggregate(struct arena *arena, struct logical *input, u32 *groups,
                                  u32 group_count, u32 key_count, struct logical_call *calls,
                                  const char *const *call_names, u32 call_count)
{
    assert(key_count <= group_count);
    assert(group_count + call_count > 0);
    struct logical *node = node_over(arena, LOGICAL_AGGREGATE, input);
    node->aggregate.groups = groups;
    node->aggregate.group_count = group_count;
    node->aggregate.key_count = key_count;
    node->aggregate.calls = calls;
    node->aggregate.call_count = call_count;
    node->schema = schema_room(arena, group_count + call_count);
    for (u32 i = 0; i < group_count; i++)
        node->schema->columns[i].name = input->schema->columns[groups[i]].name;
    for (u32 i = 0; i < call_count; i++)
        node->schema->columns[group_count + i].name = call_names[i];
    logical_derive(arena, node);
    return node;
}

struct logical *logical_union(struct arena *arena, struct logical **inputs, u32 input_count)
{
    struct logical *node = node_new(arena, LOGICAL_UNION, input_count);
    memcpy(node->inputs, inputs, input_count * sizeof *inputs);
    node->schema = inputs[0]->schema;
    logical_derive(arena, node);
    return node;
}

struct logical *logical_flatten(struct arena *arena, struct logical *input,
                                enum logical_function function, struct expr **args, u32 arg_count,
                                const char *name, struct type type)
{
    struct logical *node = node_over(arena, LOGICAL_FLATTEN, input);
    node->flatten.function = function;
    node->flatten.args = args;
    node->flatten.arg_count = arg_count;
    u32 count = input->schema->column_count;
    node->schema = schema_room(arena, count + 1);
    node->schema->columns[count] =
        (struct schema_column){ .name = name, .type = type, .not_null = true };
    logical_derive(arena, node);
    return node;
}

struct logical *logical_topk(struct arena *arena, struct logical *input, bool with_rank,
                             const char *rank_name)
{
    struct logical *node = node_over(arena, LOGICAL_TOPK, input);
    node->topk.with_rank = with_rank;
    node->topk.limit = UINT64_MAX;
    node->topk.offset_in_text = -1;
    u32 count = input->schema->column_count;
    node->schema = schema_room(arena, count + with_rank);
    if (with_rank)
        node->schema->columns[count] =
            (struct schema_column){ .name = rank_name, .type = TYPE(INT8), .not_null = true };
    logical_derive(arena, node);
    return node;
}

struct logical *logical_shared(struct arena *arena, struct logical_shared *shared)
{
    struct logical *node = node_new(arena, LOGICAL_SHARED, 0);
    node->shared = shared;
    shared->use_count++;
    logical_derive(arena, node);
    return node;
}

/* ---- What follows from the inputs ---- */

static void derive_project(struct arena *arena, struct logical *node);
static void derive_join(struct arena *arena, struct logical *node);
static void derive_aggregate(struct arena *arena, struct logical *node);
static void derive_union(struct arena *arena, struct logical *node);
static void derive_wider(struct arena *arena, struct logical *node, bool keeps_key);

void logical_derive(struct arena *arena, struct logical *node)
{
    switch (node->kind) {
    case LOGICAL_SCAN: node->schema = node->scan.relation->row; return;
    case LOGICAL_CONSTANT: node->is_single = node->constant.row_count <= 1; return;
    case LOGICAL_FILTER:
        node->schema = node->inputs[0]->schema;
        node->is_single = node->inputs[0]->is_single;
        return;
    case LOGICAL_PROJECT: derive_project(arena, node); return;
    case LOGICAL_JOIN:
    case LOGICAL_JOIN_LEFT: derive_join(arena, node); return;
    case LOGICAL_AGGREGATE: derive_aggregate(arena, node); return;
    case LOGICAL_UNION: derive_union(arena, node); return;
    case LOGICAL_FLATTEN: derive_wider(arena, node, false); return;
    case LOGICAL_TOPK: derive_wider(arena, node, true); return;
    case LOGICAL_SHARED:
        node->schema = node->shared->body->schema;
        node->is_single = node->shared->body->is_single;
        return;
    }
    unreachable();
}

/* The output column that holds the input's column or one that is always equal to it. */
static i32 project_find(const struct logical *node, const u32 *equals, u32 column)
{
    i32 found = -1;
    for (u32 i = 0; i < node->schema->column_count; i++) {
        const struct expr *expr = node->project.exprs[i];
        if (expr->kind != EXPR_COLUMN) continue;
        if (expr->column == column) return (i32)i;
        if (found < 0 && equals[expr->column] == equals[column]) found = (i32)i;
    }
    return found;
}

static bool key_has(const struct schema *schema, u32 column)
{
    for (u32 i = 0; i < schema->key_count; i++)
        if (schema->key[i] == column) return true;
    return false;
}

static void derive_project(struct arena *arena, struct logical *node)
{
    const struct logical *input = node->inputs[0];
    struct schema *schema = schema_room(arena, node->schema->column_count);
    for (u32 i = 0; i < schema->column_count; i++) {
        schema->columns[i].name = node->schema->columns[i].name;
        schema->columns[i].type = node->project.exprs[i]->type;
        schema->columns[i].not_null = !logical_is_nullable(node->project.exprs[i], input->schema);
    }
    node->schema = schema;
    node->is_single = input->is_single;
    if (input->schema->key_count == 0) return;
    const u32 *equals = logical_equals(arena, input);
    for (u32 i = 0; i < input->schema->key_count; i++) {
        i32 column = project_find(node, equals, input->schema->key[i]);
        if (column < 0) {
            schema->key_count = 0;
            return;
        }
        if (!key_has(schema, (u32)column)) schema->key[schema->key_count++] = (u32)column;
    }
}

static void derive_join(struct arena *arena, struct logical *node)
{
    u32 count = 0;
    for (u32 i = 0; i < node->input_count; i++)
        count += node->inputs[i]->schema->column_count;
    struct schema *schema = schema_room(arena, count);
    bool has_key = true;
    u32 first = 0;
    node->is_single = true;
    for (u32 i = 0; i < node->input_count; i++) {
        const struct logical *input = node->inputs[i];
        const struct schema *part = input->schema;
        memcpy(schema->columns + first, part->columns, part->column_count * sizeof *part->columns);
        if (node->kind == LOGICAL_JOIN_LEFT && i == 1)
            for (u32 c = 0; c < part->column_count; c++)
                schema->columns[first + c].not_null = false;
        for (u32 k = 0; k < part->key_count && !input->is_single; k++)
            schema->key[schema->key_count++] = first + part->key[k];
        if (part->key_count == 0 && !input->is_single) has_key = false;
        if (!input->is_single) node->is_single = false;
        first += part->column_count;
    }
    if (!has_key) schema->key_count = 0;
    node->schema = schema;
}

static void derive_aggregate(struct arena *arena, struct logical *node)
{
    const struct schema *input = node->inputs[0]->schema;
    struct schema *schema = schema_room(arena, node->schema->column_count);
    u32 group_count = node->aggregate.group_count;
    for (u32 i = 0; i < group_count; i++) {
        schema->columns[i] = input->columns[node->aggregate.groups[i]];
        schema->columns[i].name = node->schema->columns[i].name;
    }
    for (u32 i = 0; i < node->aggregate.call_count; i++) {
        const struct logical_call *call = &node->aggregate.calls[i];
        schema->columns[group_count + i] = (struct schema_column){
            .name = node->schema->columns[group_count + i].name,
            .type = call->type,
            .not_null = call->kind == AGG_COUNT_ROWS || call->kind == AGG_COUNT,
        };
    }
    for (u32 i = 0; i < node->aggregate.key_count; i++)
        schema->key[i] = i;
    schema->key_count = node->aggregate.key_count;
    node->schema = schema;
    node->is_single = group_count == 0;
}

static void derive_union(struct arena *arena, struct logical *node)
{
    u32 count = node->schema->column_count;
    struct schema *schema = schema_room(arena, count);
    for (u32 c = 0; c < count; c++) {
        schema->columns[c] = node->inputs[0]->schema->columns[c];
        schema->columns[c].name = node->schema->columns[c].name;
        for (u32 i = 1; i < node->input_count; i++)
            if (!node->inputs[i]->schema->columns[c].not_null) schema->columns[c].not_null = false;
    }
    node->schema = schema;
}

/* The input's columns and perhaps one more, which stays as it is. */
static void derive_wider(struct arena *arena, struct logical *node, bool keeps_key)
{
    const struct schema *input = node->inputs[0]->schema;
    struct schema *schema = schema_room(arena, node->schema->column_count);
    assert(schema->column_count <= input->column_count + 1);
    memcpy(schema->columns, input->columns, input->column_count * sizeof *input->columns);
    if (schema->column_count > input->column_count)
        schema->columns[input->column_count] = node->schema->columns[schema->column_count - 1];
    if (keeps_key) {
        for (u32 k = 0; k < input->key_count; k++)
            schema->key[k] = input->key[k];
        schema->key_count = input->key_count;
        node->is_single = node->inputs[0]->is_single;
    }
    node->schema = schema;
}

void logical_derive_all(struct arena *arena, struct logical *root)
{
    for (u32 i = 0; i < root->input_count; i++)
        logical_derive_all(arena, root->inputs[i]);
    logical_derive(arena, root);
}

bool logical_is_nullable(const struct expr *expr, const struct schema *schema)
{
    switch (expr->kind) {
    case EXPR_COLUMN: return !schema->columns[expr->column].not_null;
    case EXPR_CONST: return expr->constant.null;
    case EXPR_IS_NULL: return false;
    case EXPR_COALESCE:
        for (u32 i = 0; i < expr->arg_count; i++)
            if (!logical_is_nullable(expr->args[i], schema)) return false;
        return true;
    case EXPR_AND:
    case EXPR_OR:
    case EXPR_NOT:
    case EXPR_IN:
        for (u32 i = 0; i < expr->arg_count; i++)
            if (logical_is_nullable(expr->args[i], schema)) return true;
        return false;
    case EXPR_CASE:
        for (u32 i = 1; i < expr->arg_count; i += 2)
            if (logical_is_nullable(expr->args[i], schema)) return true;
        return logical_is_nullable(expr->args[expr->arg_count - 1], schema);
    case EXPR_CALL: return true;
    }
    unreachable();
}

/* ---- Columns that are always equal ---- */

bool logical_is_equality(const struct expr *expr, u32 *left, u32 *right)
{
    if (expr->kind != EXPR_CALL || expr->func->kind != FUNC_OPERATOR) return false;
    if (expr->arg_count != 2 || strcmp(expr->func->name, "=") != 0) return false;
    if (expr->args[0]->kind != EXPR_COLUMN || expr->args[1]->kind != EXPR_COLUMN) return false;
    *left = expr->args[0]->column;
    *right = expr->args[1]->column;
    return true;
}

static void equals_join(u32 *equals, u32 count, u32 a, u32 b)
{
    u32 low = MIN(equals[a], equals[b]), high = MAX(equals[a], equals[b]);
    if (low == high) return;
    for (u32 i = 0; i < count; i++)
        if (equals[i] == high) equals[i] = low;
}

static void equals_of_conditions(u32 *equals, u32 count, const struct logical *node)
{
    for (u32 i = 0; i < node->conditions.count; i++) {
        u32 left, right;
        if (logical_is_equality(node->conditions.items[i], &left, &right))
            equals_join(equals, count, left, right);
    }
}

/* Those of the inputs one behind the other. */
static u32 *equals_of_inputs(struct arena *arena, const struct logical *node)
{
    u32 *equals = arena_array(arena, u32, node->schema->column_count);
    u32 first = 0;
    for (u32 i = 0; i < node->input_count; i++) {
        const u32 *part = logical_equals(arena, node->inputs[i]);
        u32 count = node->inputs[i]->schema->column_count;
        for (u32 c = 0; c < count; c++)
            equals[first + c] = first + part[c];
        first += count;
    }
    for (; first < node->schema->column_count; first++)
        equals[first] = first;
    return equals;
}

static u32 *equals_of_project(struct arena *arena, const struct logical *node)
{
    u32 count = node->schema->column_count;
    u32 *equals = arena_array(arena, u32, count);
    const u32 *input = logical_equals(arena, node->inputs[0]);
    for (u32 i = 0; i < count; i++) {
        const struct expr *expr = node->project.exprs[i];
        equals[i] = i;
        for (u32 j = 0; j < i && expr->kind == EXPR_COLUMN; j++) {
            const struct expr *before = node->project.exprs[j];
            if (before->kind != EXPR_COLUMN || input[before->column] != input[expr->column])
                continue;
            equals[i] = j;
            break;
        }
    }
    return equals;
}

static u32 *equals_of_aggregate(struct arena *arena, const struct logical *node)
{
    u32 count = node->schema->column_count;
    u32 *equals = arena_array(arena, u32, count);
    const u32 *input = logical_equals(arena, node->inputs[0]);
    const u32 *groups = node->aggregate.groups;
    for (u32 i = 0; i < count; i++) {
        equals[i] = i;
        for (u32 j = 0; j < i && i < node->aggregate.group_count; j++) {
            if (input[groups[j]] != input[groups[i]]) continue;
            equals[i] = j;
            break;
        }
    }
    return equals;
}

static u32 *equals_none(struct arena *arena, u32 count)
{
    u32 *equals = arena_array(arena, u32, count);
    for (u32 i = 0; i < count; i++)
        equals[i] = i;
    return equals;
}

u32 *logical_equals(struct arena *arena, const struct logical *node)
{
    u32 count = node->schema->column_count;
    switch (node->kind) {
    case LOGICAL_SCAN:
    case LOGICAL_CONSTANT:
    case LOGICAL_UNION: return equals_none(arena, count);
    case LOGICAL_SHARED: return logical_equals(arena, node->shared->body);
    case LOGICAL_FILTER:
    case LOGICAL_JOIN: {
        u32 *equals = equals_of_inputs(arena, node);
        equals_of_conditions(equals, count, node);
        return equals;
    }
    case LOGICAL_JOIN_LEFT:
    case LOGICAL_FLATTEN:
    case LOGICAL_TOPK: return equals_of_inputs(arena, node);
    case LOGICAL_PROJECT: return equals_of_project(arena, node);
    case LOGICAL_AGGREGATE: return equals_of_aggregate(arena, node);
    }
    unreachable();
}
