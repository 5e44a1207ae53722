#include "flow/records.h"

#include "base/assert.h"
#include "flow/spool.h"
#include "os/clock.h"

/* A block is a quarter of the edge's bytes, within these bounds. */
#define BLOCK_SIZE_MIN  KIB(4)
#define BLOCK_SIZE_MAX  KIB(256)
#define SPARE_COUNT_MAX 4

#define DISK_PAUSE_US (100 * CLOCK_MS)

struct records_block {
    struct records_block *next;
    u32 size;     /* used */
    u32 capacity; /* of data */
    _Alignas(8) char data[];
};

/* Before each record in a block; the record follows, then padding to 8. */
struct head {
    i64 pushed_us;
    u32 size;
    u32 class;
};
static_assert(sizeof(struct head) == RECORD_CHARGE, "the charge is what a record costs");

enum verdict { ADMIT, DROP, WAIT, BREAK };

static enum verdict judge(struct records *records, const struct record *record, i64 now_us);
static void admit(struct records *records, const struct record *record, i64 now_us);
static enum records_push push_spool(struct records *records, const struct record *batch, u32 count,
                                    u32 *taken);
static u32 take(struct records *records, struct record *batch, u32 count);
static u32 take_spool(struct records *records, struct record *batch, u32 count);
static void settle_spool(struct records *records);
static void expire(struct records *records, i64 now_us);
static void drop_all(struct records *records);
static bool is_low(const struct records *records);
static void blocks_free(struct records *records, struct records_block *block);
static void free_left(struct records *records);
static void check_balance(const struct records *records);

void records_init(struct records *records, struct mem *mem, const struct stance_options *options,
                  struct spool *spool)
{
    assert(options->items_max > 0 && options->size_max > 0);
    assert((options->stance == STANCE_SPILL) == (spool != NULL));
    *records = (struct records){ .mem = mem, .options = *options, .spool = spool };
    monitor_init(&records->monitor);
    rate_init(&records->rate, options->rate);
    u64 part = MIN(options->size_max / 4, (u64)BLOCK_SIZE_MAX);
    records->block_size = (u32)MAX(part, BLOCK_SIZE_MIN) + 4 * RECORD_CHARGE;
    if (!spool) return;
    records->spool_end = spool_end(spool);
    records->counts.in = records->counts.queued = spool->waiting;
    records->counts.queued_size = spool->waiting_size;
}

void records_deinit(struct records *records)
{
    for (u32 class = 0; class < STANCE_CLASS_COUNT_MAX; class ++)
        blocks_free(records, records->lanes[class].first);
    blocks_free(records, records->left);
    blocks_free(records, records->spare);
    monitor_deinit(&records->monitor);
}

/* --- the producer's calls --- */

enum records_push records_push(struct records *records, const struct record *batch, u32 count,
                               u32 *taken, i64 now_us)
{
    if (records->spool) return push_spool(records, batch, count, taken);
    enum verdict verdict = ADMIT;
    monitor_enter(&records->monitor);
    if (records->broken || records->ended) verdict = BREAK;
    for (*taken = 0; *taken < count && verdict <= DROP; ++*taken) {
        verdict = judge(records, &batch[*taken], now_us);
        if (verdict > DROP) break;
        records->counts.in++;
        if (verdict == ADMIT)
            admit(records, &batch[*taken], now_us);
        else {
            records->counts.dropped++;
            records->counts.dropped_of_class[batch[*taken].class]++;
        }
    }
    if (verdict == BREAK && !records->broken && !records->ended) records->overflowed = true;
    if (verdict == BREAK) records->broken = true;
    if (verdict == WAIT) records->counts.waits++;
    check_balance(records);
    bool tell = records->consumer_waits && (*taken > 0 || records->broken);
    if (tell) monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
    if (verdict == BREAK) return RECORDS_BROKEN;
    return verdict == WAIT ? RECORDS_FULL : RECORDS_TAKEN;
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
        expire(records, clock_now());
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
    expire(records, now_us);
    /* A consumer that stops in its work should hold no more than a part of the credit. */
    u64 part = MAX(records->options.items_max / 4, 1);
    u32 allowed = rate_allows(&records->rate, (u32)MIN(count, part), now_us);
    *got = records->spool ? take_spool(records, batch, allowed) : take(records, batch, allowed);
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
    if (records->spool) settle_spool(records);
    monitor_enter(&records->monitor);
    records->counts.flight = records->counts.flight_size = 0;
    free_left(records);
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
    drop_all(records);
    check_balance(records);
    monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
}

/* --- either's --- */

static const struct head *lane_head(const struct records_lane *lane)
{
    return (const struct head *)(lane->first->data + lane->offset);
}

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
            counts->age_us = MAX(counts->age_us, now_us - lane_head(lane)->pushed_us);
    }
    monitor_leave(&records->monitor);
}

/* --- what the stances do --- */

static bool has_room(const struct records *records, const struct record *record)
{
    const struct records_counts *counts = &records->counts;
    u64 items = counts->queued + counts->flight, size = counts->queued_size + counts->flight_size;
    if (items == 0) return true;
    return items < records->options.items_max &&
           size + record_cost(record->size) <= records->options.size_max;
}

/* Takes the oldest record out of its lane; its bytes stay until the next settle. */
static void lane_advance(struct records *records, struct records_lane *lane)
{
    const struct head *head = lane_head(lane);
    u64 size = record_cost(head->size);
    lane->count--;
    lane->size -= size;
    records->counts.queued--;
    records->counts.queued_size -= size;
    lane->offset += (u32)size;
    if (lane->offset < lane->first->size) return;
    struct records_block *block = lane->first;
    lane->first = block->next;
    lane->offset = 0;
    if (!lane->first) lane->last = NULL;
    /* What was popped may lie in it; then it waits for the settle. */
    block->next = records->left;
    records->left = block;
    if (records->counts.flight == 0) free_left(records);
}

static void drop(struct records *records, struct records_lane *lane)
{
    records->counts.dropped++;
    records->counts.dropped_of_class[lane - records->lanes]++;
    lane_advance(records, lane);
}

static void drop_all(struct records *records)
{
    for (u32 class = 0; class < STANCE_CLASS_COUNT_MAX; class ++)
        while (records->lanes[class].count > 0)
            drop(records, &records->lanes[class]);
}

static void expire(struct records *records, i64 now_us)
{
    struct records_lane *lane = &records->lanes[0];
    if (records->options.stance != STANCE_EXPIRE) return;
    i64 oldest_us = now_us - records->options.age_us_max;
    while (lane->count > 0 && lane_head(lane)->pushed_us < oldest_us) {
        records->counts.expired++;
        lane_advance(records, lane);
    }
}

/* Room for record, at the cost of lower classes that hold more than is granted to each of them. */
static bool shed(struct records *records, const struct record *record)
{
    double granted = records->options.share_min * (double)records->options.size_max;
    for (u32 class = STANCE_CLASS_COUNT_MAX - 1; class > record->class; class --) {
        struct records_lane *lane = &records->lanes[class];
        while (!has_room(records, record) && lane->count > 0 && (double)lane->size > granted)
            drop(records, lane);
    }
    return has_room(records, record);
}

/* Past the middle of its bounds a thin edge keeps one record in n. */
static bool is_thinned(struct records *records)
{
    const struct records_counts *counts = &records->counts;
    bool low = counts->queued < (records->options.items_max + 1) / 2 &&
               counts->queued_size < (records->options.size_max + 1) / 2;
    if (low) return false;
    records->thinned++;
    if (records->thinned < records->options.keep_one_in) return true;
    records->thinned = 0;
    return false;
}

static enum verdict judge(struct records *records, const struct record *record, i64 now_us)
{
    struct records_lane *lane = &records->lanes[0];
    switch (records->options.stance) {
    case STANCE_LATEST: drop_all(records); return has_room(records, record) ? ADMIT : DROP;
    case STANCE_DROP_NEWEST: return has_room(records, record) ? ADMIT : DROP;
    case STANCE_DROP_OLDEST:
        while (!has_room(records, record) && lane->count > 0)
            drop(records, lane);
        return has_room(records, record) ? ADMIT : DROP;
    case STANCE_DROP_PRIORITY: return shed(records, record) ? ADMIT : DROP;
    case STANCE_THIN:
        if (is_thinned(records)) return DROP;
        return has_room(records, record) ? ADMIT : DROP;
    case STANCE_EXPIRE:
        if (!has_room(records, record)) expire(records, now_us);
        return has_room(records, record) ? ADMIT : WAIT;
    case STANCE_ERROR:
    case STANCE_DISCONNECT: return has_room(records, record) ? ADMIT : BREAK;
    case STANCE_BLOCK:
    case STANCE_PULL:
    case STANCE_SPILL:
    case STANCE_IGNORE: return has_room(records, record) ? ADMIT : WAIT;
    case STANCE_CONFLATE:
    case STANCE_EVERY:
    case STANCE_COUNT: break;
    }
    unreachable();
}

/* --- the spool --- */

/* The disk failed for good: the edge ends with its reason. Under the lock. */
static void fail_spool(struct records *records, const struct err *err)
{
    records->broken = true;
    records->err = *err;
    monitor_notify(&records->monitor);
}

/* Only this thread appends, so the disk is written to outside of the lock. */
static enum records_push push_spool(struct records *records, const struct record *batch, u32 count,
                                    u32 *taken)
{
    struct records_counts *counts = &records->counts;
    u64 size = 0;
    *taken = 0;
    for (u32 i = 0; i < count; i++)
        size += record_cost(batch[i].size);
    monitor_enter(&records->monitor);
    bool over = records->broken || records->ended;
    bool fits = counts->queued + counts->flight == 0 ||
                (counts->queued + counts->flight + count <= records->options.items_max &&
                 counts->queued_size + counts->flight_size + size <= records->options.size_max);
    if (!fits) counts->waits++;
    monitor_leave(&records->monitor);
    if (over) return RECORDS_BROKEN;
    if (!fits) return RECORDS_FULL;
    struct err err;
    enum status status = spool_append(records->spool, batch, count, records->mark, &err);
    monitor_enter(&records->monitor);
    records->disk_full = status && strcmp(err.sqlstate, "53100") == 0;
    records->spool_end = spool_end(records->spool);
    if (status && !records->disk_full) fail_spool(records, &err);
    if (!status) {
        counts->in += count;
        counts->queued += count;
        counts->queued_size += size;
        *taken = count;
    }
    if (records->consumer_waits) monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
    if (!status) return RECORDS_TAKEN;
    return records->disk_full ? RECORDS_FULL : RECORDS_BROKEN;
}

/* Under the lock: what waits was written before it was counted, and comes from the system's cache as a rule. */
static u32 take_spool(struct records *records, struct record *batch, u32 count)
{
    struct records_counts *counts = &records->counts;
    struct err err;
    u32 got = 0;
    if (counts->queued == 0 && records->spool_end.segment > records->spool->taken.segment &&
        spool_settle(records->spool, records->target, records->spool_end, &err))
        fail_spool(records, &err);
    if (counts->queued == 0 || count == 0) return 0;
    if (spool_read(records->spool, batch, (u32)MIN(count, counts->queued), &got, &err)) {
        fail_spool(records, &err);
        return 0;
    }
    for (u32 i = 0; i < got; i++) {
        counts->flight_size += record_cost(batch[i].size);
        counts->out_size += batch[i].size;
    }
    counts->flight += got;
    counts->out += got;
    counts->queued -= got;
    counts->queued_size -= counts->flight_size;
    return got;
}

static void settle_spool(struct records *records)
{
    struct err err;
    monitor_enter(&records->monitor);
    struct spool_place end = records->spool_end;
    monitor_leave(&records->monitor);
    if (!spool_settle(records->spool, records->target, end, &err)) return;
    monitor_enter(&records->monitor);
    fail_spool(records, &err);
    monitor_leave(&records->monitor);
}

/* --- memory --- */

static struct records_block *block_make(struct records *records, u64 size)
{
    struct records_block *block = records->spare;
    if (block && size <= records->block_size) {
        records->spare = block->next;
        records->spare_count--;
    } else {
        u32 capacity = (u32)MAX(size, records->block_size);
        block = mem_alloc(records->mem, sizeof *block + capacity);
        block->capacity = capacity;
    }
    block->next = NULL;
    block->size = 0;
    return block;
}

static void blocks_free(struct records *records, struct records_block *block)
{
    while (block) {
        struct records_block *next = block->next;
        mem_free(records->mem, block, sizeof *block + block->capacity);
        block = next;
    }
}

/* A few are kept for the next pushes. */
static void free_left(struct records *records)
{
    while (records->left) {
        struct records_block *block = records->left;
        records->left = block->next;
        block->next = NULL;
        if (records->spare_count < SPARE_COUNT_MAX && block->capacity == records->block_size) {
            block->next = records->spare;
            records->spare = block;
            records->spare_count++;
        } else {
            blocks_free(records, block);
        }
    }
}

static void admit(struct records *records, const struct record *record, i64 now_us)
{
    struct records_lane *lane = &records->lanes[record->class];
    u64 size = record_cost(record->size);
    struct records_block *block = lane->last;
    if (!block || block->size + size > block->capacity) {
        block = block_make(records, size);
        if (lane->last)
            lane->last->next = block;
        else
            lane->first = block;
        lane->last = block;
    }
    char *place = block->data + block->size;
    *(struct head *)place =
        (struct head){ .pushed_us = now_us, .size = record->size, .class = record->class };
    if (record->size > 0) memcpy(place + sizeof(struct head), record->data, record->size);
    block->size += (u32)size;
    lane->count++;
    lane->size += size;
    records->counts.queued++;
    records->counts.queued_size += size;
}

/* --- turns --- */

static u32 take_from(struct records *records, struct records_lane *lane, struct record *batch,
                     u32 count)
{
    u32 taken = 0;
    for (; taken < count && lane->count > 0; taken++) {
        const struct head *head = lane_head(lane);
        batch[taken] = (struct record){ .data = (const char *)(head + 1),
                                        .size = head->size,
                                        .class = head->class,
                                        .pushed_us = head->pushed_us };
        records->counts.flight++;
        records->counts.flight_size += record_cost(head->size);
        records->counts.out++;
        records->counts.out_size += head->size;
        lane_advance(records, lane);
    }
    return taken;
}

/* The highest class first, but for the turns that min_share grants to each of the others. */
static u32 take(struct records *records, struct record *batch, u32 count)
{
    u32 taken = 0;
    double share = records->options.share_min;
    for (u32 class = 1; share > 0 && class < STANCE_CLASS_COUNT_MAX; class ++) {
        struct records_lane *lane = &records->lanes[class];
        lane->owed = lane->count > 0 ? MIN(lane->owed + share * count, (double)count) : 0;
        u32 got = take_from(records, lane, batch + taken, MIN((u32)lane->owed, count - taken));
        lane->owed -= got;
        taken += got;
    }
    for (u32 class = 0; class < STANCE_CLASS_COUNT_MAX && taken < count; class ++)
        taken += take_from(records, &records->lanes[class], batch + taken, count - taken);
    return taken;
}

static bool is_low(const struct records *records)
{
    const struct records_counts *counts = &records->counts;
    return counts->queued + counts->flight <= records->options.items_max / 4 * 3 &&
           counts->queued_size + counts->flight_size <= records->options.size_max / 2;
}

static void check_balance(const struct records *records)
{
    const struct records_counts *counts = &records->counts;
    assert(counts->in ==
           counts->out + counts->conflated + counts->dropped + counts->expired + counts->queued);
    assert(counts->queued + counts->flight <= records->options.items_max ||
           counts->queued + counts->flight == 1);
    assert(counts->queued_size + counts->flight_size <= records->options.size_max ||
           counts->queued + counts->flight == 1);
}
