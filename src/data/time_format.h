/* Templates of to_char: moments as text, 'YYYY-MM-DD HH24:MI:SS'.
 *
 * A template is read once into parts: fields (PostgreSQL manual, table of template patterns for dates), and the text
 * between them. Names of days and months are English, padded to nine unless FM says otherwise. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

struct time_format_part {
    const struct time_format_field *field; /* NULL: text */
    struct slice text;                     /* borrowed from the template, or in the arena */
    bool fill;                             /* FM, TM: neither blanks nor zeros in front */
    char ordinal;                          /* 0, or 'T' and 't': TH or th behind a number */
};

struct time_format {
    struct time_format_part *parts;
    u32 count;
};

/* The most bytes that one field writes. */
#define TIME_FORMAT_FIELD_MAX 32

struct time_format time_format_make(struct arena *arena, struct slice template);
/* A field of a finite timestamp (zone UTC when zoned) at out; returns the number of bytes. */
u32 time_format_print(const struct time_format_part *part, i64 timestamp, bool zoned, char *out);
