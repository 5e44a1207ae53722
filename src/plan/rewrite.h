/* Rules that turn a relational tree into a better one that means the same.
 *
 * One function a rule, each with its name; which of them changed something is kept for EXPLAIN.
 * Rules only look at the tree, never at data, so a query is always rewritten the same way.
 *
 * Invariant: the tree that comes out has the columns (names, types, order), the key and the rows of
 * the one that went in. */
#pragma once

#include "plan/logical.h"

#define REWRITE_ROUND_COUNT_MAX 16

/* How often each rule changed the tree, in the order of their first use. */
struct rewrite_trace {
    struct rewrite_use {
        const char *rule;
        u32 count;
    } * uses;
    u32 use_count;
};

/* Rewrites the tree in place; the root may be another node afterwards. trace may be NULL. */
struct logical *rewrite(struct arena *arena, struct logical *root, struct rewrite_trace *trace);
