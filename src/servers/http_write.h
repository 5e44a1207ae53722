/* POST, PATCH and DELETE of a table: what the request wants becomes the options of its transactions. */
#pragma once

#include "servers/http.h"

enum http_step http_write_route(struct http *http, const struct http1_request *request);
