#include "view/view.h"

#include "base/assert.h"
#include "view/view_index.h"

/* A pool and the views over it. */
struct view_pool {
    struct view_pool *next;
    struct view_pools *pools;
    struct rows *rows;
    struct view *views;
};

struct view_pools {
    struct mem *mem;
    struct view_pool *first;
};

static bool keep_row(void *context, u32 slot, u32 kept);
static void free_row(void *context, u32 kept);
static void pool_join(struct view *view);
static void pool_leave(struct view *view);

struct view_pools *view_pools_open(struct mem *mem)
{
    struct view_pools *pools = mem_zalloc(mem, sizeof *pools);
    pools->mem = mem;
    return pools;
}

void view_pools_close(struct view_pools *pools)
{
    assert(!pools->first);
    mem_free(pools->mem, pools, sizeof *pools);
}

struct view *view_open(struct mem *mem, struct view_pools *pools, const char *name, struct op *root,
                       const struct schema *schema, u64 seed, u64 tick)
{
    assert(root->rows && root->is_whole);
    struct view *view = mem_zalloc(mem, sizeof *view);
    mem_init(&view->mem, "view", mem, 0);
    view->name = name;
    view->root = root;
    view->rows = root->rows;
    view->schema = schema;
    view->seed = seed;
    view->tick = view->since = tick;
    view->pools = pools;
    view->pool_columns = mem_alloc(&view->mem, schema->column_count * sizeof(u32));
    for (u32 column = 0; column < schema->column_count; column++)
        view->pool_columns[column] = op_pool_column(root, column);
    view->key = mem_alloc(&view->mem, schema->key_count * sizeof(u32));
    for (u32 index = 0; index < schema->key_count; index++)
        view->key[index] = view->pool_columns[schema->key[index]];
    view->next_of_root = root->published;
    root->published = view;
    pool_join(view);
    return view;
}

void view_close(struct view *view)
{
    assert(view->subscription_count == 0);
    view_close_feeds(view);
    while (view->indexes)
        view_index_close(view->indexes);
    pool_leave(view);
    struct view **place = &view->root->published;
    while (*place != view)
        place = &(*place)->next_of_root;
    *place = view->next_of_root;
    mem_free(&view->mem, view->pool_columns, view->schema->column_count * sizeof(u32));
    mem_free(&view->mem, view->key, view->schema->key_count * sizeof(u32));
    struct mem *parent = view->mem.parent;
    mem_deinit(&view->mem);
    mem_free(parent, view, sizeof *view);
}

void view_close_feeds(struct view *view)
{
    assert(view->subscription_count == 0);
    for (u32 index = 0; index < view->feed_count; index++) {
        /* A sweep past all ticks gives up every kept row. */
        const struct feed_callbacks callbacks = { .freed = free_row, .freed_context = view };
        feed_sweep(view->feeds[index], UINT64_MAX, UINT64_MAX, &callbacks);
        feed_close(view->feeds[index]);
        mem_free(&view->mem, view->filters[index], view->filter_counts[index] * sizeof(u32));
    }
    view->feed_count = 0;
}

u64 view_size(const struct view *view)
{
    return view->mem.used;
}

struct feed *view_feed(struct view *view, const u32 *filter, u32 filter_count, u64 tick)
{
    for (u32 index = 0; index < view->feed_count; index++)
        if (view->filter_counts[index] == filter_count &&
            (filter_count == 0 ||
             memcmp(view->filters[index], filter, filter_count * sizeof *filter) == 0))
            return view->feeds[index];
    if (view->feed_count == VIEW_FEED_COUNT_MAX) return NULL;
    u32 *pool_filter = mem_alloc(&view->mem, filter_count * sizeof(u32));
    u32 *own = mem_alloc(&view->mem, filter_count * sizeof(u32));
    for (u32 index = 0; index < filter_count; index++) {
        own[index] = filter[index];
        pool_filter[index] = view->pool_columns[filter[index]];
    }
    struct feed *feed =
        feed_open(&view->mem, &(struct feed_options){ .rows = view->rows,
                                                      .key = view->key,
                                                      .key_count = view->schema->key_count,
                                                      .filter = pool_filter,
                                                      .filter_count = filter_count,
                                                      .seed = view->seed,
                                                      .tick = tick });
    mem_free(&view->mem, pool_filter, filter_count * sizeof(u32));
    view->filters[view->feed_count] = own;
    view->filter_counts[view->feed_count] = filter_count;
    view->feeds[view->feed_count++] = feed;
    if (filter_count == 0) feed_list_get(feed, NULL, 0, tick);
    return feed;
}

bool view_publish(struct view *view, u64 tick,
                  void (*changed)(void *context, struct feed_list *list), void *context)
{
    u32 count;
    rows_dirty(view->rows, &count);
    if (count == 0) return false;
    view->tick = tick;
    view->version++;
    const struct feed_callbacks callbacks = {
        .changed = changed, .changed_context = context, .freed = free_row, .freed_context = view
    };
    for (u32 index = 0; index < view->feed_count; index++)
        feed_publish(view->feeds[index], tick, &callbacks);
    for (struct view_index *index = view->indexes; index; index = index->next)
        view_index_publish(index);
    return true;
}

bool view_needs_sweep(const struct view *view)
{
    for (u32 index = 0; index < view->feed_count; index++)
        if (feed_needs_sweep(view->feeds[index])) return true;
    return false;
}

void view_sweep(struct view *view, u64 resume_tick, u64 tick)
{
    const struct feed_callbacks callbacks = { .freed = free_row, .freed_context = view };
    for (u32 index = 0; index < view->feed_count; index++)
        feed_sweep(view->feeds[index], resume_tick, tick, &callbacks);
}

/* --- pools --- */

static struct view_pool *pool_find(const struct view_pools *pools, const struct rows *rows)
{
    struct view_pool *pool = pools->first;
    while (pool && pool->rows != rows)
        pool = pool->next;
    return pool;
}

static void pool_join(struct view *view)
{
    struct view_pools *pools = view->pools;
    struct view_pool *pool = pool_find(pools, view->rows);
    if (!pool) {
        pool = mem_alloc(pools->mem, sizeof *pool);
        *pool = (struct view_pool){ .next = pools->first, .pools = pools, .rows = view->rows };
        pools->first = pool;
        rows_set_keeper(view->rows, keep_row, pool);
    }
    view->next_in_pool = pool->views;
    pool->views = view;
}

static void pool_leave(struct view *view)
{
    struct view_pool **place = &view->pools->first;
    while ((*place)->rows != view->rows)
        place = &(*place)->next;
    struct view_pool *pool = *place;
    struct view **link = &pool->views;
    while (*link != view)
        link = &(*link)->next_in_pool;
    *link = view->next_in_pool;
    if (pool->views) return;
    rows_set_keeper(view->rows, NULL, NULL);
    *place = pool->next;
    mem_free(view->pools->mem, pool, sizeof *pool);
}

static bool keep_row(void *context, u32 slot, u32 kept)
{
    struct view_pool *pool = context;
    bool keep = false;
    for (struct view *view = pool->views; view; view = view->next_in_pool)
        for (u32 index = 0; index < view->feed_count; index++)
            keep |= feed_keep(view->feeds[index], slot, kept);
    return keep;
}

/* A feed of the view gave the row up: it goes when no other feed over the pool holds it. */
static void free_row(void *context, u32 kept)
{
    const struct view *owner = context;
    struct view_pool *pool = pool_find(owner->pools, owner->rows);
    for (struct view *view = pool->views; view; view = view->next_in_pool)
        for (u32 index = 0; index < view->feed_count; index++)
            if (feed_holds(view->feeds[index], kept)) return;
    rows_kept_free(owner->rows, kept);
}
