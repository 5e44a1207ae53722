/* Rules that turn a relational tree into a better one that means the same.
 *
 * One function a rule, each with its name, so that EXPLAIN can show what each of them did.
 * Rules only look at the tree, never at data, so a query is always rewritten the same way.
 *
 * Invariant: the tree that comes out has the columns (names, types, order), the key and the rows of
 * the one that went in. */
#pragma once

#include "plan/logical.h"

#define REWRITE_ROUND_COUNT_MAX 16

/* Who wants to see how the tree changes: told after each rule that changed something, with the tree as it is then. */
struct rewrite_trace {
    void (*on_rule)(void *context, const char *rule, const struct logical *root);
    void *context;
};

/* Rewrites the tree in place; the root may be another node afterwards. trace may be NULL. */
struct logical *rewrite(struct arena *arena, struct logical *root,
                        const struct rewrite_trace *trace);
/* The rules in their order, for tests: the name of each; NULL behind the last. */
const char *rewrite_rule_name(u32 index);
