#include "engine/producer.h"

#include "base/assert.h"
#include "engine/budget.h"
#include "engine/engine_internal.h"
#include "os/clock.h"

/* Bytes that a producer may take in its turn before the next one has its own. */
#define QUANTUM KIB(256)
/* How long the name of a producer that does nothing is kept. */
#define KEEP_US (60 * CLOCK_SECOND)
/* Of the edge for DELETE, TRUNCATE and DROP while the memory budget is full; no address looks like it. */
#define RESERVE_NAME "(reserve)"

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

static enum edge_result push(struct producer *producer, struct txn *txn, bool passes)
{
    enum edge_result result = edge_push(&producer->edge, &txn->item, clock_now());
    if (result != EDGE_TAKEN) return result;
    producer->passing += passes;
    if (producer->active.next == &producer->active) {
        producer->deficit = QUANTUM;
        list_append(&producer->engine->producers.active, &producer->active);
    }
    return result;
}

/* Onto the edge that is for this alone; the transaction belongs to its producer then. */
static enum edge_result push_reserve(struct txn *txn)
{
    struct producer *reserve = producer_get(txn->engine, SLICE(RESERVE_NAME));
    if (!reserve) return EDGE_FULL;
    enum edge_result result = push(reserve, txn, true);
    if (result == EDGE_TAKEN) {
        producer_release(txn->producer);
        txn->producer = reserve;
    } else {
        producer_release(reserve);
    }
    return result;
}

enum edge_result producer_push(struct producer *producer, struct txn *txn)
{
    struct engine *engine = producer->engine;
    bool passes = budget_passes(txn), full = budget_makes_wait(engine);
    engine->producers.is_full |= full; /* until those who wait were told */
    if (full && !passes) return EDGE_FULL;
    if (push(producer, txn, passes) == EDGE_TAKEN) return EDGE_TAKEN;
    return full ? push_reserve(txn) : EDGE_FULL;
}

/* Memory is there again: whoever was refused for the lack of it may come. */
static void tell_all(struct producers *producers)
{
    list_each_safe(&producers->all, link, following)
        edge_tell(&container_of(link, struct producer, link)->edge);
}

/* The producer's first transaction that may be taken while memory is full, or NULL. */
static struct txn *first_passing(struct producer *producer)
{
    if (producer->passing == 0) return NULL;
    list_each(&producer->edge.items, link)
    {
        struct txn *txn =
            container_of(container_of(link, struct edge_item, link), struct txn, item);
        if (budget_passes(txn)) return txn;
    }
    unreachable();
}

struct txn *producers_peek(struct producers *producers)
{
    struct engine *engine = producers->engine;
    bool full = budget_makes_wait(engine);
    bool was_full = producers->is_full;
    producers->is_full = full;
    if (was_full && !full) tell_all(producers);
    list_each(&producers->active, link)
    {
        struct producer *producer = container_of(link, struct producer, active);
        struct txn *txn = container_of(edge_peek(&producer->edge), struct txn, item);
        if (full && !(txn = first_passing(producer))) continue; /* it waits */
        if (full) edge_promote(&producer->edge, &txn->item);
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
    struct txn *txn = container_of(item, struct txn, item);
    producer->passing -= budget_passes(txn);
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
    return txn;
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
