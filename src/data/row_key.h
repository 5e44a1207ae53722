/* A tuple of values as bytes whose memcmp order is the tuple's order.
 *
 * For column_compare order with DESC and NULLS FIRST/LAST as asked, a key of one row is below that of
 * another exactly when the row sorts before it. Equal keys have equal bytes (1.0 and 1.00 alike), and
 * no key is a prefix of another, so that more columns may follow. */
#pragma once

#include "data/batch.h"
#include "data/value.h"

struct row_key_part {
    u32 column; /* of the batch */
    bool descending;
    bool nulls_first;
};

/* Appends the key of one row. */
void row_key_write(const struct batch *batch, const struct row_key_part *parts, u32 part_count,
                   u32 row, struct buf *out);
/* The same for single values, as for a bound of a range; descending and nulls_first of the parts. */
void row_key_write_value(const struct value *value, bool descending, bool nulls_first,
                         struct buf *out);
/* The first 8 bytes of a key as a number (big-endian, short keys filled with zeros): if two prefixes
 * differ, they order the keys. */
u64 row_key_prefix64(struct slice key);
/* The prefix of each row's key by its first part alone, without making the key. */
void row_key_prefixes(const struct batch *batch, const struct row_key_part *part, u64 *prefixes);
