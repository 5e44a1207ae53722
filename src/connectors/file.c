#include "connectors/connector.h"

static enum status open_file(const struct source *source, struct connection *out, struct err *err)
{
    *out = (struct connection){ .file = FILE_CLOSED };
    if (file_open(&out->file, source->path, FILE_READ, err)) return FAIL;
    return file_size(&out->file, &out->size, err);
}

const struct connector connector_file = { .name = "file", .open = open_file };
