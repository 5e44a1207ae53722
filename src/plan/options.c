#include "plan/options.h"

#include "base/assert.h"
#include "base/text.h"

bool options_parse_bool(struct slice text, bool *out)
{
    static const struct {
        const char *word;
        size_t size_min; /* so much of it is enough */
        bool value;
    } words[] = {
        { "true", 1, true },   { "yes", 1, true }, { "on", 2, true },   { "1", 1, true },
        { "false", 1, false }, { "no", 1, false }, { "off", 2, false }, { "0", 1, false },
    };
    char start[8] = "";
    for (u32 i = 0; i < countof(words); i++) {
        if (text.size < words[i].size_min || text.size > strlen(words[i].word)) continue;
        memcpy(start, words[i].word, text.size);
        start[text.size] = 0;
        if (!slice_is_nocase(text, start)) continue;
        *out = words[i].value;
        return true;
    }
    return false;
}

static const struct options_spec *find_spec(const struct options_spec *specs, u32 spec_count,
                                            const char *name)
{
    for (u32 i = 0; i < spec_count; i++) {
        if (strcmp(specs[i].name, name) == 0) return &specs[i];
    }
    return NULL;
}

static enum status fail_unknown(const char *name, const struct options_spec *specs, u32 spec_count,
                                struct err *err)
{
    err_set(err, "22023", "unrecognized parameter \"%s\"", name);
    if (!err) return FAIL;
    char names[sizeof err->hint - 32] = "";
    for (u32 i = 0; i < spec_count; i++) {
        size_t size = strlen(names);
        if (size + strlen(specs[i].name) + 3 > sizeof names) break;
        if (i > 0) strcat(names, ", ");
        strcat(names, specs[i].name);
    }
    return err_hint(err, "There are: %s.", names);
}

static enum status read_bool(const struct syntax_option *option, bool *out, struct err *err)
{
    struct slice text = slice_of(option->text);
    if (option->kind == SYNTAX_OPTION_NONE) text = SLICE("true");
    if (options_parse_bool(text, out)) return OK;
    return err_set(err, "22023", "invalid value for boolean option \"%s\": %s", option->name,
                   option->text);
}

static enum status read_value(const struct syntax_option *option, const struct options_spec *spec,
                              void *target, struct err *err)
{
    void *field = (char *)target + spec->offset;
    if (spec->kind == OPTIONS_BOOL) return read_bool(option, field, err);
    if (option->kind == SYNTAX_OPTION_NONE) {
        return err_set(err, "22023", "parameter \"%s\" requires a value", option->name);
    }
    struct slice text = slice_of(option->text);
    switch (spec->kind) {
    case OPTIONS_COUNT: return text_parse_count(text, spec->name, UINT64_MAX, field, err);
    case OPTIONS_SIZE: return text_parse_size(text, spec->name, field, err);
    case OPTIONS_DURATION: return text_parse_duration(text, spec->name, field, err);
    case OPTIONS_STRING: *(const char **)field = option->text; return OK;
    case OPTIONS_BOOL: break;
    }
    unreachable();
}

enum status options_read(const struct syntax_options *options, const struct options_spec *specs,
                         u32 spec_count, void *target, struct slice text, struct err *err)
{
    for (u32 i = 0; i < options->count; i++) {
        const struct syntax_option *option = &options->items[i];
        const struct options_spec *spec = find_spec(specs, spec_count, option->name);
        enum status status = OK;
        if (!spec) status = fail_unknown(option->name, specs, spec_count, err);
        for (u32 j = 0; j < i && !status; j++) {
            if (strcmp(options->items[j].name, option->name) != 0) continue;
            status =
                err_set(err, "22023", "parameter \"%s\" specified more than once", option->name);
        }
        if (!status) status = read_value(option, spec, target, err);
        if (!status) continue;
        if (err) err->position = syntax_position(text, option->offset);
        return status;
    }
    return OK;
}
