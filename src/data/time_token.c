#include "data/time_token.h"

#include <math.h>

#include "base/assert.h"
#include "data/number.h"
#include "data/time_word.h"

struct reader {
    const char *next;
    const char *end;
    char *to; /* in the buffer of the tokens */
};

static bool read_token(struct reader *reader, enum time_token_kind *kind);
static enum time_token_kind read_digits(struct reader *reader);
static enum time_token_kind read_word(struct reader *reader);
static bool read_signed(struct reader *reader, enum time_token_kind *kind);

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_punctuation(char c)
{
    return c > ' ' && c < 0x7F && !is_digit(c) && !is_letter(c);
}

static char peek(const struct reader *reader)
{
    return reader->next < reader->end ? *reader->next : '\0';
}

static void copy(struct reader *reader)
{
    char c = *reader->next++;
    *reader->to++ = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void copy_digits(struct reader *reader)
{
    while (is_digit(peek(reader)))
        copy(reader);
}

/* Copies digits, letters if asked for, and the characters of others. */
static void copy_all_of(struct reader *reader, bool letters, const char *others)
{
    for (;;) {
        char c = peek(reader);
        if (!c || !(is_digit(c) || (letters && is_letter(c)) || strchr(others, c))) return;
        copy(reader);
    }
}

static void skip_blanks(struct reader *reader)
{
    while (number_is_blank(peek(reader)))
        reader->next++;
}

bool time_tokens_read(struct slice text, struct time_tokens *out)
{
    text = number_trim(text);
    if (text.size > TIME_TEXT_SIZE_MAX) return false;
    struct reader reader = { .next = text.data, .end = text.data + text.size, .to = out->buffer };
    out->count = 0;
    for (;;) {
        skip_blanks(&reader);
        if (reader.next == reader.end) return true;
        struct time_token token = { .text = reader.to };
        if (!read_token(&reader, &token.kind)) return false;
        if (reader.to == token.text) continue;
        if (out->count == TIME_TOKEN_COUNT_MAX) return false;
        token.size = (u32)(reader.to - token.text);
        *reader.to++ = '\0';
        out->at[out->count++] = token;
    }
}

/* Copies nothing for punctuation that only separates. */
static bool read_token(struct reader *reader, enum time_token_kind *kind)
{
    char c = peek(reader);
    if (is_digit(c)) {
        *kind = read_digits(reader);
    } else if (c == '.') {
        copy(reader);
        copy_digits(reader);
        *kind = TIME_TOKEN_NUMBER;
    } else if (is_letter(c)) {
        *kind = read_word(reader);
    } else if (c == '+' || c == '-') {
        return read_signed(reader, kind);
    } else if (is_punctuation(c)) {
        reader->next++;
    } else {
        return false;
    }
    return true;
}

static enum time_token_kind read_digits(struct reader *reader)
{
    copy_digits(reader);
    char c = peek(reader);
    if (c == ':') {
        copy_all_of(reader, false, ":.");
        return TIME_TOKEN_CLOCK;
    }
    if (c != '-' && c != '/' && c != '.') return TIME_TOKEN_NUMBER;
    copy(reader);
    const char separator[] = { c, '\0' };
    if (!is_digit(peek(reader))) { /* 8-jan-1999 */
        copy_all_of(reader, true, separator);
        return TIME_TOKEN_DAY;
    }
    copy_digits(reader);
    if (peek(reader) == c) {
        copy_all_of(reader, false, separator);
        return TIME_TOKEN_DAY;
    }
    return c == '.' ? TIME_TOKEN_NUMBER : TIME_TOKEN_DAY;
}

/* A number may follow a word that is known; else both are the name of a zone. */
static enum time_token_kind read_word(struct reader *reader)
{
    const char *start = reader->to;
    while (is_letter(peek(reader)))
        copy(reader);
    char c = peek(reader);
    bool joined = c == '-' || c == '/' || c == '.';
    if (c == '+' || is_digit(c)) {
        i32 value;
        enum time_word word =
            time_word_find(slice_make(start, (size_t)(reader->to - start)), &value);
        joined = word == TIME_WORD_NONE || word == TIME_WORD_ZONE;
    }
    if (!joined) return TIME_TOKEN_WORD;
    copy_all_of(reader, true, "+-/_.:");
    return TIME_TOKEN_DAY;
}

static bool read_signed(struct reader *reader, enum time_token_kind *kind)
{
    copy(reader);
    skip_blanks(reader);
    if (is_digit(peek(reader))) {
        copy_all_of(reader, false, ":.-");
        *kind = TIME_TOKEN_OFFSET;
        return true;
    }
    if (!is_letter(peek(reader))) return false;
    while (is_letter(peek(reader)))
        copy(reader);
    *kind = TIME_TOKEN_SIGNED;
    return true;
}

bool time_token_number(const char **next, i64 max, i64 *out)
{
    if (!is_digit(**next)) return false;
    i64 value = 0;
    for (; is_digit(**next); ++*next) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, **next - '0', &value) || value > max)
            return false;
    }
    *out = value;
    return true;
}

/* Through a double and rint, half to even, as PostgreSQL rounds seconds. */
bool time_token_fraction(const char **next, i32 *micros)
{
    assert(**next == '.');
    const char *start = (*next)++;
    while (is_digit(**next))
        ++*next;
    *micros = 0;
    if (*next - start == 1) return true;
    f64 fraction;
    if (number_parse_f64(slice_make(start, (size_t)(*next - start)), &fraction)) return false;
    *micros = (i32)rint(fraction * 1e6);
    return true;
}
