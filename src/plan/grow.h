/* Lists that grow in an arena: count lives with the caller, the capacity follows from it. */
#pragma once

#include <string.h>

#include "base/arena.h"

/* Room for one more item of size bytes behind the count that are there: 4 at first, then double. */
static inline void *grow(struct arena *arena, void *items, u32 count, size_t size)
{
    if (count == 0) return arena_zalloc(arena, 4 * size);
    if (count < 4 || (count & (count - 1))) return items;
    void *larger = arena_zalloc(arena, 2 * (size_t)count * size);
    memcpy(larger, items, count * size);
    return larger;
}

#define grow_push(arena, items, count, item)                                                       \
    ((items) = grow((arena), (items), (count), sizeof *(items)), (items)[(count)++] = (item))
