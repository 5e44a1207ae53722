/* Conditions that come as texts, as URLs have them: columns, operators and values still to be read. */
#pragma once

#include "base/bytes.h"
#include "data/expr.h"

/* A condition of a read, a write or a subscription, as texts that are bound to the relation's columns. Values are parsed as the
 * column's type (22P02). */
enum condition_kind { CONDITION_AND, CONDITION_OR, CONDITION_COMPARE };
struct condition {
    enum condition_kind kind;
    bool negated;
    u32 child_count; /* AND, OR */
    struct condition *children;
    struct slice column; /* COMPARE */
    struct slice op;     /* eq neq gt gte lt lte like ilike in is match imatch isdistinct */
    u32 value_count;     /* 1, or any number for in */
    struct slice *values;
};

/* The expression over rows of the schema. 42703, 22P02, 42883, 22023 for an unknown op. */
enum status condition_bind(const struct condition *condition, const struct schema *schema,
                           struct arena *arena, struct expr **out, struct err *err);
/* Only equalities of different columns, joined by AND: fills columns (ascending) and their values (one row
 * each) and returns their number; 0 for anything else. Binds nothing. */
u32 condition_equalities(const struct condition *condition, const struct schema *schema,
                         struct arena *arena, u32 *columns, struct column *values, u32 capacity);
/* A condition in two parts, joined by AND: equalities of different columns, and all that is none of those. */
struct condition_parts {
    u32 equal_count;
    u32 *columns;          /* ascending */
    struct column *values; /* one each, in row 0 */
    struct expr **rest;
    u32 rest_count;
};
/* At most equal_count_max equalities stand for themselves, further ones are part of the rest. */
enum status condition_divide(const struct condition *condition, const struct schema *schema,
                             u32 equal_count_max, struct arena *arena,
                             struct condition_parts *parts, struct err *err);
