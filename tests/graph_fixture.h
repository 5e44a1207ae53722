/* A graph with sources, for tests of operators: rows are put in and taken out by hand, ticks run in pieces of a
 * random size, and what an operator holds is compared as a bag of texts.
 *
 * Rows are written as texts, a column each, NULL for NULL: ROW("1", "toys", NULL). */
#pragma once

#include "flow/fill.h"
#include "ops/ops.h"
#include "tests/test.h"

#define FIXTURE_SOURCE_COUNT_MAX 8
#define FIXTURE_COLUMN_COUNT_MAX 24

struct fixture_error {
    u32 op_id;
    char *text; /* SQLSTATE, message and row */
    i64 weight;
};

struct fixture {
    struct mem mem;
    struct arena arena; /* of the test: schemas, expressions */
    struct graph graph;
    u32 source_count;
    struct op *sources[FIXTURE_SOURCE_COUNT_MAX];
    u32 error_count;
    u32 error_capacity;
    struct fixture_error *errors;
    u32 step_rows; /* of graph_step; 0: all at once */
};

void fixture_init(struct fixture *fixture);
/* Asserts that all operators were released and no memory is left. */
void fixture_deinit(struct fixture *fixture);

/* --- Making --- */

/* types is like "int8,text,numeric(10,2)"; columns are named a, b, c, ... A type with ! is NOT NULL. */
struct schema *fixture_schema(struct fixture *fixture, const char *types);
/* The schema of one schema's columns behind another's. */
struct schema *fixture_concat(struct fixture *fixture, const struct schema *a,
                              const struct schema *b);
struct expr *fixture_column(struct fixture *fixture, const struct schema *schema, u32 column);
/* Constant of the type of that column. */
struct expr *fixture_constant(struct fixture *fixture, struct type type, const char *text);
/* a name b, cast as needed. */
struct expr *fixture_operator(struct fixture *fixture, const char *name, struct expr *a,
                              struct expr *b);
struct expr *fixture_and(struct fixture *fixture, struct expr *a, struct expr *b);

/* A source of rows; with key_count > 0 it has an index by these columns, as a table has one of its primary
 * key. Equal rows have slots of their own. */
struct op *fixture_source(struct fixture *fixture, const char *types, const u32 *key,
                          u32 key_count);
/* Holds op and fills everything that is not filled. */
void fixture_install(struct fixture *fixture, struct op *op);
void fixture_release(struct fixture *fixture, struct op *op);

/* --- A tick --- */

#define ROW(...) ((const char *const[]){ __VA_ARGS__ })
/* Rows of the schema, one after the other, in the fixture's arena. */
struct batch *fixture_batch(struct fixture *fixture, const struct schema *schema,
                            const char *const *texts, u32 count);
u32 fixture_insert(struct fixture *fixture, struct op *source, const char *const *row);
/* A batch of rows with all columns of the schema. */
void fixture_insert_batch(struct fixture *fixture, struct op *source, const struct batch *batch,
                          u32 *slots);
void fixture_delete(struct fixture *fixture, struct op *source, u32 slot);
/* The first live row that is equal. */
void fixture_delete_row(struct fixture *fixture, struct op *source, const char *const *row);
/* Steps until all is done, without settle. */
void fixture_step(struct fixture *fixture);
void fixture_tick(struct fixture *fixture); /* step and settle */

/* --- Looking --- */

/* The content of an arrangement as sorted lines "weight: a|b|c", one string in the arena. */
const char *fixture_content(struct fixture *fixture, struct op *op);
/* Fails with both if the content is not these lines (in any order, each ended by a newline). */
void fixture_expect(struct fixture *fixture, struct op *op, const char *lines);
/* What an operator emits: a consumer that adds up weights a row. */
struct op *fixture_sink(struct fixture *fixture, struct op *input);
/* As fixture_content, of all that the sink got since it was made; a weight below 1 is written too. */
const char *fixture_sink_content(struct fixture *fixture, struct op *sink);
/* Rows pushed to the sink in the last tick. */
u32 fixture_sink_row_count(const struct op *sink);
/* Lines "weight: SQLSTATE message | row" of errors that are there. */
const char *fixture_errors(struct fixture *fixture);

/* The text of a row of columns. */
char *fixture_row_text(struct arena *arena, const struct column *columns, u32 column_count,
                       u32 row);
/* Sorts lines, adding up the weights of equal ones; those of 0 are left out. */
struct fixture_bag {
    u32 count;
    u32 capacity;
    struct fixture_line {
        const char *text;
        i64 weight;
    } * lines;
};
void fixture_bag_add(struct fixture *fixture, struct fixture_bag *bag, const char *text,
                     i64 weight);
const char *fixture_bag_text(struct fixture *fixture, struct fixture_bag *bag);
