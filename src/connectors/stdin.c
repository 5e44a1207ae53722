#include "connectors/connector.h"

#define STANDARD_INPUT 0

static enum status open_stdin(const struct source *source, struct connection *out, struct err *err)
{
    (void)source, (void)err;
    *out = (struct connection){ .file = FILE_CLOSED };
    file_wrap(&out->file, STANDARD_INPUT, "standard input");
    return OK;
}

const struct connector connector_stdin = { .name = "stdin", .open = open_stdin };
