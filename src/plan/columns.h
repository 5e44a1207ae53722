/* Which columns an expression reads, and the same expression over other columns.
 *
 * Expressions are never changed in place: what differs is copied, what does not is shared. A column
 * may stand in an expression under a wider type of the same form (a free cast); that type stays. */
#pragma once

#include "base/arena.h"
#include "data/expr.h"

/* Column c becomes map[c]. */
struct expr *columns_map(struct arena *arena, struct expr *expr, const u32 *map);
/* Column c becomes c + by; by may be negative in the sense of u32. */
struct expr *columns_shift(struct arena *arena, struct expr *expr, u32 by);
/* Column c becomes the expression exprs[c]. */
struct expr *columns_replace(struct arena *arena, struct expr *expr, struct expr *const *exprs);
/* Sets used[c] for every column that is read. */
void columns_mark(const struct expr *expr, bool *used);
/* Are all columns that it reads among first..end? True for one that reads none. */
bool columns_within(const struct expr *expr, u32 first, u32 end);
bool columns_any(const struct expr *expr);
/* Conditions to one expression; NULL for none. */
struct expr *columns_and(struct arena *arena, struct expr *const *items, u32 count);
