#include "engine/subscribe.h"

#include "base/assert.h"
#include "engine/engine_internal.h"
#include "engine/subscriber.h"

static enum status resolve_columns(const struct schema *schema,
                                   const struct subscribe_options *options, struct arena *arena,
                                   u32 **columns, const char ***names, struct err *err);

enum status subscribe_open(struct engine *engine, const struct subscribe_options *options,
                           struct subscriber **out, struct err *err)
{
    struct relation *relation;
    if (relation_find(engine, options->relation, &relation, err)) return FAIL;
    if (!relation->view)
        return err_set(err, "0A000",
                       "\"%s\" cannot be subscribed to: only tables and materialized views can",
                       relation->name);
    struct arena arena;
    arena_init(&arena, &engine->mem);
    const struct schema *schema = relation->view->schema;
    u32 filter[FEED_FILTER_COUNT_MAX];
    struct column values[FEED_FILTER_COUNT_MAX];
    u32 *columns;
    const char **names;
    struct subscription_options inner = { .values = values,
                                          .filter = filter,
                                          .tick = engine->tick,
                                          .resume = options->resume &&
                                                    options->since.epoch == engine_epoch(engine),
                                          .since = options->since.tick,
                                          .on_ready = options->on_ready,
                                          .context = options->context };
    enum status status = resolve_columns(schema, options, &arena, &columns, &names, err);
    inner.columns = columns;
    inner.names = names;
    inner.column_count = options->column_count;
    if (!status && options->condition) {
        struct expr *bound; /* only to say what is wrong with it */
        status = condition_bind(options->condition, schema, &arena, &bound, err);
        if (!status)
            inner.filter_count = condition_equalities(options->condition, schema, &arena, filter,
                                                      values, FEED_FILTER_COUNT_MAX);
        if (!status && inner.filter_count == 0)
            status = err_set(err, "0A000",
                             "a subscription can be filtered by equalities (column=eq.value) only; "
                             "declare a view for anything else");
    }
    struct subscriber *subscriber = mem_zalloc(&engine->mem, sizeof *subscriber);
    subscriber->engine = engine;
    if (!status) status = subscription_open(&subscriber->inner, relation->view, &inner, err);
    arena_deinit(&arena);
    if (status) {
        mem_free(&engine->mem, subscriber, sizeof *subscriber);
        return FAIL;
    }
    /* Whoever knew another epoch, or too little, must forget it. */
    subscriber->inner.has_begun = options->resume;
    size_t size = MIN(options->producer.size, sizeof subscriber->producer - 1);
    if (size > 0) memcpy(subscriber->producer, options->producer.data, size);
    subscriber->relation_id = relation->catalog->id;
    list_append(&engine->subscriptions, &subscriber->link);
    if (engine->sample_count == 0) engine_sample(engine);
    *out = subscriber;
    return OK;
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
    return subscription_pull(&subscriber->inner, subscriber->engine->tick);
}

bool subscribe_ended(const struct subscriber *subscriber)
{
    return subscriber->inner.ended;
}

void subscribe_close(struct subscriber *subscriber)
{
    struct engine *engine = subscriber->engine;
    subscription_close(&subscriber->inner, engine->tick);
    list_remove(&subscriber->link);
    mem_free(&engine->mem, subscriber, sizeof *subscriber);
}

static enum status resolve_columns(const struct schema *schema,
                                   const struct subscribe_options *options, struct arena *arena,
                                   u32 **columns, const char ***names, struct err *err)
{
    *columns = arena_array(arena, u32, options->column_count);
    *names = arena_array(arena, const char *, options->column_count);
    for (u32 index = 0; index < options->column_count; index++) {
        const struct read_column *asked = &options->columns[index];
        i32 column = schema_find(schema, asked->name);
        if (column < 0) return schema_unknown(schema, asked->name, NULL, err);
        if (asked->cast.size > 0)
            return err_set(err, "0A000", "a subscription cannot cast columns; declare a view");
        struct slice name = asked->rename.size > 0 ? asked->rename : asked->name;
        (*columns)[index] = (u32)column;
        (*names)[index] = arena_string(arena, name.data, name.size);
    }
    return OK;
}
