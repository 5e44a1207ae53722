/* Integers and floats to text and back, as PostgreSQL reads and writes them, without allocation.
 *
 * Text in: blanks around the number are skipped, FLAW_SYNTAX when it is none, FLAW_RANGE when the type
 * cannot hold it. Text out: no NUL, the number of bytes is returned, the caller has room for
 * NUMBER_TEXT_MAX. A float is written with the fewest digits that read back as the same value
 * (extra_float_digits 1): 0.1, 1e+20, NaN, -Infinity. */
#pragma once

#include "base/bytes.h"
#include "data/flaw.h"

#define NUMBER_TEXT_MAX 32

/* min and max are those of smallint, integer or bigint. */
MUST_USE enum flaw number_parse_i64(struct slice text, i64 min, i64 max, i64 *out);
MUST_USE enum flaw number_parse_f64(struct slice text, f64 *out);
MUST_USE enum flaw number_parse_f32(struct slice text, f32 *out);

/* 0 <= value < 100 as two digits. */
extern const char number_pairs[200];
static inline void number_print_pair(u32 value, char *out)
{
    memcpy(out, number_pairs + 2 * value, 2);
}
u32 number_print_u64(u64 value, char *out); /* at most 20 bytes */
u32 number_print_i64(i64 value, char *out); /* at most 20 bytes */
u32 number_print_f64(f64 value, char *out); /* at most 24 bytes */
u32 number_print_f32(f32 value, char *out); /* at most 15 bytes */
/* 1 for 0. */
u32 number_digit_count(u64 value);
/* Exactly count digits with zeros in front; value < 10^count. */
void number_print_digits(u64 value, u32 count, char *out);

/* The shortest digits of |value| = digits * 10^exponent; false for NaN and the infinities. */
bool number_digits_f64(f64 value, u64 *digits, i32 *exponent);
bool number_digits_f32(f32 value, u64 *digits, i32 *exponent);

/* The blanks of PostgreSQL's input functions (isspace in the C locale). */
static inline bool number_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}
/* text without blanks at both ends. */
struct slice number_trim(struct slice text);
