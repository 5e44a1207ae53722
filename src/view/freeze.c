#include "view/freeze.h"

#include "base/assert.h"

#define GONE_PIECE_SIZE KIB(64)

/* Where a frame begins. */
struct freeze_place {
    u32 position; /* in slots, or of the scan */
    u32 piece;    /* of gone */
};

static void collect_slots(struct freeze *freeze);
static void collect_gone(struct freeze *freeze);
static void revoke(struct freeze *freeze);
static struct frame *encode(struct freeze *freeze, u32 index);
static void place_add(struct freeze *freeze, struct freeze_place place);
static struct frame *cache_find(const struct freeze *freeze, u32 index);
static void cache_put(struct freeze *freeze, u32 index, struct frame *frame);

struct freeze *freeze_open(const struct freeze_options *options)
{
    struct view *view = options->view;
    struct freeze *freeze = mem_zalloc(&view->mem, sizeof *freeze);
    freeze->options = *options;
    freeze->holders = 1;
    freeze->change = feed_list_change(options->list);
    buf_init(&freeze->gone, &view->mem);
    bool is_state = options->from == FREEZE_STATE;
    freeze->is_scan = is_state && !feed_list_is_filtered(options->list);
    if (!freeze->is_scan) collect_slots(freeze);
    if (!is_state) collect_gone(freeze);
    place_add(freeze, (struct freeze_place){ .position = 0 });
    freeze->pin = rows_pin_open(view->rows, MAX(rows_slot_end(view->rows), 1u));
    list_append(&view->freezes, &freeze->link);
    view->freeze_count++;
    freeze_bound(view);
    assert(freeze->pin);
    return freeze;
}

struct freeze *freeze_hold(struct freeze *freeze)
{
    assert(freeze->holders > 0);
    freeze->holders++;
    return freeze;
}

void freeze_release(struct freeze *freeze)
{
    assert(freeze->holders > 0);
    if (--freeze->holders > 0) return;
    revoke(freeze);
    mem_free(&freeze->options.view->mem, freeze, sizeof *freeze);
}

/* The pool need not hold still for it any more; a reader that stalls keeps no more than the struct. */
static void revoke(struct freeze *freeze)
{
    if (!freeze->pin) return;
    struct mem *mem = &freeze->options.view->mem;
    for (u32 place = 0; place < FREEZE_CACHE_COUNT; place++)
        if (freeze->cache[place]) frame_release(freeze->cache[place]);
    if (freeze->first_reset) frame_release(freeze->first_reset);
    mem_free(mem, freeze->slots, freeze->slot_count * sizeof *freeze->slots);
    mem_free(mem, freeze->pieces, freeze->piece_count * sizeof *freeze->pieces);
    mem_free(mem, freeze->places, freeze->place_capacity * sizeof *freeze->places);
    buf_deinit(&freeze->gone);
    rows_pin_close(freeze->pin);
    freeze->pin = NULL;
    list_remove(&freeze->link);
    freeze->options.view->freeze_count--;
}

void freeze_bound(struct view *view)
{
    u64 noted = 0;
    list_each(&view->freezes, link) noted +=
        rows_pin_count(container_of(link, struct freeze, link)->pin);
    list_each_safe(&view->freezes, link, following)
    {
        struct freeze *freeze = container_of(link, struct freeze, link);
        u64 own = rows_pin_count(freeze->pin);
        bool is_last = following == &view->freezes;
        bool is_over = view->freeze_count > FREEZE_COUNT_MAX ||
                       (noted > rows_slot_end(view->rows) && !is_last);
        if (!is_over && !rows_pin_revoked(freeze->pin)) continue;
        noted -= own;
        revoke(freeze);
    }
}

/* What a state or a change shows of the rows that are there, as they are now: in a change the oldest first. */
static void collect_slots(struct freeze *freeze)
{
    struct view *view = freeze->options.view;
    struct feed_list *list = freeze->options.list;
    struct arena_mark mark = arena_mark(&view->scratch);
    u32 count = 0, slot, *found = NULL;
    if (freeze->options.from == FREEZE_STATE) {
        found = feed_list_slots(list, &view->scratch, &count);
    } else {
        struct feed_walk walk;
        feed_walk_live(&walk, list, freeze->options.from);
        while (feed_walk_live_next(&walk) != SLOT_NONE)
            count++;
    }
    freeze->slots = mem_alloc(&view->mem, count * sizeof *freeze->slots);
    freeze->slot_count = count;
    if (found) {
        memcpy(freeze->slots, found, count * sizeof *found);
    } else {
        struct feed_walk walk;
        feed_walk_live(&walk, list, freeze->options.from);
        while ((slot = feed_walk_live_next(&walk)) != SLOT_NONE)
            freeze->slots[--count] = slot;
    }
    arena_rewind(&view->scratch, mark);
}

static struct encode_options options_of(const struct freeze *freeze)
{
    const struct freeze_options *options = &freeze->options;
    bool is_state = options->from == FREEZE_STATE;
    return (struct encode_options){ .view = options->view,
                                    .shown = options->shown,
                                    .pin = freeze->pin,
                                    .kind = is_state ? FRAME_INIT : FRAME_UPDATE,
                                    .tick = options->tick };
}

static void piece_add(struct freeze *freeze, size_t end)
{
    struct mem *mem = &freeze->options.view->mem;
    freeze->pieces = mem_realloc(mem, freeze->pieces, freeze->piece_count * sizeof *freeze->pieces,
                                 (freeze->piece_count + 1) * sizeof *freeze->pieces);
    freeze->pieces[freeze->piece_count++] = end;
}

static void collect_gone(struct freeze *freeze)
{
    struct view *view = freeze->options.view;
    struct feed_walk walk;
    u32 count = 0, kept;
    feed_walk_gone(&walk, freeze->options.list, freeze->options.from);
    while (feed_walk_gone_next(&walk) != SLOT_NONE)
        count++;
    struct arena_mark mark = arena_mark(&view->scratch);
    u32 *gone = arena_alloc(&view->scratch, count * sizeof *gone), at = count;
    feed_walk_gone(&walk, freeze->options.list, freeze->options.from);
    while ((kept = feed_walk_gone_next(&walk)) != SLOT_NONE)
        gone[--at] = kept;
    struct encode_options options = options_of(freeze);
    while (at < count) {
        at += encode_gone_text(&options, &freeze->gone, freeze->gone.size + GONE_PIECE_SIZE,
                               gone + at, count - at);
        piece_add(freeze, freeze->gone.size);
    }
    arena_rewind(&view->scratch, mark);
}

/* --- frames --- */

struct freeze *freeze_find(const struct view *view, const struct channel *channel, u64 from,
                           bool is_exact)
{
    for (const struct link *link = view->freezes.previous; link != &view->freezes;
         link = link->previous) {
        struct freeze *freeze = container_of((struct link *)(uintptr_t)link, struct freeze, link);
        const struct freeze_options *options = &freeze->options;
        /* Who joins a state goes on from its tick: what changed since must still be known. */
        bool is_known = from != FREEZE_STATE || options->tick >= feed_list_since(options->list);
        if (options->channel == channel && options->from == from && is_known &&
            (options->is_exact || !is_exact) && !rows_pin_revoked(freeze->pin))
            return freeze;
    }
    return NULL;
}

static struct frame *get(struct freeze *freeze, u32 index)
{
    struct frame *frame = cache_find(freeze, index);
    if (frame) return frame;
    frame = encode(freeze, index);
    if (freeze->holders > 1) cache_put(freeze, index, frame);
    return frame;
}

struct frame *freeze_frame(struct freeze *freeze, u32 index, bool reset)
{
    if (!freeze->pin || rows_pin_revoked(freeze->pin)) return NULL;
    assert(index < freeze->frame_count);
    if (index > 0 || !reset) return get(freeze, index);
    if (!freeze->first_reset) {
        struct frame *first = get(freeze, 0);
        freeze->first_reset = encode_with_reset(first);
        frame_release(first);
    }
    return frame_hold(freeze->first_reset);
}

static struct frame *cache_find(const struct freeze *freeze, u32 index)
{
    u32 place = index % FREEZE_CACHE_COUNT;
    if (!freeze->cache[place] || freeze->cache_index[place] != index) return NULL;
    return frame_hold(freeze->cache[place]);
}

static void cache_put(struct freeze *freeze, u32 index, struct frame *frame)
{
    u32 place = index % FREEZE_CACHE_COUNT;
    if (freeze->cache[place]) frame_release(freeze->cache[place]);
    freeze->cache[place] = frame_hold(frame);
    freeze->cache_index[place] = index;
}

static void place_add(struct freeze *freeze, struct freeze_place place)
{
    if (freeze->frame_count == freeze->place_capacity) {
        u32 old = freeze->place_capacity, capacity = MAX(old * 2, 4u);
        freeze->places =
            mem_realloc(&freeze->options.view->mem, freeze->places, old * sizeof *freeze->places,
                        capacity * sizeof *freeze->places);
        freeze->place_capacity = capacity;
    }
    freeze->places[freeze->frame_count++] = place;
}

/* The next slots from *position on, with their weights; 0 at the end. */
static u32 next_slots(const struct freeze *freeze, u32 *position, u32 *slots, i32 *weights)
{
    if (freeze->is_scan)
        return rows_pin_scan(freeze->pin, position, BATCH_ROW_COUNT_MAX, slots, weights);
    u32 count = MIN(freeze->slot_count - *position, BATCH_ROW_COUNT_MAX);
    for (u32 index = 0; index < count; index++) {
        slots[index] = freeze->slots[*position + index];
        weights[index] = rows_pin_weight(freeze->pin, slots[index]);
    }
    *position += count;
    return count;
}

/* Until the frame is full or the rows are over; the place moves. Returns whether they are over. */
static bool encode_present(const struct freeze *freeze, struct encode *encode,
                           struct freeze_place *place)
{
    u32 slots[BATCH_ROW_COUNT_MAX], start = place->position, count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    while ((count = next_slots(freeze, &place->position, slots, weights))) {
        u32 taken = encode_rows(encode, slots, weights, count);
        if (taken < count) place->position = freeze->is_scan ? slots[taken] : start + taken;
        if (encode_is_full(encode)) return false;
        start = place->position;
    }
    return true;
}

static struct frame *encode(struct freeze *freeze, u32 index)
{
    struct freeze_place place = freeze->places[index];
    struct encode_options options = options_of(freeze);
    struct encode encode;
    options.conflated = index == 0 ? freeze->options.conflated : 0;
    encode_begin(&encode, &options);
    bool is_over = encode_present(freeze, &encode, &place);
    while (is_over && place.piece < freeze->piece_count && !encode_is_full(&encode)) {
        size_t start = place.piece > 0 ? freeze->pieces[place.piece - 1] : 0;
        size_t end = freeze->pieces[place.piece++];
        encode_gone_as(&encode, slice_make(freeze->gone.data + start, end - start));
    }
    bool more = !is_over || place.piece < freeze->piece_count;
    if (more && index + 1 == freeze->frame_count) place_add(freeze, place);
    return encode_end(&encode, more);
}
