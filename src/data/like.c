#include "data/like.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/assert.h"
#include "base/utf8.h"

static bool take_constant(struct arena *arena, struct slice middle, struct slice *out);

struct like like_make(struct arena *arena, struct slice pattern, bool nocase)
{
    struct like like = { .kind = LIKE_GENERAL, .nocase = nocase, .pattern = pattern };
    struct slice middle = pattern;
    bool front = false, back = false;
    while (middle.size > 0 && middle.data[0] == '%') {
        front = true;
        middle = slice_make(middle.data + 1, middle.size - 1);
    }
    while (middle.size > 0 && middle.data[middle.size - 1] == '%') {
        /* An escaped % stays: that pattern is matched the long way. */
        if (middle.size > 1 && middle.data[middle.size - 2] == '\\') break;
        back = true;
        middle.size--;
    }
    if (nocase && middle.size > 0) return like;
    if (!take_constant(arena, middle, &like.text)) return like;
    if (like.text.size == 0 && (front || back))
        like.kind = LIKE_ANY;
    else if (front && back)
        like.kind = LIKE_CONTAINS;
    else if (front)
        like.kind = LIKE_SUFFIX;
    else if (back)
        like.kind = LIKE_PREFIX;
    else
        like.kind = LIKE_EQUAL;
    return like;
}

/* The text that middle stands for; false if it has a wildcard or ends in a backslash. */
static bool take_constant(struct arena *arena, struct slice middle, struct slice *out)
{
    size_t escapes = 0;
    for (size_t i = 0; i < middle.size; i++) {
        if (middle.data[i] == '%' || middle.data[i] == '_') return false;
        if (middle.data[i] != '\\') continue;
        if (++i == middle.size) return false;
        escapes++;
    }
    *out = middle;
    if (escapes == 0) return true;
    char *text = arena_alloc(arena, middle.size - escapes);
    size_t size = 0;
    for (size_t i = 0; i < middle.size; i++) {
        if (middle.data[i] == '\\') i++;
        text[size++] = middle.data[i];
    }
    *out = slice_make(text, size);
    return true;
}

static bool contains(struct slice text, struct slice part);
static enum like_result match_general(struct slice text, struct slice pattern, bool nocase);

enum like_result like_match(const struct like *like, struct slice text)
{
    const struct slice part = like->text;
    switch (like->kind) {
    case LIKE_ANY: return LIKE_YES;
    case LIKE_EQUAL: return slice_equal(text, part);
    case LIKE_PREFIX: return text.size >= part.size && memcmp(text.data, part.data, part.size) == 0;
    case LIKE_SUFFIX:
        return text.size >= part.size &&
               memcmp(text.data + text.size - part.size, part.data, part.size) == 0;
    case LIKE_CONTAINS: return contains(text, part);
    case LIKE_GENERAL: return match_general(text, like->pattern, like->nocase);
    }
    unreachable();
}

/* Starts of part in text[from..end), by its first byte. */
static bool contains_from(struct slice text, struct slice part, size_t from, size_t end)
{
    for (size_t i = from; i < end; i++) {
        if (text.data[i] == part.data[0] && memcmp(text.data + i, part.data, part.size) == 0)
            return true;
    }
    return false;
}

#define BLOCK 16

/* Sixteen starts at a time: those where the first and the last byte fit are compared. Texts are short,
 * and memmem spends more on its own beginning: 13 ns for texts of some 20 bytes, this 8. */
static bool contains(struct slice text, struct slice part)
{
    if (part.size == 0) return true;
    if (text.size < part.size) return false;
    size_t end = text.size - part.size + 1, from = 0;
#ifdef __SSE2__
    __m128i first = _mm_set1_epi8(part.data[0]);
    __m128i last = _mm_set1_epi8(part.data[part.size - 1]);
    for (; from + BLOCK <= end; from += BLOCK) {
        const char *at = text.data + from;
        __m128i starts = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i ends = _mm_loadu_si128((const __m128i *)(const void *)(at + part.size - 1));
        __m128i fits = _mm_and_si128(_mm_cmpeq_epi8(starts, first), _mm_cmpeq_epi8(ends, last));
        for (u32 mask = (u32)_mm_movemask_epi8(fits); mask; mask &= mask - 1) {
            if (memcmp(at + __builtin_ctz(mask), part.data, part.size) == 0) return true;
        }
    }
#endif
    return contains_from(text, part, from, end);
}

static char fold(char c, bool nocase)
{
    return nocase && c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* The pattern is read once, with one place to come back to: after a % the shortest text for it is
 * tried first, and a later % makes earlier ones final. So time is at most text * pattern. */
static enum like_result match_general(struct slice text, struct slice pattern, bool nocase)
{
    size_t t = 0, p = 0;
    size_t back_t = 0, back_p = SIZE_MAX; /* after the last %, and the text it has taken so far */
    for (;;) {
        bool matched = false;
        if (p < pattern.size && pattern.data[p] == '%') {
            while (p < pattern.size && pattern.data[p] == '%')
                p++;
            if (p == pattern.size) return LIKE_YES;
            if (t < text.size && p + 1 == pattern.size && pattern.data[p] == '\\')
                return LIKE_BAD_PATTERN;
            back_p = p;
            back_t = t;
            continue;
        }
        if (t == text.size && p == pattern.size) return LIKE_YES;
        if (t < text.size && p < pattern.size) {
            if (pattern.data[p] == '_') {
                t += utf8_size(text.data[t]);
                p++;
                matched = true;
            } else {
                size_t literal = p + (pattern.data[p] == '\\');
                if (literal == pattern.size) return LIKE_BAD_PATTERN;
                matched = fold(text.data[t], nocase) == fold(pattern.data[literal], nocase);
                if (matched) t++, p = literal + 1;
            }
        }
        if (matched) continue;
        if (back_p == SIZE_MAX || back_t == text.size) return LIKE_NO;
        back_t += utf8_size(text.data[back_t]);
        t = back_t;
        p = back_p;
    }
}
