#include "view/feed.h"

#include <stdlib.h>

#include "base/assert.h"
#include "state/index.h"

#define PAGE_ENTRY_COUNT    512
#define TOMBSTONE_COUNT_MIN 256 /* below, sweeping is not worth a walk */

#define REF_KEPT 0x80000000u /* the ref of a kept row; without it, of a slot */

struct entry {
    u64 ver; /* 0: not in a list */
    u64 birth;
    u32 previous; /* ref + 1; 0: none */
    u32 next;
};

struct entry_page {
    struct entry entries[PAGE_ENTRY_COUNT];
};

struct entries {
    struct entry_page **pages;
    u32 page_count;
};

/* Of the table of tombstones: open addressing, linear probing. */
struct tombstone {
    u64 hash;               /* of the key */
    struct feed_list *list; /* NULL: the place is free */
    u32 ref;                /* a slot until the tick settles, then a kept row */
};

struct feed_list {
    struct feed *feed;
    struct feed_list *chain; /* of its hash bucket */
    u64 hash;
    struct batch *value; /* the filter columns' values, or NULL without a filter */
    struct arena arena;
    struct link cursors;
    struct feed_list *touched_next; /* among those that this publish changed */
    void *owner;
    u64 change;
    u64 tick;
    u64 since;
    u64 tick_left;  /* the cursor that left last was here */
    u32 head, tail; /* ref + 1 */
};

struct feed {
    struct mem mem;
    struct feed_options options;
    struct arena arena; /* scratch for one publish or sweep */
    u32 *key;           /* key_count columns, or all */
    u32 key_count;
    u32 *filter;
    struct entries live; /* by slot */
    struct entries kept;
    struct tombstone *tombstones;
    u32 tombstone_capacity; /* a power of two, or 0 */
    u32 tombstone_count;
    u32 tombstones_after_sweep;
    struct index *by_filter; /* live slots by the filter columns; NULL without a filter */
    u64 since;
    struct feed_list *touched;
    struct feed_list **lists; /* hash table; one bucket without a filter */
    u32 bucket_count;
    u32 list_count;
};

static void index_all(struct feed *feed);
static u64 filter_hash(const struct feed *feed, u32 slot);
static void entries_free(struct feed *feed, struct entries *entries);
static struct entry *entry_at(const struct feed *feed, u32 ref);
static struct entry *entry_need(struct feed *feed, u32 ref);
static void list_push(struct feed_list *list, u32 ref, u64 tick);
static void list_unlink(struct feed_list *list, u32 ref);
static struct feed_list *list_of_slot(const struct feed *feed, u32 slot);
static void list_close(struct feed *feed, struct feed_list *list);
static void publish_removed(struct feed *feed, u32 slot, u64 tick);
static void publish_present(struct feed *feed, const u32 *slots, u32 count, u64 tick,
                            const struct feed_callbacks *callbacks);
static struct tombstone *tombstone_of_ref(struct feed *feed, u64 hash, u32 ref);
static void tombstone_remove(struct feed *feed, struct tombstone *tombstone);
static void tombstone_drop(struct feed_list *list, u32 ref);
static u64 key_hash(const struct feed *feed, u32 ref);

struct feed *feed_open(struct mem *mem, const struct feed_options *options)
{
    struct feed *feed = mem_zalloc(mem, sizeof *feed);
    mem_init(&feed->mem, "feed", mem, 0);
    feed->options = *options;
    feed->since = options->tick;
    arena_init(&feed->arena, &feed->mem);
    u32 column_count = rows_column_count(options->rows);
    feed->key_count = options->key_count ? options->key_count : column_count;
    feed->key = mem_alloc(&feed->mem, feed->key_count * sizeof(u32));
    for (u32 index = 0; index < feed->key_count; index++)
        feed->key[index] = options->key_count ? options->key[index] : index;
    feed->filter = mem_alloc(&feed->mem, options->filter_count * sizeof(u32));
    for (u32 index = 0; index < options->filter_count; index++)
        feed->filter[index] = options->filter[index];
    feed->bucket_count = 1;
    feed->lists = mem_zalloc(&feed->mem, sizeof *feed->lists);
    if (options->filter_count > 0) index_all(feed);
    return feed;
}

void feed_close(struct feed *feed)
{
    for (u32 bucket = 0; bucket < feed->bucket_count; bucket++) {
        while (feed->lists[bucket]) {
            struct feed_list *list = feed->lists[bucket];
            assert(list_empty(&list->cursors));
            feed->lists[bucket] = list->chain;
            list_close(feed, list);
        }
    }
    if (feed->by_filter) index_close(feed->by_filter);
    entries_free(feed, &feed->live);
    entries_free(feed, &feed->kept);
    mem_free(&feed->mem, feed->tombstones, feed->tombstone_capacity * sizeof *feed->tombstones);
    mem_free(&feed->mem, feed->lists, feed->bucket_count * sizeof *feed->lists);
    mem_free(&feed->mem, feed->key, feed->key_count * sizeof(u32));
    mem_free(&feed->mem, feed->filter, feed->options.filter_count * sizeof(u32));
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
    return feed->tombstone_count;
}

u64 feed_list_since(const struct feed_list *list)
{
    return MAX(list->since, list->feed->since);
}

void feed_publish(struct feed *feed, u64 tick, const struct feed_callbacks *callbacks)
{
    u32 count;
    const u32 *slots = rows_dirty(feed->options.rows, &count);
    if (count == 0) return;
    for (u32 index = 0; index < count; index++)
        publish_removed(feed, slots[index], tick);
    for (u32 start = 0; start < count; start += BATCH_ROW_COUNT_MAX) {
        publish_present(feed, slots + start, MIN(count - start, BATCH_ROW_COUNT_MAX), tick,
                        callbacks);
        arena_reset(&feed->arena);
    }
    while (feed->touched) {
        struct feed_list *list = feed->touched;
        feed->touched = list->touched_next;
        callbacks->changed(callbacks->changed_context, list);
    }
}

bool feed_keep(struct feed *feed, u32 slot, u32 kept)
{
    struct entry *entry = entry_at(feed, slot);
    if (!entry || entry->ver == 0) return false;
    u32 ref = kept | REF_KEPT;
    struct entry *moved = entry_need(feed, ref);
    struct tombstone *tombstone = tombstone_of_ref(feed, key_hash(feed, slot), slot);
    assert(tombstone && moved->ver == 0);
    tombstone->ref = ref;
    *moved = *entry;
    *entry = (struct entry){ .ver = 0 };
    struct feed_list *list = tombstone->list;
    *(moved->previous ? &entry_at(feed, moved->previous - 1)->next : &list->head) = ref + 1;
    *(moved->next ? &entry_at(feed, moved->next - 1)->previous : &list->tail) = ref + 1;
    return true;
}

bool feed_holds(const struct feed *feed, u32 kept)
{
    const struct entry *entry = entry_at(feed, kept | REF_KEPT);
    return entry && entry->ver != 0;
}

void feed_cursor_add(struct feed_list *list, struct feed_cursor *cursor, u64 tick)
{
    *cursor = (struct feed_cursor){ .list = list, .tick = tick, .change = list->change };
    list_append(&list->cursors, &cursor->link);
}

void feed_cursor_remove(struct feed_cursor *cursor)
{
    if (!cursor->list) return;
    list_remove(&cursor->link);
    cursor->list->tick_left = cursor->tick;
    cursor->list = NULL;
}

u64 feed_list_change(const struct feed_list *list)
{
    return list->change;
}

u64 feed_list_tick(const struct feed_list *list)
{
    return list->tick;
}

void *feed_list_owner(const struct feed_list *list)
{
    return list->owner;
}

void feed_list_set_owner(struct feed_list *list, void *owner)
{
    list->owner = owner;
}

struct feed_list *feed_list_next(const struct feed *feed, const struct feed_list *list)
{
    if (list && list->chain) return list->chain;
    u32 bucket = list ? (u32)(list->hash & (feed->bucket_count - 1)) + 1 : 0;
    while (bucket < feed->bucket_count && !feed->lists[bucket])
        bucket++;
    return bucket < feed->bucket_count ? feed->lists[bucket] : NULL;
}

bool feed_list_filtered(const struct feed_list *list)
{
    return list->value != NULL;
}

struct feed *feed_list_feed(const struct feed_list *list)
{
    return list->feed;
}

void feed_walk_init(struct feed_walk *walk, const struct feed_list *list, u64 cursor)
{
    *walk = (struct feed_walk){ .feed = list->feed, .cursor = cursor, .next = list->tail };
}

bool feed_walk_next(struct feed_walk *walk, struct feed_change *change)
{
    while (walk->next) {
        u32 ref = walk->next - 1;
        const struct entry *entry = entry_at(walk->feed, ref);
        if (entry->ver <= walk->cursor) break;
        walk->next = entry->previous;
        bool removed = ref & REF_KEPT;
        if (removed && entry->birth > walk->cursor) continue;
        *change = (struct feed_change){ .slot = ref & ~REF_KEPT, .removed = removed };
        return true;
    }
    walk->next = 0;
    return false;
}

/* --- lists --- */

static u64 filter_hash(const struct feed *feed, u32 slot)
{
    return rows_hash(feed->options.rows, slot, feed->filter, feed->options.filter_count,
                     feed->options.seed);
}

static void index_all(struct feed *feed)
{
    const struct rows *rows = feed->options.rows;
    feed->by_filter =
        index_open(&feed->mem, rows, feed->filter, feed->options.filter_count, feed->options.seed);
    u32 cursor = 0, slots[BATCH_ROW_COUNT_MAX], count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    u32 end = rows_slot_end(rows);
    while ((count = rows_scan(rows, &cursor, end, SIDE_OLD, BATCH_ROW_COUNT_MAX, slots, weights)))
        for (u32 index = 0; index < count; index++)
            index_add(feed->by_filter, slots[index], filter_hash(feed, slots[index]));
}

u32 *feed_list_slots(const struct feed_list *list, struct arena *arena, u32 *count)
{
    const struct feed *feed = list->feed;
    assert(list->value);
    u32 capacity = BATCH_ROW_COUNT_MAX;
    u32 *slots = arena_alloc(arena, capacity * sizeof *slots);
    u32 probe_rows[BATCH_ROW_COUNT_MAX], found, total = 0;
    struct index_probe probe;
    index_probe_init(&probe, feed->by_filter, list->value->columns, &list->hash, 1, true);
    while ((found = index_probe_next(&probe, probe_rows, slots + total, BATCH_ROW_COUNT_MAX))) {
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

static bool list_has_value(const struct feed_list *list, u32 slot)
{
    const struct feed *feed = list->feed;
    return rows_equal_key(feed->options.rows, slot, feed->filter, feed->options.filter_count,
                          list->value->columns, 0);
}

static struct feed_list *list_of_slot(const struct feed *feed, u32 slot)
{
    u32 filter_count = feed->options.filter_count;
    if (filter_count == 0) return feed->lists[0];
    u64 hash = filter_hash(feed, slot);
    struct feed_list *list = feed->lists[hash & (feed->bucket_count - 1)];
    while (list && (list->hash != hash || !list_has_value(list, slot)))
        list = list->chain;
    return list;
}

/* The filter values as a batch of one row. */
static struct batch *copy_value(const struct feed *feed, struct arena *arena,
                                const struct column *values, u32 row)
{
    u32 count = feed->options.filter_count;
    struct type *types = arena_array(arena, struct type, count);
    for (u32 index = 0; index < count; index++)
        types[index] = values[index].type;
    struct batch *batch = batch_make(arena, types, count, 1);
    for (u32 index = 0; index < count; index++) {
        column_gather(&batch->columns[index], 0, &values[index], &row, 1, arena, 1);
        column_own_strings(&batch->columns[index], 1, arena);
    }
    batch->weights[0] = 1;
    batch->row_count = 1;
    return batch;
}

static bool same_value(const struct feed_list *list, const struct batch *value)
{
    for (u32 index = 0; index < value->column_count; index++)
        if (!column_equal_key(&list->value->columns[index], 0, &value->columns[index], 0))
            return false;
    return true;
}

static void buckets_grow(struct feed *feed)
{
    u32 count = feed->bucket_count * 2;
    struct feed_list **lists = mem_zalloc(&feed->mem, count * sizeof *lists);
    for (u32 bucket = 0; bucket < feed->bucket_count; bucket++) {
        while (feed->lists[bucket]) {
            struct feed_list *list = feed->lists[bucket];
            feed->lists[bucket] = list->chain;
            list->chain = lists[list->hash & (count - 1)];
            lists[list->hash & (count - 1)] = list;
        }
    }
    mem_free(&feed->mem, feed->lists, feed->bucket_count * sizeof *feed->lists);
    feed->lists = lists;
    feed->bucket_count = count;
}

struct feed_list *feed_list_get(struct feed *feed, const struct column *values, u32 row, u64 tick)
{
    struct batch *value = NULL;
    u64 hash = 0;
    if (feed->options.filter_count > 0) {
        value = copy_value(feed, &feed->arena, values, row);
        batch_hash(value, NULL, 0, feed->options.seed, &hash);
    }
    struct feed_list *list = feed->lists[hash & (feed->bucket_count - 1)];
    while (list && value && (list->hash != hash || !same_value(list, value)))
        list = list->chain;
    if (!list) {
        if (feed->list_count >= feed->bucket_count && value) buckets_grow(feed);
        list = mem_zalloc(&feed->mem, sizeof *list);
        *list = (struct feed_list){ .feed = feed, .hash = hash, .tick_left = tick };
        /* Without a filter, the list knows all that the feed knows. */
        list->since = value ? tick : feed->since;
        list->tick = list->since;
        arena_init(&list->arena, &feed->mem);
        if (value) list->value = batch_copy(&list->arena, value);
        list_init(&list->cursors);
        u32 bucket = (u32)(hash & (feed->bucket_count - 1));
        list->chain = feed->lists[bucket];
        feed->lists[bucket] = list;
        feed->list_count++;
    }
    arena_reset(&feed->arena);
    return list;
}

static void list_close(struct feed *feed, struct feed_list *list)
{
    arena_deinit(&list->arena);
    mem_free(&feed->mem, list, sizeof *list);
    feed->list_count--;
}

static void list_push(struct feed_list *list, u32 ref, u64 tick)
{
    struct entry *entry = entry_need(list->feed, ref);
    if (entry->ver != 0) list_unlink(list, ref);
    entry->ver = tick;
    entry->previous = list->tail;
    entry->next = 0;
    if (list->tail)
        entry_at(list->feed, list->tail - 1)->next = ref + 1;
    else
        list->head = ref + 1;
    list->tail = ref + 1;
    if (list->tick == tick && list->change > 0) return;
    list->tick = tick;
    list->change++;
    list->touched_next = list->feed->touched;
    list->feed->touched = list;
}

/* The entry keeps its birth. */
static void list_unlink(struct feed_list *list, u32 ref)
{
    struct entry *entry = entry_at(list->feed, ref);
    assert(entry && entry->ver != 0);
    if (entry->previous)
        entry_at(list->feed, entry->previous - 1)->next = entry->next;
    else
        list->head = entry->next;
    if (entry->next)
        entry_at(list->feed, entry->next - 1)->previous = entry->previous;
    else
        list->tail = entry->previous;
    entry->ver = 0;
    entry->previous = entry->next = 0;
}

static struct entry *entry_at(const struct feed *feed, u32 ref)
{
    const struct entries *entries = ref & REF_KEPT ? &feed->kept : &feed->live;
    u32 number = ref & ~REF_KEPT, page = number / PAGE_ENTRY_COUNT;
    if (page >= entries->page_count || !entries->pages[page]) return NULL;
    return &entries->pages[page]->entries[number % PAGE_ENTRY_COUNT];
}

static struct entry *entry_need(struct feed *feed, u32 ref)
{
    struct entries *entries = ref & REF_KEPT ? &feed->kept : &feed->live;
    u32 number = ref & ~REF_KEPT, page = number / PAGE_ENTRY_COUNT;
    if (page >= entries->page_count) {
        u32 count = MAX(entries->page_count * 2, page + 1);
        u32 added = count - entries->page_count;
        entries->pages =
            mem_realloc(&feed->mem, entries->pages, entries->page_count * sizeof *entries->pages,
                        count * sizeof *entries->pages);
        memset(entries->pages + entries->page_count, 0, added * sizeof *entries->pages);
        entries->page_count = count;
    }
    struct entry_page **place = &entries->pages[page];
    if (!*place) *place = mem_zalloc(&feed->mem, sizeof **place);
    return &(*place)->entries[number % PAGE_ENTRY_COUNT];
}

static void entries_free(struct feed *feed, struct entries *entries)
{
    for (u32 page = 0; page < entries->page_count; page++)
        mem_free(&feed->mem, entries->pages[page], sizeof *entries->pages[page]);
    mem_free(&feed->mem, entries->pages, entries->page_count * sizeof *entries->pages);
}

/* --- tombstones --- */

static void tombstones_grow(struct feed *feed)
{
    u32 capacity = MAX(feed->tombstone_capacity * 2, 64u), old = feed->tombstone_capacity;
    struct tombstone *table = mem_zalloc(&feed->mem, capacity * sizeof *table);
    for (u32 index = 0; index < old; index++) {
        if (!feed->tombstones[index].list) continue;
        u32 place = (u32)feed->tombstones[index].hash & (capacity - 1);
        while (table[place].list)
            place = (place + 1) & (capacity - 1);
        table[place] = feed->tombstones[index];
    }
    mem_free(&feed->mem, feed->tombstones, old * sizeof *feed->tombstones);
    feed->tombstones = table;
    feed->tombstone_capacity = capacity;
}

static void tombstone_add(struct feed *feed, u64 hash, struct feed_list *list, u32 ref)
{
    if (feed->tombstone_count >= feed->tombstone_capacity / 4 * 3) tombstones_grow(feed);
    u32 mask = feed->tombstone_capacity - 1, place = (u32)hash & mask;
    while (feed->tombstones[place].list)
        place = (place + 1) & mask;
    feed->tombstones[place] = (struct tombstone){ .hash = hash, .list = list, .ref = ref };
    feed->tombstone_count++;
}

static struct tombstone *tombstone_of_ref(struct feed *feed, u64 hash, u32 ref)
{
    if (feed->tombstone_capacity == 0) return NULL;
    u32 mask = feed->tombstone_capacity - 1;
    for (u32 place = (u32)hash & mask; feed->tombstones[place].list; place = (place + 1) & mask)
        if (feed->tombstones[place].ref == ref && feed->tombstones[place].hash == hash)
            return &feed->tombstones[place];
    return NULL;
}

/* Those behind it move up, so that no probe ends too early. */
static void tombstone_remove(struct feed *feed, struct tombstone *tombstone)
{
    u32 mask = feed->tombstone_capacity - 1, hole = (u32)(tombstone - feed->tombstones);
    for (u32 place = (hole + 1) & mask; feed->tombstones[place].list; place = (place + 1) & mask) {
        u32 home = (u32)feed->tombstones[place].hash & mask;
        if (((place - home) & mask) < ((place - hole) & mask)) continue;
        feed->tombstones[hole] = feed->tombstones[place];
        hole = place;
    }
    feed->tombstones[hole] = (struct tombstone){ .list = NULL };
    feed->tombstone_count--;
}

static void tombstone_drop(struct feed_list *list, u32 ref)
{
    struct feed *feed = list->feed;
    struct tombstone *tombstone = tombstone_of_ref(feed, key_hash(feed, ref), ref);
    assert(tombstone);
    tombstone_remove(feed, tombstone);
    list_unlink(list, ref);
    *entry_at(feed, ref) = (struct entry){ .ver = 0 };
}

/* Has the row of ref this key? */
static bool ref_has_key(struct feed *feed, u32 ref, const struct column *keys, u32 row)
{
    const struct rows *rows = feed->options.rows;
    if (!(ref & REF_KEPT)) return rows_equal_key(rows, ref, feed->key, feed->key_count, keys, row);
    u32 kept = ref & ~REF_KEPT;
    struct column *own = arena_array(&feed->arena, struct column, feed->key_count);
    rows_kept_gather(rows, &kept, 1, feed->key, feed->key_count, &feed->arena, own);
    for (u32 index = 0; index < feed->key_count; index++)
        if (!column_equal_key(&own[index], 0, &keys[index], row)) return false;
    return true;
}

static struct tombstone *tombstone_find(struct feed_list *list, const struct column *keys, u32 row,
                                        u64 hash)
{
    struct feed *feed = list->feed;
    if (feed->tombstone_count == 0) return NULL;
    u32 mask = feed->tombstone_capacity - 1;
    for (u32 place = (u32)hash & mask; feed->tombstones[place].list; place = (place + 1) & mask) {
        struct tombstone *tombstone = &feed->tombstones[place];
        if (tombstone->hash == hash && tombstone->list == list &&
            ref_has_key(feed, tombstone->ref, keys, row))
            return tombstone;
    }
    return NULL;
}

static u64 key_hash(const struct feed *feed, u32 ref)
{
    const struct rows *rows = feed->options.rows;
    u64 seed = feed->options.seed;
    if (!(ref & REF_KEPT)) return rows_hash(rows, ref, feed->key, feed->key_count, seed);
    struct arena *arena = (struct arena *)(uintptr_t)&feed->arena; /* scratch */
    struct arena_mark mark = arena_mark(arena);
    u32 kept = ref & ~REF_KEPT;
    struct column *keys = arena_array(arena, struct column, feed->key_count);
    rows_kept_gather(rows, &kept, 1, feed->key, feed->key_count, arena, keys);
    struct batch batch = { .row_count = 1, .column_count = feed->key_count, .columns = keys };
    u64 hash;
    batch_hash(&batch, NULL, 0, seed, &hash);
    arena_rewind(arena, mark);
    return hash;
}

/* --- publish --- */

/* A row that went becomes a tombstone; one that came again takes it over afterwards. */
static void publish_removed(struct feed *feed, u32 slot, u64 tick)
{
    const struct rows *rows = feed->options.rows;
    if (rows_weight(rows, slot, SIDE_OLD) == 0 || rows_weight(rows, slot, SIDE_NEW) != 0) return;
    if (feed->by_filter) index_remove(feed->by_filter, slot);
    struct feed_list *list = list_of_slot(feed, slot);
    if (!list) return;
    list_push(list, slot, tick);
    tombstone_add(feed, key_hash(feed, slot), list, slot);
}

/* The tick at which the key came into being: that of its tombstone in the list, which goes, or now. */
static u64 take_birth(struct feed_list *list, const struct column *keys, u32 row, u64 hash,
                      u64 tick, const struct feed_callbacks *callbacks)
{
    struct feed *feed = list->feed;
    struct tombstone *tombstone = tombstone_find(list, keys, row, hash);
    if (!tombstone) return tick;
    u32 ref = tombstone->ref;
    u64 birth = entry_at(feed, ref)->birth;
    tombstone_remove(feed, tombstone);
    list_unlink(list, ref);
    *entry_at(feed, ref) = (struct entry){ .ver = 0 };
    if (ref & REF_KEPT) callbacks->freed(callbacks->freed_context, ref & ~REF_KEPT);
    return birth;
}

static void publish_one(struct feed *feed, u32 slot, const struct column *keys, u32 row, u64 hash,
                        u64 tick, const struct feed_callbacks *callbacks)
{
    const struct rows *rows = feed->options.rows;
    i32 before = rows_weight(rows, slot, SIDE_OLD);
    i32 after = rows_weight(rows, slot, SIDE_NEW);
    if (after == 0 || before == after) return;
    if (feed->by_filter && before == 0) index_add(feed->by_filter, slot, filter_hash(feed, slot));
    struct feed_list *list = list_of_slot(feed, slot);
    if (!list) return;
    if (before != 0) {
        list_push(list, slot, tick); /* another number of copies */
        return;
    }
    u64 birth = take_birth(list, keys, row, hash, tick, callbacks);
    list_push(list, slot, tick);
    entry_at(feed, slot)->birth = birth;
}

static void publish_present(struct feed *feed, const u32 *slots, u32 count, u64 tick,
                            const struct feed_callbacks *callbacks)
{
    struct column *keys = arena_array(&feed->arena, struct column, feed->key_count);
    rows_gather(feed->options.rows, slots, count, feed->key, feed->key_count, &feed->arena, keys);
    struct batch batch = { .row_count = count, .column_count = feed->key_count, .columns = keys };
    u64 *hashes = arena_array(&feed->arena, u64, count);
    batch_hash(&batch, NULL, 0, feed->options.seed, hashes);
    for (u32 row = 0; row < count; row++)
        publish_one(feed, slots[row], keys, row, hashes[row], tick, callbacks);
}

/* --- sweep --- */

struct cursors {
    u64 *ticks; /* ascending */
    u32 count;
};

static int compare_u64(const void *a, const void *b)
{
    u64 left = *(const u64 *)a, right = *(const u64 *)b;
    return left < right ? -1 : left > right;
}

static struct cursors sorted_cursors(const struct feed_list *list, struct arena *arena)
{
    struct cursors cursors = { .count = 0 };
    list_each(&list->cursors, link) cursors.count++;
    cursors.ticks = arena_array(arena, u64, cursors.count);
    u32 count = 0;
    list_each(&list->cursors, link)
    {
        const struct feed_cursor *cursor = container_of(link, struct feed_cursor, link);
        if (!cursor->must_reset) cursors.ticks[count++] = cursor->tick;
    }
    cursors.count = count;
    qsort(cursors.ticks, count, sizeof *cursors.ticks, compare_u64);
    return cursors;
}

/* Is there a cursor c with birth <= c < ver? */
static bool cursor_between(const struct cursors *cursors, u64 birth, u64 ver)
{
    u32 low = 0, high = cursors->count;
    while (low < high) {
        u32 middle = low + (high - low) / 2;
        if (cursors->ticks[middle] < birth)
            low = middle + 1;
        else
            high = middle;
    }
    return low < cursors->count && cursors->ticks[low] < ver;
}

/* Entries up to resume_tick: those that nobody can ask for any more leave the list. */
static void sweep_list(struct feed_list *list, u64 resume_tick,
                       const struct feed_callbacks *callbacks)
{
    struct feed *feed = list->feed;
    struct cursors cursors = sorted_cursors(list, &feed->arena);
    u64 oldest = cursors.count > 0 ? MIN(resume_tick, cursors.ticks[0]) : resume_tick;
    u32 next = list->head;
    while (next) {
        u32 ref = next - 1;
        struct entry *entry = entry_at(feed, ref);
        if (entry->ver > resume_tick) break;
        next = entry->next;
        if (!(ref & REF_KEPT)) {
            if (entry->ver > oldest) continue;
            list_unlink(list, ref);
            entry->birth = 0;
            continue;
        }
        if (entry->ver > oldest && cursor_between(&cursors, entry->birth, entry->ver)) continue;
        tombstone_drop(list, ref);
        callbacks->freed(callbacks->freed_context, ref & ~REF_KEPT);
    }
    arena_reset(&feed->arena);
}

/* The oldest quarter of the cursors, at least one, has to begin again. False when there is none
 * behind tick. */
static bool reset_laggards(struct feed *feed, u64 tick)
{
    bool any = false;
    for (u32 bucket = 0; bucket < feed->bucket_count; bucket++) {
        for (struct feed_list *list = feed->lists[bucket]; list; list = list->chain) {
            struct cursors cursors = sorted_cursors(list, &feed->arena);
            if (cursors.count == 0 || cursors.ticks[0] >= tick) continue;
            u64 limit = cursors.ticks[cursors.count / 4];
            list_each(&list->cursors, link)
            {
                struct feed_cursor *cursor = container_of(link, struct feed_cursor, link);
                if (cursor->tick <= limit && cursor->tick < tick && !cursor->must_reset)
                    any = cursor->must_reset = true;
            }
        }
    }
    arena_reset(&feed->arena);
    return any;
}

static void forget_left_lists(struct feed *feed)
{
    if (feed->options.filter_count == 0) return;
    for (u32 bucket = 0; bucket < feed->bucket_count; bucket++) {
        struct feed_list **place = &feed->lists[bucket];
        while (*place) {
            struct feed_list *list = *place;
            bool left = list_empty(&list->cursors) && !list->owner && !list->head &&
                        list->tick_left < feed->since;
            if (!left) {
                place = &list->chain;
                continue;
            }
            *place = list->chain;
            list_close(feed, list);
        }
    }
}

static void sweep_lists(struct feed *feed, const struct feed_callbacks *callbacks)
{
    for (u32 bucket = 0; bucket < feed->bucket_count; bucket++)
        for (struct feed_list *list = feed->lists[bucket]; list; list = list->chain)
            sweep_list(list, feed->since, callbacks);
}

static bool too_many_tombstones(const struct feed *feed)
{
    return feed->tombstone_count > MAX(rows_count(feed->options.rows), (u64)TOMBSTONE_COUNT_MIN);
}

bool feed_needs_sweep(const struct feed *feed)
{
    return too_many_tombstones(feed) ||
           feed->tombstone_count > 2 * feed->tombstones_after_sweep + TOMBSTONE_COUNT_MIN;
}

void feed_sweep(struct feed *feed, u64 resume_tick, u64 tick,
                const struct feed_callbacks *callbacks)
{
    feed->since = MAX(feed->since, resume_tick);
    sweep_lists(feed, callbacks);
    while (too_many_tombstones(feed)) {
        bool reset = reset_laggards(feed, tick);
        if (!reset && feed->since >= tick) break;
        feed->since = feed->since + (tick - feed->since + 1) / 2;
        sweep_lists(feed, callbacks);
    }
    feed->tombstones_after_sweep = feed->tombstone_count;
    forget_left_lists(feed);
}
