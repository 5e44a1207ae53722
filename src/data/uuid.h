/* UUID text: 32 hex digits with optional hyphens after each group of four, optional braces around. */
#pragma once

#include "data/flaw.h"
#include "data/type.h"

#define UUID_TEXT_SIZE 36

MUST_USE enum flaw uuid_parse(struct slice text, struct uuid *out);
/* Writes UUID_TEXT_SIZE bytes: lower case, 8-4-4-4-12. */
void uuid_print(const struct uuid *uuid, char *out);
static inline int uuid_compare(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}
