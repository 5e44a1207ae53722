/* SQL text to the syntax tree, by PostgreSQL's grammar.
 *
 * A script is cut at its top-level semicolons by our own lexer, which knows quotes, dollar quotes
 * and comments and nothing of words; each statement is then read alone. Weir's own statements are
 * known by their first words and handed to the grammar in a form that it has.
 *
 * The grammar recurses on the machine's stack, so text that nests deeper than PARSE_DEPTH_MAX is
 * refused by the lexer, before, and a body runs where the runner says: on a stack of at least
 * PARSE_STACK_SIZE. Both together: no text of any form overflows it.
 *
 * Invariant: a statement of a result is not deeper than SYNTAX_DEPTH_MAX. */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "plan/syntax.h"

#define PARSE_SIZE_MAX   KIB(256) /* of one statement, in bytes */
#define PARSE_STACK_SIZE MIB(64)  /* what a runner must give */

/* Runs body(arg) to its end on a stack of PARSE_STACK_SIZE, and returns then. */
struct parse_runner {
    void (*run)(void *ctx, void (*body)(void *), void *arg);
    void *ctx;
};

/* One statement of a script, not yet read. */
struct parse_piece {
    struct slice text; /* without the space and comments around it, without `;` */
    u64 offset;        /* of text in the script, in bytes */
    u32 line, column;  /* of its first byte in the script, from 1; the column in characters */
};

/* Cuts the next statement off a script: *offset moves behind it. False at the end. Text may hold
 * anything, also an open quote: then the rest of the script is one piece, and parse says why it is
 * wrong. */
bool parse_next(struct slice script, u64 *offset, struct parse_piece *piece);

struct parse_result {
    struct syntax_statement **statements;
    struct parse_piece *pieces; /* one each */
    u32 count;
    struct parse_piece
        failed; /* on FAIL: the statement that is wrong; err's position counts in it */
};

/* Reads all statements. Everything in result lives in arena and borrows nothing of script. */
MUST_USE enum status parse_script(struct slice script, const struct parse_runner *runner,
                                  struct arena *arena, struct parse_result *result,
                                  struct err *err);

/* Reads one statement (a piece's text). 42601 for an error of syntax, 0A000 for what Weir does not
 * carry, 54001 when it nests too deeply, 54000 when it is longer than PARSE_SIZE_MAX, 22021 for a
 * NUL or bytes that are not UTF-8. */
MUST_USE enum status parse_statement(struct slice text, const struct parse_runner *runner,
                                     struct arena *arena, struct syntax_statement **statement,
                                     struct err *err);

/* The same string for texts that differ only in white space, comments, the case of words outside
 * quotes and a closing `;`. Not a proof of equal meaning: it says that a definition was not
 * touched. */
const char *parse_canonical(struct slice text, struct arena *arena);
