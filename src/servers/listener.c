#include "servers/listener.h"

#include "base/assert.h"
#include "os/clock.h"

#define PAUSE_US         (100 * CLOCK_MS) /* when descriptors run out */
#define ACCEPT_COUNT_MAX 64               /* at once, before others have their turn */
#define REFUSED_ROOM     64 /* connections over the limit that are being told so, at the same time */

struct listener {
    struct poll_source source;
    struct poll_timer pause;
    struct link link;
    struct server *server;
    const struct conn_protocol *protocol;
    struct slice refusal;
    char address[NET_ADDRESS_SIZE_MAX];
};

static void on_ready(struct poll_source *source, u32 ready);
static void on_pause_over(struct poll_timer *timer, i64 now_us);

enum status listener_open(struct server *server, const char *address,
                          const struct conn_protocol *protocol, struct slice refusal,
                          struct listener **out, struct err *err)
{
    int fd;
    const struct net_listen_options options = { .address = address,
                                                .receive_size = server->options.receive_size };
    if (net_listen(&fd, &options, err)) return FAIL;
    struct listener *listener = mem_zalloc(&server->mem, sizeof *listener);
    listener->source = (struct poll_source){ .on_ready = on_ready, .fd = fd };
    listener->pause.on_timer = on_pause_over;
    listener->server = server;
    listener->protocol = protocol;
    listener->refusal = refusal;
    net_local_address(fd, listener->address);
    list_append(&server->listeners, &listener->link);
    if (poll_add(server->loop, &listener->source, POLL_READ, err)) {
        listener_close(listener);
        return FAIL;
    }
    *out = listener;
    return OK;
}

void listener_close(struct listener *listener)
{
    struct server *server = listener->server;
    poll_remove(server->loop, &listener->source);
    poll_timer_cancel(server->loop, &listener->pause);
    net_close(listener->source.fd);
    list_remove(&listener->link);
    mem_free(&server->mem, listener, sizeof *listener);
}

void listener_close_link(struct link *link)
{
    listener_close(container_of(link, struct listener, link));
}

const char *listener_address(const struct listener *listener)
{
    return listener->address;
}

static void welcome(struct listener *listener, int fd, const struct net_peer *peer)
{
    struct server *server = listener->server;
    u32 count_max = server->options.connection_count_max + listener->protocol->reserve;
    bool is_open = listener->protocol->reserve > 0 || !engine_is_short(server->engine);
    if (server->conn_count < count_max && is_open) {
        server->counters.accepted++;
        conn_open(server, fd, peer, listener->protocol);
        return;
    }
    server->counters.refused++;
    if (server->conn_count >= count_max + REFUSED_ROOM || !listener->refusal.data) {
        net_reset(fd);
        return;
    }
    struct conn *conn = conn_open(server, fd, peer, listener->protocol);
    buf_append(conn_out(conn), listener->refusal.data, listener->refusal.size);
    conn_finish(conn);
}

static void on_ready(struct poll_source *source, u32 ready)
{
    struct listener *listener = container_of(source, struct listener, source);
    (void)ready;
    for (u32 count = 0; count < ACCEPT_COUNT_MAX; count++) {
        int fd;
        struct net_peer peer;
        switch (net_accept(source->fd, &fd, &peer)) {
        case NET_OK: welcome(listener, fd, &peer); break;
        case NET_CLOSED: break;
        case NET_AGAIN: return;
        case NET_FULL: {
            struct server *server = listener->server;
            poll_change(server->loop, source, POLL_NONE);
            poll_timer_set(server->loop, &listener->pause, poll_now(server->loop) + PAUSE_US);
            return;
        }
        }
    }
}

static void on_pause_over(struct poll_timer *timer, i64 now_us)
{
    struct listener *listener = container_of(timer, struct listener, pause);
    (void)now_us;
    poll_change(listener->server->loop, &listener->source, POLL_READ);
}
