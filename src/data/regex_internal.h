/* From PostgreSQL's syntax of regular expressions to PCRE2's. */
#pragma once

#include "data/regex.h"

struct regex_source {
    struct slice text;
    struct regex_options options; /* as given, or as the pattern's own (?...) says */
};

/* Error 2201B for what PostgreSQL does not know, though PCRE2 does. */
enum status regex_translate(struct arena *arena, struct slice pattern, struct regex_options options,
                            struct regex_source *out, struct err *err);
