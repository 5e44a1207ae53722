/* SQL text to the syntax tree, by PostgreSQL's grammar.
 *
 * A script is cut at its top-level semicolons by our own lexer, which knows quotes, dollar quotes
 * and comments and nothing of words; each statement is then read alone. Weir's own statements are
 * known by their first words and handed to the grammar in a form that it has.
 *
 * The grammar's library recurses on the machine's stack, some 2.9 KB for each level of depth that
 * lex_measure counts. So text deeper than PARSE_DEPTH_MAX is refused before, text not deeper than
 * PARSE_DEPTH_NEAR is read where the caller stands, and the rest where the runner says. No text of
 * any form overflows a stack.
 *
 * Invariant: a statement of a result is not deeper than SYNTAX_DEPTH_MAX. */
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "plan/syntax.h"

#define PARSE_SIZE_MAX        KIB(256) /* of one statement, in bytes */
#define PARSE_DEPTH_MAX       16384
#define PARSE_DEPTH_NEAR      256
#define PARSE_STACK_SIZE      MIB(64) /* what a runner must give */
#define PARSE_STACK_SIZE_NEAR MIB(1)  /* what a caller must have left */

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
    u32 start;         /* characters of the script in front of it */
};

/* A script and how far it is cut. */
struct parse_split {
    struct slice script;
    u64 offset;
    u32 line, column; /* of offset, from 0 */
    u32 chars;        /* in front of offset */
};

static inline struct parse_split parse_split_make(struct slice script)
{
    return (struct parse_split){ .script = script };
}

/* Cuts the next statement off; false at the end. Text may hold anything, also an open quote: then
 * the rest of the script is one piece, and parse_statement says why it is wrong. */
bool parse_next(struct parse_split *split, struct parse_piece *piece);

/* Where an error's position in a piece is in the script. */
void parse_locate(const struct parse_piece *piece, i32 position, u32 *line, u32 *column);

struct parse_result {
    struct syntax_statement **statements;
    struct parse_piece *pieces; /* one each */
    u32 count;
    struct parse_piece failed; /* on FAIL: the wrong statement, in which err's position counts */
};

/* Reads all statements. Everything in result lives in arena; the pieces alone borrow the script.
 * runner NULL: what is deeper than PARSE_DEPTH_NEAR is refused. */
MUST_USE enum status parse_script(struct slice script, const struct parse_runner *runner,
                                  struct arena *arena, struct parse_result *result,
                                  struct err *err);

/* Reads one statement: a piece's text. Offsets and positions count in text as it is given, of which
 * the result holds a copy. 42601 for an error of syntax, 0A000 for what Weir does not have, 54001
 * when it nests too deeply, 54000 when it is longer than PARSE_SIZE_MAX, 22021 for a NUL and bytes
 * that are not UTF-8. */
MUST_USE enum status parse_statement(struct slice text, const struct parse_runner *runner,
                                     struct arena *arena, struct syntax_statement **statement,
                                     struct err *err);

/* The same string for texts that differ only in white space, comments, the case of words outside
 * quotes and a closing `;`; it is SQL with the same meaning as text. Equal strings say that a
 * definition was not touched; unequal ones may still mean the same. */
const char *parse_canonical(struct slice text, struct arena *arena);

/* Where two texts first differ, token by token. */
struct parse_difference {
    struct slice known, given;      /* some tokens from there on; empty at an end */
    u64 known_offset, given_offset; /* in bytes */
};

/* False when both have the same canonical string. */
bool parse_differ(struct slice known, struct slice given, struct parse_difference *difference);
