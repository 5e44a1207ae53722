#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "os/fault.h"

static const struct command *const commands[] = { &cmd_serve, &cmd_run, &cmd_pipe, &cmd_advise };

static void print_usage(FILE *out)
{
    fprintf(
        out,
        "Usage: weir COMMAND [OPTIONS]\n\n"
        "SQL views that stay up to date while rows stream in, pushed to whoever subscribes.\n\n");
    for (size_t index = 0; index < countof(commands); index++)
        fprintf(out, "  %-8s %s\n", commands[index]->name, commands[index]->summary);
    fprintf(out, "\n`weir COMMAND --help` says more, `weir --version` which version this is.\n");
}

/* Works everywhere: as a command, and among the options of any. */
static bool asks_version(int argc, char **argv)
{
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--") == 0) return false;
        if (strcmp(argv[index], "--version") == 0) return true;
    }
    return false;
}

int main(int argc, char **argv)
{
    if (asks_version(argc, argv)) {
        printf("weir %s\n", WEIR_VERSION);
        return 0;
    }
    struct err err;
    if (fault_set_text(getenv("WEIR_FAULT"), &err)) return command_fail(2, &err);
    const char *name = argc > 1 ? argv[1] : "--help";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_usage(argc > 1 ? stdout : stderr);
        return argc > 1 ? 0 : 2;
    }
    for (size_t index = 0; index < countof(commands); index++)
        if (strcmp(name, commands[index]->name) == 0)
            return commands[index]->run(argc - 1, argv + 1);
    fprintf(stderr, "weir: there is no command \"%s\"; `weir --help` lists them\n", name);
    return 2;
}

int command_fail(int status, const struct err *err)
{
    fprintf(stderr, "weir: %s%s%s", err->message, err->detail[0] ? ": " : "", err->detail);
    if (err->hint[0]) fprintf(stderr, " (%s)", err->hint);
    fputc('\n', stderr);
    return status;
}
