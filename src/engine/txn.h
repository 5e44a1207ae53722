/* A transaction on its way: what it wants to change, and who waits for the answer.
 *
 * It lies in an arena of its own, waits on its producer's edge, is resolved in a tick and answered when that is
 * published, or when it is rejected. */
#pragma once

#include "engine/ingest.h"
#include "flow/edge.h"
#include "ops/table.h"
#include "plan/parse.h"

struct relation;
struct producer;

enum txn_kind {
    TXN_ROWS, /* batches for one table */
    TXN_SQL,  /* INSERT, UPDATE, DELETE, TRUNCATE as statements */
    TXN_DDL,  /* one statement, alone in its tick */
};

/* What a statement of TXN_SQL gave. */
struct txn_outcome {
    char tag[64];          /* "INSERT 0 3" */
    struct schema *schema; /* of RETURNING, or NULL */
    struct batch **returned;
    u32 returned_count;
};

struct txn {
    struct edge_item item;
    struct link taken; /* in engine.taken */
    struct engine *engine;
    struct producer *producer;
    struct arena arena;
    enum txn_kind kind;
    bool abandoned; /* nobody waits any more */
    bool *broken;   /* shared with others of the same body, or NULL */
    i64 deadline_us;

    /* TXN_ROWS */
    u32 relation_id; /* of the catalog: it may have gone meanwhile */
    const struct schema *schema;
    enum ingest_kind ingest;
    bool returning;
    bool one_row; /* not exactly one written: rejected */
    const char *conflict_columns;
    struct expr *where; /* of UPDATE and DELETE; NULL: all rows */
    struct batch **batches;
    const u64 **offsets; /* one each, of its rows, or NULL */
    u32 batch_count;
    u32 batch_capacity;

    /* TXN_SQL and TXN_DDL */
    struct syntax_statement **statements;
    u32 statement_count;
    u32 statement_failed; /* when it is rejected: whose error it is */
    struct txn_outcome *outcomes;
    struct batch *const *sources; /* rows of an INSERT ... SELECT, which is alone then */
    u32 source_count;

    /* the answer */
    u64 row_count;
    struct batch **returned;
    u32 returned_count;
    ingest_done_fn on_done;
    void *context;
};

struct txn *txn_make(struct engine *engine, struct producer *producer, enum txn_kind kind);
void txn_free(struct txn *txn);
/* offsets: where its rows begin in what they were decoded from, in the arena; NULL: not known. */
void txn_add_batch(struct txn *txn, struct batch *batch, const u64 *offsets);

/* In the resolve phase: everything or nothing of it. On FAIL err.row is set where a row is to blame. */
enum status txn_resolve(struct txn *txn, struct err *err);
/* Tells who waits, gives the credit back, and frees it. */
void txn_answer(struct txn *txn, const struct err *err, u64 tick);
