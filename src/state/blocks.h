/* Blocks of one size, cut from chunks: the memory under string heaps, index segments and tree nodes.
 *
 * A chunk is a quarter of all before it together, up to 2 MiB: little is taken for little, and much of it lies on
 * huge pages. A chunk whose blocks have all come back goes back to the system, unless it is
 * the only one with room: so a block taken and given over and over costs nothing. Blocks are not cleared.
 *
 * Invariant: open holds every chunk with a free block, once. */
#pragma once

#include "base/list.h"
#include "base/mem.h"

#define BLOCKS_CHUNK_COUNT_MAX 512 /* blocks of a chunk: 2 MiB of the smallest block, 4 KiB */
#define BLOCKS_SIZE_MIN        KIB(4)

struct blocks_chunk {
    struct link link; /* in open, or alone */
    u8 *base;
    u32 block_count;
    u32 used_count;
    u64 free_bits[BLOCKS_CHUNK_COUNT_MAX / 64];
};

struct blocks {
    struct mem *mem;
    u32 block_size;
    u32 chunk_count;
    u64 block_count; /* of all chunks */
    struct link open;
};

/* block_size is a power of two between 4 KiB and 64 KiB. blocks must not move afterwards. */
void blocks_init(struct blocks *blocks, struct mem *mem, u32 block_size);
/* All blocks must have been given back. */
void blocks_deinit(struct blocks *blocks);
/* *chunk is needed to give the block back. */
void *blocks_take(struct blocks *blocks, struct blocks_chunk **chunk);
void blocks_give(struct blocks *blocks, struct blocks_chunk *chunk, void *block);
/* Gives chunks without blocks in use back to the system. */
void blocks_trim(struct blocks *blocks);
/* Bytes of chunks, with their heads. */
u64 blocks_size(const struct blocks *blocks);
