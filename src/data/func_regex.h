/* The regular expression of a call: compiled with the program when pattern and flags are constant, else when
 * they differ from those of the row before. */
#pragma once

#include "data/func_call.h"
#include "data/regex.h"

struct func_regex {
    const char *name;              /* of the SQL function, for messages */
    bool nocase;                   /* of the operator */
    bool global_allowed;           /* "g" may stand in the flags */
    u32 flags_arg;                 /* UINT32_MAX: there is none */
    struct regex *regex;           /* NULL: not compiled yet */
    struct regex_scratch *scratch; /* of the call; NULL: not made yet */
    struct slice pattern;
    struct slice flags;
    bool global;
};

/* The state of a program for argument 1 as the pattern; NULL if it is not constant or wrong. */
const void *func_regex_prepare_as(const struct func_fixed *fixed, struct func_regex as);
/* What the call starts with: its state, or as. */
struct func_regex func_regex_start(const struct func_call *call, struct func_regex as);
/* Has the expression for a row ready; false after an error of the row. */
bool func_regex_ready(struct func_regex *regex, struct func_call *call, u32 row);
/* The next match from offset on; false without one or after an error of the row. */
bool func_regex_next(const struct func_regex *regex, struct func_call *call, u32 row,
                     struct slice text, size_t offset, struct regex_match *match);
