/* What the oracle tests ask of both sides: an operation on values as text, in PostgreSQL's SQL and by
 * our functions. The answer is text too; an error is "!SQLSTATE message". */
#pragma once

#include "base/rand.h"
#include "data/value.h"

#define TYPE_OP_ARG_COUNT_MAX 7

/* What an argument may be, a letter each in struct type_op:
 *   n numeric   m numeric, often near 1   e small numeric   N text for numeric   i integer from -45 to 45   f float8   g float4
 *   k text for integers   d date   t timestamp   v interval   V text for intervals
 *   T text for dates and timestamps   F field of EXTRACT   P field of date_trunc
 *   u text for uuid   b text for bool   y text for bytea   s positive interval without months */
struct type_op {
    const char *name;
    const char *sql;  /* with $1, $2, ... where the arguments stand as quoted literals */
    const char *args; /* a letter each */
    void (*run)(const struct slice *args, struct arena *arena, struct buf *out);
};

extern const struct type_op type_ops[];
extern const u32 type_op_count;

const struct type_op *type_op_find(const char *name);
/* A random text for an argument of that letter, appended to out. True if it was damaged: then it may
 * be one of those that PostgreSQL reads by chance. */
bool type_op_random(struct rand *rand, char letter, struct buf *out);
