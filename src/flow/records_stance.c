#include "base/assert.h"
#include "flow/records_internal.h"

static bool has_room(const struct records *records, const struct record *record)
{
    return records_have_room(records, 1, record_cost(record->size));
}

static void drop(struct records *records, struct records_lane *lane)
{
    records->counts.dropped++;
    records->counts.dropped_of_class[lane - records->lanes]++;
    records_advance(records, lane);
}

void records_drop_all(struct records *records)
{
    for (u32 class = 0; class < STANCE_CLASS_COUNT_MAX; class ++)
        while (records->lanes[class].count > 0)
            drop(records, &records->lanes[class]);
}

void records_expire(struct records *records, i64 now_us)
{
    struct records_lane *lane = &records->lanes[0];
    if (records->options.stance != STANCE_EXPIRE) return;
    i64 oldest_us = now_us - records->options.age_us_max;
    while (lane->count > 0 && records_head(lane)->pushed_us < oldest_us) {
        records->counts.expired++;
        records_advance(records, lane);
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

enum records_verdict records_judge(struct records *records, const struct record *record, i64 now_us)
{
    struct records_lane *lane = &records->lanes[0];
    switch (records->options.stance) {
    case STANCE_LATEST:
        records_drop_all(records);
        return has_room(records, record) ? RECORDS_ADMIT : RECORDS_DROP;
    case STANCE_DROP_NEWEST: return has_room(records, record) ? RECORDS_ADMIT : RECORDS_DROP;
    case STANCE_DROP_OLDEST:
        while (!has_room(records, record) && lane->count > 0)
            drop(records, lane);
        return has_room(records, record) ? RECORDS_ADMIT : RECORDS_DROP;
    case STANCE_DROP_PRIORITY: return shed(records, record) ? RECORDS_ADMIT : RECORDS_DROP;
    case STANCE_THIN:
        if (is_thinned(records)) return RECORDS_DROP;
        return has_room(records, record) ? RECORDS_ADMIT : RECORDS_DROP;
    case STANCE_EXPIRE:
        if (!has_room(records, record)) records_expire(records, now_us);
        return has_room(records, record) ? RECORDS_ADMIT : RECORDS_WAIT;
    case STANCE_ERROR:
    case STANCE_DISCONNECT: return has_room(records, record) ? RECORDS_ADMIT : RECORDS_BREAK;
    case STANCE_BLOCK:
    case STANCE_PULL:
    case STANCE_SPILL:
    case STANCE_IGNORE: return has_room(records, record) ? RECORDS_ADMIT : RECORDS_WAIT;
    case STANCE_CONFLATE:
    case STANCE_EVERY:
    case STANCE_COUNT: break;
    }
    unreachable();
}
