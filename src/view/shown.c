#include "view/shown.h"

#include "base/assert.h"

#define COUNT_NAME "_count"

/* Column index of those asked for, of the view's schema. */
static u32 asked_column(const struct shown_asked *asked, u32 index)
{
    return asked->count ? asked->columns[index] : index;
}

static bool is_asked(const struct shown_asked *asked, u32 column)
{
    if (asked->count == 0) return true;
    for (u32 index = 0; index < asked->count; index++)
        if (asked->columns[index] == column) return true;
    return false;
}

static enum status check_bag(const struct schema *schema, const char *name,
                             const struct shown_asked *asked, struct err *err)
{
    for (u32 column = 0; column < schema->column_count; column++) {
        if (is_asked(asked, column)) continue;
        err_set(err, "0A000", "column \"%s\" of \"%s\" cannot be left out of a subscription",
                schema->columns[column].name, name);
        err_detail(err, "It has no key: its rows are told apart by all of their columns.");
        return err_hint(err, "Declare a view that selects the columns.");
    }
    return OK;
}

static enum status check_names(const char *const *names, u32 count, struct err *err)
{
    for (u32 index = 1; index < count; index++)
        for (u32 before = 0; before < index; before++)
            if (strcmp(names[index], names[before]) == 0)
                return err_set(err, "42701", "column \"%s\" is shown more than once", names[index]);
    return OK;
}

enum status shown_check(const struct schema *schema, const char *name,
                        const struct shown_asked *asked, struct arena *arena, struct err *err)
{
    if (schema->key_count == 0 && check_bag(schema, name, asked, err)) return FAIL;
    u32 count = asked->count ? asked->count : schema->column_count;
    const char **names = arena_array(arena, const char *, count + schema->key_count + 1);
    for (u32 index = 0; index < count; index++)
        names[index] = asked->count && asked->names
                           ? asked->names[index]
                           : schema->columns[asked_column(asked, index)].name;
    for (u32 key = 0; key < schema->key_count; key++)
        if (!is_asked(asked, schema->key[key]))
            names[count++] = schema->columns[schema->key[key]].name;
    if (schema->key_count == 0) names[count++] = COUNT_NAME;
    if (check_names(names, count, err) == OK) return OK;
    return err_detail(err, "The key's columns are always shown, and \"_count\" of what has none.");
}

/* The columns asked for, then those of the key that are missing. */
static void add_columns(struct shown *shown, const struct view *view,
                        const struct shown_asked *asked, const char **names, const char **key_names)
{
    const struct schema *schema = view->schema;
    u32 count = asked->count ? asked->count : schema->column_count;
    for (u32 index = 0; index < count; index++) {
        u32 column = asked_column(asked, index);
        bool renamed = asked->count && asked->names;
        shown->columns[shown->count] = view->pool_columns[column];
        names[shown->count++] = renamed ? asked->names[index] : schema->columns[column].name;
    }
    for (u32 key = 0; key < shown->key_count; key++) {
        u32 at = 0;
        while (at < shown->count && shown->columns[at] != view->key[key])
            at++;
        if (at == shown->count) {
            shown->columns[shown->count] = view->key[key];
            names[shown->count++] = schema->columns[schema->key[key]].name;
        }
        shown->key_columns[key] = view->key[key];
        key_names[key] = names[at];
    }
}

enum status shown_init(struct shown *shown, struct view *view, const struct shown_asked *asked,
                       struct err *err)
{
    const struct schema *schema = view->schema;
    u32 key_count = schema->key_count;
    if (key_count == 0 && check_bag(schema, view->name, asked, err)) return FAIL;
    u32 capacity = (asked->count ? asked->count : schema->column_count) + MAX(key_count, 1u);
    struct arena_mark mark = arena_mark(&view->scratch);
    const char **names = arena_array(&view->scratch, const char *, capacity);
    const char **key_names = arena_array(&view->scratch, const char *, key_count);
    u32 *columns = arena_array(&view->scratch, u32, capacity);
    *shown = (struct shown){ .mem = &view->mem, .columns = columns, .key_count = key_count };
    shown->key_columns = mem_alloc(shown->mem, key_count * sizeof(u32));
    add_columns(shown, view, asked, names, key_names);
    shown->columns = mem_alloc(shown->mem, shown->count * sizeof(u32));
    memcpy(shown->columns, columns, shown->count * sizeof(u32));
    u32 name_count = shown->count;
    if (key_count == 0) names[name_count++] = COUNT_NAME;
    codec_json_names_init(&shown->names, shown->mem, names, name_count);
    codec_json_names_init(&shown->key_names, shown->mem, key_names, key_count);
    enum status status = check_names(names, name_count, err);
    if (status) shown_deinit(shown);
    arena_rewind(&view->scratch, mark);
    return status;
}

void shown_deinit(struct shown *shown)
{
    mem_free(shown->mem, shown->columns, shown->count * sizeof(u32));
    mem_free(shown->mem, shown->key_columns, shown->key_count * sizeof(u32));
    codec_json_names_deinit(&shown->names);
    codec_json_names_deinit(&shown->key_names);
}

bool shown_equal(const struct shown *a, const struct shown *b)
{
    if (a->count != b->count || a->names.count != b->names.count) return false;
    if (memcmp(a->columns, b->columns, a->count * sizeof(u32)) != 0) return false;
    size_t ends_size = a->names.count * sizeof(u32);
    if (memcmp(a->names.ends, b->names.ends, ends_size) != 0) return false;
    u32 size = a->names.ends[a->names.count - 1];
    return memcmp(a->names.text, b->names.text, size) == 0;
}
