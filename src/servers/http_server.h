/* The doors and their routes: which method on which path is answered by whom. */
#pragma once

#include "servers/http.h"

/* GET, HEAD, POST, PATCH, DELETE, OPTIONS of relations. */
extern const struct http_door http_server_data;
/* POST /sql, GET /metrics, /live and /ready. */
extern const struct http_door http_server_admin;

/* What a connection over the limit is told. */
struct slice http_server_refusal(void);
