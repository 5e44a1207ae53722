#include "view/view.h"

#include "base/assert.h"
#include "view/feed_list.h"
#include "view/feed_sweep.h"
#include "view/view_index.h"

/* A pool and the views over it. */
struct view_pool {
    struct view_pool *next;
    struct rows *rows;
    struct view *views;
};

struct view_pools {
    struct mem *mem;
    struct view_pool *first;
    struct link changed;
};

static void pool_join(struct view *view);
static void pool_leave(struct view *view);
static void free_row(void *context, u32 kept);
static void feeds_close(struct view *view);

struct view_pools *view_pools_open(struct mem *mem)
{
    struct view_pools *pools = mem_zalloc(mem, sizeof *pools);
    pools->mem = mem;
    list_init(&pools->changed);
    return pools;
}

void view_pools_close(struct view_pools *pools)
{
    assert(!pools->first && list_empty(&pools->changed));
    mem_free(pools->mem, pools, sizeof *pools);
}

static bool shows_all(const struct view *view)
{
    for (u32 column = 0; column < rows_column_count(view->rows); column++) {
        u32 at = 0;
        while (at < view->schema->column_count && view->pool_columns[at] != column)
            at++;
        if (at == view->schema->column_count) return false;
    }
    return true;
}

static void map_columns(struct view *view)
{
    const struct schema *schema = view->schema;
    view->pool_columns = mem_alloc(&view->mem, schema->column_count * sizeof(u32));
    for (u32 column = 0; column < schema->column_count; column++) {
        view->pool_columns[column] = op_pool_column(view->root, column);
        assert(view->pool_columns[column] < rows_column_count(view->rows));
    }
    view->key = mem_alloc(&view->mem, schema->key_count * sizeof(u32));
    for (u32 index = 0; index < schema->key_count; index++)
        view->key[index] = view->pool_columns[schema->key[index]];
    view->shows_all = shows_all(view);
    /* Rows of a bag that differ only in what is hidden would be told apart. */
    assert(schema->key_count > 0 || view->shows_all);
}

struct view *view_open(struct mem *mem, struct view_pools *pools, const char *name, struct op *root,
                       const struct schema *schema, u64 seed, u64 tick)
{
    assert(root->rows && root->is_whole);
    struct view *view = mem_zalloc(mem, sizeof *view);
    mem_init(&view->mem, "view", mem, 0);
    arena_init(&view->scratch, &view->mem);
    view->name = name;
    view->root = root;
    view->rows = root->rows;
    view->schema = schema;
    view->is_countable = schema->key_count > 0 || !root->is_set;
    view->seed = seed;
    view->tick = view->since = tick;
    view->pools = pools;
    list_init(&view->changed);
    list_init(&view->freezes);
    map_columns(view);
    view->next_of_root = root->published;
    root->published = view;
    pool_join(view);
    return view;
}

void view_close(struct view *view)
{
    feeds_close(view);
    while (view->indexes)
        view_index_close(view->indexes);
    list_remove(&view->changed);
    pool_leave(view);
    struct view **place = &view->root->published;
    while (*place != view)
        place = &(*place)->next_of_root;
    *place = view->next_of_root;
    mem_free(&view->mem, view->pool_columns, view->schema->column_count * sizeof(u32));
    mem_free(&view->mem, view->key, view->schema->key_count * sizeof(u32));
    arena_deinit(&view->scratch);
    struct mem *parent = view->mem.parent;
    mem_deinit(&view->mem);
    mem_free(parent, view, sizeof *view);
}

u64 view_size(const struct view *view)
{
    return view->mem.used;
}

u64 view_tombstone_count(const struct view *view)
{
    u64 count = 0;
    for (u32 index = 0; index < view->feed_count; index++)
        count += feed_tombstone_count(view->feeds[index].feed);
    return count;
}

/* --- feeds --- */

static struct feed *feed_make(struct view *view, const u32 *filter, u32 filter_count)
{
    u32 pool_filter[FEED_FILTER_COUNT_MAX];
    assert(filter_count <= FEED_FILTER_COUNT_MAX);
    for (u32 index = 0; index < filter_count; index++)
        pool_filter[index] = view->pool_columns[filter[index]];
    return feed_open(
        &view->mem,
        &(struct feed_options){ .rows = view->rows,
                                .key = view->key,
                                .key_count = view->schema->key_count,
                                .shown = view->pool_columns,
                                .shown_count = view->shows_all ? 0 : view->schema->column_count,
                                .filter = pool_filter,
                                .filter_count = filter_count,
                                .seed = view->seed,
                                .tick = view->tick,
                                .on_free = free_row,
                                .context = view });
}

struct feed *view_feed(struct view *view, const u32 *filter, u32 filter_count, u64 tick)
{
    view->left_tick = tick;
    for (u32 index = 0; index < view->feed_count; index++) {
        const struct view_feed *place = &view->feeds[index];
        if (place->filter_count == filter_count &&
            (filter_count == 0 || memcmp(place->filter, filter, filter_count * sizeof(u32)) == 0))
            return place->feed;
    }
    if (view->feed_count == VIEW_FEED_COUNT_MAX) return NULL;
    if (!view->feeds)
        view->feeds = mem_zalloc(&view->mem, VIEW_FEED_COUNT_MAX * sizeof *view->feeds);
    struct view_feed *place = &view->feeds[view->feed_count++];
    *place = (struct view_feed){ .feed = feed_make(view, filter, filter_count),
                                 .filter_count = filter_count };
    for (u32 index = 0; index < filter_count; index++)
        place->filter[index] = filter[index];
    return place->feed;
}

/* All that was kept for subscribers; there are none. */
static void feeds_close(struct view *view)
{
    assert(view->subscription_count == 0 && list_empty(&view->freezes));
    share_clear(&view->share);
    while (view->feed_count > 0)
        feed_close(view->feeds[--view->feed_count].feed);
    mem_free(&view->mem, view->feeds, VIEW_FEED_COUNT_MAX * sizeof *view->feeds);
    view->feeds = NULL;
}

/* --- a tick --- */

/* Some dirty slots end with the weight they had. */
static bool has_changed(const struct rows *rows)
{
    u32 count;
    const u32 *dirty = rows_dirty(rows, &count);
    for (u32 index = 0; index < count; index++)
        if (rows_weight(rows, dirty[index], SIDE_OLD) != rows_weight(rows, dirty[index], SIDE_NEW))
            return true;
    return false;
}

bool view_publish(struct view *view, u64 tick)
{
    if (!has_changed(view->rows)) return false;
    view->tick = tick;
    view->version++;
    for (u32 index = 0; index < view->feed_count; index++)
        feed_publish(view->feeds[index].feed, tick);
    for (struct view_index *index = view->indexes; index; index = index->next)
        view_index_publish(index);
    if (view->feed_count > 0 && list_empty(&view->changed))
        list_append(&view->pools->changed, &view->changed);
    return true;
}

struct view *view_take_changed(struct view_pools *pools)
{
    if (list_empty(&pools->changed)) return NULL;
    struct view *view = container_of(pools->changed.next, struct view, changed);
    list_remove(&view->changed);
    return view;
}

bool view_sweep_is_due(const struct view *view)
{
    for (u32 index = 0; index < view->feed_count; index++)
        if (feed_sweep_is_due(view->feeds[index].feed)) return true;
    return false;
}

/* Feeds by columns that nobody filters by any more. */
static void close_unused(struct view *view)
{
    u32 count = 0;
    for (u32 index = 0; index < view->feed_count; index++) {
        struct view_feed *place = &view->feeds[index];
        if (place->filter_count > 0 && !feed_list_next(place->feed, NULL))
            feed_close(place->feed);
        else
            view->feeds[count++] = *place;
    }
    view->feed_count = count;
}

void view_sweep(struct view *view, u64 resume_tick, u64 tick)
{
    if (view->feed_count == 0) return;
    if (view->subscription_count == 0 && view->left_tick < resume_tick) {
        feeds_close(view);
        return;
    }
    for (u32 index = 0; index < view->feed_count; index++)
        feed_sweep(view->feeds[index].feed, resume_tick, tick);
    close_unused(view);
    share_age(&view->share);
}

/* --- pools --- */

/* Asked at settle for each row that went: every feed over the pool answers. */
static bool keep_row(void *context, u32 slot, u32 kept)
{
    struct view_pool *pool = context;
    bool keep = false;
    for (struct view *view = pool->views; view; view = view->next_in_pool)
        for (u32 index = 0; index < view->feed_count; index++)
            keep |= feed_keep(view->feeds[index].feed, slot, kept);
    return keep;
}

static void pool_join(struct view *view)
{
    struct view_pools *pools = view->pools;
    struct view_pool *pool = pools->first;
    while (pool && pool->rows != view->rows)
        pool = pool->next;
    if (!pool) {
        pool = mem_alloc(pools->mem, sizeof *pool);
        *pool = (struct view_pool){ .next = pools->first, .rows = view->rows };
        pools->first = pool;
        rows_set_keeper(view->rows, keep_row, pool);
    }
    view->pool = pool;
    view->next_in_pool = pool->views;
    pool->views = view;
}

static void pool_leave(struct view *view)
{
    struct view_pool *pool = view->pool;
    struct view **link = &pool->views;
    while (*link != view)
        link = &(*link)->next_in_pool;
    *link = view->next_in_pool;
    if (pool->views) return;
    rows_set_keeper(view->rows, NULL, NULL);
    struct view_pool **place = &view->pools->first;
    while (*place != pool)
        place = &(*place)->next;
    *place = pool->next;
    mem_free(view->pools->mem, pool, sizeof *pool);
}

/* A feed of the view gave the row up: it goes when no other feed over the pool holds it. */
static void free_row(void *context, u32 kept)
{
    const struct view *owner = context;
    for (const struct view *view = owner->pool->views; view; view = view->next_in_pool)
        for (u32 index = 0; index < view->feed_count; index++)
            if (feed_holds(view->feeds[index].feed, kept)) return;
    rows_kept_free(owner->rows, kept);
}
