/* From the log to the state that wrote it: the same tables, views, ticks and tokens. */
#pragma once

#include "engine/engine_internal.h"

/* Opens the log and does again what stands in it; afterwards it takes new records. */
enum status restart_open(struct engine *engine, struct err *err);
