/* GET and HEAD of a relation: rows of one tick, in the form that was asked for.
 *
 * Rows are gathered until they are all there, or CONN_OUTPUT_MARK bytes are: a short answer has its length and goes
 * in one send, a long one is chunked and made only as fast as it is taken. */
#pragma once

#include "servers/http.h"

enum http_step http_read_route(struct http *http, const struct http1_request *request);
