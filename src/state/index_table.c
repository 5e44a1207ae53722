#include "state/index_internal.h"

static struct segment *segment_open(struct index *index, u32 size, u32 prefix, u32 depth);
static void segment_close(struct index *index, struct segment *segment);
static void segment_put(struct segment *segment, u8 tag, struct entry entry);
static void segment_grow(struct index *index, struct segment *segment);
static void segment_split(struct index *index, struct segment *segment);

void index_table_init(struct index *index)
{
    blocks_init(&index->blocks, index->mem, SEGMENT_SIZE_MAX);
    index->depth = 0;
    index->directory = mem_alloc(index->mem, sizeof(struct segment *));
    index->directory[0] = segment_open(index, SEGMENT_SIZE_MIN, 0, 0);
}

void index_table_deinit(struct index *index)
{
    for (u64 at = 0; at < UINT64_C(1) << index->depth;) {
        struct segment *segment = index->directory[at];
        at += UINT64_C(1) << (index->depth - segment->depth);
        segment_close(index, segment);
    }
    mem_free(index->mem, index->directory, sizeof(struct segment *) << index->depth);
    blocks_deinit(&index->blocks);
    assert(index->segments_size == 0);
}

/* size is a power of two. */
static struct segment *segment_open(struct index *index, u32 size, u32 prefix, u32 depth)
{
    struct blocks_chunk *chunk = NULL;
    struct segment *segment;
    if (size == SEGMENT_SIZE_MAX) {
        segment = blocks_take(&index->blocks, &chunk);
    } else {
        segment = mem_alloc(index->mem, size);
        index->segments_size += size;
    }
    memset(segment, 0, size);
    segment->group_count = size / (u32)sizeof(struct group) - 1;
    segment->entry_count_max = segment->group_count * GROUP_LANES * 7 / 8;
    segment->prefix = prefix;
    segment->depth = depth;
    segment->size = size;
    segment->chunk = chunk;
    return segment;
}

static void segment_close(struct index *index, struct segment *segment)
{
    if (segment->chunk) {
        blocks_give(&index->blocks, segment->chunk, segment);
        return;
    }
    index->segments_size -= segment->size;
    mem_free(index->mem, segment, segment->size);
}

void index_table_insert(struct index *index, const struct spot *at, u64 hash, u32 ref)
{
    struct spot spot = *at;
    while (spot.segment->entry_count == spot.segment->entry_count_max) {
        index->version++;
        bool can_split = spot.segment->size >= SEGMENT_SIZE_MAX && spot.segment->depth < DEPTH_MAX;
        if (can_split)
            segment_split(index, spot.segment);
        else
            segment_grow(index, spot.segment);
        spot = spot_of(index, hash);
    }
    segment_put(spot.segment, spot.tag, (struct entry){ .hash = spot.hash, .ref = ref });
}

/* There is room in some group. */
static void segment_put(struct segment *segment, u8 tag, struct entry entry)
{
    u32 number = group_of(segment, entry.hash);
    struct group *group = &segment->groups[number];
    u32 empty = group_match(group, 0);
    while (!empty) {
        if (group->overflow < GROUP_OVERFLOW) group->overflow++;
        number = number + 1 == segment->group_count ? 0 : number + 1;
        group = &segment->groups[number];
        empty = group_match(group, 0);
    }
    u32 lane = (u32)__builtin_ctz(empty);
    group->tags[lane] = tag;
    group->entries[lane] = entry;
    segment->entry_count++;
}

void index_table_erase(struct index *index, const struct candidates *walk)
{
    struct segment *segment = walk->spot.segment;
    for (u32 number = walk->spot.group; number != walk->group;) {
        struct group *group = &segment->groups[number];
        assert(group->overflow > 0);
        if (group->overflow < GROUP_OVERFLOW) group->overflow--;
        number = number + 1 == segment->group_count ? 0 : number + 1;
    }
    segment->groups[walk->group].tags[walk->lane] = 0;
    segment->entry_count--;
    if (index->slot_count > 0 || segment->size == SEGMENT_SIZE_MIN) return;
    index_table_deinit(index);
    index_table_init(index);
}

/* All entries of a segment into others: those whose bit below their common prefix is 1 into high. */
static void segment_empty(const struct segment *segment, struct segment *low, struct segment *high,
                          u32 bit)
{
    for (u32 number = 0; number < segment->group_count; number++) {
        const struct group *group = &segment->groups[number];
        for (u32 lane = 0; lane < GROUP_LANES; lane++) {
            if (group->tags[lane] == 0) continue;
            struct entry entry = group->entries[lane];
            segment_put(entry.hash & bit ? high : low, group->tags[lane], entry);
        }
    }
}

static void directory_point(struct index *index, struct segment *segment)
{
    u32 free_bits = index->depth - segment->depth;
    u64 first = (u64)segment->prefix << free_bits;
    for (u64 at = first; at < first + (UINT64_C(1) << free_bits); at++)
        index->directory[at] = segment;
}

/* To twice the size, while it is the only one, or where hashes leave no bit to split by. */
static void segment_grow(struct index *index, struct segment *segment)
{
    struct segment *larger =
        segment_open(index, segment->size * 2, segment->prefix, segment->depth);
    segment_empty(segment, larger, larger, 0);
    directory_point(index, larger);
    segment_close(index, segment);
}

static void directory_double(struct index *index)
{
    u64 count = UINT64_C(1) << index->depth;
    struct segment **wider = mem_alloc(index->mem, 2 * count * sizeof *wider);
    for (u64 at = 0; at < 2 * count; at++)
        wider[at] = index->directory[at / 2];
    mem_free(index->mem, index->directory, count * sizeof *wider);
    index->directory = wider;
    index->depth++;
}

static void segment_split(struct index *index, struct segment *segment)
{
    if (segment->depth == index->depth) directory_double(index);
    u32 depth = segment->depth + 1, size = segment->size;
    struct segment *low = segment_open(index, size, segment->prefix << 1, depth);
    struct segment *high = segment_open(index, size, segment->prefix << 1 | 1, depth);
    segment_empty(segment, low, high, 1u << (32 - depth));
    directory_point(index, low);
    directory_point(index, high);
    segment_close(index, segment);
}
