#include "engine/show.h"

#include "base/assert.h"
#include "engine/engine_internal.h"
#include "engine/settings.h"
#include "plan/syntax.h"

#include <ctype.h>

#define NAME_SIZE_MAX 64

/* Parameters of PostgreSQL that have one value here. */
static const struct {
    const char *name;
    const char *value;
    const char *meaning;
} fixed[] = {
    { "client_encoding", "UTF8", "text in and out" },
    { "datestyle", "ISO, MDY", "how times are written" },
    { "intervalstyle", "postgres", "how intervals are written" },
    { "lc_collate", "C", "text is ordered by its bytes" },
    { "search_path", "public", "where a name without a schema is looked for" },
    { "server_encoding", "UTF8", "text as it is kept" },
    { "standard_conforming_strings", "on", "a backslash in '…' is a character like others" },
    { "timezone", "UTC", "of timestamps with time zone, as text" },
    { "transaction_isolation", "serializable", "transactions are decided one after another" },
};

static enum status show_one(struct engine *engine, const struct syntax_statement *statement,
                            const struct exec_callbacks *callbacks, struct err *err);
static void show_all(struct engine *engine, const struct exec_callbacks *callbacks);
static enum status set(struct engine *engine, const struct syntax_statement *statement,
                       struct err *err);
static enum status reset(struct engine *engine, const struct syntax_set *written, struct err *err);

enum status show_run(struct engine *engine, const struct syntax_statement *statement,
                     const struct exec_callbacks *callbacks, struct err *err)
{
    if (statement->kind == SYNTAX_SHOW && !statement->set->name) {
        show_all(engine, callbacks);
        return OK;
    }
    if (statement->kind == SYNTAX_SHOW) return show_one(engine, statement, callbacks, err);
    if (statement->kind == SYNTAX_RESET) return reset(engine, statement->set, err);
    return set(engine, statement, err);
}

/* --- names --- */

static enum settings_id find(const struct engine *engine, const char *name)
{
    return engine->options.settings ? settings_find_sql(slice_of(name)) : SETTINGS_ID_COUNT;
}

static u32 find_fixed(const char *name)
{
    u32 index = 0;
    while (index < countof(fixed) && !slice_is_nocase(slice_of(name), fixed[index].name))
        index++;
    return index;
}

static enum status fail_unknown(const char *name, struct err *err)
{
    err_set(err, "42704", "unrecognized configuration parameter \"%s\"", name);
    return err_hint(err, "SHOW ALL lists them.");
}

/* --- SHOW --- */

void show_give_row(const struct exec_callbacks *callbacks, const struct schema *schema,
                   struct mem *mem, const struct slice *cells)
{
    struct arena arena;
    arena_init(&arena, mem);
    struct batch *row = batch_make_for(&arena, schema, 1);
    for (u32 column = 0; column < schema->column_count; column++)
        ((struct str *)row->columns[column].data)[0] =
            str_make(cells[column].data, cells[column].size);
    row->weights[0] = 1;
    row->row_count = 1;
    callbacks->on_rows(callbacks->context, row);
    arena_deinit(&arena);
}

static enum status show_one(struct engine *engine, const struct syntax_statement *statement,
                            const struct exec_callbacks *callbacks, struct err *err)
{
    const char *name = statement->set->name;
    enum settings_id id = find(engine, name);
    u32 place = find_fixed(name);
    if (id == SETTINGS_ID_COUNT && place == countof(fixed)) return fail_unknown(name, err);
    struct buf value;
    buf_init(&value, &engine->mem);
    if (id < SETTINGS_ID_COUNT)
        settings_write(engine->options.settings, id, &value);
    else
        buf_puts(&value, fixed[place].value);
    struct schema_column column = { .name = name, .type = TYPE(TEXT) };
    const struct schema schema = { .column_count = 1, .columns = &column };
    const struct slice cell = buf_slice(&value);
    callbacks->on_columns(callbacks->context, &schema);
    show_give_row(callbacks, &schema, &engine->mem, &cell);
    buf_deinit(&value);
    return OK;
}

static void lower(const char *from, char name[NAME_SIZE_MAX])
{
    size_t size = 0;
    for (; from[size]; size++)
        name[size] = (char)tolower(from[size]);
    assert(size < NAME_SIZE_MAX);
    name[size] = '\0';
}

static void show_all(struct engine *engine, const struct exec_callbacks *callbacks)
{
    struct schema_column columns[] = { { .name = "name", .type = TYPE(TEXT) },
                                       { .name = "setting", .type = TYPE(TEXT) },
                                       { .name = "description", .type = TYPE(TEXT) } };
    const struct schema schema = { .column_count = countof(columns), .columns = columns };
    const struct settings *settings = engine->options.settings;
    callbacks->on_columns(callbacks->context, &schema);
    for (u32 id = 0; settings && id < SETTINGS_ID_COUNT; id++) {
        char name[NAME_SIZE_MAX];
        struct buf value;
        buf_init(&value, &engine->mem);
        lower(settings_name(id), name);
        settings_write(settings, id, &value);
        const struct slice cells[] = { slice_of(name), buf_slice(&value),
                                       slice_of(settings_meaning(id)) };
        show_give_row(callbacks, &schema, &engine->mem, cells);
        buf_deinit(&value);
    }
    for (u32 index = 0; index < countof(fixed); index++) {
        const struct slice cells[] = { slice_of(fixed[index].name), slice_of(fixed[index].value),
                                       slice_of(fixed[index].meaning) };
        show_give_row(callbacks, &schema, &engine->mem, cells);
    }
}

/* --- SET and RESET --- */

static void changed(struct engine *engine, enum settings_id id)
{
    const u64 number = settings_get(engine->options.settings, id)->number;
    if (id == SETTINGS_ID_RESUME_WINDOW) engine->options.resume_window_us = (i64)number;
    if (id == SETTINGS_ID_TICK_COST) engine->options.tick_cost_us = (i64)number;
    if (id == SETTINGS_ID_HIDDEN_VIEWS) engine->options.hidden_count_max = (u32)number;
    if (id == SETTINGS_ID_PRODUCERS) engine->options.producer_count_max = (u32)number;
    if (engine->options.on_setting) engine->options.on_setting(engine->options.context);
}

/* "ISO, MDY" comes as two values; ISO alone says the same. */
static bool is_part_of(const char *list, const char *text)
{
    while (*list) {
        size_t size = strcspn(list, ",");
        if (slice_is_nocase(slice_make(list, size), text)) return true;
        list += size;
        list += strspn(list, ", ");
    }
    return false;
}

static enum status set_fixed(u32 place, const struct syntax_set *written, struct err *err)
{
    for (u32 index = 0; index < written->value_count; index++) {
        const char *text = written->values[index].text;
        if (slice_is_nocase(slice_of(text), fixed[place].value)) continue;
        if (is_part_of(fixed[place].value, text)) continue;
        err_set(err, "55P02", "parameter \"%s\" cannot be changed", fixed[place].name);
        return err_detail(err, "It is always %s.", fixed[place].value);
    }
    return OK;
}

static enum status set(struct engine *engine, const struct syntax_statement *statement,
                       struct err *err)
{
    const struct syntax_set *written = statement->set;
    if (slice_is_nocase(slice_of(written->name), "transaction") ||
        slice_is_nocase(slice_of(written->name), "session characteristics"))
        return err_set(err, "0A000",
                       "SET TRANSACTION is not supported: transactions are decided one after "
                       "another, which is serializable");
    if (written->is_local)
        return err_set(err, "0A000", "SET LOCAL is not supported: a setting is the whole server's");
    u32 place = find_fixed(written->name);
    if (place < countof(fixed)) return set_fixed(place, written, err);
    if (written->value_count == 0) return reset(engine, written, err);
    enum settings_id id = find(engine, written->name);
    if (id == SETTINGS_ID_COUNT) return fail_unknown(written->name, err);
    if (written->value_count > 1)
        return err_set(err, "22023", "SET %s takes only one argument", written->name);
    if (settings_change(engine->options.settings, id, written->values[0].text, err)) return FAIL;
    changed(engine, id);
    return OK;
}

static enum status reset(struct engine *engine, const struct syntax_set *written, struct err *err)
{
    if (!written->name) {
        for (u32 id = 0; engine->options.settings && id < SETTINGS_ID_COUNT; id++) {
            if (!settings_is_live(id)) continue;
            if (settings_reset(engine->options.settings, id, err)) return FAIL;
            changed(engine, id);
        }
        return OK;
    }
    enum settings_id id = find(engine, written->name);
    if (find_fixed(written->name) < countof(fixed)) return OK;
    if (id == SETTINGS_ID_COUNT) return fail_unknown(written->name, err);
    if (settings_reset(engine->options.settings, id, err)) return FAIL;
    changed(engine, id);
    return OK;
}
