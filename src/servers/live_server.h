/* The WebSocket door, /live with weir.v1: many subscriptions and writes on one socket, each with its own demand.
 *
 * Demand is Reactive Streams': a frame is sent when one was asked for, requests add up, and while there is no
 * demand the subscription stands where it is and its changes merge. Writes have credit: when the producer's edge is full the
 * socket is not read, so TCP slows the sender. Nothing here is a queue without a bound. */
#pragma once

#include "servers/http.h"

/* The handshake. */
enum http_step live_server_route(struct http *http, const struct http1_request *request);
