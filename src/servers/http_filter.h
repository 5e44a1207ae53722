/* From the query parameters of a URL to what the engine reads: conditions, columns, orders. */
#pragma once

#include "engine/read.h"
#include "wire/query.h"

/* The filters as a condition in the arena; NULL without filters. */
struct condition *http_filter_condition(const struct query *query, struct arena *arena);

/* The columns of select; none means all. `*` among others is all columns of schema, which may be NULL when
 * http_filter_needs_schema says no. */
bool http_filter_needs_schema(const struct query *query);
struct read_column *http_filter_columns(const struct query *query, const struct schema *schema,
                                        struct arena *arena, u32 *count);
struct read_order *http_filter_order(const struct query *query, struct arena *arena);
/* stance and its parameters say how a subscription is told: to other requests they mean nothing (22023). */
MUST_USE enum status http_filter_without_stance(const struct query *query, struct err *err);
