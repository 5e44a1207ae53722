#include "state/index_internal.h"

static struct segment *segment_take(struct index *index, u32 size);
static struct segment *segment_open(struct index *index, u32 size, u32 prefix, u32 depth);
static void segment_close(struct index *index, struct segment *segment);
static void segment_put(struct segment *segment, u32 number, u8 tag, u32 hash, u32 ref);
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

static struct segment *segment_open(struct index *index, u32 size, u32 prefix, u32 depth)
{
    struct segment *segment = segment_take(index, size);
    memset(segment->groups, 0, size - sizeof *segment);
    segment->group_count = size / (u32)sizeof(struct group) - 1;
    segment->entry_count = 0;
    segment->entry_count_max = segment->group_count * GROUP_LANES * 7 / 8;
    segment->prefix = prefix;
    segment->depth = depth;
    return segment;
}

/* Its memory and where that is from; size is a power of two. */
static struct segment *segment_take(struct index *index, u32 size)
{
    struct blocks_chunk *chunk = NULL;
    struct segment *segment;
    if (size == SEGMENT_SIZE_MAX) {
        segment = blocks_take(&index->blocks, &chunk);
    } else {
        segment = mem_alloc(index->mem, size);
        index->segments_size += size;
        index->odd_segment_count++;
    }
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
    index->odd_segment_count--;
    mem_free(index->mem, segment, segment->size);
}

struct entry *index_candidate_beyond(const struct spot *spot)
{
    struct candidates walk = candidates_of(spot);
    return candidates_next(&walk);
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
    segment_put(spot.segment, spot.group, spot.tag, spot.hash, ref);
}

/* Into this group or one behind it; there is room in some. hash and ref are no struct here: written as two halves and
 * read as a whole, it would wait for the stores. */
static void segment_put(struct segment *segment, u32 number, u8 tag, u32 hash, u32 ref)
{
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
    group->entries[lane].hash = hash;
    group->entries[lane].ref = ref;
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

static void entry_put(struct segment *segment, u8 tag, const struct entry *entry)
{
    u32 number = group_of(segment->group_count, entry->hash);
    segment_put(segment, number, tag, entry->hash, entry->ref);
}

/* All entries of a segment into another. */
static void segment_empty(const struct segment *segment, struct segment *target)
{
    for (u32 number = 0; number < segment->group_count; number++) {
        const struct group *group = &segment->groups[number];
        for (u32 lane = 0; lane < GROUP_LANES; lane++)
            if (group->tags[lane]) entry_put(target, group->tags[lane], &group->entries[lane]);
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
    segment_empty(segment, larger);
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

/* Entries that stand outside of their home group, on their way through a split. */
struct displaced {
    u32 count;
    u8 tags[SEGMENT_SIZE_MAX / sizeof(struct entry)];
    struct entry entries[SEGMENT_SIZE_MAX / sizeof(struct entry)];
};

/* Four hashes; of the last two lanes and nothing behind the group. */
static inline __m128i group_hashes(const struct group *group, u32 lane)
{
    const __m128i *pairs = (const __m128i *)(const void *)&group->entries[lane];
    __m128i first = _mm_loadu_si128(pairs);
    __m128i second = lane + 4 <= GROUP_LANES ? _mm_loadu_si128(pairs + 1) : _mm_setzero_si128();
    return _mm_castps_si128(
        _mm_shuffle_ps(_mm_castsi128_ps(first), _mm_castsi128_ps(second), _MM_SHUFFLE(2, 0, 2, 0)));
}

/* The least 12 bits of a hash whose home is the group. */
static inline u32 group_first(const struct segment *segment, u32 number)
{
    return ((number << 12) + segment->group_count - 1) / segment->group_count;
}

/* For each lane a byte of ones: its home is this group; its hash has the bit. */
static inline void group_sort(const struct segment *segment, u32 number, u32 bit, __m128i *home,
                              __m128i *high)
{
    const struct group *group = &segment->groups[number];
    __m128i low_bits = _mm_set1_epi32(0xFFF), split_bit = _mm_set1_epi32((i32)bit);
    __m128i before = _mm_set1_epi32((i32)group_first(segment, number) - 1);
    __m128i end = _mm_set1_epi32((i32)group_first(segment, number + 1));
    __m128i is_home[4], is_high[4];
    for (u32 four = 0; four < 4; four++) {
        __m128i hashes = group_hashes(group, four * 4);
        __m128i least = _mm_and_si128(hashes, low_bits);
        is_home[four] = _mm_and_si128(_mm_cmpgt_epi32(least, before), _mm_cmplt_epi32(least, end));
        is_high[four] = _mm_cmpeq_epi32(_mm_and_si128(hashes, split_bit), split_bit);
    }
    *home = _mm_packs_epi16(_mm_packs_epi32(is_home[0], is_home[1]),
                            _mm_packs_epi32(is_home[2], is_home[3]));
    *high = _mm_packs_epi16(_mm_packs_epi32(is_high[0], is_high[1]),
                            _mm_packs_epi32(is_high[2], is_high[3]));
}

/* Leaves in a group of low the entries without the bit, in the same group of high those with it, and in neither those
 * whose home is another group; high begins as the same. Returns how many stay in high. */
static u32 group_split(struct segment *low, struct segment *high, u32 number, u32 bit,
                       struct displaced *displaced)
{
    struct group *group = &low->groups[number];
    __m128i home, is_high, zero = _mm_setzero_si128();
    __m128i lanes = _mm_set_epi32(0xFFFF, -1, -1, -1); /* overflow becomes 0 */
    __m128i tags = _mm_and_si128(_mm_loadu_si128((__m128i *)(void *)group), lanes);
    group_sort(low, number, bit, &home, &is_high);
    u32 away = (u32)_mm_movemask_epi8(
        _mm_andnot_si128(_mm_or_si128(home, _mm_cmpeq_epi8(tags, zero)), lanes));
    for (; away; away &= away - 1) {
        u32 lane = (u32)__builtin_ctz(away);
        displaced->tags[displaced->count] = group->tags[lane];
        displaced->entries[displaced->count++] = group->entries[lane];
    }
    __m128i stay = _mm_and_si128(tags, home), rise = _mm_and_si128(stay, is_high);
    _mm_storeu_si128((__m128i *)(void *)group, _mm_andnot_si128(is_high, stay));
    _mm_storeu_si128((__m128i *)(void *)&high->groups[number], rise);
    return 16 - (u32)__builtin_popcount((u32)_mm_movemask_epi8(_mm_cmpeq_epi8(rise, zero)));
}

/* An entry's group does not depend on the bits that choose its segment: both halves are copies of the whole, with the
 * entries of the other half taken out. */
static void segment_split(struct index *index, struct segment *low)
{
    struct displaced displaced;
    displaced.count = 0;
    if (low->depth == index->depth) directory_double(index);
    struct segment *high = segment_take(index, low->size);
    low->prefix <<= 1;
    low->depth++;
    high->group_count = low->group_count;
    high->entry_count = 0;
    high->entry_count_max = low->entry_count_max;
    high->prefix = low->prefix | 1;
    high->depth = low->depth;
    memcpy(high->groups, low->groups, low->group_count * sizeof *low->groups);
    u32 bit = 1u << (32 - low->depth);
    for (u32 number = 0; number < low->group_count; number++)
        high->entry_count += group_split(low, high, number, bit, &displaced);
    low->entry_count -= high->entry_count + displaced.count;
    for (u32 i = 0; i < displaced.count; i++)
        entry_put(displaced.entries[i].hash & bit ? high : low, displaced.tags[i],
                  &displaced.entries[i]);
    directory_point(index, high);
}
