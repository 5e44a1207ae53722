#include "flow/records.h"

#include "base/assert.h"
#include "flow/records_internal.h"
#include "flow/spool.h"
#include "os/clock.h"

#define DISK_PAUSE_US (100 * CLOCK_MS)

static bool is_low(const struct records *records);
static void check_balance(const struct records *records);

void records_init(struct records *records, struct mem *mem, const struct stance_options *options,
                  struct spool *spool)
{
    assert(options->items_max > 0 && options->size_max > 0);
    assert((options->stance == STANCE_SPILL) == (spool != NULL));
    *records = (struct records){ .mem = mem, .options = *options, .spool = spool };
    monitor_init(&records->monitor);
    rate_init(&records->rate, options->rate);
    records_queue_init(records);
    if (!spool) return;
    records->spool_end = spool_end(spool);
    records->counts.in = records->counts.queued = spool->waiting;
    records->counts.queued_size = spool->waiting_size;
}

void records_deinit(struct records *records)
{
    records_queue_deinit(records);
    monitor_deinit(&records->monitor);
}

/* --- the producer's calls --- */

enum records_push records_push(struct records *records, const struct record *batch, u32 count,
                               u32 *taken, i64 now_us)
{
    if (records->spool) return records_push_spool(records, batch, count, taken);
    enum records_verdict verdict = RECORDS_ADMIT;
    monitor_enter(&records->monitor);
    if (records->broken || records->ended) verdict = RECORDS_BREAK;
    for (*taken = 0; *taken < count && verdict <= RECORDS_DROP; ++*taken) {
        verdict = records_judge(records, &batch[*taken], now_us);
        if (verdict > RECORDS_DROP) break;
        records->counts.in++;
        if (verdict == RECORDS_ADMIT)
            records_admit(records, &batch[*taken], now_us);
        else {
            records->counts.dropped++;
            records->counts.dropped_of_class[batch[*taken].class]++;
        }
    }
    if (verdict == RECORDS_BREAK && !records->broken && !records->ended) records->overflowed = true;
    if (verdict == RECORDS_BREAK) records->broken = true;
    if (*taken > 0) records_check_bounds(records);
    if (verdict == RECORDS_WAIT) records_refuse(records, 1, record_cost(batch[*taken].size));
    check_balance(records);
    bool tell = records->consumer_waits && (*taken > 0 || records->broken);
    if (tell) monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
    if (verdict == RECORDS_BREAK) return RECORDS_BROKEN;
    return verdict == RECORDS_WAIT ? RECORDS_FULL : RECORDS_TAKEN;
}

void records_wait_room(struct records *records)
{
    monitor_enter(&records->monitor);
    records->producer_waits = true;
    /* What expires makes room too, though nobody pops; a disk that is full may be full of what is not ours. */
    i64 pause_us = records->options.stance == STANCE_EXPIRE ? records->options.age_us_max / 4 + 1
                                                            : DISK_PAUSE_US;
    bool timed = records->options.stance == STANCE_EXPIRE || records->disk_full;
    while (!records->broken && !records->ended && (!is_low(records) || records->disk_full)) {
        records->disk_full = false;
        if (timed)
            monitor_wait_until(&records->monitor, clock_now() + pause_us);
        else
            monitor_wait(&records->monitor);
        records_expire(records, clock_now());
    }
    records->producer_waits = false;
    monitor_leave(&records->monitor);
}

void records_end(struct records *records)
{
    monitor_enter(&records->monitor);
    records->ended = true;
    monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
}

/* --- the consumer's calls --- */

enum records_pop records_pop(struct records *records, struct record *batch, u32 count, u32 *got,
                             i64 *again_us, i64 now_us)
{
    monitor_enter(&records->monitor);
    assert(records->counts.flight == 0);
    records_expire(records, now_us);
    /* A consumer that stops in its work should hold no more than a part of the credit. */
    u64 part = MAX(records->options.items_max / 4, 1);
    u32 allowed = rate_allows(&records->rate, (u32)MIN(count, part), now_us);
    *got = records->spool ? records_take_spool(records, batch, allowed)
                          : records_take(records, batch, allowed);
    if (*got > 0) rate_take(&records->rate, *got, now_us);
    bool empty = records->counts.queued == 0;
    bool over = (records->ended && empty) || (records->broken && empty);
    *again_us = empty ? INT64_MAX : rate_next(&records->rate);
    check_balance(records);
    monitor_leave(&records->monitor);
    if (*got > 0) return RECORDS_GOT;
    return over ? RECORDS_ENDED : RECORDS_IDLE;
}

void records_settle(struct records *records)
{
    if (records->spool) records_settle_spool(records);
    monitor_enter(&records->monitor);
    records->counts.flight = records->counts.flight_size = 0;
    records_free_left(records);
    if (records->producer_waits && is_low(records)) monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
}

void records_wait_item(struct records *records, i64 at_us)
{
    monitor_enter(&records->monitor);
    records->consumer_waits = true;
    bool waits = !records->ended && !records->broken;
    if (records->counts.queued == 0 && waits && at_us == INT64_MAX)
        monitor_wait(&records->monitor);
    else if (at_us != INT64_MAX)
        monitor_wait_until(&records->monitor, at_us);
    records->consumer_waits = false;
    monitor_leave(&records->monitor);
}

void records_break(struct records *records)
{
    monitor_enter(&records->monitor);
    records->broken = true;
    records_drop_all(records);
    check_balance(records);
    monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
}

/* --- either's --- */

enum status records_status(struct records *records, struct err *err)
{
    monitor_enter(&records->monitor);
    bool failed = records->err.sqlstate[0] != 0;
    if (failed && err) *err = records->err;
    monitor_leave(&records->monitor);
    return failed ? FAIL : OK;
}

bool records_overflowed(struct records *records)
{
    monitor_enter(&records->monitor);
    bool overflowed = records->overflowed;
    monitor_leave(&records->monitor);
    return overflowed;
}

void records_count(struct records *records, struct records_counts *counts, i64 now_us)
{
    monitor_enter(&records->monitor);
    *counts = records->counts;
    counts->age_us = 0;
    for (u32 class = 0; class < STANCE_CLASS_COUNT_MAX; class ++) {
        const struct records_lane *lane = &records->lanes[class];
        if (lane->count > 0)
            counts->age_us = MAX(counts->age_us, now_us - records_head(lane)->pushed_us);
    }
    monitor_leave(&records->monitor);
}

static bool is_low(const struct records *records)
{
    const struct records_counts *counts = &records->counts;
    return counts->queued + counts->flight <= records->options.items_max / 4 * 3 &&
           counts->queued_size + counts->flight_size <= records->options.size_max / 2 &&
           records_have_room(records, records->refused_count, records->refused_size);
}

bool records_have_room(const struct records *records, u64 count, u64 size)
{
    const struct records_counts *counts = &records->counts;
    u64 items = counts->queued + counts->flight;
    if (items == 0) return true;
    return items + count <= records->options.items_max &&
           counts->queued_size + counts->flight_size + size <= records->options.size_max;
}

void records_refuse(struct records *records, u64 count, u64 size)
{
    records->counts.waits++;
    records->refused_count = count;
    records->refused_size = size;
}

static void check_balance(const struct records *records)
{
    const struct records_counts *counts = &records->counts;
    assert(counts->in ==
           counts->out + counts->conflated + counts->dropped + counts->expired + counts->queued);
}

/* After a push. Before one a spool may hold more than the edge may now: it came from a run with other bounds. */
void records_check_bounds(const struct records *records)
{
    const struct records_counts *counts = &records->counts;
    assert(counts->queued + counts->flight <= records->options.items_max ||
           counts->queued + counts->flight == 1);
    assert(counts->queued_size + counts->flight_size <= records->options.size_max ||
           counts->queued + counts->flight == 1);
}
