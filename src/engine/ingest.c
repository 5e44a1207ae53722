#include "engine/ingest.h"

#include "base/assert.h"
#include "engine/engine_internal.h"

/* A transaction in the making is the transaction; the caller sees it under another name. */
static struct txn *txn_of(struct ingest *ingest)
{
    return (struct txn *)(void *)ingest;
}

/* A transaction for the relation, with its condition bound. */
static enum status open_for(struct engine *engine, struct producer *producer,
                            struct relation *relation, const struct ingest_options *options,
                            struct ingest **out, struct err *err)
{
    bool changes = options->kind == INGEST_UPDATE || options->kind == INGEST_DELETE;
    if (engine->draining) return err_set(err, "57P01", "the server is shutting down");
    if (changes && relation->catalog->is_append_only)
        return err_set(err, "42809", "\"%s\" is append-only: rows are neither changed nor deleted",
                       relation->name);
    struct txn *txn = txn_make(engine, producer, TXN_ROWS);
    if (changes && options->condition &&
        condition_bind(options->condition, relation->catalog->row, &txn->arena, &txn->where, err)) {
        txn_free(txn);
        return FAIL;
    }
    txn->relation_id = relation->catalog->id;
    txn->schema = relation->catalog->row;
    txn->ingest = options->kind;
    txn->returning = options->returning;
    txn->one_row = options->one_row;
    txn->deadline_us = options->deadline_us;
    txn->broken = options->broken;
    txn->on_done = options->on_done;
    txn->context = options->context;
    if (options->conflict_columns)
        txn->conflict_columns =
            arena_string(&txn->arena, options->conflict_columns, strlen(options->conflict_columns));
    *out = (struct ingest *)(void *)txn;
    return OK;
}

enum status ingest_open(struct engine *engine, struct producer *producer, struct slice name,
                        const struct ingest_options *options, struct ingest **out, struct err *err)
{
    struct relation *relation;
    if (relation_find_table(engine, name, &relation, err)) return FAIL;
    return open_for(engine, producer, relation, options, out, err);
}

enum status ingest_open_source(struct engine *engine, struct producer *producer, struct slice name,
                               const struct ingest_options *options, struct ingest **out,
                               struct err *err)
{
    struct relation *relation;
    if (relation_find(engine, name, &relation, err)) return FAIL;
    if (relation->catalog->kind != CATALOG_SOURCE)
        return err_set(err, "42809", "\"%s\" is not a source", relation->name);
    return open_for(engine, producer, relation, options, out, err);
}

struct arena *ingest_arena(struct ingest *ingest)
{
    return &txn_of(ingest)->arena;
}

const struct schema *ingest_schema(const struct ingest *ingest)
{
    return ((const struct txn *)(const void *)ingest)->schema;
}

u32 ingest_relation(const struct ingest *ingest)
{
    return ((const struct txn *)(const void *)ingest)->relation_id;
}

void ingest_add(struct ingest *ingest, struct batch *batch)
{
    txn_add_batch(txn_of(ingest), batch, NULL);
}

void ingest_add_decoded(struct ingest *ingest, struct batch *batch, const struct decoder *decoder)
{
    txn_add_batch(txn_of(ingest), batch, decoder->row_offsets);
}

u64 ingest_row_count(const struct ingest *ingest)
{
    return ((const struct txn *)(const void *)ingest)->item.row_count;
}

u64 ingest_size(const struct ingest *ingest)
{
    return ((const struct txn *)(const void *)ingest)->arena.used;
}

enum ingest_push_result ingest_push(struct ingest *ingest)
{
    struct txn *txn = txn_of(ingest);
    txn->item.size = txn->arena.used;
    return producer_push(txn->producer, txn) == EDGE_TAKEN ? INGEST_TAKEN : INGEST_FULL;
}

void ingest_cancel(struct ingest *ingest)
{
    txn_free(txn_of(ingest));
}

void ingest_abandon(struct ingest *ingest)
{
    txn_of(ingest)->abandoned = true;
}
