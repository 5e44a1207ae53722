#include "data/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/assert.h"
#include "data/regex_internal.h"

/* Bounds of one match: steps of backtracking (some 20 ns each), and KiB of memory for them. Honest
 * expressions need a few steps a byte. */
#define STEP_COUNT_MAX(size) (50000 + (u32)MIN(32 * (u64)(size), 1u << 24))
#define HEAP_KIB_MAX         4096

struct regex {
    pcre2_code *code;
    u32 group_count;
};

struct regex_scratch {
    pcre2_match_context *context;
    pcre2_match_data *data;
};

static void *take(PCRE2_SIZE size, void *arena)
{
    return arena_alloc(arena, size);
}

/* The arena gives everything back at once. */
static void give(void *block, void *arena)
{
    (void)block, (void)arena;
}

static enum status compile_error(int code, struct err *err);

enum status regex_make(struct arena *arena, struct slice pattern, struct regex_options options,
                       struct regex **out, struct err *err)
{
    struct regex_source source;
    enum status status = regex_translate(arena, pattern, options, &source, err);
    if (status) return status;

    u32 flags = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C;
    if (source.options.nocase) flags |= PCRE2_CASELESS;
    flags |= source.options.newline ? PCRE2_MULTILINE : PCRE2_DOTALL;
    if (source.options.literal)
        flags = PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_LITERAL |
                (source.options.nocase ? PCRE2_CASELESS : 0u);

    struct regex *regex = arena_new(arena, struct regex);
    pcre2_general_context *general = pcre2_general_context_create(take, give, arena);
    pcre2_compile_context *compile = pcre2_compile_context_create(general);
    pcre2_set_newline(compile, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(compile, 200);
    int code;
    PCRE2_SIZE offset;
    regex->code = pcre2_compile((PCRE2_SPTR)source.text.data, source.text.size, flags, &code,
                                &offset, compile);
    if (!regex->code) return compile_error(code, err);
    pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &regex->group_count);
    *out = regex;
    return OK;
}

struct regex_scratch *regex_scratch_make(const struct regex *regex, struct arena *arena)
{
    struct regex_scratch *scratch = arena_new(arena, struct regex_scratch);
    pcre2_general_context *general = pcre2_general_context_create(take, give, arena);
    scratch->context = pcre2_match_context_create(general);
    pcre2_set_heap_limit(scratch->context, HEAP_KIB_MAX);
    u32 count = MIN(regex->group_count + 1, REGEX_GROUP_COUNT_MAX);
    scratch->data = pcre2_match_data_create(count, general);
    return scratch;
}

/* PCRE2's reason in the words of PostgreSQL. */
static enum status compile_error(int code, struct err *err)
{
    const char *reason;
    switch (code) {
    case PCRE2_ERROR_MISSING_SQUARE_BRACKET: reason = "brackets [] not balanced"; break;
    case PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS:
    case PCRE2_ERROR_UNMATCHED_CLOSING_PARENTHESIS: reason = "parentheses () not balanced"; break;
    case PCRE2_ERROR_QUANTIFIER_OUT_OF_ORDER:
    case PCRE2_ERROR_QUANTIFIER_TOO_BIG: reason = "invalid repetition count(s)"; break;
    case PCRE2_ERROR_QUANTIFIER_INVALID: reason = "quantifier operand invalid"; break;
    case PCRE2_ERROR_CLASS_RANGE_ORDER:
    case PCRE2_ERROR_CLASS_INVALID_RANGE: reason = "invalid character range"; break;
    case PCRE2_ERROR_UNKNOWN_POSIX_CLASS: reason = "invalid character class"; break;
    case PCRE2_ERROR_POSIX_NO_SUPPORT_COLLATING: reason = "invalid collating element"; break;
    case PCRE2_ERROR_BAD_SUBPATTERN_REFERENCE: reason = "invalid backreference number"; break;
    case PCRE2_ERROR_PATTERN_TOO_LARGE:
    case PCRE2_ERROR_PARENTHESES_NEST_TOO_DEEP:
    case PCRE2_ERROR_PATTERN_TOO_COMPLICATED: reason = "regular expression is too complex"; break;
    default: reason = "invalid escape \\ sequence"; break;
    }
    return err_set(err, "2201B", "invalid regular expression: %s", reason);
}

u32 regex_group_count(const struct regex *regex)
{
    return regex->group_count;
}

enum status regex_find(const struct regex *regex, struct regex_scratch *scratch, struct slice text,
                       size_t offset, bool *found, struct regex_match *match, struct err *err)
{
    const char *data = text.data ? text.data : "";
    pcre2_set_match_limit(scratch->context, STEP_COUNT_MAX(text.size));
    int count = pcre2_match(regex->code, (PCRE2_SPTR)data, text.size, offset, PCRE2_NO_UTF_CHECK,
                            scratch->data, scratch->context);
    *found = count >= 0;
    if (count == PCRE2_ERROR_NOMATCH) return OK;
    if (count < 0)
        return err_set(err, "2201B",
                       "regular expression failed: regular expression is too complex");
    if (!match) return OK;
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(scratch->data);
    match->count = MIN(regex->group_count + 1, REGEX_GROUP_COUNT_MAX);
    for (u32 i = 0; i < match->count; i++) {
        bool set = (count == 0 || i < (u32)count) && offsets[2 * i] != PCRE2_UNSET;
        match->groups[i].start = set ? (i64)offsets[2 * i] : -1;
        match->groups[i].end = set ? (i64)offsets[2 * i + 1] : -1;
    }
    return OK;
}

enum status regex_options_read(struct slice flags, struct regex_options *options, bool *global,
                               struct err *err)
{
    for (size_t i = 0; i < flags.size; i++) {
        switch (flags.data[i]) {
        case 'g':
            if (!global)
                return err_set(err, "22023", "%s does not support the \"global\" option",
                               "regexp_like()");
            *global = true;
            break;
        case 'i': options->nocase = true; break;
        case 'c': options->nocase = false; break;
        case 'm':
        case 'n': options->newline = true; break;
        case 's': options->newline = false; break;
        case 'x': options->expanded = true; break;
        case 't': options->expanded = false; break;
        case 'q': options->literal = true; break;
        case 'e': break;
        case 'b':
        case 'p':
        case 'w':
            return err_set(err, "0A000", "regular expression option \"%c\" is not supported",
                           flags.data[i]);
        default:
            return err_set(err, "22023", "invalid regular expression option: \"%.*s\"",
                           (int)MIN(flags.size - i, 4), flags.data + i);
        }
    }
    return OK;
}
