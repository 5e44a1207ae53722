/* The words that dates and timestamps may hold, English as in PostgreSQL. */
#pragma once

#include "base/bytes.h"

enum time_word {
    TIME_WORD_NONE,
    TIME_WORD_IGNORED, /* at, on */
    TIME_WORD_MONTH,
    TIME_WORD_WEEKDAY,
    TIME_WORD_AM,
    TIME_WORD_PM,
    TIME_WORD_AD,
    TIME_WORD_BC,
    TIME_WORD_TIME, /* t: a time follows */
    TIME_WORD_JULIAN,
    TIME_WORD_ZONE,
    TIME_WORD_INFINITY,
    TIME_WORD_EPOCH,
    TIME_WORD_MIDNIGHT, /* allballs */
    TIME_WORD_NOW,      /* now, today, tomorrow, yesterday */
    TIME_WORD_UNIT      /* y, m, d, ...: may stand before a number in PostgreSQL, not here */
};

/* text is in lower case. *value is a month from 1, or a zone's minutes east of UTC. */
enum time_word time_word_find(struct slice text, i32 *value);
