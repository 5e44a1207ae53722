/* Chance: random bytes of the system for epochs, hash seeds and tokens. */
#pragma once

#include "base/base.h"

/* Fills data; does not fail (the process stops if the system has no entropy source). */
void entropy_fill(void *data, size_t size);
/* For simulations: the bytes follow from the seed. */
void entropy_simulate(u64 seed);
u32 entropy_u32(void);
u64 entropy_u64(void);
