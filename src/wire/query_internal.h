/* Shared by the parsers of query parameters: a cursor over one decoded value.
 *
 * Each take_ function moves the cursor only when it took something. A parser that cannot go on says
 * what it expected, in the words of PostgREST, and where it stood. */
#pragma once

#include "wire/query.h"

struct query_text {
    const char *what;   /* "filter", "order", ...: what is being parsed, for messages */
    struct slice whole; /* decoded */
    size_t at;
    struct arena *arena;
    struct slice
        *scratch; /* QUERY_IN_COUNT_MAX + 1 slices, from the first list on; shared by all */
    struct err *err;
};

bool query_text_at_end(const struct query_text *text);
/* The character under the cursor; NUL at the end (a text has none inside). */
char query_text_peek(const struct query_text *text);
/* What lies at and after the cursor. */
struct slice query_text_rest(const struct query_text *text);
bool query_text_take(struct query_text *text, char c);
bool query_text_take_word(struct query_text *text, const char *word);
void query_text_take_spaces(struct query_text *text);
/* c with spaces around it. */
bool query_text_take_spaced(struct query_text *text, char c);

/* Fails with PGRST100 at the cursor. */
enum status query_text_expected(const struct query_text *text, const char *expected);
/* Fails with 0A000: PostgREST has it, this program does not. */
enum status query_text_unsupported(const struct query_text *text, const char *feature);
/* Fails with PGRST100: more of something than its bound. */
enum status query_text_too_many(const struct query_text *text, const char *things, u32 max);

/* A column's name: quoted, or letters, digits, '_', '$', spaces and dashes. What looks like a json
 * path behind it is refused. */
enum status query_text_name(struct query_text *text, struct slice *name);
/* The characters of a name without quotes and dashes: for types. */
enum status query_text_identifier(struct query_text *text, struct slice *name);
/* A quoted value with its escapes undone; the cursor is at the quote. */
enum status query_text_quoted(struct query_text *text, struct slice *value);
/* Up to the next comma or closing parenthesis, or a quoted value up to there. */
enum status query_text_value(struct query_text *text, struct slice *value);
/* "(a,b,"c,d")"; "()" is an empty list. */
enum status query_text_list(struct query_text *text, const struct slice **values, u32 *count);
/* As many comma-separated items as the whole text can have, or max. */
u32 query_text_room(const struct query_text *text, u32 max);
/* "a,b,"c"" up to the end of the text. */
enum status query_text_names(struct query_text *text, const struct slice **names, u32 *count);

/* One filter `key=value`; joins the tree of query. */
enum status query_filter_parse(struct query_text *key, struct query_text *value,
                               struct query *query);
/* `and=(...)`, `not.or=(...)`. */
enum status query_filter_parse_logic(struct query_text *value, enum query_kind kind, bool negated,
                                     struct query *query);

enum status query_list_parse_select(struct query_text *text, struct query *query);
enum status query_list_parse_order(struct query_text *text, struct query *query);
