/* GET /metrics: the tables of schema weir as Prometheus text, and what only the doors know. */
#pragma once

#include "servers/http.h"

enum http_step prometheus_route(struct http *http, const struct http1_request *request);
