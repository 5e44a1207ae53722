#include "engine/txn.h"

#include "base/assert.h"
#include "engine/dml.h"
#include "engine/engine_internal.h"

static enum status resolve_rows(struct txn *txn, struct table_txn *changes, struct err *err);
static enum status resolve_statements(struct txn *txn, struct table_txn *changes, struct err *err);
static void remember_tables(struct engine *engine, const struct table_txn *changes);

struct txn *txn_make(struct engine *engine, struct producer *producer, enum txn_kind kind)
{
    struct txn *txn = mem_zalloc(&engine->mem, sizeof *txn);
    txn->engine = engine;
    txn->producer = producer;
    txn->kind = kind;
    txn->deadline_us = INT64_MAX;
    list_init(&txn->taken);
    arena_init(&txn->arena, &engine->mem);
    producer->holders++;
    return txn;
}

void txn_free(struct txn *txn)
{
    struct engine *engine = txn->engine;
    producer_release(txn->producer);
    arena_deinit(&txn->arena);
    mem_free(&engine->mem, txn, sizeof *txn);
}

void txn_add_batch(struct txn *txn, struct batch *batch, const u64 *offsets)
{
    if (txn->batch_count == txn->batch_capacity) {
        u32 capacity = MAX(txn->batch_capacity * 2, 8u);
        struct batch **wider = arena_array(&txn->arena, struct batch *, capacity);
        const u64 **further = arena_array(&txn->arena, const u64 *, capacity);
        if (txn->batch_count > 0) {
            memcpy(wider, txn->batches, txn->batch_count * sizeof *wider);
            memcpy(further, txn->offsets, txn->batch_count * sizeof *further);
        }
        txn->batches = wider;
        txn->offsets = further;
        txn->batch_capacity = capacity;
    }
    txn->offsets[txn->batch_count] = offsets;
    txn->batches[txn->batch_count++] = batch;
    txn->item.row_count += batch->row_count;
}

enum status txn_resolve(struct txn *txn, struct err *err)
{
    struct table_txn changes;
    table_begin(&changes, &txn->engine->graph, &txn->arena);
    enum status status = txn->kind == TXN_ROWS ? resolve_rows(txn, &changes, err)
                                               : resolve_statements(txn, &changes, err);
    if (status) {
        table_rollback(&changes);
        return status;
    }
    remember_tables(txn->engine, &changes);
    table_commit(&changes);
    return OK;
}

/* Where a row, counted from 1, begins in what it was decoded from; 0 when nobody said. */
static i64 byte_of(const struct txn *txn, i64 row)
{
    u64 left = row > 0 ? (u64)row - 1 : UINT64_MAX;
    for (u32 index = 0; index < txn->batch_count; index++) {
        if (left < txn->batches[index]->row_count)
            return txn->offsets[index] ? (i64)txn->offsets[index][left] : 0;
        left -= txn->batches[index]->row_count;
    }
    return 0;
}

void txn_answer(struct txn *txn, const struct err *err, u64 tick)
{
    struct engine *engine = txn->engine;
    struct producer *producer = txn->producer;
    engine->txn_count++;
    *(err ? &engine->txn_rejected : &engine->rows_ingested) += err ? 1 : txn->row_count;
    *(err ? &producer->rejected : &producer->accepted) += 1;
    if (err && txn->broken) *txn->broken = true;
    edge_settle(&producer->edge, txn->item.row_count, txn->item.size);
    if (!txn->abandoned) {
        struct ingest_result result = { .status = err ? FAIL : OK, .tick = tick };
        if (err) {
            result.err = *err;
            result.err.byte = byte_of(txn, err->row);
        } else {
            result.row_count = txn->row_count;
            result.returned = txn->returned;
            result.returned_count = txn->returned_count;
        }
        txn->on_done(txn->context, &result);
    }
    txn_free(txn);
}

static enum status resolve_rows(struct txn *txn, struct table_txn *changes, struct err *err)
{
    struct catalog_relation *catalog = catalog_find_id(&txn->engine->catalog, txn->relation_id);
    if (!catalog) return err_set(err, "42P01", "the table was dropped meanwhile");
    bool inserts = txn->ingest != INGEST_UPDATE && txn->ingest != INGEST_DELETE;
    if (inserts ? dml_insert_rows(txn, changes, relation_of(catalog), err)
                : dml_change_rows(txn, changes, relation_of(catalog), err))
        return FAIL;
    if (!txn->one_row || txn->row_count == 1) return OK;
    err_set(err, txn->row_count ? "P0003" : "P0002", "exactly one row was to be written");
    return err_detail(err, "The result contains %llu rows", (unsigned long long)txn->row_count);
}

static enum status resolve_statements(struct txn *txn, struct table_txn *changes, struct err *err)
{
    txn->outcomes = arena_array(&txn->arena, struct txn_outcome, txn->statement_count);
    for (u32 index = 0; index < txn->statement_count; index++) {
        enum status status =
            dml_run(txn, changes, txn->statements[index], &txn->outcomes[index], err);
        txn->statement_failed = index;
        if (status) return status;
    }
    return OK;
}

static void remember_tables(struct engine *engine, const struct table_txn *changes)
{
    for (u32 index = 0; index < changes->table_count; index++) {
        struct op *table = changes->tables[index];
        u32 known = 0;
        while (known < engine->table_count && engine->tables[known] != table)
            known++;
        if (known < engine->table_count) continue;
        if (engine->table_count == engine->table_capacity) {
            u32 capacity = MAX(engine->table_capacity * 2, 8u);
            engine->tables = mem_realloc(&engine->mem, engine->tables,
                                         engine->table_capacity * sizeof *engine->tables,
                                         capacity * sizeof *engine->tables);
            engine->table_capacity = capacity;
        }
        engine->tables[engine->table_count++] = table;
    }
}
