#include "engine/producer.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/engine_internal.h"
#include "os/clock.h"

/* Bytes that a producer may take in its turn before the next one has its own. */
#define QUANTUM KIB(256)
/* How long the name of a producer that does nothing is kept. */
#define KEEP_US (60 * CLOCK_SECOND)

struct room_waiter {
    struct edge_waiter waiter;
    struct producer *producer;
    void (*on_room)(void *context);
    void *context;
};

static struct producer *find(const struct producers *producers, struct slice name);
static void forget_oldest(struct producers *producers);
static void producer_free(struct producers *producers, struct producer *producer);

void producers_init(struct producers *producers, struct engine *engine)
{
    *producers = (struct producers){ .engine = engine };
    list_init(&producers->all);
    list_init(&producers->active);
}

void producers_deinit(struct producers *producers)
{
    assert(list_empty(&producers->active));
    list_each_safe(&producers->all, link, following)
        producer_free(producers, container_of(link, struct producer, link));
}

struct producer *producer_get(struct engine *engine, struct slice name)
{
    struct producers *producers = &engine->producers;
    struct producer *producer = find(producers, name);
    if (!producer) {
        if (producers->count >= engine->options.producer_count_max) forget_oldest(producers);
        if (producers->count >= engine->options.producer_count_max) return NULL;
        producer = mem_zalloc(&engine->mem, sizeof *producer);
        producer->engine = engine;
        size_t size = MIN(name.size, sizeof producer->name - 1);
        memcpy(producer->name, name.data, size);
        edge_init(&producer->edge,
                  &(struct edge_options){ .name = producer->name,
                                          .row_count_max = engine->options.producer_row_count_max,
                                          .size_max = engine->options.producer_size_max });
        list_init(&producer->active);
        list_append(&producers->all, &producer->link);
        producers->count++;
    }
    producer->holders++;
    return producer;
}

void producer_release(struct producer *producer)
{
    assert(producer->holders > 0);
    producer->holders--;
    producer->used_us = clock_now();
}

struct producer_credit producer_credit(const struct producer *producer)
{
    return (struct producer_credit){ .rows = edge_free_rows(&producer->edge),
                                     .bytes = edge_free_size(&producer->edge),
                                     .delay_us = producer->engine->producers.delay_us };
}

static void room_came(void *context)
{
    struct room_waiter *waiter = context;
    void (*on_room)(void *) = waiter->on_room;
    void *room_context = waiter->context;
    mem_free(&waiter->producer->engine->mem, waiter, sizeof *waiter);
    on_room(room_context);
}

void producer_on_room(struct producer *producer, void (*on_room)(void *context), void *context)
{
    struct room_waiter *waiter = mem_alloc(&producer->engine->mem, sizeof *waiter);
    *waiter = (struct room_waiter){ .waiter = { .on_room = room_came, .context = waiter },
                                    .producer = producer,
                                    .on_room = on_room,
                                    .context = context };
    edge_wait(&producer->edge, &waiter->waiter);
}

void producer_forget(struct producer *producer, void *context)
{
    list_each_safe(&producer->edge.waiters, link, following)
    {
        struct edge_waiter *waiter = container_of(link, struct edge_waiter, link);
        struct room_waiter *room = waiter->context;
        if (room->context != context) continue;
        edge_forget(waiter);
        mem_free(&producer->engine->mem, room, sizeof *room);
    }
}

enum edge_result producer_push(struct producer *producer, struct txn *txn)
{
    enum edge_result result = edge_push(&producer->edge, &txn->item, clock_now());
    if (result == EDGE_TAKEN && producer->active.next == &producer->active) {
        producer->deficit = QUANTUM;
        list_append(&producer->engine->producers.active, &producer->active);
    }
    return result;
}

struct txn *producers_peek(struct producers *producers)
{
    bool full = budget_is_full(producers->engine);
    list_each(&producers->active, link)
    {
        struct producer *producer = container_of(link, struct producer, active);
        struct txn *txn = container_of(edge_peek(&producer->edge), struct txn, item);
        if (full && !budget_frees(txn)) continue; /* waits, and its producer with it */
        list_remove(&producer->active);
        list_insert(&producers->active, &producer->active);
        return txn;
    }
    return NULL;
}

struct txn *producers_take(struct producers *producers)
{
    assert(!list_empty(&producers->active));
    struct producer *producer = container_of(producers->active.next, struct producer, active);
    struct edge_item *item = edge_pop(&producer->edge);
    i64 waited = clock_now() - item->pushed_us;
    producers->delay_us += (waited - producers->delay_us) / 8;
    u64 cost = item->size + EDGE_ITEM_CHARGE;
    producer->deficit -= MIN(producer->deficit, cost);
    if (!edge_peek(&producer->edge)) {
        list_remove(&producer->active);
    } else if (producer->deficit == 0) { /* its turn is over: behind the others */
        producer->deficit = QUANTUM;
        list_remove(&producer->active);
        list_append(&producers->active, &producer->active);
    }
    return container_of(item, struct txn, item);
}

bool producers_idle(const struct producers *producers)
{
    return list_empty(&producers->active);
}

static struct producer *find(const struct producers *producers, struct slice name)
{
    name.size = MIN(name.size, sizeof((struct producer *)0)->name - 1);
    list_each(&producers->all, link)
    {
        struct producer *producer = container_of(link, struct producer, link);
        if (slice_is(name, producer->name)) return producer;
    }
    return NULL;
}

static bool is_unused(const struct producer *producer)
{
    return producer->holders == 0 && !edge_peek(&producer->edge) && producer->edge.flight_size == 0;
}

/* The one that has done nothing for the longest, if that is long enough. */
static void forget_oldest(struct producers *producers)
{
    struct producer *oldest = NULL;
    list_each(&producers->all, link)
    {
        struct producer *producer = container_of(link, struct producer, link);
        if (is_unused(producer) && (!oldest || producer->used_us < oldest->used_us))
            oldest = producer;
    }
    if (oldest && clock_now() - oldest->used_us >= KEEP_US) producer_free(producers, oldest);
}

static void producer_free(struct producers *producers, struct producer *producer)
{
    assert(is_unused(producer));
    list_each_safe(&producer->edge.waiters, link, following)
    {
        struct edge_waiter *waiter = container_of(link, struct edge_waiter, link);
        edge_forget(waiter);
        mem_free(&producers->engine->mem, waiter->context, sizeof(struct room_waiter));
    }
    edge_deinit(&producer->edge);
    list_remove(&producer->link);
    producers->count--;
    mem_free(&producers->engine->mem, producer, sizeof *producer);
}
