/* POST /sql on the admin door: statements in, results out, an object each:
 *
 *     [{"columns":[{"name":"n","type":"bigint"}],"rows":[[1],[2]],"command":"SELECT 2","tick":17}]
 *
 * Short results have a length; long ones are streamed, and the SELECT waits while the client does not take them. */
#pragma once

#include "servers/http.h"

enum http_step http_sql_route(struct http *http, const struct http1_request *request);
