/* CREATE TABLE and CREATE SOURCE as written to a relation of the catalog: types are found, NOT
 * NULL, PRIMARY KEY, UNIQUE and DEFAULT collected, options read.
 *
 * What the expression of a DEFAULT gives is not looked at here: it is bound by whoever inserts. */
#pragma once

#include "plan/catalog.h"

/* A type as written. 42704, 22023, 0A000 with the position in text. */
MUST_USE enum status define_type(const struct syntax_type *written, struct slice text,
                                 struct type *type, struct err *err);

/* Fills relation's row, keys, defaults and options (append_only, retain) from statement, a
 * SYNTAX_CREATE_TABLE in relation's arena. Of a source, other options are left to its connector.
 * Errors: 42701, 42703, 42704, 42P07, 42P16, 42601, 22023, and 0A000 for CHECK, REFERENCES,
 * GENERATED and any COLLATE but "C". */
MUST_USE enum status define_table(const struct syntax_statement *statement,
                                  struct catalog_relation *relation, struct err *err);
