/* How an index lies in memory; for the files index*.c.
 *
 * Of a 64-bit hash, 40 bits are kept with an entry: 8 as its tag in the group's first 16 bytes, and 32 as `hash`, whose
 * high bits choose the segment and whose low 12 bits choose the group, so that growth never looks at a
 * row. An entry that finds its home group full goes to the next one that is not, and each full group on
 * the way counts it in `overflow`: a search ends at the first group whose count is 0, and removal
 * leaves no tombstones. */
#pragma once

#include <emmintrin.h>

#include "state/blocks.h"
#include "state/index.h"
#include "state/rows_internal.h"
#include "state/span.h"
#include "state/tree_internal.h"

#define GROUP_LANES       14
#define GROUP_OVERFLOW    UINT8_MAX /* so many that they are not counted any more */
#define SEGMENT_SIZE_MIN  256u
#define SEGMENT_SIZE_MAX  KIB(16)
#define DEPTH_MAX         20 /* bits of the directory; the other 12 choose the group */
#define LIST_CLASS_COUNT  6  /* 2, 4, .. 64 slots */
#define LIST_COUNT_MAX    64
#define LIST_FROM_LARGE   32 /* slots at which a large one becomes a list again */
#define INDEX_BLOCK_COUNT 64 /* keys that are in flight at once */

struct entry {
    u32 hash;
    u32 ref; /* a slot, or with the highest bit a list or a large one */
};

struct group {
    u8 tags[GROUP_LANES]; /* 0: empty */
    u8 overflow;
    u8 unused;
    struct entry entries[GROUP_LANES];
};
static_assert(sizeof(struct group) == 128, "two cache lines");

/* The first 128 bytes of a segment, then its groups. */
struct segment {
    u32 group_count;
    u32 entry_count;
    u32 entry_count_max;
    u32 prefix; /* the depth high bits of every hash in it */
    u32 depth;
    u32 size;                   /* bytes, with this head */
    struct blocks_chunk *chunk; /* NULL: not from blocks */
    u8 unused[128 - 32];
    struct group groups[];
};
static_assert(sizeof(struct segment) == 128, "as large as a group");
#define SEGMENT_GROUP_COUNT (SEGMENT_SIZE_MAX / (u32)sizeof(struct group) - 1)

/* The slots of a key with more than a list holds. */
struct large {
    struct tree *tree; /* or NULL: in slots, or free */
    u32 *slots;
    u32 count;
    u32 capacity;
    u32 sample; /* any one of them: tells the key */
    u32 next;   /* when free */
    i64 word;   /* the key, where key_is_word: comparing needs no row then */
    bool word_is_null;
};

struct index {
    struct mem *mem;
    const struct rows *rows;
    u32 key_count;
    u32 *key_columns;
    bool key_is_word; /* one column of PHYS_I64 */
    u32 key_reach;    /* offset in a row of its furthest key column */
    u64 seed;
    u64 slot_count;

    u64 version; /* changes when a segment moves: spots from before lead astray */
    u32 depth;   /* of the directory: 1 << depth pointers */
    struct segment **directory;
    u64 segments_size; /* of those not from blocks */
    u32 odd_segment_count; /* and their number; without any a spot is known without a look at its segment */
    struct blocks blocks;

    struct span lists;
    u32 list_end; /* in units of two slots */
    u32 list_free[LIST_CLASS_COUNT];

    bool slots_only; /* index_find_row is never asked */
    struct large *larges;
    u32 large_count; /* numbers ever used */
    u32 large_capacity;
    u32 large_free; /* a number to be used again */
};

/* --- index_table.c: entries in segments --- */

struct spot {
    struct segment *segment;
    u32 group;
    u32 hash;
    u8 tag;
};

/* Spreads the segments: the density of keys differs by two over the range of hashes, so segments do not
 * all fill up at once. x = u + u(1-u)/3, which maps [0, 1) onto itself and rises. */
static inline u32 hash_skew(u32 hash)
{
    u64 curve = (u64)hash * (u32)~hash >> 32;
    return hash + (u32)(curve * 0x55555555u >> 32);
}

static inline u32 group_of(u32 group_count, u32 hash)
{
    return (hash & 0xFFF) * group_count >> 12;
}

static inline struct spot spot_of(const struct index *index, u64 hash)
{
    u32 kept = (hash_skew((u32)(hash >> 32)) & 0xFFFFF000u) | ((u32)hash & 0xFFF);
    u8 tag = (u8)(hash >> 12);
    struct segment *segment = index->directory[(u64)kept >> (32 - index->depth)];
    u32 group_count =
        likely(index->odd_segment_count == 0) ? SEGMENT_GROUP_COUNT : segment->group_count;
    return (struct spot){
        .segment = segment, .hash = kept, .tag = tag ? tag : 1, .group = group_of(group_count, kept)
    };
}

static inline void spot_prefetch(const struct spot *spot)
{
    const struct group *group = &spot->segment->groups[spot->group];
    __builtin_prefetch(group);
    __builtin_prefetch((const u8 *)group + 64);
}

/* The group behind, or some lines that nobody needs. */
static inline void spot_prefetch_next(const struct spot *spot)
{
    const struct group *group = &spot->segment->groups[spot->group + 1];
    __builtin_prefetch(group);
    __builtin_prefetch((const u8 *)group + 64);
}

/* Bits of the lanes with this tag. */
static inline u32 group_match(const struct group *group, u8 tag)
{
    __m128i tags = _mm_loadu_si128((const __m128i *)(const void *)group);
    __m128i wanted = _mm_set1_epi8((char)tag);
    return (u32)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, wanted)) & ((1u << GROUP_LANES) - 1);
}

/* The first entry that may have the spot's key, by a whole walk; in index_table.c. */
struct entry *index_candidate_beyond(const struct spot *spot);

/* Walks the entries whose 40 bits are those of the spot; these nearly always have its key. */
struct candidates {
    struct spot spot;
    u32 group;
    u32 lanes; /* still to be looked at in the group */
    u32 lane;  /* the last one given */
};

static inline struct candidates candidates_of(const struct spot *spot)
{
    return (struct candidates){ .spot = *spot,
                                .group = spot->group,
                                .lanes =
                                    group_match(&spot->segment->groups[spot->group], spot->tag) };
}

static inline struct entry *candidates_next(struct candidates *walk)
{
    struct segment *segment = walk->spot.segment;
    for (;;) {
        struct group *group = &segment->groups[walk->group];
        while (walk->lanes) {
            walk->lane = (u32)__builtin_ctz(walk->lanes);
            walk->lanes &= walk->lanes - 1;
            struct entry *entry = &group->entries[walk->lane];
            if (likely(entry->hash == walk->spot.hash)) return entry;
        }
        if (likely(group->overflow == 0)) return NULL;
        walk->group = walk->group + 1 == segment->group_count ? 0 : walk->group + 1;
        if (walk->group == walk->spot.group) return NULL;
        walk->lanes = group_match(&segment->groups[walk->group], walk->spot.tag);
    }
}

/* The first of them in the home group, or NULL; others may stand in groups behind it if it has overflown. */
static inline struct entry *candidate_home(const struct spot *spot)
{
    struct group *group = &spot->segment->groups[spot->group];
    for (u32 lanes = group_match(group, spot->tag); lanes; lanes &= lanes - 1) {
        struct entry *entry = &group->entries[__builtin_ctz(lanes)];
        if (likely(entry->hash == spot->hash)) return entry;
    }
    return NULL;
}

static inline bool spot_has_overflown(const struct spot *spot)
{
    return spot->segment->groups[spot->group].overflow > 0;
}

/* The first of them, or NULL. */
static inline struct entry *candidate_first(const struct spot *spot)
{
    struct entry *entry = candidate_home(spot);
    return likely(entry || !spot_has_overflown(spot)) ? entry : index_candidate_beyond(spot);
}

/* The lines with the row's weights and its key. */
static inline void index_prefetch_row(const struct index *index, u32 slot)
{
    const u8 *row = index->rows->base + (size_t)slot * index->rows->width;
    __builtin_prefetch(row);
    __builtin_prefetch(row + index->key_reach);
}

void index_table_init(struct index *index);
void index_table_deinit(struct index *index);
/* Puts a new entry where it belongs; may split the segment. at is the spot of the hash. */
void index_table_insert(struct index *index, const struct spot *at, u64 hash, u32 ref);
/* Takes out the entry that the walk gave last. */
void index_table_erase(struct index *index, const struct candidates *walk);

/* --- index_lists.c: the slots of one key --- */

#define REF_MANY  0x80000000u
#define REF_LARGE 7u /* in place of a list's class */

static inline u32 ref_class(u32 ref)
{
    return ref >> 28 & 7;
}

static inline u32 ref_number(u32 ref)
{
    return ref & 0x0FFFFFFF;
}

static inline u32 *list_at(const struct index *index, u32 ref)
{
    return (u32 *)(void *)(index->lists.base + (size_t)ref_number(ref) * 8);
}

static inline u32 list_capacity(u32 ref)
{
    return 2u << ref_class(ref);
}

/* The first slot of an entry: any one tells its key. */
static inline u32 ref_first(const struct index *index, u32 ref)
{
    if (likely(ref < REF_MANY)) return ref;
    if (ref_class(ref) != REF_LARGE) return *list_at(index, ref);
    return index->larges[ref_number(ref)].sample;
}

void index_lists_init(struct index *index);
void index_lists_deinit(struct index *index);
u64 index_lists_size(const struct index *index);
/* Reads slots from position on; fewer than capacity: there are no more. */
u32 index_list_read(const struct index *index, u32 ref, u32 position, u32 *slots, u32 capacity);
/* These change *ref. */
void index_list_add(struct index *index, u32 *ref, u32 slot);
/* At least two slots are held. */
bool index_list_remove(struct index *index, u32 *ref, u32 slot);
bool index_list_replace(struct index *index, u32 *ref, u32 slot_old, u32 slot_new);
bool index_list_holds(const struct index *index, u32 ref, u32 slot);
/* The slot whose row is the batch's, or SLOT_NONE. */
u32 index_list_find_row(const struct index *index, u32 ref, const struct batch *batch, u32 row);

/* --- index_large.c --- */

void index_large_init(struct index *index);
void index_large_deinit(struct index *index);
u64 index_large_size(const struct index *index);
/* Takes over the slots of a full list; returns its number. */
u32 index_large_open(struct index *index, const u32 *slots, u32 count);
void index_large_close(struct index *index, u32 number);
void index_large_add(struct index *index, u32 number, u32 slot);
/* The last one is never taken out. */
bool index_large_remove(struct index *index, u32 number, u32 slot);
bool index_large_replace(struct index *index, u32 number, u32 slot_old, u32 slot_new);
u32 index_large_read(const struct index *index, u32 number, u32 position, u32 *slots, u32 capacity);
bool index_large_holds(const struct index *index, u32 number, u32 slot);
/* The lines with its key and, in an array, with its end. */
void index_large_prefetch(const struct index *index, u32 number);
/* The slot whose row is the batch's, which has this hash, or SLOT_NONE. */
u32 index_large_find_row(const struct index *index, u32 number, u64 hash, const struct batch *batch,
                         u32 row);

/* --- index_probe.c: many keys at once --- */

/* A key that is looked for. */
struct flight {
    struct spot spot;
    const struct entry *entry; /* the first candidate, or NULL: the key is not there */
    bool is_skipped;           /* a NULL that matches nothing */
};

/* Finds the first candidates of rows first..first+count, at most INDEX_BLOCK_COUNT, and asks for the memory that
 * looking at them needs. keys are only looked at for NULLs, when null_matches is false. */
void index_flights_start(const struct index *index, const struct column *keys, const u64 *hashes,
                         bool null_matches, u32 first, u32 count, struct flight *flights);

/* --- index.c --- */

/* All its lines, one to five: its end is found by halves. */
static inline void list_prefetch(const struct index *index, u32 ref)
{
    const u32 *slots = list_at(index, ref), *last = slots + list_capacity(ref) - 1;
    for (const u32 *at = slots; at < last; at += 64 / sizeof *at)
        __builtin_prefetch(at);
    __builtin_prefetch(last);
}

/* The lines that reading or changing the slots of an entry needs first ... */
static inline void index_prefetch_ref(const struct index *index, u32 ref)
{
    if (likely(ref < REF_MANY))
        index_prefetch_row(index, ref);
    else if (ref_class(ref) != REF_LARGE)
        list_prefetch(index, ref);
    else
        __builtin_prefetch(&index->larges[ref_number(ref)]);
}

/* ... and, when those have come, those that they lead to. */
static inline void index_prefetch_many(const struct index *index, u32 ref)
{
    if (ref_class(ref) != REF_LARGE)
        index_prefetch_row(index, *list_at(index, ref));
    else
        index_large_prefetch(index, ref_number(ref));
}

/* Does the entry have this key? NULL equals NULL. */
static inline bool index_entry_is(const struct index *index, u32 ref, const struct column *keys,
                                  u32 row)
{
    u32 slot = ref_first(index, ref);
    if (index->key_is_word && !keys[0].nulls) {
        i64 word = ((const i64 *)keys[0].data)[row];
        if (ref >= REF_MANY && ref_class(ref) == REF_LARGE) {
            const struct large *large = &index->larges[ref_number(ref)];
            return large->word == word && !large->word_is_null;
        }
        const u8 *stored = row_at(index->rows, slot);
        const struct cell *cell = &index->rows->cells[index->key_columns[0]];
        return row_load_i64(stored, cell) == word && !row_is_null(stored, cell);
    }
    return rows_equal_key(index->rows, slot, index->key_columns, index->key_count, keys, row);
}

/* Has the entry the key of the batch's row, which has all columns of the pool? Then no other entry has. */
static inline bool index_entry_is_row(const struct index *index, u32 ref, const struct batch *batch,
                                      u32 row)
{
    const u32 *columns = index->key_columns;
    if (index->key_count == 1) return index_entry_is(index, ref, &batch->columns[*columns], row);
    u32 slot = ref_first(index, ref);
    for (u32 i = 0; i < index->key_count; i++)
        if (!rows_equal_key(index->rows, slot, &columns[i], 1, &batch->columns[columns[i]], row))
            return false;
    return true;
}
