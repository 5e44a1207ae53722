/* The syntax tree as text: one line of words in brackets, for EXPLAIN, tests and people.
 *
 *   SELECT a, count(*) FROM t WHERE b > 1 GROUP BY a
 *   (select (a (count *)) (from t) (where (> b 1)) (group a))
 *
 * Different trees give different texts, but for offsets, which are not shown. */
#pragma once

#include "base/bytes.h"
#include "plan/syntax.h"

void syntax_print_statement(struct buf *buf, const struct syntax_statement *statement);
void syntax_print_select(struct buf *buf, const struct syntax_select *select);
void syntax_print_expr(struct buf *buf, const struct syntax_expr *expr);
