/* Records that are no tick's and no statement's: how far a filling is, a view that was given up.
 *
 * Nobody waits for them to be durable, so the engine goes on at once. When the disk then refuses the group that
 * they stand in, what waited for it is taken back and told; these are written again, or a replay would miss what
 * later records build on. */
#pragma once

#include "engine/engine_internal.h"

/* Appends the record and remembers it until it is durable. */
enum status side_log_append(struct engine *engine, enum engine_record kind, struct slice payload,
                            struct err *err);
/* After log_retry: appends again, in their order, those that were lost. */
enum status side_log_repeat(struct engine *engine, struct err *err);
void side_log_deinit(struct engine *engine);
