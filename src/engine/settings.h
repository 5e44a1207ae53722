/* Settings: one table of what can be set, from which options, variables, SQL, help and documents are made.
 *
 * A value comes from SET, else from the command line, else from the environment (WEIR_SYNC for --sync), else from the
 * table. It is checked when it is set, so whoever reads one has a good one. SET is for the process and for this
 * run alone: nothing of it is kept. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

enum settings_type {
    SETTINGS_TEXT,
    SETTINGS_LIST, /* texts, divided by commas; an option that is repeated adds */
    SETTINGS_CHOICE,
    SETTINGS_SIZE,     /* bytes */
    SETTINGS_DURATION, /* microseconds */
    SETTINGS_COUNT,
    SETTINGS_FLAG,
};

#define SETTING(name, type, when, text, least, most, placeholder, meaning) SETTINGS_ID_##name,
enum settings_id {
#include "engine/settings.def"
    SETTINGS_ID_COUNT
};
#undef SETTING

enum settings_source {
    SETTINGS_DEFAULT,
    SETTINGS_ENVIRONMENT,
    SETTINGS_OPTION,
    SETTINGS_SQL, /* SET: for this run */
};

struct settings_value {
    enum settings_source source;
    const char *text; /* TEXT, CHOICE; as given for the others, "" after SET */
    u64 number;       /* SIZE, DURATION, COUNT; FLAG: 0 or 1; CHOICE: its place */
    struct slice *list;
    u32 list_count;
};

struct settings {
    struct arena *arena; /* of the values */
    struct settings_value values[SETTINGS_ID_COUNT];
    struct settings_value starts[SETTINGS_ID_COUNT]; /* before SET, where source is SETTINGS_SQL */
};

/* The defaults. memory_max stands for the default of MEMORY. */
void settings_init(struct settings *settings, struct arena *arena, u64 memory_max);
/* From variables WEIR_…; look_up is getenv. The message names the variable. */
enum status settings_from_environment(struct settings *settings, char *(*look_up)(const char *name),
                                      struct err *err);
/* The setting of an option's name without its dashes ("resume-window"); SETTINGS_ID_COUNT: none. */
enum settings_id settings_find(struct slice name);
bool settings_is_flag(enum settings_id id);
/* From an option. text NULL for a flag. The message names the option. */
enum status settings_set(struct settings *settings, enum settings_id id, const char *text,
                         struct err *err);

static inline const struct settings_value *settings_get(const struct settings *settings,
                                                        enum settings_id id)
{
    return &settings->values[id];
}

/* One paragraph an option, for --help. */
void settings_write_help(struct buf *out);

/* --- in SQL --- */

/* By its name in SQL, "resume_window", in either case; SETTINGS_ID_COUNT: none. */
enum settings_id settings_find_sql(struct slice name);
const char *settings_name(enum settings_id id); /* "RESUME_WINDOW" */
const char *settings_meaning(enum settings_id id);
const char *settings_unit(enum settings_id id); /* of its number: "bytes", "us"; NULL: none */
const char *settings_source_name(enum settings_source source);
/* May SET change it? */
bool settings_is_live(enum settings_id id);
/* SET: 55P02 for one that is used at the start alone, 22023 for a bad value. Allocates nothing, so it may be said
 * any number of times. */
enum status settings_change(struct settings *settings, enum settings_id id, const char *text,
                            struct err *err);
/* RESET: as it was at the start. */
enum status settings_reset(struct settings *settings, enum settings_id id, struct err *err);
/* The value as people write it: "60s", "16MB", "on". */
void settings_write(const struct settings *settings, enum settings_id id, struct buf *out);
