#include "engine/subscribe.h"

#include "base/assert.h"
#include "engine/engine_internal.h"
#include "engine/hidden.h"
#include "engine/subscribe_pace.h"
#include "engine/subscriber.h"
#include "flow/stance.h"
#include "view/shown.h"

/* What a subscription is opened with, as soon as there is a view. */
struct subscriber_wish {
    struct arena arena; /* of ask */
    struct subscribe_ask ask;
    struct subscription_options options;
};

static enum status bind_wish(struct subscriber *subscriber, struct relation *relation,
                             const struct subscribe_options *options, struct err *err);
static enum status follow(struct subscriber *subscriber, struct relation *relation,
                          const struct subscribe_options *options, struct err *err);
static enum status open_inner(struct subscriber *subscriber, struct view *view, u64 created_tick,
                              struct err *err);
static void drop_wish(struct subscriber *subscriber);

static struct subscriber *make(struct engine *engine, const struct subscribe_options *options)
{
    struct subscriber *subscriber = mem_zalloc(&engine->mem, sizeof *subscriber);
    subscriber->engine = engine;
    subscriber->pace = options->pace;
    subscriber->is_due = true;
    subscriber->on_ready = options->on_ready;
    subscriber->context = options->context;
    subscriber->wish = mem_zalloc(&engine->mem, sizeof *subscriber->wish);
    arena_init(&subscriber->wish->arena, &engine->mem);
    size_t size = MIN(options->producer.size, sizeof subscriber->producer - 1);
    if (size > 0) memcpy(subscriber->producer, options->producer.data, size);
    list_init(&subscriber->follows);
    list_append(&engine->subscriptions, &subscriber->link);
    return subscriber;
}

enum status subscribe_open(struct engine *engine, const struct subscribe_options *options,
                           struct subscriber **out, struct err *err)
{
    struct relation *relation = NULL;
    if (!options->query.data && relation_find(engine, options->relation, &relation, err))
        return FAIL;
    if (relation && !relation->view && relation->catalog->kind != CATALOG_VIEW)
        return err_set(err, "0A000", "\"%s\" cannot be subscribed to: only tables and views can",
                       relation->name);
    struct subscriber *subscriber = make(engine, options);
    if (bind_wish(subscriber, relation, options, err) ||
        follow(subscriber, relation, options, err)) {
        subscribe_close(subscriber);
        return FAIL;
    }
    if (engine->sample_count == 0) engine_sample(engine);
    *out = subscriber;
    return OK;
}

static void on_change(void *context)
{
    subscribe_pace_wake(context);
}

static enum status bind_wish(struct subscriber *subscriber, struct relation *relation,
                             const struct subscribe_options *options, struct err *err)
{
    struct subscriber_wish *wish = subscriber->wish;
    struct subscribe_ask *ask = &wish->ask;
    struct engine *engine = subscriber->engine;
    if (subscribe_ask_bind(engine, relation, options, &wish->arena, ask, err)) return FAIL;
    wish->options =
        (struct subscription_options){ .filter = ask->filter,
                                       .filter_count = ask->filter_count,
                                       .values = ask->values,
                                       .columns = ask->columns,
                                       .names = ask->names,
                                       .column_count = ask->column_count,
                                       .resume = options->resume &&
                                                 options->since.epoch == engine_epoch(engine),
                                       .since = options->since.tick,
                                       .on_ready = on_change,
                                       .context = subscriber };
    /* Whoever knew another epoch, or too little, must forget it. */
    subscriber->inner.has_begun = options->resume;
    const struct shown_asked asked = { .columns = ask->columns,
                                       .names = ask->names,
                                       .count = ask->column_count };
    return shown_check(ask->row, ask->name, &asked, &wish->arena, err);
}

static enum status follow(struct subscriber *subscriber, struct relation *relation,
                          const struct subscribe_options *options, struct err *err)
{
    struct subscriber_wish *wish = subscriber->wish;
    struct hidden *hidden;
    if (!wish->ask.needs_view)
        return open_inner(subscriber, relation->view, relation->created_tick, err);
    if (hidden_get(subscriber->engine, relation, options, &wish->ask, &hidden, err)) return FAIL;
    hidden_join(hidden, subscriber);
    if (!hidden->relation->view) return OK;
    return open_inner(subscriber, hidden->relation->view, hidden->created_tick, err);
}

/* Who knows a tick from before the relation was made knew another one of its name. */
static enum status open_inner(struct subscriber *subscriber, struct view *view, u64 created_tick,
                              struct err *err)
{
    struct subscription_options *options = &subscriber->wish->options;
    bool has_begun = subscriber->inner.has_begun;
    options->tick = subscriber->engine->tick;
    options->resume = options->resume && options->since > created_tick;
    if (subscription_open(&subscriber->inner, view, options, err)) return FAIL;
    subscriber->inner.has_begun = has_begun;
    drop_wish(subscriber);
    return OK;
}

static void drop_wish(struct subscriber *subscriber)
{
    if (!subscriber->wish) return;
    arena_deinit(&subscriber->wish->arena);
    mem_free(&subscriber->engine->mem, subscriber->wish, sizeof *subscriber->wish);
    subscriber->wish = NULL;
}

void subscriber_begin(struct subscriber *subscriber)
{
    const struct hidden *hidden = subscriber->hidden;
    if (open_inner(subscriber, hidden->relation->view, hidden->created_tick, NULL)) {
        hidden_leave(subscriber);
        subscriber->inner.ended = true;
    }
    subscriber->on_ready(subscriber->context);
}

void subscriber_end(struct subscriber *subscriber)
{
    if (!subscriber->wish) return; /* its view told it */
    subscriber->inner.ended = true;
    subscriber->on_ready(subscriber->context);
}

enum status subscribe_check_stance(struct slice name, struct err *err)
{
    struct stance_options options;
    stance_options_init(&options);
    if (stance_choose(&options, name, err)) return FAIL;
    if (options.stance == STANCE_CONFLATE) return OK;
    if (stance_check(&options, STANCE_VIEW, "a view", err)) return FAIL;
    return err_set(err, "0A000", "stance \"%s\" of a subscription is not supported yet",
                   stance_name(options.stance));
}

struct subscribe_frame subscribe_frame(const struct frame *frame)
{
    return (struct subscribe_frame){ .is_init = frame->kind == FRAME_INIT,
                                     .more = frame->more,
                                     .tick = frame->tick,
                                     .bytes = buf_slice(&frame->bytes) };
}

struct frame *subscribe_hold(struct frame *frame)
{
    return frame_hold(frame);
}

void subscribe_release(struct frame *frame)
{
    frame_release(frame);
}

struct frame *subscribe_pull(struct subscriber *subscriber)
{
    if (subscriber->wish) return NULL; /* it waits */
    if (!subscribe_pace_allows(subscriber)) return NULL;
    struct frame *frame = subscription_pull(&subscriber->inner, subscriber->engine->tick);
    subscribe_pace_pulled(subscriber, frame, frame && frame->more);
    return frame;
}

bool subscribe_ended(const struct subscriber *subscriber)
{
    return subscriber->inner.ended;
}

void subscribe_close(struct subscriber *subscriber)
{
    struct engine *engine = subscriber->engine;
    timers_cancel(&engine->paces, &subscriber->timer);
    subscription_close(&subscriber->inner, engine->tick);
    hidden_leave(subscriber);
    drop_wish(subscriber);
    list_remove(&subscriber->link);
    mem_free(&engine->mem, subscriber, sizeof *subscriber);
}
