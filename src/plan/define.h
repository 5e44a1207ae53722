/* CREATE TABLE and CREATE SOURCE as written to a relation of the catalog: types are found, NOT
 * NULL, PRIMARY KEY, UNIQUE and DEFAULT collected, options read.
 *
 * What the expression of a DEFAULT gives is not looked at here: it is bound by whoever inserts. */
#pragma once

#include "plan/catalog.h"

/* The options of a table; a source has those of its connector besides, which its connector reads. */
struct define_table_options {
    bool is_append_only; /* append_only = true: only inserted into */
    i64 retain_us;       /* retain = '1 hour': deleted when older */
};

/* statement is a SYNTAX_CREATE_TABLE in relation's arena. Errors: 42701, 42703, 42704, 42P16,
 * 42601, 22023, 0A000 for CHECK, REFERENCES, GENERATED, COLLATE other than "C". */
MUST_USE enum status define_table(const struct catalog *catalog,
                                  const struct syntax_statement *statement,
                                  struct catalog_relation *relation, struct err *err);
