/* Stances: what an edge does when the far side cannot keep up.
 *
 * A stance is chosen for an edge, with the edge's bounds. Whether it may be used depends on what passes: a
 * record of a stream of events can be left out, a change of a view cannot, because who misses a delete keeps a
 * row that is gone. stance_check refuses what would leave a view wrong, with the reason and what to take instead. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

#define STANCE(name, text, where, meaning) STANCE_##name,
enum stance {
#include "flow/stances.def"
    STANCE_COUNT
};
#undef STANCE

/* What passes an edge; one bit each. */
enum stance_where {
    STANCE_EVENTS = 1,
    STANCE_KEYED = 2,
    STANCE_VIEW = 4,
    STANCE_ANYWHERE = 7,
};

#define STANCE_CLASS_COUNT_MAX 8

/* Bounds and parameters of an edge's stance. */
struct stance_options {
    enum stance stance;
    u64 items_max;   /* records that wait */
    u64 size_max;    /* bytes that wait: in memory, with spill on disk */
    i64 age_us_max;  /* expire: how long a record may wait; 0: not said */
    double rate;     /* records a second that may leave; 0: as they come */
    u32 keep_one_in; /* thin: n; 0: not said */
    double
        share_min; /* drop_priority: of room and of turns, for each class that is not the first; 0 to 0.1 */
    const char *
        priority; /* drop_priority: the column with the class, 0 being the highest; NULL: not said */
};

#define STANCE_ITEMS_MAX_DEFAULT 65536
#define STANCE_SIZE_MAX_DEFAULT  MIB(4)
#define STANCE_SPILL_MAX_DEFAULT GIB(1)

void stance_options_init(struct stance_options *options);

/* "drop_oldest", "block" …; as SQL and options write it. */
const char *stance_name(enum stance stance);
/* Where it may be used: bits of enum stance_where. */
u32 stance_where(enum stance stance);
/* STANCE_COUNT when there is none of this name. */
enum stance stance_find(struct slice name);

/* The stance of this name; 22023 with all names when there is none. */
MUST_USE enum status stance_choose(struct stance_options *options, struct slice name,
                                   struct err *err);

/* Sets one option by its name: stance, protect, max_items, max_bytes, max_age, rate ('1000/s'), keep ('1/10' or '0.1'),
 * priority, min_share. *known says whether there is one of this name. value must outlive the options when it is
 * of priority. protect is where's shorthand: 'integrity', 'timeliness' or 'stability'. 22023 for a bad value. */
MUST_USE enum status stance_set(struct stance_options *options, enum stance_where where,
                                struct slice name, const char *value, bool *known, struct err *err);

/* After the last stance_set: fills in defaults, and refuses what is missing (expire without max_age) or would be
 * ignored (max_age without expire; 22023), and what would leave what passes wrong (42P17, with reason and hint).
 * name is the edge's, for the messages. */
MUST_USE enum status stance_check(struct stance_options *options, enum stance_where where,
                                  const char *name, struct err *err);
