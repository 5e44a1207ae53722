/* Plans as text, for people. */
#pragma once

#include "plan/delta.h"

/* What a node does, in one line without a newline: "aggregate by category: count(*)". */
void delta_print_label(const struct delta *node, struct buf *out);
/* The whole plan as a tree, the root first, two spaces a level: "#3 arrange by category". A node that
 * is read twice is told once; one that runs already is marked as shared. Below a join stand its paths,
 * and why a product stays. statistics may be NULL. */
void delta_print(const struct delta_plan *plan, const struct delta_statistics *statistics,
                 u32 indent, struct buf *out);
