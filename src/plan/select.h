/* A bound query to the way it is read: straight from one relation, or from a dataflow of its own.
 *
 * A query over one relation with nothing but filter, computed columns, order and limit is read where
 * the rows are. Everything else is a temporary dataflow, filled like a view, read and dropped; then the
 * same struct says what to do with its rows. */
#pragma once

#include "plan/bind.h"
#include "plan/delta.h"
#include "plan/rewrite.h"

struct select_plan {
    /* The rows are those of relation, or, when it is NULL, those of the dataflow's root. */
    const struct catalog_relation *relation;
    struct delta_plan *dataflow;
    struct expr *filter; /* over those rows; NULL: all */
    struct expr *
        *exprs; /* what is read of a row: first the result's columns, then what to order by */
    u32 expr_count;
    u32 column_count;             /* of the result */
    struct schema *schema;        /* of the result */
    struct logical_order *orders; /* over exprs */
    u32 order_count;
    u64 limit; /* UINT64_MAX: none */
    u64 offset;
};

MUST_USE enum status select_plan(struct arena *arena, const struct bind_query *query,
                                 const struct delta_statistics *statistics, struct slice text,
                                 struct select_plan **out, struct err *err);
