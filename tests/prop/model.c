#include "tests/prop/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "data/decimal.h"
#include "ops/emit.h"

struct eval {
    struct fixture *fixture;
    struct arena *arena;
    u64 tick;
};

static struct value *row_add(struct eval *eval, struct model_relation *relation, i64 weight)
{
    if (relation->row_count == relation->row_capacity) {
        u32 capacity = MAX(16, relation->row_capacity * 2);
        struct value **rows = arena_alloc(eval->arena, sizeof(*rows) * capacity);
        i64 *weights = arena_alloc(eval->arena, sizeof(*weights) * capacity);
        if (relation->row_count > 0) {
            memcpy(rows, relation->rows, sizeof(*rows) * relation->row_count);
            memcpy(weights, relation->weights, sizeof(*weights) * relation->row_count);
        }
        relation->rows = rows;
        relation->weights = weights;
        relation->row_capacity = capacity;
    }
    struct value *row = arena_array(eval->arena, struct value, relation->column_count);
    relation->rows[relation->row_count] = row;
    relation->weights[relation->row_count++] = weight;
    return row;
}

static int compare_values(const struct value *a, const struct value *b)
{
    struct value x = *a, y = *b;
    struct column left = { .type = x.type, .data = &x.i }, right = { .type = y.type, .data = &y.i };
    return column_compare(&left, 0, &right, 0);
}

static bool equal_values(const struct value *a, const struct value *b)
{
    if (a->null || b->null) return a->null == b->null;
    return compare_values(a, b) == 0;
}

/* --- Expressions, a row at a time --- */

/* False: the row has an error. */
static bool eval_expr(struct eval *eval, struct expr *expr, const struct value *row, u32 count,
                      struct value *out)
{
    struct program *program = program_make(eval->arena, &expr, 1);
    struct column *columns = arena_array(eval->arena, struct column, count);
    i32 weight = 1;
    for (u32 c = 0; c < count; c++) {
        columns[c] = column_make(eval->arena, row[c].type, 1);
        value_put(&row[c], &columns[c], 0, eval->arena, 1);
    }
    struct batch batch = {
        .row_count = 1, .column_count = count, .columns = columns, .weights = &weight
    };
    struct row_errors errors = { 0 };
    struct column result;
    program_run(program, &batch, eval->arena, &result, &errors);
    *out = value_get(&result, 0);
    return errors.count == 0;
}

/* All conditions: 1 true, 0 some false or NULL, -1 none of those but an error. */
static int eval_conditions(struct eval *eval, const struct model_node *node,
                           const struct value *row, u32 count)
{
    int verdict = 1;
    for (u32 i = 0; i < node->condition_count; i++) {
        struct value value;
        bool computed = eval_expr(eval, node->conditions[i], row, count, &value);
        if (!computed)
            verdict = -1;
        else if (value.null || !value.boolean)
            return 0;
    }
    return verdict;
}

/* --- Operators --- */

static void eval_source(struct eval *eval, struct model_node *node)
{
    struct op *op = node->op;
    u32 end = rows_slot_end(op->rows), count = node->schema->column_count;
    for (u32 slot = 0; slot < end; slot++) {
        i32 weight = rows_weight(op->rows, slot, SIDE_NEW);
        if (weight == 0) continue;
        struct column columns[MODEL_COLUMN_COUNT_MAX];
        rows_gather(op->rows, &slot, 1, NULL, count, eval->arena, columns);
        struct value *row = row_add(eval, &node->relation, weight);
        for (u32 c = 0; c < count; c++)
            row[c] = value_get(&columns[c], 0);
    }
}

static void eval_map(struct eval *eval, struct model_node *node)
{
    const struct model_relation *input = &node->inputs[0]->relation;
    for (u32 r = 0; r < input->row_count; r++) {
        const struct value *row = input->rows[r];
        struct value pass;
        if (node->filter) {
            if (!eval_expr(eval, node->filter, row, input->column_count, &pass)) {
                node->error_count += input->weights[r];
                continue;
            }
            if (pass.null || !pass.boolean) continue;
        }
        struct value out[MODEL_COLUMN_COUNT_MAX];
        bool computed = true;
        for (u32 c = 0; c < node->schema->column_count; c++) {
            if (node->exprs)
                computed &= eval_expr(eval, node->exprs[c], row, input->column_count, &out[c]);
            else
                out[c] = row[c];
        }
        if (computed)
            memcpy(row_add(eval, &node->relation, input->weights[r]), out,
                   sizeof(*out) * node->schema->column_count);
        else
            node->error_count += input->weights[r];
    }
}

static void eval_concat(struct eval *eval, struct model_node *node)
{
    for (u32 i = 0; i < node->input_count; i++) {
        const struct model_relation *input = &node->inputs[i]->relation;
        for (u32 r = 0; r < input->row_count; r++)
            memcpy(row_add(eval, &node->relation, input->weights[r]), input->rows[r],
                   sizeof(struct value) * input->column_count);
    }
}

static u32 offset_of(const struct model_node *node, u32 input)
{
    u32 offset = 0;
    for (u32 i = 0; i < input; i++)
        offset += node->inputs[i]->schema->column_count;
    return offset;
}

static bool equalities_hold(const struct model_node *node, const struct value *row, u32 bound)
{
    for (u32 i = 0; i < node->equality_count; i++) {
        const struct model_equality *equality = &node->equalities[i];
        if (MAX(equality->a_input, equality->b_input) != bound) continue;
        const struct value *a = &row[offset_of(node, equality->a_input) + equality->a_column];
        const struct value *b = &row[offset_of(node, equality->b_input) + equality->b_column];
        if (a->null || b->null || compare_values(a, b) != 0) return false;
    }
    return true;
}

static void join_below(struct eval *eval, struct model_node *node, struct value *row, u32 bound,
                       i64 weight)
{
    if (bound == node->input_count) {
        u32 count = offset_of(node, bound);
        int verdict = eval_conditions(eval, node, row, count);
        if (verdict < 0) node->error_count += weight;
        if (verdict > 0) memcpy(row_add(eval, &node->relation, weight), row, sizeof(*row) * count);
        return;
    }
    const struct model_relation *input = &node->inputs[bound]->relation;
    node->work += input->row_count;
    for (u32 r = 0; r < input->row_count; r++) {
        memcpy(row + offset_of(node, bound), input->rows[r], sizeof(*row) * input->column_count);
        if (equalities_hold(node, row, bound))
            join_below(eval, node, row, bound + 1, weight * input->weights[r]);
    }
}

static void eval_left(struct eval *eval, struct model_node *node)
{
    const struct model_relation *left = &node->inputs[0]->relation;
    const struct model_relation *right = &node->inputs[1]->relation;
    u32 count = left->column_count + right->column_count;
    for (u32 l = 0; l < left->row_count; l++) {
        struct value row[MODEL_COLUMN_COUNT_MAX];
        memcpy(row, left->rows[l], sizeof(*row) * left->column_count);
        bool matched = false;
        for (u32 r = 0; r < right->row_count; r++) {
            memcpy(row + left->column_count, right->rows[r], sizeof(*row) * right->column_count);
            if (!equalities_hold(node, row, 1)) continue;
            i64 weight = left->weights[l] * right->weights[r];
            int verdict = eval_conditions(eval, node, row, count);
            if (verdict < 0) node->error_count += weight;
            if (verdict <= 0) continue;
            matched = true;
            memcpy(row_add(eval, &node->relation, weight), row, sizeof(*row) * count);
        }
        if (matched) continue;
        for (u32 c = left->column_count; c < count; c++)
            row[c] = (struct value){ .type = node->schema->columns[c].type, .null = true };
        memcpy(row_add(eval, &node->relation, left->weights[l]), row, sizeof(*row) * count);
    }
}

static struct decimal to_decimal(const struct value *value)
{
    if (value->type.id == TYPE_NUMERIC && type_phys(value->type) == PHYS_DECIMAL)
        return value->decimal;
    return decimal_make(value->i, value->type.id == TYPE_NUMERIC ? value->type.scale : 0);
}

struct call_state {
    i64 count;
    i64 true_count;
    struct decimal sum;
    f64 float_sum;
    struct value least, greatest;
};

static void call_add(struct call_state *state, const struct value *value, i64 weight)
{
    state->count += weight;
    if (!value) return;
    if (value->type.id == TYPE_BOOL) state->true_count += value->boolean ? weight : 0;
    for (i64 i = 0; i < weight; i++) {
        if (value->type.id == TYPE_FLOAT8) state->float_sum += value->f;
        if (!type_is_integer(value->type) && value->type.id != TYPE_NUMERIC) continue;
        struct decimal decimal = to_decimal(value);
        assert(!decimal_add(&state->sum, &decimal, &state->sum));
    }
    if (state->least.null || compare_values(value, &state->least) < 0) state->least = *value;
    if (state->greatest.null || compare_values(value, &state->greatest) > 0)
        state->greatest = *value;
}

static struct value call_result(const struct agg_call *call, const struct call_state *state)
{
    struct value out = { .type = call->type };
    bool is_count = call->kind == AGG_COUNT || call->kind == AGG_COUNT_ROWS;
    if (is_count) out.i = state->count;
    out.null = !is_count && state->count == 0;
    if (out.null || is_count) return out;
    struct decimal divisor = decimal_from_i64(state->count);
    if (call->kind == AGG_MIN) return state->least;
    if (call->kind == AGG_MAX) return state->greatest;
    if (call->kind == AGG_BOOL_AND) out.boolean = state->true_count == state->count;
    if (call->kind == AGG_BOOL_OR) out.boolean = state->true_count > 0;
    if (call->type.id == TYPE_FLOAT8)
        out.f = call->kind == AGG_AVG ? state->float_sum / (f64)state->count : state->float_sum;
    if (call->type.id == TYPE_INT8 && call->kind == AGG_SUM)
        assert(!decimal_to_i64(&state->sum, &out.i));
    if (call->type.id != TYPE_NUMERIC) return out;
    out.decimal = state->sum;
    if (call->kind == AGG_AVG) assert(!decimal_divide(&state->sum, &divisor, &out.decimal));
    return out;
}

static bool same_group(const struct model_node *node, const struct value *a, const struct value *b)
{
    for (u32 g = 0; g < node->group_count; g++)
        if (!equal_values(&a[node->groups[g]], &b[node->groups[g]])) return false;
    return true;
}

/* Does an earlier row of the group have the same value, under the same filter? */
static bool counts(const struct model_node *node, const struct agg_call *call,
                   const struct model_relation *input, u32 row)
{
    const struct value *values = input->rows[row];
    if (call->filter_column != AGG_NO_COLUMN) {
        const struct value *filter = &values[call->filter_column];
        if (filter->null || !filter->boolean) return false;
    }
    if (call->column == AGG_NO_COLUMN) return true;
    if (values[call->column].null) return false;
    for (u32 r = 0; call->distinct && r < row; r++)
        if (same_group(node, input->rows[r], values) && counts(node, call, input, r) &&
            equal_values(&input->rows[r][call->column], &values[call->column]))
            return false;
    return true;
}

static void eval_group(struct eval *eval, struct model_node *node, const struct value *key)
{
    const struct model_relation *input = &node->inputs[0]->relation;
    struct value *out = row_add(eval, &node->relation, 1);
    for (u32 g = 0; g < node->group_count; g++)
        out[g] = key[node->groups[g]];
    for (u32 c = 0; c < node->call_count; c++) {
        const struct agg_call *call = &node->calls[c];
        struct call_state state = { .least.null = true, .greatest.null = true };
        for (u32 r = 0; r < input->row_count; r++) {
            if (key && !same_group(node, input->rows[r], key)) continue;
            if (!counts(node, call, input, r)) continue;
            const struct value *value =
                call->column == AGG_NO_COLUMN ? NULL : &input->rows[r][call->column];
            call_add(&state, value, call->distinct ? 1 : input->weights[r]);
        }
        out[node->group_count + c] = call_result(call, &state);
    }
}

static void eval_aggregate(struct eval *eval, struct model_node *node)
{
    const struct model_relation *input = &node->inputs[0]->relation;
    bool is_distinct = false;
    for (u32 c = 0; c < node->call_count; c++)
        is_distinct |= node->calls[c].distinct;
    u32 pairs = input->row_count * input->row_count; /* each row against each, and again */
    node->work += pairs / 8 * (is_distinct ? 1 + input->row_count / 8 : 1);
    if (node->group_count == 0) eval_group(eval, node, NULL);
    for (u32 r = 0; node->group_count > 0 && r < input->row_count; r++) {
        bool is_first = true;
        for (u32 before = 0; before < r && is_first; before++)
            is_first = !same_group(node, input->rows[before], input->rows[r]);
        if (is_first) eval_group(eval, node, input->rows[r]);
    }
}

static const struct model_node *sorting; /* qsort has no context */

static int compare_rows(const void *left, const void *right)
{
    const struct value *a = *(struct value *const *)left, *b = *(struct value *const *)right;
    for (u32 p = 0; p < sorting->topk.partition_count; p++) {
        const struct value *x = &a[sorting->topk.partition[p]], *y = &b[sorting->topk.partition[p]];
        if (x->null != y->null) return x->null - y->null;
        if (!x->null && compare_values(x, y)) return compare_values(x, y);
    }
    for (u32 o = 0; o < sorting->topk.order_count; o++) {
        const struct tree_order *order = &sorting->topk.order[o];
        const struct value *x = &a[order->column], *y = &b[order->column];
        if (x->null != y->null) return x->null == order->nulls_first ? -1 : 1;
        if (x->null) continue;
        int result = compare_values(x, y);
        if (result) return order->descending ? -result : result;
    }
    return 0;
}

static bool same_partition(const struct model_node *node, const struct value *a,
                           const struct value *b)
{
    for (u32 p = 0; p < node->topk.partition_count; p++)
        if (!equal_values(&a[node->topk.partition[p]], &b[node->topk.partition[p]])) return false;
    return true;
}

static void eval_topk(struct eval *eval, struct model_node *node)
{
    const struct model_relation *input = &node->inputs[0]->relation;
    struct model_relation copies = { .column_count = input->column_count };
    for (u32 r = 0; r < input->row_count; r++)
        for (i64 i = 0; i < input->weights[r]; i++)
            memcpy(row_add(eval, &copies, 1), input->rows[r],
                   sizeof(struct value) * input->column_count);
    sorting = node;
    if (copies.row_count > 0)
        qsort(copies.rows, copies.row_count, sizeof(*copies.rows), compare_rows);
    u64 position = 0;
    for (u32 r = 0; r < copies.row_count; r++, position++) {
        if (r > 0 && !same_partition(node, copies.rows[r - 1], copies.rows[r])) position = 0;
        if (position < node->topk.offset || position - node->topk.offset >= node->topk.limit)
            continue;
        struct value *out = row_add(eval, &node->relation, 1);
        memcpy(out, copies.rows[r], sizeof(*out) * input->column_count);
        if (node->topk.with_rank)
            out[input->column_count] = (struct value){ .type = TYPE(INT8), .i = (i64)position + 1 };
    }
}

static void eval_series(struct eval *eval, struct model_node *node)
{
    const struct model_relation *input = &node->inputs[0]->relation;
    for (u32 r = 0; r < input->row_count; r++) {
        const struct value *stop = &input->rows[r][node->column];
        for (i64 i = 1; !stop->null && i <= stop->i; i++) {
            struct value *out = row_add(eval, &node->relation, input->weights[r]);
            memcpy(out, input->rows[r], sizeof(*out) * input->column_count);
            out[input->column_count] = (struct value){ .type = TYPE(INT8), .i = i };
        }
    }
}

static void eval_node(struct eval *eval, struct model_node *node)
{
    if (node->tick == eval->tick) return;
    node->tick = eval->tick;
    node->work = 1;
    for (u32 i = 0; i < node->input_count; i++) {
        eval_node(eval, node->inputs[i]);
        node->work += node->inputs[i]->work + node->inputs[i]->relation.row_count;
    }
    node->relation = (struct model_relation){ .column_count = node->schema->column_count };
    node->error_count = 0;
    struct value row[MODEL_COLUMN_COUNT_MAX];
    switch (node->kind) {
    case MODEL_SOURCE: eval_source(eval, node); return;
    case MODEL_MAP: eval_map(eval, node); return;
    case MODEL_ARRANGE:
    case MODEL_CONCAT: eval_concat(eval, node); return;
    case MODEL_JOIN: join_below(eval, node, row, 0, 1); return;
    case MODEL_LEFT: eval_left(eval, node); return;
    case MODEL_AGGREGATE: eval_aggregate(eval, node); return;
    case MODEL_TOPK: eval_topk(eval, node); return;
    case MODEL_SERIES: eval_series(eval, node); return;
    }
    unreachable();
}

const struct model_relation *model_eval(struct model_node *node, u64 tick, struct fixture *fixture,
                                        struct arena *arena)
{
    struct eval eval = { .fixture = fixture, .arena = arena, .tick = tick };
    eval_node(&eval, node);
    return &node->relation;
}

/* --- Texts --- */

static const char *row_text(struct arena *arena, const struct value *row, u32 count)
{
    struct buf buf;
    buf_init(&buf, arena->mem);
    for (u32 c = 0; c < count; c++) {
        struct value value = row[c];
        if (c > 0) buf_putc(&buf, '|');
        if (!value.null && type_phys(value.type) == PHYS_DECIMAL)
            value.decimal = decimal_trim(&value.decimal);
        if (value.null)
            buf_puts(&buf, "NULL");
        else
            value_print(&value, &buf);
    }
    const char *text = arena_string(arena, buf.data ? buf.data : "", buf.size);
    buf_deinit(&buf);
    return text;
}

const char *model_text(struct fixture *fixture, const struct model_relation *relation)
{
    struct fixture_bag bag = { 0 };
    for (u32 r = 0; r < relation->row_count; r++)
        fixture_bag_add(fixture, &bag,
                        row_text(&fixture->arena, relation->rows[r], relation->column_count),
                        relation->weights[r]);
    return fixture_bag_text(fixture, &bag);
}

const char *model_op_text(struct fixture *fixture, struct op *op)
{
    struct fixture_bag bag = { 0 };
    u32 slots[BATCH_ROW_COUNT_MAX], cursor = 0, count, column_count = op->schema->column_count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    while ((count = op->class->slots(op, &cursor, slots, BATCH_ROW_COUNT_MAX)) > 0) {
        struct column columns[MODEL_COLUMN_COUNT_MAX];
        emit_gather(op, slots, count, NULL, column_count, &fixture->arena, columns);
        rows_weights(op->rows, slots, count, SIDE_NEW, weights);
        for (u32 i = 0; i < count; i++) {
            struct value row[MODEL_COLUMN_COUNT_MAX];
            for (u32 c = 0; c < column_count; c++)
                row[c] = value_get(&columns[c], i);
            fixture_bag_add(fixture, &bag, row_text(&fixture->arena, row, column_count),
                            weights[i]);
        }
    }
    return fixture_bag_text(fixture, &bag);
}
