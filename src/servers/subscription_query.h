/* From the query parameters of a URL to a subscription: the same for all doors that have them. */
#pragma once

#include "engine/subscribe.h"
#include "wire/query.h"

/* Sets condition, columns, order, page and pace of options, whose relation is there. Refused with 0A000: the stances that are
 * not there. */
enum status subscription_query(struct engine *engine, const struct query *query,
                               struct arena *arena, struct subscribe_options *options,
                               struct err *err);
