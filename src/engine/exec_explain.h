/* EXPLAIN of statements and of views that run: as text, or as JSON. */
#pragma once

#include "engine/exec.h"

struct syntax_statement;

/* A column QUERY PLAN: a row a line of text, or one row with all of the JSON. */
enum status exec_explain(struct engine *engine, const struct syntax_statement *statement,
                         const struct exec_callbacks *callbacks, struct err *err);
