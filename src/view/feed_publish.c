/* A tick's dirty slots into the lists of a feed, in four steps: which rows went and which came; which of those
 * are new versions of the same key; every row that came to the end of its list; what is left of those that went,
 * pending until settle gives them their numbers. */
#include "base/assert.h"
#include "view/feed_internal.h"

struct slots {
    u32 *slots;
    u32 count;
};

/* Those that went, by the hash of their key, while this tick is published. */
struct went {
    struct feed_pending *rows;
    u32 count;
    u32 mask;
    u32 *table; /* index + 1; 0: free */
};

/* A row that came. */
struct came {
    u32 slot;
    u64 hash;
    struct feed_list *list;
    struct feed_pending *before; /* the row of its key and list that went in this tick, or NULL */
    bool is_unseen;              /* readers cannot tell them apart */
};

static void sort_dirty(struct feed *feed, struct slots *went, struct slots *came,
                       struct slots *recounted);
static void take_went(struct feed *feed, const struct slots *slots, struct went *went);
static void take_came(struct feed *feed, const u32 *slots, u32 count, const struct went *went,
                      u64 tick);
static void take_recounted(struct feed *feed, const u32 *slots, u32 count, u64 tick);
static void leave_pending(struct feed *feed, const struct went *went, u64 tick);
static void find_lists(struct feed *feed, const u32 *slots, u32 count, u64 *hashes,
                       struct feed_list **lists);
static void move_to_end(struct feed_list *list, u32 slot, u64 tick);

void feed_publish(struct feed *feed, u64 tick)
{
    assert(feed->pending_count == 0 && tick > 0);
    struct slots slots[3];
    struct slots *gone = &slots[0], *came = &slots[1], *recounted = &slots[2];
    struct went went = { .count = 0 };
    sort_dirty(feed, gone, came, recounted);
    take_went(feed, gone, &went);
    for (u32 start = 0; start < came->count; start += BATCH_ROW_COUNT_MAX) {
        struct arena_mark mark = arena_mark(&feed->arena);
        take_came(feed, came->slots + start, MIN(came->count - start, BATCH_ROW_COUNT_MAX), &went,
                  tick);
        arena_rewind(&feed->arena, mark);
    }
    for (u32 start = 0; start < recounted->count; start += BATCH_ROW_COUNT_MAX)
        take_recounted(feed, recounted->slots + start,
                       MIN(recounted->count - start, BATCH_ROW_COUNT_MAX), tick);
    leave_pending(feed, &went, tick);
    if (feed->pending_count == 0) arena_reset(&feed->arena);
}

static void sort_dirty(struct feed *feed, struct slots *went, struct slots *came,
                       struct slots *recounted)
{
    u32 count;
    const u32 *dirty = rows_dirty(feed->options.rows, &count);
    i32 before[BATCH_ROW_COUNT_MAX], after[BATCH_ROW_COUNT_MAX];
    *went = *came = *recounted = (struct slots){ .count = 0 };
    went->slots = arena_alloc(&feed->arena, count * sizeof(u32));
    came->slots = arena_alloc(&feed->arena, count * sizeof(u32));
    recounted->slots = arena_alloc(&feed->arena, count * sizeof(u32));
    for (u32 start = 0; start < count; start += BATCH_ROW_COUNT_MAX) {
        u32 taken = MIN(count - start, BATCH_ROW_COUNT_MAX);
        rows_weights(feed->options.rows, dirty + start, taken, SIDE_OLD, before);
        rows_weights(feed->options.rows, dirty + start, taken, SIDE_NEW, after);
        for (u32 index = 0; index < taken; index++) {
            if (before[index] == after[index]) continue;
            struct slots *kind = !after[index] ? went : !before[index] ? came : recounted;
            kind->slots[kind->count++] = dirty[start + index];
        }
    }
}

static void went_add(struct went *went, u32 index)
{
    u32 at = (u32)went->rows[index].hash & went->mask;
    while (went->table[at])
        at = (at + 1) & went->mask;
    went->table[at] = index + 1;
}

static void take_went(struct feed *feed, const struct slots *slots, struct went *went)
{
    struct arena *arena = &feed->arena;
    u64 seed = feed->options.seed, hashes[BATCH_ROW_COUNT_MAX];
    struct feed_list *lists[BATCH_ROW_COUNT_MAX];
    u32 capacity = 4;
    while (capacity < slots->count * 2)
        capacity *= 2;
    went->mask = capacity - 1;
    went->table = arena_array(arena, u32, capacity);
    went->rows = arena_alloc(arena, slots->count * sizeof *went->rows);
    for (u32 start = 0; start < slots->count; start += BATCH_ROW_COUNT_MAX) {
        const u32 *chunk = slots->slots + start;
        u32 count = MIN(slots->count - start, BATCH_ROW_COUNT_MAX);
        struct arena_mark mark = arena_mark(arena);
        if (feed->by_filter) index_remove_batch(feed->by_filter, chunk, count);
        find_lists(feed, chunk, count, hashes, lists);
        rows_hash_batch(feed->options.rows, chunk, count, feed->key, feed->key_count, seed, arena,
                        hashes);
        arena_rewind(arena, mark);
        for (u32 index = 0; index < count; index++) {
            went->rows[went->count++] = (struct feed_pending){ .slot = chunk[index],
                                                               .hash = hashes[index],
                                                               .list = lists[index] };
            went_add(went, went->count - 1);
        }
    }
}

/* With hashes of the filter's values, where there is a filter. */
static void find_lists(struct feed *feed, const u32 *slots, u32 count, u64 *hashes,
                       struct feed_list **lists)
{
    u32 filter_count = feed->options.filter_count;
    struct column *values = NULL;
    if (filter_count > 0) {
        values = arena_array(&feed->arena, struct column, filter_count);
        rows_gather(feed->options.rows, slots, count, feed->filter, filter_count, &feed->arena,
                    values);
        struct batch batch = { .row_count = count,
                               .column_count = filter_count,
                               .columns = values };
        batch_hash(&batch, NULL, 0, feed->options.seed, hashes);
    }
    feed_list_find(feed, values, hashes, count, lists);
}

/* The row of this key and list that went. Rows of a bag have no versions: equal ones share a slot. */
static struct feed_pending *went_find(const struct feed *feed, const struct went *went,
                                      const struct column *keys, u32 row, u64 hash,
                                      const struct feed_list *list)
{
    if (went->count == 0 || feed->options.key_count == 0) return NULL;
    for (u32 at = (u32)hash & went->mask; went->table[at]; at = (at + 1) & went->mask) {
        struct feed_pending *pending = &went->rows[went->table[at] - 1];
        if (pending->hash == hash && pending->list == list && !pending->is_taken &&
            rows_equal_key(feed->options.rows, pending->slot, feed->key, feed->key_count, keys,
                           row))
            return pending;
    }
    return NULL;
}

/* Marks new versions that look like the old ones. */
static void find_unseen(struct feed *feed, struct came *came, u32 count)
{
    u32 shown_count = feed->options.shown_count, pair_count = 0;
    if (shown_count == 0) return;
    u32 old[BATCH_ROW_COUNT_MAX], new[BATCH_ROW_COUNT_MAX], pairs[BATCH_ROW_COUNT_MAX];
    for (u32 row = 0; row < count; row++) {
        if (!came[row].before) continue;
        old[pair_count] = came[row].before->slot;
        new[pair_count] = came[row].slot;
        pairs[pair_count++] = row;
    }
    for (u32 pair = 0; pair < pair_count; pair++)
        came[pairs[pair]].is_unseen = true;
    for (u32 index = 0; index < shown_count && pair_count > 0; index++) {
        struct column before, after;
        const u32 *column = &feed->shown[index];
        rows_gather(feed->options.rows, old, pair_count, column, 1, &feed->arena, &before);
        rows_gather(feed->options.rows, new, pair_count, column, 1, &feed->arena, &after);
        for (u32 pair = 0; pair < pair_count; pair++)
            came[pairs[pair]].is_unseen &= column_identical(&before, pair, &after, pair);
    }
}

static void list_changed(struct feed_list *list, u64 tick)
{
    if (list->tick < tick) list->change++;
    list->tick = tick;
    if (list->is_changed) return;
    list->is_changed = true;
    list->changed_next = list->feed->changed;
    list->feed->changed = list;
}

/* What moves to the end of the live list leaves its old place in it. */
static void move_to_end(struct feed_list *list, u32 slot, u64 tick)
{
    struct feed *feed = list->feed;
    const struct entry *entry = entries_find(&feed->live, slot);
    if (entry && entry->ver != 0)
        entries_remove(&feed->live, &list->live, slot);
    else
        feed->live_count++;
    entries_append(&feed->live, &list->live, slot, tick);
    list_changed(list, tick);
}

/* Out of the live list; returns the birth of its key. */
static u64 take_out(struct feed_list *list, u32 slot)
{
    struct entry *entry = entries_find(&list->feed->live, slot);
    if (!entry || entry->ver == 0) return 0;
    u64 birth = entry->birth;
    entries_remove(&list->feed->live, &list->live, slot);
    entry->birth = 0;
    list->feed->live_count--;
    return birth;
}

static bool kept_has_key(struct feed *feed, u32 kept, const struct column *keys, u32 row)
{
    bool is_bag = feed->options.key_count == 0, is_equal = true;
    struct arena_mark mark = arena_mark(&feed->arena);
    for (u32 index = 0; index < feed->key_count && is_equal; index++) {
        struct column own;
        rows_kept_gather(feed->options.rows, &kept, 1, &feed->key[index], 1, &feed->arena, &own);
        is_equal = is_bag ? column_identical(&own, 0, &keys[index], row)
                          : column_equal_key(&own, 0, &keys[index], row);
    }
    arena_rewind(&feed->arena, mark);
    return is_equal;
}

/* The tick at which the key of a row that came was born: its tombstone's, which goes, or now. */
static u64 take_birth(struct feed *feed, const struct came *came, const struct column *keys,
                      u32 row, u64 tick)
{
    u32 probe = tombstones_probe(came->hash), kept;
    while ((kept = tombstones_next(&feed->gone, came->list, came->hash, &probe)) !=
           TOMBSTONE_NONE) {
        if (!kept_has_key(feed, kept, keys, row)) continue;
        u64 birth = tombstones_get(&feed->gone, kept)->entry.birth;
        tombstones_remove(&feed->gone, &came->list->gone, kept);
        feed->options.on_free(feed->options.context, kept);
        return birth;
    }
    return tick;
}

static void publish_came(struct feed *feed, const struct came *came, const struct column *keys,
                         u32 row, u64 tick)
{
    struct feed_list *list = came->list;
    u64 birth;
    if (came->before && came->is_unseen) {
        const struct entry *entry = entries_find(&feed->live, came->before->slot);
        if (entry && entry->ver != 0)
            entries_replace(&feed->live, &list->live, came->before->slot, came->slot);
        return;
    }
    if (came->before)
        birth = take_out(list, came->before->slot);
    else
        birth = take_birth(feed, came, keys, row, tick);
    move_to_end(list, came->slot, tick);
    entries_find(&feed->live, came->slot)->birth = birth;
}

static void take_came(struct feed *feed, const u32 *slots, u32 count, const struct went *went,
                      u64 tick)
{
    struct arena *arena = &feed->arena;
    u64 hashes[BATCH_ROW_COUNT_MAX];
    struct feed_list *lists[BATCH_ROW_COUNT_MAX];
    find_lists(feed, slots, count, hashes, lists);
    if (feed->by_filter) index_add_batch(feed->by_filter, slots, hashes, count);
    struct column *keys = arena_array(arena, struct column, feed->key_count);
    rows_gather(feed->options.rows, slots, count, feed->key, feed->key_count, arena, keys);
    struct batch batch = { .row_count = count, .column_count = feed->key_count, .columns = keys };
    batch_hash(&batch, NULL, 0, feed->options.seed, hashes);
    struct came *came = arena_alloc(arena, count * sizeof *came);
    for (u32 row = 0; row < count; row++) {
        came[row] = (struct came){ .slot = slots[row], .hash = hashes[row], .list = lists[row] };
        if (!lists[row]) continue;
        came[row].before = went_find(feed, went, keys, row, hashes[row], lists[row]);
        if (came[row].before) came[row].before->is_taken = true;
    }
    find_unseen(feed, came, count);
    for (u32 row = 0; row < count; row++)
        if (lists[row]) publish_came(feed, &came[row], keys, row, tick);
}

/* Rows of a bag with another number of copies. */
static void take_recounted(struct feed *feed, const u32 *slots, u32 count, u64 tick)
{
    u64 hashes[BATCH_ROW_COUNT_MAX];
    struct feed_list *lists[BATCH_ROW_COUNT_MAX];
    struct arena_mark mark = arena_mark(&feed->arena);
    find_lists(feed, slots, count, hashes, lists);
    arena_rewind(&feed->arena, mark);
    for (u32 index = 0; index < count; index++)
        if (lists[index]) move_to_end(lists[index], slots[index], tick);
}

static void leave_pending(struct feed *feed, const struct went *went, u64 tick)
{
    u32 count = 0;
    for (u32 index = 0; index < went->count; index++) {
        struct feed_pending *pending = &went->rows[index];
        if (pending->is_taken || !pending->list) continue;
        pending->birth = take_out(pending->list, pending->slot);
        list_changed(pending->list, tick);
        went->rows[count++] = *pending;
    }
    feed->pending = went->rows;
    feed->pending_count = count;
    feed->pending_next = 0;
    feed->pending_tick = tick;
}
