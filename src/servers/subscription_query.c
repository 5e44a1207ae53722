#include "servers/subscription_query.h"

#include "servers/http_filter.h"

/* What a live state has not: a first row, an order, a stance other than conflate. */
static enum status refuse_others(const struct query *query, struct err *err)
{
    if (query->order_count > 0 || query->has_limit || query->offset > 0)
        return err_set(err, "0A000",
                       "a subscription has no order, limit or offset: declare a view");
    if (query->stance.data && !slice_is(query->stance, "conflate"))
        return err_set(err, "0A000", "stance=%.*s is not supported yet",
                       (int)MIN(query->stance.size, (size_t)32), query->stance.data);
    if (query->audit.data || query->sample.data || query->debounce.data || query->max_wait.data)
        return err_set(err, "0A000", "audit, sample and debounce are not supported yet");
    if (http_filter_needs_schema(query))
        return err_set(err, "0A000", "in a subscription * stands alone in select");
    return OK;
}

enum status subscription_query(const struct query *query, struct arena *arena,
                               struct subscribe_options *options, struct err *err)
{
    if (refuse_others(query, err)) return FAIL;
    options->condition = http_filter_condition(query, arena);
    options->columns = http_filter_columns(query, NULL, arena, &options->column_count);
    return OK;
}
