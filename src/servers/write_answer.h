/* The answer to a write: how many rows and in which tick, or the rows as they were stored. */
#pragma once

#include "servers/http.h"
#include "servers/http_error.h"
#include "wire/media.h"
#include "wire/prefer.h"
#include "wire/query.h"

struct write_answer_options {
    bool inserts;     /* 201; else 204, or 200 with rows */
    enum media media; /* of the returned rows */
    struct prefer prefer;
};

struct write_answer {
    struct write_answer_options options;
    struct buf rows;    /* encoded, with return=representation */
    const u32 *columns; /* of the table, that are returned */
    const char **names;
    u32 column_count;
    u64 returned_count;
};

static inline bool write_answer_returns(const struct write_answer *answer)
{
    return answer->options.prefer.returning == PREFER_RETURN_REPRESENTATION;
}

/* Which columns select names: 42703, and 0A000 for casts. In the arena. */
enum status write_answer_init(struct write_answer *answer, struct mem *mem,
                              const struct write_answer_options *options, const struct query *query,
                              const struct schema *schema, struct arena *arena, struct err *err);
void write_answer_deinit(struct write_answer *answer);
/* Encodes what a transaction returned; to be called while result is valid. */
void write_answer_add(struct write_answer *answer, const struct ingest_result *result);

/* The whole answer. changed: rows inserted, updated or deleted. */
void write_answer_send(struct write_answer *answer, struct http *http, u64 changed, u64 tick);
