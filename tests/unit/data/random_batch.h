/* Batches of every type with random values, the odd ones often: NULLs, ends of ranges, NaN, strings
 * of 12 and 13 bytes. */
#pragma once

#include "base/rand.h"
#include "data/batch.h"

/* One of each type that a column can have, some with modifiers. */
#define RANDOM_TYPE_COUNT 20
struct type random_type(u32 index);
/* A value of type, never NULL. Long strings come from the arena. */
struct value random_value(struct rand *rand, struct type type, struct arena *arena);
/* row_count rows, one NULL in eight in every second column. */
struct batch *random_batch(struct rand *rand, struct arena *arena, const struct type *types,
                           u32 column_count, u32 row_count);
