#include "data/schema.h"

#include "base/nearest.h"

#include "base/assert.h"

struct schema *schema_copy(const struct schema *schema, struct arena *arena)
{
    assert(schema->column_count <= SCHEMA_COLUMN_COUNT_MAX);
    struct schema *copy = arena_new(arena, struct schema);
    copy->column_count = schema->column_count;
    copy->columns = arena_array(arena, struct schema_column, schema->column_count);
    for (u32 index = 0; index < schema->column_count; index++) {
        copy->columns[index] = schema->columns[index];
        const char *name = schema->columns[index].name;
        copy->columns[index].name = arena_string(arena, name, strlen(name));
    }
    copy->key_count = schema->key_count;
    copy->key = arena_copy(arena, schema->key, schema->key_count * sizeof *schema->key);
    return copy;
}

i32 schema_find(const struct schema *schema, struct slice name)
{
    for (u32 index = 0; index < schema->column_count; index++)
        if (slice_is(name, schema->columns[index].name)) return (i32)index;
    return -1;
}

enum status schema_unknown(const struct schema *schema, struct slice name, const char *relation,
                           struct err *err)
{
    char copy[NEAREST_NAME_MAX];
    int size = (int)MIN(name.size, 100u);
    if (relation)
        err_set(err, "42703", "column \"%.*s\" of relation \"%s\" does not exist", size, name.data,
                relation);
    else
        err_set(err, "42703", "column \"%.*s\" does not exist", size, name.data);
    if (name.size >= sizeof copy) return FAIL;
    memcpy(copy, name.data, name.size);
    copy[name.size] = '\0';
    struct nearest nearest = nearest_make(copy);
    for (u32 column = 0; column < schema->column_count; column++)
        nearest_look(&nearest, schema->columns[column].name);
    const char *found = nearest_found(&nearest);
    return found ? err_hint(err, "Perhaps you meant the column \"%s\".", found) : FAIL;
}
