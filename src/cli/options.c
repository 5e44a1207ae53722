#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

static void print_help(const struct option_list *list)
{
    fputs(list->usage, stdout);
    fputs("\n", stdout);
    for (u32 i = 0; i < list->option_count; i++) {
        const struct option *option = &list->options[i];
        char left[64];
        snprintf(left, sizeof left, "--%s %s", option->name,
                 option->placeholder ? option->placeholder : "");
        printf("  %-26s %s\n", left, option->meaning);
    }
}

static bool refuse(const char *command, const char *argument, const char *why)
{
    fprintf(stderr, "weir: %s: %s: %s\n", command, argument, why);
    return false;
}

/* argv[*index] begins with two dashes. */
static bool read_option(struct option_list *list, int argc, char **argv, int *index)
{
    const char *argument = argv[*index], *equals = strchr(argument, '=');
    struct slice name = slice_of(argument + 2);
    if (equals) name.size = (size_t)(equals - argument) - 2;
    const struct option *option = NULL;
    for (u32 i = 0; i < list->option_count; i++)
        if (slice_is(name, list->options[i].name)) option = &list->options[i];
    if (!option) return refuse(argv[0], argument, "there is no such option; --help lists them");
    if (*option->value) return refuse(argv[0], argument, "it was given before");
    if (!option->placeholder) {
        if (equals) return refuse(argv[0], argument, "it takes no value");
        *option->value = "";
    } else if (equals) {
        *option->value = equals + 1;
    } else {
        if (*index + 1 == argc) return refuse(argv[0], argument, "its value is missing");
        *option->value = argv[++*index];
    }
    return true;
}

bool options_parse(struct option_list *list, int argc, char **argv, int *status)
{
    bool takes_options = true, good = true;
    list->argument_count = 0;
    *status = 0;
    for (int index = 1; index < argc && good; index++) {
        const char *argument = argv[index];
        if (takes_options && (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)) {
            print_help(list);
            return false;
        }
        if (takes_options && strcmp(argument, "--") == 0)
            takes_options = false;
        else if (takes_options && strncmp(argument, "--", 2) == 0)
            good = read_option(list, argc, argv, &index);
        else if (takes_options && argument[0] == '-' && argument[1])
            good = refuse(argv[0], argument, "there is no such option; --help lists them");
        else if (list->argument_count == list->argument_count_max)
            good = refuse(argv[0], argument, "there are too many arguments");
        else
            list->arguments[list->argument_count++] = argument;
    }
    if (!good) *status = 2;
    return good;
}
