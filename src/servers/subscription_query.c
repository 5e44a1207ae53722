#include "servers/subscription_query.h"

#include "servers/http_filter.h"

static enum status refuse_stances(const struct query *query, struct err *err)
{
    if (query->stance.data && !slice_is(query->stance, "conflate"))
        return err_set(err, "0A000", "stance=%.*s is not supported yet",
                       (int)MIN(query->stance.size, (size_t)32), query->stance.data);
    if (query->audit.data || query->sample.data || query->debounce.data || query->max_wait.data)
        return err_set(err, "0A000", "audit, sample and debounce are not supported yet");
    return OK;
}

enum status subscription_query(struct engine *engine, const struct query *query,
                               struct arena *arena, struct subscribe_options *options,
                               struct err *err)
{
    const struct schema *schema = NULL;
    if (refuse_stances(query, err)) return FAIL;
    if (http_filter_needs_schema(query) &&
        read_relation_schema(engine, options->relation, &schema, err))
        return FAIL;
    options->condition = http_filter_condition(query, arena);
    options->columns = http_filter_columns(query, schema, arena, &options->column_count);
    options->order = http_filter_order(query, arena);
    options->order_count = query->order_count;
    options->has_limit = query->has_limit;
    options->limit = query->limit;
    options->offset = query->offset;
    return OK;
}
