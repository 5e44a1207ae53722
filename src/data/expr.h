/* Expressions with their types decided, and their evaluation over batches.
 *
 * A tree of struct expr is made by the planner, compiled once into flat steps, and evaluated a batch
 * at a time. Evaluation computes every row and never stops: a row that cannot be computed
 * (division by zero, a bad cast) gets an error in a list beside the result, and only counts if the row's
 * value is really asked for: CASE, COALESCE, AND, OR take the error of the branch that was taken. */
#pragma once

#include "data/batch.h"
#include "data/value.h"

struct func; /* data/func.h */

enum expr_kind {
    EXPR_COLUMN,
    EXPR_CONST,
    EXPR_CALL, /* a function, operator or cast of the table of functions */
    EXPR_AND,  /* n-ary, three-valued */
    EXPR_OR,
    EXPR_NOT,
    EXPR_IS_NULL,  /* one argument; never NULL */
    EXPR_CASE,     /* args: condition, result, condition, result, ..., else (always there) */
    EXPR_COALESCE, /* n-ary, all of one type */
    EXPR_IN        /* args[0] IN (args[1..]), constants or not, all of one type, three-valued */
};

struct expr {
    enum expr_kind kind;
    struct type type;
    i32 position;            /* bytes from 0 in the statement, -1 unknown; for messages */
    u32 column;              /* EXPR_COLUMN: index in the input batch */
    struct value constant;   /* EXPR_CONST */
    const struct func *func; /* EXPR_CALL */
    u32 arg_count;
    struct expr **args;
};

/* Deep equality, positions apart: what "the same expression" means for sharing. */
bool expr_equal(const struct expr *a, const struct expr *b);
u64 expr_hash(const struct expr *expr);
/* SQL-like text with column names from names (or $0, $1 when NULL), for EXPLAIN and canonical names. */
void expr_print(const struct expr *expr, const char *const *names, struct buf *out);
/* True if it reads no column and calls nothing volatile. */
bool expr_is_constant(const struct expr *expr);
/* The expression with its constant parts computed and AND, OR, NOT, CASE, COALESCE and strict calls
 * with a constant NULL simplified. A part whose computation fails stays as it is, so that its error
 * belongs to the rows that ask for it. What did not change is shared with expr; expr is not touched. */
struct expr *expr_fold(const struct expr *expr, struct arena *arena);

/* Why a row could not be computed. */
struct row_error {
    u32 row;
    char sqlstate[6];
    const char *message; /* in the arena of the evaluation: PostgreSQL's sentence */
};

/* The text of a computed string is at most this long (SQLSTATE 54000 beyond), so that a batch
 * cannot use more than BATCH_ROW_COUNT_MAX times as much for one function. */
#define EXPR_TEXT_SIZE_MAX (1u << 20)

struct row_errors {
    u32 count; /* at most one a row; ordered by row */
    u32 capacity;
    struct row_error *errors;
};

struct program; /* compiled expressions */

/* Compiles exprs; the program lives in the arena and borrows nothing but funcs' constant tables.
 * It expects of a batch's column the type that EXPR_COLUMN names. Equal parts of all the exprs are
 * computed once. A program is not changed by running. Tree depth was bounded by the parser. */
struct program *program_make(struct arena *arena, struct expr *const *exprs, u32 expr_count);

/* Evaluates expr_count results for every row of in, into out[0..expr_count): memory from the arena;
 * results that are plain columns are borrowed from in. Rows with an error hold a NULL in all results and stand in
 * errors. */
void program_run(const struct program *program, const struct batch *in, struct arena *arena,
                 struct column *out, struct row_errors *errors);

/* For WHERE: fills picks with the rows for which the (only) result is true, returns their number. */
u32 program_pick(const struct program *program, const struct batch *in, struct arena *arena,
                 u32 *picks, struct row_errors *errors);

/* Evaluates an expression that reads no column. */
enum status expr_constant_value(const struct expr *expr, struct arena *arena, struct value *out,
                                struct err *err);
