/* From the query parameters of a URL to a subscription: the same for all doors that have them. */
#pragma once

#include "engine/subscribe.h"
#include "wire/query.h"

/* Sets the condition and the columns of options. Refused with 0A000: what a live state has not, and the stances that are
 * not there. */
enum status subscription_query(const struct query *query, struct arena *arena,
                               struct subscribe_options *options, struct err *err);
