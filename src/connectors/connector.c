#include "connectors/connector.h"

static const struct connector *const connectors[] = {
#define CONNECTOR(name) &connector_##name,
#include "connectors/connectors.def"
#undef CONNECTOR
};

const struct connector *connector_find(const char *name)
{
    for (u32 index = 0; index < countof(connectors); index++)
        if (strcmp(connectors[index]->name, name) == 0) return connectors[index];
    return NULL;
}

enum status connector_read(struct connection *connection, char *target, size_t capacity,
                           size_t *size, struct err *err)
{
    return file_read(&connection->file, target, capacity, size, err);
}

void connector_close(struct connection *connection)
{
    file_close(&connection->file);
}
