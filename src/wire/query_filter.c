#include "base/assert.h"
#include "wire/chars.h"
#include "wire/query_internal.h"

#define OPERATOR_EXPECTED "operator (eq, gt, ...)"

/* Operators of PostgREST. Those without an op are refused by the name of their kind. */
static const struct operation {
    const char *name;
    i32 op; /* enum query_op, or UNSUPPORTED */
    const char *feature;
} operators[] = {
#define UNSUPPORTED -1
    { "eq", QUERY_EQ, NULL },
    { "neq", QUERY_NEQ, NULL },
    { "gt", QUERY_GT, NULL },
    { "gte", QUERY_GTE, NULL },
    { "lt", QUERY_LT, NULL },
    { "lte", QUERY_LTE, NULL },
    { "like", QUERY_LIKE, NULL },
    { "ilike", QUERY_ILIKE, NULL },
    { "in", QUERY_IN, NULL },
    { "is", QUERY_IS, NULL },
    { "match", QUERY_MATCH, NULL },
    { "imatch", QUERY_IMATCH, NULL },
    { "isdistinct", QUERY_ISDISTINCT, NULL },
    { "fts", UNSUPPORTED, "full-text search is" },
    { "plfts", UNSUPPORTED, "full-text search is" },
    { "phfts", UNSUPPORTED, "full-text search is" },
    { "wfts", UNSUPPORTED, "full-text search is" },
    { "cs", UNSUPPORTED, "operators of arrays, ranges and json are" },
    { "cd", UNSUPPORTED, "operators of arrays, ranges and json are" },
    { "ov", UNSUPPORTED, "operators of arrays, ranges and json are" },
    { "sl", UNSUPPORTED, "operators of ranges are" },
    { "sr", UNSUPPORTED, "operators of ranges are" },
    { "nxr", UNSUPPORTED, "operators of ranges are" },
    { "nxl", UNSUPPORTED, "operators of ranges are" },
    { "adj", UNSUPPORTED, "operators of ranges are" },
};

const char *query_op_name(enum query_op op)
{
    for (size_t index = 0; index < countof(operators); index++)
        if (operators[index].op == (i32)op) return operators[index].name;
    unreachable();
}

/* Takes an operator and the dot behind it. */
static enum status take_operator(struct query_text *text, enum query_op *op)
{
    size_t begin = text->at;
    while (chars_is_letter(query_text_peek(text)))
        text->at++;
    struct slice name = slice_make(text->whole.data + begin, text->at - begin);
    for (size_t index = 0; index < countof(operators); index++) {
        const struct operation *found = &operators[index];
        if (!slice_is(name, found->name)) continue;
        bool quantified = query_text_peek(text) == '(';
        text->at = quantified || found->op == UNSUPPORTED ? begin : text->at;
        if (found->op == UNSUPPORTED) return query_text_unsupported(text, found->feature);
        if (quantified) return query_text_unsupported(text, "the quantifiers any and all are");
        if (!query_text_take(text, '.')) return query_text_expected(text, "\".\"");
        *op = (enum query_op)found->op;
        return OK;
    }
    text->at = begin;
    return query_text_expected(text, "\"not\" or " OPERATOR_EXPECTED);
}

static bool take_word_nocase(struct query_text *text, const char *word)
{
    struct slice rest = query_text_rest(text);
    size_t size = strlen(word);
    if (rest.size < size || !slice_is_nocase(slice_make(rest.data, size), word)) return false;
    text->at += size;
    return true;
}

static const char *const is_names[] = {
    [QUERY_IS_NULL] = "null",   [QUERY_IS_NOT_NULL] = "not_null", [QUERY_IS_TRUE] = "true",
    [QUERY_IS_FALSE] = "false", [QUERY_IS_UNKNOWN] = "unknown",
};

const char *query_is_name(enum query_is is)
{
    assert(is < countof(is_names));
    return is_names[is];
}

static enum status take_is(struct query_text *text, enum query_is *is)
{
    for (u32 index = 0; index < countof(is_names); index++) {
        if (!take_word_nocase(text, is_names[index])) continue;
        *is = (enum query_is)index;
        return OK;
    }
    return query_text_expected(text, "null, not_null or trilean value (unknown, true, false)");
}

/* '*' stands for '%', which URLs would need to escape; there is no escape for a real star. */
static struct slice star_to_percent(struct arena *arena, struct slice pattern)
{
    if (pattern.size == 0 || !memchr(pattern.data, '*', pattern.size)) return pattern;
    char *copy = arena_copy(arena, pattern.data, pattern.size);
    for (size_t index = 0; index < pattern.size; index++)
        if (copy[index] == '*') copy[index] = '%';
    return slice_make(copy, pattern.size);
}

/* "{a,b}" is one value inside a group, though it has commas. */
static bool take_braces(struct query_text *text, struct slice *value)
{
    struct slice rest = query_text_rest(text);
    if (rest.size == 0 || rest.data[0] != '{') return false;
    size_t size = 1;
    while (size < rest.size && rest.data[size] != '{' && rest.data[size] != '}')
        size++;
    if (size == rest.size || rest.data[size] != '}') return false;
    *value = slice_make(rest.data, size + 1);
    text->at += size + 1;
    return true;
}

/* At the top a value is the rest of the text, quotes included; in a group it ends at a comma. */
static enum status take_value(struct query_text *text, bool in_group, struct slice *value)
{
    if (in_group) return take_braces(text, value) ? OK : query_text_value(text, value);
    *value = query_text_rest(text);
    text->at = text->whole.size;
    return OK;
}

/* ["not."] operator "." value, into node. */
static enum status take_condition(struct query_text *text, bool in_group, struct query_node *node)
{
    node->kind = QUERY_FILTER;
    node->negated = query_text_take_word(text, "not.");
    if (take_operator(text, &node->op)) return FAIL;
    if (node->op == QUERY_IN) return query_text_list(text, &node->values, &node->value_count);
    if (node->op == QUERY_IS) return take_is(text, &node->is);
    if (take_value(text, in_group, &node->value)) return FAIL;
    if (node->op == QUERY_LIKE || node->op == QUERY_ILIKE)
        node->value = star_to_percent(text->arena, node->value);
    return OK;
}

static enum status count_filter(struct query_text *text, struct query *query)
{
    if (query->filter_count == QUERY_FILTER_COUNT_MAX)
        return query_text_too_many(text, "filters", QUERY_FILTER_COUNT_MAX);
    query->filter_count++;
    return OK;
}

/* At the end of the list at *head. */
static void append(struct query_node **head, struct query_node *node)
{
    while (*head)
        head = &(*head)->next;
    *head = node;
}

enum status query_filter_parse(struct query_text *key, struct query_text *value,
                               struct query *query)
{
    struct query_node *node = arena_new(value->arena, struct query_node);
    if (count_filter(value, query)) return FAIL;
    if (query_text_name(key, &node->column)) return FAIL;
    if (query_text_peek(key) == '.')
        return query_text_unsupported(key, "filters on embedded resources are");
    if (!query_text_at_end(key)) return query_text_expected(key, "end of input");
    if (take_condition(value, false, node)) return FAIL;
    if (!query_text_at_end(value)) return query_text_expected(value, "end of input");
    append(&query->filter, node);
    return OK;
}

/* Takes ["not."] ("and" | "or") when a group follows; otherwise these are names of columns. */
static bool take_group_head(struct query_text *text, struct query_node *node)
{
    size_t at = text->at;
    node->negated = query_text_take_word(text, "not.");
    bool is_and = query_text_take_word(text, "and");
    if (is_and || query_text_take_word(text, "or")) {
        node->kind = is_and ? QUERY_AND : QUERY_OR;
        query_text_take_spaces(text);
        if (query_text_peek(text) == '(') return true;
    }
    text->at = at;
    return false;
}

static enum status take_group(struct query_text *text, u32 depth, struct query_node *group,
                              struct query *query);

static enum status take_member(struct query_text *text, u32 depth, struct query_node *node,
                               struct query *query)
{
    if (take_group_head(text, node)) return take_group(text, depth + 1, node, query);
    if (count_filter(text, query)) return FAIL;
    if (query_text_name(text, &node->column)) return FAIL;
    if (!query_text_take(text, '.'))
        return query_text_expected(text, "\".\", or \"(\" after a logic operator (and, or)");
    return take_condition(text, true, node);
}

/* "(" member {"," member} ")", up to a depth that the stack bears. */
static enum status take_group(struct query_text *text, u32 depth, struct query_node *group,
                              struct query *query)
{
    if (depth > QUERY_DEPTH_MAX)
        return query_text_too_many(text, "groups inside each other", QUERY_DEPTH_MAX);
    if (!query_text_take_spaced(text, '(')) return query_text_expected(text, "\"(\"");
    struct query_node **tail = &group->child;
    do {
        struct query_node *node = arena_new(text->arena, struct query_node);
        if (take_member(text, depth, node, query)) return FAIL;
        *tail = node;
        tail = &node->next;
    } while (query_text_take_spaced(text, ','));
    if (!query_text_take_spaced(text, ')')) return query_text_expected(text, "\",\" or \")\"");
    assert(group->child);
    return OK;
}

enum status query_filter_parse_logic(struct query_text *value, enum query_kind kind, bool negated,
                                     struct query *query)
{
    struct query_node *group = arena_new(value->arena, struct query_node);
    group->kind = kind;
    group->negated = negated;
    if (take_group(value, 1, group, query)) return FAIL;
    if (!query_text_at_end(value)) return query_text_expected(value, "end of input");
    append(&query->filter, group);
    return OK;
}
