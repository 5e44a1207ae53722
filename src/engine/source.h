/* Sources: append-only tables whose rows come from outside. What the engine knows of them; connectors read them. */
#pragma once

#include "engine/ingest.h"

struct source {
    const char *name;      /* borrowed until the source is dropped */
    const char *connector; /* "stdin", "file" */
    const char *path;      /* of a file, or NULL */
    const struct codec *codec;
    const struct schema *schema;
};

/* The source number index in the order of creation; false past the last. 22023 and 0A000 are told when it is
 * created, so there is nothing to fail here. */
bool source_at(struct engine *engine, u32 index, struct source *out);
/* The materialized view number index in the order of creation: what `weir run` prints. */
const char *source_view_at(struct engine *engine, u32 index);
