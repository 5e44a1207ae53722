/* An order over a published relation, for reads: CREATE INDEX.
 *
 * A counted tree of the relation's slots by some of its columns, as of the last published tick. It gives rows in
 * its order, and those between two keys, without looking at others. Over rows that are there it is filled a bounded piece
 * at a time; changes of slots that were not reached yet are not its business. */
#pragma once

#include "state/tree.h"
#include "view/view.h"

struct view_index {
    struct view_index *next; /* of the same view */
    struct view *view;
    struct tree *tree;
    struct arena arena;
    u32 order_count;
    struct tree_order *order; /* columns of the view's schema */
    u32 cursor;               /* slots below are in it; ready when all are */
    bool is_ready;
};

/* order: columns of the view's schema. Joins the view's indexes. */
struct view_index *view_index_open(struct view *view, const struct tree_order *order,
                                   u32 order_count);
void view_index_close(struct view_index *index);
/* Between ticks. True: there is more to do. */
bool view_index_fill(struct view_index *index, u32 rows);
/* Before the tick settles. */
void view_index_publish(struct view_index *index);
