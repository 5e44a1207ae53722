/* Subscriptions as server-sent events: frames of the engine, framed and sent as the socket takes them.
 *
 * There is no queue: what is held is the frames of one send, shared with all who are at the same tick. A connection
 * whose socket is full is not visited, and pulls again, to the newest state, when the socket takes more. */
#pragma once

#include "servers/http.h"

enum http_step sse_server_route(struct http *http, const struct http1_request *request,
                                struct slice relation);
/* Lets go of the frame that many were sent: before the engine goes on, which may drop what it belongs to. */
void sse_server_forget(struct server *server);
