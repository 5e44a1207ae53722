/* Two texts of one definition: whether they say the same, and where they part. */
#include "plan/lex.h"
#include "plan/parse.h"

#define EXCERPT_TOKEN_COUNT 8

/* `;` says nothing about a definition. */
static struct lex_token next_token(struct lex *lex)
{
    struct lex_token token = lex_next(lex);
    while (lex_is_punct(&token, ';'))
        token = lex_next(lex);
    return token;
}

const char *parse_canonical(struct slice text, struct arena *arena)
{
    char *canonical = arena_alloc(arena, text.size * 2 + 1);
    size_t size = 0;
    struct lex lex = lex_make(text);
    for (struct lex_token token = next_token(&lex); token.kind != LEX_END;
         token = next_token(&lex)) {
        if (size > 0) canonical[size++] = ' ';
        for (size_t i = 0; i < token.text.size; i++) {
            char c = token.text.data[i];
            bool is_upper = token.kind == LEX_WORD && c >= 'A' && c <= 'Z';
            canonical[size++] = is_upper ? (char)(c | 0x20) : c;
        }
    }
    canonical[size] = 0;
    return canonical;
}

static bool is_same(const struct lex_token *a, const struct lex_token *b)
{
    if (a->kind != b->kind || a->text.size != b->text.size) return false;
    if (a->kind != LEX_WORD) return slice_equal(a->text, b->text);
    for (size_t i = 0; i < a->text.size; i++) {
        char x = a->text.data[i], y = b->text.data[i];
        if (x >= 'A' && x <= 'Z') x |= 0x20;
        if (y >= 'A' && y <= 'Z') y |= 0x20;
        if (x != y) return false;
    }
    return true;
}

static struct slice excerpt(struct lex lex, struct lex_token token)
{
    const char *start = token.text.data;
    const char *end = start;
    for (u32 i = 0; i < EXCERPT_TOKEN_COUNT && token.kind != LEX_END; i++) {
        end = token.text.data + token.text.size;
        token = next_token(&lex);
    }
    return slice_make(start, (size_t)(end - start));
}

bool parse_differ(struct slice known, struct slice given, struct parse_difference *difference)
{
    struct lex a = lex_make(known), b = lex_make(given);
    for (;;) {
        struct lex_token x = next_token(&a), y = next_token(&b);
        if (!is_same(&x, &y)) {
            *difference = (struct parse_difference){ .known = excerpt(a, x),
                                                     .given = excerpt(b, y),
                                                     .known_offset = x.offset,
                                                     .given_offset = y.offset };
            return true;
        }
        if (x.kind == LEX_END) return false;
    }
}
