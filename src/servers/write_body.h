/* The body of a write on its way into a table: bytes to rows to transactions, and their outcomes summed up.
 *
 * A whole body is one transaction. A streamed one is cut into pieces, which are pushed one behind the other as
 * the producer's edge has room; while it has none the body is not read, so TCP slows the sender. Outcomes are
 * counted in the order of the pieces, and when one is rejected so are those behind it: what was accepted
 * is always a beginning of the body.
 *
 * A body whose connection goes away stays until its pieces are answered. */
#pragma once

#include "servers/http.h"
#include "servers/write_answer.h"

struct write_body;

struct write_body_options {
    struct slice relation;
    const struct codec *codec; /* NULL: the request has no body (DELETE) */
    bool whole;
    bool one_row;                /* more or fewer are an error (PATCH) */
    bool missing_null;           /* a column that a row does not name is NULL, not its default */
    const struct slice *columns; /* of the body that count; column_count 0: all */
    u32 column_count;
    u64 size_max;
    const struct query *query;    /* its select */
    struct ingest_options ingest; /* on_done and context are set here */
    struct write_answer_options answer;
};

/* Opens the first transaction. The options are copied; ingest.condition is bound here. */
enum status write_body_open(struct http *http, const struct write_body_options *options,
                            struct http_task **task, struct err *err);
