#include "state/span.h"

#include <string.h>

#define MAP_SIZE_MIN KIB(64)

static u64 size_next(u64 size, u64 size_min)
{
    if (size_min < MAP_SIZE_MIN) return MIN(MAX(size_min, size * 2), MAP_SIZE_MIN - 1);
    if (size_min < MEM_HUGE_SIZE) return align_up(MAX(size_min, size * 2), MAP_SIZE_MIN);
    return align_up(MAX(size_min, size + size / 8), MEM_HUGE_SIZE);
}

void span_grow(struct span *span, struct mem *mem, u64 size_min)
{
    u64 old = span->size;
    if (size_min <= old) return;
    u64 size = size_next(old, size_min);
    if (size < MAP_SIZE_MIN) {
        span->base = mem_realloc(mem, span->base, old, size);
    } else if (old >= MAP_SIZE_MIN) {
        span->base = mem_map_grow(mem, span->base, old, size);
    } else {
        u8 *base = mem_map(mem, size);
        if (old > 0) memcpy(base, span->base, old);
        mem_free(mem, span->base, old);
        span->base = base;
    }
    span->size = size;
}

void span_free(struct span *span, struct mem *mem)
{
    if (span->size < MAP_SIZE_MIN)
        mem_free(mem, span->base, span->size);
    else
        mem_unmap(mem, span->base, span->size);
    *span = (struct span){ 0 };
}
