#include "plan/hint.h"

#include "base/nearest.h"
#include "data/agg.h"
#include "data/func.h"
#include "plan/lex.h"

#include <stdio.h>

#define NAME_SIZE_MAX NEAREST_NAME_MAX

static const struct {
    const char *message; /* begins so */
    const char *hint;
} refusals[] = {
#define REFUSED(message, hint) { message, hint },
#include "plan/hints.def"
#undef REFUSED
};

/* Names that other systems have. */
struct other {
    const char *name;
    const char *ours;
};

static const struct other types[] = {
    { "datetime", "timestamp or timestamptz" },
    { "string", "text" },
    { "number", "numeric" },
    { "varchar2", "varchar" },
    { "nvarchar", "varchar" },
    { "tinyint", "smallint" },
    { "mediumint", "integer" },
    { "double", "double precision" },
    { "int64", "bigint" },
    { "int32", "integer" },
    { "float64", "double precision" },
    { "long", "bigint" },
    { "blob", "bytea" },
    { "clob", "text" },
    { "uniqueidentifier", "uuid" },
};

static const char *const known_types[] = {
    "bigint",    "boolean", "bytea",    "character", "date",    "decimal",     "float",
    "integer",   "int",     "interval", "real",      "numeric", "smallint",    "text",
    "timestamp", "uuid",    "varchar",  "char",      "bool",    "timestamptz",
};

static const struct other functions[] = {
    { "ifnull", "coalesce(a, b)" },
    { "nvl", "coalesce(a, b)" },
    { "isnull", "x IS NULL, or coalesce(a, b)" },
    { "iif", "CASE WHEN … THEN … ELSE … END" },
    { "if", "CASE WHEN … THEN … ELSE … END" },
    { "len", "length" },
    { "ucase", "upper" },
    { "lcase", "lower" },
    { "getdate", "now()" },
    { "sysdate", "now()" },
    { "instr", "strpos" },
    { "charindex", "strpos" },
    { "datediff", "a - b" },
    { "dateadd", "a + interval '1 day'" },
    { "year", "extract(year FROM x)" },
    { "month", "extract(month FROM x)" },
    { "day", "extract(day FROM x)" },
    { "hour", "extract(hour FROM x)" },
    { "date_format", "to_char" },
    { "group_concat", "rows, put together where they are read" },
    { "countif", "count(*) FILTER (WHERE …)" },
    { "sumif", "sum(x) FILTER (WHERE …)" },
    { "uuid", "gen_random_uuid()" },
    { "newid", "gen_random_uuid()" },
};

/* Where a statement begins, and the words that stand in it early. */
static const char *const starts[] = { "create", "drop", "insert",  "update", "delete",
                                      "select", "with", "begin",   "commit", "explain",
                                      "set",    "show", "truncate" };
static const char *const words[] = { "create",  "table",   "view",     "materialized", "index",
                                     "insert",  "into",    "values",   "update",       "delete",
                                     "select",  "from",    "where",    "group",        "order",
                                     "having",  "limit",   "join",     "primary",      "unique",
                                     "default", "explain", "truncate", "drop",         "distinct" };

static void hint_refused(struct err *err);
static void hint_relation(const struct catalog *catalog, struct err *err);
static void hint_type(struct err *err);
static void hint_function(struct err *err);
static void hint_syntax(struct slice text, struct err *err);

void hint_add(const struct catalog *catalog, struct slice text, struct err *err)
{
    bool is_function = strcmp(err->sqlstate, "42883") == 0;
    if (err->hint[0] && !is_function && strcmp(err->sqlstate, "0A000") != 0) return;
    if (strcmp(err->sqlstate, "0A000") == 0) hint_refused(err);
    if (strcmp(err->sqlstate, "42P01") == 0) hint_relation(catalog, err);
    if (strcmp(err->sqlstate, "42704") == 0) hint_type(err);
    if (strcmp(err->sqlstate, "42601") == 0) hint_syntax(text, err);
    if (is_function) hint_function(err);
}

const char *hint_of_refusal(u32 index)
{
    return index < countof(refusals) ? refusals[index].hint : NULL;
}

static void hint_refused(struct err *err)
{
    for (u32 i = 0; i < countof(refusals); i++) {
        if (strncmp(err->message, refusals[i].message, strlen(refusals[i].message)) != 0) continue;
        err_hint(err, "%s", refusals[i].hint);
        return;
    }
}

/* ---- Names ---- */

/* What stands between the first quotes of the message, or behind "function ". */
static bool take_name(const struct err *err, char name[NAME_SIZE_MAX])
{
    const char *start = strchr(err->message, '"'), *end = start ? strchr(start + 1, '"') : NULL;
    if (strncmp(err->message, "function ", 9) == 0) {
        start = err->message + 8;
        end = strchr(start, '(');
    }
    if (!start || !end || end - start > NAME_SIZE_MAX) return false;
    memcpy(name, start + 1, (size_t)(end - start - 1));
    name[end - start - 1] = '\0';
    return true;
}

static void hint_relation(const struct catalog *catalog, struct err *err)
{
    char name[NAME_SIZE_MAX];
    if (strncmp(err->message, "relation ", 9) != 0 || !take_name(err, name)) return;
    struct nearest nearest = nearest_make(name);
    catalog_each(catalog, relation)
    {
        if (relation->kind == CATALOG_INDEX || relation->kind == CATALOG_SINK) continue;
        nearest_look(&nearest, relation->name);
    }
    const char *found = nearest_found(&nearest);
    if (found) err_hint(err, "Perhaps you meant the relation \"%s\".", found);
}

static const char *find_other(const struct other *others, u32 count, const char *name)
{
    for (u32 i = 0; i < count; i++)
        if (strcmp(others[i].name, name) == 0) return others[i].ours;
    return NULL;
}

static void hint_type(struct err *err)
{
    char name[NAME_SIZE_MAX];
    if (strncmp(err->message, "type ", 5) != 0 || !take_name(err, name)) return;
    const char *found = find_other(types, countof(types), name);
    struct nearest nearest = nearest_make(name);
    for (u32 i = 0; i < countof(known_types); i++)
        nearest_look(&nearest, known_types[i]);
    for (u32 i = 0; i < countof(types); i++)
        nearest_look(&nearest, types[i].name);
    const char *near = nearest_found(&nearest);
    if (!found && near) found = find_other(types, countof(types), near);
    if (!found) found = near;
    if (found) err_hint(err, "Perhaps you meant %s.", found);
}

/* A name that is there with other arguments has PostgreSQL's hint already. */
static void hint_function(struct err *err)
{
    char name[NAME_SIZE_MAX];
    if (strncmp(err->message, "function ", 9) != 0 || !take_name(err, name)) return;
    const char *found = find_other(functions, countof(functions), name);
    struct nearest nearest = nearest_make(name);
    const struct func *func;
    const struct agg *agg;
    for (u32 i = 0; (func = func_at(i)); i++)
        if (func->kind == FUNC_PLAIN) nearest_look(&nearest, func->name);
    for (u32 i = 0; (agg = agg_at(i)); i++)
        nearest_look(&nearest, agg->name);
    if (nearest.best && nearest.distance == 0) return;
    if (!found) found = nearest_found(&nearest);
    if (found) err_hint(err, "Perhaps you meant %s.", found);
}

/* ---- Syntax ---- */

static void lower_word(const struct lex_token *token, char word[NAME_SIZE_MAX])
{
    size_t size = MIN(token->text.size, (size_t)NAME_SIZE_MAX - 1);
    for (size_t i = 0; i < size; i++) {
        char c = token->text.data[i];
        word[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    word[size] = '\0';
}

/* A word that begins a statement, first on its line: the one before it has no end. */
static bool lacks_semicolon(struct slice text, const struct lex_token *token, const char *word)
{
    u64 at = token->offset;
    while (at > 0 && (text.data[at - 1] == ' ' || text.data[at - 1] == '\t'))
        at--;
    if (at == 0 || text.data[at - 1] != '\n') return false;
    for (u32 i = 0; i < countof(starts); i++)
        if (strcmp(starts[i], word) == 0) return true;
    return false;
}

static void hint_syntax(struct slice text, struct err *err)
{
    if (strncmp(err->message, "syntax error at or near", 23) != 0 || err->position <= 0) return;
    struct lex lex = lex_make(text);
    struct lex_token token = lex_next(&lex), before = token;
    while (token.kind != LEX_END && syntax_position(text, (i32)token.offset) < err->position) {
        before = token;
        token = lex_next(&lex);
    }
    if (token.kind != LEX_WORD) return;
    char word[NAME_SIZE_MAX];
    lower_word(&token, word);
    if (lacks_semicolon(text, &token, word)) {
        err_hint(err, "Is the `;` in front of it missing?");
        return;
    }
    /* The parser stops at a word that is wrong, or at the one behind a name that it took it for. */
    for (u32 round = 0; round < 2; round++) {
        lower_word(round ? &before : &token, word);
        struct nearest nearest = nearest_make(word);
        for (u32 i = 0; i < countof(words); i++)
            nearest_look(&nearest, words[i]);
        const char *found = nearest_found(&nearest);
        if (found && nearest.distance > 0) {
            err_hint(err, "Perhaps \"%s\" is meant to be \"%s\".", word, found);
            return;
        }
    }
}
