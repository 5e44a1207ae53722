#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

u64 hash_bytes_of(const void *data, size_t size, u64 seed)
{
    return XXH3_64bits_withSeed(data, size, seed);
}
