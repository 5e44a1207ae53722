#include "plan/lex.h"

#include "base/assert.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_newline(char c)
{
    return c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Every byte of a character beyond ASCII counts as a letter, as in PostgreSQL's scanner. */
static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (u8)c >= 0x80;
}

static bool is_name_part(char c)
{
    return is_name_start(c) || is_digit(c) || c == '$';
}

static bool is_operator(char c)
{
    return c != 0 && strchr("+-*/<>=~!@#%^&|`?", c);
}

/* The byte at offset, 0 behind the end; a NUL in the text is no character of SQL either. */
static char at(const struct lex *lex, u64 offset)
{
    return offset < lex->text.size ? lex->text.data[offset] : 0;
}

static bool is_line_comment(const struct lex *lex, u64 offset)
{
    return at(lex, offset) == '-' && at(lex, offset + 1) == '-';
}

static bool is_block_comment(const struct lex *lex, u64 offset)
{
    return at(lex, offset) == '/' && at(lex, offset + 1) == '*';
}

static u64 skip_line(const struct lex *lex, u64 offset)
{
    while (offset < lex->text.size && !is_newline(lex->text.data[offset]))
        offset += 1;
    return offset;
}

static void note_raw_run(struct lex *lex)
{
    if (lex->offset < lex->raw_end) return;
    lex->raw_end = lex->offset;
    while (is_operator(at(lex, lex->raw_end)))
        lex->raw_end += 1;
    lex->raw_size = MAX(lex->raw_size, lex->raw_end - lex->offset);
}

static void skip_block(struct lex *lex)
{
    u64 level = 0;
    do {
        if (is_block_comment(lex, lex->offset)) {
            note_raw_run(lex);
            level += 1;
            lex->offset += 2;
        } else if (at(lex, lex->offset) == '*' && at(lex, lex->offset + 1) == '/') {
            level -= 1;
            lex->offset += 2;
        } else {
            lex->offset += 1;
        }
    } while (level > 0 && lex->offset < lex->text.size);
    lex->offset = MIN(lex->offset, lex->text.size);
    lex->is_open = level > 0;
}

static void skip_space(struct lex *lex)
{
    lex->is_open = false;
    while (lex->offset < lex->text.size) {
        if (is_space(lex->text.data[lex->offset])) {
            lex->offset += 1;
        } else if (is_line_comment(lex, lex->offset)) {
            lex->offset = skip_line(lex, lex->offset);
        } else if (is_block_comment(lex, lex->offset)) {
            skip_block(lex);
        } else {
            return;
        }
    }
}

/* A string goes on behind its quote when only space with a line's end in it, and comments of lines,
 * stand before the next quote. Returns the offset of that quote, or 0. */
static u64 find_continuation(const struct lex *lex, u64 offset)
{
    bool has_newline = false;
    while (offset < lex->text.size) {
        char c = lex->text.data[offset];
        if (is_space(c)) {
            has_newline |= is_newline(c);
            offset += 1;
        } else if (is_line_comment(lex, offset)) {
            offset = skip_line(lex, offset);
        } else {
            return has_newline && c == '\'' ? offset : 0;
        }
    }
    return 0;
}

/* From behind the opening quote to behind the closing one. */
static bool skip_quoted(struct lex *lex, char quote, bool has_escapes)
{
    while (lex->offset < lex->text.size) {
        char c = lex->text.data[lex->offset];
        lex->offset += 1;
        if (c == '\\' && has_escapes) {
            if (lex->offset < lex->text.size) lex->offset += 1;
        } else if (c == quote) {
            if (at(lex, lex->offset) == quote) {
                lex->offset += 1;
                continue;
            }
            u64 next = quote == '\'' ? find_continuation(lex, lex->offset) : 0;
            if (next == 0) return true;
            lex->offset = next + 1;
        }
    }
    return false;
}

/* At a `$`: the size of $tag$, or 0. */
static u64 dollar_tag_size(const struct lex *lex)
{
    u64 offset = lex->offset + 1;
    if (is_name_start(at(lex, offset))) {
        while (is_name_start(at(lex, offset)) || is_digit(at(lex, offset)))
            offset += 1;
    }
    return at(lex, offset) == '$' ? offset + 1 - lex->offset : 0;
}

static bool skip_dollar_quoted(struct lex *lex, u64 tag_size)
{
    const char *tag = lex->text.data + lex->offset;
    const char *start = tag + tag_size;
    const char *end = lex->text.data + lex->text.size;
    const char *found = memmem(start, (size_t)(end - start), tag, tag_size);
    lex->offset = found ? (u64)(found - lex->text.data) + tag_size : lex->text.size;
    return found;
}

static void skip_number(struct lex *lex)
{
    while (is_digit(at(lex, lex->offset)))
        lex->offset += 1;
    if (at(lex, lex->offset) == '.' && at(lex, lex->offset + 1) != '.') {
        lex->offset += 1;
        while (is_digit(at(lex, lex->offset)))
            lex->offset += 1;
    }
    char e = at(lex, lex->offset);
    if (e != 'e' && e != 'E') return;
    u64 offset = lex->offset + 1;
    if (at(lex, offset) == '+' || at(lex, offset) == '-') offset += 1;
    if (!is_digit(at(lex, offset))) return;
    while (is_digit(at(lex, offset)))
        offset += 1;
    lex->offset = offset;
}

static enum lex_kind lex_quoted(struct lex *lex, char quote, bool has_escapes, bool *is_open)
{
    lex->offset += 1;
    *is_open = !skip_quoted(lex, quote, has_escapes);
    return quote == '"' ? LEX_NAME : LEX_STRING;
}

/* A word, or a string or name that begins with a letter: e'', b'', x'', n'', u&'', u&"". */
static enum lex_kind lex_word(struct lex *lex, bool *is_open)
{
    u64 start = lex->offset;
    while (is_name_part(at(lex, lex->offset)))
        lex->offset += 1;
    if (lex->offset - start > 1) return LEX_WORD;

    char letter = (char)(lex->text.data[start] | 0x20);
    char next = at(lex, lex->offset);
    if (next == '\'' && strchr("ebxn", letter)) {
        return lex_quoted(lex, '\'', letter == 'e', is_open);
    }
    char quote = at(lex, lex->offset + 1);
    if (letter == 'u' && next == '&' && (quote == '\'' || quote == '"')) {
        lex->offset += 1;
        return lex_quoted(lex, quote, false, is_open);
    }
    return LEX_WORD;
}

static enum lex_kind lex_dollar(struct lex *lex, bool *is_open)
{
    u64 tag_size = dollar_tag_size(lex);
    if (tag_size > 0) {
        *is_open = !skip_dollar_quoted(lex, tag_size);
        return LEX_STRING;
    }
    lex->offset += 1;
    if (!is_digit(at(lex, lex->offset))) return LEX_PUNCT;
    while (is_digit(at(lex, lex->offset)))
        lex->offset += 1;
    return LEX_PARAM;
}

static void find_run(struct lex *lex)
{
    note_raw_run(lex);
    u64 end = lex->offset;
    lex->run_special_end = lex->run_solid_end = 0;
    while (is_operator(at(lex, end))) {
        if (is_line_comment(lex, end) || is_block_comment(lex, end)) break;
        char c = at(lex, end);
        end += 1;
        if (strchr("~!@#^&|`?%", c)) lex->run_special_end = end;
        if (c != '+' && c != '-') lex->run_solid_end = end;
    }
    lex->run_end = end;
}

/* An operator of several characters ends in + or - only when one of the special ones is in it, so
 * that `a<-1` is a comparison with -1. */
static enum lex_kind lex_operator(struct lex *lex)
{
    u64 start = lex->offset;
    if (start >= lex->run_end) find_run(lex);
    assert(lex->run_end > start);
    if (lex->run_special_end > start) {
        lex->offset = lex->run_end;
    } else {
        lex->offset = MAX(lex->run_solid_end, start + 1);
    }
    return LEX_OPERATOR;
}

static enum lex_kind lex_one(struct lex *lex, bool *is_open)
{
    char c = lex->text.data[lex->offset];
    if (is_name_start(c)) return lex_word(lex, is_open);
    if (is_digit(c) || (c == '.' && is_digit(at(lex, lex->offset + 1)))) {
        skip_number(lex);
        return LEX_NUMBER;
    }
    if (c == '\'' || c == '"') return lex_quoted(lex, c, false, is_open);
    if (c == '$') return lex_dollar(lex, is_open);
    if (is_operator(c)) return lex_operator(lex);
    char next = at(lex, lex->offset + 1);
    bool is_double = (c == ':' && (next == ':' || next == '=')) || (c == '.' && next == '.');
    lex->offset += is_double ? 2 : 1;
    return LEX_PUNCT;
}

struct lex_token lex_next(struct lex *lex)
{
    skip_space(lex);
    struct lex_token token = { .kind = LEX_END, .offset = lex->offset, .is_open = lex->is_open };
    if (lex->offset < lex->text.size) token.kind = lex_one(lex, &token.is_open);
    token.text = slice_make(lex->text.data + token.offset, lex->offset - token.offset);
    assert(lex->offset <= lex->text.size);
    return token;
}

bool lex_is_word(const struct lex_token *token, const char *lower)
{
    return token->kind == LEX_WORD && slice_is_nocase(token->text, lower);
}

struct level {
    u32 token_count; /* since the last comma */
    u32 child;       /* the deepest bracket since the last comma */
    u32 deepest;     /* of the parts between commas */
    u32 set_count;   /* UNION and its kin nest to the left across commas */
    u32 comma_count;
};

struct meter {
    struct level *levels;
    u32 top;
    u32 closed_width; /* of the bracket that the token before has closed, else 0 */
    struct lex_measure sum;
};

static void level_end_item(struct level *level)
{
    level->deepest = MAX(level->deepest, level->token_count + level->child);
    level->token_count = level->child = 0;
}

static u32 level_depth(struct level *level)
{
    level_end_item(level);
    return level->deepest + level->set_count;
}

static void meter_open(struct meter *meter)
{
    meter->levels[meter->top].token_count += 1;
    meter->top += 1;
    meter->levels[meter->top] = (struct level){ .token_count = 0 };
}

static void meter_close(struct meter *meter)
{
    struct level *level = &meter->levels[meter->top];
    u32 depth = level_depth(level);
    meter->closed_width = level->comma_count + 1;
    meter->top -= 1;
    level = &meter->levels[meter->top];
    level->child = MAX(level->child, depth);
}

static void meter_comma(struct level *level)
{
    level_end_item(level);
    level->comma_count += 1;
}

static void meter_count(struct meter *meter, const struct lex_token *token)
{
    struct level *level = &meter->levels[meter->top];
    level->token_count += 1;
    if (lex_is_word(token, "union") || lex_is_word(token, "intersect") ||
        lex_is_word(token, "except")) {
        level->set_count += 1;
    }
    if (token->kind == LEX_OPERATOR && slice_is(token->text, "=")) {
        meter->sum.row_width = MAX(meter->sum.row_width, meter->closed_width);
    }
}

static void meter_token(struct meter *meter, const struct lex_token *token)
{
    if (lex_is_punct(token, '(') || lex_is_punct(token, '[')) {
        meter_open(meter);
    } else if ((lex_is_punct(token, ')') || lex_is_punct(token, ']')) && meter->top > 0) {
        meter_close(meter);
        return;
    } else if (lex_is_punct(token, ',')) {
        meter_comma(&meter->levels[meter->top]);
    } else {
        meter_count(meter, token);
    }
    meter->closed_width = 0;
}

struct lex_measure lex_measure(struct slice text, struct arena *scratch)
{
    assert(text.size < UINT32_MAX / 2);
    struct meter meter = { .levels =
                               arena_alloc(scratch, sizeof(struct level) * (LEX_LEVEL_MAX + 1)) };
    meter.levels[0] = (struct level){ .token_count = 0 };
    struct lex lex = lex_make(text);
    for (struct lex_token token = lex_next(&lex); token.kind != LEX_END; token = lex_next(&lex)) {
        meter_token(&meter, &token);
        if (meter.top == LEX_LEVEL_MAX) {
            meter.sum.depth = UINT32_MAX;
            return meter.sum;
        }
    }
    for (u32 i = 0; i <= meter.top; i++)
        meter.sum.depth += level_depth(&meter.levels[i]);
    meter.sum.run_size = lex.raw_size;
    return meter.sum;
}
