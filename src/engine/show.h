/* SHOW, SET and RESET: the settings in SQL.
 *
 * There are no sessions, so SET changes the process, and for this run: it is not in the log. What PostgreSQL's
 * clients set at once and what is so here anyway (timezone = UTC) may be said, and changes nothing. */
#pragma once

#include "engine/exec.h"

struct syntax_statement;

/* Calls on_columns and on_rows for SHOW. 42704 for an unknown name, 55P02 for what cannot be changed now. */
enum status show_run(struct engine *engine, const struct syntax_statement *statement,
                     const struct exec_callbacks *callbacks, struct err *err);
/* A row of texts; schema has as many columns. */
void show_give_row(const struct exec_callbacks *callbacks, const struct schema *schema,
                   struct mem *mem, const struct slice *cells);
