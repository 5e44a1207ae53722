/* The options of CREATE SOURCE, read. Private to the engine. */
#pragma once

#include "engine/engine_internal.h"
#include "engine/source.h"

/* 22023 for a missing or wrong option, 0A000 for a connector that is not there yet. */
enum status source_check(const struct syntax_statement *statement, struct source *out,
                         struct err *err);
