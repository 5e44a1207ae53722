/* The words of a date, timestamp or interval as text, before anyone knows what they mean.
 *
 * "Jan 8, 1999 04:05:06 PST" is a word, two numbers, a clock and a word; "1999-01-08T04:05-08" a day,
 * a word, a clock and a signed number. Letters are made lower case; blanks and stray punctuation
 * separate. */
#pragma once

#include "base/bytes.h"

enum time_token_kind {
    TIME_TOKEN_NUMBER, /* 1999 or 4.5 */
    TIME_TOKEN_DAY,    /* 1999-01-08, 1/8/1999, 8-jan-99; also names with / such as us/pacific */
    TIME_TOKEN_CLOCK,  /* 04:05:06.789 */
    TIME_TOKEN_WORD,   /* jan */
    TIME_TOKEN_OFFSET, /* a sign and a number, perhaps with : or . in it: -08:00, +3.5, -1-2 */
    TIME_TOKEN_SIGNED  /* a sign and a word: -infinity */
};

#define TIME_TOKEN_COUNT_MAX 25
#define TIME_TEXT_SIZE_MAX   128

struct time_token {
    enum time_token_kind kind;
    u32 size;
    const char *text; /* ends in NUL; in the tokens' own buffer */
};

struct time_tokens {
    u32 count;
    struct time_token at[TIME_TOKEN_COUNT_MAX];
    char buffer[TIME_TEXT_SIZE_MAX + TIME_TOKEN_COUNT_MAX];
};

/* False for what can be no date at all: too long, or with letters beyond ASCII. */
bool time_tokens_read(struct slice text, struct time_tokens *out);

/* Reads digits at *next as a number and moves it behind them; false when there are none or it is
 * above max. */
bool time_token_number(const char **next, i64 max, i64 *out);
/* Reads ".123" at *next as microseconds, rounded as PostgreSQL does; false when it is none. */
bool time_token_fraction(const char **next, i32 *micros);
