/* The table of aggregates: names, argument types and result types, one line each in aggs.def.
 *
 * What an aggregate remembers and how it takes rows back is the business of ops/aggregate. */
#pragma once

#include "data/func.h"

enum agg_kind {
    AGG_COUNT_ROWS, /* count(*) */
    AGG_COUNT,      /* count(x): rows where x is not NULL */
    AGG_SUM,
    AGG_AVG,
    AGG_MIN,
    AGG_MAX,
    AGG_BOOL_AND, /* also every */
    AGG_BOOL_OR,
    AGG_UNSUPPORTED, /* PostgreSQL has it, we refuse it by name; agg_find never gives it */
};

struct agg {
    const char *name;
    enum agg_kind kind;
    u8 arg_count; /* 0 for count(*) */
    u8 arg;       /* enum type_id, or FUNC_ANY */
    u8 result;    /* enum type_id, or FUNC_SAME: that of the argument, with its modifiers */
};

/* True if name is an aggregate at all: then it must not be looked up among the functions. */
bool agg_is_name(struct slice name);

/* The aggregate for these arguments, after the implicit cast that *cast says (equal to the
 * argument's own type when none is needed; numeric keeps its modifiers: sum(numeric(10,2)) is summed
 * as it lies). is_star is count(*).
 * Errors as func_find: 42883, 42725, 0A000 for aggregates of PostgreSQL's that are not supported,
 * 42809 for a star where none may be. */
enum status agg_find(struct slice name, const struct type *args, u32 arg_count, bool is_star,
                     const struct agg **out, struct type *cast, struct type *result,
                     struct err *err);

/* Walks the table; NULL past the end. */
const struct agg *agg_at(u32 index);

/* The name of a kind that agg_find gives, for those who print plans. */
const char *agg_word(enum agg_kind kind);
