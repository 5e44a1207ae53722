#include "engine/dml_rows.h"

#include "base/assert.h"
#include "data/func.h"
#include "engine/budget.h"
#include "engine/engine_internal.h"
#include "os/entropy.h"

#include <stdio.h>

struct batch *dml_gather(struct op *table, const u32 *slots, u32 count, struct arena *arena)
{
    struct batch *batch = arena_new(arena, struct batch);
    batch->row_count = count;
    batch->column_count = rows_column_count(table->rows);
    batch->columns = arena_array(arena, struct column, batch->column_count);
    rows_gather(table->rows, slots, count, NULL, batch->column_count, arena, batch->columns);
    batch->weights = arena_array(arena, i32, count);
    for (u32 column = 0; column < batch->column_count; column++)
        if (type_phys(batch->columns[column].type) == PHYS_STR)
            column_own_strings(&batch->columns[column], count, arena);
    for (u32 row = 0; row < count; row++)
        batch->weights[row] = 1;
    return batch;
}

/* --- defaults --- */

static struct value default_value(const struct relation_default *missing, struct type type, i64 now)
{
    switch (missing->kind) {
    case RELATION_DEFAULT_VALUE: return missing->value;
    case RELATION_DEFAULT_NOW:
        return (struct value){ .type = type,
                               .i = type.id == TYPE_DATE
                                        ? now / 86400000000 - (now % 86400000000 < 0)
                                        : now };
    case RELATION_DEFAULT_UUID: return dml_random_uuid();
    }
    unreachable();
}

static void fill_column(const struct relation_default *missing, struct column *column, u32 count,
                        i64 now, struct arena *arena)
{
    for (u32 row = 0; row < count; row++) {
        if (column->nulls[row] != CELL_ABSENT) continue;
        struct value value = default_value(missing, column->type, now);
        column->nulls[row] = value.null ? CELL_NULL : CELL_VALUE;
        if (!value.null) value_put(&value, column, row, arena, count);
    }
}

void dml_fill_defaults(const struct relation *relation, struct batch *batch, i64 now,
                       struct arena *arena)
{
    for (u32 index = 0; index < batch->column_count; index++) {
        struct column *column = &batch->columns[index];
        if (!column->nulls || !memchr(column->nulls, CELL_ABSENT, batch->row_count)) continue;
        fill_column(&relation->defaults[index], column, batch->row_count, now, arena);
    }
}

struct expr **dml_all_columns(const struct schema *schema, struct arena *arena)
{
    struct expr **exprs = arena_array(arena, struct expr *, schema->column_count);
    for (u32 column = 0; column < schema->column_count; column++) {
        exprs[column] = arena_new(arena, struct expr);
        exprs[column]->kind = EXPR_COLUMN;
        exprs[column]->type = schema->columns[column].type;
        exprs[column]->column = column;
        exprs[column]->position = -1;
    }
    return exprs;
}

bool dml_is_uuid_call(const struct expr *expr)
{
    return expr->kind == EXPR_CALL && strcmp(expr->func->name, "gen_random_uuid") == 0;
}

struct value dml_random_uuid(void)
{
    struct value value = { .type = TYPE(UUID) };
    entropy_fill(value.uuid.bytes, sizeof value.uuid.bytes);
    value.uuid.bytes[6] = (u8)((value.uuid.bytes[6] & 0x0F) | 0x40);
    value.uuid.bytes[8] = (u8)((value.uuid.bytes[8] & 0x3F) | 0x80);
    return value;
}

enum status dml_first_error(const struct row_errors *errors, struct err *err)
{
    if (errors->count == 0) return OK;
    return err_set(err, errors->errors[0].sqlstate, "%s", errors->errors[0].message);
}

struct table_key dml_table_key(const struct catalog_key *key)
{
    return (struct table_key){ .name = key->name,
                               .columns = key->columns,
                               .column_count = key->column_count,
                               .is_primary = key->is_primary,
                               .is_nulls_not_distinct = key->is_nulls_not_distinct };
}

/* --- look-ups --- */

/* column = constant, of one type: the constant. */
static const struct value *fixed_value(const struct expr *expr, u32 column)
{
    if (expr->kind == EXPR_AND) {
        for (u32 index = 0; index < expr->arg_count; index++) {
            const struct value *value = fixed_value(expr->args[index], column);
            if (value) return value;
        }
        return NULL;
    }
    if (expr->kind != EXPR_CALL || strcmp(expr->func->name, "=") != 0 || expr->arg_count != 2)
        return NULL;
    for (u32 side = 0; side < 2; side++) {
        const struct expr *left = expr->args[side], *right = expr->args[1 - side];
        if (left->kind != EXPR_COLUMN || left->column != column) continue;
        if (right->kind != EXPR_CONST || right->constant.null) continue;
        bool integers = type_is_integer(left->type) && type_is_integer(right->type);
        if (integers || type_equal(left->type, right->type)) return &right->constant;
    }
    return NULL;
}

bool dml_fixed_key(const struct expr *where, const struct schema *schema, u32 column,
                   struct arena *arena, struct column *out)
{
    const struct value *value = fixed_value(where, column);
    if (!value) return false;
    struct value typed = *value;
    typed.type = schema->columns[column].type;
    *out = column_make(arena, typed.type, 1);
    value_put(&typed, out, 0, arena, 1);
    return true;
}

void dml_scan_init(struct dml_scan *scan, struct op *table, const struct schema *schema,
                   const struct expr *where)
{
    *scan = (struct dml_scan){ .table = table, .slot = SLOT_NONE };
    if (!where || schema->key_count == 0) return;
    struct arena arena;
    arena_init(&arena, table->mem.parent);
    struct column *keys = arena_array(&arena, struct column, schema->key_count);
    scan->by_key = true;
    for (u32 index = 0; scan->by_key && index < schema->key_count; index++) {
        scan->by_key = dml_fixed_key(where, schema, schema->key[index], &arena, &keys[index]);
    }
    if (scan->by_key) scan->slot = table_find_new(table, keys, 0);
    arena_deinit(&arena);
}

u32 dml_scan_next(struct dml_scan *scan, u32 *slots)
{
    if (!scan->by_key)
        return table_scan_new(scan->table, &scan->cursor, slots, BATCH_ROW_COUNT_MAX);
    if (scan->slot == SLOT_NONE) return 0;
    slots[0] = scan->slot;
    scan->slot = SLOT_NONE;
    return 1;
}

/* --- rows that came without SQL --- */

/* Which cells a run of rows names: what merge-duplicates may replace. */
struct merge {
    const bool *given; /* by column */
};

static enum status merge_update(void *context, const struct batch *existing,
                                const struct batch *excluded, struct arena *arena,
                                struct batch **updated, u32 *picks, struct err *err)
{
    (void)err;
    const struct merge *merge = context;
    struct batch *rows = arena_new(arena, struct batch);
    *rows = *existing;
    rows->columns = arena_array(arena, struct column, rows->column_count);
    for (u32 column = 0; column < rows->column_count; column++)
        rows->columns[column] =
            merge->given[column] ? excluded->columns[column] : existing->columns[column];
    for (u32 row = 0; row < rows->row_count; row++)
        picks[row] = row;
    *updated = rows;
    return OK;
}

static bool is_absent(const struct batch *batch, u32 column, u32 row)
{
    return batch->columns[column].nulls && batch->columns[column].nulls[row] == CELL_ABSENT;
}

/* How many rows from start on name the same columns as it. */
static u32 same_cells(const struct batch *batch, u32 start)
{
    for (u32 row = start + 1; row < batch->row_count; row++)
        for (u32 column = 0; column < batch->column_count; column++)
            if (is_absent(batch, column, row) != is_absent(batch, column, start))
                return row - start;
    return batch->row_count - start;
}

static enum status conflict_key(const struct catalog_relation *table, const char *columns,
                                struct table_key *out, struct err *err)
{
    for (u32 index = 0; index < table->key_count; index++) {
        const struct catalog_key *key = &table->keys[index];
        char names[1024] = "";
        size_t size = 0;
        for (u32 column = 0; column < key->column_count; column++)
            size += (size_t)snprintf(names + size, size < sizeof names ? sizeof names - size : 0,
                                     "%s%s", column ? "," : "",
                                     table->row->columns[key->columns[column]].name);
        if (columns ? strcmp(columns, names) == 0 : key->is_primary) {
            *out = dml_table_key(key);
            return OK;
        }
    }
    return err_set(err, "42P10",
                   "there is no unique or exclusion constraint matching the ON CONFLICT "
                   "specification");
}

struct insertion {
    struct txn *txn;
    struct table_txn *changes;
    struct relation *relation;
    struct table_insert how;
    u64 row_count;
};

static void give_rows(struct insertion *insertion, const struct table_result *result)
{
    struct txn *txn = insertion->txn;
    u32 batches = (result->returned_count + BATCH_ROW_COUNT_MAX - 1) / BATCH_ROW_COUNT_MAX;
    struct batch **wider = arena_array(&txn->arena, struct batch *, txn->returned_count + batches);
    if (txn->returned_count > 0) memcpy(wider, txn->returned, txn->returned_count * sizeof *wider);
    txn->returned = wider;
    for (u32 start = 0; start < result->returned_count; start += BATCH_ROW_COUNT_MAX)
        wider[txn->returned_count++] =
            dml_gather(insertion->relation->table, result->returned + start,
                       MIN(result->returned_count - start, BATCH_ROW_COUNT_MAX), &txn->arena);
}

static enum status insert_run(struct insertion *insertion, struct batch *batch, struct err *err)
{
    struct txn *txn = insertion->txn;
    struct merge merge = { .given = NULL };
    if (insertion->how.conflict == TABLE_CONFLICT_UPDATE) {
        bool *given = arena_array(&txn->arena, bool, batch->column_count);
        for (u32 column = 0; column < batch->column_count; column++)
            given[column] = !is_absent(batch, column, 0);
        merge.given = given;
        insertion->how.context = &merge;
    }
    struct table_result result = { .row_count = 0 };
    if (budget_check_write(txn->engine, err)) return FAIL;
    dml_fill_defaults(insertion->relation, batch, txn->engine->graph.tick_time, &txn->arena);
    if (table_insert(insertion->changes, insertion->relation->table, batch, &insertion->how,
                     &result, err))
        return FAIL;
    insertion->row_count += result.row_count;
    if (txn->returning) give_rows(insertion, &result);
    return OK;
}

/* Rows that name different cells merge differently: each run of alike rows is a piece. */
static enum status insert_merging(struct insertion *insertion, struct batch *batch, u64 rows_before,
                                  struct err *err)
{
    u32 picks[BATCH_ROW_COUNT_MAX];
    for (u32 start = 0; start < batch->row_count;) {
        bool merges = insertion->how.conflict == TABLE_CONFLICT_UPDATE;
        u32 count = merges ? same_cells(batch, start) : batch->row_count;
        struct batch *piece = batch;
        if (count < batch->row_count) {
            for (u32 index = 0; index < count; index++)
                picks[index] = start + index;
            piece = batch_pick(&insertion->txn->arena, batch, picks, count);
        }
        if (insert_run(insertion, piece, err)) {
            if (err->row > 0) err->row += (i64)(rows_before + start);
            return FAIL;
        }
        start += count;
    }
    return OK;
}

enum status dml_insert_rows(struct txn *txn, struct table_txn *changes, struct relation *relation,
                            struct err *err)
{
    static const enum table_conflict actions[] = {
        [INGEST_INSERT] = TABLE_CONFLICT_ERROR,
        [INGEST_INSERT_OR_IGNORE] = TABLE_CONFLICT_IGNORE,
        [INGEST_INSERT_OR_MERGE] = TABLE_CONFLICT_UPDATE,
    };
    struct insertion insertion = { .txn = txn, .changes = changes, .relation = relation };
    insertion.how = (struct table_insert){ .conflict = actions[txn->ingest],
                                           .update = merge_update,
                                           .may_repeat = true,
                                           .returns = txn->returning };
    struct table_key key;
    if (txn->ingest != INGEST_INSERT) {
        if (conflict_key(relation->catalog, txn->conflict_columns, &key, err)) return FAIL;
        insertion.how.conflict_key = &key;
    }
    u64 rows_before = 0;
    table_statement_begin(changes, relation->table);
    for (u32 index = 0; index < txn->batch_count; index++) {
        struct batch *batch = txn->batches[index];
        if (insert_merging(&insertion, batch, rows_before, err)) return FAIL;
        rows_before += batch->row_count;
    }
    txn->row_count = insertion.row_count;
    return table_statement_end(changes, relation->table, err);
}
