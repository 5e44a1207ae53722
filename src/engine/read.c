#include "engine/read.h"

#include "base/assert.h"
#include "engine/reader.h"
#include "engine/sys_views.h"
#include "plan/bind.h"

/* A longer key is found by its expression. */
#define KEY_COLUMN_COUNT_MAX 8

struct read {
    struct engine *engine;
    struct arena arena;
    struct relation *relation;
    struct schema *schema;
    struct reader *reader;
    struct batch out; /* what was asked for of the reader's rows */
    u64 tick;
    u64 version;
    u64 count;
    bool counts;
    bool pinned;
};

static enum status bind_read(struct read *read, const struct read_options *options,
                             struct reader_options *reading, struct err *err);
static enum status refuse_plain_view(const struct read *read, struct err *err);

enum status read_open(struct engine *engine, const struct read_options *options, struct read **out,
                      struct err *err)
{
    struct read *read = mem_zalloc(&engine->mem, sizeof *read);
    struct reader_options reading = { .limit = options->limit,
                                      .offset = options->offset,
                                      .counts = options->count };
    read->engine = engine;
    read->tick = engine->tick;
    read->count = UINT64_MAX;
    read->counts = options->count;
    arena_init(&read->arena, &engine->mem);
    enum status status = relation_find(engine, options->relation, &read->relation, err);
    if (!status && read->relation->catalog->kind == CATALOG_VIEW)
        status = refuse_plain_view(read, err);
    if (!status) status = bind_read(read, options, &reading, err);
    struct view *view = status ? NULL : read->relation->view;
    if (view) {
        reading.op = view->root;
        reading.view = view;
        read->version = view->version ^ ((u64)read->relation->catalog->id << 40);
    } else if (!status) {
        status = sys_views_rows(engine, read->relation->catalog, &read->arena, &reading.batches,
                                &reading.batch_count, err);
        read->version = engine->tick;
    }
    if (status) {
        read_close(read);
        return FAIL;
    }
    read->reader = reader_open(engine, &reading);
    *out = read;
    return OK;
}

void read_close(struct read *read)
{
    struct engine *engine = read->engine;
    if (read->reader) reader_close(read->reader);
    arena_deinit(&read->arena);
    mem_free(&engine->mem, read, sizeof *read);
}

u64 read_tick(const struct read *read)
{
    return read->tick;
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
    return read->count;
}

enum read_result read_next(struct read *read, const struct batch **out, struct err *err)
{
    const struct batch *rows;
    enum reader_result result = reader_next(read->reader, &rows, err);
    if (!read->pinned && (result == READER_ROWS || result == READER_MORE)) {
        reader_pin(read->reader);
        read->pinned = true;
    }
    switch (result) {
    case READER_ROWS:
        read->out = *rows;
        read->out.column_count = read->schema->column_count;
        *out = &read->out;
        return READ_ROWS;
    case READER_MORE: return READ_MORE;
    case READER_END:
        if (read->counts) read->count = reader_count(read->reader);
        return READ_END;
    case READER_FAIL: return READ_FAIL;
    }
    unreachable();
}

/* A view that is only a name has no rows of its own to look up. */
static enum status refuse_plain_view(const struct read *read, struct err *err)
{
    err_set(err, "0A000", "\"%s\" is a plain view: a name for its query, with no rows to look up",
            read->relation->name);
    return err_hint(err, "Make it a MATERIALIZED VIEW, or read it by SELECT.");
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
