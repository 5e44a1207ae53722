#include "view/freeze.h"

#include "base/assert.h"
#include "codec/codec.h"

#define PIN_ENTRY_COUNT_MAX (1u << 20)

struct freeze {
    struct freeze_options options;
    struct mem *mem;
    u32 holders;
    struct arena arena; /* the collected slots, as long as the freeze */
    bool scans;         /* the whole pool in slot order; else the slots below */
    u32 *slots;
    u32 slot_count;
    u32 *removed; /* kept rows whose keys go */
    u32 removed_count;
    struct buf deletes; /* encoded at once: kept rows may be freed later */
    bool several;       /* frames: those behind the first need the pin */
    struct rows_pin *pin;
    u32 frame_count; /* frames whose beginning is known */
    u32 place_capacity;
    u32 *places; /* where each frame begins, in slots or in the scan; one more than frame_count */
    struct frame *cache[FREEZE_CACHE_COUNT]; /* by index modulo */
    u32 cache_index[FREEZE_CACHE_COUNT];
};

static void collect_changes(struct freeze *freeze);
static void encode_deletes(struct freeze *freeze);
static struct frame *encode_frame(struct freeze *freeze, u32 index);
static struct frame *cache_get(struct freeze *freeze, u32 index);
static void cache_put(struct freeze *freeze, u32 index, struct frame *frame);

struct freeze *freeze_open(const struct freeze_options *options)
{
    struct freeze *freeze = mem_zalloc(options->mem, sizeof *freeze);
    freeze->options = *options;
    freeze->mem = options->mem;
    freeze->holders = 1;
    arena_init(&freeze->arena, options->mem);
    buf_init(&freeze->deletes, options->mem);
    freeze->place_capacity = 1;
    freeze->places = mem_zalloc(options->mem, sizeof *freeze->places);
    if (options->from != FREEZE_STATE) {
        collect_changes(freeze);
        encode_deletes(freeze);
    } else if (feed_list_filtered(options->list)) {
        freeze->slots = feed_list_slots(options->list, &freeze->arena, &freeze->slot_count);
    } else {
        freeze->scans = true;
    }
    struct frame *first = encode_frame(freeze, 0);
    cache_put(freeze, 0, first);
    /* What is not in the first frame must be seen as it is now, whenever it is asked for. */
    freeze->several = first->more;
    if (first->more) freeze->pin = rows_pin_open(options->view->rows, PIN_ENTRY_COUNT_MAX);
    frame_release(first);
    return freeze;
}

struct freeze *freeze_hold(struct freeze *freeze)
{
    freeze->holders++;
    return freeze;
}

void freeze_release(struct freeze *freeze)
{
    assert(freeze->holders > 0);
    if (--freeze->holders > 0) return;
    for (u32 place = 0; place < FREEZE_CACHE_COUNT; place++)
        if (freeze->cache[place]) frame_release(freeze->cache[place]);
    if (freeze->pin) rows_pin_close(freeze->pin);
    mem_free(freeze->mem, freeze->places, freeze->place_capacity * sizeof *freeze->places);
    buf_deinit(&freeze->deletes);
    arena_deinit(&freeze->arena);
    mem_free(freeze->mem, freeze, sizeof *freeze);
}

bool freeze_serves(const struct freeze *freeze, u64 from, bool reset)
{
    if (freeze->options.from != from || freeze->options.reset != reset) return false;
    return !freeze->several || freeze_is_pinned(freeze);
}

bool freeze_is_pinned(const struct freeze *freeze)
{
    return freeze->pin && !rows_pin_revoked(freeze->pin);
}

void freeze_revoke(struct freeze *freeze)
{
    if (!freeze->pin) return;
    rows_pin_close(freeze->pin);
    freeze->pin = NULL;
}

u64 freeze_tick(const struct freeze *freeze)
{
    return freeze->options.tick;
}

struct frame *freeze_frame(struct freeze *freeze, u32 index)
{
    assert(index <= freeze->frame_count);
    struct frame *frame = cache_get(freeze, index);
    if (frame) return frame;
    if (!freeze_is_pinned(freeze)) return NULL;
    frame = encode_frame(freeze, index);
    cache_put(freeze, index, frame);
    return frame;
}

static struct frame *cache_get(struct freeze *freeze, u32 index)
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

/* Newest first in the feed; oldest first in a frame. */
static void collect_changes(struct freeze *freeze)
{
    struct feed_walk walk;
    struct feed_change change;
    u32 live = 0, removed = 0;
    feed_walk_init(&walk, freeze->options.list, freeze->options.from);
    while (feed_walk_next(&walk, &change))
        *(change.removed ? &removed : &live) += 1;
    freeze->slots = arena_alloc(&freeze->arena, live * sizeof(u32));
    freeze->removed = arena_alloc(&freeze->arena, removed * sizeof(u32));
    freeze->slot_count = live;
    freeze->removed_count = removed;
    feed_walk_init(&walk, freeze->options.list, freeze->options.from);
    while (feed_walk_next(&walk, &change)) {
        if (change.removed)
            freeze->removed[--removed] = change.slot;
        else
            freeze->slots[--live] = change.slot;
    }
}

static void encode_rows(struct buf *out, const char *const *names, const struct column *columns,
                        u32 column_count, const i32 *weights, u32 count, u32 *written)
{
    for (u32 row = 0; row < count; row++) {
        if (*written > 0) buf_putc(out, ',');
        codec_json_object(out, names, columns, column_count, row);
        if (weights) {
            out->size--; /* the closing brace */
            buf_format(out, "%s\"_count\":%d}", column_count ? "," : "", weights[row]);
        }
        ++*written;
    }
}

/* A keyed row goes by its key; a row of a bag has 0 copies left. */
static void encode_deletes(struct freeze *freeze)
{
    const struct freeze_columns *columns = freeze->options.columns;
    bool bag = columns->key_count == 0;
    u32 count = bag ? columns->count : columns->key_count;
    const u32 *pool_columns = bag ? columns->pool_columns : columns->key_pool_columns;
    const char *const *names = bag ? columns->names : columns->key_names;
    static const i32 none[BATCH_ROW_COUNT_MAX];
    u32 written = 0;
    for (u32 start = 0; start < freeze->removed_count; start += BATCH_ROW_COUNT_MAX) {
        u32 rows = MIN(freeze->removed_count - start, BATCH_ROW_COUNT_MAX);
        struct arena_mark mark = arena_mark(&freeze->arena);
        struct column *cells = arena_array(&freeze->arena, struct column, count);
        rows_kept_gather(freeze->options.view->rows, freeze->removed + start, rows, pool_columns,
                         count, &freeze->arena, cells);
        encode_rows(&freeze->deletes, names, cells, count, bag ? none : NULL, rows, &written);
        arena_rewind(&freeze->arena, mark);
    }
}

/* The next slots from the place on, with their weights; 0 at the end. */
static u32 next_slots(const struct freeze *freeze, u32 *position, u32 *slots, i32 *weights)
{
    struct rows *rows = freeze->options.view->rows;
    if (freeze->scans) {
        if (freeze->pin)
            return rows_pin_scan(freeze->pin, position, BATCH_ROW_COUNT_MAX, slots, weights);
        return rows_scan(rows, position, rows_slot_end(rows), SIDE_OLD, BATCH_ROW_COUNT_MAX, slots,
                         weights);
    }
    u32 count = MIN(freeze->slot_count - *position, BATCH_ROW_COUNT_MAX);
    if (count == 0) return 0;
    memcpy(slots, freeze->slots + *position, count * sizeof *slots);
    if (freeze->pin)
        for (u32 index = 0; index < count; index++)
            weights[index] = rows_pin_weight(freeze->pin, slots[index]);
    else
        rows_weights(rows, slots, count, SIDE_OLD, weights);
    *position += count;
    return count;
}

static u32 encode_upserts(struct freeze *freeze, struct buf *out, u32 *position, bool *more)
{
    const struct freeze_columns *columns = freeze->options.columns;
    u32 slots[BATCH_ROW_COUNT_MAX], written = 0, count;
    i32 weights[BATCH_ROW_COUNT_MAX];
    *more = true;
    while (out->size < FREEZE_FRAME_SIZE) {
        count = next_slots(freeze, position, slots, weights);
        if (count == 0) {
            *more = false;
            break;
        }
        struct arena_mark mark = arena_mark(&freeze->arena);
        struct column *cells = arena_array(&freeze->arena, struct column, columns->count);
        if (freeze->pin)
            rows_pin_gather(freeze->pin, slots, count, columns->pool_columns, columns->count,
                            &freeze->arena, cells);
        else
            rows_gather(freeze->options.view->rows, slots, count, columns->pool_columns,
                        columns->count, &freeze->arena, cells);
        encode_rows(out, columns->names, cells, columns->count,
                    columns->key_count == 0 ? weights : NULL, count, &written);
        arena_rewind(&freeze->arena, mark);
    }
    return written;
}

static void encode_head(const struct freeze *freeze, struct buf *out, u32 index)
{
    const struct freeze_columns *columns = freeze->options.columns;
    buf_format(out, "{\"tick\":%llu", (unsigned long long)freeze->options.tick);
    if (freeze->options.from != FREEZE_STATE) {
        if (freeze->options.conflated > 1 && index == 0)
            buf_format(out, ",\"conflated\":%llu", (unsigned long long)freeze->options.conflated);
        return;
    }
    if (freeze->options.reset && index == 0) buf_puts(out, ",\"reset\":true");
    buf_puts(out, ",\"key\":[");
    for (u32 key = 0; key < columns->key_count; key++) {
        if (key > 0) buf_putc(out, ',');
        codec_json_string(out, slice_of(columns->key_names[key]));
    }
    buf_putc(out, ']');
}

static void place_add(struct freeze *freeze, u32 index, u32 position)
{
    if (index != freeze->frame_count) return;
    freeze->frame_count++;
    if (freeze->frame_count == freeze->place_capacity) {
        u32 capacity = freeze->place_capacity * 2;
        freeze->places = mem_realloc(freeze->mem, freeze->places,
                                     freeze->place_capacity * sizeof *freeze->places,
                                     capacity * sizeof *freeze->places);
        freeze->place_capacity = capacity;
    }
    freeze->places[freeze->frame_count] = position;
}

static struct frame *encode_frame(struct freeze *freeze, u32 index)
{
    bool state = freeze->options.from == FREEZE_STATE;
    struct frame *frame =
        frame_make(freeze->mem, state ? FRAME_INIT : FRAME_UPDATE, freeze->options.tick);
    struct buf *out = &frame->bytes;
    u32 position = freeze->places[index];
    bool bag = freeze->options.columns->key_count == 0;
    encode_head(freeze, out, index);
    buf_puts(out, state ? ",\"rows\":[" : ",\"upsert\":[");
    u32 written = encode_upserts(freeze, out, &position, &frame->more);
    place_add(freeze, index, position);
    bool deletes = index == 0 && freeze->deletes.size > 0;
    if (deletes && bag) {
        if (written > 0) buf_putc(out, ',');
        buf_append(out, freeze->deletes.data, freeze->deletes.size);
    }
    buf_putc(out, ']');
    if (!state && !bag) {
        buf_puts(out, ",\"delete\":[");
        if (deletes) buf_append(out, freeze->deletes.data, freeze->deletes.size);
        buf_putc(out, ']');
    }
    if (frame->more) buf_puts(out, ",\"more\":true");
    buf_putc(out, '}');
    return frame;
}
