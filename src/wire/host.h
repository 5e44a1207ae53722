/* Hosts and origins: who the client thinks it talks to, and which page sent it.
 *
 * Pages of the web can make a browser ask loopback addresses (DNS rebinding); so a Host is good only
 * when it is an IP literal, localhost, or named by the operator, and an Origin only when named. */
#pragma once

#include "base/bytes.h"

enum host_kind { HOST_NAME, HOST_IPV4, HOST_IPV6 };

struct host {
    enum host_kind kind;
    struct slice name; /* without port; without brackets */
    bool has_port;
    u16 port;
};

/* "name", "name:port", "1.2.3.4:80", "[::1]:80". False for anything else: an empty name, user
 * information, escapes, a port past 65535. */
MUST_USE bool host_parse(struct slice text, struct host *host);

/* Is host an IP literal, localhost, or one of names? A name of the list without a port stands for
 * every port. */
bool host_allowed(struct slice host, const struct slice *names, size_t name_count);

struct host_origin {
    bool is_null; /* "null": a page without an origin of its own */
    struct slice scheme;
    struct host host;
    u16 port; /* the scheme's own when none is written (80, 443); 0 for an unknown scheme */
};

/* "scheme://host[:port]" with nothing after it, or "null" (RFC 6454 7). */
MUST_USE bool host_origin_parse(struct slice text, struct host_origin *origin);

/* Is origin one of names? Compared by scheme, host and port; "null" only matches "null". */
bool host_origin_allowed(struct slice origin, const struct slice *names, size_t name_count);
