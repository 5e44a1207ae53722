#include "engine/settings.h"

#include <ctype.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/text.h"

#define NAME_SIZE_MAX 32
#define HELP_INDENT   4
#define HELP_WIDTH    96

static const struct spec {
    const char *name; /* "RESUME_WINDOW" */
    enum settings_type type;
    bool is_live;
    const char *text; /* the default */
    u64 least;
    u64 most;
    const char *placeholder; /* of a choice: the choices, with | between */
    const char *meaning;
} specs[] = {
#define START false
#define LIVE  true
#define SETTING(name, type, when, text, least, most, placeholder, meaning)                         \
    { #name, SETTINGS_##type, when, text, least, most, placeholder, meaning },
#include "engine/settings.def"
#undef SETTING
#undef LIVE
#undef START
};
static_assert(countof(specs) == SETTINGS_ID_COUNT, "a line a setting");

static enum status parse(struct settings *settings, enum settings_id id, const char *said,
                         const char *text, enum settings_source source, struct err *err);

/* "--resume-window" */
static void option_name(enum settings_id id, char name[NAME_SIZE_MAX + 3])
{
    size_t size = 0;
    name[size++] = '-';
    name[size++] = '-';
    for (const char *at = specs[id].name; *at; at++)
        name[size++] = *at == '_' ? '-' : (char)tolower(*at);
    assert(size < NAME_SIZE_MAX);
    name[size] = '\0';
}

void settings_init(struct settings *settings, struct arena *arena, u64 memory_max)
{
    *settings = (struct settings){ .arena = arena };
    for (u32 id = 0; id < SETTINGS_ID_COUNT; id++) {
        if (id == SETTINGS_ID_MEMORY) {
            settings->values[id] = (struct settings_value){ .text = "", .number = memory_max };
            continue;
        }
        struct err err;
        enum status status =
            parse(settings, id, specs[id].name, specs[id].text, SETTINGS_DEFAULT, &err);
        assert(status == OK);
    }
}

enum status settings_from_environment(struct settings *settings, char *(*look_up)(const char *name),
                                      struct err *err)
{
    for (u32 id = 0; id < SETTINGS_ID_COUNT; id++) {
        char name[NAME_SIZE_MAX + 6];
        snprintf(name, sizeof name, "WEIR_%s", specs[id].name);
        const char *text = look_up(name);
        if (text && parse(settings, id, name, text, SETTINGS_ENVIRONMENT, err)) return FAIL;
    }
    return OK;
}

enum settings_id settings_find(struct slice name)
{
    for (u32 id = 0; id < SETTINGS_ID_COUNT; id++) {
        char option[NAME_SIZE_MAX + 3];
        option_name(id, option);
        if (slice_is(name, option + 2)) return id;
    }
    return SETTINGS_ID_COUNT;
}

bool settings_is_flag(enum settings_id id)
{
    return specs[id].type == SETTINGS_FLAG;
}

enum status settings_set(struct settings *settings, enum settings_id id, const char *text,
                         struct err *err)
{
    char option[NAME_SIZE_MAX + 3];
    option_name(id, option);
    return parse(settings, id, option, text ? text : "on", SETTINGS_OPTION, err);
}

/* --- values --- */

static enum status refuse(const char *said, const char *text, const char *wanted, struct err *err)
{
    return err_set(err, "22023", "%s: \"%s\" is not %s", said, text, wanted);
}

static void add_list(struct settings *settings, struct settings_value *value, const char *text,
                     bool starts)
{
    u32 most = starts ? 1 : value->list_count + 1;
    for (const char *at = text; *at; at++)
        most += *at == ',';
    struct slice *list = arena_array(settings->arena, struct slice, most);
    u32 count = 0;
    for (; !starts && count < value->list_count; count++)
        list[count] = value->list[count];
    while (*text) {
        size_t size = strcspn(text, ",");
        if (size > 0) list[count++] = slice_make(arena_string(settings->arena, text, size), size);
        text += size + (text[size] == ',');
    }
    value->list = list;
    value->list_count = count;
}

static bool find_choice(const char *choices, const char *text, u64 *place)
{
    for (*place = 0; *choices; ++*place) {
        size_t size = strcspn(choices, "|");
        if (slice_is(slice_make(choices, size), text)) return true;
        choices += size + (choices[size] == '|');
    }
    return false;
}

static enum status parse_number(const struct spec *spec, const char *said, const char *text,
                                u64 *number, struct err *err)
{
    i64 duration_us = 0;
    enum status status;
    if (spec->type == SETTINGS_SIZE)
        status = text_parse_size(slice_of(text), said, number, err);
    else if (spec->type == SETTINGS_COUNT)
        status = text_parse_count(slice_of(text), said, UINT64_MAX, number, err);
    else {
        status = text_parse_duration(slice_of(text), said, &duration_us, err);
        *number = (u64)duration_us;
    }
    if (status) return FAIL;
    if (*number >= spec->least && *number <= spec->most) return OK;
    char least[TEXT_UNIT_SIZE_MAX], most[TEXT_UNIT_SIZE_MAX];
    if (spec->type == SETTINGS_DURATION) {
        text_write_duration(least, (i64)spec->least);
        text_write_duration(most, (i64)spec->most);
    } else if (spec->type == SETTINGS_SIZE) {
        text_write_size(least, spec->least);
        text_write_size(most, spec->most);
    } else {
        snprintf(least, sizeof least, "%llu", (unsigned long long)spec->least);
        snprintf(most, sizeof most, "%llu", (unsigned long long)spec->most);
    }
    return err_set(err, "22023", "%s: \"%s\" is not within %s and %s", said, text, least, most);
}

static enum status parse(struct settings *settings, enum settings_id id, const char *said,
                         const char *text, enum settings_source source, struct err *err)
{
    const struct spec *spec = &specs[id];
    struct settings_value *value = &settings->values[id];
    bool starts = value->source != source || source != SETTINGS_OPTION;
    u64 number = 0;
    assert(source != SETTINGS_SQL || spec->is_live);
    switch (spec->type) {
    case SETTINGS_TEXT:
        if (!*text) return refuse(said, text, "a value", err);
        break;
    case SETTINGS_LIST: add_list(settings, value, text, starts); break;
    case SETTINGS_CHOICE:
        if (!find_choice(spec->placeholder, text, &number))
            return refuse(said, text, spec->placeholder, err);
        break;
    case SETTINGS_FLAG:
        if (!find_choice("off|on", text, &number)) return refuse(said, text, "on or off", err);
        break;
    case SETTINGS_SIZE:
    case SETTINGS_DURATION:
    case SETTINGS_COUNT:
        if (parse_number(spec, said, text, &number, err)) return FAIL;
        break;
    }
    value->text = source == SETTINGS_SQL ? "" : arena_string(settings->arena, text, strlen(text));
    value->number = number;
    value->source = source;
    return OK;
}

/* --- help --- */

/* The text in lines of HELP_WIDTH, each behind an indent. */
static void write_wrapped(struct buf *out, const char *text)
{
    while (*text) {
        size_t size = strlen(text);
        if (size > HELP_WIDTH - HELP_INDENT) {
            size = HELP_WIDTH - HELP_INDENT;
            while (size > 0 && text[size] != ' ')
                size--;
        }
        buf_format(out, "%*s%.*s\n", HELP_INDENT + 2, "", (int)size, text);
        text += size;
        text += *text == ' ';
    }
}

void settings_write_help(struct buf *out)
{
    for (u32 id = 0; id < SETTINGS_ID_COUNT; id++) {
        char option[NAME_SIZE_MAX + 3];
        option_name(id, option);
        buf_format(out, specs[id].placeholder[0] ? "  %s %s" : "  %s", option,
                   specs[id].placeholder);
        if (specs[id].text[0] && specs[id].type != SETTINGS_FLAG)
            buf_format(out, "  (%s)", specs[id].text);
        buf_putc(out, '\n');
        write_wrapped(out, specs[id].meaning);
    }
}

/* --- in SQL --- */

const char *settings_name(enum settings_id id)
{
    return specs[id].name;
}

const char *settings_meaning(enum settings_id id)
{
    return specs[id].meaning;
}

bool settings_is_live(enum settings_id id)
{
    return specs[id].is_live;
}

enum settings_id settings_find_sql(struct slice name)
{
    for (u32 id = 0; id < SETTINGS_ID_COUNT; id++)
        if (slice_is_nocase(name, specs[id].name)) return id;
    return SETTINGS_ID_COUNT;
}

const char *settings_unit(enum settings_id id)
{
    switch (specs[id].type) {
    case SETTINGS_SIZE: return "bytes";
    case SETTINGS_DURATION: return "us";
    case SETTINGS_TEXT:
    case SETTINGS_LIST:
    case SETTINGS_CHOICE:
    case SETTINGS_COUNT:
    case SETTINGS_FLAG: return NULL;
    }
    unreachable();
}

const char *settings_source_name(enum settings_source source)
{
    switch (source) {
    case SETTINGS_DEFAULT: return "default";
    case SETTINGS_ENVIRONMENT: return "environment";
    case SETTINGS_OPTION: return "option";
    case SETTINGS_SQL: return "set";
    }
    unreachable();
}

/* "resume_window", as SQL says it. */
static void sql_name(enum settings_id id, char name[NAME_SIZE_MAX])
{
    size_t size = 0;
    for (const char *at = specs[id].name; *at; at++)
        name[size++] = (char)tolower(*at);
    name[size] = '\0';
}

static enum status check_live(enum settings_id id, struct err *err)
{
    if (specs[id].is_live) return OK;
    char name[NAME_SIZE_MAX], option[NAME_SIZE_MAX + 3];
    sql_name(id, name);
    option_name(id, option);
    err_set(err, "55P02", "parameter \"%s\" cannot be changed without restarting the server", name);
    err_detail(err, "It is used when the server starts.");
    return err_hint(err, "Start it with %s or with WEIR_%s in the environment.", option,
                    specs[id].name);
}

enum status settings_change(struct settings *settings, enum settings_id id, const char *text,
                            struct err *err)
{
    char name[NAME_SIZE_MAX];
    struct settings_value before = settings->values[id];
    sql_name(id, name);
    if (check_live(id, err) || parse(settings, id, name, text, SETTINGS_SQL, err)) return FAIL;
    if (before.source != SETTINGS_SQL) settings->starts[id] = before;
    return OK;
}

enum status settings_reset(struct settings *settings, enum settings_id id, struct err *err)
{
    if (check_live(id, err)) return FAIL;
    if (settings->values[id].source == SETTINGS_SQL) settings->values[id] = settings->starts[id];
    return OK;
}

void settings_write(const struct settings *settings, enum settings_id id, struct buf *out)
{
    const struct settings_value *value = settings_get(settings, id);
    char text[TEXT_UNIT_SIZE_MAX];
    switch (specs[id].type) {
    case SETTINGS_TEXT:
    case SETTINGS_CHOICE: buf_puts(out, value->text); return;
    case SETTINGS_LIST:
        for (u32 index = 0; index < value->list_count; index++) {
            if (index > 0) buf_putc(out, ',');
            buf_append(out, value->list[index].data, value->list[index].size);
        }
        return;
    case SETTINGS_SIZE: text_write_size(text, value->number); break;
    case SETTINGS_DURATION: text_write_duration(text, (i64)value->number); break;
    case SETTINGS_COUNT: buf_format(out, "%llu", (unsigned long long)value->number); return;
    case SETTINGS_FLAG: buf_puts(out, value->number ? "on" : "off"); return;
    }
    buf_puts(out, text);
}
