#include "engine/exec.h"

#include "base/assert.h"
#include "engine/ddl.h"
#include "engine/engine_internal.h"
#include "plan/hint.h"

#include <stdio.h>

struct outcome {
    bool ended;
    enum status status;
    struct err err;
};

static enum status place_error(struct err *err, const char *path, const struct parse_piece *piece);
static struct parse_piece take_block(const struct parse_result *script, u32 *index);
static enum status declare(struct engine *engine, const struct syntax_statement *statement,
                           bool *exists, struct err *err);
static enum status fail_other(const struct syntax_statement *statement,
                              const struct catalog_relation *found, struct err *err);
static enum status run_one(struct engine *engine, struct slice text, struct err *err);

/* Of this run alone, so it is said at every start. */
static bool is_setting(const struct syntax_statement *statement)
{
    return statement->kind == SYNTAX_SET || statement->kind == SYNTAX_RESET;
}

struct declared_file {
    struct engine *engine;
    const char *path;
    bool made_something;
    u32 skipped; /* statements that change rows */
};

/* What stands alone is said to, also when it would not be run. */
static bool has_ddl(const struct parse_result *script, u32 first, u32 last)
{
    for (u32 index = first; index <= last; index++)
        if (ddl_is(script->statements[index])) return true;
    return false;
}

static enum status run_statement(struct declared_file *file, const struct parse_result *script,
                                 u32 *index, struct err *err)
{
    const struct syntax_statement *statement = script->statements[*index];
    const u32 first = *index;
    const struct parse_piece piece = take_block(script, index);
    bool exists = false;
    enum status status = declare(file->engine, statement, &exists, err);
    bool is_new = has_ddl(script, first, *index) ? !exists : file->made_something;
    bool runs = is_new || is_setting(statement);
    bool changes = statement->kind == SYNTAX_INSERT || statement->kind == SYNTAX_UPDATE ||
                   statement->kind == SYNTAX_DELETE || statement->kind == SYNTAX_TRANSACTION;
    file->skipped += !runs && changes;
    if (!status && runs) status = run_one(file->engine, piece.text, err);
    bool makes =
        ddl_is(statement) && statement->kind != SYNTAX_DROP && statement->kind != SYNTAX_COMMENT;
    file->made_something |= runs && makes;
    return status ? place_error(err, file->path, &piece) : OK;
}

enum status exec_file(struct engine *engine, struct slice text, const char *path, struct err *err)
{
    struct declared_file file = { .engine = engine, .path = path };
    struct arena arena;
    struct parse_result script;
    bool has_mark = text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0;
    if (has_mark) text = slice_make(text.data + 3, text.size - 3);
    arena_init(&arena, &engine->mem);
    enum status status = parse_script(text, &engine->runner, &arena, &script, err);
    if (status) {
        hint_add(&engine->catalog, script.failed.text, err);
        place_error(err, path, &script.failed);
    }
    for (u32 index = 0; !status && index < script.count; index++)
        status = run_statement(&file, &script, &index, err);
    if (!status && file.skipped > 0)
        engine_note(engine,
                    "%s: not run, because the file made nothing new: %u statement%s that "
                    "change%s rows",
                    path, file.skipped, file.skipped == 1 ? "" : "s", file.skipped == 1 ? "s" : "");
    arena_deinit(&arena);
    return status;
}

/* From BEGIN to its COMMIT or ROLLBACK, which run together; else the statement alone. */
static struct parse_piece take_block(const struct parse_result *script, u32 *index)
{
    struct parse_piece piece = script->pieces[*index];
    const struct syntax_statement *first = script->statements[*index];
    if (first->kind != SYNTAX_TRANSACTION || first->transaction->kind != SYNTAX_BEGIN) return piece;
    u32 last = *index;
    do {
        last++;
    } while (last < script->count && script->statements[last]->kind != SYNTAX_TRANSACTION);
    *index = MIN(last, script->count - 1);
    const struct slice end = script->pieces[*index].text;
    piece.text.size = (size_t)(end.data + end.size - piece.text.data);
    return piece;
}

/* "schema.sql:3:8: syntax error …" */
static enum status place_error(struct err *err, const char *path, const struct parse_piece *piece)
{
    u32 line, column;
    char message[sizeof err->message];
    memcpy(message, err->message, sizeof message);
    parse_locate(piece, err->position, &line, &column);
    snprintf(err->message, sizeof err->message, "%s:%u:%u: %.*s", path, line, column,
             (int)(sizeof message - 1 - MIN(strlen(path) + 24, sizeof message - 1)), message);
    err->position = 0;
    return FAIL;
}

static const struct catalog_relation *find_named(const struct engine *engine, const char *schema,
                                                 const char *name)
{
    return catalog_find(&engine->catalog, schema ? schema : "public", name);
}

/* An index without a name is known by its definition. */
static const struct catalog_relation *find_index(const struct engine *engine, const char *canonical)
{
    catalog_each(&engine->catalog, relation)
    {
        if (relation->kind == CATALOG_INDEX && strcmp(relation->canonical, canonical) == 0)
            return relation;
    }
    return NULL;
}

/* What the statement would make, as it is there already; or NULL. */
static const struct catalog_relation *find_declared(const struct engine *engine,
                                                    const struct syntax_statement *statement,
                                                    const char *canonical)
{
    const struct syntax_relation *name = NULL;
    if (statement->kind == SYNTAX_CREATE_TABLE) name = &statement->create_table->relation;
    if (statement->kind == SYNTAX_CREATE_VIEW) name = &statement->create_view->relation;
    if (name) return find_named(engine, name->schema, name->name);
    if (statement->kind != SYNTAX_CREATE_INDEX) return NULL;
    const struct syntax_create_index *index = statement->create_index;
    return index->name ? find_named(engine, index->relation.schema, index->name)
                       : find_index(engine, canonical);
}

static const char *before(const struct slice *excerpt)
{
    return excerpt->size > 0 ? "… " : "its end";
}

/* Does it say already what the statement would? */
static bool is_commented(const struct engine *engine, const struct syntax_comment *comment)
{
    struct catalog_relation *found;
    struct err err;
    i32 column;
    if (catalog_find_commented(&engine->catalog, comment, &found, &column, &err)) return false;
    const char *there = column < 0               ? found->comment
                        : found->column_comments ? found->column_comments[column]
                                                 : NULL;
    return there && comment->text ? strcmp(there, comment->text) == 0 : there == comment->text;
}

static enum status declare(struct engine *engine, const struct syntax_statement *statement,
                           bool *exists, struct err *err)
{
    struct arena arena;
    if (statement->kind == SYNTAX_COMMENT) {
        *exists = is_commented(engine, statement->comment);
        return OK;
    }
    arena_init(&arena, &engine->mem);
    const char *canonical = parse_canonical(statement->text, &arena);
    const struct catalog_relation *found = find_declared(engine, statement, canonical);
    bool same = found && ddl_is_same(canonical, found->canonical);
    bool replaces =
        statement->kind == SYNTAX_CREATE_VIEW && statement->create_view->is_replace && !same;
    arena_deinit(&arena);
    *exists = found && !replaces;
    if (!found || same || replaces) return OK;
    return fail_other(statement, found, err);
}

static enum status fail_other(const struct syntax_statement *statement,
                              const struct catalog_relation *found, struct err *err)
{
    struct parse_difference difference;
    bool differs = parse_differ(slice_of(found->definition), statement->text, &difference);
    assert(differs);
    err_set(err, "42P07", "\"%s\" is defined otherwise in the data directory", found->name);
    err_detail(err, "there: %s%.*s; here: %s%.*s", before(&difference.known),
               (int)MIN(difference.known.size, 200u), difference.known.data,
               before(&difference.given), (int)MIN(difference.given.size, 200u),
               difference.given.data);
    err->position = syntax_position(statement->text, (i32)difference.given_offset);
    if (found->kind == CATALOG_TABLE || found->kind == CATALOG_SOURCE)
        return err_hint(err, "Its rows are there: write the file as it is there, or start with "
                             "another --data.");
    return err_hint(err, "DROP %s %s by POST /sql first, or start with another --data.",
                    found->kind == CATALOG_VIEW    ? "VIEW"
                    : found->kind == CATALOG_INDEX ? "INDEX"
                                                   : "MATERIALIZED VIEW",
                    found->name);
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
    bool refuses = engine->options.refuses_when_full;
    engine->options.refuses_when_full = true; /* nobody is served yet */
    exec_open(engine, producer, text, EXEC_SCRIPT, &callbacks, &exec);
    while (!outcome.ended) {
        if (engine_step(engine) || outcome.ended) continue;
        struct err ignored; /* a failure is seen by the next step */
        if (log_wait(&engine->log, engine->sequence, &ignored)) continue;
    }
    engine->options.refuses_when_full = refuses;
    producer_release(producer);
    if (outcome.status) *err = outcome.err;
    return outcome.status;
}
