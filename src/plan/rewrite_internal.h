/* What the rules share. A rule looks at one node and may put another in its place; it says whether it
 * changed something. Its inputs are looked at after it, so what it pushes down goes further at once.
 *
 * Nodes of a tree have one holder, so a rule may change them in place; expressions are shared. */
#pragma once

#include "base/assert.h"
#include "plan/columns.h"
#include "plan/grow.h"
#include "plan/rewrite.h"

struct rewrite {
    struct arena *arena;
    const struct rewrite_trace *trace;
};

typedef bool (*rewrite_rule_fn)(struct rewrite *r, struct logical **slot);

/* rewrite_expr.c */
bool rewrite_fold(struct rewrite *r, struct logical **slot);
bool rewrite_or(struct rewrite *r, struct logical **slot);
bool rewrite_nothing(struct rewrite *r, struct logical **slot);

/* rewrite_shape.c */
bool rewrite_inline(struct rewrite *r, struct logical **slot);
bool rewrite_projections(struct rewrite *r, struct logical **slot);
bool rewrite_identity(struct rewrite *r, struct logical **slot);
bool rewrite_unions(struct rewrite *r, struct logical **slot);
bool rewrite_distinct(struct rewrite *r, struct logical **slot);

/* rewrite_push.c */
bool rewrite_filters(struct rewrite *r, struct logical **slot);
bool rewrite_filter_project(struct rewrite *r, struct logical **slot);
bool rewrite_filter_join(struct rewrite *r, struct logical **slot);
bool rewrite_filter_union(struct rewrite *r, struct logical **slot);
bool rewrite_filter_group(struct rewrite *r, struct logical **slot);
bool rewrite_filter_flatten(struct rewrite *r, struct logical **slot);
bool rewrite_rank(struct rewrite *r, struct logical **slot);

/* rewrite_join.c */
bool rewrite_join_project(struct rewrite *r, struct logical **slot);
bool rewrite_join_flat(struct rewrite *r, struct logical **slot);
bool rewrite_join_push(struct rewrite *r, struct logical **slot);
bool rewrite_join_constant(struct rewrite *r, struct logical **slot);
bool rewrite_outer(struct rewrite *r, struct logical **slot);

/* Leaves out the items that are equal to one before them; returns how many stay. By hashes, because conditions that
 * went down a deep tree are long and differ at their ends. */
u32 rewrite_unique(struct arena *arena, struct expr **items, u32 count);

/* Puts more conditions on what node gives: into its FILTER, or a new one. */
struct logical *rewrite_add_filter(struct rewrite *r, struct logical *node,
                                   struct expr *const *items, u32 count);
