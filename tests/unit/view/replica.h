/* What a client makes of the frames that it is sent: it reads their JSON, strictly, and applies them.
 *
 * The content is kept as hashes: a map from a row's key to the row's text, and the sum of all rows, so that two
 * contents are compared by one number. Of a bag the whole row is the key, and its copies count. */
#pragma once

#include "base/bytes.h"

struct replica_row {
    u64 key; /* hash of its text; 0: free */
    u64 row; /* hash of the row's text */
    i64 copies;
};

struct replica {
    struct mem *mem;
    bool is_bag;
    bool has_begun;
    bool is_staged; /* frames of a whole came, the last did not yet */
    char key_names[8][64];
    u32 key_count;
    u64 tick;
    u64 conflated; /* of the last whole; 0: not said */
    bool was_init;
    bool was_reset;
    u32 init_count; /* states that were begun */
    u64 upserted;
    u64 deleted;
    u64 useless; /* upserts of what was there already */
    struct replica_row *rows;
    u32 capacity;
    u32 count;
    u64 sum;
};

void replica_init(struct replica *replica, struct mem *mem, bool is_bag);
void replica_deinit(struct replica *replica);
/* Fails the test when the frame is not what it has to be. */
void replica_apply(struct replica *replica, struct slice frame, bool is_init, bool more);

/* What a row adds to the sum. */
u64 replica_row_hash(struct slice text, i64 copies);
