/* Whose share a write uses: the peer's address, divided by Weir-Producer. */
#pragma once

#include "servers/http.h"

/* Sets http->producer, which is kept for the connection's next requests. 22023, 53300. */
enum status http_producer_choose(struct http *http, const struct http1_request *request,
                                 struct err *err);
/* The two halves of it: the name that the request gives, 22023; and the producer of that name, 53300. */
enum status http_producer_name(struct http *http, const struct http1_request *request,
                               struct err *err);
enum status http_producer_take(struct http *http, struct err *err);
