/* How a function says that the world failed: a status, and the details in a struct err.
 *
 * A status is OK or FAIL; whoever fails fills the err once, where it happened, and everyone above
 * passes it up unchanged. The SQLSTATE is PostgreSQL's (appendix A of its manual). */
#pragma once

#include "base/base.h"

enum status { OK = 0, FAIL = 1 };

struct err {
    char sqlstate[9];  /* five characters, or PostgREST's eight ("PGRST100"); "" means no error */
    char message[512]; /* one sentence for people, PostgreSQL's wording where it has one */
    char detail[512];  /* "" or more facts, such as the key that exists already */
    char hint[256];    /* "" or what to do about it */
    i32 position;      /* in the statement: characters from 1; 0 when there is none */
    i64 row;           /* in the input: rows from 1; 0 when there is none */
    i64 byte;          /* in the input: bytes from 0; meaningful where row is not 0 */
};

/* Fills err and returns FAIL, so that a caller can write `return err_set(...)`.
 * err may be NULL: then only FAIL is returned. Clears detail, hint, position, row and byte. */
enum status err_set(struct err *err, const char *sqlstate, const char *format, ...) PRINTF(3, 4);

/* Add to an err that err_set filled; both are no-ops on NULL and return FAIL. */
enum status err_detail(struct err *err, const char *format, ...) PRINTF(2, 3);
enum status err_hint(struct err *err, const char *format, ...) PRINTF(2, 3);

void err_clear(struct err *err);
