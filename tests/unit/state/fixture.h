/* Rows whose content follows from a number, so that a model need only remember the number. */
#pragma once

#include "base/rand.h"
#include "data/batch.h"

#define FIXTURE_TYPE_COUNT 14

/* One of each kind of storage. */
extern const struct type fixture_types[FIXTURE_TYPE_COUNT];

/* A batch with one row for each id, weight +1. Some values are NULL, strings have 0 to 20 000 bytes. */
struct batch *fixture_batch(struct arena *arena, const struct type *types, u32 column_count,
                            const u64 *ids, u32 count);
/* Is row of columns what id stands for? */
bool fixture_is(const struct column *columns, u32 row, const struct type *types, u32 column_count,
                u64 id);
/* A batch of one bigint column with these values (INT64_MIN: NULL), weight +1. */
struct batch *fixture_int8(struct arena *arena, const i64 *values, u32 count);
