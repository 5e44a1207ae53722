/* One 64-bit hash for everything: XXH3 for bytes, a multiply-and-fold mix for words.
 *
 * A seed belongs to a data directory and stands in its log, so that a replay meets the same order. */
#pragma once

#include "base/base.h"

u64 hash_bytes_of(const void *data, size_t size, u64 seed);

/* Mixes a word into a hash; both halves of a 128-bit product are folded (as wyhash does). */
static inline u64 hash_mix(u64 hash, u64 word)
{
    u128 product = (u128)(hash ^ 0x9E3779B97F4A7C15u) * (word ^ 0xD6E8FEB86659FD93u);
    return (u64)product ^ (u64)(product >> 64);
}
