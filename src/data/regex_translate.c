#include "base/assert.h"
#include "base/utf8.h"
#include "data/regex_internal.h"

/* The pattern as it is read, and what is written. One byte becomes at most EXPANSION bytes. */
struct translator {
    struct slice rest;
    char *out;
    size_t size;
    struct regex_options options;
    bool can_repeat; /* what stands before could take a quantifier */
    struct err *err;
};

#define EXPANSION 16

static enum status fail(struct translator *t, const char *reason)
{
    return err_set(t->err, "2201B", "invalid regular expression: %s", reason);
}

static void put(struct translator *t, const char *text)
{
    size_t size = strlen(text);
    memcpy(t->out + t->size, text, size);
    t->size += size;
}

static char peek(const struct translator *t, size_t ahead)
{
    return ahead < t->rest.size ? t->rest.data[ahead] : '\0';
}

static void skip(struct translator *t, size_t count)
{
    t->rest = slice_make(t->rest.data + count, t->rest.size - count);
}

/* Copies count bytes as they are. */
static void copy(struct translator *t, size_t count)
{
    memcpy(t->out + t->size, t->rest.data, count);
    t->size += count;
    skip(t, count);
}

static enum status read_prefix(struct translator *t);
static enum status translate_one(struct translator *t);

enum status regex_translate(struct arena *arena, struct slice pattern, struct regex_options options,
                            struct regex_source *out, struct err *err)
{
    struct translator t = { .rest = pattern, .options = options, .err = err };
    t.out = arena_alloc(arena, pattern.size * EXPANSION + 1);
    enum status status = OK;
    if (!options.literal) status = read_prefix(&t);
    if (!status && t.options.literal) copy(&t, t.rest.size);
    while (!status && t.rest.size > 0)
        status = translate_one(&t);
    *out = (struct regex_source){ .text = slice_make(t.out, t.size), .options = t.options };
    return status;
}

/* "***=" makes the rest literal, "***:" changes nothing, "(?im)" sets options. */
static enum status read_prefix(struct translator *t)
{
    if (t->rest.size >= 4 && memcmp(t->rest.data, "***", 3) == 0) {
        t->options.literal = t->rest.data[3] == '=';
        if (t->rest.data[3] != '=' && t->rest.data[3] != ':')
            return fail(t, "quantifier operand invalid");
        skip(t, 4);
        if (t->options.literal) return OK;
    }
    if (peek(t, 0) != '(' || peek(t, 1) != '?') return OK;
    size_t end = 2;
    while (peek(t, end) >= 'a' && peek(t, end) <= 'z')
        end++;
    if (end == 2 || peek(t, end) != ')') return OK;
    struct slice letters = slice_make(t->rest.data + 2, end - 2);
    if (memchr(letters.data, 'g', letters.size)) return fail(t, "invalid embedded option");
    if (regex_options_read(letters, &t->options, NULL, t->err))
        return fail(t, "invalid embedded option");
    skip(t, end + 1);
    return OK;
}

static enum status translate_escape(struct translator *t, bool in_brackets);
static enum status translate_brackets(struct translator *t);
static enum status translate_group(struct translator *t);
static enum status translate_quantifier(struct translator *t);
static void skip_comment(struct translator *t);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static enum status translate_one(struct translator *t)
{
    char c = peek(t, 0);
    if (t->options.expanded && (is_blank(c) || c == '#')) {
        if (c == '#')
            skip_comment(t);
        else
            skip(t, 1);
        return OK;
    }
    switch (c) {
    case '\\': return translate_escape(t, false);
    case '[': return translate_brackets(t);
    case '(': return translate_group(t);
    case '*':
    case '+':
    case '?': return translate_quantifier(t);
    case '{':
        if (is_digit(peek(t, 1))) return translate_quantifier(t);
        put(t, "\\{");
        skip(t, 1);
        t->can_repeat = true;
        return OK;
    case '^':
    case '|':
        t->can_repeat = false;
        copy(t, 1);
        return OK;
    case '\0': return fail(t, "invalid character");
    default:
        t->can_repeat = true;
        copy(t, utf8_size(t->rest.data[0]));
        return OK;
    }
}

static void skip_comment(struct translator *t)
{
    while (t->rest.size > 0 && peek(t, 0) != '\n')
        skip(t, 1);
}

/* After one, a ? makes it prefer few; another quantifier is an error (PCRE2 would take a + for
 * "possessive"). */
static enum status translate_quantifier(struct translator *t)
{
    if (!t->can_repeat) return fail(t, "quantifier operand invalid");
    if (peek(t, 0) == '{') {
        size_t end = 1;
        while (is_digit(peek(t, end)) || peek(t, end) == ',')
            end++;
        if (peek(t, end) != '}') {
            bool ended = end >= t->rest.size;
            return fail(t, ended ? "braces {} not balanced" : "invalid repetition count(s)");
        }
        i64 bounds[2] = { 0, -1 };
        u32 bound = 0;
        for (size_t i = 1; i < end; i++) {
            if (peek(t, i) == ',') {
                if (++bound > 1) return fail(t, "invalid repetition count(s)");
            } else {
                bounds[bound] = MAX(bounds[bound], 0) * 10 + (peek(t, i) - '0');
                if (bounds[bound] > 255) return fail(t, "invalid repetition count(s)");
            }
        }
        if (bounds[1] >= 0 && bounds[1] < bounds[0]) return fail(t, "invalid repetition count(s)");
        copy(t, end + 1);
    } else {
        copy(t, 1);
    }
    if (peek(t, 0) == '?') copy(t, 1);
    t->can_repeat = false;
    return OK;
}

/* (?: (?= (?! (?<= (?<! are known to both; (?#...) is dropped. */
static enum status translate_group(struct translator *t)
{
    t->can_repeat = false;
    if (peek(t, 1) == '*') return fail(t, "quantifier operand invalid");
    if (peek(t, 1) != '?') {
        copy(t, 1);
        return OK;
    }
    char c = peek(t, 2);
    if (c == '#') {
        while (t->rest.size > 0 && peek(t, 0) != ')')
            skip(t, 1);
        if (t->rest.size > 0) skip(t, 1);
        return OK;
    }
    bool behind = c == '<' && (peek(t, 3) == '=' || peek(t, 3) == '!');
    if (c != ':' && c != '=' && c != '!' && !behind) return fail(t, "quantifier operand invalid");
    copy(t, behind ? 4 : 3);
    return OK;
}

/* A set of characters. [[:<:]] and [[:>:]] are boundaries of words, inside the brackets a backslash is an
 * escape. With newline-sensitive matching a negated set does not take a newline. */
static enum status translate_brackets(struct translator *t)
{
    t->can_repeat = true;
    if (t->rest.size >= 7 &&
        (memcmp(t->rest.data, "[[:<:]]", 7) == 0 || memcmp(t->rest.data, "[[:>:]]", 7) == 0)) {
        put(t, peek(t, 3) == '<' ? "\\b(?=\\w)" : "\\b(?<=\\w)");
        skip(t, 7);
        t->can_repeat = false;
        return OK;
    }
    copy(t, 1);
    if (peek(t, 0) == '^') {
        copy(t, 1);
        if (t->options.newline) put(t, "\\n");
    }
    for (bool first = true; t->rest.size > 0; first = false) {
        char c = peek(t, 0);
        if (c == ']' && !first) {
            copy(t, 1);
            return OK;
        }
        if (c == ']') {
            put(t, "\\]");
            skip(t, 1);
        } else if (c == '\\') {
            enum status status = translate_escape(t, true);
            if (status) return status;
        } else if (c == '[' && (peek(t, 1) == ':' || peek(t, 1) == '.' || peek(t, 1) == '=')) {
            char kind = peek(t, 1);
            size_t end = 2;
            while (end + 1 < t->rest.size && !(peek(t, end) == kind && peek(t, end + 1) == ']'))
                end++;
            if (end + 1 >= t->rest.size) return fail(t, "brackets [] not balanced");
            copy(t, end + 2);
        } else if (c == '[') {
            put(t, "\\[");
            skip(t, 1);
        } else {
            copy(t, utf8_size(t->rest.data[0]));
        }
    }
    return fail(t, "brackets [] not balanced");
}

static enum status translate_code(struct translator *t, size_t skipped, size_t digits_max);
static bool translate_class(struct translator *t, char c, bool in_brackets);

/* What a letter after a backslash means to PostgreSQL, where PCRE2 has another word for it. */
static enum status translate_escape(struct translator *t, bool in_brackets)
{
    char c = peek(t, 1);
    if (t->rest.size < 2) return fail(t, "invalid escape \\ sequence");
    t->can_repeat = true;
    if (translate_class(t, c, in_brackets)) return OK;
    switch (c) {
    case 'a': put(t, "\\x07"); break;
    case 'b': put(t, "\\x08"); break;
    case 'B': put(t, "\\\\"); break;
    case 'e': put(t, "\\x1b"); break;
    case 'f': put(t, "\\f"); break;
    case 'n': put(t, "\\n"); break;
    case 'r': put(t, "\\r"); break;
    case 't': put(t, "\\t"); break;
    case 'v': put(t, "\\x0b"); break;
    case '0': put(t, "\\x{0}"); break;
    case 'u': return translate_code(t, 2, 4);
    case 'U': return translate_code(t, 2, 8);
    case 'x': return translate_code(t, 2, 255);
    default:
        if (is_digit(c) && !in_brackets) {
            put(t, "\\g{");
            skip(t, 1);
            while (is_digit(peek(t, 0)))
                copy(t, 1);
            put(t, "}");
            return OK;
        }
        if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            return fail(t, "invalid escape \\ sequence");
        copy(t, 1);
        copy(t, utf8_size(t->rest.data[0]));
        return OK;
    }
    skip(t, 2);
    return OK;
}

/* Classes and boundaries. */
static bool translate_class(struct translator *t, char c, bool in_brackets)
{
    const char *same = in_brackets ? "dsw" : "dswDSWA";
    if (c && strchr(same, c)) {
        t->can_repeat = c != 'A';
        copy(t, 2);
        return true;
    }
    const char *boundary = NULL;
    if (c == 'Z') boundary = "\\z";
    if (c == 'm') boundary = "\\b(?=\\w)";
    if (c == 'M') boundary = "\\b(?<=\\w)";
    if (c == 'y') boundary = "\\b";
    if (c == 'Y') boundary = "\\B";
    if (!boundary || in_brackets) return false;
    put(t, boundary);
    skip(t, 2);
    t->can_repeat = false;
    return true;
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* \uhhhh, \Uhhhhhhhh and \xh...: a character by its number. */
static enum status translate_code(struct translator *t, size_t skipped, size_t digits_max)
{
    skip(t, skipped);
    size_t digits = 0;
    while (digits < digits_max && is_hex(peek(t, digits)))
        digits++;
    if (digits == 0 || (digits_max <= 8 && digits != digits_max))
        return fail(t, "invalid escape \\ sequence");
    size_t zeros = 0;
    while (zeros + 1 < digits && peek(t, zeros) == '0')
        zeros++;
    if (digits - zeros > 6) return fail(t, "invalid escape \\ sequence");
    skip(t, zeros);
    put(t, "\\x{");
    copy(t, digits - zeros);
    put(t, "}");
    return OK;
}
