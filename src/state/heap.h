/* Bytes of any length, named by a number that is no pointer: where a row pool keeps its long strings.
 *
 * Blocks of one size class share a page of up to 64 KiB; pages of a class grow with its use, so a few strings take
 * little; longer blocks have a page of their own. A reference is the number of a page and an offset in it. A
 * page whose blocks were all freed serves any class again. Bytes never move while they are held.
 *
 * Invariant: a class's list of pages with room holds exactly those with a free block. */
#pragma once

#include "base/bytes.h"
#include "state/blocks.h"

#define HEAP_BLOCK_MAX   KIB(8) /* larger ones lie alone */
#define HEAP_CLASS_COUNT 43 /* 16, 24, .. 128, 144, .. 256, then four sizes a doubling to 8 KiB */

struct heap_page;

struct heap {
    struct mem *mem;
    u32 page_count; /* numbers ever used */
    u32 page_capacity;
    u32 page_free; /* a number to be used again, or UINT32_MAX */
    u64 live_count;
    u64 size;   /* bytes of pages that are not from blocks, and of the page table */
    u8 **bases; /* by page number */
    struct heap_page *pages;
    struct blocks blocks;
    u32 class_pages[HEAP_CLASS_COUNT];
    u32 class_open[HEAP_CLASS_COUNT]; /* a page with room, or UINT32_MAX */
};

/* Takes no memory yet. heap must not move afterwards. */
void heap_init(struct heap *heap, struct mem *mem);
/* Frees all that is held. */
void heap_deinit(struct heap *heap);

/* A copy of size > 0 bytes. */
u64 heap_put(struct heap *heap, const void *data, u32 size);
/* size is the one of heap_put. */
void heap_free(struct heap *heap, u64 reference, u32 size);
/* Frees all that is held and gives all memory back. */
void heap_drop(struct heap *heap);
u64 heap_size(const struct heap *heap);

static inline char *heap_get(const struct heap *heap, u64 reference)
{
    return (char *)heap->bases[reference >> 16] + (reference & 0xFFFF);
}
