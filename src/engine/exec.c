#include "engine/exec.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/ddl.h"
#include "engine/engine_internal.h"
#include "engine/exec_explain.h"
#include "engine/exec_request.h"
#include "engine/query.h"
#include "engine/show.h"
#include "plan/hint.h"

#include <stdio.h>

struct exec {
    struct link link; /* in engine.execs while it reads */
    struct engine *engine;
    struct producer *producer;
    struct exec_callbacks callbacks;
    struct arena arena;
    struct parse_result script;
    u32 next;         /* statement to run */
    u32 at;           /* the one that was begun last: errors are its */
    bool in_block;    /* between BEGIN and COMMIT */
    bool has_written; /* statements of the block, not yet applied */
    u32 block_start;
    struct txn *txn; /* on its way, or NULL */
    bool commits;    /* it is a block's: next is its COMMIT */
    bool waits_for_room;
    struct query *query;
    bool collects; /* the query's rows are for an INSERT */
    struct batch **collected;
    u32 collected_count;
    u32 collected_capacity;
    u64 query_rows;
    bool is_calling; /* inside a callback: a cancel waits for its end */
    bool is_cancelled;
    bool is_held; /* nobody takes its rows now */
};

static void run(struct exec *exec);
static bool run_next(struct exec *exec);
static bool push_changes(struct exec *exec, u32 first, u32 end, enum txn_kind kind);
static bool start_select(struct exec *exec);
static bool start_insert_select(struct exec *exec, const struct syntax_statement *statement);
static bool transaction(struct exec *exec, const struct syntax_transaction *control);
static bool explain(struct exec *exec);
static bool show(struct exec *exec);
static void place_error(struct exec *exec, const struct parse_piece *piece, struct slice text,
                        struct err *err);
static void end(struct exec *exec, const struct err *err);
static void end_with(struct exec *exec, const struct err *err);

void exec_open(struct engine *engine, struct producer *producer, struct slice text,
               enum exec_kind kind, const struct exec_callbacks *callbacks, struct exec **out)
{
    struct exec *exec = mem_zalloc(&engine->mem, sizeof *exec);
    *exec = (struct exec){ .engine = engine, .producer = producer, .callbacks = *callbacks };
    producer->holders++;
    list_init(&exec->link);
    arena_init(&exec->arena, &engine->mem);
    *out = exec;
    struct err err;
    if (parse_script(text, &engine->runner, &exec->arena, &exec->script, &err)) {
        place_error(exec, &exec->script.failed, exec->script.failed.text, &err);
        end_with(exec, &err);
        return;
    }
    if (kind == EXEC_REQUEST && exec_request_check(&exec->script, &exec->at, &err)) {
        end(exec, &err);
        return;
    }
    run(exec);
}

static void free_exec(struct exec *exec)
{
    struct engine *engine = exec->engine;
    list_remove(&exec->link);
    if (exec->query) query_close(exec->query);
    producer_forget(exec->producer, exec);
    producer_release(exec->producer);
    arena_deinit(&exec->arena);
    mem_free(&engine->mem, exec, sizeof *exec);
}

void exec_cancel(struct exec *exec)
{
    /* A transaction on its way reads the script's trees: it is answered first. */
    if (exec->txn || exec->is_calling)
        exec->is_cancelled = true;
    else
        free_exec(exec);
}

/* It rests out of the list of those that are read. */
void exec_hold(struct exec *exec, bool held)
{
    exec->is_held = held;
    list_remove(&exec->link);
    if (!held && exec->query) list_append(&exec->engine->execs, &exec->link);
}

/* An error's position counts in its statement; who sent the script counts in all of it. An error that is nowhere in
 * particular is told where its statement begins, where there are others. */
static void place_error(struct exec *exec, const struct parse_piece *piece, struct slice text,
                        struct err *err)
{
    hint_add(&exec->engine->catalog, text, err);
    bool is_alone = piece->start == 0 && exec->script.count == 1;
    if (err->position > 0 || !is_alone) err->position = (i32)piece->start + MAX(err->position, 1);
}

void exec_locate(struct slice text, i32 position, u32 *line, u32 *column)
{
    const struct parse_piece whole = { .text = text, .line = 1, .column = 1 };
    parse_locate(&whole, position, line, column);
}

static void end(struct exec *exec, const struct err *err)
{
    if (!err || exec->at >= exec->script.count) {
        end_with(exec, err);
        return;
    }
    struct err placed = *err;
    place_error(exec, &exec->script.pieces[exec->at], exec->script.statements[exec->at]->text,
                &placed);
    end_with(exec, &placed);
}

static void end_with(struct exec *exec, const struct err *err)
{
    struct exec_callbacks callbacks = exec->callbacks;
    free_exec(exec);
    callbacks.on_end(callbacks.context, err);
}

/* As many statements as can be run without waiting. */
static void run(struct exec *exec)
{
    while (exec->next < exec->script.count)
        if (!run_next(exec)) return;
    if (exec->in_block) {
        struct err err;
        err_set(&err, "25P01", "the script ends inside a transaction: COMMIT is missing");
        end(exec, &err);
        return;
    }
    end(exec, NULL);
}

static bool refuse(struct exec *exec, const char *sqlstate, const char *message)
{
    struct err err;
    err_set(&err, sqlstate, "%s", message);
    end(exec, &err);
    return false;
}

/* Behind the changes that stand side by side from next on. */
static u32 changes_end(const struct exec *exec)
{
    struct syntax_statement *const *statements = exec->script.statements;
    u32 end = exec->next + 1;
    while (end < exec->script.count && exec_is_change(statements[end]) &&
           !exec_is_insert_select(statements[end]))
        end++;
    return end;
}

/* False: wait for a callback, or the exec is over. */
static bool run_next(struct exec *exec)
{
    const struct syntax_statement *statement = exec->script.statements[exec->next];
    exec->at = exec->next;
    if (statement->param_count > 0)
        return refuse(exec, "0A000", "parameters ($1) need a prepared statement");
    if (exec_is_change(statement)) {
        if (exec->in_block) {
            exec->has_written = true;
            if (exec_is_insert_select(statement))
                return refuse(exec, "0A000",
                              "INSERT ... SELECT stands alone, not in a transaction");
            exec->next++;
            return true;
        }
        if (exec_is_insert_select(statement)) return start_insert_select(exec, statement);
        return push_changes(exec, exec->next, changes_end(exec), TXN_SQL);
    }
    if (statement->kind == SYNTAX_TRANSACTION) return transaction(exec, statement->transaction);
    if (exec->has_written)
        return refuse(exec, "0A000",
                      "only INSERT, UPDATE, DELETE and TRUNCATE may follow a change inside a "
                      "transaction");
    if (ddl_is(statement)) {
        if (exec->in_block)
            return refuse(exec, "25001", "CREATE and DROP stand alone, not in a transaction");
        return push_changes(exec, exec->next, exec->next + 1, TXN_DDL);
    }
    if (statement->kind == SYNTAX_SELECT) return start_select(exec);
    if (statement->kind == SYNTAX_EXPLAIN) return explain(exec);
    if (statement->kind == SYNTAX_SHOW || statement->kind == SYNTAX_SET ||
        statement->kind == SYNTAX_RESET)
        return show(exec);
    char message[128];
    snprintf(message, sizeof message, "%s is not supported yet", syntax_tag(statement));
    return refuse(exec, "0A000", message);
}

static void complete(struct exec *exec, const char *tag, u64 tick)
{
    if (exec->callbacks.on_complete)
        exec->callbacks.on_complete(exec->callbacks.context, tag, tick);
}

/* --- transactions --- */

static bool transaction(struct exec *exec, const struct syntax_transaction *control)
{
    switch (control->kind) {
    case SYNTAX_BEGIN:
        if (exec->in_block)
            return refuse(exec, "25001", "there is already a transaction in progress");
        exec->in_block = true;
        exec->block_start = exec->next++;
        complete(exec, "BEGIN", exec->engine->tick);
        return true;
    case SYNTAX_COMMIT: {
        if (!exec->in_block) return refuse(exec, "25P01", "there is no transaction in progress");
        if (exec->has_written) return push_changes(exec, exec->block_start, exec->next, TXN_SQL);
        exec->in_block = false;
        exec->next++;
        complete(exec, "COMMIT", exec->engine->tick);
        return true;
    }
    case SYNTAX_ROLLBACK:
        if (!exec->in_block) return refuse(exec, "25P01", "there is no transaction in progress");
        exec->in_block = exec->has_written = false;
        exec->next++;
        complete(exec, "ROLLBACK", exec->engine->tick);
        return true;
    case SYNTAX_SAVEPOINT:
    case SYNTAX_RELEASE:
    case SYNTAX_ROLLBACK_TO: break;
    }
    return refuse(exec, "0A000", "savepoints are not supported yet");
}

static void give_outcome(struct exec *exec, const struct txn_outcome *outcome, u64 tick)
{
    if (outcome->schema) {
        exec->callbacks.on_columns(exec->callbacks.context, outcome->schema);
        for (u32 index = 0; index < outcome->returned_count; index++)
            exec->callbacks.on_rows(exec->callbacks.context, outcome->returned[index]);
    }
    complete(exec, outcome->tag, tick);
}

static void on_done(void *context, const struct ingest_result *result)
{
    struct exec *exec = context;
    struct txn *txn = exec->txn;
    exec->txn = NULL;
    if (exec->is_cancelled) {
        free_exec(exec);
        return;
    }
    if (result->status) {
        exec->at = 0;
        while (exec->script.statements[exec->at] != txn->statements[txn->statement_failed])
            exec->at++;
        end(exec, &result->err);
        return;
    }
    exec->is_calling = true;
    for (u32 index = 0; index < txn->statement_count && !exec->is_cancelled; index++)
        give_outcome(exec, &txn->outcomes[index], result->tick);
    exec->is_calling = false;
    if (exec->is_cancelled) {
        free_exec(exec);
        return;
    }
    if (exec->commits) {
        exec->commits = false;
        complete(exec, "COMMIT", result->tick);
        exec->next++;
    }
    run(exec);
}

static void on_room(void *context)
{
    struct exec *exec = context;
    exec->waits_for_room = false;
    run(exec);
}

/* Statements as one transaction; of a block those that change something. */
static bool push_changes(struct exec *exec, u32 first, u32 end, enum txn_kind kind)
{
    if (exec->engine->draining) return refuse(exec, "57P01", "the server is shutting down");
    struct txn *txn = txn_make(exec->engine, exec->producer, kind);
    txn->statements = arena_array(&txn->arena, struct syntax_statement *, end - first);
    for (u32 index = first; index < end; index++) {
        struct syntax_statement *statement = exec->script.statements[index];
        if (exec->in_block && !exec_is_change(statement)) continue;
        txn->statements[txn->statement_count++] = statement;
        txn->item.size += statement->text.size;
    }
    txn->item.row_count = txn->statement_count;
    txn->sources = exec->collected;
    txn->source_count = exec->collected_count;
    txn->on_done = on_done;
    txn->context = exec;
    if (producer_push(exec->producer, txn) == EDGE_FULL) {
        txn_free(txn);
        exec->waits_for_room = true;
        producer_on_room(exec->producer, on_room, exec);
        return false;
    }
    exec->txn = txn;
    exec->next = end;
    exec->commits = exec->in_block;
    exec->in_block = exec->has_written = false;
    return false;
}

/* --- SELECT and EXPLAIN --- */

static bool start_select(struct exec *exec)
{
    const struct syntax_statement *statement = exec->script.statements[exec->next++];
    struct err err;
    if (query_open(exec->engine, statement->select, statement->text, &exec->query, &err)) {
        end(exec, &err);
        return false;
    }
    exec->query_rows = 0;
    exec->callbacks.on_columns(exec->callbacks.context, query_schema(exec->query));
    if (!exec->is_held) list_append(&exec->engine->execs, &exec->link);
    return false;
}

/* The rows are read first, at this tick; then they are inserted like any others. */
static bool start_insert_select(struct exec *exec, const struct syntax_statement *statement)
{
    struct err err;
    exec->collected_count = 0;
    if (query_open_insert(exec->engine, statement, &exec->query, &err)) {
        end(exec, &err);
        return false;
    }
    if (!exec->query) return push_changes(exec, exec->next, exec->next + 1, TXN_SQL);
    exec->collects = true;
    list_append(&exec->engine->execs, &exec->link);
    return false;
}

static void collect(struct exec *exec, const struct batch *rows)
{
    if (exec->collected_count == exec->collected_capacity) {
        u32 capacity = MAX(exec->collected_capacity * 2, 16u);
        struct batch **wider = arena_array(&exec->arena, struct batch *, capacity);
        if (exec->collected_count > 0)
            memcpy(wider, exec->collected, exec->collected_count * sizeof *wider);
        exec->collected = wider;
        exec->collected_capacity = capacity;
    }
    exec->collected[exec->collected_count++] = batch_copy(&exec->arena, rows);
}

static void collected_all(struct exec *exec)
{
    query_close(exec->query);
    exec->query = NULL;
    exec->collects = false;
    push_changes(exec, exec->next, exec->next + 1, TXN_SQL);
}

/* Moves one SELECT on. True: there is more to do at once. */
bool exec_step(struct engine *engine)
{
    if (list_empty(&engine->execs)) return false;
    struct exec *exec = container_of(engine->execs.next, struct exec, link);
    list_remove(&exec->link);
    const struct batch *rows;
    struct err err;
    switch (query_next(exec->query, &rows, &err)) {
    case READER_ROWS: {
        exec->query_rows += rows->row_count;
        struct batch shown = *rows;
        shown.column_count = query_schema(exec->query)->column_count;
        list_append(&engine->execs, &exec->link);
        if (!exec->collects)
            exec->callbacks.on_rows(exec->callbacks.context, &shown);
        else if (exec->arena.used > READER_SIZE_MAX)
            refuse(exec, "53200", "INSERT ... SELECT of so many rows takes too much memory");
        else if (budget_check_read(engine, exec->arena.used, &err))
            end(exec, &err);
        else
            collect(exec, &shown);
        return true;
    }
    case READER_MORE: list_append(&engine->execs, &exec->link); return true;
    case READER_FAIL: end(exec, &err); return true;
    case READER_END: break;
    }
    if (exec->collects) {
        collected_all(exec);
        return true;
    }
    char tag[64];
    snprintf(tag, sizeof tag, "SELECT %llu", (unsigned long long)exec->query_rows);
    u64 tick = query_tick(exec->query);
    query_close(exec->query);
    exec->query = NULL;
    complete(exec, tag, tick);
    run(exec);
    return true;
}

static bool explain(struct exec *exec)
{
    const struct syntax_statement *statement = exec->script.statements[exec->next++];
    struct err err;
    if (exec_explain(exec->engine, statement, &exec->callbacks, &err)) {
        end(exec, &err);
        return false;
    }
    complete(exec, "EXPLAIN", exec->engine->tick);
    return true;
}

static bool show(struct exec *exec)
{
    const struct syntax_statement *statement = exec->script.statements[exec->next++];
    struct err err;
    if (show_run(exec->engine, statement, &exec->callbacks, &err)) {
        end(exec, &err);
        return false;
    }
    complete(exec, syntax_tag(statement), exec->engine->tick);
    return true;
}
