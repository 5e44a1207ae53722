#include "base/assert.h"
#include "flow/records_internal.h"

/* A block is a quarter of the edge's bytes, within these bounds. */
#define BLOCK_SIZE_MIN  KIB(4)
#define BLOCK_SIZE_MAX  KIB(256)
#define SPARE_COUNT_MAX 4

struct records_block {
    struct records_block *next;
    u32 size;     /* used */
    u32 capacity; /* of data */
    _Alignas(8) char data[];
};

static void blocks_free(struct records *records, struct records_block *block);

void records_queue_init(struct records *records)
{
    u64 part = MIN(records->options.size_max / 4, (u64)BLOCK_SIZE_MAX);
    records->block_size = (u32)MAX(part, BLOCK_SIZE_MIN) + 4 * RECORD_CHARGE;
}

void records_queue_deinit(struct records *records)
{
    for (u32 class = 0; class < STANCE_CLASS_COUNT_MAX; class ++)
        blocks_free(records, records->lanes[class].first);
    blocks_free(records, records->left);
    blocks_free(records, records->spare);
}

const struct record_head *records_head(const struct records_lane *lane)
{
    return (const struct record_head *)(lane->first->data + lane->offset);
}

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
void records_free_left(struct records *records)
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

void records_admit(struct records *records, const struct record *record, i64 now_us)
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
    *(struct record_head *)place =
        (struct record_head){ .pushed_us = now_us, .size = record->size, .class = record->class };
    if (record->size > 0) memcpy(place + sizeof(struct record_head), record->data, record->size);
    block->size += (u32)size;
    lane->count++;
    lane->size += size;
    records->counts.queued++;
    records->counts.queued_size += size;
}

/* Takes the oldest record out of its lane; its bytes stay until the next settle. */
void records_advance(struct records *records, struct records_lane *lane)
{
    const struct record_head *head = records_head(lane);
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
    if (records->counts.flight == 0) records_free_left(records);
}

static u32 take_from(struct records *records, struct records_lane *lane, struct record *batch,
                     u32 count)
{
    u32 taken = 0;
    for (; taken < count && lane->count > 0; taken++) {
        const struct record_head *head = records_head(lane);
        batch[taken] = (struct record){ .data = (const char *)(head + 1),
                                        .size = head->size,
                                        .class = head->class,
                                        .pushed_us = head->pushed_us };
        records->counts.flight++;
        records->counts.flight_size += record_cost(head->size);
        records->counts.out++;
        records->counts.out_size += head->size;
        records_advance(records, lane);
    }
    return taken;
}

/* The highest class first, but for the turns that min_share grants to each of the others. */
u32 records_take(struct records *records, struct record *batch, u32 count)
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
