#include "servers/http_filter.h"

#include "base/assert.h"

static void convert(const struct query_node *node, struct condition *out, struct arena *arena);

static u32 sibling_count(const struct query_node *node)
{
    u32 count = 0;
    for (; node; node = node->next)
        count++;
    return count;
}

static void convert_children(const struct query_node *first, struct condition *out,
                             struct arena *arena)
{
    out->child_count = sibling_count(first);
    out->children = arena_array(arena, struct condition, out->child_count);
    u32 index = 0;
    for (const struct query_node *node = first; node; node = node->next)
        convert(node, &out->children[index++], arena);
}

struct condition *http_filter_condition(const struct query *query, struct arena *arena)
{
    if (!query->filter) return NULL;
    struct condition *all = arena_new(arena, struct condition);
    if (!query->filter->next) {
        convert(query->filter, all, arena);
    } else {
        all->kind = CONDITION_AND;
        convert_children(query->filter, all, arena);
    }
    return all;
}

static void convert_filter(const struct query_node *node, struct condition *out,
                           struct arena *arena)
{
    out->kind = CONDITION_COMPARE;
    out->column = node->column;
    out->op = slice_of(query_op_name(node->op));
    if (node->op == QUERY_IN) {
        out->value_count = node->value_count;
        out->values = arena_copy(arena, node->values, node->value_count * sizeof *node->values);
        return;
    }
    out->value_count = 1;
    out->values = arena_array(arena, struct slice, 1);
    out->values[0] = node->op == QUERY_IS ? slice_of(query_is_name(node->is)) : node->value;
}

static void convert(const struct query_node *node, struct condition *out, struct arena *arena)
{
    *out = (struct condition){ .negated = node->negated };
    switch (node->kind) {
    case QUERY_FILTER: convert_filter(node, out, arena); return;
    case QUERY_AND:
    case QUERY_OR:
        out->kind = node->kind == QUERY_AND ? CONDITION_AND : CONDITION_OR;
        convert_children(node->child, out, arena);
        return;
    }
    unreachable();
}

bool http_filter_needs_schema(const struct query *query)
{
    if (query->select_count < 2) return false;
    for (u32 index = 0; index < query->select_count; index++)
        if (query->select[index].star) return true;
    return false;
}

struct read_column *http_filter_columns(const struct query *query, const struct schema *schema,
                                        struct arena *arena, u32 *count)
{
    *count = 0;
    if (query->select_count == 0) return NULL;
    if (query->select_count == 1 && query->select[0].star) return NULL;
    u32 most = query->select_count * (schema ? schema->column_count : 1);
    struct read_column *columns = arena_array(arena, struct read_column, most);
    for (u32 index = 0; index < query->select_count; index++) {
        const struct query_select *select = &query->select[index];
        if (!select->star) {
            columns[(*count)++] = (struct read_column){ .name = select->column,
                                                        .rename = select->name,
                                                        .cast = select->cast };
            continue;
        }
        assert(schema);
        for (u32 column = 0; column < schema->column_count; column++)
            columns[(*count)++].name = slice_of(schema->columns[column].name);
    }
    return columns;
}

struct read_order *http_filter_order(const struct query *query, struct arena *arena)
{
    struct read_order *orders = arena_array(arena, struct read_order, query->order_count);
    for (u32 index = 0; index < query->order_count; index++) {
        const struct query_order *order = &query->order[index];
        orders[index] =
            (struct read_order){ .column = order->column,
                                 .descending = order->descending,
                                 .nulls_first = order->nulls == QUERY_NULLS_DEFAULT
                                                    ? order->descending
                                                    : order->nulls == QUERY_NULLS_FIRST };
    }
    return orders;
}

enum status http_filter_without_stance(const struct query *query, struct err *err)
{
    if (!query->stance.data && !query->audit.data && !query->sample.data && !query->debounce.data &&
        !query->max_wait.data)
        return OK;
    err_set(err, "22023", "stance, audit, sample, debounce and max_wait are for subscriptions");
    return err_hint(err, "Subscribe with Accept: text/event-stream.");
}
