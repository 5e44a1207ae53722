/* Plans as text, for people. */
#pragma once

#include "plan/delta.h"

/* A node where the tree shows it. One that is read twice is told once: where it comes again it has its label alone. */
struct delta_line {
    u32 node; /* its index in the plan */
    u32 depth;
    bool is_told;                          /* above */
    const struct catalog_relation *source; /* whose rows these are, or NULL */
    const char *label;                     /* as delta_print_label's */
    const char *
        *paths; /* of a join: what a change of each input looks for, and where a product stays */
    u32 path_count;
    const u32 *inputs; /* nodes */
    u32 input_count;
};

/* The tree, the root first. */
struct delta_outline {
    struct delta_line *lines;
    u32 count;
};

/* What a node does, in one line without a newline: "aggregate by category: count(*)". */
void delta_print_label(const struct delta *node, struct buf *out);
/* All in arena: it may outlive the plan. */
void delta_outline(const struct delta_plan *plan, struct arena *arena,
                   struct delta_outline *outline);
