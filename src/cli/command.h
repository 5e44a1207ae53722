/* A command of the binary: one file each, one constant each, listed in main.c. */
#pragma once

#include "base/base.h"
#include "base/status.h"

struct command {
    const char *name;
    const char *summary; /* one line, for the list of commands */
    /* argv[0] is the command's name. Returns the exit status: 0, 1 for a failure, 2 for a wrong use. */
    int (*run)(int argc, char **argv);
};

extern const struct command cmd_serve;
extern const struct command cmd_run;
extern const struct command cmd_pipe;
extern const struct command cmd_advise;

/* "weir: file:line:column: message (detail) hint", one line on standard error. Returns status. */
int command_fail(int status, const struct err *err);
