#include "tests/sql/db.h"

#include <stdio.h>
#include <stdlib.h>

#include "data/value.h"
#include "engine/producer.h"
#include "os/clock.h"

static void on_wake(void *context)
{
    (void)context;
}

static void on_note(void *context, const char *line)
{
    (void)context;
    if (getenv("WEIR_NOTES")) fprintf(stderr, "note: %s\n", line);
}

static void engine_start(struct db *db)
{
    const struct engine_options options = {
        .data_dir = db->dir,
        .sync = ENGINE_SYNC_NEVER,
        .memory_max = GIB(1),
        .resume_window_us = 60000000,
        .tick_size_max = MIB(4),
        .tick_cost_us = 2000,
        .producer_size_max = MIB(64),
        .producer_row_count_max = 1000000,
        .producer_count_max = 16,
        .takes_sources = true,
        .on_wake = on_wake,
        .on_note = on_note,
    };
    struct err err;
    if (engine_open(&db->engine, &options, &err)) {
        fprintf(stderr, "engine_open: %s %s\n", err.sqlstate, err.message);
        exit(1);
    }
    db->producer = producer_get(db->engine, SLICE("test"));
}

static void engine_stop(struct db *db)
{
    producer_release(db->producer);
    while (!engine_drain(db->engine))
        engine_step(db->engine);
    engine_close(db->engine);
    db->engine = NULL;
}

void db_open(struct db *db, const char *dir)
{
    *db = (struct db){ .dir = dir };
    mem_init(&db->mem, "db", NULL, 0);
    arena_init(&db->arena, &db->mem);
    engine_start(db);
}

void db_close(struct db *db)
{
    engine_stop(db);
    arena_deinit(&db->arena);
    mem_deinit(&db->mem);
}

void db_restart(struct db *db)
{
    engine_stop(db);
    engine_start(db);
}

/* ---- Answers ---- */

static void on_columns(void *context, const struct schema *schema)
{
    struct db *db = context;
    arena_reset(&db->arena);
    db->rows = (struct db_rows){ .column_count = schema->column_count };
    db->cell_capacity = 0;
    db->rows.names = arena_array(&db->arena, const char *, schema->column_count);
    for (u32 c = 0; c < schema->column_count; c++)
        db->rows.names[c] =
            arena_string(&db->arena, schema->columns[c].name, strlen(schema->columns[c].name));
}

static const char *cell_text(struct db *db, const struct column *column, u32 row)
{
    if (column_is_null(column, row)) return DB_CELL_NULL;
    struct value value = value_get(column, row);
    struct buf buf;
    buf_init(&buf, &db->mem);
    value_print(&value, &buf);
    const char *text = buf.size ? arena_string(&db->arena, buf.data, buf.size) : DB_CELL_EMPTY;
    buf_deinit(&buf);
    return text;
}

static void add_row(struct db *db, const struct batch *batch, u32 row)
{
    u32 width = db->rows.column_count, count = db->rows.row_count;
    if (count == db->cell_capacity) {
        u32 capacity = MAX(64, count * 2);
        const char **cells = arena_array(&db->arena, const char *, (size_t)capacity *width);
        if (count) memcpy(cells, db->rows.cells, (size_t)count * width * sizeof *cells);
        db->rows.cells = cells;
        db->cell_capacity = capacity;
    }
    for (u32 c = 0; c < width; c++)
        db->rows.cells[(size_t)count * width + c] = cell_text(db, &batch->columns[c], row);
    db->rows.row_count++;
}

static void on_rows(void *context, const struct batch *batch)
{
    struct db *db = context;
    for (u32 r = 0; r < batch->row_count; r++)
        add_row(db, batch, r);
}

static void on_complete(void *context, const char *tag, u64 tick)
{
    struct db *db = context;
    (void)tick;
    snprintf(db->tag, sizeof db->tag, "%s", tag);
}

static void on_end(void *context, const struct err *err)
{
    struct db *db = context;
    db->is_ended = true;
    db->has_failed = err != NULL;
    if (err) db->err = *err;
}

enum status db_run(struct db *db, struct slice sql)
{
    const struct exec_callbacks callbacks = {
        .on_columns = on_columns,
        .on_rows = on_rows,
        .on_complete = on_complete,
        .on_end = on_end,
        .context = db,
    };
    struct exec *exec;
    db->is_ended = false;
    db->rows = (struct db_rows){ 0 };
    exec_open(db->engine, db->producer, sql, EXEC_SCRIPT, &callbacks, &exec);
    while (!db->is_ended)
        engine_step(db->engine);
    return db->has_failed ? FAIL : OK;
}
