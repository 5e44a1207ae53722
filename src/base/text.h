/* Sizes and durations as people write them: "64MB", "60s", "1 hour"; and back.
 *
 * The units are PostgreSQL's: B, kB, MB, GB and TB are powers of 1024 (KiB, MiB, ... say the same),
 * letters of either case. Durations take us, ms, s, min or m, h, d and the words in full. A number
 * may have a fraction; blanks may stand between number and unit. What does not fit is refused. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

/* name stands in the message: `invalid value for "name"` (22023). A bare number is in bytes. */
MUST_USE enum status text_parse_size(struct slice text, const char *name, u64 *size,
                                     struct err *err);

/* Microseconds, not negative. A bare number is refused but for 0: it would have no unit. */
MUST_USE enum status text_parse_duration(struct slice text, const char *name, i64 *duration_us,
                                         struct err *err);

/* Decimal digits only, all of text, within max. */
MUST_USE enum status text_parse_count(struct slice text, const char *name, u64 max, u64 *count,
                                      struct err *err);

/* How many a second: "1000/s", "5/min", "0.5/s", "1.5k/s" (k, M and G are powers of 1000); a bare number is a second's.
 * 0 is refused: nothing would ever pass. */
MUST_USE enum status text_parse_rate(struct slice text, const char *name, double *per_second,
                                     struct err *err);
/* A part of a whole, above 0 and at most 1: "0.1", "10%", "1/10". */
MUST_USE enum status text_parse_share(struct slice text, const char *name, double *share,
                                      struct err *err);

/* Digits of base 10 or 16, lower case, without leading zeros; returns how many, at most TEXT_NUMBER_SIZE_MAX. No NUL. For
 * what is written all day, where printf would be seen. */
#define TEXT_NUMBER_SIZE_MAX 20
size_t text_write_number(char *target, u64 number, u32 base);

/* The shortest exact form: "64MB", "1536kB", "100B"; "90s", "250ms". Room for 32 characters. */
#define TEXT_UNIT_SIZE_MAX 32
void text_write_size(char text[TEXT_UNIT_SIZE_MAX], u64 size);
void text_write_duration(char text[TEXT_UNIT_SIZE_MAX], i64 duration_us);
