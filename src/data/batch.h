/* Some rows as columns, each row with a weight: +1 came, -1 went, +2 came twice.
 *
 * A batch never holds more than BATCH_ROW_COUNT_MAX rows; more rows are more batches. It is built in
 * one arena and lives as long as that. Once handed to anyone else it changes no more.
 *
 * A column that nobody reads may be left out: it has its type, and its data is NULL.
 *
 * rows, where it is not NULL, says in which slot of its relation's row pool each row lies, so that
 * an index over that pool needs no second copy of the row and no search for it. */
#pragma once

#include "data/column.h"
#include "data/schema.h"

/* Vector length: measured, see docs/PERFORMANCE.md. */
#define BATCH_ROW_COUNT_MAX 512

struct batch {
    u32 row_count;
    u32 column_count;
    struct column *columns;
    i32 *weights;      /* row_count; never 0 in a consolidated batch */
    u32 *rows;         /* row_count slots, or NULL */
    bool consolidated; /* no row appears twice */
};

/* Columns of the given types with room for capacity rows (1..BATCH_ROW_COUNT_MAX), row_count 0,
 * weights set by the caller as rows are added. */
struct batch *batch_make(struct arena *arena, const struct type *types, u32 column_count,
                         u32 capacity);
struct batch *batch_make_for(struct arena *arena, const struct schema *schema, u32 capacity);

/* The rows of source named by picks, in that order, with weights and slots, as a new batch.
 * Long strings are borrowed from source. */
struct batch *batch_pick(struct arena *arena, const struct batch *source, const u32 *picks,
                         u32 count);
/* A deep copy that borrows nothing. */
struct batch *batch_copy(struct arena *arena, const struct batch *source);
/* Hash over the given columns for each row: the hash that state/index.h uses for keys.
 * columns NULL means all columns in order. */
void batch_hash(const struct batch *batch, const u32 *columns, u32 column_count, u64 seed,
                u64 *hashes);
