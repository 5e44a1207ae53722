#include "tests/unit/engine/following.h"

#include "servers/subscription_query.h"

static void count_ready(void *context)
{
    struct following *following = context;
    following->ready++;
}

enum status following_try(struct following *following, struct fixture *fixture, const char *url,
                          u64 since)
{
    struct engine *engine = fixture->engine;
    const char *mark = strchr(url, '?');
    struct slice relation = mark ? slice_make(url, (size_t)(mark - url)) : slice_of(url);
    struct arena arena;
    struct query query;
    *following = (struct following){ .fixture = fixture };
    arena_init(&arena, &fixture->mem);
    struct subscribe_options options = {
        .relation = relation,
        .resume = since > 0,
        .since = { .epoch = engine_epoch(engine), .tick = since },
        .on_ready = count_ready,
        .context = following,
    };
    enum status status = query_parse(slice_of(mark ? mark + 1 : ""), &arena, &query, &fixture->err);
    if (!status) status = subscription_query(engine, &query, &arena, &options, &fixture->err);
    if (!status) status = subscribe_open(engine, &options, &following->subscriber, &fixture->err);
    arena_deinit(&arena);
    if (!status) buf_init(&following->frame, &fixture->mem);
    return status;
}

void following_open(struct following *following, struct fixture *fixture, const char *url,
                    u64 since)
{
    assert_ok(following_try(following, fixture, url, since), &fixture->err);
}

const char *following_pull(struct following *following)
{
    struct frame *frame = subscribe_pull(following->subscriber);
    if (!frame) return NULL;
    struct subscribe_frame shown = subscribe_frame(frame);
    buf_clear(&following->frame);
    buf_append(&following->frame, shown.bytes.data, shown.bytes.size);
    buf_putc(&following->frame, '\0');
    subscribe_release(frame);
    return following->frame.data;
}

const char *following_wait(struct following *following)
{
    const char *frame = NULL;
    for (u32 count = 0; !frame && count < 1000; count++) {
        fixture_settle(following->fixture);
        frame = following_pull(following);
    }
    return frame;
}

void following_close(struct following *following)
{
    subscribe_close(following->subscriber);
    buf_deinit(&following->frame);
}
