/* INSERT, UPDATE, DELETE and TRUNCATE, and rows that came without SQL, to changes of tables. In the
 * resolve phase of a tick. */
#pragma once

#include "engine/txn.h"

/* The batches of a TXN_ROWS: absent cells get their defaults. */
enum status dml_insert_rows(struct txn *txn, struct table_txn *changes, struct relation *relation,
                            struct err *err);
/* INGEST_UPDATE and INGEST_DELETE. */
enum status dml_change_rows(struct txn *txn, struct table_txn *changes, struct relation *relation,
                            struct err *err);
/* One statement of a TXN_SQL. */
enum status dml_run(struct txn *txn, struct table_txn *changes,
                    const struct syntax_statement *statement, struct txn_outcome *outcome,
                    struct err *err);
