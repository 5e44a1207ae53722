#include "view/subscription.h"

#include "base/assert.h"

static bool begin(struct subscription *subscription, u64 tick, struct frame **frame);
static struct frame *take(struct subscription *subscription, struct frame *frame);
static void drop_freeze(struct subscription *subscription);
static void go_idle(struct subscription *subscription);

static enum status check_view(const struct view *view, struct err *err)
{
    if (view->is_countable) return OK;
    err_set(err, "0A000", "\"%s\" cannot be subscribed to", view->name);
    err_detail(err, "It has no primary key, and does not count equal rows.");
    return err_hint(err, "Subscribe to a materialized view over it.");
}

enum status subscription_open(struct subscription *subscription, struct view *view,
                              const struct subscription_options *options, struct err *err)
{
    if (check_view(view, err)) return FAIL;
    struct feed *feed = view_feed(view, options->filter, options->filter_count, options->tick);
    if (!feed)
        return err_set(err, "54000", "\"%s\" is filtered by too many different sets of columns",
                       view->name);
    struct feed_list *list = feed_list_get(feed, options->values, 0, view->tick);
    struct channel *channel;
    const struct shown_asked asked = { .columns = options->columns,
                                       .names = options->names,
                                       .count = options->column_count };
    if (channel_get(view, list, &asked, &channel, err)) return FAIL;
    *subscription = (struct subscription){ .view = view,
                                           .channel = channel,
                                           .has_begun = options->resume,
                                           .on_ready = options->on_ready,
                                           .context = options->context };
    bool is_known =
        options->resume && options->since <= options->tick &&
        (options->since >= feed_list_since(list) || options->since >= feed_list_tick(list));
    feed_list_join(list, &subscription->cursor, is_known ? options->since : options->tick);
    subscription->wants_state = !is_known;
    list_append(&channel->busy, &subscription->link);
    view->subscription_count++;
    return OK;
}

void subscription_close(struct subscription *subscription, u64 tick)
{
    drop_freeze(subscription);
    if (!subscription->channel) return;
    struct view *view = subscription->view;
    list_remove(&subscription->link);
    feed_list_leave(&subscription->cursor, tick);
    view->subscription_count--;
    view->left_tick = tick;
    channel_release(subscription->channel);
    subscription->channel = NULL;
}

struct frame *subscription_pull(struct subscription *subscription, u64 tick)
{
    if (subscription->ended) return NULL;
    struct frame *frame = NULL;
    if (subscription->freeze) {
        bool reset = subscription->has_begun;
        frame = freeze_frame(subscription->freeze, subscription->frame_index, reset);
        if (frame) return take(subscription, frame);
        /* What it was reading is gone; a newer state begins, and the client must forget the old. */
        drop_freeze(subscription);
        subscription->wants_state = true;
        subscription->has_begun = true;
    }
    if (begin(subscription, tick, &frame)) return take(subscription, frame);
    go_idle(subscription);
    return NULL;
}

/* The first frame of what the subscription lacks. False: it lacks nothing. */
static bool begin(struct subscription *subscription, u64 tick, struct frame **frame)
{
    struct channel *channel = subscription->channel;
    struct feed_cursor *cursor = &subscription->cursor;
    subscription->wants_state |= cursor->must_reset;
    bool is_state = subscription->wants_state;
    u64 newest = feed_list_tick(channel->list);
    if (!is_state && newest <= cursor->tick) return false;
    const struct channel_ask ask = { .from = is_state ? FREEZE_STATE : cursor->tick,
                                     .reset = is_state && subscription->has_begun,
                                     .is_counted = subscription->is_counted,
                                     .change_from = subscription->change,
                                     .tick = is_state ? tick : newest };
    struct channel_answer answer;
    channel_pull(channel, &ask, &answer);
    u64 ticks = answer.change - subscription->change;
    if (!is_state && subscription->is_counted && ticks > 1) subscription->conflated += ticks - 1;
    if (ask.reset) subscription->resets++;
    /* From here on the feed keeps for it what it will lack next. */
    cursor->tick = answer.tick;
    cursor->must_reset = false;
    subscription->change = answer.change;
    subscription->is_counted = true;
    subscription->wants_state = false;
    subscription->freeze = answer.freeze;
    subscription->frame_index = 0;
    *frame = answer.frame;
    return true;
}

static struct frame *take(struct subscription *subscription, struct frame *frame)
{
    subscription->frames_sent++;
    subscription->bytes_sent += frame->bytes.size;
    subscription->frame_index++;
    if (frame->more) return frame;
    drop_freeze(subscription);
    subscription->has_begun = true;
    return frame;
}

static void drop_freeze(struct subscription *subscription)
{
    if (subscription->freeze) freeze_release(subscription->freeze);
    subscription->freeze = NULL;
}

static void go_idle(struct subscription *subscription)
{
    if (subscription->idle) return;
    subscription->idle = true;
    list_remove(&subscription->link);
    list_append(&subscription->channel->idle, &subscription->link);
}

/* --- waking and ending --- */

static void wake_list(struct feed_list *list)
{
    for (struct channel *channel = feed_list_owner(list); channel; channel = channel->next) {
        while (!list_empty(&channel->idle)) {
            struct link *link = channel->idle.next;
            struct subscription *subscription = container_of(link, struct subscription, link);
            list_remove(link);
            list_append(&channel->busy, link);
            subscription->idle = false;
            subscription->on_ready(subscription->context);
        }
    }
}

i64 subscription_changed_us(const struct subscription *subscription)
{
    return feed_list_changed_us(subscription->channel->list);
}

void subscription_wake(struct view_pools *pools, u64 resume_tick, u64 tick, i64 now_us)
{
    struct view *view;
    while ((view = view_take_changed(pools))) {
        for (u32 index = 0; index < view->feed_count; index++) {
            struct feed_list *list;
            while ((list = feed_take_changed(view->feeds[index].feed))) {
                feed_list_set_changed(list, now_us);
                wake_list(list);
            }
        }
        freeze_bound(view);
        if (view_sweep_is_due(view)) view_sweep(view, resume_tick, tick);
    }
}

static void end_list(struct link *list, u64 tick)
{
    while (!list_empty(list)) {
        struct subscription *subscription = container_of(list->next, struct subscription, link);
        subscription->ended = true;
        subscription->idle = false;
        subscription_close(subscription, tick);
        subscription->on_ready(subscription->context);
    }
}

static void end_channels(struct feed_list *list, u64 tick)
{
    struct channel *channel = feed_list_owner(list);
    while (channel) {
        struct channel *next = channel->next;
        channel->holders++; /* until both of its lists are empty */
        end_list(&channel->idle, tick);
        end_list(&channel->busy, tick);
        channel_release(channel);
        channel = next;
    }
}

void subscription_end_all(struct view *view)
{
    for (u32 index = 0; index < view->feed_count; index++) {
        struct feed_list *list = NULL;
        while ((list = feed_list_next(view->feeds[index].feed, list)))
            end_channels(list, view->tick);
    }
    assert(view->subscription_count == 0);
}

u64 subscription_lag(const struct subscription *subscription, u64 tick)
{
    if (!subscription->channel) return 0;
    u64 newest = feed_list_tick(subscription->channel->list);
    return newest > subscription->cursor.tick ? tick - subscription->cursor.tick : 0;
}
