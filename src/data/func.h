/* The table of SQL functions, operators and casts, one line each in funcs.def and casts.def.
 *
 * A body works on whole vectors and is chosen by name and argument types, with PostgreSQL's rules of
 * overload resolution (manual, chapter 10).
 *
 * What the grammar writes as words has these names: the functions are those that PostgreSQL's parser
 * gives (extract, position, substring, overlay, btrim, timezone, like_escape, similar_to_escape);
 * and plain functions of their own here are greatest, least, nullif, and "is distinct from", "is not distinct from",
 * "is true", "is not true", "is false", "is not false", "is unknown", "is not unknown".
 * LIKE is the operator ~~, NOT LIKE !~~, ILIKE ~~*, NOT ILIKE !~~*, SIMILAR TO is ~ on
 * similar_to_escape(pattern[, escape]), NOT SIMILAR TO is !~. */
#pragma once

#include "data/expr.h"

#define FUNC_ARG_COUNT_MAX 8
/* Calls of variadic functions. */
#define FUNC_CALL_ARG_COUNT_MAX 100

/* Beside the types of enum type_id, an argument or a result may be one of these. */
enum {
    FUNC_ANY = TYPE_COUNT, /* whatever it is, also different types */
    FUNC_SAME,             /* all such arguments, and the result, have one common type */
};

enum func_kind { FUNC_PLAIN, FUNC_OPERATOR, FUNC_CAST };

enum func_volatility {
    FUNC_IMMUTABLE,
    FUNC_STABLE, /* now(): one value a statement or tick; has no body, the binder puts a constant */
    FUNC_VOLATILE, /* gen_random_uuid(): has no body, computed by whoever inserts, else refused */
};

enum cast_context { CAST_EXPLICIT, CAST_ASSIGNMENT, CAST_IMPLICIT };

struct func_call;  /* data/func_call.h: what a body gets */
struct func_fixed; /* data/func_call.h: what a prepare gets */

typedef void (*func_body)(struct func_call *call);
/* Looks at the constant arguments when a program is made (a pattern is compiled once). */
typedef const void *(*func_prepare)(const struct func_fixed *fixed);

struct func {
    const char *name; /* "lower", "+", "cast" */
    enum func_kind kind;
    enum func_volatility volatility;
    u8 arg_count;
    bool variadic;               /* the last argument may be repeated, once or more */
    bool strict;                 /* a NULL argument gives NULL, the body is not asked */
    u8 args[FUNC_ARG_COUNT_MAX]; /* enum type_id, FUNC_ANY, FUNC_SAME; unary operators have one */
    u8 result;                   /* enum type_id, FUNC_SAME */
    enum cast_context context;   /* of a cast: the widest context in which it is allowed */
    func_body body;              /* NULL if not immutable, and for casts that are free */
    func_prepare prepare;        /* or NULL */
};

/* The function for these arguments, after implicit casts. On success casts[i] says to which type
 * argument i must be cast first, by func_find_cast with CAST_IMPLICIT (equal to its own type when
 * none is needed; a TYPE_UNKNOWN literal is parsed as casts[i]), and *result is the result's
 * type with its modifiers. TYPE_UNKNOWN arguments are literals still open.
 * Errors: 42883 none matches, 42725 not unique: PostgreSQL's messages; 0A000 a function of PostgreSQL's
 * that is not supported. */
enum status func_find(struct slice name, enum func_kind kind, const struct type *args,
                      u32 arg_count, const struct func **out, struct type *casts,
                      struct type *result, struct err *err);

/* The cast from one type to another in this context; NULL when the types are the same. *free says that
 * the bytes are the same: then a column or a constant is just given the new type (also inside the
 * constant). What is computed keeps its own type, on which its function may depend, and gets the
 * cast like any other; that costs nothing much. Error: 42846 cannot cast, in this context or at
 * all. Length and scale coercions (to varchar(n), numeric(p,s)) are casts too: the target's
 * modifiers are given in expr.type of the call. From TYPE_UNKNOWN there is no function: the literal
 * is read by value_parse as the type without modifiers and then cast to it, because an explicit
 * cast cuts where reading fails. */
enum status func_find_cast(struct type from, struct type to, enum cast_context context,
                           const struct func **out, bool *free, struct err *err);

/* The moment that a date begins, as comparisons of dates and timestamps see it: never an error, since a date behind the
 * last timestamp is above all of them but infinity. In no text: joins compute it for their keys. to is timestamp or
 * timestamptz. */
const struct func *func_date_moment(enum type_id to);

/* The type that a UNION, CASE, COALESCE, IN or VALUES gives its branches (PostgreSQL 10.5). 42804:
 * "what types integer and text cannot be matched". All unknown gives text. Modifiers stay only if
 * all have the same; leave out NULL literals, which have no say. */
enum status func_common_type(const struct type *types, u32 count, const char *what,
                             struct type *out, struct err *err);

/* Walks the whole table: for docs, completion and tests. NULL past the end. */
const struct func *func_at(u32 index);
