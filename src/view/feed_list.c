#include "view/feed_list.h"

#include "base/assert.h"
#include "view/feed_internal.h"

static struct feed_list *list_make(struct feed *feed, const struct batch *value, u64 hash,
                                   u64 tick);
static void buckets_grow(struct feed *feed);

static struct feed_list **bucket_of(const struct feed *feed, u64 hash)
{
    return &feed->buckets[hash & (feed->bucket_count - 1)];
}

/* Is the list's value that in row of values? */
static bool has_value(const struct feed_list *list, const struct column *values, u32 row, u64 hash)
{
    static const u32 all[FEED_FILTER_COUNT_MAX] = { 0, 1, 2, 3, 4, 5, 6, 7 };
    return list->hash == hash && rows_equal_key(list->feed->values, list->value, all,
                                                list->feed->options.filter_count, values, row);
}

void feed_list_find(const struct feed *feed, const struct column *values, const u64 *hashes,
                    u32 count, struct feed_list **lists)
{
    for (u32 row = 0; row < count; row++) {
        if (!values) {
            lists[row] = feed->buckets[0];
            continue;
        }
        struct feed_list *list = *bucket_of(feed, hashes[row]);
        while (list && !has_value(list, values, row, hashes[row]))
            list = list->chain;
        lists[row] = list;
    }
}

/* The filter values as a batch of one row. */
static struct batch *value_batch(struct feed *feed, const struct column *values, u32 row)
{
    u32 count = feed->options.filter_count;
    struct batch *batch = batch_make(&feed->arena, rows_types(feed->values), count, 1);
    for (u32 index = 0; index < count; index++)
        column_gather(&batch->columns[index], 0, &values[index], &row, 1, &feed->arena, 1);
    batch->weights[0] = 1;
    batch->row_count = 1;
    return batch;
}

struct feed_list *feed_list_get(struct feed *feed, const struct column *values, u32 row, u64 tick)
{
    assert(feed->pending_count == 0); /* between ticks */
    u64 hash = 0;
    struct feed_list *list = NULL;
    struct batch *value = NULL;
    if (feed->values) {
        value = value_batch(feed, values, row);
        batch_hash(value, NULL, 0, feed->options.seed, &hash);
        feed_list_find(feed, value->columns, &hash, 1, &list);
    } else {
        list = feed->buckets[0];
    }
    if (!list) list = list_make(feed, value, hash, tick);
    arena_reset(&feed->arena);
    return list;
}

static struct feed_list *list_make(struct feed *feed, const struct batch *value, u64 hash, u64 tick)
{
    if (value && feed->list_count >= feed->bucket_count) buckets_grow(feed);
    struct feed_list *list = mem_alloc(&feed->mem, sizeof *list);
    *list = (struct feed_list){ .feed = feed,
                                .hash = hash,
                                .value = SLOT_NONE,
                                .tick = tick,
                                .since = tick,
                                .tick_left = tick };
    if (value) {
        list->value = rows_add(feed->values, value, 0, 1);
        rows_settle(feed->values);
    }
    list_init(&list->cursors);
    struct feed_list **bucket = bucket_of(feed, hash);
    list->chain = *bucket;
    *bucket = list;
    feed->list_count++;
    return list;
}

static void buckets_grow(struct feed *feed)
{
    u32 old_count = feed->bucket_count;
    struct feed_list **old = feed->buckets;
    feed->bucket_count *= 2;
    feed->buckets = mem_zalloc(&feed->mem, feed->bucket_count * sizeof *old);
    for (u32 index = 0; index < old_count; index++) {
        for (struct feed_list *list = old[index], *next; list; list = next) {
            struct feed_list **bucket = bucket_of(feed, list->hash);
            next = list->chain;
            list->chain = *bucket;
            *bucket = list;
        }
    }
    mem_free(&feed->mem, old, old_count * sizeof *old);
}

void feed_list_close(struct feed_list *list)
{
    struct feed *feed = list->feed;
    assert(list_empty(&list->cursors) && !list->owner && !list->is_changed);
    assert(!list->live.head && !list->gone.head);
    struct feed_list **place = bucket_of(feed, list->hash);
    while (*place != list)
        place = &(*place)->chain;
    *place = list->chain;
    if (list->value != SLOT_NONE) {
        rows_change(feed->values, list->value, -1);
        rows_settle(feed->values);
    }
    mem_free(&feed->mem, list, sizeof *list);
    feed->list_count--;
}

void feed_list_forget(struct feed *feed, u64 tick)
{
    if (!feed->values) return; /* the only list stays */
    struct feed_list *list = feed_list_next(feed, NULL);
    while (list) {
        struct feed_list *next = feed_list_next(feed, list);
        bool is_needed = !list_empty(&list->cursors) || list->owner || list->is_changed ||
                         list->live.head || list->gone.head || list->tick_left >= tick;
        if (!is_needed) feed_list_close(list);
        list = next;
    }
}

struct feed_list *feed_list_next(const struct feed *feed, const struct feed_list *list)
{
    if (list && list->chain) return list->chain;
    u32 bucket = list ? (u32)(list->hash & (feed->bucket_count - 1)) + 1 : 0;
    while (bucket < feed->bucket_count && !feed->buckets[bucket])
        bucket++;
    return bucket < feed->bucket_count ? feed->buckets[bucket] : NULL;
}

bool feed_list_is_filtered(const struct feed_list *list)
{
    return list->value != SLOT_NONE;
}

u32 *feed_list_slots(const struct feed_list *list, struct arena *arena, u32 *count)
{
    const struct feed *feed = list->feed;
    assert(feed_list_is_filtered(list));
    struct column *value = arena_array(arena, struct column, feed->options.filter_count);
    rows_gather(feed->values, &list->value, 1, NULL, 0, arena, value);
    u32 capacity = BATCH_ROW_COUNT_MAX, rows[BATCH_ROW_COUNT_MAX], found, total = 0;
    u32 *slots = arena_alloc(arena, capacity * sizeof *slots);
    struct index_probe probe;
    index_probe_init(&probe, feed->by_filter, value, &list->hash, 1, true);
    while ((found = index_probe_next(&probe, rows, slots + total, BATCH_ROW_COUNT_MAX))) {
        total += found;
        if (capacity - total >= BATCH_ROW_COUNT_MAX) continue;
        u32 *wider = arena_alloc(arena, (size_t)capacity * 2 * sizeof *slots);
        memcpy(wider, slots, total * sizeof *slots);
        slots = wider;
        capacity *= 2;
    }
    *count = total;
    return slots;
}

u64 feed_list_since(const struct feed_list *list)
{
    return MAX(list->since, list->feed->since);
}

u64 feed_list_tick(const struct feed_list *list)
{
    return list->tick;
}

u64 feed_list_change(const struct feed_list *list)
{
    return list->change;
}

i64 feed_list_changed_us(const struct feed_list *list)
{
    return list->changed_us;
}

void feed_list_set_changed(struct feed_list *list, i64 now_us)
{
    list->changed_us = now_us;
}

/* The lists of what is there and of what went, merged, newest first. */
u64 feed_list_change_since(const struct feed_list *list, u64 tick)
{
    const struct feed *feed = list->feed;
    u32 live = list->live.tail, gone = list->gone.tail;
    u64 count = 0, last = UINT64_MAX;
    for (;;) {
        const struct entry *a = live ? entries_find(&feed->live, live - 1) : NULL;
        const struct entry *b = gone ? &tombstones_get(&feed->gone, gone - 1)->entry : NULL;
        bool is_live = a && (!b || a->ver >= b->ver);
        const struct entry *newest = is_live ? a : b;
        if (!newest || newest->ver <= tick) return count;
        count += newest->ver != last;
        last = newest->ver;
        *(is_live ? &live : &gone) = newest->previous;
    }
}

void feed_list_join(struct feed_list *list, struct feed_cursor *cursor, u64 tick)
{
    *cursor = (struct feed_cursor){ .list = list, .tick = tick };
    list_append(&list->cursors, &cursor->link);
}

void feed_list_leave(struct feed_cursor *cursor, u64 tick)
{
    if (!cursor->list) return;
    list_remove(&cursor->link);
    cursor->list->tick_left = tick;
    cursor->list = NULL;
}

void *feed_list_owner(const struct feed_list *list)
{
    return list->owner;
}

void feed_list_set_owner(struct feed_list *list, void *owner)
{
    list->owner = owner;
}
