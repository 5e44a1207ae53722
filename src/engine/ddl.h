/* CREATE, DROP and COMMENT: a statement is checked, logged, and then applied, which cannot fail any more. */
#pragma once

#include "engine/txn.h"

/* Would it work? Nothing is changed. */
enum status ddl_check(struct txn *txn, struct err *err);
/* Does it, and answers the transaction: a view over rows that are there is answered when it is
 * filled. */
void ddl_apply(struct txn *txn);
/* The same at replay. */
enum status ddl_replay(struct engine *engine, u64 tick, struct slice text, struct err *err);
/* A view that cannot be filled goes: the log is told, whoever made it gets 53200. When the log is full it stays,
 * suspended. */
void ddl_drop(struct relation *relation);
/* Do two canonical definitions (plan/parse.h) say the same, but for OR REPLACE? */
bool ddl_is_same(const char *canonical, const char *other);
/* Is this one of the statements that stand alone? */
bool ddl_is(const struct syntax_statement *statement);
