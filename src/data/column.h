/* A typed vector: the values of one column for some rows, and which of them are NULL.
 *
 * A value under a NULL is there but means nothing; it must still be safe to compute with, so
 * whoever makes a NULL writes a zero. Memory belongs to the arena that the maker was given. */
#pragma once

#include "base/arena.h"
#include "data/type.h"

struct column {
    struct type type;
    void *data; /* count values of type_width(type) bytes */
    u8 *nulls;  /* NULL when no value is; else a byte a row, 1 for NULL */
};

/* Data for capacity rows, not cleared; without nulls. */
struct column column_make(struct arena *arena, struct type type, u32 capacity);
/* Gives the column a nulls array of capacity zeros if it has none yet. */
void column_need_nulls(struct column *column, struct arena *arena, u32 capacity);

static inline bool column_is_null(const struct column *column, u32 row)
{
    return column->nulls && column->nulls[row];
}

/* Copies the values of rows[0..count) of source into target at target_row..; both of one type.
 * Long strings are borrowed, not copied. */
void column_gather(struct column *target, u32 target_row, const struct column *source,
                   const u32 *rows, u32 count, struct arena *arena, u32 target_capacity);
/* Makes the long strings of the column the arena's own. */
void column_own_strings(struct column *column, u32 count, struct arena *arena);

/* Hash of each row's value, mixed into hashes[row]. Equal values in the sense of column_compare
 * hash alike (1.0 and 1.00, -0 and 0), whatever the type's storage; NULLs hash alike. */
void column_hash(const struct column *column, u32 count, u64 *hashes);

/* PostgreSQL's order of two values of one type: NaN above all numbers, char(n) without blanks;
 * NULLs are not looked at. */
int column_compare(const struct column *a, u32 a_row, const struct column *b, u32 b_row);
/* Equal with NULL equal to NULL: the equality of keys and groups. */
bool column_equal_key(const struct column *a, u32 a_row, const struct column *b, u32 b_row);
/* The same bytes: the equality of stored rows (1.0 is not 1.00). NULL is identical to NULL. */
bool column_identical(const struct column *a, u32 a_row, const struct column *b, u32 b_row);
