#include "view/feed_sweep.h"

#include <stdlib.h>

#include "base/assert.h"
#include "view/feed_internal.h"

#define each_list(feed, list)                                                                      \
    for (struct feed_list *list = feed_list_next(feed, NULL); list;                                \
         list = feed_list_next(feed, list))

static void trim(struct feed *feed);
static void look_at_each(struct feed *feed);
static bool is_overgrown(const struct feed *feed);
static void reset_laggards(struct feed *feed);

bool feed_sweep_is_due(const struct feed *feed)
{
    return feed->gone.count > 2 * feed->gone_count_swept + FEED_TOMBSTONE_COUNT_MIN;
}

void feed_sweep(struct feed *feed, u64 resume_tick, u64 tick)
{
    assert(feed->pending_count == 0);
    feed->since = MAX(feed->since, resume_tick);
    bool is_due = feed_sweep_is_due(feed);
    trim(feed);
    if (is_due) look_at_each(feed);
    while (is_due && is_overgrown(feed)) {
        reset_laggards(feed);
        if (feed->since < tick) feed->since += (tick - feed->since + 1) / 2;
        trim(feed);
        look_at_each(feed);
    }
    if (is_due) feed->gone_count_swept = feed->gone.count;
    feed->gone_count_swept = MIN(feed->gone_count_swept, feed->gone.count);
    feed_list_forget(feed, feed->since);
}

void feed_sweep_all(struct feed *feed)
{
    feed->pending_count = feed->pending_next = 0;
    while (feed_take_changed(feed))
        ;
    feed->since = UINT64_MAX;
    trim(feed);
    struct feed_list *list = feed_list_next(feed, NULL);
    while (list) {
        struct feed_list *next = feed_list_next(feed, list);
        feed_list_close(list);
        list = next;
    }
    assert(feed->gone.count == 0 && feed->live_count == 0);
}

static bool is_overgrown(const struct feed *feed)
{
    return feed->gone.count > MAX(rows_count(feed->options.rows), (u64)FEED_TOMBSTONE_COUNT_MIN);
}

static void drop_tombstone(struct feed_list *list, u32 kept)
{
    struct feed *feed = list->feed;
    tombstones_remove(&feed->gone, &list->gone, kept);
    feed->options.on_free(feed->options.context, kept);
}

/* The cursor furthest behind, or where the resume window begins. */
static u64 oldest_tick(const struct feed_list *list)
{
    u64 oldest = list->feed->since;
    list_each(&list->cursors, link)
    {
        const struct feed_cursor *cursor = container_of(link, struct feed_cursor, link);
        if (!cursor->must_reset) oldest = MIN(oldest, cursor->tick);
    }
    return oldest;
}

/* The beginning of each list, up to what its oldest reader knows. Live rows leave it too: to all who are left
 * they came before anyone looked. */
static void trim(struct feed *feed)
{
    each_list(feed, list)
    {
        u64 oldest = oldest_tick(list);
        while (list->gone.head &&
               tombstones_get(&feed->gone, list->gone.head - 1)->entry.ver <= oldest)
            drop_tombstone(list, list->gone.head - 1);
        while (list->live.head) {
            u32 slot = list->live.head - 1;
            struct entry *entry = entries_find(&feed->live, slot);
            if (entry->ver > oldest) break;
            entries_remove(&feed->live, &list->live, slot);
            entry->birth = 0;
            feed->live_count--;
        }
    }
}

/* --- what lies between cursors --- */

struct ticks {
    u64 *ticks; /* ascending */
    u32 count;
};

static int compare_ticks(const void *a, const void *b)
{
    u64 left = *(const u64 *)a, right = *(const u64 *)b;
    return (left > right) - (left < right);
}

/* Of the cursors that still count; only those of them that lack something, when lagging. */
static void add_ticks(const struct feed_list *list, bool lagging, struct ticks *ticks)
{
    list_each(&list->cursors, link)
    {
        const struct feed_cursor *cursor = container_of(link, struct feed_cursor, link);
        if (!cursor->must_reset && !(lagging && cursor->tick >= list->tick))
            ticks->ticks[ticks->count++] = cursor->tick;
    }
}

static u32 cursor_count(const struct feed_list *list)
{
    u32 count = 0;
    list_each(&list->cursors, link) count++;
    return count;
}

/* Is there a tick c with birth <= c < ver? */
static bool is_between(const struct ticks *ticks, u64 birth, u64 ver)
{
    u32 low = 0, high = ticks->count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (ticks->ticks[middle] < birth)
            low = middle + 1;
        else
            high = middle;
    }
    return low < ticks->count && ticks->ticks[low] < ver;
}

static void look_at_list(struct feed_list *list)
{
    struct feed *feed = list->feed;
    struct ticks ticks = { .count = 0 };
    ticks.ticks = arena_alloc(&feed->arena, cursor_count(list) * sizeof(u64));
    add_ticks(list, false, &ticks);
    qsort(ticks.ticks, ticks.count, sizeof(u64), compare_ticks);
    u32 next = list->gone.head;
    while (next) {
        u32 kept = next - 1;
        const struct entry *entry = &tombstones_get(&feed->gone, kept)->entry;
        if (entry->ver > feed->since) break; /* the resume window */
        next = entry->next;
        if (!is_between(&ticks, entry->birth, entry->ver)) drop_tombstone(list, kept);
    }
    arena_reset(&feed->arena);
}

static void look_at_each(struct feed *feed)
{
    each_list(feed, list) if (list->gone.head) look_at_list(list);
}

/* The quarter of those who lack something that lags most, at least one. */
static void reset_laggards(struct feed *feed)
{
    u32 count = 0;
    each_list(feed, list) count += cursor_count(list);
    struct ticks ticks = { .count = 0 };
    ticks.ticks = arena_alloc(&feed->arena, count * sizeof(u64));
    each_list(feed, list) add_ticks(list, true, &ticks);
    if (ticks.count > 0) {
        qsort(ticks.ticks, ticks.count, sizeof(u64), compare_ticks);
        u64 limit = ticks.ticks[ticks.count / 4];
        each_list(feed, list)
        {
            list_each(&list->cursors, link)
            {
                struct feed_cursor *cursor = container_of(link, struct feed_cursor, link);
                if (cursor->tick < list->tick && cursor->tick <= limit) cursor->must_reset = true;
            }
        }
    }
    arena_reset(&feed->arena);
}
