/* Who may ask at all: which Host was meant, which page asks.
 *
 * A page of the web can make a browser talk to loopback, under a name that it owns; so a Host is an IP literal, localhost
 * or a name of options.hosts, and an Origin one of options.origins. */
#pragma once

#include "servers/http.h"

/* False: it was answered (403). Remembers the origin for the answer. */
bool http_security_check(struct http *http, const struct http1_request *request);
/* The answer to OPTIONS: 204, for a page that may ask with the methods it may use. */
void http_security_preflight(struct http *http, const char *methods);
