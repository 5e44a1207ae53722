/* Expressions for tests, written as SQL: read by the grammar and bound over a table t. */
#pragma once

#include "data/expr.h"
#include "data/schema.h"

/* The expression of `SELECT text FROM t` where t has the columns of schema, in their order; schema NULL is a SELECT
 * without FROM. */
enum status expr_sql_bind(struct arena *arena, const struct schema *schema, const char *text,
                          struct expr **out, struct err *err);
