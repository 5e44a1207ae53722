/* The table of functions in its two parts. */
#pragma once

#include "data/func.h"

/* Functions and operators, and casts. */
const struct func *func_table(u32 *count);
const struct func *func_casts(u32 *count);
/* The cast between two types in this context: the first that allows it, or NULL. */
const struct func *func_cast_entry(u32 from, u32 to, enum cast_context context);
/* True if a value of from has the same bytes as one of to. */
bool func_cast_is_free(const struct func *cast, struct type from, struct type to);
/* func_find in another table of signatures, without FUNC_SAME. */
enum status func_find_in(const struct func *table, u32 table_count, struct slice name,
                         enum func_kind kind, const struct type *args, u32 arg_count,
                         const struct func **out, struct type *casts, struct type *result,
                         struct err *err);
