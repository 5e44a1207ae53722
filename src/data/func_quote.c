#include "data/func_quote.h"

#include "base/assert.h"
#include "data/func_bodies.h"

static void put_doubled(struct func_out *out, struct slice text, char quote)
{
    size_t start = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != quote) continue;
        func_out_put(out, slice_make(text.data + start, i + 1 - start));
        start = i; /* the quote once more */
    }
    func_out_put(out, slice_make(text.data + start, text.size - start));
}

/* A string with a backslash is written as E'...', with the backslash doubled. */
void func_quote_literal(struct func_out *out, struct slice text)
{
    bool escapes = text.size > 0 && memchr(text.data, '\\', text.size) != NULL;
    if (!escapes) {
        func_out_put(out, SLICE("'"));
        put_doubled(out, text, '\'');
        func_out_put(out, SLICE("'"));
        return;
    }
    func_out_put(out, SLICE("E'"));
    for (size_t i = 0; i < text.size; i++) {
        struct slice c = slice_make(text.data + i, 1);
        func_out_put(out, c);
        if (c.data[0] == '\'' || c.data[0] == '\\') func_out_put(out, c);
    }
    func_out_put(out, SLICE("'"));
}

/* The words of the grammar that cannot stand as a name without quotes, sorted. */
/* clang-format off */
static const char *const keywords[] = {
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
    "authorization", "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast",
    "char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
    "constraint", "create", "cross", "current_catalog", "current_date", "current_role",
    "current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal",
    "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists",
    "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant",
    "greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout",
    "int", "integer", "intersect", "interval", "into", "is", "isnull", "join", "lateral",
    "leading", "least", "left", "like", "limit", "localtime", "localtimestamp", "national",
    "natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric",
    "offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing",
    "position", "precision", "primary", "real", "references", "returning", "right", "row",
    "select", "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric",
    "table", "tablesample", "then", "time", "timestamp", "to", "trailing", "treat", "trim",
    "true", "union", "unique", "user", "using", "values", "varchar", "variadic", "verbose",
    "when", "where", "window", "with", "xmlattributes", "xmlconcat", "xmlelement", "xmlexists",
    "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
};
/* clang-format on */

static bool is_keyword(struct slice text)
{
    u32 low = 0, high = countof(keywords);
    while (low < high) {
        u32 middle = (low + high) / 2;
        struct slice word = slice_of(keywords[middle]);
        int order = memcmp(text.data, word.data, MIN(text.size, word.size));
        if (order == 0) order = (text.size > word.size) - (text.size < word.size);
        if (order == 0) return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool is_plain_name(struct slice text)
{
    if (text.size == 0 || (text.data[0] >= '0' && text.data[0] <= '9')) return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) return false;
    }
    return !is_keyword(text);
}

void func_quote_name(struct func_out *out, struct slice text)
{
    if (is_plain_name(text)) {
        func_out_put(out, text);
        return;
    }
    func_out_put(out, SLICE("\""));
    put_doubled(out, text, '"');
    func_out_put(out, SLICE("\""));
}

void func_quote_of_ident(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct func_out out = func_out_make(call, row);
        if (func_call_skips(call, row)) continue;
        func_quote_name(&out, func_call_slice(call, 0, row));
        func_out_finish(&out);
    }
}

/* The text of an argument of any type that is not NULL. */
static struct slice text_of(struct func_call *call, u32 row)
{
    struct func_out text = func_out_make(call, row);
    func_out_put_cast(&text, 0);
    return func_out_slice(&text);
}

void func_quote_of_literal(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct func_out out = func_out_make(call, row);
        if (func_call_skips(call, row)) continue;
        func_quote_literal(&out, text_of(call, row));
        func_out_finish(&out);
    }
}

void func_quote_of_nullable(struct func_call *call)
{
    for (u32 row = 0; row < call->count; row++) {
        struct func_out out = func_out_make(call, row);
        if (func_call_is_null(call, 0, row))
            func_out_put(&out, SLICE("NULL"));
        else
            func_quote_literal(&out, text_of(call, row));
        func_out_finish(&out);
    }
}
