#include "view/feed.h"

#include "base/assert.h"
#include "view/feed_internal.h"
#include "view/feed_sweep.h"

static void index_all(struct feed *feed);

static u32 *copy_columns(struct feed *feed, const u32 *columns, u32 count)
{
    u32 *copy = mem_alloc(&feed->mem, count * sizeof *copy);
    if (count > 0) memcpy(copy, columns, count * sizeof *copy);
    return copy;
}

struct feed *feed_open(struct mem *mem, const struct feed_options *options)
{
    assert(options->filter_count <= FEED_FILTER_COUNT_MAX);
    struct feed *feed = mem_zalloc(mem, sizeof *feed);
    mem_init(&feed->mem, "feed", mem, 0);
    feed->options = *options;
    feed->since = options->tick;
    arena_init(&feed->arena, &feed->mem);
    entries_init(&feed->live, &feed->mem, sizeof(struct entry));
    tombstones_init(&feed->gone, &feed->mem);
    feed->key_count = options->key_count ? options->key_count : rows_column_count(options->rows);
    feed->key = mem_alloc(&feed->mem, feed->key_count * sizeof *feed->key);
    for (u32 index = 0; index < feed->key_count; index++)
        feed->key[index] = options->key_count ? options->key[index] : index;
    feed->shown = copy_columns(feed, options->shown, options->shown_count);
    feed->filter = copy_columns(feed, options->filter, options->filter_count);
    feed->bucket_count = 1;
    feed->buckets = mem_zalloc(&feed->mem, sizeof *feed->buckets);
    if (options->filter_count > 0)
        index_all(feed);
    else
        feed_list_get(feed, NULL, 0, options->tick);
    return feed;
}

static void index_all(struct feed *feed)
{
    const struct rows *rows = feed->options.rows;
    u32 count = feed->options.filter_count;
    struct type *types = arena_array(&feed->arena, struct type, count);
    for (u32 index = 0; index < count; index++)
        types[index] = rows_types(rows)[feed->filter[index]];
    feed->values = rows_open(&feed->mem, types, count);
    feed->by_filter = index_open(&feed->mem, rows, feed->filter, count, feed->options.seed);
    u32 cursor = 0, slots[BATCH_ROW_COUNT_MAX], found;
    i32 weights[BATCH_ROW_COUNT_MAX];
    u64 hashes[BATCH_ROW_COUNT_MAX];
    u32 end = rows_slot_end(rows);
    while ((found = rows_scan(rows, &cursor, end, SIDE_OLD, BATCH_ROW_COUNT_MAX, slots, weights))) {
        rows_hash_batch(rows, slots, found, feed->filter, count, feed->options.seed, &feed->arena,
                        hashes);
        index_add_batch(feed->by_filter, slots, hashes, found);
    }
    arena_reset(&feed->arena);
}

void feed_close(struct feed *feed)
{
    feed_sweep_all(feed);
    if (feed->by_filter) index_close(feed->by_filter);
    if (feed->values) rows_close(feed->values);
    entries_deinit(&feed->live);
    tombstones_deinit(&feed->gone);
    mem_free(&feed->mem, feed->buckets, feed->bucket_count * sizeof *feed->buckets);
    mem_free(&feed->mem, feed->key, feed->key_count * sizeof *feed->key);
    mem_free(&feed->mem, feed->shown, feed->options.shown_count * sizeof *feed->shown);
    mem_free(&feed->mem, feed->filter, feed->options.filter_count * sizeof *feed->filter);
    arena_deinit(&feed->arena);
    struct mem *parent = feed->mem.parent;
    mem_deinit(&feed->mem);
    mem_free(parent, feed, sizeof *feed);
}

u64 feed_size(const struct feed *feed)
{
    return feed->mem.used;
}

u64 feed_tombstone_count(const struct feed *feed)
{
    return feed->gone.count;
}

u64 feed_entry_count(const struct feed *feed)
{
    return feed->gone.count + feed->live_count;
}

/* Settle asks for slots in the order in which publish saw them. */
bool feed_keep(struct feed *feed, u32 slot, u32 kept)
{
    if (feed->pending_next == feed->pending_count) return false;
    const struct feed_pending *pending = &feed->pending[feed->pending_next];
    if (pending->slot != slot) return false;
    tombstones_add(&feed->gone, pending->list, &pending->list->gone, kept, pending->hash,
                   pending->birth, feed->pending_tick);
    if (++feed->pending_next < feed->pending_count) return true;
    feed->pending_next = feed->pending_count = 0;
    arena_reset(&feed->arena);
    return true;
}

bool feed_holds(const struct feed *feed, u32 kept)
{
    return tombstones_has(&feed->gone, kept);
}

struct feed_list *feed_take_changed(struct feed *feed)
{
    struct feed_list *list = feed->changed;
    if (!list) return NULL;
    feed->changed = list->changed_next;
    list->is_changed = false;
    return list;
}

/* --- walks --- */

void feed_walk_live(struct feed_walk *walk, const struct feed_list *list, u64 cursor)
{
    *walk = (struct feed_walk){ .feed = list->feed, .cursor = cursor, .next = list->live.tail };
}

u32 feed_walk_live_next(struct feed_walk *walk)
{
    if (!walk->next) return SLOT_NONE;
    u32 slot = walk->next - 1;
    const struct entry *entry = entries_find(&walk->feed->live, slot);
    if (entry->ver <= walk->cursor) return SLOT_NONE;
    walk->next = entry->previous;
    return slot;
}

void feed_walk_gone(struct feed_walk *walk, const struct feed_list *list, u64 cursor)
{
    *walk = (struct feed_walk){ .feed = list->feed, .cursor = cursor, .next = list->gone.tail };
}

u32 feed_walk_gone_next(struct feed_walk *walk)
{
    while (walk->next) {
        u32 kept = walk->next - 1;
        const struct entry *entry = &tombstones_get(&walk->feed->gone, kept)->entry;
        if (entry->ver <= walk->cursor) break;
        walk->next = entry->previous;
        if (entry->birth <= walk->cursor) return kept;
    }
    return SLOT_NONE;
}
