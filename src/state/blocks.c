#include "state/blocks.h"

#include <string.h>

#include "base/assert.h"

static struct blocks_chunk *chunk_open(struct blocks *blocks);
static void chunk_close(struct blocks *blocks, struct blocks_chunk *chunk);

void blocks_init(struct blocks *blocks, struct mem *mem, u32 block_size)
{
    assert(block_size >= BLOCKS_SIZE_MIN && block_size <= KIB(64));
    assert((block_size & (block_size - 1)) == 0);
    *blocks = (struct blocks){ .mem = mem, .block_size = block_size };
    list_init(&blocks->open);
}

void blocks_deinit(struct blocks *blocks)
{
    blocks_trim(blocks);
    assert(blocks->chunk_count == 0);
}

void *blocks_take(struct blocks *blocks, struct blocks_chunk **chunk_out)
{
    struct blocks_chunk *chunk = list_empty(&blocks->open)
                                     ? chunk_open(blocks)
                                     : container_of(blocks->open.next, struct blocks_chunk, link);
    u32 word = 0;
    while (chunk->free_bits[word] == 0)
        word++;
    u32 bit = (u32)__builtin_ctzll(chunk->free_bits[word]);
    chunk->free_bits[word] &= chunk->free_bits[word] - 1;
    if (++chunk->used_count == chunk->block_count) list_remove(&chunk->link);
    *chunk_out = chunk;
    return chunk->base + (size_t)(word * 64 + bit) * blocks->block_size;
}

static struct blocks_chunk *chunk_open(struct blocks *blocks)
{
    u64 count_max = MEM_HUGE_SIZE / blocks->block_size;
    struct blocks_chunk *chunk = mem_zalloc(blocks->mem, sizeof *chunk);
    chunk->block_count = (u32)MIN(MAX(blocks->block_count / 4, 1u), count_max);
    chunk->base = mem_map(blocks->mem, (size_t)chunk->block_count * blocks->block_size);
    for (u32 block = 0; block < chunk->block_count; block++)
        chunk->free_bits[block / 64] |= UINT64_C(1) << block % 64;
    list_append(&blocks->open, &chunk->link);
    blocks->block_count += chunk->block_count;
    blocks->chunk_count++;
    return chunk;
}

static void chunk_close(struct blocks *blocks, struct blocks_chunk *chunk)
{
    list_remove(&chunk->link);
    blocks->block_count -= chunk->block_count;
    blocks->chunk_count--;
    mem_unmap(blocks->mem, chunk->base, (size_t)chunk->block_count * blocks->block_size);
    mem_free(blocks->mem, chunk, sizeof *chunk);
}

void blocks_give(struct blocks *blocks, struct blocks_chunk *chunk, void *block)
{
    size_t offset = (size_t)((u8 *)block - chunk->base);
    u32 index = (u32)(offset / blocks->block_size);
    assert(index < chunk->block_count && offset % blocks->block_size == 0);
    u64 bit = UINT64_C(1) << index % 64;
    assert((chunk->free_bits[index / 64] & bit) == 0);
    chunk->free_bits[index / 64] |= bit;
    if (chunk->used_count-- == chunk->block_count) list_append(&blocks->open, &chunk->link);
    bool only = blocks->open.next == blocks->open.previous;
    if (chunk->used_count == 0 && !only) chunk_close(blocks, chunk);
}

void blocks_trim(struct blocks *blocks)
{
    list_each_safe(&blocks->open, link, following)
    {
        struct blocks_chunk *chunk = container_of(link, struct blocks_chunk, link);
        if (chunk->used_count == 0) chunk_close(blocks, chunk);
    }
}

u64 blocks_size(const struct blocks *blocks)
{
    return blocks->block_count * blocks->block_size +
           (u64)blocks->chunk_count * sizeof(struct blocks_chunk);
}
