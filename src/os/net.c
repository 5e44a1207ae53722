#include "os/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "os/fault.h"

#define BACKLOG_DEFAULT 1024

union socket_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool address_split(struct slice text, struct slice *host, struct slice *port);
static bool host_parse(struct slice host, union socket_address *address);
static bool port_parse(struct slice text, u16 *port);
static bool address_is_loopback(const union socket_address *address);
static void address_format(const union socket_address *address, char text[NET_ADDRESS_SIZE_MAX],
                           u16 *port);
static void option_set(int fd, int level, int name, int value);

static socklen_t address_size(const union socket_address *address)
{
    return address->any.sa_family == AF_INET ? sizeof address->v4 : sizeof address->v6;
}

static enum status address_parse(const char *text, union socket_address *address, struct err *err)
{
    struct slice host, port_text;
    u16 port;
    if (!address_split(slice_of(text), &host, &port_text) || !port_parse(port_text, &port)) {
        err_set(err, "22023", "invalid address \"%s\"", text);
        return err_hint(err, "An address is HOST:PORT, as in 127.0.0.1:8080 or [::1]:8080.");
    }
    if (!host_parse(host, address)) {
        err_set(err, "22023", "invalid host in address \"%s\"", text);
        return err_hint(err, "The host is an IP address or localhost; names are not looked up.");
    }
    if (address->any.sa_family == AF_INET)
        address->v4.sin_port = htons(port);
    else
        address->v6.sin6_port = htons(port);
    return OK;
}

static bool address_split(struct slice text, struct slice *host, struct slice *port)
{
    size_t colon = text.size;
    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    if (colon == 0) return false;
    *host = slice_make(text.data, colon - 1);
    *port = slice_make(text.data + colon, text.size - colon);
    return true;
}

/* An IPv4 address, an IPv6 address in brackets, or localhost. */
static bool host_parse(struct slice host, union socket_address *address)
{
    *address = (union socket_address){ .v6 = { .sin6_family = AF_INET6 } };
    char text[NET_ADDRESS_SIZE_MAX];
    bool bracketed = host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']';
    if (bracketed) host = slice_make(host.data + 1, host.size - 2);
    if (host.size == 0 || host.size >= sizeof text) return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    if (strlen(text) != host.size) return false;

    if (bracketed) return inet_pton(AF_INET6, text, &address->v6.sin6_addr) == 1;
    *address = (union socket_address){ .v4 = { .sin_family = AF_INET } };
    if (slice_is_nocase(host, "localhost")) strcpy(text, "127.0.0.1");
    return inet_pton(AF_INET, text, &address->v4.sin_addr) == 1;
}

static bool port_parse(struct slice text, u16 *port)
{
    u32 value = 0;
    if (text.size == 0 || text.size > 5) return false;
    for (size_t index = 0; index < text.size; index++) {
        char digit = text.data[index];
        if (digit < '0' || digit > '9') return false;
        value = value * 10 + (u32)(digit - '0');
    }
    *port = (u16)value;
    return value <= UINT16_MAX;
}

static int listen_at(int fd, const union socket_address *address,
                     const struct net_listen_options *options)
{
    option_set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (options->reuse_port) option_set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    if (address->any.sa_family == AF_INET6) option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (options->receive_size > 0) net_set_receive_size(fd, options->receive_size);
    if (bind(fd, &address->any, address_size(address)) < 0) return errno;
    u32 backlog = options->backlog ? options->backlog : BACKLOG_DEFAULT;
    return listen(fd, (int)backlog) < 0 ? errno : 0;
}

enum status net_listen(int *fd, const struct net_listen_options *options, struct err *err)
{
    *fd = -1;
    union socket_address address;
    if (address_parse(options->address, &address, err)) return FAIL;
    int opened = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int failed = opened < 0 ? errno : listen_at(opened, &address, options);
    if (!failed) {
        *fd = opened;
        return OK;
    }
    net_close(opened);
    return err_set(err, "58030", "could not listen on \"%s\": %s", options->address,
                   strerrordesc_np(failed));
}

enum net_result net_accept(int listener, int *fd, struct net_peer *peer)
{
    union socket_address address = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t size = sizeof address;
    *fd = accept4(listener, &address.any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (*fd < 0) {
        switch (errno) {
        case EAGAIN: return NET_AGAIN;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return NET_FULL;
        case EBADF:
        case EINVAL:
        case ENOTSOCK: unreachable(); /* not a listener: we are wrong */
        default: return NET_CLOSED;   /* errors of the connection that was to be accepted */
        }
    }
    net_set_nodelay(*fd, true);
    *peer = (struct net_peer){ .loopback = address_is_loopback(&address) };
    address_format(&address, peer->address, &peer->port);
    return NET_OK;
}

static bool address_is_loopback(const union socket_address *address)
{
    if (address->any.sa_family == AF_INET) return ntohl(address->v4.sin_addr.s_addr) >> 24 == 127;
    if (address->any.sa_family != AF_INET6) return false;
    const struct in6_addr *v6 = &address->v6.sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(v6) || (IN6_IS_ADDR_V4MAPPED(v6) && v6->s6_addr[12] == 127);
}

static void address_format(const union socket_address *address, char text[NET_ADDRESS_SIZE_MAX],
                           u16 *port)
{
    text[0] = '\0';
    *port = 0;
    if (address->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->v4.sin_addr, text, NET_ADDRESS_SIZE_MAX);
        *port = ntohs(address->v4.sin_port);
    } else if (address->any.sa_family == AF_INET6) {
        const struct in6_addr *v6 = &address->v6.sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(v6))
            inet_ntop(AF_INET, &v6->s6_addr[12], text, NET_ADDRESS_SIZE_MAX);
        else
            inet_ntop(AF_INET6, v6, text, NET_ADDRESS_SIZE_MAX);
        *port = ntohs(address->v6.sin6_port);
    }
}

enum status net_connect(int *fd, const char *address, struct err *err)
{
    *fd = -1;
    union socket_address to;
    if (address_parse(address, &to, err)) return FAIL;
    int opened = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (opened >= 0 && (connect(opened, &to.any, address_size(&to)) == 0 || errno == EINPROGRESS)) {
        net_set_nodelay(opened, true);
        *fd = opened;
        return OK;
    }
    int failed = errno;
    net_close(opened);
    return err_set(err, "08001", "could not connect to \"%s\": %s", address,
                   strerrordesc_np(failed));
}

enum status net_connect_finish(int fd, struct err *err)
{
    int failed = 0;
    socklen_t size = sizeof failed;
    int asked = getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    assert(!asked);
    if (!failed) return OK;
    return err_set(err, "08001", "could not connect: %s", strerrordesc_np(failed));
}

/* No limit but in tests. */
static size_t size_max(void)
{
    u32 size = atomic_load_explicit(&fault_net_size_max, memory_order_relaxed);
    return unlikely(size > 0) ? size : SIZE_MAX;
}

/* EINTR cannot wait for poll: the bytes are there now. */
enum net_result net_read(int fd, void *data, size_t size, size_t *got)
{
    assert(size > 0);
    *got = 0;
    size = MIN(size, size_max());
    ssize_t result;
    do
        result = recv(fd, data, size, 0);
    while (result < 0 && errno == EINTR);
    if (result < 0) return errno == EAGAIN ? NET_AGAIN : NET_CLOSED;
    *got = (size_t)result;
    return result > 0 ? NET_OK : NET_CLOSED;
}

enum net_result net_write(int fd, const struct slice *slices, u32 count, size_t *sent)
{
    *sent = 0;
    struct iovec parts[NET_SLICE_COUNT_MAX];
    u32 used = 0;
    size_t left = size_max();
    for (u32 index = 0; index < MIN(count, NET_SLICE_COUNT_MAX) && left > 0; index++) {
        size_t size = MIN(slices[index].size, left);
        if (size == 0) continue;
        /* The kernel only reads it; iovec has no const. */
        parts[used++] =
            (struct iovec){ .iov_base = (void *)(uintptr_t)slices[index].data, .iov_len = size };
        left -= size;
    }
    if (used == 0) return NET_OK;
    struct msghdr message = { .msg_iov = parts, .msg_iovlen = used };
    ssize_t result;
    do
        result = used == 1 ? send(fd, parts[0].iov_base, parts[0].iov_len, MSG_NOSIGNAL)
                           : sendmsg(fd, &message, MSG_NOSIGNAL);
    while (result < 0 && errno == EINTR);
    if (result < 0) return errno == EAGAIN || errno == ENOBUFS ? NET_AGAIN : NET_CLOSED;
    *sent = (size_t)result;
    return NET_OK;
}

void net_shutdown_write(int fd)
{
    shutdown(fd, SHUT_WR); /* fails only when the peer is gone, which the next read tells */
}

void net_close(int fd)
{
    if (fd >= 0) close(fd);
}

void net_reset(int fd)
{
    if (fd < 0) return;
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void option_set(int fd, int level, int name, int value)
{
    int failed = setsockopt(fd, level, name, &value, sizeof value);
    /* A socket that the peer has reset may refuse (EINVAL); its next read or write tells. */
    assert(!failed || errno == EINVAL || errno == ENOPROTOOPT);
}

void net_set_nodelay(int fd, bool on)
{
    option_set(fd, IPPROTO_TCP, TCP_NODELAY, on);
}

void net_set_unsent_size_max(int fd, u32 size)
{
    option_set(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, (int)size);
}

void net_set_send_size(int fd, u32 size)
{
    option_set(fd, SOL_SOCKET, SO_SNDBUF, (int)size);
}

void net_set_receive_size(int fd, u32 size)
{
    option_set(fd, SOL_SOCKET, SO_RCVBUF, (int)size);
}

u64 net_queued_size(int fd)
{
    int in = 0, out = 0;
    if (ioctl(fd, SIOCINQ, &in) < 0) in = 0;
    if (ioctl(fd, SIOCOUTQ, &out) < 0) out = 0;
    return (u64)MAX(in, 0) + (u64)MAX(out, 0);
}

void net_local_address(int fd, char address[NET_ADDRESS_SIZE_MAX])
{
    union socket_address local = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t size = sizeof local;
    int failed = getsockname(fd, &local.any, &size);
    assert(!failed);
    char host[NET_ADDRESS_SIZE_MAX];
    u16 port;
    address_format(&local, host, &port);
    bool brackets = strchr(host, ':') != NULL;
    snprintf(address, NET_ADDRESS_SIZE_MAX, brackets ? "[%.50s]:%u" : "%.50s:%u", host, port);
}

u16 net_local_port(int fd)
{
    union socket_address local = { .any = { .sa_family = AF_UNSPEC } };
    socklen_t size = sizeof local;
    int failed = getsockname(fd, &local.any, &size);
    assert(!failed);
    char host[NET_ADDRESS_SIZE_MAX];
    u16 port;
    address_format(&local, host, &port);
    return port;
}

bool net_is_loopback(const char *address)
{
    union socket_address parsed;
    struct slice host, port_text;
    u16 port;
    struct slice text = slice_of(address);
    if (host_parse(text, &parsed)) return address_is_loopback(&parsed);
    if (slice_is(text, "::1")) return true;
    if (!address_split(text, &host, &port_text) || !port_parse(port_text, &port)) return false;
    return host_parse(host, &parsed) && address_is_loopback(&parsed);
}

bool net_is_literal(struct slice host)
{
    char text[NET_ADDRESS_SIZE_MAX];
    struct in6_addr parsed;
    if (host.size >= 2 && host.data[0] == '[' && host.data[host.size - 1] == ']') {
        host = slice_make(host.data + 1, host.size - 2);
        if (!memchr(host.data, ':', host.size)) return false;
    }
    if (host.size == 0 || host.size >= sizeof text || memchr(host.data, '\0', host.size))
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    return inet_pton(AF_INET, text, &parsed) == 1 || inet_pton(AF_INET6, text, &parsed) == 1;
}
