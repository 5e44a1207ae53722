/* Any of the trees as lines of text, as EXPLAIN answers them.
 *
 * Lines tell the relational tree as it was bound, the rules that changed it, the tree after them,
 * and the operators with what is shared, where a cross product stays and why; of operators that run
 * also their rows and bytes. */
#pragma once

#include "plan/build.h"
#include "plan/select.h"

struct explain_options {
    bool is_verbose; /* also the tree before it was rewritten, and every column */
};

/* EXPLAIN of a statement: bound is printed before it is rewritten, so it is bound here anew. Lines
 * end with a newline. */
MUST_USE enum status explain_statement(const struct bind_options *options,
                                       const struct syntax_statement *statement,
                                       const struct delta_statistics *statistics,
                                       const struct explain_options *explain, struct buf *out,
                                       struct err *err);
/* The operators of a plan; build (may be NULL) is the dataflow that was made of it. */
void explain_plan(const struct delta_plan *plan, const struct delta_statistics *statistics,
                  struct buf *out);
/* EXPLAIN of a view that runs: operators with rows and bytes of state. */
void explain_build(const struct build *build, struct buf *out);
