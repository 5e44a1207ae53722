#include "view/channel.h"

#include "base/assert.h"

/* More rows than that do not fit in a frame: {"":0}, has seven bytes. */
#define WHOLE_COUNT_MAX (FRAME_SIZE / 7)

static struct frame *encode_state(const struct channel *channel, const struct channel_ask *ask);
static struct frame *encode_change(const struct channel *channel, const struct channel_ask *ask,
                                   u64 conflated);

/* --- channels --- */

enum status channel_get(struct view *view, struct feed_list *list, const struct shown_asked *asked,
                        struct channel **out, struct err *err)
{
    struct shown shown;
    if (shown_init(&shown, view, asked, err)) return FAIL;
    struct channel *channel = feed_list_owner(list);
    while (channel && !shown_equal(&channel->shown, &shown))
        channel = channel->next;
    *out = channel;
    if (channel) {
        shown_deinit(&shown);
        channel->holders++;
        return OK;
    }
    channel = mem_alloc(&view->mem, sizeof *channel);
    *channel = (struct channel){
        .next = feed_list_owner(list), .view = view, .list = list, .shown = shown, .holders = 1
    };
    list_init(&channel->idle);
    list_init(&channel->busy);
    feed_list_set_owner(list, channel);
    *out = channel;
    return OK;
}

void channel_release(struct channel *channel)
{
    assert(channel->holders > 0);
    if (--channel->holders > 0) return;
    assert(list_empty(&channel->idle) && list_empty(&channel->busy));
    struct channel *first = feed_list_owner(channel->list), **place = &first;
    while (*place != channel)
        place = &(*place)->next;
    *place = channel->next;
    feed_list_set_owner(channel->list, first);
    struct view *view = channel->view;
    share_drop(&view->share, channel);
    shown_deinit(&channel->shown);
    mem_free(&view->mem, channel, sizeof *channel);
}

/* --- frames --- */

static bool find_shared(struct channel *channel, const struct channel_ask *ask,
                        const struct share_key *key, struct channel_answer *answer)
{
    answer->change = key->change;
    answer->freeze = NULL;
    answer->frame = share_find(&channel->view->share, key);
    if (answer->frame) return true;
    struct freeze *freeze = freeze_find(channel->view, channel, ask->from, ask->is_counted);
    if (!freeze) return false;
    answer->freeze = freeze_hold(freeze);
    answer->frame = freeze_frame(freeze, 0, ask->reset);
    answer->change = freeze->change;
    return true;
}

void channel_pull(struct channel *channel, const struct channel_ask *ask,
                  struct channel_answer *answer)
{
    u64 change = feed_list_change(channel->list);
    bool is_state = ask->from == FREEZE_STATE;
    u64 conflated = 0;
    if (!is_state && ask->is_counted)
        conflated = change - ask->change_from;
    else if (!is_state)
        conflated = feed_list_change_since(channel->list, ask->from);
    const struct share_key key = { .channel = channel,
                                   .change = change,
                                   .from = ask->from,
                                   .reset = ask->reset,
                                   .is_exact = is_state || ask->is_counted };
    if (!find_shared(channel, ask, &key, answer)) {
        answer->frame =
            is_state ? encode_state(channel, ask) : encode_change(channel, ask, conflated);
        if (answer->frame && channel->holders > 1)
            share_put(&channel->view->share, &key, answer->frame);
    }
    if (!answer->frame) {
        answer->freeze = freeze_open(&(struct freeze_options){ .view = channel->view,
                                                               .list = channel->list,
                                                               .shown = &channel->shown,
                                                               .channel = channel,
                                                               .from = ask->from,
                                                               .tick = ask->tick,
                                                               .is_exact = key.is_exact,
                                                               .conflated = conflated });
        answer->frame = freeze_frame(answer->freeze, 0, ask->reset);
    }
    assert(answer->frame);
    answer->tick = answer->frame->tick;
}

static void begin(struct encode *encode, const struct channel *channel,
                  const struct channel_ask *ask, u64 conflated)
{
    bool is_state = ask->from == FREEZE_STATE;
    encode_begin(encode, &(struct encode_options){ .view = channel->view,
                                                   .shown = &channel->shown,
                                                   .kind = is_state ? FRAME_INIT : FRAME_UPDATE,
                                                   .tick = ask->tick,
                                                   .reset = ask->reset,
                                                   .conflated = conflated });
}

/* The frame, or NULL when it is full: a freeze is needed. */
static struct frame *end_whole(struct encode *encode)
{
    if (!encode_is_full(encode)) return encode_end(encode, false);
    encode_drop(encode);
    return NULL;
}

static void encode_slots(struct encode *encode, const u32 *slots, u32 count)
{
    i32 weights[BATCH_ROW_COUNT_MAX];
    for (u32 start = 0; start < count && !encode_is_full(encode); start += BATCH_ROW_COUNT_MAX) {
        u32 taken = MIN(count - start, BATCH_ROW_COUNT_MAX);
        rows_weights(encode->options.view->rows, slots + start, taken, SIDE_OLD, weights);
        encode_rows(encode, slots + start, weights, taken);
    }
}

static void encode_pool(struct encode *encode)
{
    const struct rows *rows = encode->options.view->rows;
    u32 slots[BATCH_ROW_COUNT_MAX], cursor = 0, end = rows_slot_end(rows), count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    while (!encode_is_full(encode) &&
           (count = rows_scan(rows, &cursor, end, SIDE_OLD, BATCH_ROW_COUNT_MAX, slots, weights)))
        encode_rows(encode, slots, weights, count);
}

static struct frame *encode_state(const struct channel *channel, const struct channel_ask *ask)
{
    if (!feed_list_is_filtered(channel->list) && rows_count(channel->view->rows) > WHOLE_COUNT_MAX)
        return NULL;
    struct encode encode;
    begin(&encode, channel, ask, 0);
    if (feed_list_is_filtered(channel->list)) {
        struct arena *scratch = &channel->view->scratch;
        struct arena_mark mark = arena_mark(scratch);
        u32 count, *slots = feed_list_slots(channel->list, scratch, &count);
        encode_slots(&encode, slots, count);
        arena_rewind(scratch, mark);
    } else {
        encode_pool(&encode);
    }
    return end_whole(&encode);
}

/* Up to WHOLE_COUNT_MAX numbers of a walk, oldest first, or NULL when there are more. */
static u32 *collect(struct arena *arena, struct feed_walk walk, u32 (*next)(struct feed_walk *walk),
                    u32 *count)
{
    struct feed_walk again = walk;
    u32 total = 0, number;
    while (total <= WHOLE_COUNT_MAX && next(&walk) != SLOT_NONE)
        total++;
    if (total > WHOLE_COUNT_MAX) return NULL;
    u32 *numbers = arena_alloc(arena, total * sizeof *numbers);
    *count = total;
    while ((number = next(&again)) != SLOT_NONE)
        numbers[--total] = number;
    return numbers;
}

static struct frame *encode_change(const struct channel *channel, const struct channel_ask *ask,
                                   u64 conflated)
{
    struct arena *scratch = &channel->view->scratch;
    struct arena_mark mark = arena_mark(scratch);
    struct feed_walk live, gone;
    u32 live_count, gone_count;
    feed_walk_live(&live, channel->list, ask->from);
    feed_walk_gone(&gone, channel->list, ask->from);
    struct frame *frame = NULL;
    u32 *slots = collect(scratch, live, feed_walk_live_next, &live_count);
    u32 *kept = slots ? collect(scratch, gone, feed_walk_gone_next, &gone_count) : NULL;
    if (kept) {
        struct encode encode;
        begin(&encode, channel, ask, conflated);
        encode_slots(&encode, slots, live_count);
        if (gone_count > 0) encode_gone(&encode, kept, gone_count);
        frame = end_whole(&encode);
    }
    arena_rewind(scratch, mark);
    return frame;
}
