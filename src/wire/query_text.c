#include "base/assert.h"
#include "wire/chars.h"
#include "wire/query_internal.h"

bool query_text_at_end(const struct query_text *text)
{
    assert(text->at <= text->whole.size);
    return text->at == text->whole.size;
}

char query_text_peek(const struct query_text *text)
{
    return query_text_at_end(text) ? '\0' : text->whole.data[text->at];
}

struct slice query_text_rest(const struct query_text *text)
{
    return slice_make(text->whole.data + text->at, text->whole.size - text->at);
}

bool query_text_take(struct query_text *text, char c)
{
    if (query_text_at_end(text) || text->whole.data[text->at] != c) return false;
    text->at++;
    return true;
}

bool query_text_take_word(struct query_text *text, const char *word)
{
    struct slice rest = query_text_rest(text);
    size_t size = strlen(word);
    if (rest.size < size || memcmp(rest.data, word, size) != 0) return false;
    text->at += size;
    return true;
}

void query_text_take_spaces(struct query_text *text)
{
    while (query_text_take(text, ' '))
        continue;
}

bool query_text_take_spaced(struct query_text *text, char c)
{
    size_t at = text->at;
    query_text_take_spaces(text);
    if (!query_text_take(text, c)) {
        text->at = at;
        return false;
    }
    query_text_take_spaces(text);
    return true;
}

static bool is_continuation(char c)
{
    return ((u8)c & 0xc0) == 0x80;
}

/* The cursor in characters, from 1. */
static u32 column_of(const struct query_text *text)
{
    u32 column = 1;
    for (size_t index = 0; index < text->at; index++)
        if (!is_continuation(text->whole.data[index])) column++;
    return column;
}

/* At most size bytes of text, cut between characters. */
static int shown_size(struct slice text, size_t size)
{
    if (text.size <= size) return (int)text.size;
    while (size > 0 && is_continuation(text.data[size]))
        size--;
    return (int)size;
}

#define SHOWN_SIZE_MAX 200

/* The sentence that all messages about a text begin with. */
static enum status fail_at(const struct query_text *text, const char *sqlstate)
{
    u32 column = column_of(text);
    int size = shown_size(text->whole, SHOWN_SIZE_MAX);
    err_set(text->err, sqlstate, "\"failed to parse %s (%.*s)\" (line 1, column %u)", text->what,
            size, size ? text->whole.data : "", column);
    if (text->err) text->err->position = (i32)column;
    return FAIL;
}

enum status query_text_expected(const struct query_text *text, const char *expected)
{
    struct slice rest = query_text_rest(text);
    fail_at(text, "PGRST100");
    if (rest.size == 0)
        return err_detail(text->err, "unexpected end of input expecting %s", expected);
    int size = 1;
    while ((size_t)size < rest.size && is_continuation(rest.data[size]))
        size++;
    return err_detail(text->err, "unexpected \"%.*s\" expecting %s", size, rest.data, expected);
}

enum status query_text_unsupported(const struct query_text *text, const char *feature)
{
    fail_at(text, "0A000");
    err_detail(text->err, "%s not supported", feature);
    return err_hint(text->err, "Declare a view that computes it, and read the view.");
}

enum status query_text_too_many(const struct query_text *text, const char *things, u32 max)
{
    fail_at(text, "PGRST100");
    return err_detail(text->err, "There are more than %u %s.", max, things);
}

static bool is_identifier_char(char c)
{
    return chars_is_letter(c) || chars_is_digit(c) || c == '_' || c == '$' || c == ' ' ||
           (u8)c >= 0x80;
}

static struct slice trim_spaces(struct slice text)
{
    while (text.size > 0 && text.data[0] == ' ')
        text = slice_make(text.data + 1, text.size - 1);
    while (text.size > 0 && text.data[text.size - 1] == ' ')
        text.size--;
    return text;
}

enum status query_text_identifier(struct query_text *text, struct slice *name)
{
    size_t begin = text->at;
    while (!query_text_at_end(text) && is_identifier_char(query_text_peek(text)))
        text->at++;
    *name = trim_spaces(slice_make(text->whole.data + begin, text->at - begin));
    return name->size > 0 ? OK : query_text_expected(text, "identifier ([a..z0..9_$])");
}

/* A dash belongs to a name unless it is the start of an arrow. */
static bool is_dash(const struct query_text *text)
{
    struct slice rest = query_text_rest(text);
    return rest.size > 0 && rest.data[0] == '-' && !(rest.size > 1 && rest.data[1] == '>');
}

enum status query_text_name(struct query_text *text, struct slice *name)
{
    if (query_text_peek(text) == '"') {
        if (query_text_quoted(text, name)) return FAIL;
        if (name->size == 0) return query_text_expected(text, "field name of at least a character");
    } else {
        size_t begin = text->at;
        while (is_identifier_char(query_text_peek(text)) || is_dash(text))
            text->at++;
        *name = trim_spaces(slice_make(text->whole.data + begin, text->at - begin));
        if (name->size == 0) return query_text_expected(text, "field name (* or [a..z0..9_$])");
    }
    struct slice rest = query_text_rest(text);
    if (rest.size >= 2 && rest.data[0] == '-' && rest.data[1] == '>')
        return query_text_unsupported(text, "json paths are");
    return OK;
}

/* Where the closing quote is, from the cursor behind the opening one; the size when there is none. */
static size_t find_quote(struct slice text, size_t at, bool *escaped)
{
    *escaped = false;
    for (; at < text.size && text.data[at] != '"'; at++) {
        if (text.data[at] != '\\') continue;
        *escaped = true;
        at++;
    }
    return MIN(at, text.size);
}

static struct slice unescape(struct arena *arena, struct slice text)
{
    char *copy = arena_alloc(arena, text.size);
    size_t size = 0;
    for (size_t index = 0; index < text.size; index++) {
        if (text.data[index] == '\\') index++;
        copy[size++] = text.data[index];
    }
    return slice_make(copy, size);
}

enum status query_text_quoted(struct query_text *text, struct slice *value)
{
    assert(query_text_peek(text) == '"');
    bool escaped;
    size_t begin = text->at + 1, end = find_quote(text->whole, begin, &escaped);
    text->at = end;
    if (end == text->whole.size) return query_text_expected(text, "\"\\\"\"");
    text->at++;
    *value = slice_make(text->whole.data + begin, end - begin);
    if (escaped) *value = unescape(text->arena, *value);
    return OK;
}

static bool ends_value(const struct query_text *text)
{
    char c = query_text_peek(text);
    return query_text_at_end(text) || c == ',' || c == ')';
}

enum status query_text_value(struct query_text *text, struct slice *value)
{
    if (query_text_peek(text) == '"') {
        if (query_text_quoted(text, value)) return FAIL;
        return ends_value(text) ? OK : query_text_expected(text, "\",\" or \")\"");
    }
    size_t begin = text->at;
    while (!ends_value(text))
        text->at++;
    *value = slice_make(text->whole.data + begin, text->at - begin);
    return OK;
}

/* Walks a list twice: first values is NULL and only *count is told, then there is room for it. */
static enum status walk_list(struct query_text *text, struct slice *values, u32 *count)
{
    struct slice value;
    *count = 0;
    if (!query_text_take_spaced(text, '(')) return query_text_expected(text, "\"(\"");
    if (query_text_take_spaced(text, ')')) return OK;
    do {
        if (*count == QUERY_IN_COUNT_MAX)
            return query_text_too_many(text, "values in a list", QUERY_IN_COUNT_MAX);
        if (query_text_value(text, values ? &values[*count] : &value)) return FAIL;
        ++*count;
    } while (query_text_take(text, ','));
    return query_text_take_spaced(text, ')') ? OK : query_text_expected(text, "\",\" or \")\"");
}

enum status query_text_list(struct query_text *text, const struct slice **values, u32 *count)
{
    u32 room;
    size_t at = text->at;
    if (walk_list(text, NULL, &room)) return FAIL;
    text->at = at;
    struct slice *list = arena_array(text->arena, struct slice, room);
    enum status status = walk_list(text, list, count);
    assert(status == OK && *count == room);
    *values = list;
    return status;
}

u32 query_text_room(const struct query_text *text, u32 max)
{
    u32 count = 1;
    for (size_t index = 0; index < text->whole.size && count < max; index++)
        if (text->whole.data[index] == ',') count++;
    return count;
}

enum status query_text_names(struct query_text *text, const struct slice **names, u32 *count)
{
    u32 room = query_text_room(text, QUERY_COLUMN_COUNT_MAX);
    struct slice *list = arena_array(text->arena, struct slice, room);
    *count = 0;
    do {
        if (*count == room) return query_text_too_many(text, "columns", QUERY_COLUMN_COUNT_MAX);
        if (query_text_name(text, &list[*count])) return FAIL;
        ++*count;
    } while (query_text_take_spaced(text, ','));
    if (!query_text_at_end(text)) return query_text_expected(text, "\",\" or end of input");
    *names = list;
    return OK;
}
