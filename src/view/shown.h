/* Which columns a reader is shown, and under which names.
 *
 * A keyed relation always shows its key, so that an update can name the row. A bag has no key: its rows are
 * told apart by all their columns, so all are shown, and "_count" behind them. */
#pragma once

#include "codec/codec.h"
#include "view/view.h"

/* What a reader asked for; count 0: all columns under their own names. */
struct shown_asked {
    const u32 *columns;       /* of the view's schema */
    const char *const *names; /* NULL: their own */
    u32 count;
};

struct shown {
    struct mem *mem;
    u32 count;
    u32 *columns;                  /* of the pool */
    u32 key_count;                 /* 0: a bag */
    u32 *key_columns;              /* of the pool */
    struct codec_json_names names; /* of a bag: with "_count" at the end */
    struct codec_json_names key_names;
};

/* Would it work for a view of these columns? 42701, 0A000 as below; name is the view's, for messages. */
MUST_USE enum status shown_check(const struct schema *schema, const char *name,
                                 const struct shown_asked *asked, struct arena *arena,
                                 struct err *err);
/* 42701: two columns have one name. 0A000: a bag without one of its columns. */
MUST_USE enum status shown_init(struct shown *shown, struct view *view,
                                const struct shown_asked *asked, struct err *err);
void shown_deinit(struct shown *shown);
bool shown_equal(const struct shown *a, const struct shown *b);
