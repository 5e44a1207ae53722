/* Options of a command: `--name VALUE`, `--name=VALUE`, `--flag`; what is none of them is an argument.
 *
 * `weir serve` has its own reading: its options are settings, which come from the environment too. */
#pragma once

#include "base/base.h"

struct option {
    const char *name;        /* without its dashes */
    const char *placeholder; /* of the value in --help; NULL for a flag */
    const char *meaning;     /* one line */
    const char **value; /* borrowed from argv; left alone when not given; "" for a flag that is */
};

struct option_list {
    const char *usage; /* the first lines of --help, ending in a newline */
    const struct option *options;
    u32 option_count;
    const char **arguments; /* what is no option, in order */
    u32 argument_count_max;
    u32 argument_count; /* filled in */
};

/* argv[0] is the command's name. False when there is nothing to do: after --help (*status 0), and after one clear line on
 * standard error about an unknown option, a missing or doubled value or too many arguments (*status 2). */
bool options_parse(struct option_list *list, int argc, char **argv, int *status);
