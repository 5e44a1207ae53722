/* Rows as JSON, as PostgreSQL's to_json writes values: numbers bare (NaN and infinities quoted), timestamps in
 * ISO 8601 with a T, bytea in hex, everything else as its text in quotes. */
#pragma once

#include "codec/codec.h"

void json_write_begin(struct buf *out, const char *const *names, u32 column_count);
void json_write_rows(struct buf *out, const char *const *names, const struct column *columns,
                     u32 column_count, const u32 *picks, u32 pick_count, bool first);
void json_write_end(struct buf *out);

/* The same as lines: an object a line, nothing around them. */
void json_write_nothing_begin(struct buf *out, const char *const *names, u32 column_count);
void json_write_lines(struct buf *out, const char *const *names, const struct column *columns,
                      u32 column_count, const u32 *picks, u32 pick_count, bool first);
void json_write_nothing_end(struct buf *out);

/* One value that is not NULL. */
void json_write_value(struct buf *out, const struct column *column, u32 row);
