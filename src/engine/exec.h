/* SQL statements to their effect.
 *
 * Statements run one after the other. Changes that stand side by side, or between BEGIN and COMMIT, are one transaction; DDL
 * and SET stand alone. Results come by callback, in order. An error ends it; what was completed before stays. */
#pragma once

#include "engine/ingest.h"

struct exec;

struct exec_callbacks {
    /* A statement that returns rows begins; then its rows; then on_complete. Borrowed for the call. */
    void (*on_columns)(void *context, const struct schema *schema);
    void (*on_rows)(void *context, const struct batch *batch);
    /* The command tag as PostgreSQL's ("INSERT 0 3", "SELECT 2", "CREATE TABLE"), and the tick it shows or was published in. */
    void (*on_complete)(void *context, const char *tag, u64 tick);
    /* The script ends here; nothing else is called. err NULL: all went well. */
    void (*on_end)(void *context, const struct err *err);
    void *context;
};

enum exec_kind {
    EXEC_SCRIPT,
    EXEC_REQUEST, /* all changes outside of BEGIN and COMMIT are one transaction, or it is refused (exec_request.h) */
};

/* The text is copied. An error's position counts in all of it. on_end is called exactly once, perhaps before exec_open
 * returns. */
void exec_open(struct engine *engine, struct producer *producer, struct slice text,
               enum exec_kind kind, const struct exec_callbacks *callbacks, struct exec **out);
/* Line and column of an error's position in the text, from 1. */
void exec_locate(struct slice text, i32 position, u32 *line, u32 *column);
/* Its rows are not taken now: a SELECT rests until hold is called with false. May be called in on_rows. */
void exec_hold(struct exec *exec, bool held);
/* Stops it: a CREATE that fills is dropped. Nothing is called any more. */
void exec_cancel(struct exec *exec);

/* Declares a file's objects at start: what exists with the same definition is left, what differs is an error
 * 42P07 with the difference, what is new is run. Statements that change rows run only when the file made something
 * new before them, SET at every start. Runs to its end by stepping the engine; blocks. err->message begins with path:line:column. */
MUST_USE enum status exec_file(struct engine *engine, struct slice text, const char *path,
                               struct err *err);

/* For engine_step: moves one SELECT on. True: there is more to do at once. */
bool exec_step(struct engine *engine);
