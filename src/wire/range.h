/* Paging by header, as PostgREST does it: `Range: 0-9` in, `Content-Range: 0-9/100` out. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

struct range {
    u64 offset;
    bool has_limit;
    u64 limit;
};

/* range and unit may have data NULL. A Range that is not of our form, or of another unit than
 * `items`, is ignored (RFC 9110 14.2): all rows. A range whose end lies before its start is
 * PGRST103 (416). */
MUST_USE enum status range_parse(struct slice range, struct slice unit, struct range *out,
                                 struct err *err);

/* What is in both; PGRST103 when nothing is, unless one of them asks for no rows at all. */
MUST_USE enum status range_intersect(struct range a, struct range b, struct range *out,
                                     struct err *err);

/* "0-9/100", "*" for no rows, and "*" for an unknown total (total < 0). */
void range_write(u64 offset, u64 count, i64 total, struct buf *out);

/* 200, 206 when the rows are a part of a known total, 416 when the offset lies past it. */
u32 range_status(u64 offset, u64 count, i64 total);
