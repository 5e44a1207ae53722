#include "view/subscription.h"

#include "base/assert.h"

#define FREEZE_COUNT_MAX 8 /* that a channel keeps for others to share */
#define PINNED_COUNT_MAX 4 /* of them, those that hold the pool still */

struct channel {
    struct channel *next; /* of the same list */
    struct view *view;
    struct feed_list *list;
    struct arena arena;
    struct freeze_columns columns;
    struct link idle;
    struct link busy;
    u32 holders;
    struct freeze *freezes[FREEZE_COUNT_MAX]; /* newest first */
    u32 freeze_count;
};

static struct channel *channel_get(struct view *view, struct feed_list *list,
                                   const struct subscription_options *options);
static void channel_release(struct channel *channel);
static struct freeze *channel_freeze(struct channel *channel, u64 from, bool reset, u64 conflated,
                                     u64 tick);
static struct frame *pull_frame(struct subscription *subscription);
static bool begin(struct subscription *subscription, u64 tick);

enum status subscription_open(struct subscription *subscription, struct view *view,
                              const struct subscription_options *options, struct err *err)
{
    struct feed *feed = view_feed(view, options->filter, options->filter_count, options->tick);
    if (!feed)
        return err_set(err, "54000", "\"%s\" is filtered by too many different sets of columns",
                       view->name);
    struct feed_list *list = feed_list_get(feed, options->values, 0, options->tick);
    *subscription = (struct subscription){ .view = view,
                                           .channel = channel_get(view, list, options),
                                           .on_ready = options->on_ready,
                                           .context = options->context };
    bool known =
        options->resume && options->since <= options->tick &&
        (options->since >= feed_list_since(list) || options->since >= feed_list_tick(list));
    feed_cursor_add(list, &subscription->cursor, known ? options->since : options->tick);
    subscription->wants_state = !known;
    subscription->has_begun = options->resume;
    list_append(&subscription->channel->busy, &subscription->link);
    view->subscription_count++;
    return OK;
}

void subscription_close(struct subscription *subscription)
{
    if (subscription->freeze) freeze_release(subscription->freeze);
    subscription->freeze = NULL;
    if (!subscription->channel) return;
    list_remove(&subscription->link);
    feed_cursor_remove(&subscription->cursor);
    subscription->view->subscription_count--;
    channel_release(subscription->channel);
    subscription->channel = NULL;
}

struct frame *subscription_pull(struct subscription *subscription, u64 tick)
{
    if (subscription->ended) return NULL;
    if (!subscription->freeze && !begin(subscription, tick)) {
        if (!subscription->idle) {
            list_remove(&subscription->link);
            list_append(&subscription->channel->idle, &subscription->link);
            subscription->idle = true;
        }
        return NULL;
    }
    struct frame *frame = pull_frame(subscription);
    if (frame) return frame;
    /* The state that it was reading is gone; a newer one begins. */
    freeze_release(subscription->freeze);
    subscription->freeze = NULL;
    subscription->wants_state = true;
    subscription->has_begun = true;
    begin(subscription, tick);
    return pull_frame(subscription);
}

void subscription_wake(struct feed_list *list)
{
    for (struct channel *channel = feed_list_owner(list); channel; channel = channel->next) {
        /* Frames of the past are of no use to those who come now. */
        for (u32 index = 0; index < channel->freeze_count;) {
            if (freeze_is_pinned(channel->freezes[index])) {
                index++;
                continue;
            }
            freeze_release(channel->freezes[index]);
            channel->freeze_count--;
            memmove(channel->freezes + index, channel->freezes + index + 1,
                    (channel->freeze_count - index) * sizeof *channel->freezes);
        }
        while (!list_empty(&channel->idle)) {
            struct link *link = channel->idle.next;
            list_remove(link);
            list_append(&channel->busy, link);
            struct subscription *subscription = container_of(link, struct subscription, link);
            subscription->idle = false;
            subscription->on_ready(subscription->context);
        }
    }
}

static void end_list(struct link *list)
{
    while (!list_empty(list)) {
        struct subscription *subscription = container_of(list->next, struct subscription, link);
        subscription->ended = true;
        subscription->idle = false;
        subscription_close(subscription);
        subscription->on_ready(subscription->context);
    }
}

void subscription_end_all(struct view *view)
{
    for (u32 index = 0; index < view->feed_count; index++) {
        struct feed_list *list = NULL;
        while ((list = feed_list_next(view->feeds[index], list))) {
            struct channel *channel = feed_list_owner(list);
            while (channel) {
                struct channel *next = channel->next;
                channel->holders++;
                end_list(&channel->idle);
                end_list(&channel->busy);
                channel_release(channel);
                channel = next;
            }
        }
    }
}

u64 subscription_lag(const struct subscription *subscription, u64 tick)
{
    if (!subscription->channel) return 0;
    u64 newest = feed_list_tick(subscription->channel->list);
    return newest > subscription->cursor.tick ? tick - subscription->cursor.tick : 0;
}

/* Makes the freeze of what the subscription lacks. False: it lacks nothing. */
static bool begin(struct subscription *subscription, u64 tick)
{
    struct channel *channel = subscription->channel;
    struct feed_list *list = channel->list;
    struct feed_cursor *cursor = &subscription->cursor;
    if (cursor->must_reset) {
        subscription->wants_state = true;
        cursor->must_reset = false;
    }
    if (subscription->wants_state) {
        bool reset = subscription->has_begun;
        if (reset) subscription->resets++;
        subscription->freeze = channel_freeze(channel, FREEZE_STATE, reset, 0, tick);
        cursor->tick = freeze_tick(subscription->freeze); /* keeps what will be asked for next */
    } else if (feed_list_tick(list) > cursor->tick) {
        u64 ticks = feed_list_change(list) - cursor->change;
        if (ticks > 1) subscription->conflated += ticks - 1;
        subscription->freeze =
            channel_freeze(channel, cursor->tick, false, ticks, feed_list_tick(list));
    } else {
        return false;
    }
    cursor->change = feed_list_change(list);
    subscription->wants_state = false;
    subscription->frame_index = 0;
    return true;
}

static struct frame *pull_frame(struct subscription *subscription)
{
    struct frame *frame = freeze_frame(subscription->freeze, subscription->frame_index);
    if (!frame) return NULL;
    subscription->frame_index++;
    subscription->frames_sent++;
    subscription->bytes_sent += frame->bytes.size;
    if (frame->more) return frame;
    subscription->cursor.tick = frame->tick;
    subscription->has_begun = true;
    freeze_release(subscription->freeze);
    subscription->freeze = NULL;
    return frame;
}

/* --- channels --- */

static void resolve_columns(const struct view *view, const struct subscription_options *options,
                            struct arena *arena, struct freeze_columns *out)
{
    const struct schema *schema = view->schema;
    u32 asked = options->column_count ? options->column_count : schema->column_count;
    *out = (struct freeze_columns){ .key_count = schema->key_count };
    out->pool_columns = arena_array(arena, u32, asked + schema->key_count);
    out->names = arena_array(arena, const char *, asked + schema->key_count);
    out->key_pool_columns = arena_array(arena, u32, schema->key_count);
    out->key_names = arena_array(arena, const char *, schema->key_count);
    for (u32 index = 0; index < asked; index++) {
        u32 column = options->column_count ? options->columns[index] : index;
        const char *name = options->column_count && options->names ? options->names[index]
                                                                   : schema->columns[column].name;
        out->pool_columns[out->count] = view->pool_columns[column];
        out->names[out->count++] = arena_string(arena, name, strlen(name));
    }
    for (u32 key = 0; key < schema->key_count; key++) {
        u32 pool_column = view->key[key], at = 0;
        while (at < out->count && out->pool_columns[at] != pool_column)
            at++;
        if (at == out->count) {
            const char *name = schema->columns[schema->key[key]].name;
            out->pool_columns[out->count] = pool_column;
            out->names[out->count++] = arena_string(arena, name, strlen(name));
        }
        out->key_pool_columns[key] = pool_column;
        out->key_names[key] = out->names[at];
    }
}

static bool same_columns(const struct freeze_columns *a, const struct freeze_columns *b)
{
    if (a->count != b->count) return false;
    for (u32 index = 0; index < a->count; index++)
        if (a->pool_columns[index] != b->pool_columns[index] ||
            strcmp(a->names[index], b->names[index]) != 0)
            return false;
    return true;
}

static struct channel *channel_get(struct view *view, struct feed_list *list,
                                   const struct subscription_options *options)
{
    struct arena arena;
    struct freeze_columns columns;
    arena_init(&arena, &view->mem);
    resolve_columns(view, options, &arena, &columns);
    struct channel *channel = feed_list_owner(list);
    while (channel && !same_columns(&channel->columns, &columns))
        channel = channel->next;
    if (channel) {
        arena_deinit(&arena);
        channel->holders++;
        return channel;
    }
    channel = mem_alloc(&view->mem, sizeof *channel);
    *channel = (struct channel){ .next = feed_list_owner(list),
                                 .view = view,
                                 .list = list,
                                 .arena = arena,
                                 .columns = columns,
                                 .holders = 1 };
    list_init(&channel->idle);
    list_init(&channel->busy);
    feed_list_set_owner(list, channel);
    return channel;
}

static void channel_release(struct channel *channel)
{
    assert(channel->holders > 0);
    if (--channel->holders > 0) return;
    struct channel *first = feed_list_owner(channel->list), **place = &first;
    while (*place != channel)
        place = &(*place)->next;
    *place = channel->next;
    feed_list_set_owner(channel->list, first);
    for (u32 index = 0; index < channel->freeze_count; index++)
        freeze_release(channel->freezes[index]);
    struct view *view = channel->view;
    arena_deinit(&channel->arena);
    mem_free(&view->mem, channel, sizeof *channel);
}

/* A state that is being read through a pin serves newcomers as well: they catch up afterwards. */
static struct freeze *find_freeze(const struct channel *channel, u64 from, bool reset)
{
    for (u32 index = 0; index < channel->freeze_count; index++)
        if (freeze_serves(channel->freezes[index], from, reset)) return channel->freezes[index];
    return NULL;
}

static void drop_oldest(struct channel *channel)
{
    assert(channel->freeze_count > 0);
    freeze_release(channel->freezes[--channel->freeze_count]);
}

/* Readers that stall in the middle of large states must not hold the pool still for ever. */
static void bound_pins(struct channel *channel)
{
    u32 pinned = 0;
    for (u32 index = 0; index < channel->freeze_count; index++)
        if (freeze_is_pinned(channel->freezes[index]) && ++pinned > PINNED_COUNT_MAX)
            freeze_revoke(channel->freezes[index]);
}

static struct freeze *channel_freeze(struct channel *channel, u64 from, bool reset, u64 conflated,
                                     u64 tick)
{
    struct freeze *found = find_freeze(channel, from, reset);
    if (found) return freeze_hold(found);
    if (channel->freeze_count == FREEZE_COUNT_MAX) drop_oldest(channel);
    struct freeze *freeze = freeze_open(&(struct freeze_options){ .mem = &channel->view->mem,
                                                                  .view = channel->view,
                                                                  .list = channel->list,
                                                                  .columns = &channel->columns,
                                                                  .from = from,
                                                                  .tick = tick,
                                                                  .reset = reset,
                                                                  .conflated = conflated });
    memmove(channel->freezes + 1, channel->freezes,
            channel->freeze_count * sizeof *channel->freezes);
    channel->freezes[0] = freeze;
    channel->freeze_count++;
    bound_pins(channel);
    return freeze_hold(freeze);
}
