/* TCP sockets, never blocking. A descriptor is a plain int; poll.h says when to come back.
 *
 * Addresses are "127.0.0.1:8080", "[::1]:0" or "localhost:8080"; names are not looked up. Port 0
 * picks a free one. */
#pragma once

#include "base/bytes.h"
#include "base/status.h"

enum net_result {
    NET_OK,
    NET_AGAIN,  /* nothing to do now; wait for poll */
    NET_CLOSED, /* the far side is done: end of stream, or reset */
    NET_FULL,   /* accept only: no descriptors or memory left; stop listening for a while */
};

#define NET_ADDRESS_SIZE_MAX 64 /* "[ffff:...%interface]:65535" and NUL */

struct net_listen_options {
    const char *address;
    u32 backlog;      /* 0: 1024 */
    u32 receive_size; /* SO_RCVBUF of accepted sockets, set before the window is fixed; 0: system's */
    bool reuse_port;
};

MUST_USE enum status net_listen(int *fd, const struct net_listen_options *options, struct err *err);

struct net_peer {
    char address[NET_ADDRESS_SIZE_MAX]; /* without port or brackets; IPv4 in IPv6 as IPv4 */
    u16 port;
    bool loopback;
};

/* The new socket is non-blocking and has TCP_NODELAY. NET_CLOSED: that one peer went away again. */
MUST_USE enum net_result net_accept(int listener, int *fd, struct net_peer *peer);

/* Starts to connect; when fd is writable, net_connect_finish says how it went. */
MUST_USE enum status net_connect(int *fd, const char *address, struct err *err);
MUST_USE enum status net_connect_finish(int fd, struct err *err);

/* NET_OK: *got bytes, at least one. */
MUST_USE enum net_result net_read(int fd, void *data, size_t size, size_t *got);

/* Sends slices in order as one call, without SIGPIPE. NET_OK: *sent bytes, perhaps not all.
 * At most NET_SLICE_COUNT_MAX slices are looked at. */
#define NET_SLICE_COUNT_MAX 64
MUST_USE enum net_result net_write(int fd, const struct slice *slices, u32 count, size_t *sent);

/* No more will be sent: the peer reads what is on the way, then the end. */
void net_shutdown_write(int fd);
/* Takes -1 too. */
void net_close(int fd);
/* Closes and resets: nothing that waits is sent, the peer sees an error. */
void net_reset(int fd);

void net_set_nodelay(int fd, bool on);
/* Bytes not yet sent from which on the socket is not writable (TCP_NOTSENT_LOWAT). */
void net_set_unsent_size_max(int fd, u32 size);
void net_set_send_size(int fd, u32 size);    /* SO_SNDBUF; the kernel doubles it */
void net_set_receive_size(int fd, u32 size); /* SO_RCVBUF; the kernel doubles it */

/* Bytes the kernel holds for the socket: received and not read, sent and not acknowledged. */
u64 net_queued_size(int fd);

u16 net_local_port(int fd);
/* address with the port the system picked, for "ready http=127.0.0.1:41873". */
void net_local_address(int fd, char address[NET_ADDRESS_SIZE_MAX]);

/* Whether only this machine can reach the address (127.0.0.0/8, ::1, localhost), with or without
 * port. What does not parse is not loopback. */
bool net_is_loopback(const char *address);
/* host is an IP literal, an IPv6 one with or without brackets. */
bool net_is_literal(struct slice host);
