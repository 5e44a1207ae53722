/* SIMILAR TO: % and _ are wildcards, | * + ? { } ( ) [ ] as in regular expressions, everything else is
 * itself, and the whole text must match. */
#include "base/utf8.h"
#include "data/regex.h"

/* What is left of the pattern, and what is written: at most three bytes for one. */
struct writer {
    struct slice rest;
    struct slice escape;
    char *out;
    size_t size;
    bool in_brackets;
};

static void put(struct writer *w, const char *text)
{
    size_t size = strlen(text);
    memcpy(w->out + w->size, text, size);
    w->size += size;
}

static void skip(struct writer *w, size_t count)
{
    w->rest = slice_make(w->rest.data + count, w->rest.size - count);
}

static void copy(struct writer *w, size_t count)
{
    memcpy(w->out + w->size, w->rest.data, count);
    w->size += count;
    skip(w, count);
}

static enum status put_escaped(struct writer *w, struct err *err);
static void put_character(struct writer *w, size_t size);

enum status regex_similar_translate(struct arena *arena, struct slice pattern, struct slice escape,
                                    struct slice *out, struct err *err)
{
    if (escape.size > 0 && utf8_size(escape.data[0]) != escape.size) {
        err_set(err, "22025", "invalid escape string");
        return err_hint(err, "Escape string must be empty or one character.");
    }
    struct writer w = { .rest = pattern, .escape = escape };
    w.out = arena_alloc(arena, pattern.size * 3 + 16);
    put(&w, "^(?:");
    while (w.rest.size > 0) {
        size_t size = utf8_size(w.rest.data[0]);
        bool escaped = escape.size > 0 && slice_equal(slice_make(w.rest.data, size), escape);
        if (!escaped)
            put_character(&w, size);
        else if (put_escaped(&w, err))
            return FAIL;
    }
    put(&w, ")$");
    *out = slice_make(w.out, w.size);
    return OK;
}

/* An escape at the end stands for nothing. */
static enum status put_escaped(struct writer *w, struct err *err)
{
    skip(w, w->escape.size);
    if (w->rest.size == 0) return OK;
    if (w->rest.data[0] == '"' && !w->in_brackets)
        return err_set(err, "0A000",
                       "an escaped double quote in a SQL regular expression is not supported");
    put(w, "\\");
    copy(w, utf8_size(w->rest.data[0]));
    return OK;
}

static void put_character(struct writer *w, size_t size)
{
    char c = w->rest.data[0];
    if (w->in_brackets) {
        if (c == '\\') put(w, "\\");
        if (c == ']') w->in_brackets = false;
        copy(w, size);
    } else if (c == '%' || c == '_' || c == '(') {
        put(w, c == '%' ? ".*" : c == '_' ? "." : "(?:");
        skip(w, 1);
    } else {
        if (c == '\\' || c == '.' || c == '^' || c == '$') put(w, "\\");
        if (c == '[') w->in_brackets = true;
        copy(w, size);
    }
}
