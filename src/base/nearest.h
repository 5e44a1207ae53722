/* Which of several names may have been meant by one that is none of them. */
#pragma once

#include "base/bytes.h"

#define NEAREST_NAME_MAX     64 /* bytes, with their NUL; longer ones are near to nothing */
#define NEAREST_DISTANCE_MAX 3

struct nearest {
    const char *name; /* borrowed, as are those that are looked at */
    const char *best;
    u32 distance;
    bool is_unique;
};

/* A short name may be missed by less than a long one. */
struct nearest nearest_make(const char *name);
void nearest_look(struct nearest *nearest, const char *name);
/* The nearest of those that were looked at; two equally near are none: NULL. */
const char *nearest_found(const struct nearest *nearest);

/* Levenshtein's distance of two names, NEAREST_DISTANCE_MAX + 1 for those that are too long to look at. */
u32 nearest_distance(const char *a, const char *b);
