/* PostgreSQL's regular expressions, over PCRE2.
 *
 * A pattern in PostgreSQL's advanced form is rewritten into PCRE2's: word boundaries, escapes, options.
 * What is found is PCRE2's choice where several matches start at one place: the first alternative
 * that fits, not the longest. Letters, digits and words are those of ASCII, as under collation "C".
 *
 * A match is bounded in steps and memory, the same for every run; what needs more is an error. */
#pragma once

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

#define REGEX_GROUP_COUNT_MAX 32

struct regex;
struct regex_scratch; /* what one search after another writes to */

struct regex_options {
    bool nocase;
    bool newline;  /* . and [^...] do not match a newline, ^ and $ match at one */
    bool expanded; /* blanks and comments in the pattern are skipped */
    bool literal;  /* the pattern is plain text */
};

/* Offsets of the whole match and of its groups; start -1 where a group took no part. */
struct regex_match {
    u32 count; /* 1 + groups, at most REGEX_GROUP_COUNT_MAX */
    struct {
        i64 start, end;
    } groups[REGEX_GROUP_COUNT_MAX];
};

/* Lives in the arena. Error 2201B: invalid regular expression. */
enum status regex_make(struct arena *arena, struct slice pattern, struct regex_options options,
                       struct regex **out, struct err *err);
u32 regex_group_count(const struct regex *regex);
/* Lives in the arena, which also gives what a search needs; for one regex. */
struct regex_scratch *regex_scratch_make(const struct regex *regex, struct arena *arena);
/* Looks for a match that starts at or after offset; match may be NULL. Error 2201B: a bound was
 * reached. */
enum status regex_find(const struct regex *regex, struct regex_scratch *scratch, struct slice text,
                       size_t offset, bool *found, struct regex_match *match, struct err *err);

/* The letters of a flags argument ("gi"); *global NULL where g is not allowed. Error 22023. */
enum status regex_options_read(struct slice flags, struct regex_options *options, bool *global,
                               struct err *err);
/* SIMILAR TO's pattern as a regular expression; escape is one character or empty (none). 22025. */
enum status regex_similar_translate(struct arena *arena, struct slice pattern, struct slice escape,
                                    struct slice *out, struct err *err);
