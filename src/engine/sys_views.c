#include "engine/sys_views.h"

#include "base/assert.h"
#include "engine/hidden.h"
#include "engine/settings.h"
#include "engine/sites.h"
#include "engine/subscriber.h"
#include "log/log.h"

#include <ctype.h>

/* Relations of users have ids from here on, so that a system table more does not move them. */
#define USER_ID_FIRST 1000

/* Rows in the making: cells come column by column, in the order of the table's columns. */
struct sys_rows {
    struct arena *arena;
    const struct schema *schema;
    struct batch **batches;
    u32 batch_count;
    u32 batch_capacity;
    struct batch *batch;
    u32 column;
};

struct sys_view {
    const char *name;
    const char *columns; /* "name type, ..." with type text, bigint or boolean */
    void (*fill)(struct engine *engine, struct sys_rows *rows);
};

static void fill_edges(struct engine *engine, struct sys_rows *rows);
static void fill_views(struct engine *engine, struct sys_rows *rows);
static void fill_operators(struct engine *engine, struct sys_rows *rows);
static void fill_producers(struct engine *engine, struct sys_rows *rows);
static void fill_subscriptions(struct engine *engine, struct sys_rows *rows);
static void fill_log(struct engine *engine, struct sys_rows *rows);
static void fill_errors(struct engine *engine, struct sys_rows *rows);
static void fill_ticks(struct engine *engine, struct sys_rows *rows);
static void fill_settings(struct engine *engine, struct sys_rows *rows);
static void fill_comments(struct engine *engine, struct sys_rows *rows);

/* Sizes are in bytes, times in microseconds, counters count since the process started. */
static const struct sys_view sys_views[] = {
    /* Every bounded queue. rows_in = rows_out + conflated + dropped + expired + queued, always. */
    { "edges",
      "name text, stance text, max_items bigint, max_bytes bigint, queued bigint, "
      "queued_bytes bigint, in_flight bigint, rows_in bigint, rows_out bigint, "
      "conflated bigint, dropped bigint, expired bigint, refused bigint",
      fill_edges },
    /* Tables and views: what they hold, who follows them, how far a filling is. */
    { "views",
      "name text, kind text, status text, rows bigint, bytes bigint, tick bigint, "
      "ready_tick bigint, fill_done bigint, fill_total bigint, subscriptions bigint, "
      "subscriber_bytes bigint, tombstones bigint, definition text",
      fill_views },
    { "operators",
      "id bigint, name text, details text, rows_in bigint, rows_out bigint, busy_us bigint, "
      "bytes bigint, holders bigint",
      fill_operators },
    { "producers",
      "name text, transactions bigint, rejected bigint, rows bigint, queued bigint, "
      "queued_bytes bigint, credit_rows bigint, credit_bytes bigint, delay_us bigint",
      fill_producers },
    { "subscriptions",
      "view text, producer text, tick bigint, lag_ticks bigint, frames bigint, bytes bigint, "
      "conflated bigint, resets bigint, idle boolean",
      fill_subscriptions },
    { "log",
      "epoch text, sync text, records bigint, bytes bigint, groups bigint, syncs bigint, "
      "sync_us_p50 bigint, sync_us_p99 bigint, segments bigint, appended bigint, "
      "durable bigint",
      fill_log },
    /* Rows that could not be computed and are still there. */
    { "errors",
      "view text, operator text, sqlstate text, message text, row text, count bigint, "
      "tick bigint",
      fill_errors },
    { "ticks",
      "tick bigint, ticks bigint, transactions bigint, rejected bigint, rows bigint, "
      "busy_us bigint, last_us bigint, memory_bytes bigint, memory_max bigint",
      fill_ticks },
    /* value is a number in unit where there is one. Those that are live can be changed by SET. */
    { "settings", "name text, value text, unit text, source text, live boolean, description text",
      fill_settings },
    /* COMMENT ON; attribute is a column's name, NULL for the relation itself. */
    { "comments", "relation text, attribute text, comment text", fill_comments },
};

/* --- the catalog --- */

static struct type type_of(struct slice name)
{
    if (slice_is(name, "text")) return TYPE(TEXT);
    if (slice_is(name, "bigint")) return TYPE(INT8);
    if (slice_is(name, "boolean")) return TYPE(BOOL);
    unreachable();
}

static struct schema *make_schema(const char *columns, struct arena *arena)
{
    struct schema *schema = arena_new(arena, struct schema);
    schema->columns = arena_array(arena, struct schema_column, 32);
    while (*columns) {
        const char *blank = strchr(columns, ' '), *comma = strchr(blank, ',');
        size_t type_size = comma ? (size_t)(comma - blank - 1) : strlen(blank + 1);
        struct schema_column *column = &schema->columns[schema->column_count++];
        column->name = arena_string(arena, columns, (size_t)(blank - columns));
        column->type = type_of(slice_make(blank + 1, type_size));
        columns = comma ? comma + 2 : blank + 1 + type_size;
    }
    return schema;
}

void sys_views_register(struct engine *engine)
{
    for (u32 index = 0; index < countof(sys_views); index++) {
        const struct sys_view *view = &sys_views[index];
        struct catalog_relation *relation =
            catalog_relation_new(&engine->catalog, CATALOG_SYSTEM_TABLE, "weir", view->name);
        struct err err;
        relation->row = make_schema(view->columns, &relation->arena);
        enum status status = catalog_add(&engine->catalog, relation, &err);
        assert(status == OK);
        status = relation_open(engine, relation, &err);
        assert(status == OK);
    }
    engine->catalog.id_next = USER_ID_FIRST;
}

enum status sys_views_rows(struct engine *engine, const struct catalog_relation *relation,
                           struct arena *arena, struct batch *const **batches, u32 *batch_count,
                           struct err *err)
{
    for (u32 index = 0; index < countof(sys_views); index++) {
        if (strcmp(sys_views[index].name, relation->name) != 0) continue;
        struct sys_rows rows = { .arena = arena, .schema = relation->row };
        sys_views[index].fill(engine, &rows);
        *batches = rows.batches;
        *batch_count = rows.batch_count;
        return OK;
    }
    return err_set(err, "42P01", "relation \"weir.%s\" does not exist", relation->name);
}

/* --- rows --- */

static void begin_row(struct sys_rows *rows)
{
    if (!rows->batch || rows->batch->row_count == BATCH_ROW_COUNT_MAX) {
        if (rows->batch_count == rows->batch_capacity) {
            u32 capacity = MAX(rows->batch_capacity * 2, 8u);
            struct batch **wider = arena_array(rows->arena, struct batch *, capacity);
            if (rows->batch_count > 0)
                memcpy(wider, rows->batches, rows->batch_count * sizeof *wider);
            rows->batches = wider;
            rows->batch_capacity = capacity;
        }
        rows->batch = batch_make_for(rows->arena, rows->schema, BATCH_ROW_COUNT_MAX);
        rows->batches[rows->batch_count++] = rows->batch;
    }
    rows->batch->weights[rows->batch->row_count] = 1;
    rows->column = 0;
}

static void end_row(struct sys_rows *rows)
{
    assert(rows->column == rows->schema->column_count);
    rows->batch->row_count++;
}

static struct column *next_cell(struct sys_rows *rows, enum type_id type)
{
    struct column *column = &rows->batch->columns[rows->column++];
    assert(column->type.id == type);
    return column;
}

static void put_int(struct sys_rows *rows, u64 value)
{
    ((i64 *)next_cell(rows, TYPE_INT8)->data)[rows->batch->row_count] = (i64)value;
}

static void put_bool(struct sys_rows *rows, bool value)
{
    ((u8 *)next_cell(rows, TYPE_BOOL)->data)[rows->batch->row_count] = value;
}

static void put_text(struct sys_rows *rows, const char *text)
{
    struct column *column = next_cell(rows, TYPE_TEXT);
    u32 row = rows->batch->row_count;
    if (!text) {
        column_need_nulls(column, rows->arena, BATCH_ROW_COUNT_MAX);
        memset((struct str *)column->data + row, 0, sizeof(struct str));
        column->nulls[row] = 1;
        return;
    }
    size_t size = strlen(text);
    ((struct str *)column->data)[row] = str_make(arena_string(rows->arena, text, size), size);
}

/* --- what there is to see --- */

static void fill_edges(struct engine *engine, struct sys_rows *rows)
{
    list_each(&engine->producers.all, link)
    {
        const struct producer *producer = container_of(link, struct producer, link);
        const struct edge *edge = &producer->edge;
        begin_row(rows);
        put_text(rows, arena_format(rows->arena, "producer %s", producer->name));
        put_text(rows, "block");
        put_int(rows, edge->options.row_count_max);
        put_int(rows, edge->options.size_max);
        put_int(rows, edge->queued_rows);
        put_int(rows, edge->queued_size);
        put_int(rows, edge->flight_rows);
        put_int(rows, edge->rows_in);
        put_int(rows, edge->rows_out);
        put_int(rows, edge->rows_conflated);
        put_int(rows, edge->rows_dropped);
        put_int(rows, edge->rows_expired);
        put_int(rows, edge->refused);
        end_row(rows);
    }
}

static const char *status_name(enum relation_state state)
{
    switch (state) {
    case RELATION_FILLING: return "filling";
    case RELATION_READY: return "ready";
    case RELATION_SUSPENDED: return "suspended: memory";
    }
    unreachable();
}

static u64 bytes_of(const struct relation *relation)
{
    if (relation->table) return relation->table->mem.used;
    u64 size = 0;
    for (u32 index = 0; relation->build && index < build_op_count(relation->build); index++)
        size += build_op(relation->build, index)->mem.used;
    return size;
}

static void fill_view(const struct relation *relation, const char *kind, struct sys_rows *rows)
{
    u64 done = 0, total = 0;
    if (relation->state == RELATION_FILLING && relation->build)
        build_progress(relation->build, &done, &total);
    const struct view *view = relation->view;
    begin_row(rows);
    put_text(rows, relation->name);
    put_text(rows, kind);
    put_text(rows, status_name(relation->state));
    put_int(rows, view ? rows_count(view->rows) : 0);
    put_int(rows, bytes_of(relation));
    put_int(rows, view ? view->tick : 0);
    put_int(rows, relation->ready_tick);
    put_int(rows, done);
    put_int(rows, total);
    put_int(rows, view ? view->subscription_count : 0);
    put_int(rows, view ? view_size(view) : 0);
    put_int(rows, view ? view_tombstone_count(view) : 0);
    put_text(rows, relation->catalog->definition);
    end_row(rows);
}

static void fill_views(struct engine *engine, struct sys_rows *rows)
{
    catalog_each(&engine->catalog, catalog)
    {
        if (catalog->kind != CATALOG_SYSTEM_TABLE && catalog->live)
            fill_view(catalog->live, catalog_kind_name(catalog->kind), rows);
    }
    list_each(&engine->hidden, link) fill_view(hidden_of(link)->relation, "hidden view", rows);
}

static void fill_operators(struct engine *engine, struct sys_rows *rows)
{
    const struct graph *graph = &engine->graph;
    for (u32 rank = 0; rank < graph->op_count; rank++) {
        const struct op *op = graph->ops[rank];
        if (!op) continue;
        struct buf details;
        buf_init(&details, &engine->mem);
        if (op->class->explain) op->class->explain(op, &details);
        begin_row(rows);
        put_int(rows, op->id);
        put_text(rows, op->class->name);
        put_text(rows, arena_string(rows->arena, details.data, details.size));
        put_int(rows, op->rows_in);
        put_int(rows, op->rows_out);
        put_int(rows, (u64)op->busy_ns / 1000);
        put_int(rows, op->mem.used);
        put_int(rows, op->holders);
        end_row(rows);
        buf_deinit(&details);
    }
}

static void fill_producers(struct engine *engine, struct sys_rows *rows)
{
    list_each(&engine->producers.all, link)
    {
        const struct producer *producer = container_of(link, struct producer, link);
        begin_row(rows);
        put_text(rows, producer->name);
        put_int(rows, producer->accepted);
        put_int(rows, producer->rejected);
        put_int(rows, producer->edge.rows_in);
        put_int(rows, producer->edge.queued_rows);
        put_int(rows, producer->edge.queued_size);
        put_int(rows, edge_free_rows(&producer->edge));
        put_int(rows, edge_free_size(&producer->edge));
        put_int(rows, (u64)engine->producers.delay_us);
        end_row(rows);
    }
}

static void fill_subscriptions(struct engine *engine, struct sys_rows *rows)
{
    list_each(&engine->subscriptions, link)
    {
        const struct subscriber *subscriber = container_of(link, struct subscriber, link);
        const struct subscription *inner = &subscriber->inner;
        if (inner->ended) continue;
        begin_row(rows);
        put_text(rows, subscriber->hidden ? subscriber->hidden->catalog->name : inner->view->name);
        put_text(rows, subscriber->producer);
        put_int(rows, inner->cursor.tick);
        put_int(rows, subscription_lag(inner, engine->tick));
        put_int(rows, inner->frames_sent);
        put_int(rows, inner->bytes_sent);
        put_int(rows, inner->conflated);
        put_int(rows, inner->resets);
        put_bool(rows, inner->idle);
        end_row(rows);
    }
}

static void fill_log(struct engine *engine, struct sys_rows *rows)
{
    static const char *const modes[] = { [ENGINE_SYNC_ALWAYS] = "always",
                                         [ENGINE_SYNC_INTERVAL] = "interval",
                                         [ENGINE_SYNC_NEVER] = "never" };
    struct log_stats stats;
    log_stats(&engine->log, &stats);
    begin_row(rows);
    put_text(rows, arena_format(rows->arena, "%x", engine->log.epoch));
    put_text(rows, engine->options.data_dir ? modes[engine->options.sync] : "none");
    put_int(rows, stats.record_count);
    put_int(rows, stats.size);
    put_int(rows, stats.group_count);
    put_int(rows, stats.sync_count);
    put_int(rows, (u64)histogram_percentile(&stats.sync_us, 50));
    put_int(rows, (u64)histogram_percentile(&stats.sync_us, 99));
    put_int(rows, stats.segment_count);
    put_int(rows, stats.sequence_appended);
    put_int(rows, stats.sequence_durable);
    end_row(rows);
}

static void put_error(const struct error_entry *entry, const char *view, struct sys_rows *rows)
{
    begin_row(rows);
    put_text(rows, view);
    put_text(rows, entry->op->class->name);
    put_text(rows, entry->sqlstate);
    put_text(rows, entry->message);
    put_text(rows, entry->row);
    put_int(rows, (u64)entry->weight);
    put_int(rows, entry->tick);
    end_row(rows);
}

static void put_errors_of(const struct relation *relation, struct sys_rows *rows)
{
    const struct errors *errors = &relation->engine->errors;
    const struct op *root = build_root(relation->build), *last = NULL;
    const struct sites_border border = sites_border(&relation->catalog->uses, rows->arena);
    bool concerns = false; /* last */
    for (const struct error_entry *entry = errors->first; entry; entry = entry->next) {
        if (entry->op != last) concerns = sites_reach(root, &border, entry->op);
        last = entry->op;
        if (concerns) put_error(entry, relation->name, rows);
    }
}

/* Once for each view that lacks the row; those of a query that runs concern nobody else. */
static void fill_errors(struct engine *engine, struct sys_rows *rows)
{
    catalog_each(&engine->catalog, catalog)
    {
        const struct relation *relation = catalog->live;
        if (relation && relation->build) put_errors_of(relation, rows);
    }
    list_each(&engine->hidden, link)
    {
        const struct relation *relation = hidden_of(link)->relation;
        if (relation->build) put_errors_of(relation, rows);
    }
}

static void fill_ticks(struct engine *engine, struct sys_rows *rows)
{
    begin_row(rows);
    put_int(rows, engine->tick);
    put_int(rows, engine->tick_count);
    put_int(rows, engine->txn_count);
    put_int(rows, engine->txn_rejected);
    put_int(rows, engine->rows_ingested);
    put_int(rows, (u64)engine->tick_us_total);
    put_int(rows, (u64)engine->tick_us_last);
    put_int(rows, engine->mem.used);
    put_int(rows, engine->options.memory_max);
    end_row(rows);
}

static const char *lower(struct arena *arena, const char *name)
{
    size_t size = strlen(name);
    char *text = arena_string(arena, name, size);
    for (size_t index = 0; index < size; index++)
        text[index] = (char)tolower(text[index]);
    return text;
}

static void fill_settings(struct engine *engine, struct sys_rows *rows)
{
    const struct settings *settings = engine->options.settings;
    for (u32 id = 0; settings && id < SETTINGS_ID_COUNT; id++) {
        const struct settings_value *value = settings_get(settings, id);
        const char *unit = settings_unit(id);
        struct buf text;
        buf_init(&text, &engine->mem);
        settings_write(settings, id, &text);
        begin_row(rows);
        put_text(rows, lower(rows->arena, settings_name(id)));
        put_text(rows, unit ? arena_format(rows->arena, "%llu", (unsigned long long)value->number)
                            : arena_string(rows->arena, text.size ? text.data : "", text.size));
        put_text(rows, unit);
        put_text(rows, settings_source_name(value->source));
        put_bool(rows, settings_is_live(id));
        put_text(rows, settings_meaning(id));
        end_row(rows);
        buf_deinit(&text);
    }
}

static void fill_comment(const char *relation, const char *column, const char *comment,
                         struct sys_rows *rows)
{
    if (!comment) return;
    begin_row(rows);
    put_text(rows, relation);
    put_text(rows, column);
    put_text(rows, comment);
    end_row(rows);
}

static void fill_comments(struct engine *engine, struct sys_rows *rows)
{
    catalog_each(&engine->catalog, catalog)
    {
        const char *name = catalog_shown_name(catalog, rows->arena);
        fill_comment(name, NULL, catalog->comment, rows);
        for (u32 column = 0; catalog->column_comments && column < catalog->row->column_count;
             column++)
            fill_comment(name, catalog->row->columns[column].name, catalog->column_comments[column],
                         rows);
    }
}
