#include "engine/exec.h"

#include "base/assert.h"
#include "engine/ddl.h"
#include "engine/engine_internal.h"

struct outcome {
    bool ended;
    enum status status;
    struct err err;
};

static enum status place_error(struct err *err, const char *path, const struct parse_piece *piece);
static enum status declare(struct engine *engine, const struct syntax_statement *statement,
                           bool *exists, struct err *err);
static enum status run_one(struct engine *engine, struct slice text, struct err *err);

/* Of this run alone, so it is said at every start. */
static bool is_setting(const struct syntax_statement *statement)
{
    return statement->kind == SYNTAX_SET || statement->kind == SYNTAX_RESET;
}

enum status exec_file(struct engine *engine, struct slice text, const char *path, struct err *err)
{
    struct arena arena;
    struct parse_result script;
    arena_init(&arena, &engine->mem);
    if (parse_script(text, &engine->runner, &arena, &script, err)) {
        place_error(err, path, &script.failed);
        arena_deinit(&arena);
        return FAIL;
    }
    enum status status = OK;
    bool made_something = false;
    for (u32 index = 0; !status && index < script.count; index++) {
        const struct syntax_statement *statement = script.statements[index];
        bool exists = false;
        status = declare(engine, statement, &exists, err);
        bool runs = ddl_is(statement) ? !exists : is_setting(statement) ? true : made_something;
        if (!status && runs) status = run_one(engine, statement->text, err);
        made_something |= runs && ddl_is(statement);
        if (status) place_error(err, path, &script.pieces[index]);
    }
    arena_deinit(&arena);
    return status;
}

/* The line and column of the error: of the statement, moved on by the position in it. */
static enum status place_error(struct err *err, const char *path, const struct parse_piece *piece)
{
    u32 line = piece->line, column = piece->column;
    for (i32 index = 1; index < err->position && (size_t)index <= piece->text.size; index++) {
        bool newline = piece->text.data[index - 1] == '\n';
        line += newline;
        column = newline ? 1 : column + 1;
    }
    char detail[sizeof err->detail];
    memcpy(detail, err->detail, sizeof detail);
    return err_detail(err, "%s:%u:%u%s%s", path, line, column, detail[0] ? ": " : "", detail);
}

static const struct syntax_relation *declared(const struct syntax_statement *statement)
{
    if (statement->kind == SYNTAX_CREATE_TABLE) return &statement->create_table->relation;
    if (statement->kind == SYNTAX_CREATE_VIEW) return &statement->create_view->relation;
    return NULL;
}

static enum status declare(struct engine *engine, const struct syntax_statement *statement,
                           bool *exists, struct err *err)
{
    const struct syntax_relation *name = declared(statement);
    if (!name) return OK;
    const char *schema = name->schema ? name->schema : "public";
    const struct catalog_relation *found = catalog_find(&engine->catalog, schema, name->name);
    if (!found) return OK;
    *exists = true;
    struct arena arena;
    arena_init(&arena, &engine->mem);
    bool same = strcmp(parse_canonical(statement->text, &arena), found->canonical) == 0;
    arena_deinit(&arena);
    if (same) return OK;
    err_set(err, "42P07", "\"%s\" is defined otherwise in the data directory", name->name);
    err_detail(err, "there: %.200s; here: %.*s", found->definition,
               (int)MIN(statement->text.size, 200u), statement->text.data);
    return err_hint(err, "DROP it by POST /sql first, or start with another --data.");
}

static void on_columns(void *context, const struct schema *schema)
{
    (void)context, (void)schema;
}

static void on_rows(void *context, const struct batch *batch)
{
    (void)context, (void)batch;
}

static void on_end(void *context, const struct err *err)
{
    struct outcome *outcome = context;
    outcome->ended = true;
    outcome->status = err ? FAIL : OK;
    if (err) outcome->err = *err;
}

/* Steps the engine until the statement is over; waits for the disk where there is nothing else to do. */
static enum status run_one(struct engine *engine, struct slice text, struct err *err)
{
    struct outcome outcome = { .ended = false };
    const struct exec_callbacks callbacks = {
        .on_columns = on_columns, .on_rows = on_rows, .on_end = on_end, .context = &outcome
    };
    struct producer *producer = producer_get(engine, SLICE("files"));
    assert(producer);
    struct exec *exec;
    exec_open(engine, producer, text, NULL, true, &callbacks, &exec);
    while (!outcome.ended) {
        if (engine_step(engine) || outcome.ended) continue;
        struct err ignored; /* a failure is seen by the next step */
        if (log_wait(&engine->log, engine->sequence, &ignored)) continue;
    }
    producer_release(producer);
    if (outcome.status) *err = outcome.err;
    return outcome.status;
}
