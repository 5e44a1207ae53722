/* regexp_split_to_table(text, pattern [, flags]): the pieces between matches. As in PostgreSQL, an empty match
 * at either end of the text or right behind another match does not count. */
#include "base/utf8.h"
#include "data/regex.h"
#include "ops/flatten.h"

struct flatten_cursor {
    struct slice text;
    size_t search;    /* the next match is looked for from here */
    size_t piece;     /* where the piece begins */
    size_t match_end; /* of the last match, also of one that did not count */
    bool is_done;
    /* From row to row: */
    struct regex *regex; /* of pattern and flags; NULL: none yet */
    struct regex_scratch *scratch;
    struct slice pattern;
    struct slice flags;
};

/* The same pattern for all rows is compiled once. */
static enum status pattern_set(struct flatten_cursor *cursor, const struct flatten_row *row,
                               struct err *err)
{
    struct slice pattern = str_slice(&row->args[1].str);
    struct slice flags = row->arg_count > 2 ? str_slice(&row->args[2].str) : SLICE("");
    if (cursor->regex && slice_equal(pattern, cursor->pattern) && slice_equal(flags, cursor->flags))
        return OK;
    cursor->regex = NULL;
    arena_reset(row->kept);
    struct regex_options options = { 0 };
    if (regex_options_read(flags, &options, NULL, err)) return FAIL;
    if (regex_make(row->kept, pattern, options, &cursor->regex, err)) {
        cursor->regex = NULL;
        return FAIL;
    }
    cursor->scratch = regex_scratch_make(cursor->regex, row->kept);
    cursor->pattern = slice_make(arena_copy(row->kept, pattern.data, pattern.size), pattern.size);
    cursor->flags = slice_make(arena_copy(row->kept, flags.data, flags.size), flags.size);
    return OK;
}

static enum status split_open(struct flatten_cursor *cursor, const struct flatten_row *row,
                              struct err *err)
{
    if (pattern_set(cursor, row, err)) return FAIL;
    struct slice text = str_slice(&row->args[0].str);
    if (text.size <= STR_INLINE_MAX) /* it lies in the argument itself */
        text.data = arena_copy(row->arena, text.data, text.size);
    cursor->text = text;
    cursor->search = cursor->piece = cursor->match_end = 0;
    cursor->is_done = false;
    return OK;
}

/* The next match that counts; *found false at the end. */
static enum status find_match(struct flatten_cursor *cursor, bool *found, size_t *start,
                              size_t *end, struct err *err)
{
    struct slice text = cursor->text;
    for (*found = false; !*found && cursor->search <= text.size;) {
        struct regex_match match;
        bool any;
        if (regex_find(cursor->regex, cursor->scratch, text, cursor->search, &any, &match, err))
            return FAIL;
        if (!any) break;
        *start = (size_t)match.groups[0].start;
        *end = (size_t)match.groups[0].end;
        *found = *start<text.size && * end> cursor->match_end;
        cursor->match_end = cursor->search = *end;
        if (*start < *end) continue;
        struct slice rest = slice_make(text.data + *end, text.size - *end);
        cursor->search += rest.size > 0 ? utf8_size(rest.data[0]) : 1;
    }
    return OK;
}

static enum status split_next(struct flatten_cursor *cursor, struct column *column, u32 target,
                              u32 capacity, u32 *count, struct err *err)
{
    for (*count = 0; *count < capacity && !cursor->is_done; (*count)++) {
        bool found;
        size_t start, end;
        if (find_match(cursor, &found, &start, &end, err)) return FAIL;
        cursor->is_done = !found;
        size_t stop = found ? start : cursor->text.size;
        ((struct str *)column->data)[target + *count] =
            str_make(cursor->text.data + cursor->piece, stop - cursor->piece);
        cursor->piece = end;
    }
    return OK;
}

const struct flatten_function flatten_regexp_split = {
    .name = "regexp_split_to_table",
    .cursor_size = sizeof(struct flatten_cursor),
    .open = split_open,
    .next = split_next,
};
