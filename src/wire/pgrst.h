/* Errors as PostgREST answers them: which HTTP status a code gets.
 *
 * A code is an SQLSTATE (PostgreSQL, appendix A) or one of PostgREST's own. Constraints are 409, what is
 * not there 404, what is too large 413, what will pass by itself 503; our faults are 500; everything
 * else is the client's: 400. */
#pragma once

#include "base/base.h"

/* code is an err's sqlstate; an unknown one is 400. */
u32 pgrst_status(const char *code);
