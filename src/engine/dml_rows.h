/* Rows of tables in the resolve phase: defaults, look-ups, and rows that came without SQL. */
#pragma once

#include "engine/dml.h"
#include "engine/relation.h"

/* All columns of these slots at NEW, with strings of their own. */
struct batch *dml_gather(struct op *table, const u32 *slots, u32 count, struct arena *arena);
/* Absent cells get their column's default; afterwards nulls hold 0 and 1 alone. */
void dml_fill_defaults(const struct relation *relation, struct batch *batch, i64 now,
                       struct arena *arena);
/* FAIL with the first row that could not be computed, where a statement has to be whole. */
enum status dml_first_error(const struct row_errors *errors, struct err *err);
struct table_key dml_table_key(const struct catalog_key *key);

/* An expression a column: RETURNING *. */
struct expr **dml_all_columns(const struct schema *schema, struct arena *arena);
bool dml_is_uuid_call(const struct expr *expr);
/* Version 4 (RFC 9562). What is drawn stands in the log, so a replay draws nothing. */
struct value dml_random_uuid(void);

/* Does the condition fix the column to one value? Then out is a column of that one. */
bool dml_fixed_key(const struct expr *where, const struct schema *schema, u32 column,
                   struct arena *arena, struct column *out);

/* The slots that a WHERE may mean: one when it fixes the whole primary key, else all of the table. */
struct dml_scan {
    struct op *table;
    u32 cursor;
    bool by_key;
    u32 slot;
};
void dml_scan_init(struct dml_scan *scan, struct op *table, const struct schema *schema,
                   const struct expr *where);
/* Up to BATCH_ROW_COUNT_MAX; 0 at the end. */
u32 dml_scan_next(struct dml_scan *scan, u32 *slots);
