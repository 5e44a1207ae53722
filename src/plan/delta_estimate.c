/* How many rows a key has: from a sample of the rows that are there, else from what keys promise.
 *
 * A sample is taken at even distances through the slots, so the same state gives the same answer, at a
 * replay too. */
#include <math.h>
#include <stdlib.h>

#include "plan/delta_internal.h"

#define SAMPLE_COUNT_MAX 1024
/* What is assumed of a relation without rows. */
#define GUESS_ROWS   1000.0
#define GUESS_ROWS_1 10.0 /* for one key column that is not unique */
#define GUESS_ROWS_N 4.0  /* for several */
#define GUESS_EQUAL  0.1  /* of rows that column = constant lets through */
#define GUESS_OTHER  0.5

static bool has_column(const u32 *columns, u32 count, u32 column)
{
    for (u32 i = 0; i < count; i++)
        if (columns[i] == column) return true;
    return false;
}

static bool is_unique(const struct schema *schema, const u32 *columns, u32 count)
{
    for (u32 k = 0; k < schema->key_count; k++)
        if (!has_column(columns, count, schema->key[k])) return false;
    return schema->key_count > 0;
}

static double guess(u32 count)
{
    return count == 0 ? GUESS_ROWS : count == 1 ? GUESS_ROWS_1 : GUESS_ROWS_N;
}

/* ---- Measured ---- */

static int compare_hashes(const void *a, const void *b)
{
    u64 left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return (left > right) - (left < right);
}

/* Different keys among all live rows, from the hashes of a sample (Charikar et al., PODS 2000: keys
 * seen once stand for the square root of the rows that each sampled one stands for). */
static double distinct_keys(u64 *hashes, u32 count, double live)
{
    qsort(hashes, count, sizeof *hashes, compare_hashes);
    u32 once = 0, more = 0;
    for (u32 i = 0; i < count;) {
        u32 end = i + 1;
        while (end < count && hashes[end] == hashes[i])
            end++;
        if (end == i + 1)
            once++;
        else
            more++;
        i = end;
    }
    return sqrt(live / count) * once + more;
}

static double sample(struct lower *l, const struct op *op, const u32 *columns, u32 count)
{
    u32 *pool = arena_array(l->arena, u32, count);
    for (u32 i = 0; i < count; i++)
        pool[i] = op_pool_column(op, columns[i]);
    u32 end = rows_slot_end(op->rows), hash_count = 0;
    u32 stride = MAX(1, end / SAMPLE_COUNT_MAX);
    u64 *hashes = arena_array(l->arena, u64, SAMPLE_COUNT_MAX);
    for (u64 slot = 0; slot < end && hash_count < SAMPLE_COUNT_MAX; slot += stride)
        if (rows_weight(op->rows, (u32)slot, SIDE_NEW) != 0)
            hashes[hash_count++] = rows_hash(op->rows, (u32)slot, pool, count, 0);
    double live = (double)rows_count(op->rows);
    if (hash_count == 0) return guess(count);
    return live / MAX(1.0, distinct_keys(hashes, hash_count, live));
}

static bool same_columns(const u32 *a, u32 a_count, const u32 *b, u32 b_count)
{
    return a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0;
}

static double relation_fan_out(struct lower *l, const struct catalog_relation *relation,
                               const u32 *columns, u32 count, bool *is_measured)
{
    for (u32 i = 0; i < l->measure_count; i++) {
        const struct delta_measure *known = &l->measures[i];
        if (known->relation != relation ||
            !same_columns(known->columns, known->column_count, columns, count))
            continue;
        *is_measured = known->is_measured;
        return known->rows_per_key;
    }
    const struct delta_statistics *statistics = l->statistics;
    const struct op *op =
        statistics && statistics->op ? statistics->op(statistics->context, relation) : NULL;
    struct delta_measure measure = {
        .relation = relation,
        .columns = arena_copy(l->arena, columns, count * sizeof *columns),
        .column_count = count,
        .rows_per_key = guess(count),
    };
    if (op && op->rows && rows_count(op->rows) > 0) {
        measure.is_measured = true;
        measure.rows_per_key = count ? sample(l, op, columns, count) : (double)rows_count(op->rows);
    }
    grow_push(l->arena, l->measures, l->measure_count, measure);
    *is_measured = measure.is_measured;
    return measure.rows_per_key;
}

/* ---- Through the tree ---- */

static double selectivity(const struct expr *condition)
{
    bool is_equal = condition->kind == EXPR_CALL && condition->func->kind == FUNC_OPERATOR &&
                    strcmp(condition->func->name, "=") == 0;
    return is_equal ? GUESS_EQUAL : GUESS_OTHER;
}

/* Over an input, the columns that are plain ones of it. */
static double through(struct lower *l, const struct logical *node, const u32 *columns, u32 count,
                      bool *is_measured)
{
    const struct logical *input = node->inputs[0];
    u32 *below = arena_array(l->arena, u32, count), below_count = 0;
    for (u32 i = 0; i < count; i++) {
        u32 column = columns[i];
        if (node->kind == LOGICAL_PROJECT) {
            const struct expr *expr = node->project.exprs[column];
            if (expr->kind != EXPR_COLUMN) continue;
            column = expr->column;
        }
        if (column < input->schema->column_count && !has_column(below, below_count, column))
            below[below_count++] = column;
    }
    double rows = estimate_fan_out(l, input, below, below_count, is_measured);
    if (count > 0 && below_count == 0) rows = MIN(rows, GUESS_ROWS_1);
    return rows;
}

double estimate_fan_out(struct lower *l, const struct logical *node, const u32 *columns, u32 count,
                        bool *is_measured)
{
    *is_measured = node->is_single || is_unique(node->schema, columns, count);
    if (*is_measured) return 1;
    double rows;
    switch (node->kind) {
    case LOGICAL_SCAN: return relation_fan_out(l, node->scan.relation, columns, count, is_measured);
    case LOGICAL_CONSTANT: return count ? 1 : node->constant.row_count;
    case LOGICAL_SHARED:
        return estimate_fan_out(l, node->shared->body, columns, count, is_measured);
    case LOGICAL_FILTER:
        rows = through(l, node, columns, count, is_measured);
        for (u32 i = 0; i < node->conditions.count; i++)
            rows *= selectivity(node->conditions.items[i]);
        return rows;
    case LOGICAL_PROJECT: return through(l, node, columns, count, is_measured);
    case LOGICAL_TOPK:
        rows = through(l, node, columns, count, is_measured);
        return MIN(rows, (double)node->topk.limit);
    case LOGICAL_FLATTEN: return GUESS_ROWS_1 * through(l, node, columns, count, is_measured);
    case LOGICAL_UNION:
        rows = 0;
        for (u32 i = 0; i < node->input_count; i++)
            rows += estimate_fan_out(l, node->inputs[i], columns, count, is_measured);
        return rows;
    case LOGICAL_AGGREGATE:
    case LOGICAL_JOIN:
    case LOGICAL_JOIN_LEFT: return guess(count);
    }
    unreachable();
}
