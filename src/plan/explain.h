/* All trees of a statement as lines of text, as EXPLAIN answers them: the relational tree as it was
 * bound, the rules that changed it, the tree behind them, and the operators: what is shared with
 * views that run, which way each join goes, and where a cross product stays and why. A view that
 * runs is told with the rows and bytes of its operators. */
#pragma once

#include "plan/build.h"
#include "plan/select.h"

struct explain_options {
    bool is_verbose; /* also the names by which operators are shared */
};

/* EXPLAIN of SELECT, CREATE [MATERIALIZED] VIEW, or the query of an INSERT. Nothing is run. 0A000 for
 * other statements. Lines end with a newline. */
MUST_USE enum status explain_statement(const struct bind_options *options,
                                       const struct syntax_statement *statement,
                                       const struct delta_statistics *statistics,
                                       const struct explain_options *explain, struct buf *out,
                                       struct err *err);
/* EXPLAIN of a view that runs: operators with rows and bytes of state. */
void explain_build(const struct build *build, struct buf *out);
