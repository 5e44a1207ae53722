/* What a subscriber asks for, in two parts: which rows there are, and what each reader of them has for himself.
 *
 * Readers of one view may differ in the values that some columns equal and in the columns that they are shown, and
 * cost next to nothing (view/feed.h, view/shown.h). All else decides which rows there are: other filters, casts, a
 * limit, the query of a plain view, a bag without some of its columns. It is asked of a hidden view
 * (engine/hidden.h), as a shared list of changes cannot know whether a reader had a row. Equalities stay out
 * of it, so that ten thousand users of `?user=eq.N&price=gt.5` need one hidden view and not ten thousand; but
 * under a limit they decide which rows are the first, and belong to the view. */
#pragma once

#include "engine/engine_internal.h"
#include "engine/subscribe.h"
#include "plan/logical.h"

struct subscribe_ask {
    bool needs_view;               /* a hidden one; else the relation itself is followed */
    const struct schema *row;      /* of what is followed */
    struct logical *root;          /* its tree, as bound */
    struct catalog_relations uses; /* what it reads */
    const char *definition;        /* SELECT …: equal for all who need the same view */
    const char *name;              /* what it is called: the part of it behind FROM */

    /* The reader's own: columns of row. */
    u32 filter_count;
    const u32 *filter; /* ascending */
    const struct column *values;
    u32 column_count; /* 0: all */
    const u32 *columns;
    const char *const *names;
};

/* relation is NULL when the options have a query. Everything lies in the arena. Errors: 42703, 42704, 22P02, … as for a read; 0A000. */
MUST_USE enum status subscribe_ask_bind(struct engine *engine, struct relation *relation,
                                        const struct subscribe_options *options,
                                        struct arena *arena, struct subscribe_ask *ask,
                                        struct err *err);
