#include "flow/records_internal.h"
#include "flow/spool.h"

/* The disk failed for good: the edge ends with its reason. Under the lock. */
static void fail_spool(struct records *records, const struct err *err)
{
    records->broken = true;
    records->err = *err;
    monitor_notify(&records->monitor);
}

/* Only this thread appends, so the disk is written to outside of the lock. */
enum records_push records_push_spool(struct records *records, const struct record *batch, u32 count,
                                     u32 *taken)
{
    u64 size = 0;
    *taken = 0;
    for (u32 i = 0; i < count; i++)
        size += record_cost(batch[i].size);
    monitor_enter(&records->monitor);
    bool over = records->broken || records->ended;
    bool fits = records_have_room(records, count, size);
    if (!fits) records_refuse(records, count, size);
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
        records->counts.in += count;
        records->counts.queued += count;
        records->counts.queued_size += size;
        *taken = count;
        records_check_bounds(records);
    }
    if (records->consumer_waits) monitor_notify(&records->monitor);
    monitor_leave(&records->monitor);
    if (!status) return RECORDS_TAKEN;
    return records->disk_full ? RECORDS_FULL : RECORDS_BROKEN;
}

/* Under the lock: what waits was written before it was counted, and comes from the system's cache as a rule. */
u32 records_take_spool(struct records *records, struct record *batch, u32 count)
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

void records_settle_spool(struct records *records)
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
