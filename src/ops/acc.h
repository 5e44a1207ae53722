/* Accumulators: what an aggregate remembers of a column in each group, and how rows are taken back.
 *
 * The memory of an accumulator is a piece of the group's record at acc->offset; zeroed, it has seen nothing. Sums are
 * exact: integers in 128 bits, decimals in 192 bits for each scale that occurs (so that the display
 * scale is that of the rows that are there), floats as expansions. What does not fit the result is
 * found out when the result is asked for, and is all right again when rows left.
 *
 * Calls over one column share an accumulator: count, sum and avg of x are one. */
#pragma once

#include "data/agg.h"
#include "data/batch.h"
#include "ops/values.h"

enum acc_kind {
    ACC_COUNT,   /* rows where the column is not NULL */
    ACC_INTEGER, /* i64 columns, with numeric(p,s) to 18 digits */
    ACC_DECIMAL,
    ACC_FLOAT,
    ACC_INTERVAL,
    ACC_BOOL,
    ACC_BEST,  /* smallest or largest of rows that never leave */
    ACC_VALUES /* all values: they live in values; the record has nothing */
};

struct acc {
    enum acc_kind kind;
    u32 column;        /* of the input; ACC_NO_COLUMN: all rows */
    u32 filter_column; /* or ACC_NO_COLUMN */
    struct type type;  /* of the column */
    bool is_largest;   /* ACC_BEST */
    u32 offset;        /* in the record */
    struct values
        *values; /* ACC_VALUES, or where the values of a DISTINCT come from; not owned twice */
    u32 source;  /* index of the ACC_VALUES that feeds this one; ACC_NO_COLUMN: rows do */
};
#define ACC_NO_COLUMN UINT32_MAX
#define ACC_WEIGHT    (UINT32_MAX - 1) /* as a source: the count of the group's head */

u32 acc_size(const struct acc *acc);
/* Adds weights[r] times row r of column to records[r]; rows that do not count have weight 0. */
void acc_add(const struct acc *acc, struct mem *mem, u8 *const *records,
             const struct column *column, const i32 *weights, u32 count);
/* Frees what lies outside of the record. */
void acc_clear(const struct acc *acc, struct mem *mem, u8 *record);

/* What an aggregate function says of count groups; not for ACC_VALUES. A group that has no result gets a flaw (those of
 * others are not touched) and a NULL. scales: for sums of DISTINCT decimals, where the
 * display scale comes from; else NULL. */
struct column acc_result(const struct acc *acc, const struct acc *scales, enum agg_kind kind,
                         struct type type, u8 *const *records, u32 count, struct arena *arena,
                         u8 *flaws);
