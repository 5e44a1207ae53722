#include "engine/dml.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/dml_rows.h"
#include "engine/engine_internal.h"
#include "plan/bind.h"

#include <stdio.h>

/* What one statement is run with. */
struct run {
    struct txn *txn;
    struct table_txn *changes;
    struct arena *arena; /* the transaction's */
    struct op *table;
    const struct schema *schema; /* of the table */
    struct txn_outcome *outcome;
    struct bind_returning *returning;
};

static enum status run_insert(struct run *run, const struct bind_insert *insert, struct err *err);
static enum status run_update(struct run *run, const struct bind_update *update, struct err *err);
static enum status run_delete(struct run *run, const struct bind_delete *delete, struct err *err);
static enum status run_truncate(struct run *run, const struct syntax_statement *statement,
                                struct err *err);
static enum status give_returning(struct run *run, struct batch *rows, struct err *err);

static void run_on(struct run *run, const struct catalog_relation *table,
                   struct bind_returning *returning)
{
    run->table = relation_of(table)->table;
    run->schema = table->row;
    run->returning = returning->exprs ? returning : NULL;
    if (run->returning) run->outcome->schema = returning->schema;
}

enum status dml_run(struct txn *txn, struct table_txn *changes,
                    const struct syntax_statement *statement, struct txn_outcome *outcome,
                    struct err *err)
{
    struct engine *engine = txn->engine;
    struct run run = { .txn = txn, .changes = changes, .arena = &txn->arena, .outcome = outcome };
    const struct bind_options options = { .catalog = &engine->catalog,
                                          .text = statement->text,
                                          .arena = &txn->arena,
                                          .has_now = true,
                                          .now = engine->graph.tick_time };
    if (statement->kind == SYNTAX_INSERT) {
        struct bind_insert insert;
        if (bind_insert(&options, statement->insert, &insert, err)) return FAIL;
        run_on(&run, insert.table, &insert.returning);
        return run_insert(&run, &insert, err);
    }
    if (statement->kind == SYNTAX_UPDATE) {
        struct bind_update update;
        if (bind_update(&options, statement->update, &update, err)) return FAIL;
        run_on(&run, update.table, &update.returning);
        return run_update(&run, &update, err);
    }
    if (statement->kind == SYNTAX_DELETE) {
        struct bind_delete delete;
        if (bind_delete(&options, statement->delete, &delete, err)) return FAIL;
        run_on(&run, delete.table, &delete.returning);
        return run_delete(&run, &delete, err);
    }
    assert(statement->kind == SYNTAX_TRUNCATE);
    return run_truncate(&run, statement, err);
}

/* --- evaluation --- */

/* The rows of in for which where is true: all without it. */
static enum status pick(struct run *run, struct expr *where, const struct batch *in, u32 *picks,
                        u32 *count, struct err *err)
{
    if (!where) {
        for (u32 row = 0; row < in->row_count; row++)
            picks[row] = row;
        *count = in->row_count;
        return OK;
    }
    struct row_errors errors = { .count = 0 };
    struct program *program = program_make(run->arena, &where, 1);
    *count = program_pick(program, in, run->arena, picks, &errors);
    return dml_first_error(&errors, err);
}

/* Rows with the columns of SET replaced by its expressions over in, whose first columns are the row's. */
static enum status apply_set(struct run *run, const struct bind_set *set, const struct batch *in,
                             struct batch **out, struct err *err)
{
    struct row_errors errors = { .count = 0 };
    struct column *results = arena_array(run->arena, struct column, set->count);
    struct program *program = program_make(run->arena, set->exprs, set->count);
    program_run(program, in, run->arena, results, &errors);
    if (dml_first_error(&errors, err)) return FAIL;
    struct batch *rows = arena_new(run->arena, struct batch);
    rows->row_count = in->row_count;
    rows->column_count = run->schema->column_count;
    rows->columns = arena_array(run->arena, struct column, rows->column_count);
    memcpy(rows->columns, in->columns, rows->column_count * sizeof *rows->columns);
    for (u32 index = 0; index < set->count; index++)
        rows->columns[set->columns[index]] = results[index];
    rows->weights = arena_array(run->arena, i32, in->row_count);
    for (u32 row = 0; row < in->row_count; row++)
        rows->weights[row] = 1;
    *out = rows;
    return OK;
}

static enum status give_slots(struct run *run, const struct table_result *result, struct err *err)
{
    for (u32 start = 0; start < result->returned_count; start += BATCH_ROW_COUNT_MAX) {
        u32 count = MIN(result->returned_count - start, BATCH_ROW_COUNT_MAX);
        struct batch *rows = dml_gather(run->table, result->returned + start, count, run->arena);
        if (give_returning(run, rows, err)) return FAIL;
    }
    return OK;
}

static enum status give_returning(struct run *run, struct batch *rows, struct err *err)
{
    struct row_errors errors = { .count = 0 };
    struct bind_returning *returning = run->returning;
    u32 column_count = returning->schema->column_count;
    struct batch *out = arena_new(run->arena, struct batch);
    out->row_count = rows->row_count;
    out->column_count = column_count;
    out->columns = arena_array(run->arena, struct column, column_count);
    out->weights = rows->weights;
    struct program *program = program_make(run->arena, returning->exprs, column_count);
    program_run(program, rows, run->arena, out->columns, &errors);
    if (dml_first_error(&errors, err)) return FAIL;
    struct txn_outcome *outcome = run->outcome;
    struct batch **wider = arena_array(run->arena, struct batch *, outcome->returned_count + 1);
    if (outcome->returned_count > 0)
        memcpy(wider, outcome->returned, outcome->returned_count * sizeof *wider);
    wider[outcome->returned_count++] = out;
    outcome->returned = wider;
    return OK;
}

/* --- INSERT --- */

struct conflict {
    struct run *run;
    const struct bind_insert *insert;
};

/* existing and excluded side by side, as the expressions of DO UPDATE see them. */
static struct batch *side_by_side(struct arena *arena, const struct batch *left,
                                  const struct batch *right)
{
    struct batch *both = arena_new(arena, struct batch);
    both->row_count = left->row_count;
    both->column_count = left->column_count + right->column_count;
    both->columns = arena_array(arena, struct column, both->column_count);
    memcpy(both->columns, left->columns, left->column_count * sizeof *both->columns);
    memcpy(both->columns + left->column_count, right->columns,
           right->column_count * sizeof *both->columns);
    both->weights = right->weights;
    return both;
}

static enum status do_update(void *context, const struct batch *existing,
                             const struct batch *excluded, struct arena *arena,
                             struct batch **updated, u32 *picks, struct err *err)
{
    struct conflict *conflict = context;
    struct run *run = conflict->run;
    struct batch *both = side_by_side(arena, existing, excluded);
    u32 count;
    if (pick(run, conflict->insert->where, both, picks, &count, err)) return FAIL;
    if (count < both->row_count) both = batch_pick(arena, both, picks, count);
    return apply_set(run, &conflict->insert->set, both, updated, err);
}

/* One row of VALUES after the other; what it leaves out gets its default. */
static enum status values_batch(struct run *run, const struct bind_insert *insert, u32 start,
                                u32 count, struct batch **out, struct err *err)
{
    const struct relation *relation = relation_of(insert->table);
    struct batch *batch = batch_make_for(run->arena, run->schema, count);
    batch->row_count = count;
    for (u32 column = 0; column < batch->column_count; column++) {
        struct column *target = &batch->columns[column];
        memset(target->data, 0, (size_t)type_width(target->type) * count);
        target->nulls = arena_alloc(run->arena, count);
        memset(target->nulls, CELL_ABSENT, count);
    }
    for (u32 row = 0; row < count; row++) {
        batch->weights[row] = 1;
        for (u32 index = 0; index < insert->column_count; index++) {
            struct expr *expr = insert->rows[start + row][index];
            if (!expr) continue;
            struct value value;
            if (dml_is_uuid_call(expr))
                value = dml_random_uuid();
            else if (expr_constant_value(expr, run->arena, &value, err))
                return FAIL;
            struct column *target = &batch->columns[insert->columns[index]];
            if (value.null) {
                target->nulls[row] = CELL_NULL;
                continue;
            }
            target->nulls[row] = CELL_VALUE;
            value_put(&value, target, row, run->arena, count);
        }
    }
    dml_fill_defaults(relation, batch, run->txn->engine->graph.tick_time, run->arena);
    *out = batch;
    return OK;
}

/* Rows of a query with the table's columns; those it does not give get their defaults. */
static struct batch *source_batch(struct run *run, const struct bind_insert *insert,
                                  const struct batch *source)
{
    struct batch *batch = batch_make_for(run->arena, run->schema, source->row_count);
    batch->row_count = source->row_count;
    for (u32 column = 0; column < batch->column_count; column++) {
        struct column *target = &batch->columns[column];
        memset(target->data, 0, (size_t)type_width(target->type) * source->row_count);
        target->nulls = arena_alloc(run->arena, source->row_count);
        memset(target->nulls, CELL_ABSENT, source->row_count);
    }
    for (u32 index = 0; index < insert->column_count; index++)
        batch->columns[insert->columns[index]] = source->columns[index];
    for (u32 row = 0; row < source->row_count; row++)
        batch->weights[row] = 1;
    dml_fill_defaults(relation_of(insert->table), batch, run->txn->engine->graph.tick_time,
                      run->arena);
    return batch;
}

static enum status insert_batch(struct run *run, const struct batch *batch,
                                const struct table_insert *how, u64 *row_count, struct err *err)
{
    struct table_result result = { .row_count = 0 };
    if (budget_check_write(run->txn->engine, err)) return FAIL;
    if (table_insert(run->changes, run->table, batch, how, &result, err)) return FAIL;
    *row_count += result.row_count;
    return run->returning ? give_slots(run, &result, err) : OK;
}

static enum status run_insert(struct run *run, const struct bind_insert *insert, struct err *err)
{
    static const enum table_conflict actions[] = {
        [BIND_CONFLICT_ERROR] = TABLE_CONFLICT_ERROR,
        [BIND_CONFLICT_NOTHING] = TABLE_CONFLICT_IGNORE,
        [BIND_CONFLICT_UPDATE] = TABLE_CONFLICT_UPDATE,
    };
    struct conflict conflict = { .run = run, .insert = insert };
    struct table_key key;
    struct table_insert how = { .conflict = actions[insert->conflict],
                                .update = do_update,
                                .context = &conflict,
                                .returns = run->returning != NULL };
    if (insert->conflict_key) {
        key = dml_table_key(insert->conflict_key);
        how.conflict_key = &key;
    }
    u64 row_count = 0;
    table_statement_begin(run->changes, run->table);
    for (u32 index = 0; insert->query && index < run->txn->source_count; index++) {
        struct arena_mark mark = arena_mark(run->arena);
        struct batch *batch = source_batch(run, insert, run->txn->sources[index]);
        if (insert_batch(run, batch, &how, &row_count, err)) return FAIL;
        if (!run->returning) arena_rewind(run->arena, mark);
    }
    for (u32 start = 0; start < insert->row_count; start += BATCH_ROW_COUNT_MAX) {
        u32 count = MIN(insert->row_count - start, BATCH_ROW_COUNT_MAX);
        struct batch *batch;
        if (values_batch(run, insert, start, count, &batch, err)) return FAIL;
        if (insert_batch(run, batch, &how, &row_count, err)) return FAIL;
    }
    if (table_statement_end(run->changes, run->table, err)) return FAIL;
    run->txn->row_count += row_count;
    snprintf(run->outcome->tag, sizeof run->outcome->tag, "INSERT 0 %llu",
             (unsigned long long)row_count);
    return OK;
}

/* --- UPDATE, DELETE, TRUNCATE --- */

/* Which of some rows of the table where is true for; what that takes goes at once. */
static enum status pick_slots(struct run *run, struct expr *where, const u32 *slots, u32 count,
                              u32 *picks, u32 *picked, struct err *err)
{
    struct arena_mark mark = arena_mark(run->arena);
    struct batch *rows = dml_gather(run->table, slots, count, run->arena);
    enum status status = pick(run, where, rows, picks, picked, err);
    arena_rewind(run->arena, mark);
    return status;
}

/* The rows to change are found before the first of them is changed. */
static enum status find_rows(struct run *run, struct expr *where, u32 **slots, u32 *count,
                             struct err *err)
{
    u32 capacity = 0, found[BATCH_ROW_COUNT_MAX], picks[BATCH_ROW_COUNT_MAX], picked;
    *slots = NULL;
    *count = 0;
    struct dml_scan scan;
    dml_scan_init(&scan, run->table, run->schema, where);
    for (;;) {
        u32 batch_count = dml_scan_next(&scan, found);
        if (batch_count == 0) return OK;
        if (pick_slots(run, where, found, batch_count, picks, &picked, err)) return FAIL;
        if (*count + picked > capacity) {
            capacity = MAX(capacity * 2, *count + BATCH_ROW_COUNT_MAX);
            u32 *wider = arena_alloc(run->arena, (size_t)capacity * sizeof *wider);
            if (*count > 0) memcpy(wider, *slots, *count * sizeof *wider);
            *slots = wider;
        }
        for (u32 index = 0; index < picked; index++)
            (*slots)[(*count)++] = found[picks[index]];
    }
}

/* Equal rows of a bag share a slot; RETURNING shows each of them. copies NULL: one of each. */
static enum status give_copies(struct run *run, struct batch *rows, const i32 *copies,
                               struct err *err)
{
    if (!copies) return give_returning(run, rows, err);
    u32 picks[BATCH_ROW_COUNT_MAX], count = 0;
    for (u32 row = 0; row < rows->row_count; row++) {
        for (i32 copy = 0; copy < copies[row]; copy++) {
            picks[count++] = row;
            if (count < BATCH_ROW_COUNT_MAX) continue;
            if (give_returning(run, batch_pick(run->arena, rows, picks, count), err)) return FAIL;
            count = 0;
        }
    }
    return count > 0 ? give_returning(run, batch_pick(run->arena, rows, picks, count), err) : OK;
}

static enum status run_update(struct run *run, const struct bind_update *update, struct err *err)
{
    u32 *slots, count;
    u64 row_count = 0;
    if (find_rows(run, update->where, &slots, &count, err)) return FAIL;
    table_statement_begin(run->changes, run->table);
    for (u32 start = 0; start < count; start += BATCH_ROW_COUNT_MAX) {
        struct arena_mark mark = arena_mark(run->arena);
        u32 size = MIN(count - start, BATCH_ROW_COUNT_MAX);
        struct batch *changed, *rows = dml_gather(run->table, slots + start, size, run->arena);
        struct table_result result = { .row_count = 0 };
        if (budget_check_write(run->txn->engine, err)) return FAIL;
        if (apply_set(run, &update->set, rows, &changed, err)) return FAIL;
        if (table_update(run->changes, run->table, slots + start, changed, &result, err))
            return FAIL;
        row_count += result.row_count;
        if (run->returning && give_copies(run, changed, result.copies, err)) return FAIL;
        if (!run->returning) arena_rewind(run->arena, mark);
    }
    if (table_statement_end(run->changes, run->table, err)) return FAIL;
    run->txn->row_count += row_count;
    snprintf(run->outcome->tag, sizeof run->outcome->tag, "UPDATE %llu",
             (unsigned long long)row_count);
    return OK;
}

static enum status run_delete(struct run *run, const struct bind_delete *delete, struct err *err)
{
    u32 *slots, count;
    struct table_result result = { .row_count = 0 };
    if (find_rows(run, delete->where, &slots, &count, err)) return FAIL;
    for (u32 start = 0; run->returning && start < count; start += BATCH_ROW_COUNT_MAX) {
        u32 size = MIN(count - start, BATCH_ROW_COUNT_MAX);
        i32 copies[BATCH_ROW_COUNT_MAX];
        rows_weights(run->table->rows, slots + start, size, SIDE_NEW, copies);
        struct batch *gone = dml_gather(run->table, slots + start, size, run->arena);
        if (give_copies(run, gone, copies, err)) return FAIL;
    }
    table_statement_begin(run->changes, run->table);
    if (table_delete(run->changes, run->table, slots, count, &result, err)) return FAIL;
    if (table_statement_end(run->changes, run->table, err)) return FAIL;
    run->txn->row_count += result.row_count;
    snprintf(run->outcome->tag, sizeof run->outcome->tag, "DELETE %llu",
             (unsigned long long)result.row_count);
    return OK;
}

static enum status run_truncate(struct run *run, const struct syntax_statement *statement,
                                struct err *err)
{
    const struct syntax_truncate *truncate = statement->truncate;
    for (u32 index = 0; index < truncate->relation_count; index++) {
        struct catalog_relation *catalog;
        if (catalog_get(&run->txn->engine->catalog, &truncate->relations[index], statement->text,
                        &catalog, err))
            return FAIL;
        if (catalog->kind != CATALOG_TABLE)
            return err_set(err, "42809", "\"%s\" is not a table", catalog->name);
        struct table_result result = { .row_count = 0 };
        struct op *table = relation_of(catalog)->table;
        if (table_truncate(run->changes, table, &result, err)) return FAIL;
        run->txn->row_count += result.row_count;
    }
    snprintf(run->outcome->tag, sizeof run->outcome->tag, "TRUNCATE TABLE");
    return OK;
}

/* --- PATCH and DELETE --- */

/* The cells that the one row of a PATCH names, as SET. */
static struct bind_set patch_set(struct run *run, const struct batch *patch)
{
    struct bind_set set = { .columns = arena_array(run->arena, u32, patch->column_count),
                            .exprs = arena_array(run->arena, struct expr *, patch->column_count) };
    for (u32 column = 0; column < patch->column_count; column++) {
        const struct column *cells = &patch->columns[column];
        if (cells->nulls && cells->nulls[0] == CELL_ABSENT) continue;
        struct expr *constant = arena_new(run->arena, struct expr);
        constant->kind = EXPR_CONST;
        constant->type = cells->type;
        constant->constant = value_get(cells, 0);
        set.columns[set.count] = column;
        set.exprs[set.count++] = constant;
    }
    return set;
}

enum status dml_change_rows(struct txn *txn, struct table_txn *changes, struct relation *relation,
                            struct err *err)
{
    struct schema *schema = relation->catalog->row;
    struct txn_outcome outcome = { .schema = NULL };
    struct bind_returning returning = { .schema = schema };
    struct run run = { .txn = txn,
                       .changes = changes,
                       .arena = &txn->arena,
                       .table = relation->table,
                       .schema = schema,
                       .outcome = &outcome };
    if (txn->returning) {
        returning.exprs = dml_all_columns(schema, &txn->arena);
        run.returning = &returning;
    }
    enum status status;
    if (txn->ingest == INGEST_DELETE) {
        struct bind_delete delete = { .table = relation->catalog, .where = txn->where };
        status = run_delete(&run, &delete, err);
    } else {
        if (txn->batch_count != 1 || txn->batches[0]->row_count != 1)
            return err_set(err, "22023", "one object with the new values is needed");
        struct bind_update update = { .table = relation->catalog,
                                      .where = txn->where,
                                      .set = patch_set(&run, txn->batches[0]) };
        status = update.set.count == 0 ? OK : run_update(&run, &update, err);
    }
    txn->returned = outcome.returned;
    txn->returned_count = outcome.returned_count;
    /* What a constraint does not like is the one row of new values, whichever row they were for. */
    if (status && txn->ingest == INGEST_UPDATE) err->row = strncmp(err->sqlstate, "23", 2) == 0;
    return status;
}
