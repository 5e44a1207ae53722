/* The inside of GROUP BY: its groups, and which accumulators its calls need. */
#pragma once

#include "ops/acc.h"
#include "ops/groups.h"
#include "ops/ops.h"

#define AGGREGATE_PIECE 256 /* groups; each may give two rows: one batch */

struct aggregate_call {
    enum agg_kind kind;
    u32 acc;
    u32 scales; /* another one, that knows the display scale; or ACC_NO_COLUMN */
    struct type type;
};

/* A group's record is its head (row: its row in the result, slot + 1, 0 for none; flaw: why it has none)
 * and the accumulators. */
struct aggregate {
    struct op op;
    struct groups groups;
    bool is_distinct; /* no calls: the pool of keys is the result */
    u32 acc_count;
    struct acc *accs;
    u32 call_count;
    struct aggregate_call *calls;
    u32 record_size;
    /* Of this tick: */
    u32 dirty_at; /* groups before it have their new rows */
    u32 emit_at;
    u32 values_at; /* the accumulator whose values are applied */
    u32 values_position;
};

/* Finds out the accumulators; calls over one column share them. */
void aggregate_plan_calls(struct aggregate *agg, const struct schema *input,
                          const struct agg_call *calls, u32 call_count, bool append_only);
