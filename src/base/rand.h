/* A seeded generator (splitmix64, Steele et al. 2014): the same seed gives the same numbers. */
#pragma once

#include "base/base.h"

struct rand {
    u64 state;
};

static inline u64 rand_next(struct rand *rand)
{
    u64 z = (rand->state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 <= result < bound; bound > 0. */
static inline u64 rand_below(struct rand *rand, u64 bound)
{
    return (u64)(((u128)rand_next(rand) * bound) >> 64);
}

/* True in numerator of denominator cases. */
static inline bool rand_chance(struct rand *rand, u64 numerator, u64 denominator)
{
    return rand_below(rand, denominator) < numerator;
}
