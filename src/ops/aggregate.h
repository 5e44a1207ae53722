/* The inside of GROUP BY: its groups, and which accumulators its calls need. */
#pragma once

#include "ops/acc.h"
#include "ops/ops.h"

#define GROUPS_A_PAGE  32
#define GROUPS_A_PIECE 256 /* each may give two rows: one batch */
/* A list that was longer than this in one tick gives its memory back. */
#define DIRTY_KEPT_MAX 64

/* The head of a group's record; the accumulators follow. */
struct group {
    i64 weight; /* rows, counted with their weights */
    u32 row;    /* its row in the result: slot + 1, 0 for none */
    u8 flaw;    /* enum flaw: why it has no row */
    u8 is_dirty;
    u16 unused;
};

struct aggregate_call {
    enum agg_kind kind;
    u32 acc;
    u32 scales; /* another one, that knows the display scale; or ACC_NO_COLUMN */
    struct type type;
};

struct aggregate {
    struct op op;
    u32 group_count;
    u32 *group;        /* columns of the input */
    struct rows *keys; /* a row a group; its slot is the group's number. NULL without groups */
    struct index *keys_index; /* by all columns */
    bool is_distinct;         /* no calls: keys is the result */
    u32 acc_count;
    struct acc *accs;
    u32 call_count;
    struct aggregate_call *calls;
    u32 record_size;
    u32 page_capacity;
    u8 **pages; /* records, by group */
    /* Of this tick: */
    u32 dirty_count;
    u32 dirty_capacity;
    u32 *dirty; /* groups */
    u32 dirty_at;
    u32 emit_at;
    u32 values_at; /* the accumulator whose values are applied */
    u32 values_position;
};

/* Finds out the accumulators; calls over one column share them. */
void aggregate_plan_calls(struct aggregate *agg, const struct schema *input,
                          const struct agg_call *calls, u32 call_count, bool append_only);
struct group *aggregate_touch_group(struct aggregate *agg, u32 group);
