/* Errors as PostgREST answers them: {"code":…,"details":…,"hint":…,"message":…}, and where in a body it was. */
#pragma once

#include "servers/http_answer.h"

/* How far a body came before its error. */
struct http_error_place {
    bool is_script; /* of statements: those that were completed; else of rows */
    u64 completed;
    u64 accepted; /* rows that are applied */
    u64 row;      /* the bad one, from 1; 0: not about a row */
    u64 byte;     /* where that begins in the body */
    u64 tick;     /* of the last rows that are applied */
};

/* The status is that of err's code. place may be NULL. After 503 comes Retry-After. */
void http_error(struct http *http, const struct err *err, const struct http_error_place *place);
void http_error_status(struct http *http, u32 status, const struct err *err,
                       const struct http_error_place *place);
/* 405, with the methods that there are. */
void http_error_method(struct http *http, const struct err *err, const char *allowed);
/* One row was asked for, as an object, and it was another number: PostgREST's PGRST116. */
void http_error_singular(struct err *err, u64 row_count);
/* A request that is malformed or over a limit: answered, and the connection is closed. */
void http_error_fault(struct http *http, const struct http1_fault *fault);
/* The JSON object alone. */
void http_error_write(struct buf *out, const struct err *err, const struct http_error_place *place);
