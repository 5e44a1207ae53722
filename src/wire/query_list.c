#include "base/assert.h"
#include "wire/query_internal.h"

/* What may follow a name in PostgREST but not here. */
static enum status refuse_embedding(struct query_text *text)
{
    struct slice rest = query_text_rest(text);
    if (rest.size >= 2 && rest.data[0] == '(' && rest.data[1] == ')')
        return query_text_unsupported(text, "aggregates are");
    if (rest.size >= 1 && (rest.data[0] == '(' || rest.data[0] == '!'))
        return query_text_unsupported(text, "embedded resources are");
    if (rest.size >= 1 && rest.data[0] == '.')
        return query_text_unsupported(text, "aggregates are");
    return OK;
}

/* "name:", but not the "::" of a cast. */
static bool take_alias_end(struct query_text *text)
{
    struct slice rest = query_text_rest(text);
    bool is_cast = rest.size >= 2 && rest.data[1] == ':';
    return !is_cast && query_text_take(text, ':');
}

/* "*" or [alias ":"] column ["::" type]. */
static enum status take_select(struct query_text *text, struct query_select *select)
{
    query_text_take_spaces(text);
    if (query_text_take_word(text, "..."))
        return query_text_unsupported(text, "embedded resources are");
    if (query_text_take(text, '*')) {
        select->star = true;
        select->column = SLICE("*");
        return OK;
    }
    if (query_text_name(text, &select->column)) return FAIL;
    if (take_alias_end(text)) {
        select->name = select->column;
        if (query_text_name(text, &select->column)) return FAIL;
    }
    if (refuse_embedding(text)) return FAIL;
    if (query_text_take_word(text, "::")) return query_text_identifier(text, &select->cast);
    return OK;
}

enum status query_list_parse_select(struct query_text *text, struct query *query)
{
    u32 room = query_text_room(text, QUERY_COLUMN_COUNT_MAX), count = 0;
    struct query_select *select = arena_array(text->arena, struct query_select, room);
    do {
        if (count == room) return query_text_too_many(text, "columns", QUERY_COLUMN_COUNT_MAX);
        if (take_select(text, &select[count++])) return FAIL;
    } while (query_text_take_spaced(text, ','));
    if (!query_text_at_end(text))
        return query_text_expected(text, "\":\", \"::\", \",\" or end of input");
    query->select = select;
    query->select_count = count;
    return OK;
}

static bool take_nulls(struct query_text *text, struct query_order *order)
{
    if (query_text_take_word(text, ".nullsfirst"))
        order->nulls = QUERY_NULLS_FIRST;
    else if (query_text_take_word(text, ".nullslast"))
        order->nulls = QUERY_NULLS_LAST;
    return order->nulls != QUERY_NULLS_DEFAULT;
}

/* column [".asc" | ".desc"] [".nullsfirst" | ".nullslast"]. */
static enum status take_order(struct query_text *text, struct query_order *order)
{
    query_text_take_spaces(text);
    if (query_text_name(text, &order->column)) return FAIL;
    if (query_text_peek(text) == '(')
        return query_text_unsupported(text, "ordering by embedded resources is");
    order->descending = query_text_take_word(text, ".desc");
    if (!order->descending) (void)query_text_take_word(text, ".asc");
    (void)take_nulls(text, order);
    query_text_take_spaces(text);
    char c = query_text_peek(text);
    if (query_text_at_end(text) || c == ',') return OK;
    return query_text_expected(text, "\",\", end of input, asc, desc, nullsfirst or nullslast");
}

enum status query_list_parse_order(struct query_text *text, struct query *query)
{
    u32 room = query_text_room(text, QUERY_ORDER_COUNT_MAX), count = 0;
    struct query_order *order = arena_array(text->arena, struct query_order, room);
    do {
        if (count == room)
            return query_text_too_many(text, "columns to order by", QUERY_ORDER_COUNT_MAX);
        if (take_order(text, &order[count++])) return FAIL;
    } while (query_text_take_spaced(text, ','));
    assert(query_text_at_end(text));
    query->order = order;
    query->order_count = count;
    return OK;
}
