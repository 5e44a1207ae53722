#include "engine/read.h"

#include "base/assert.h"
#include "base/hash.h"
#include "engine/query.h"
#include "plan/bind.h"

/* A longer key is found by its expression. */
#define KEY_COLUMN_COUNT_MAX 8

struct read {
    struct engine *engine;
    struct arena arena;
    struct relation *relation;
    struct schema *schema;
    struct query *query;
    struct batch out; /* what was asked for of the query's rows */
    u64 version;      /* 0: not known */
};

static enum status open_stored(struct read *read, const struct read_options *options,
                               struct err *err);
static enum status open_plain_view(struct read *read, const struct read_options *options,
                                   struct err *err);

enum status read_open(struct engine *engine, const struct read_options *options, struct read **out,
                      struct err *err)
{
    struct read *read = mem_zalloc(&engine->mem, sizeof *read);
    read->engine = engine;
    arena_init(&read->arena, &engine->mem);
    enum status status = relation_find(engine, options->relation, &read->relation, err);
    if (!status)
        status = read->relation->catalog->kind == CATALOG_VIEW ? open_plain_view(read, options, err)
                                                               : open_stored(read, options, err);
    if (status) {
        read_close(read);
        return FAIL;
    }
    *out = read;
    return OK;
}

void read_close(struct read *read)
{
    struct engine *engine = read->engine;
    if (read->query) query_close(read->query);
    arena_deinit(&read->arena);
    mem_free(&engine->mem, read, sizeof *read);
}

enum status read_relation_schema(struct engine *engine, struct slice name,
                                 const struct schema **out, struct err *err)
{
    struct relation *relation;
    if (relation_find(engine, name, &relation, err)) return FAIL;
    *out = relation->catalog->row;
    return OK;
}

u64 read_tick(const struct read *read)
{
    return query_is_begun(read->query) ? query_tick(read->query) : read->engine->tick;
}

bool read_has_version(const struct read *read)
{
    return read->version != 0;
}

u64 read_version(const struct read *read)
{
    return read->version;
}

const struct schema *read_schema(const struct read *read)
{
    return read->schema;
}

u64 read_count(const struct read *read)
{
    return query_count(read->query);
}

enum read_result read_next(struct read *read, const struct batch **out, struct err *err)
{
    const struct batch *rows;
    switch (query_next(read->query, &rows, err)) {
    case READER_ROWS:
        read->out = *rows;
        read->out.column_count = read->schema->column_count;
        *out = &read->out;
        return READ_ROWS;
    case READER_MORE: return READ_MORE;
    case READER_END: return READ_END;
    case READER_FAIL: return READ_FAIL;
    }
    unreachable();
}

/* All columns in no order: nothing is to be computed. */
static void take_all_columns(struct read *read, struct reader_options *reading)
{
    read->schema = schema_copy(read->relation->catalog->row, &read->arena);
    reading->column_count = reading->expr_count = read->schema->column_count;
}

static enum status bind_columns(struct read *read, const struct read_options *options,
                                struct reader_options *reading, struct err *err)
{
    const struct schema *schema = read->relation->catalog->row;
    u32 count = options->column_count ? options->column_count : schema->column_count;
    struct expr **exprs = arena_array(&read->arena, struct expr *, count + options->order_count);
    struct schema *out = arena_new(&read->arena, struct schema);
    out->columns = arena_array(&read->arena, struct schema_column, count);
    out->column_count = count;
    for (u32 index = 0; index < count; index++) {
        struct read_column all = { .name = { .size = 0 } };
        if (!options->column_count) all.name = slice_of(schema->columns[index].name);
        const struct read_column *asked = options->column_count ? &options->columns[index] : &all;
        if (bind_column(&read->arena, schema, asked->name, asked->cast, &exprs[index], err))
            return FAIL;
        struct slice name = asked->rename.size > 0 ? asked->rename : asked->name;
        out->columns[index] =
            (struct schema_column){ .name = arena_string(&read->arena, name.data, name.size),
                                    .type = exprs[index]->type };
    }
    struct logical_order *orders =
        arena_array(&read->arena, struct logical_order, options->order_count);
    for (u32 index = 0; index < options->order_count; index++) {
        const struct read_order *order = &options->order[index];
        if (bind_column(&read->arena, schema, order->column, SLICE(""), &exprs[count + index], err))
            return FAIL;
        orders[index] = (struct logical_order){ .column = count + index,
                                                .descending = order->descending,
                                                .nulls_first = order->nulls_first };
    }
    read->schema = out;
    reading->exprs = exprs;
    reading->expr_count = count + options->order_count;
    reading->column_count = count;
    reading->orders = orders;
    reading->order_count = options->order_count;
    return OK;
}

/* What is written as text in one way only is compared as the value that the text means. */
static bool is_plain(struct type type)
{
    return type_is_integer(type) || type.id == TYPE_UUID || type.id == TYPE_TEXT;
}

/* A condition that names the key of the relation's rows, as most do, needs no expression. */
static bool bind_key(struct read *read, const struct read_options *options,
                     struct reader_options *reading)
{
    const struct schema *schema = read->relation->catalog->row;
    const struct op *op = read->relation->view ? read->relation->view->root : NULL;
    u32 columns[KEY_COLUMN_COUNT_MAX];
    struct column values[KEY_COLUMN_COUNT_MAX];
    if (!op || !op->index || op->index_key_count == 0) return false;
    if (op->index_key_count > KEY_COLUMN_COUNT_MAX) return false;
    u32 count = condition_equalities(options->condition, schema, &read->arena, columns, values,
                                     KEY_COLUMN_COUNT_MAX);
    if (count != op->index_key_count) return false;
    struct column *keys = arena_array(&read->arena, struct column, count);
    for (u32 index = 0; index < count; index++) {
        u32 at = 0;
        while (at < count && columns[at] != op->index_key[index])
            at++;
        if (at == count || !is_plain(values[at].type)) return false;
        keys[index] = values[at];
    }
    reading->keys = keys;
    return true;
}

static enum status bind_read(struct read *read, const struct read_options *options,
                             struct reader_options *reading, struct err *err)
{
    if (options->column_count == 0 && options->order_count == 0)
        take_all_columns(read, reading);
    else if (bind_columns(read, options, reading, err))
        return FAIL;
    if (!options->condition || bind_key(read, options, reading)) return OK;
    return condition_bind(options->condition, read->relation->catalog->row, &read->arena,
                          &reading->filter, err);
}

/* A table, a kept view, a table of schema weir: its rows are there, and nothing has to be planned. */
static enum status open_stored(struct read *read, const struct read_options *options,
                               struct err *err)
{
    struct reader_options reading = { .limit = options->limit, .offset = options->offset };
    const struct view *view = read->relation->view;
    if (bind_read(read, options, &reading, err)) return FAIL;
    if (view) read->version = view->version ^ ((u64)read->relation->catalog->id << 40);
    return query_open_stored(read->engine, read->relation, &reading, options->count, &read->query,
                             err);
}

/* --- plain views --- */

/* Changes when something below does; 0 where that cannot be told. */
static u64 version_of(const struct catalog_relation *view, const struct bind_query *bound)
{
    u64 version = view->id;
    for (u32 index = 0; index < bound->uses.count; index++) {
        const struct catalog_relation *used = bound->uses.items[index];
        if (used->kind == CATALOG_VIEW) continue;
        const struct relation *relation = relation_of(used);
        if (!relation->view) return 0;
        version = hash_mix(hash_mix(version, used->id), relation->view->version);
    }
    return version | 1;
}

/* What is read of the view's rows, as a projection of its query. */
static void project(struct read *read, const struct reader_options *reading,
                    struct bind_query *query)
{
    struct arena *arena = &read->arena;
    const char **names = arena_array(arena, const char *, reading->expr_count);
    for (u32 index = 0; index < reading->expr_count; index++)
        names[index] = index < reading->column_count ? read->schema->columns[index].name : "";
    struct expr **exprs = arena_copy(arena, reading->exprs, reading->expr_count * sizeof *exprs);
    query->root = logical_project(arena, query->root, exprs, names, reading->expr_count);
}

/* SELECT … FROM view WHERE …, once. */
static enum status open_plain_view(struct read *read, const struct read_options *options,
                                   struct err *err)
{
    struct engine *engine = read->engine;
    struct reader_options reading = { .filter = NULL };
    struct bind_query query;
    const struct bind_options binding = { .catalog = &engine->catalog,
                                          .arena = &read->arena,
                                          .has_now = true,
                                          .now = engine_now(engine) };
    if (bind_read(read, options, &reading, err)) return FAIL;
    if (bind_relation(&binding, read->relation->catalog, false, &query, err)) return FAIL;
    read->version = version_of(read->relation->catalog, &query);
    if (reading.filter) {
        struct expr **items = arena_copy(&read->arena, &reading.filter, sizeof *items);
        query.root = logical_filter(&read->arena, query.root, items, 1);
    }
    if (reading.exprs) project(read, &reading, &query);
    query.column_count = reading.column_count;
    query.orders =
        arena_copy(&read->arena, reading.orders, reading.order_count * sizeof *query.orders);
    query.order_count = reading.order_count;
    query.limit = options->limit;
    query.offset = options->offset;
    return query_open_bound(engine, &query, options->count, &read->query, err);
}
