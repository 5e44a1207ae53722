#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/assert.h"

static void account_add(struct mem *mem, u64 size)
{
    for (; mem; mem = mem->parent) {
        mem->used += size;
        if (mem->used > mem->peak) mem->peak = mem->used;
    }
}

static void account_sub(struct mem *mem, u64 size)
{
    for (; mem; mem = mem->parent) {
        assert(mem->used >= size);
        mem->used -= size;
    }
}

NORETURN static void out_of_memory(const struct mem *mem, u64 size)
{
    fprintf(stderr, "weir: the machine has no memory left: %llu bytes for %s\n",
            (unsigned long long)size, mem->name);
    abort();
}

void mem_init(struct mem *mem, const char *name, struct mem *parent, u64 max)
{
    *mem = (struct mem){ .name = name, .parent = parent, .max = max };
}

void mem_deinit(struct mem *mem)
{
    assert(mem->used == 0);
}

void *mem_alloc(struct mem *mem, size_t size)
{
    if (size == 0) return NULL;
    void *block = malloc(size);
    if (!block) out_of_memory(mem, size);
    account_add(mem, size);
    return block;
}

void *mem_zalloc(struct mem *mem, size_t size)
{
    if (size == 0) return NULL;
    void *block = calloc(1, size);
    if (!block) out_of_memory(mem, size);
    account_add(mem, size);
    return block;
}

void *mem_realloc(struct mem *mem, void *block, size_t size_old, size_t size_new)
{
    if (!block) return mem_alloc(mem, size_new);
    assert(size_new > 0);
    void *moved = realloc(block, size_new);
    if (!moved) out_of_memory(mem, size_new);
    account_add(mem, size_new);
    account_sub(mem, size_old);
    return moved;
}

void mem_free(struct mem *mem, void *block, size_t size)
{
    if (!block) return;
    free(block);
    account_sub(mem, size);
}

static void *map_pages(const struct mem *mem, size_t size, int protection)
{
    void *block = mmap(NULL, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) out_of_memory(mem, size);
    return block;
}

/* Maps more than is needed and gives back what lies before and behind the boundary. */
static void *map_aligned(const struct mem *mem, size_t size, int protection)
{
    assert(size % 4096 == 0);
    u8 *start = map_pages(mem, size + MEM_HUGE_SIZE, protection);
    u8 *block = (u8 *)(uintptr_t)align_up((uintptr_t)start, MEM_HUGE_SIZE);
    size_t before = (size_t)(block - start);
    if (before > 0) (void)munmap(start, before);
    (void)munmap(block + size, MEM_HUGE_SIZE - before);
    return block;
}

/* A wish: the kernel may be built without them. */
static void ask_for_huge_pages(void *block, size_t size)
{
    (void)madvise(block, size, MADV_HUGEPAGE);
}

void *mem_map(struct mem *mem, size_t size)
{
    void *block = size < MEM_HUGE_SIZE ? map_pages(mem, size, PROT_READ | PROT_WRITE)
                                       : map_aligned(mem, size, PROT_READ | PROT_WRITE);
    if (size >= MEM_HUGE_SIZE) ask_for_huge_pages(block, size);
    account_add(mem, size);
    return block;
}

void mem_unmap(struct mem *mem, void *block, size_t size)
{
    if (!block) return;
    int failed = munmap(block, size);
    assert(!failed);
    account_sub(mem, size);
}

void *mem_map_grow(struct mem *mem, void *block, size_t size_old, size_t size_new)
{
    assert(size_new >= size_old);
    if (!block) return mem_map(mem, size_new);
    bool huge = size_new >= MEM_HUGE_SIZE;
    bool aligned = (uintptr_t)block % MEM_HUGE_SIZE == 0;
    void *moved = MAP_FAILED;
    if (!huge || aligned) moved = mremap(block, size_old, size_new, huge ? 0 : MREMAP_MAYMOVE);
    if (moved == MAP_FAILED && huge) {
        /* Onto a boundary of our own choice, so that huge pages move whole. */
        void *target = map_aligned(mem, size_new, PROT_NONE);
        moved = mremap(block, size_old, size_new, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    }
    if (moved == MAP_FAILED) out_of_memory(mem, size_new);
    if (huge) ask_for_huge_pages(moved, size_new);
    account_add(mem, size_new - size_old);
    return moved;
}

void mem_charge(struct mem *mem, u64 size)
{
    account_add(mem, size);
}

void mem_discharge(struct mem *mem, u64 size)
{
    account_sub(mem, size);
}

u64 mem_left(const struct mem *mem)
{
    u64 left = UINT64_MAX;
    for (; mem; mem = mem->parent) {
        if (mem->max == 0) continue;
        u64 here = mem->used < mem->max ? mem->max - mem->used : 0;
        left = MIN(left, here);
    }
    return left;
}
