/* Rows of one relation, read at one tick: found, filtered, computed, ordered, cut to a page.
 *
 * What reads and SELECTs have in common. Where the filter fixes the key of the relation's index, it is a look-up; else a
 * scan in bounded pieces, which pins the tick if it outlasts it. With an order the rows are collected
 * first, never more than the page needs. */
#pragma once

#include "engine/engine_internal.h"
#include "plan/logical.h"

/* Rows that one reader may hold for an order, in bytes; past it 53200. */
#define READER_SIZE_MAX MIB(256)

struct reader_options {
    struct op *op;           /* the relation's rows; or, when it is NULL, these batches */
    const struct view *view; /* of the relation, for its indexes; or NULL */
    struct batch *const *batches;
    u32 batch_count;
    struct expr *filter; /* over the relation's columns; NULL: all */
    struct column *keys; /* or, instead, one value for each column of op's index; NULL: none */
    /* What is given: first the result's columns, then what to order by; NULL: the relation's columns as they are. */
    struct expr *const *exprs;
    u32 expr_count;
    u32 column_count;                   /* of the result */
    const struct logical_order *orders; /* over exprs */
    u32 order_count;
    u64 limit;
    u64 offset;
    bool counts; /* go on behind the page to count all rows that match */
};

struct reader;

/* Memory is short: readers for which many changed rows are kept end with 53200. */
void readers_yield(struct engine *engine);
/* The operator's state goes: whoever reads it ends with 53200. */
void readers_end(struct engine *engine, const struct op *op);

/* The options' trees live at least as long as the reader. */
struct reader *reader_open(struct engine *engine, const struct reader_options *options);
void reader_close(struct reader *reader);
enum reader_result { READER_ROWS, READER_MORE, READER_END, READER_FAIL };
/* At most one batch, valid until the next call; READER_MORE when a piece gave no rows. */
enum reader_result reader_next(struct reader *reader, const struct batch **out, struct err *err);
/* The tick may end: what was not read yet is pinned as it is now. To be called before control leaves whoever reads,
 * when READER_ROWS or READER_MORE came. */
void reader_pin(struct reader *reader);
/* Rows that match, once READER_END came. */
u64 reader_count(const struct reader *reader);
