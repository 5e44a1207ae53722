/* SQL's LIKE: % is any text, _ is any character, a backslash takes the next character as it is.
 *
 * A pattern is looked at once: most are a constant, with % at its ends, and need no matching
 * character by character. Without regard to case (ILIKE) ASCII letters are folded. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

enum like_kind {
    LIKE_EQUAL,    /* no wildcard */
    LIKE_PREFIX,   /* abc% */
    LIKE_SUFFIX,   /* %abc */
    LIKE_CONTAINS, /* %abc% */
    LIKE_ANY,      /* only % */
    LIKE_GENERAL
};

struct like {
    enum like_kind kind;
    bool nocase;
    struct slice text;    /* the constant part, without its backslashes */
    struct slice pattern; /* LIKE_GENERAL: as given, borrowed */
};

enum like_result { LIKE_NO, LIKE_YES, LIKE_BAD_PATTERN /* ends in a backslash: 22025 */ };

/* arena is for a pattern with backslashes; the pattern itself is borrowed. */
struct like like_make(struct arena *arena, struct slice pattern, bool nocase);
enum like_result like_match(const struct like *like, struct slice text);
