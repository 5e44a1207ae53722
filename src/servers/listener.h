/* A door: an address where connections are accepted and handed to a protocol.
 *
 * Above connection_count_max a new connection is told 503 and closed, so that its client knows; when even
 * descriptors run out, nobody is accepted for a while and the kernel's queue waits. */
#pragma once

#include "servers/conn.h"

struct listener;

/* The protocol's answer to one who comes when all places are taken; data NULL: none. */
enum status listener_open(struct server *server, const char *address,
                          const struct conn_protocol *protocol, struct slice refusal,
                          struct listener **out, struct err *err);
/* Connections that it accepted stay. */
void listener_close(struct listener *listener);
/* The one of this link in server.listeners. */
void listener_close_link(struct link *link);
/* With the port that was picked. */
const char *listener_address(const struct listener *listener);
