/* SQL text as tokens, without knowing a word of the language: what cuts a script into statements,
 * finds the first words of one, bounds its depth and compares two of them.
 *
 * It sees strings (also E'…', dollar quotes, continued over lines), quoted names and nested
 * comments, operators too, with exactly the extent that PostgreSQL's scanner gives them. It never
 * fails: what is not closed reaches to the end. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"

#define LEX_LEVEL_MAX 2500 /* how deep brackets may nest */

enum lex_kind {
    LEX_END,
    LEX_WORD,   /* a key word or a name */
    LEX_NAME,   /* "a name" */
    LEX_STRING, /* with its quotes, and with the letter before them */
    LEX_NUMBER,
    LEX_PARAM,    /* $1 */
    LEX_OPERATOR, /* of + - * / < > = ~ ! @ # % ^ & | ` ? */
    LEX_PUNCT,    /* one of ( ) [ ] , ; . : :: := .. and any other byte */
};

struct lex_token {
    enum lex_kind kind;
    struct slice text;
    u64 offset;
    bool is_open; /* a string, name or comment that the end of the text cut */
};

struct lex {
    struct slice text;
    u64 offset;
    bool is_open; /* the last comment skipped was not closed */

    /* Of the run of operator characters that is being read, comments cut: so each byte is looked at
     * once. */
    u64 run_end;
    u64 run_special_end; /* behind the last of ~ ! @ # ^ & | ` ? % */
    u64 run_solid_end;   /* behind the last that is not + or - */

    u64 raw_end;  /* of the run with the comments that start in it */
    u64 raw_size; /* of the longest one so far */
};

static inline struct lex lex_make(struct slice text)
{
    return (struct lex){ .text = text };
}

/* The next token behind space and comments; LEX_END again and again at the end. */
struct lex_token lex_next(struct lex *lex);

static inline bool lex_is_punct(const struct lex_token *token, char c)
{
    return token->kind == LEX_PUNCT && token->text.size == 1 && token->text.data[0] == c;
}

/* A word without quotes, in any case. */
bool lex_is_word(const struct lex_token *token, const char *lower);

/* What text can cost at most, before a grammar sees it. */
struct lex_measure {
    /* An upper bound of the depth of a tree made of text: between two commas at one level of
     * brackets no node can be deeper than there are tokens, and a path goes through one of the
     * brackets in it. UINT32_MAX where brackets nest deeper than LEX_LEVEL_MAX. */
    u32 depth;
    /* The longest run of operator characters outside of strings. PostgreSQL's scanner looks at the
     * whole run again for each operator and comment in it: 6 s for 240 KB of `+-`. */
    u64 run_size;
    /* The longest list in brackets before a `=`. In UPDATE … SET (a, b) = … the library writes the
     * right side once for each column. */
    u32 row_width;
};

struct lex_measure lex_measure(struct slice text, struct arena *scratch);
