/* What the files of records share: lanes of blocks (records_queue.c), what a stance does with an arriving record
 * (records_stance.c), and the way through a spool (records_spool.c). All under the edge's lock, but for records_push_spool and
 * records_settle_spool, which take it themselves. */
#pragma once

#include "flow/records.h"

/* Before each record in a block; the record follows, then padding to 8. */
struct record_head {
    i64 pushed_us;
    u32 size;
    u32 class;
};
static_assert(sizeof(struct record_head) == RECORD_CHARGE, "the charge is what a record costs");

/* How large the edge's blocks are. */
void records_queue_init(struct records *records);
void records_queue_deinit(struct records *records);
/* Behind the last of its class. */
void records_admit(struct records *records, const struct record *record, i64 now_us);
/* The oldest record of a lane that has one. */
const struct record_head *records_head(const struct records_lane *lane);
/* Takes the oldest record out of its lane; its bytes stay until the next settle. */
void records_advance(struct records *records, struct records_lane *lane);
/* Up to count records, as their classes have turns. */
u32 records_take(struct records *records, struct record *batch, u32 count);
/* Blocks that were left are spare now, or freed. */
void records_free_left(struct records *records);

/* Would so many records of so many bytes, with their charge, be taken now? An empty edge takes anything. */
bool records_have_room(const struct records *records, u64 count, u64 size);
/* Asserts that no more waits than the edge may hold, but for one record alone. */
void records_check_bounds(const struct records *records);
/* A push found no room for so much: records_wait_room waits for it. */
void records_refuse(struct records *records, u64 count, u64 size);

enum records_verdict { RECORDS_ADMIT, RECORDS_DROP, RECORDS_WAIT, RECORDS_BREAK };
/* What becomes of an arriving record; makes room for it where the stance says so. */
enum records_verdict records_judge(struct records *records, const struct record *record,
                                   i64 now_us);
/* Drops what is too old; nothing but with stance expire. */
void records_expire(struct records *records, i64 now_us);
void records_drop_all(struct records *records);

enum records_push records_push_spool(struct records *records, const struct record *batch, u32 count,
                                     u32 *taken);
u32 records_take_spool(struct records *records, struct record *batch, u32 count);
void records_settle_spool(struct records *records);
