/* A read at one tick: filter, order, page, in bounded steps.
 *
 * A key or an indexed column is looked up; otherwise the relation is scanned in pieces, pinned at its tick. A plain
 * view, which has no rows of its own, is read as the query that it stands for. */
#pragma once

#include "engine/condition.h"
#include "engine/engine.h"

struct read_column {
    struct slice name;
    struct slice rename; /* empty: keeps its name */
    struct slice cast;   /* empty, or a type's name */
};

struct read_order {
    struct slice column;
    bool descending;
    bool nulls_first;
};

struct read_options {
    struct slice relation;             /* "category_total" or "weir.views" */
    const struct condition *condition; /* NULL: all rows */
    const struct read_column *columns; /* column_count 0: all */
    u32 column_count;
    const struct read_order *order;
    u32 order_count;
    u64 limit; /* UINT64_MAX: none */
    u64 offset;
    bool count; /* the exact number of rows that match, before limit and offset */
};

struct read;

enum read_result {
    READ_ROWS, /* rows were given */
    READ_MORE, /* nothing yet: call again after other work */
    READ_END,
    READ_FAIL
};

/* Errors: 42P01 no such relation, 42703 no such column, 22P02 ..., 55000 the view is being filled or suspended
 * (the server answers 503). The options are borrowed for the call only. */
enum status read_open(struct engine *engine, const struct read_options *options, struct read **out,
                      struct err *err);
void read_close(struct read *read);
/* The tick that it shows; the present one until rows, the count or the end came. */
u64 read_tick(const struct read *read);
/* Changes whenever the relation's content may have: what an ETag is made of. Not of what changes without ticks. */
bool read_has_version(const struct read *read);
u64 read_version(const struct read *read);
const struct schema *read_schema(const struct read *read); /* after renaming and casts */
/* At most one batch a call; valid until the next call. */
enum read_result read_next(struct read *read, const struct batch **out, struct err *err);
/* The number that options.count asked for: known when rows or the end came; UINT64_MAX before. */
u64 read_count(const struct read *read);
/* The columns of a relation by name. Errors are those of read_open. */
enum status read_relation_schema(struct engine *engine, struct slice name,
                                 const struct schema **out, struct err *err);
