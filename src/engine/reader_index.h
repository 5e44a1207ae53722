/* Which index answers a read: a range of its order that holds all rows that can match. */
#pragma once

#include "engine/reader.h"
#include "view/view_index.h"

struct reader_range {
    const struct view_index *index; /* NULL: none helps */
    u64 from;                       /* positions in the index's order */
    u64 to;
    bool backwards;
    bool is_ordered; /* its rows come in the order that is asked for */
};

/* Looks at the view's indexes that are whole. A range that holds most of the rows and orders nothing is left alone. */
struct reader_range reader_index_choose(const struct view *view,
                                        const struct reader_options *options, struct arena *arena);
