/* Expression trees for tests, made as a binder makes them: calls are resolved by func_find, casts
 * put in, string literals read as the type that is asked for. */
#pragma once

#include "data/expr.h"
#include "data/func.h"
#include "tests/test.h"

struct expr *make_column(struct arena *arena, u32 column, struct type type);
struct expr *make_int(struct arena *arena, i64 value); /* integer, or bigint when it must be */
struct expr *make_bool(struct arena *arena, bool value);
struct expr *make_null(struct arena *arena, struct type type);
/* The type's literal; fails the test when it is none. */
struct expr *make_literal(struct arena *arena, struct type type, const char *text);
/* AND, CASE and the others, of type. */
struct expr *make_form(struct arena *arena, enum expr_kind kind, struct type type, u32 count, ...);
/* A function or operator with its casts; fails the test when there is none. */
struct expr *make_call(struct arena *arena, enum func_kind kind, const char *name, u32 count, ...);
struct expr *make_cast(struct arena *arena, struct expr *arg, struct type to);

/* A batch of columns given as literals, "NULL" for NULL. */
struct batch *make_batch(struct arena *arena, const struct type *types, u32 column_count,
                         u32 row_count, const char *const *cells);
/* The result of a row as text: the value, "NULL", or "SQLSTATE message". */
const char *row_text(struct arena *arena, const struct column *column,
                     const struct row_errors *errors, u32 row);
