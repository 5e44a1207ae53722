#include "connectors/pump.h"

#include <stdio.h>

#include "base/assert.h"
#include "os/clock.h"

#define BATCH_COUNT_MAX 1024
#define READ_SIZE       KIB(64)
#define WRITE_SIZE      KIB(64)
#define DISK_PAUSE_US   (100 * CLOCK_MS)

static enum status check_raw(const struct pump_options *options, struct err *err);
static enum status open_spool(struct pump *pump, struct err *err);
static void read_main(void *context);
static void write_main(void *context);

enum status pump_start(struct pump *pump, const struct pump_options *options, struct err *err)
{
    *pump = (struct pump){ .options = *options, .from = PLACE_CLOSED, .to = PLACE_CLOSED };
    mem_init(&pump->edge_mem, "edge", NULL, 0);
    mem_init(&pump->read_mem, "reader", NULL, 0);
    mem_init(&pump->write_mem, "writer", NULL, 0);
    mem_init(&pump->spool_mem, "spool", NULL, 0);
    monitor_init(&pump->gate);
    if (options->raw && check_raw(options, err)) return FAIL;
    if (place_open_from(&pump->from, options->from, err)) return FAIL;
    if (place_open_to(&pump->to, options->to, err)) return FAIL;
    bool spills = options->stance.stance == STANCE_SPILL;
    if (spills && open_spool(pump, err)) return FAIL;
    records_init(&pump->records, &pump->edge_mem, &options->stance, spills ? &pump->spool : NULL);
    pump->records.mark = pump->from.offset;
    pump->records.target = pump->to.offset;
    const struct thread_options reader = { .name = "pump-reader",
                                           .body = read_main,
                                           .context = pump };
    const struct thread_options writer = { .name = "pump-writer",
                                           .body = write_main,
                                           .context = pump };
    if (thread_start(&pump->reader, &reader, err)) return FAIL;
    if (!thread_start(&pump->writer, &writer, err)) return OK;
    records_break(&pump->records);
    return FAIL;
}

static enum status check_raw(const struct pump_options *options, struct err *err)
{
    if (options->stance.rate > 0) {
        err_set(err, "0A000", "a rate of raw bytes is not supported");
        return err_hint(err, "A rate counts records: leave out --raw.");
    }
    if (stance_where(options->stance.stance) != STANCE_EVENTS) return OK;
    err_set(err, "42P17", "stance \"%s\" would leave holes in raw bytes",
            stance_name(options->stance.stance));
    return err_hint(err, "Leave out --raw to move whole lines, or take block, spill or error.");
}

static enum status open_spool(struct pump *pump, struct err *err)
{
    const char *from = pump->options.from, *to = pump->options.to;
    size_t size = strlen(from) + strlen(to) + 16;
    pump->owner = mem_alloc(&pump->read_mem, size);
    snprintf(pump->owner, size, "%s%s to %s", pump->options.raw ? "bytes " : "", from, to);
    u64 segment_size = pump->options.stance.size_max / 4;
    const struct spool_options options = {
        .dir = pump->options.spill_dir,
        .owner = pump->owner,
        .segment_size = MAX(MIN(segment_size, SPOOL_SEGMENT_SIZE), KIB(64)),
        .mem = &pump->spool_mem,
        .append_mem = &pump->read_mem,
    };
    if (spool_open(&pump->spool, &options, err)) return FAIL;
    if (pump->from.is_file && place_go_on_from(&pump->from, pump->spool.mark, err)) return FAIL;
    /* Before anything else is there: a kill from here on must know where what was there before ends. */
    if (pump->spool.is_new)
        return spool_settle(&pump->spool, pump->to.offset, spool_end(&pump->spool), err);
    return pump->to.is_file ? place_go_on_to(&pump->to, pump->spool.target, err) : OK;
}

/* A reader that waits for its place cannot be told: what it reads after this is left out. */
void pump_stop(struct pump *pump)
{
    monitor_enter(&pump->gate);
    pump->stopped = true;
    if (pump->reading) records_end(&pump->records);
    monitor_leave(&pump->gate);
}

/* --- the thread that reads --- */

struct input {
    struct pump *pump;
    struct buf bytes; /* read, and not pushed yet */
    u64 mark;         /* of the first of them, in the place */
    struct record batch[BATCH_COUNT_MAX];
    u32 count;
    size_t batched; /* bytes of batch, from the front of bytes */
    u64 cost;       /* of batch, as the edge charges it */
};

/* Gives the batch to the edge, waiting as long as its stance says. False: the edge takes no more. */
static bool push_batch(struct input *input)
{
    struct records *records = &input->pump->records;
    u32 done = 0, taken;
    input->mark += input->batched;
    records->mark = input->mark;
    while (done < input->count) {
        enum records_push result =
            records_push(records, input->batch + done, input->count - done, &taken, clock_now());
        if (result == RECORDS_BROKEN) return false;
        if (result == RECORDS_FULL) records_wait_room(records);
        done += taken;
    }
    buf_consume(&input->bytes, input->batched);
    input->count = 0;
    input->batched = 0;
    input->cost = 0;
    return true;
}

/* A spool takes a batch whole, so none is larger than the edge. False: the edge takes no more. */
static bool add_record(struct input *input, size_t size)
{
    const struct stance_options *edge = &input->pump->options.stance;
    bool full = input->count == MIN(edge->items_max, BATCH_COUNT_MAX) ||
                input->cost + record_cost((u32)size) > edge->size_max;
    if (full && input->count > 0 && !push_batch(input)) return false;
    input->cost += record_cost((u32)size);
    input->batch[input->count++] =
        (struct record){ .data = input->bytes.data + input->batched, .size = (u32)size };
    input->batched += size;
    return true;
}

/* All whole lines of the bytes, of which the last fresh ones are new; at the end what follows the last newline too. False: the edge takes no more. */
static bool push_lines(struct input *input, size_t fresh, bool end)
{
    for (;;) {
        const char *line = input->bytes.data + input->batched;
        size_t left = input->bytes.size - input->batched;
        size_t looked = left > fresh ? left - fresh : 0; /* by earlier reads, for nothing */
        const char *newline = left > 0 ? memchr(line + looked, '\n', left - looked) : NULL;
        size_t size = newline ? (size_t)(newline - line) + 1 : end ? left : 0;
        if (size > 0 && !add_record(input, size)) return false;
        if (!newline) return input->count == 0 || push_batch(input);
    }
}

static bool push_raw(struct input *input)
{
    if (input->bytes.size == 0) return true;
    return add_record(input, input->bytes.size) && push_batch(input);
}

/* Notes that the reader waits for its place, or that it does no more. False: it is to stop. */
static bool pass_gate(struct pump *pump, bool reading)
{
    monitor_enter(&pump->gate);
    bool stopped = pump->stopped;
    pump->reading = reading && !stopped;
    monitor_leave(&pump->gate);
    return !stopped;
}

static enum status read_place(struct input *input, struct err *err)
{
    struct pump *pump = input->pump;
    for (size_t got = 1; got > 0;) {
        char *target = buf_reserve(&input->bytes, READ_SIZE);
        if (!pass_gate(pump, true)) return OK;
        enum status status = place_read(&pump->from, target, READ_SIZE, &got, err);
        if (!pass_gate(pump, false) || status) return status;
        input->bytes.size += got;
        if (!(pump->options.raw ? push_raw(input) : push_lines(input, got, got == 0))) return OK;
        if (input->bytes.size > PUMP_RECORD_SIZE_MAX)
            return err_set(err, "54000", "a line of \"%s\" is longer than 16 MiB",
                           pump->from.file.path);
    }
    return OK;
}

static void read_main(void *context)
{
    struct pump *pump = context;
    struct input *input = mem_alloc(&pump->read_mem, sizeof *input);
    *input = (struct input){ .pump = pump, .mark = pump->records.mark };
    buf_init(&input->bytes, &pump->read_mem);
    if (!read_place(input, &pump->read_err)) err_clear(&pump->read_err);
    buf_deinit(&input->bytes);
    mem_free(&pump->read_mem, input, sizeof *input);
    pump->reader_done = true;
    records_end(&pump->records);
}

/* --- the thread that writes --- */

/* A full disk is a slow one: the edge fills up behind it. */
static enum status write_waiting(struct pump *pump, struct slice data, struct err *err)
{
    for (;;) {
        enum status status = place_write(&pump->to, data, err);
        pump->waits_for_disk = status && pump->to.is_file && strcmp(err->sqlstate, "53100") == 0;
        if (!pump->waits_for_disk) return status;
        records_wait_item(&pump->records, clock_now() + DISK_PAUSE_US);
    }
}

static enum status write_batch(struct pump *pump, struct buf *out, const struct record *batch,
                               u32 count, struct err *err)
{
    enum status status = OK;
    for (u32 i = 0; i < count && !status; i++) {
        struct slice record = slice_make(batch[i].data, batch[i].size);
        if (out->size > 0 && out->size + record.size > WRITE_SIZE) {
            status = write_waiting(pump, buf_slice(out), err);
            buf_clear(out);
        }
        if (status) break;
        if (record.size >= WRITE_SIZE / 2 && out->size == 0)
            status = write_waiting(pump, record, err);
        else
            buf_append(out, record.data, record.size);
    }
    if (!status && out->size > 0) status = write_waiting(pump, buf_slice(out), err);
    buf_clear(out);
    return status;
}

static enum status write_place(struct pump *pump, struct err *err)
{
    struct record batch[BATCH_COUNT_MAX];
    struct records *records = &pump->records;
    struct buf out;
    enum status status = OK;
    buf_init(&out, &pump->write_mem);
    while (!status) {
        u32 got;
        i64 again_us;
        enum records_pop result =
            records_pop(records, batch, BATCH_COUNT_MAX, &got, &again_us, clock_now());
        if (result == RECORDS_ENDED) break;
        if (result == RECORDS_IDLE) {
            records_wait_item(records, again_us);
            continue;
        }
        status = write_batch(pump, &out, batch, got, err);
        records->target = pump->to.offset;
        if (!status) records_settle(records);
    }
    buf_deinit(&out);
    return status;
}

static void write_main(void *context)
{
    struct pump *pump = context;
    if (write_place(pump, &pump->write_err))
        records_break(&pump->records);
    else
        err_clear(&pump->write_err);
    pump->options.on_end(pump->options.context);
}

/* --- the end --- */

enum status pump_status(struct pump *pump, struct err *err)
{
    if (pump->write_err.sqlstate[0]) {
        *err = pump->write_err;
        return FAIL;
    }
    if (records_status(&pump->records, err)) return FAIL;
    if (records_overflowed(&pump->records))
        return err_set(err, "53400", "the edge overflowed, and its stance is %s",
                       stance_name(pump->options.stance.stance));
    if (!pump->reader_done || !pump->read_err.sqlstate[0]) return OK;
    *err = pump->read_err;
    return FAIL;
}

/* Everything was read, and everything is written. */
static bool is_complete(struct pump *pump)
{
    return pump->reader_done && !pump->read_err.sqlstate[0] && !pump->write_err.sqlstate[0] &&
           !pump->records.broken && !pump->stopped && pump->records.counts.queued == 0;
}

void pump_close(struct pump *pump)
{
    if (pump->reader.started && !pump->reader_done) return;
    thread_join(&pump->reader);
    thread_join(&pump->writer);
    if (pump->records.mem) {
        if (pump->spool.options.dir && is_complete(pump)) (void)!spool_clear(&pump->spool, NULL);
        records_deinit(&pump->records);
    }
    spool_close(&pump->spool);
    if (pump->owner)
        mem_free(&pump->read_mem, pump->owner,
                 strlen(pump->options.from) + strlen(pump->options.to) + 16);
    place_close(&pump->from);
    place_close(&pump->to);
    monitor_deinit(&pump->gate);
    mem_deinit(&pump->edge_mem);
    mem_deinit(&pump->read_mem);
    mem_deinit(&pump->write_mem);
    mem_deinit(&pump->spool_mem);
}
