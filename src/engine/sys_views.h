/* The tables of schema weir: what the system knows of itself, made when they are read. */
#pragma once

#include "engine/engine_internal.h"

/* Puts them into the catalog; ids of other relations begin behind them, at 1000, in every version. */
void sys_views_register(struct engine *engine);
/* The rows of one, now, in the arena. */
enum status sys_views_rows(struct engine *engine, const struct catalog_relation *relation,
                           struct arena *arena, struct batch *const **batches, u32 *batch_count,
                           struct err *err);
