#include "servers/server.h"

#include <stdio.h>

#include "base/assert.h"
#include "codec/json_members.h"
#include "data/calendar.h"
#include "os/clock.h"
#include "servers/listener.h"
#include "servers/sse_server.h"

/* Connections that go on in one step, before sockets and the engine have their turn again. */
#define TURN_COUNT_MAX 256
/* Transactions in the making hold at most that part of the memory budget while they wait for memory; small ones may
 * always wait. */
#define WAITING_PART      16
#define WAITING_SIZE_FREE KIB(64)

static void on_drain_over(struct poll_timer *timer, i64 now_us);
static void bury(struct server *server);

void server_init(struct server *server, struct poll_loop *loop, struct engine *engine,
                 const struct server_options *options)
{
    *server = (struct server){ .loop = loop, .engine = engine, .options = *options };
    mem_init(&server->mem, "servers", engine_mem(engine), 0);
    buffers_init(&server->buffers, &server->mem);
    arena_init(&server->request, &server->mem);
    buf_init(&server->scratch, &server->mem);
    buf_init(&server->told_bytes, &server->mem);
    list_init(&server->listeners);
    list_init(&server->conns);
    list_init(&server->turns);
    list_init(&server->dead);
    list_init(&server->tick_waiters);
    list_init(&server->beats);
    server->drain.on_timer = on_drain_over;
    server->date_second = -1;
    engine_on_publish(engine, server_published, server);
}

void server_deinit(struct server *server)
{
    engine_on_publish(server->engine, NULL, NULL);
    list_each_safe(&server->listeners, link, following) listener_close_link(link);
    list_each_safe(&server->conns, link, following)
        conn_close(container_of(link, struct conn, link));
    bury(server);
    poll_timer_cancel(server->loop, &server->beat);
    poll_timer_cancel(server->loop, &server->drain);
    sse_server_forget(server);
    buf_deinit(&server->told_bytes);
    if (server->members) json_members_close(server->members);
    buf_deinit(&server->scratch);
    arena_deinit(&server->request);
    buffers_deinit(&server->buffers);
    mem_deinit(&server->mem);
}

bool server_step(struct server *server)
{
    struct link now;
    list_init(&now);
    for (u32 count = 0; count < TURN_COUNT_MAX && !list_empty(&server->turns); count++) {
        struct link *link = server->turns.next;
        list_remove(link);
        list_append(&now, link);
    }
    while (!list_empty(&now)) {
        struct conn *conn = container_of(now.next, struct conn, turn);
        list_remove(&conn->turn);
        conn_go(conn);
    }
    sse_server_forget(server); /* the engine may drop what it belongs to */
    bury(server);
    bool has_pushed = server->has_pushed;
    server->has_pushed = false;
    return has_pushed || !list_empty(&server->turns);
}

static void bury(struct server *server)
{
    list_each_safe(&server->dead, link, following) conn_free(container_of(link, struct conn, link));
}

void server_published(void *context, u64 tick)
{
    struct server *server = context;
    list_each_safe(&server->tick_waiters, link, following)
    {
        struct server_waiter *waiter = container_of(link, struct server_waiter, link);
        if (waiter->tick > tick) continue;
        list_remove(link);
        conn_turn(waiter->conn);
    }
}

void server_drain_begin(struct server *server)
{
    if (server->draining) return;
    server->draining = true;
    list_each_safe(&server->listeners, link, following) listener_close_link(link);
    poll_timer_set(server->loop, &server->drain, clock_now() + server->options.drain_timeout_us);
    list_each_safe(&server->conns, link, following)
    {
        struct conn *conn = container_of(link, struct conn, link);
        if (conn->phase == CONN_OPEN) conn->protocol->drain(conn);
    }
}

bool server_drained(const struct server *server)
{
    return server->draining && server->conn_count == 0;
}

static void on_drain_over(struct poll_timer *timer, i64 now_us)
{
    struct server *server = container_of(timer, struct server, drain);
    (void)now_us;
    list_each_safe(&server->conns, link, following)
        conn_close(container_of(link, struct conn, link));
}

bool server_wait_begin(struct server *server, u64 size)
{
    u64 size_max = engine_mem(server->engine)->max / WAITING_PART;
    if (size > WAITING_SIZE_FREE && server->waiting_size + size > size_max) return false;
    server->waiting_size += size;
    return true;
}

void server_wait_end(struct server *server, u64 size)
{
    assert(server->waiting_size >= size);
    server->waiting_size -= size;
}

/* RFC 9110 5.6.7. Made once a second. */
struct slice server_date(struct server *server)
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    i64 second = clock_wall() / CLOCK_SECOND;
    if (second != server->date_second) {
        server->date_second = second;
        i64 day = second / 86400, rest = second % 86400;
        struct calendar_day date = calendar_from_julian((i32)day + CALENDAR_JULIAN_1970);
        snprintf(server->date, sizeof server->date, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                 days + day % 7 * 3, date.day, months + (date.month - 1) * 3, date.year,
                 (int)(rest / 3600), (int)(rest / 60 % 60), (int)(rest % 60));
    }
    return slice_of(server->date);
}
