/* An engine in this process that runs SQL and answers in text, for tests. */
#pragma once

#include "engine/engine.h"
#include "engine/exec.h"

#define DB_CELL_NULL  "NULL"
#define DB_CELL_EMPTY "(empty)" /* so that no row is an empty line */

struct db_rows {
    u32 column_count;
    u32 row_count;
    const char **names;
    const char **cells; /* row by row; NULL is DB_CELL_NULL */
};

struct db {
    struct mem mem;
    struct arena arena; /* of the last statement's answer */
    struct engine *engine;
    struct producer *producer;
    const char *dir; /* data directory, or NULL */
    struct db_rows rows;
    u32 cell_capacity;
    bool is_ended;
    bool has_failed;
    struct err err;
    char tag[64];
};

/* dir NULL keeps nothing. Ends the process with a message when the engine cannot be opened. */
void db_open(struct db *db, const char *dir);
void db_close(struct db *db);
/* Closes the engine and opens it again from its directory. */
void db_restart(struct db *db);
/* Runs a script to its end; rows are those of its last query. FAIL: db->err. */
enum status db_run(struct db *db, struct slice sql);
