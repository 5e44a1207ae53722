/* One scalar: constants, keys, single cells on their way to text. */
#pragma once

#include "data/column.h"
#include "data/flaw.h"

struct value {
    struct type type;
    bool null;
    union {
        u8 boolean;
        i64 i;
        f64 f;
        struct decimal decimal;
        struct str str; /* longer strings are borrowed from an arena */
        struct interval interval;
        struct uuid uuid;
    };
};

struct value value_get(const struct column *column, u32 row);
/* value has the column's type, or is NULL. capacity is that of the column. */
void value_put(const struct value *value, struct column *column, u32 row, struct arena *arena,
               u32 capacity);
/* PostgreSQL's text output of a value that is not NULL (settings: ISO dates, UTC, extra_float_digits
 * 1, bytea hex), appended to out. Type "char(n)" is padded to n. */
void value_print(const struct value *value, struct buf *out);
/* PostgreSQL's input of text for a type (with its modifiers: rounding to scale, too long strings are
 * an error 22001). Errors with PostgreSQL's SQLSTATE and message. Long strings come from the arena. */
enum status value_parse(struct type type, struct slice text, struct arena *arena, struct value *out,
                        struct err *err);

/* --- Single values without a struct value, for hot loops --- */
/* The most bytes that value_print_at writes for a type that is not a string. */
#define VALUE_TEXT_MAX 96
/* Text of the value in row of column (not NULL, not a string type) at out; returns the bytes. */
u32 value_print_at(const struct column *column, u32 row, char *out);
/* "t" or "f" is written by value_print; true for every spelling that PostgreSQL reads. */
MUST_USE enum flaw value_parse_bool(struct slice text, u8 *out);
/* Fills err as PostgreSQL says that text is no value of type. Returns FAIL. */
enum status value_parse_error(struct type type, struct slice text, enum flaw flaw, struct err *err);
