/* The rule for requests of several statements: what is not a block of its own (BEGIN … COMMIT) changes everything or
 * nothing, and what stands alone (DDL, SET) is a transaction of its own.
 *
 * So changes go with changes, and with reads before them; DDL goes with DDL and with reads. A mixture is refused before
 * anything ran. */
#pragma once

#include "plan/parse.h"

/* 25001: something that stands alone beside changes. 0A000: a read behind a change, which it would not see; INSERT … SELECT
 * beside another change. *wrong is the statement that is one too many. */
MUST_USE enum status exec_request_check(const struct parse_result *script, u32 *wrong,
                                        struct err *err);

/* INSERT, UPDATE, DELETE, TRUNCATE. */
bool exec_is_change(const struct syntax_statement *statement);
/* Its rows come from a query, which is run first. */
bool exec_is_insert_select(const struct syntax_statement *statement);
