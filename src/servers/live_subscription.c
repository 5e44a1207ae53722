#include "base/assert.h"
#include "servers/live_internal.h"
#include "servers/subscription_query.h"
#include "wire/sse.h"

#define HELD_COUNT_MAX 8       /* frames of one send */
#define HELD_SIZE_MAX  KIB(64) /* no further one after that many bytes */
#define COPY_SIZE_MAX  KIB(2)  /* a send up to that size is cheaper in one piece */
/* The frame's head, {"id":N,"event":"update","token":"EPOCH:TICK", */
#define PREFIX_SIZE (WEBSOCKET_HEAD_SIZE_MAX + 56 + 20 + SSE_ID_SIZE_MAX)

struct live_subscription {
    struct link link;  /* in live.subscriptions */
    struct link ready; /* in live.ready, or alone */
    struct live *live;
    struct subscriber *subscriber;
    u64 id;
    i64 demand;
    bool may_have; /* something to pull */
};

/* A frame of a send: what is its subscriber's own, then what all share, without the brace that it begins with. */
struct held {
    struct frame *frame;
    struct slice bytes;
    u32 prefix_size;
    char prefix[PREFIX_SIZE];
};

struct live_send {
    u32 count;
    size_t sent; /* of the first */
    struct held held[HELD_COUNT_MAX];
};

static void close_subscription(struct live_subscription *subscription);

/* --- subscriptions --- */

static struct live_subscription *find(const struct live *live, u64 id)
{
    list_each(&live->subscriptions, link)
    {
        struct live_subscription *subscription = container_of(link, struct live_subscription, link);
        if (subscription->id == id) return subscription;
    }
    return NULL;
}

bool live_has_subscription(const struct live *live, u64 id)
{
    return find(live, id) != NULL;
}

static void on_ready(void *context)
{
    struct live_subscription *subscription = context;
    struct live *live = subscription->live;
    subscription->may_have = true;
    if (subscribe_ended(subscription->subscriber)) live->has_ended = true;
    if (subscription->demand > 0 && list_empty(&subscription->ready))
        list_append(&live->ready, &subscription->ready);
    conn_turn(live_conn(live));
}

static enum status open_subscriber(struct live_subscription *subscription,
                                   const struct live_message *message, struct err *err)
{
    struct live *live = subscription->live;
    struct arena *arena = &live_server(live)->request;
    struct query query;
    struct sse_id since = { .epoch = 0 };
    if (query_parse(message->query, arena, &query, err)) return FAIL;
    bool resumes = message->since.data != NULL;
    if (resumes && (!sse_id_parse(message->since, &since) || since.epoch > UINT32_MAX))
        return err_set(err, "22023", "\"since\" is not a token of this server's: epoch:tick");
    struct subscribe_options options = {
        .relation = message->relation,
        .resume = resumes,
        .since = { .epoch = (u32)since.epoch, .tick = since.tick },
        .producer = slice_of(live->http->producer_name),
        .on_ready = on_ready,
        .context = subscription,
    };
    if (subscription_query(live_server(live)->engine, &query, arena, &options, err)) return FAIL;
    return subscribe_open(live_server(live)->engine, &options, &subscription->subscriber, err);
}

static enum status check_demand(const struct live_message *message, struct err *err)
{
    if (!message->has_n || message->n > 0) return OK;
    return err_set(err, "22023", "\"n\" is to be a whole number above 0 (Reactive Streams 3.9)");
}

enum status live_subscribe(struct live *live, const struct live_message *message, struct err *err)
{
    struct server *server = live_server(live);
    u32 count_max = server->options.live_subscription_count_max;
    if (live_has_subscription(live, message->id)) {
        live_cancel(live, message->id); /* so that an error with this id has one meaning */
        return err_set(err, "42710", "id %llu was a subscription's: it has ended",
                       (unsigned long long)message->id);
    }
    if (live->subscription_count >= count_max)
        return err_set(err, "53300", "a socket has at most %u subscriptions", count_max);
    if (check_demand(message, err)) return FAIL;
    struct live_subscription *subscription = mem_zalloc(&server->mem, sizeof *subscription);
    *subscription = (struct live_subscription){
        .live = live, .id = message->id, .demand = message->has_n ? message->n : 0, .may_have = true
    };
    if (open_subscriber(subscription, message, err)) {
        mem_free(&server->mem, subscription, sizeof *subscription);
        return FAIL;
    }
    list_init(&subscription->ready);
    if (subscription->demand > 0) list_append(&live->ready, &subscription->ready);
    list_append(&live->subscriptions, &subscription->link);
    live->subscription_count++;
    return OK;
}

enum status live_request(struct live *live, const struct live_message *message, struct err *err)
{
    struct live_subscription *subscription = find(live, message->id);
    if (!subscription) return OK;
    if (check_demand(message, err)) {
        close_subscription(subscription);
        return FAIL;
    }
    if (__builtin_add_overflow(subscription->demand, message->n, &subscription->demand))
        subscription->demand = INT64_MAX;
    if (subscription->may_have && list_empty(&subscription->ready))
        list_append(&live->ready, &subscription->ready);
    return OK;
}

void live_cancel(struct live *live, u64 id)
{
    struct live_subscription *subscription = find(live, id);
    if (subscription) close_subscription(subscription);
}

void live_cancel_all(struct live *live)
{
    list_each_safe(&live->subscriptions, link, following)
        close_subscription(container_of(link, struct live_subscription, link));
}

static void close_subscription(struct live_subscription *subscription)
{
    struct live *live = subscription->live;
    subscribe_close(subscription->subscriber);
    list_remove(&subscription->ready);
    list_remove(&subscription->link);
    live->subscription_count--;
    mem_free(&live_server(live)->mem, subscription, sizeof *subscription);
}

void live_end_subscriptions(struct live *live)
{
    struct err err;
    if (!live->has_ended) return;
    live->has_ended = false;
    list_each_safe(&live->subscriptions, link, following)
    {
        struct live_subscription *subscription = container_of(link, struct live_subscription, link);
        if (!subscribe_ended(subscription->subscriber)) continue;
        err_set(&err, "55000", "the relation was dropped, or suspended for memory");
        live_error(live, true, subscription->id, &err);
        close_subscription(subscription);
    }
}

/* --- frames --- */

static size_t add(char *target, struct slice text)
{
    memcpy(target, text.data, text.size);
    return text.size;
}

static size_t add_number(char *target, u64 number)
{
    char digits[20];
    size_t begin = sizeof digits;
    do {
        digits[--begin] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    return add(target, slice_make(digits + begin, sizeof digits - begin));
}

/* Without printf: this is done for each delivery. */
static void hold(struct live_send *send, const struct live_subscription *subscription,
                 struct frame *frame)
{
    struct held *held = &send->held[send->count++];
    struct server *server = live_server(subscription->live);
    const struct subscribe_frame shown = subscribe_frame(frame);
    char text[PREFIX_SIZE];
    size_t size = add(text, SLICE("{\"id\":"));
    size += add_number(text + size, subscription->id);
    size += add(text + size,
                shown.is_init ? SLICE(",\"event\":\"init\",") : SLICE(",\"event\":\"update\","));
    if (!shown.more) {
        const struct sse_id id = { .epoch = engine_epoch(server->engine), .tick = shown.tick };
        size += add(text + size, SLICE("\"token\":\""));
        size += sse_id_write(id, text + size);
        size += add(text + size, SLICE("\","));
    }
    assert(shown.bytes.size > 1 && shown.bytes.data[0] == '{');
    held->frame = frame;
    held->bytes = slice_make(shown.bytes.data + 1, shown.bytes.size - 1);
    size_t head =
        websocket_head_write(WEBSOCKET_OPCODE_TEXT, size + held->bytes.size, held->prefix);
    assert(head + size <= PREFIX_SIZE);
    memcpy(held->prefix + head, text, size);
    held->prefix_size = (u32)(head + size);
}

/* The frame whose turn it is, or NULL. Whoever got one goes behind the others. */
static struct live_subscription *pull(struct live *live, struct frame **frame)
{
    while (!list_empty(&live->ready)) {
        struct live_subscription *subscription =
            container_of(live->ready.next, struct live_subscription, ready);
        assert(subscription->demand > 0);
        list_remove(&subscription->ready);
        *frame = subscribe_pull(subscription->subscriber);
        if (!*frame) {
            subscription->may_have = false;
            continue;
        }
        if (--subscription->demand > 0) list_append(&live->ready, &subscription->ready);
        return subscription;
    }
    return NULL;
}

/* As much as one send takes. */
static void fill(struct live *live, struct live_send *send)
{
    size_t size = 0;
    while (send->count < HELD_COUNT_MAX && size < HELD_SIZE_MAX) {
        struct frame *frame;
        const struct live_subscription *subscription = pull(live, &frame);
        if (!subscription) return;
        hold(send, subscription, frame);
        size += send->held[send->count - 1].bytes.size;
    }
}

static void release_sent(struct live_send *send, size_t sent)
{
    u32 done = 0;
    send->sent += sent;
    for (; done < send->count; done++) {
        struct held *held = &send->held[done];
        size_t size = held->prefix_size + held->bytes.size;
        if (send->sent < size) break;
        send->sent -= size;
        subscribe_release(held->frame);
    }
    send->count -= done;
    if (done > 0) memmove(send->held, send->held + done, send->count * sizeof *send->held);
}

static bool send_slices(struct conn *conn, const struct slice *slices, u32 count, size_t *sent)
{
    char copy[COPY_SIZE_MAX];
    size_t size = 0;
    for (u32 index = 0; index < count; index++) {
        if (slices[index].size > sizeof copy - size) return conn_send(conn, slices, count, sent);
        size += add(copy + size, slices[index]);
    }
    const struct slice whole = slice_make(copy, size);
    return conn_send(conn, &whole, 1, sent);
}

/* False: the socket took less, or the connection is dead. */
static bool send_held(struct conn *conn, struct live_send *send)
{
    struct slice slices[HELD_COUNT_MAX * 2];
    u32 count = 0;
    size_t skip = send->sent, sent = 0;
    for (u32 index = 0; index < send->count; index++) {
        const struct held *held = &send->held[index];
        conn_slice_add(slices, &count, slice_make(held->prefix, held->prefix_size), &skip);
        conn_slice_add(slices, &count, held->bytes, &skip);
    }
    bool all = send_slices(conn, slices, count, &sent);
    if (conn->phase == CONN_OPEN) release_sent(send, sent);
    return all;
}

static void release_all(struct live_send *send)
{
    for (u32 index = 0; index < send->count; index++)
        subscribe_release(send->held[index].frame);
    send->count = 0;
}

/* The send is on the stack until it turns out that the socket takes less: then the rest is kept. */
enum live_sent live_send_frames(struct live *live)
{
    struct conn *conn = live_conn(live);
    struct mem *mem = &conn->server->mem;
    struct live_send fresh, *send = live->send;
    assert(conn_unsent(conn) == 0);
    if (send) {
        if (!send_held(conn, send)) return LIVE_STUCK;
        live_send_drop(live);
        return LIVE_SENT_SOME;
    }
    fresh.count = 0;
    fresh.sent = 0;
    fill(live, &fresh);
    if (fresh.count == 0) return LIVE_SENT_ALL;
    if (send_held(conn, &fresh)) return list_empty(&live->ready) ? LIVE_SENT_ALL : LIVE_SENT_SOME;
    if (conn->phase != CONN_OPEN) {
        release_all(&fresh);
        return LIVE_STUCK;
    }
    live->send = mem_alloc(mem, sizeof fresh);
    live->send->count = fresh.count;
    live->send->sent = fresh.sent;
    memcpy(live->send->held, fresh.held, fresh.count * sizeof *fresh.held);
    return LIVE_STUCK;
}

void live_send_drop(struct live *live)
{
    if (!live->send) return;
    release_all(live->send);
    mem_free(&live_server(live)->mem, live->send, sizeof *live->send);
    live->send = NULL;
}
