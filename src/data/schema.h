/* The names and types of a row, and which columns are its key. */
#pragma once

#include "base/arena.h"
#include "data/type.h"

#define SCHEMA_COLUMN_COUNT_MAX 1600 /* as in PostgreSQL */

struct schema_column {
    const char *name; /* lives as long as the schema */
    struct type type;
    bool not_null;
};

struct schema {
    u32 column_count;
    struct schema_column *columns;
    u32 key_count; /* 0: a bag */
    u32 *key;      /* column indexes, in key order */
};

/* Deep copy into the arena. */
struct schema *schema_copy(const struct schema *schema, struct arena *arena);
/* The index of a column, or -1. */
i32 schema_find(const struct schema *schema, struct slice name);
/* 42703: there is no such column; relation NULL: of what is not said. The nearest name is the hint. */
enum status schema_unknown(const struct schema *schema, struct slice name, const char *relation,
                           struct err *err);
