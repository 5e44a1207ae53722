/* Connectors: where sources' bytes come from. One file each; a line in connectors.def.
 *
 * For now a connector is opened, read to its end, and closed: what `weir run` needs. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"
#include "engine/source.h"
#include "os/file.h"

struct connection {
    struct file file;
    u64 size; /* bytes there are to read, 0 when that is not known */
};

struct connector {
    const char *name;
    MUST_USE enum status (*open)(const struct source *source, struct connection *out,
                                 struct err *err);
};

#define CONNECTOR(connector_name) extern const struct connector connector_##connector_name;
#include "connectors/connectors.def"
#undef CONNECTOR

/* Up to capacity bytes; *size 0 is the end. Blocks. */
MUST_USE enum status connector_read(struct connection *connection, char *target, size_t capacity,
                                    size_t *size, struct err *err);
/* Takes a zeroed connection with file FILE_CLOSED too. */
void connector_close(struct connection *connection);

/* NULL when there is none of this name. */
const struct connector *connector_find(const char *name);
