#include "view/encode.h"

#include "base/assert.h"

/* Rows that are gathered at once: wide rows fill a frame before many of them are read in vain. */
#define GATHER_COUNT 128

static void write_key(struct buf *out, const struct shown *shown);

static bool is_bag(const struct encode_options *options)
{
    return options->shown->key_count == 0;
}

void encode_begin(struct encode *encode, const struct encode_options *options)
{
    *encode = (struct encode){ .options = *options };
    /* Who is slow holds it still when the view is gone. */
    encode->frame = frame_make(options->view->mem.parent, options->kind, options->tick);
    struct buf *out = &encode->frame->bytes;
    buf_format(out, "{\"tick\":%llu", (unsigned long long)options->tick);
    if (options->kind == FRAME_INIT) {
        if (options->reset) buf_puts(out, ",\"reset\":true");
        write_key(out, options->shown);
        buf_puts(out, ",\"rows\":[");
        return;
    }
    if (options->conflated > 1)
        buf_format(out, ",\"conflated\":%llu", (unsigned long long)options->conflated);
    buf_puts(out, ",\"upsert\":[");
}

/* The names, without the colons behind them. A bag has no key to tell. */
static void write_key(struct buf *out, const struct shown *shown)
{
    u32 start = 0;
    if (shown->key_count == 0) return;
    buf_puts(out, ",\"key\":[");
    for (u32 key = 0; key < shown->key_count; key++) {
        u32 end = shown->key_names.ends[key];
        if (key > 0) buf_putc(out, ',');
        buf_append(out, shown->key_names.text + start, end - start - 1);
        start = end;
    }
    buf_putc(out, ']');
}

/* Room for columns, and in a bag for the numbers of copies behind them. */
static struct column *make_cells(const struct encode_options *options, u32 count)
{
    struct arena *arena = &options->view->scratch;
    u32 column_count = options->shown->count;
    struct column *cells = arena_array(arena, struct column, column_count + 1);
    if (is_bag(options)) cells[column_count] = column_make(arena, TYPE(INT8), count);
    return cells;
}

static void set_copies(const struct encode_options *options, struct column *cells,
                       const i32 *weights, u32 count)
{
    if (!is_bag(options)) return;
    i64 *copies = cells[options->shown->count].data;
    for (u32 row = 0; row < count; row++)
        copies[row] = weights ? weights[row] : 0;
}

static u32 write_rows(struct buf *out, size_t size_max, const struct codec_json_names *names,
                      const struct column *cells, u32 count, bool first)
{
    u32 row = 0;
    for (; row < count && out->size < size_max; row++) {
        if (!first) buf_putc(out, ',');
        first = false;
        codec_json_row(out, names, cells, row);
    }
    return row;
}

static u32 write_present(struct encode *encode, const u32 *slots, const i32 *weights, u32 count)
{
    const struct encode_options *options = &encode->options;
    const struct shown *shown = options->shown;
    struct arena *arena = &options->view->scratch;
    struct arena_mark mark = arena_mark(arena);
    struct column *cells = make_cells(options, count);
    if (options->pin)
        rows_pin_gather(options->pin, slots, count, shown->columns, shown->count, arena, cells);
    else
        rows_gather(options->view->rows, slots, count, shown->columns, shown->count, arena, cells);
    set_copies(options, cells, weights, count);
    u32 taken = write_rows(&encode->frame->bytes, FRAME_SIZE, &shown->names, cells, count,
                           encode->written == 0);
    encode->written += taken;
    arena_rewind(arena, mark);
    return taken;
}

u32 encode_rows(struct encode *encode, const u32 *slots, const i32 *weights, u32 count)
{
    assert(!encode->is_deleting);
    u32 total = 0;
    while (total < count && !encode_is_full(encode))
        total +=
            write_present(encode, slots + total, weights + total, MIN(count - total, GATHER_COUNT));
    return total;
}

/* A keyed row goes by its key; of a row of a bag no copies are left. */
static u32 write_gone(const struct encode_options *options, struct buf *out, size_t size_max,
                      const u32 *kept, u32 count, bool first)
{
    const struct shown *shown = options->shown;
    struct arena *arena = &options->view->scratch;
    struct arena_mark mark = arena_mark(arena);
    bool bag = is_bag(options);
    struct column *cells =
        bag ? make_cells(options, count) : arena_array(arena, struct column, shown->key_count);
    rows_kept_gather(options->view->rows, kept, count, bag ? shown->columns : shown->key_columns,
                     bag ? shown->count : shown->key_count, arena, cells);
    set_copies(options, cells, NULL, count);
    u32 taken =
        write_rows(out, size_max, bag ? &shown->names : &shown->key_names, cells, count, first);
    arena_rewind(arena, mark);
    return taken;
}

/* In a bag the rows that went are among the others. */
static void begin_gone(struct encode *encode)
{
    assert(encode->options.kind == FRAME_UPDATE);
    if (encode->is_deleting) return;
    encode->is_deleting = true;
    if (is_bag(&encode->options)) return;
    buf_puts(&encode->frame->bytes, "],\"delete\":[");
    encode->written = 0;
}

u32 encode_gone(struct encode *encode, const u32 *kept, u32 count)
{
    u32 total = 0;
    begin_gone(encode);
    while (total < count && !encode_is_full(encode)) {
        u32 taken = write_gone(&encode->options, &encode->frame->bytes, FRAME_SIZE, kept + total,
                               MIN(count - total, GATHER_COUNT), encode->written == 0);
        encode->written += taken;
        total += taken;
    }
    return total;
}

void encode_gone_as(struct encode *encode, struct slice text)
{
    if (text.size == 0) return;
    begin_gone(encode);
    if (encode->written > 0) buf_putc(&encode->frame->bytes, ',');
    buf_append(&encode->frame->bytes, text.data, text.size);
    encode->written++;
}

u32 encode_gone_text(const struct encode_options *options, struct buf *out, size_t size_max,
                     const u32 *kept, u32 count)
{
    u32 total = 0;
    while (total < count && out->size < size_max)
        total += write_gone(options, out, size_max, kept + total, MIN(count - total, GATHER_COUNT),
                            total == 0);
    return total;
}

struct frame *encode_end(struct encode *encode, bool more)
{
    struct frame *frame = encode->frame;
    if (encode->options.kind == FRAME_UPDATE) begin_gone(encode);
    buf_putc(&frame->bytes, ']');
    if (more) buf_puts(&frame->bytes, ",\"more\":true");
    buf_putc(&frame->bytes, '}');
    frame->more = more;
    encode->frame = NULL;
    return frame;
}

void encode_drop(struct encode *encode)
{
    frame_release(encode->frame);
    encode->frame = NULL;
}

struct frame *encode_with_reset(const struct frame *frame)
{
    assert(frame->kind == FRAME_INIT);
    const char *end = memchr(frame->bytes.data, ',', frame->bytes.size);
    return frame_insert(frame, (size_t)(end - frame->bytes.data), SLICE(",\"reset\":true"));
}
