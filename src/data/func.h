/* The table of SQL functions, operators and casts, one line each in funcs.def.
 *
 * A body works on whole vectors and is chosen by name and argument types, with PostgreSQL's rules of
 * overload resolution (manual, chapter 10). */
#pragma once

#include "data/expr.h"

#define FUNC_ARG_COUNT_MAX 8

enum func_kind { FUNC_PLAIN, FUNC_OPERATOR, FUNC_CAST };

enum cast_context { CAST_EXPLICIT, CAST_ASSIGNMENT, CAST_IMPLICIT };

struct func_call; /* data/func_call.h: what a body gets */

typedef void (*func_body)(struct func_call *call);

struct func {
    const char *name; /* "lower", "+", "cast" */
    enum func_kind kind;
    u8 arg_count;
    bool variadic;       /* the last argument may be repeated */
    bool strict;         /* a NULL argument gives NULL, the body is not asked */
    u8 args[FUNC_ARG_COUNT_MAX]; /* enum type_id */
    u8 result;           /* enum type_id */
    func_body body;
};

/* The function for these arguments, after implicit casts. On success casts[i] says to which type
 * argument i must be cast first (equal to its own type when none is needed) and *result is the result's
 * type with its modifiers. TYPE_UNKNOWN arguments are literals still open.
 * Errors: 42883 none matches, 42725 not unique: PostgreSQL's messages. */
enum status func_find(struct slice name, enum func_kind kind, const struct type *args,
                      u32 arg_count, const struct func **out, struct type *casts,
                      struct type *result, struct err *err);

/* The cast from one type to another in this context, NULL with *free set when none is needed
 * (the bytes are the same). Errors: 42846 cannot cast. Length and scale coercions (to varchar(n),
 * numeric(p,s)) are casts too: the target's modifiers are given in expr.type of the call. */
enum status func_find_cast(struct type from, struct type to, enum cast_context context,
                           const struct func **out, bool *free, struct err *err);

/* The type that a UNION, CASE, COALESCE, IN or VALUES gives its branches (PostgreSQL 10.5). 42804. */
enum status func_common_type(const struct type *types, u32 count, const char *what,
                             struct type *out, struct err *err);

/* Walks the whole table: for docs, completion and tests. NULL past the end. */
const struct func *func_at(u32 index);
