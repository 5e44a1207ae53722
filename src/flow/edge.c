#include "flow/edge.h"

#include "base/assert.h"

static u64 rows_used(const struct edge *edge);
static u64 size_used(const struct edge *edge);
static void item_remove(struct edge *edge, struct edge_item *item);
static void tell_waiters(struct edge *edge);
static void check_balance(const struct edge *edge);

void edge_init(struct edge *edge, const struct edge_options *options)
{
    assert(options->row_count_max > 0 && options->size_max > 0);
    *edge = (struct edge){ .options = *options };
    list_init(&edge->items);
    list_init(&edge->waiters);
}

void edge_deinit(struct edge *edge)
{
    assert(list_empty(&edge->items));
    assert(list_empty(&edge->waiters));
}

bool edge_has_room(const struct edge *edge, u64 row_count, u64 size)
{
    if (rows_used(edge) == 0 && size_used(edge) == 0) return true;
    return row_count <= edge_free_rows(edge) && size + EDGE_ITEM_CHARGE <= edge_free_size(edge);
}

enum edge_result edge_push(struct edge *edge, struct edge_item *item, i64 now_us)
{
    if (!edge_has_room(edge, item->row_count, item->size)) {
        edge->refused++;
        return EDGE_FULL;
    }
    item->pushed_us = now_us;
    list_append(&edge->items, &item->link);
    edge->queued_items++;
    edge->queued_rows += item->row_count;
    edge->queued_size += item->size + EDGE_ITEM_CHARGE;
    edge->rows_in += item->row_count;
    check_balance(edge);
    return EDGE_TAKEN;
}

struct edge_item *edge_peek(const struct edge *edge)
{
    if (list_empty(&edge->items)) return NULL;
    return container_of(edge->items.next, struct edge_item, link);
}

struct edge_item *edge_pop(struct edge *edge)
{
    struct edge_item *item = edge_peek(edge);
    if (!item) return NULL;
    item_remove(edge, item);
    edge->flight_rows += item->row_count;
    edge->flight_size += item->size + EDGE_ITEM_CHARGE;
    edge->rows_out += item->row_count;
    check_balance(edge);
    return item;
}

void edge_settle(struct edge *edge, u64 row_count, u64 size)
{
    assert(edge->flight_rows >= row_count);
    assert(edge->flight_size >= size + EDGE_ITEM_CHARGE);
    edge->flight_rows -= row_count;
    edge->flight_size -= size + EDGE_ITEM_CHARGE;
    tell_waiters(edge);
}

void edge_expire(struct edge *edge, struct edge_item *item)
{
    item_remove(edge, item);
    edge->rows_expired += item->row_count;
    check_balance(edge);
    tell_waiters(edge);
}

void edge_wait(struct edge *edge, struct edge_waiter *waiter)
{
    list_append(&edge->waiters, &waiter->link);
}

void edge_forget(struct edge_waiter *waiter)
{
    list_remove(&waiter->link);
}

void edge_tell(struct edge *edge)
{
    tell_waiters(edge);
}

void edge_promote(struct edge *edge, struct edge_item *item)
{
    list_remove(&item->link);
    list_insert(&edge->items, &item->link);
}

u64 edge_free_rows(const struct edge *edge)
{
    u64 used = rows_used(edge);
    return used < edge->options.row_count_max ? edge->options.row_count_max - used : 0;
}

u64 edge_free_size(const struct edge *edge)
{
    u64 used = size_used(edge);
    return used < edge->options.size_max ? edge->options.size_max - used : 0;
}

static u64 rows_used(const struct edge *edge)
{
    return edge->queued_rows + edge->flight_rows;
}

static u64 size_used(const struct edge *edge)
{
    return edge->queued_size + edge->flight_size;
}

static void item_remove(struct edge *edge, struct edge_item *item)
{
    assert(edge->queued_items > 0);
    list_remove(&item->link);
    edge->queued_items--;
    edge->queued_rows -= item->row_count;
    edge->queued_size -= item->size + EDGE_ITEM_CHARGE;
}

static void tell_waiters(struct edge *edge)
{
    if (list_empty(&edge->waiters)) return;
    if (rows_used(edge) > edge->options.row_count_max / 4 * 3) return;
    if (size_used(edge) > edge->options.size_max / 2) return;
    /* Who is told may wait again at once, so only those here now are told. */
    struct link told;
    list_init(&told);
    list_each_safe(&edge->waiters, link, following)
    {
        list_remove(link);
        list_append(&told, link);
    }
    while (!list_empty(&told)) {
        struct edge_waiter *waiter = container_of(told.next, struct edge_waiter, link);
        list_remove(&waiter->link);
        waiter->on_room(waiter->context);
    }
}

static void check_balance(const struct edge *edge)
{
    assert(edge->rows_in == edge->rows_out + edge->rows_dropped + edge->rows_expired +
                                edge->rows_conflated + edge->queued_rows);
}
