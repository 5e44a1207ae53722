#include "wire/query.h"

#include "base/assert.h"
#include "wire/field.h"
#include "wire/query_internal.h"
#include "wire/url.h"

/* What is known of one query string while it is walked. */
struct walk {
    struct arena *arena;
    struct query *query;
    struct err *err;
    u64 seen; /* which words of the table, by their bits */
};

typedef enum status parse_function(struct walk *walk, struct query_text *value);

static parse_function parse_select, parse_order, parse_columns, parse_on_conflict, parse_limit,
    parse_offset, parse_and, parse_or, parse_not_and, parse_not_or, parse_stance, parse_audit,
    parse_sample, parse_debounce, parse_max_wait;

/* The reserved words; everything else is a filter. */
static const struct word {
    const char *key;
    const char *what; /* in messages */
    bool repeatable;  /* conditions add up; of the others the second one would be lost */
    parse_function *parse;
} words[] = {
    { "select", "select parameter", false, parse_select },
    { "order", "order", false, parse_order },
    { "columns", "columns parameter", false, parse_columns },
    { "on_conflict", "on_conflict parameter", false, parse_on_conflict },
    { "limit", "limit parameter", false, parse_limit },
    { "offset", "offset parameter", false, parse_offset },
    { "and", "logic tree", true, parse_and },
    { "or", "logic tree", true, parse_or },
    { "not.and", "logic tree", true, parse_not_and },
    { "not.or", "logic tree", true, parse_not_or },
    { "stance", "stance parameter", false, parse_stance },
    { "audit", "audit parameter", false, parse_audit },
    { "sample", "sample parameter", false, parse_sample },
    { "debounce", "debounce parameter", false, parse_debounce },
    { "max_wait", "max_wait parameter", false, parse_max_wait },
};

static const struct word *find_word(struct slice key)
{
    for (size_t index = 0; index < countof(words); index++)
        if (slice_is(key, words[index].key)) return &words[index];
    return NULL;
}

/* "rel.order": PostgREST's words for an embedded resource, told by the last part. */
static bool is_embedded(struct slice key)
{
    static const char *const endings[] = { ".order", ".limit", ".offset", ".and", ".or" };
    for (size_t index = 0; index < countof(endings); index++) {
        size_t size = strlen(endings[index]);
        if (key.size <= size) continue;
        if (memcmp(key.data + key.size - size, endings[index], size) == 0) return true;
    }
    return false;
}

static struct query_text text_of(struct walk *walk, const char *what, struct slice whole)
{
    return (struct query_text){
        .what = what,
        .whole = whole,
        .arena = walk->arena,
        .err = walk->err,
    };
}

static enum status walk_word(struct walk *walk, const struct word *word, struct slice value)
{
    struct query_text text = text_of(walk, word->what, value);
    u64 bit = (u64)1 << (word - words);
    if (!word->repeatable && (walk->seen & bit))
        return err_set(walk->err, "PGRST100", "\"%s\" is given more than once", word->key);
    walk->seen |= bit;
    return word->parse(walk, &text);
}

static enum status walk_filter(struct walk *walk, struct slice key, struct slice value)
{
    struct query_text key_text = text_of(walk, "tree path", key);
    struct query_text text = text_of(walk, "filter", value);
    if (is_embedded(key)) return query_text_unsupported(&key_text, "embedded resources are");
    return query_filter_parse(&key_text, &text, walk->query);
}

static enum status decode(struct walk *walk, struct slice text, struct slice *decoded)
{
    if (url_decode(text, URL_QUERY, walk->arena, decoded)) return OK;
    err_set(walk->err, "PGRST100", "The query string is not well-formed");
    return err_detail(walk->err, "It has a percent sign without two hexadecimal digits, a NUL, or "
                                 "bytes that are not UTF-8.");
}

/* A parameter without '=' is refused: a filter that was meant would be missing. */
static enum status walk_parameter(struct walk *walk, struct slice key, struct slice value)
{
    struct slice name, content;
    if (decode(walk, key, &name)) return FAIL;
    if (!value.data) {
        struct query_text text = text_of(walk, "tree path", name);
        text.at = name.size;
        return query_text_expected(&text, "\"=\"");
    }
    if (decode(walk, value, &content)) return FAIL;
    const struct word *word = find_word(name);
    return word ? walk_word(walk, word, content) : walk_filter(walk, name, content);
}

enum status query_parse(struct slice text, struct arena *arena, struct query *query,
                        struct err *err)
{
    *query = (struct query){ .offset = 0 };
    struct walk walk = { .arena = arena, .query = query, .err = err };
    struct slice key, value;
    while (url_next_parameter(&text, &key, &value))
        if (walk_parameter(&walk, key, value)) return FAIL;
    assert(query->filter_count <= QUERY_FILTER_COUNT_MAX);
    assert((query->filter_count > 0) == (query->filter != NULL));
    return OK;
}

static enum status parse_select(struct walk *walk, struct query_text *value)
{
    return query_list_parse_select(value, walk->query);
}

static enum status parse_order(struct walk *walk, struct query_text *value)
{
    return query_list_parse_order(value, walk->query);
}

static enum status parse_columns(struct walk *walk, struct query_text *value)
{
    return query_text_names(value, &walk->query->columns, &walk->query->column_count);
}

static enum status parse_on_conflict(struct walk *walk, struct query_text *value)
{
    return query_text_names(value, &walk->query->on_conflict, &walk->query->on_conflict_count);
}

/* Digits up to INT64_MAX. */
static enum status parse_row_count(struct query_text *value, const char *word, u64 *number)
{
    if (query_text_peek(value) == '-') {
        err_set(value->err, "PGRST103", "Requested range not satisfiable");
        return err_detail(value->err, "%s should be greater than or equal to zero.", word);
    }
    if (field_parse_u64(value->whole, number) && *number <= INT64_MAX) return OK;
    return query_text_expected(value, "a whole number of at most 63 bits");
}

static enum status parse_limit(struct walk *walk, struct query_text *value)
{
    walk->query->has_limit = true;
    return parse_row_count(value, "Limit", &walk->query->limit);
}

static enum status parse_offset(struct walk *walk, struct query_text *value)
{
    return parse_row_count(value, "Offset", &walk->query->offset);
}

static enum status parse_and(struct walk *walk, struct query_text *value)
{
    return query_filter_parse_logic(value, QUERY_AND, false, walk->query);
}

static enum status parse_or(struct walk *walk, struct query_text *value)
{
    return query_filter_parse_logic(value, QUERY_OR, false, walk->query);
}

static enum status parse_not_and(struct walk *walk, struct query_text *value)
{
    return query_filter_parse_logic(value, QUERY_AND, true, walk->query);
}

static enum status parse_not_or(struct walk *walk, struct query_text *value)
{
    return query_filter_parse_logic(value, QUERY_OR, true, walk->query);
}

/* Whoever subscribes reads these; an empty one is a mistake in any case. */
static enum status keep(struct query_text *value, struct slice *target)
{
    *target = value->whole;
    return value->whole.size > 0 ? OK : query_text_expected(value, "a value");
}

static enum status parse_stance(struct walk *walk, struct query_text *value)
{
    return keep(value, &walk->query->stance);
}

static enum status parse_audit(struct walk *walk, struct query_text *value)
{
    return keep(value, &walk->query->audit);
}

static enum status parse_sample(struct walk *walk, struct query_text *value)
{
    return keep(value, &walk->query->sample);
}

static enum status parse_debounce(struct walk *walk, struct query_text *value)
{
    return keep(value, &walk->query->debounce);
}

static enum status parse_max_wait(struct walk *walk, struct query_text *value)
{
    return keep(value, &walk->query->max_wait);
}
